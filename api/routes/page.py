"""The page for people at `/` (server-rendered, no script): one check, its verdict, sentences and ways out.

An identity number comes in by POST, is hashed at once, and the browser is sent on to an address that holds the keyed
id: no number stands in an address, a history or a page.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

from fastapi import APIRouter
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.decision_log import HEADER
from api.demo import Example, examples
from api.edge import Edge, asker_of
from api.problems import KINDS, LogUnavailable, blot, looks_resident, problem_of, status_of
from api.routes.page_view import IDENTITY_ZH, VERDICT_SAYS, decision_view, matter_choices
from api.wire import CheckIn, PersonIn, check_of, decision_json, parse
from engine.question import VERDICT_ZH, Decision
from graph_model.errors import MalformedRequest, MalformedSubject, UnknownVersion, XinhengError
from graph_model.identifiers import is_uscc

PAGES = Path(__file__).parent.parent / "pages"
_FIELDS = ("subject", "matter", "department", "on", "concerning")
_KEYED = re.compile(r"p-[0-9a-f]{40}", re.ASCII)
_MOST_FIELDS = 20
_STYLE_AGE = "max-age=3600"


def routes(edge: Edge) -> APIRouter:
    """Give the routes of the page and its style sheet."""
    router = APIRouter(include_in_schema=False)
    page = _Page(edge)
    style = (PAGES / "style.css").read_bytes()

    @router.get("/")
    async def ask(request: Request) -> Response:
        """Show the form, and the answer where the address holds a question."""
        return await page.answering(request)

    @router.post("/")
    async def put(request: Request) -> Response:
        """Take the form, hash an identity number, and send the browser on to the address of the answer."""
        asked: dict[str, str] = dict.fromkeys(_FIELDS, "")
        try:
            form = await _form(request, edge)
            asked |= {name: blot(form.get(name, "")) for name in _FIELDS if name != "subject"}
            asked["subject"] = _keyed(form.get("subject", ""), form.get("id_type", ""), edge)
        except XinhengError as error:
            edge.metrics.refused(error.code)
            return page.render(asked, error=error)
        query = urlencode({name: value for name, value in asked.items() if value})
        return RedirectResponse(f"/?{query}#answer", 303)

    @router.get("/style.css")
    async def style_sheet() -> Response:
        """Give the style sheet."""
        return Response(style, media_type="text/css", headers={"Cache-Control": _STYLE_AGE})

    return router


class _Page:
    """The page, over one service."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge
        self._offered = _ShownExamples(edge)
        pages = Environment(loader=FileSystemLoader(PAGES), autoescape=True, undefined=StrictUndefined)
        self._template = pages.get_template("check.html")

    def render(
        self, asked: Mapping[str, str], *, error: XinhengError | None = None, more: Mapping[str, Any] | None = None
    ) -> Response:
        """Write the form as it was filled in, and below it a problem or an answer."""
        values = {
            "asked": asked,
            "today": self._edge.today().isoformat(),
            "examples": self._offered.all(),
            "verdict_zh": VERDICT_ZH,
            "identities": IDENTITY_ZH,
            "problem": problem_of(error) if error else None,
            "decision": None,
            **_choices(self._edge),
            **(more or {}),
        }
        return Response(self._template.render(values), status_of(error) if error else 200, media_type="text/html")

    async def answering(self, request: Request) -> Response:
        """Show the form, and the answer where the address holds a question."""
        given = {name: request.query_params.get(name, "").strip() for name in _FIELDS}
        given |= {name: blot(given[name]) for name in _FIELDS if name != "subject"}
        if not given["subject"]:
            return self.render(given)
        safe = given | {"subject": given["subject"] if _may_show(given["subject"], self._edge) else ""}
        try:
            body = parse(CheckIn, {name: value for name, value in given.items() if value})
            decision = self._edge.service.check(check_of(body, self._edge.keyer, self._edge.today()))
        except XinhengError as error:
            self._edge.metrics.refused(error.code)
            return self.render(safe, error=error)
        self._edge.metrics.decided([decision])
        try:
            told = await self._edge.log.kept(self._edge.log.noted(asker_of(request.scope), [decision_json(decision)]))
        except LogUnavailable as error:
            self._edge.metrics.refused(error.code)
            return self.render(safe, error=error)
        book = self._edge.service.rulebook(decision.rulebook)
        name = _name_of(decision, self._edge)
        shown = decision_view(decision, book, safe["subject"], name)
        more = {"decision": shown, "says": VERDICT_SAYS[decision.verdict]}
        page = self.render(safe, more=more)
        page.headers[HEADER] = told
        return page


class _ShownExamples:
    """The examples of the demo city, where this store holds it; worked out once a version."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge
        self._at: int | None = None
        self._found: tuple[Example, ...] = ()

    def all(self) -> tuple[Example, ...]:
        version = self._edge.service.store.latest_version()
        if version != self._at:
            self._at, self._found = version, tuple(examples(self._edge.service))
        return self._found


def _choices(edge: Edge) -> dict[str, Any]:
    try:
        version, book = edge.service.rulebook_in_force()
    except UnknownVersion:
        return {"matters": (), "departments": (), "version": edge.service.store.latest_version(), "digest": None}
    departments = sorted(book.departments.values(), key=lambda d: (d.region or "", d.id))
    return {"matters": matter_choices(book), "departments": departments, "version": version, "digest": book.digest}


def _name_of(decision: Decision, edge: Edge) -> str | None:
    """The subject's name as it may be shown (persons masked)."""
    view = edge.service.subject_view(decision.subject, decision.version)
    return view["names"].get(decision.subject) if view else None


async def _form(request: Request, edge: Edge) -> dict[str, str]:
    text = await edge.body(request)
    try:
        fields = parse_qs(text.decode(), strict_parsing=False, max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError:
        raise MalformedRequest(
            "表单不合规则 the form cannot be read", hint="请从本页提交 submit it from this page"
        ) from None
    return {name: values[-1].strip() for name, values in fields.items()}


def _keyed(text: str, id_type: str, edge: Edge) -> str:
    """Give the subject's id; a number that is no USCC but looks like a resident's is taken as one, never shown."""
    kind = id_type or ("resident_id" if looks_resident(text) else "")
    if kind:
        body = parse(CheckIn, {"subject": {"id_type": kind, "id_number": text}, "matter": ""})
        if isinstance(body.subject, PersonIn):
            return check_of(body, edge.keyer, edge.today()).subject
    if not _may_show(text, edge):
        # It could be somebody's passport number, which must not get into an address.
        raise MalformedSubject(
            KINDS["subject.malformed"].zh, hint="自然人请选择证件类型 choose the kind of document for a person"
        )
    return text


def _may_show(subject: str, edge: Edge) -> bool:
    if is_uscc(subject) or _KEYED.fullmatch(subject):
        return True
    store = edge.service.store
    return bool(subject) and store.is_registered(subject, store.latest_version())
