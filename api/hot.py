"""The hot endpoint: `POST /v1/checks` and `/v1/checks:batch` from memory, outside of the framework.

What it can answer by itself, it does: plain questions, of which the index holds the standing. Everything else, and
whatever is to be refused, goes on to the ordinary routes with the same body, so that both give the same bytes. Both
kinds of requests are counted in here, and beyond a bound refused at once: never a slow pile-up.
"""

import asyncio
import logging
from collections.abc import Sequence
from time import monotonic, perf_counter
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.callers import CHALLENGE, Callers
from api.chance import Chance
from api.decision_log import HEADER, Noted
from api.decision_record import ANONYMOUS, Asker, unnamed
from api.edge import AGE, CALLER, Edge, asker_of
from api.entrance import SECURITY_HEADERS
from api.json_text import json_bytes, read_json
from api.observe import log_event, log_fault
from api.problems import CallerUnknown, LogUnavailable, problem_of, problem_response
from api.ready import Answer, Forms, head_of
from api.wire import CheckIn, check_of, decision_json, parse
from engine.index import Absent, Index
from engine.judge import judge
from engine.question import VERDICT_ZH, Check, Verdict
from engine.service import strongest
from graph_model.errors import Overloaded, XinhengError
from graph_model.nodes import Version
from memoranda.rulebook import Rulebook

SINGLE, BATCH = "/v1/checks", "/v1/checks:batch"
_PLAIN = frozenset({"subject", "matter", "department", "on", "min_version"})
_SLICE_S = 0.001
"""A batch lets others have their turn that often: no single check waits longer behind it."""
_HEADERS = [(name.lower().encode(), value.encode()) for name, value in SECURITY_HEADERS.items()] + [
    (b"cache-control", b"no-store"),
    (b"content-type", b"application/json"),
]


class _NotHereError(Exception):
    """The ordinary routes are to answer this."""


