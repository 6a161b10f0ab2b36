"""`POST /v1/changes` and `GET /v1/changes`: facts go in by one door, and what each version changed comes out."""

from time import perf_counter
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from api.edge import Edge
from api.json_text import json_bytes
from api.openapi import documented
from api.problems import MalformedBody
from api.routes.examples import CHANGE_EXAMPLES
from api.wire import MOST_KEY_CHARACTERS, ChangeIn, Rows, parse
from engine.change_feed import Place
from engine.question import Json, as_json
from graph_model.errors import UnknownDepartment, VersionNotYet
from graph_model.nodes import Facts
from graph_model.store import ChangeSet, Receipt, Vocabulary
from loaders.rows import facts_from_rows

_PAGE = 100
_PAGE_S = 2.0
JSON = "application/json"


def routes(edge: Edge) -> APIRouter:
    """Give the routes of changes."""
    router = APIRouter(tags=["changes"])

    @router.post(
        "/v1/changes",
        **documented(
            "Receipt",
            ("facts.refused", "change.refused", "change.conflict", "version.unknown", "overloaded"),
            status=201,
            body=ChangeIn,
            examples=CHANGE_EXAMPLES,
        ),
    )
    async def change(request: Request) -> Response:
        """Write one atomic change set of facts; the same key with the same content again changes nothing.

        The idempotency key is `key`, or the header `Idempotency-Key`.
        """
        body = parse(ChangeIn, await edge.json_body(request))
        key = _key_of(body, request.headers.get("idempotency-key"))
        receipt = await edge.in_thread(lambda: _apply(body, key, edge))
        return Response(json_bytes(as_json(receipt)), 201, media_type=JSON)

    @router.get(
        "/v1/changes",
        **documented(
            "Feed", ("request.malformed", "department.unknown", "version.unknown", "version.not-yet", "overloaded")
        ),
    )
    async def feed(
        since: Annotated[int, Query(ge=0, le=2**53)] = 0,
        limit: Annotated[int, Query(ge=1, le=1_000)] = _PAGE,
        department: str | None = None,
    ) -> Response:
        """Give what each version after `since` changed: items opened, closed, altered, withheld, released.

        At most `limit` versions a page, and fewer where they changed much; go on from `until` as long as it is less
        than `latest`.
        """
        most = min(limit, edge.settings.feed_limit_versions)
        if department is not None and department not in edge.service.rulebook_in_force()[1].departments:
            # An empty feed of a misspelt department would read as "nothing changed" (P5).
            raise UnknownDepartment("没有这个部门 no such department", hint="见 GET /v1/rulebooks see there")
        if since > (latest := edge.service.store.latest_version()):
            # As after a restored backup: an empty page would read as "nothing changed".
            raise VersionNotYet(
                f"尚未到版本 {since}，现为 {latest} not that far yet", hint="再试，或从较早的版本读起 try again"
            )
        told = await edge.in_thread(lambda: _page(edge, Place(since), most, department))
        return Response(json_bytes(told), media_type=JSON)

    return router


def _page(edge: Edge, place: Place, most: int, department: str | None) -> Json:
    """Work out one page, which ends early where it takes long: a load can change thousands."""
    end = perf_counter() + _PAGE_S
    return edge.service.feed(place, None, department, most=most, enough=lambda: perf_counter() > end)


def _key_of(body: ChangeIn, header: str | None) -> str:
    given = {key for key in (body.key, header) if key}
    if not given:
        what = "须给出一个幂等键 is required"
    elif len(given) > 1:
        what = "与请求头 Idempotency-Key 不同 differs from the header"
    elif len(header or "") > MOST_KEY_CHARACTERS:
        what = f"请求头 Idempotency-Key 超过 {MOST_KEY_CHARACTERS} 字符 the header is too long"
    else:
        return given.pop()
    raise MalformedBody(({"where": "/key", "what": what},), hint="每次变更用一个新的键 use a new key for each change")


def _apply(body: ChangeIn, key: str, edge: Edge) -> Receipt:
    vocabulary = edge.service.rulebook_in_force()[1].vocabulary
    facts, corrections, retractions = (
        _facts(rows, vocabulary, edge) for rows in (body.facts, body.corrections, body.retractions)
    )
    return edge.service.apply(
        ChangeSet(
            actor=body.actor, reason=body.reason, key=key, facts=facts, corrections=corrections, retractions=retractions
        )
    )


def _facts(rows: Rows, vocabulary: Vocabulary, edge: Edge) -> Facts:
    given: dict[str, list[dict[str, Any]]] = {kind: list(of_kind) for kind, of_kind in rows.items()}
    return facts_from_rows(given, vocabulary, edge.keyer)
