"""The hot endpoint: `POST /v1/checks` and `/v1/checks:batch` from memory, outside of the framework.

What the desk cannot answer goes on to the ordinary routes with the same body, so that both give the same bytes. Both
kinds of requests are counted in here, and beyond a bound refused at once: never a slow pile-up.
"""

import logging
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.batch import Answered, Batches
from api.callers import CHALLENGE
from api.decision_record import ANONYMOUS, Asker
from api.desk import Desk, NotHereError, told
from api.edge import CALLER, asker_of
from api.entrance import SECURITY_HEADERS
from api.head import PATH
from api.json_text import SHORT_BYTES
from api.observe import log_event, log_fault
from api.problems import CallerUnknown, LogUnavailable, TooSlow, problem_response
from graph_model.errors import Overloaded, XinhengError

BATCH = f"{PATH}:batch"


class Hot:
    """Wraps the application; see the module."""

    def __init__(self, app: ASGIApp, desk: Desk) -> None:
        self._app = app
        self._desk = desk
        self._edge = desk.edge
        self._batches = Batches(desk)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._desk.callers is not None:
            try:
                scope[CALLER] = self._desk.callers.name_of(scope["path"], scope["headers"]) or ANONYMOUS
            except CallerUnknown as error:
                await self._refuse(error, CHALLENGE, scope, receive, send)
                return
        if scope["method"] != "POST" or scope["path"] not in (PATH, BATCH):
            await self._app(scope, receive, send)
            return
        if self._desk.is_full:
            busy = Overloaded("核查请求过多 too many checks at once", hint="请稍后再试 try again")
            await self._refuse(busy, {}, scope, receive, send)
            return
        self._desk.flying += 1
        try:
            await self._through(scope, receive, send)
        finally:
            self._desk.flying -= 1

    async def _through(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = perf_counter()
        if self._edge.service.index is None:
            await self._app(scope, receive, send)
            return
        heard: list[Message] = []
        try:
            body = await self._edge.in_time(self._heard(scope, receive, heard))
            asker = asker_of(scope)
            if scope["path"] == PATH:
                text, verdicts, noted = self._one(await self._read(body), asker)
                kept = await self._edge.log.kept(noted)
            else:
                with self._edge.room() as begin:
                    text, verdicts, noted = await self._many(body, asker, begin)
                    kept = await self._edge.log.kept(noted)
        except (LogUnavailable, Overloaded, TooSlow) as error:
            await self._refuse(error, {}, scope, receive, send)
            return
        except (NotHereError, XinhengError):
            await self._app(scope, _again(heard, receive), send)
            return
        except Exception as error:
            # Out here nobody would turn a fault of ours into a problem, or keep what was sent out of the trace.
            log_fault(error, what="hot endpoint")
            await self._app(scope, _again(heard, receive), send)
            return
        self._edge.metrics.counted(scope["path"], verdicts, perf_counter() - begun)
        headers = self._desk.headers(len(text), kept)
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": text})

    async def _heard(self, scope: Scope, receive: Receive, heard: list[Message]) -> bytes:
        """Take a body as it comes in; `heard`: for what was taken, also where it goes on to others."""
        if next((value for name, value in scope["headers"] if name == b"content-type"), b"") != b"application/json":
            raise NotHereError
        size, is_whole = 0, False
        while not is_whole:
            message = await receive()
            heard.append(message)
            size += len(message.get("body", b""))
            if message["type"] != "http.request" or size > self._edge.settings.body_limit_bytes:
                raise NotHereError
            is_whole = not message.get("more_body")
        return b"".join(message.get("body", b"") for message in heard)

    async def _read(self, text: bytes) -> Any:
        # A long one takes milliseconds to read: beside the event loop, which has its turns meanwhile.
        is_long = len(text) > SHORT_BYTES
        return await run_in_threadpool(self._desk.asked, text) if is_long else self._desk.asked(text)

    def _one(self, body: Any, asker: Asker) -> Answered:
        verdict, decision, record = self._desk.answer(body, self._desk.sitting(asker))
        [noted] = self._edge.log.put([record])
        return told(noted.check_id.encode(), decision), (verdict,), (noted,)

    async def _many(self, text: bytes, asker: Asker, begin: Callable[[], None]) -> Answered:
        body = await self._read(text)
        items = body.get("checks") if isinstance(body, dict) and body.keys() == {"checks"} else None
        if not isinstance(items, list) or not 0 < len(items) <= self._edge.settings.batch_limit_checks:
            raise NotHereError
        return await self._batches.answered(items, asker, begin)

    async def _refuse(
        self, error: XinhengError, headers: dict[str, str], scope: Scope, receive: Receive, send: Send
    ) -> None:
        self._edge.metrics.refused(error.code)
        request_id = self._desk.request_id().decode()
        log_event("refused", logging.WARNING, request_id=request_id, code=error.code)
        more = {"X-Request-Id": request_id, "Cache-Control": "no-store", **SECURITY_HEADERS, **headers}
        await problem_response(error, more)(scope, receive, send)


def _again(heard: Sequence[Message], receive: Receive) -> Receive:
    """Give a `receive` that begins with messages that were received already."""
    ahead = iter(heard)

    async def received() -> Message:
        return next(ahead, None) or await receive()

    return received