class Hot:
    """Wraps the application; see the module. `edge.service.index` may come later, or never."""

    def __init__(self, app: ASGIApp, edge: Edge, callers: Callers | None) -> None:
        self._app = app
        self._edge = edge
        self._callers = callers
        self._forms = Forms()
        self._flying = 0
        self._chance = Chance()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._callers is not None:
            try:
                scope[CALLER] = self._callers.name_of(scope["path"], scope["headers"]) or ANONYMOUS
            except CallerUnknown as error:
                await self._refuse(error, CHALLENGE, scope, receive, send)
                return
        if scope["method"] != "POST" or scope["path"] not in (SINGLE, BATCH):
            await self._app(scope, receive, send)
            return
        if self._flying >= self._edge.settings.flight_limit_requests:
            busy = Overloaded("核查请求过多 too many checks at once", hint="请稍后再试 try again")
            await self._refuse(busy, {}, scope, receive, send)
            return
        self._flying += 1
        try:
            await self._through(scope, receive, send)
        finally:
            self._flying -= 1

    async def _through(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = perf_counter()
        index = self._edge.service.index
        if index is None:
            await self._app(scope, receive, send)
            return
        message = await receive()
        try:
            body, asker = self._taken(scope, message)
            answered = self._one if scope["path"] == SINGLE else self._many
            told, verdicts, noted = await answered(body, asker, index)
            kept = await self._edge.log.kept(noted)
        except LogUnavailable as error:
            await self._refuse(error, {}, scope, receive, send)
            return
        except (_NotHereError, XinhengError):
            await self._app(scope, _again(message, receive), send)
            return
        except Exception as error:
            # Out here nobody would turn a fault of ours into a problem, or keep what was sent out of the trace.
            log_fault(error, what="hot endpoint")
            await self._app(scope, _again(message, receive), send)
            return
        self._edge.metrics.counted(scope["path"], verdicts, perf_counter() - begun)
        headers = [
            *_HEADERS,
            (b"content-length", b"%d" % len(told)),
            (b"x-request-id", self._chance.bytes(16).hex().encode()),
            (HEADER.lower().encode(), kept.encode()),
            (AGE.lower().encode(), f"{index.age:.3f}".encode()),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": told})

    def _taken(self, scope: Scope, message: Message) -> tuple[Any, Asker]:
        settings = self._edge.settings
        if message["type"] != "http.request" or message.get("more_body"):
            raise _NotHereError
        body = message.get("body", b"")
        media = next((value for name, value in scope["headers"] if name == b"content-type"), b"")
        if media != b"application/json" or len(body) > settings.body_limit_bytes:
            raise _NotHereError
        return read_json(body, depth_limit=settings.depth_limit_levels), asker_of(scope)

    async def _one(self, body: Any, asker: Asker, index: Index) -> tuple[bytes, Sequence[Verdict], Sequence[Noted]]:
        desk = _Desk(self._edge, self._forms, index, asker)
        answer = desk.answer(body)
        [noted] = self._edge.log.put([answer.record])
        return _told(noted, answer), (answer.verdict,), (noted,)

    async def _many(self, body: Any, asker: Asker, index: Index) -> tuple[bytes, Sequence[Verdict], Sequence[Noted]]:
        items = body.get("checks") if isinstance(body, dict) and body.keys() == {"checks"} else None
        if not isinstance(items, list) or not 0 < len(items) <= self._edge.settings.batch_limit_checks:
            raise _NotHereError
        desk = _Desk(self._edge, self._forms, index, asker)
        answers: list[Answer | XinhengError] = []
        turn_ends = monotonic() + _SLICE_S
        for item in items:
            try:
                answers.append(desk.answer(item))
            except XinhengError as error:
                answers.append(error)
            if monotonic() > turn_ends:
                await asyncio.sleep(0)
                turn_ends = monotonic() + _SLICE_S
        noted = self._edge.log.put([answer.record for answer in answers if isinstance(answer, Answer)])
        told, ahead = [], iter(noted)
        for answer in answers:
            if isinstance(answer, Answer):
                told.append(_told(next(ahead), answer))
            else:
                self._edge.metrics.refused(answer.code)
                told.append(json_bytes(problem_of(answer)))
        verdicts = [answer.verdict for answer in answers if isinstance(answer, Answer)]
        incomplete = len(verdicts) < len(answers)
        overall = strongest({*verdicts, "unresolved"} if incomplete else set(verdicts))
        body = b'{"overall":"%b","overall_zh":%b,"incomplete":%b,"decisions":[%b]}' % (
            overall.encode(),
            json_bytes(VERDICT_ZH[overall]),
            b"true" if incomplete else b"false",
            b",".join(told),
        )
        return body, verdicts, noted

    async def _refuse(
        self, error: XinhengError, headers: dict[str, str], scope: Scope, receive: Receive, send: Send
    ) -> None:
        self._edge.metrics.refused(error.code)
        request_id = self._chance.bytes(16).hex()
        log_event("refused", logging.WARNING, request_id=request_id, code=error.code)
        more = {"X-Request-Id": request_id, "Cache-Control": "no-store", **SECURITY_HEADERS, **headers}
        await problem_response(error, more)(scope, receive, send)


class _Desk:
    """Answers the checks of one request, all at one version."""

    def __init__(self, edge: Edge, forms: Forms, index: Index, asker: Asker) -> None:
        self._edge, self._forms, self._index, self._asker = edge, forms, index, asker
        self._version: Version = index.version
        self._spelled = b"%d" % self._version
        digest = index.rulebook_at(self._version)
        if not isinstance(digest, str):
            raise _NotHereError
        self._book: Rulebook = edge.service.rulebook(digest)
        self._at = edge.now()
        self._head = head_of(self._at.isoformat(timespec="milliseconds"), asker)
        self._today = edge.today()

    def answer(self, item: Any) -> Answer:
        """Answer one check.

        Raises:
            XinhengError, _NotHereError: it is to be answered, or refused, in the ordinary way.

        """
        check = self._asked(item)
        found = self._index.standing(check.subject, self._version, self._book, check.matter)
        if found is Absent.CLEAR:
            form = self._forms.of_clear(check, self._book)
            if form is None:
                raise _NotHereError
            return form.filled(json_bytes(check.subject), self._spelled, self._head)
        if found is Absent.ELSEWHERE:
            raise _NotHereError
        if not isinstance(found, Absent) and check.concerning is None:
            return self._forms.answer(check, found, self._book, self._spelled, self._head)
        decision = judge(None if isinstance(found, Absent) else found, check, self._book, self._version)
        told = decision_json(decision)
        text = json_bytes(told)
        return Answer(decision.verdict, text, unnamed(self._at, self._asker, told, text))

    def _asked(self, item: Any) -> Check:
        if not (isinstance(item, dict) and item.keys() <= _PLAIN):
            raise _NotHereError
        subject, matter, on = item.get("subject"), item.get("matter"), item.get("on")
        department, least = item.get("department"), item.get("min_version")
        is_day = on is None or isinstance(on, str)
        if isinstance(subject, str) and isinstance(matter, str) and is_day and least is None:
            if department is not None and not isinstance(department, str):
                raise _NotHereError
            return Check(subject, matter, self._today if on is None else on, department)
        check = check_of(parse(CheckIn, item), self._edge.keyer, self._today)
        if (check.min_version or 0) > self._version:
            raise _NotHereError
        return check


def _told(noted: Noted, answer: Answer) -> bytes:
    return b'{"check_id":"%b","decision":%b}' % (noted.check_id.encode(), answer.decision)


def _again(message: Message, receive: Receive) -> Receive:
    """Give a `receive` that begins with a message that was received already."""
    waiting = [message]

    async def received() -> Message:
        return waiting.pop() if waiting else await receive()

    return received
