"""What every route needs, handed in once by the composition root; and the two ways a request's body is read."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar
from urllib.parse import unquote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import Scope

from api.decision_log import DecisionLog
from api.decision_place import folder_of, seed_of
from api.decision_record import ANONYMOUS, Asker, words_of
from api.following import Following
from api.json_text import read_json
from api.observe import Metrics
from api.problems import TooSlow
from api.receipts import Signer
from api.settings import Settings
from engine.service import Service
from graph_model.errors import MalformedRequest, Overloaded, RequestTooLarge
from graph_model.identifiers import IdentityKeyer

Result = TypeVar("Result")
PURPOSE = "Xinheng-Purpose"
_PURPOSE = PURPOSE.lower().encode()
AGE = "Xinheng-Data-Age"
"""For how many seconds nobody looked whether there is something newer, where checks are answered from memory."""
CALLER = "xinheng_caller"
"""Where an authentication leaves the name of the caller, in the scope of the request."""
_POLL_S = 0.02
_AGAIN = "请稍后再试 try again"


@dataclass(slots=True)
class Edge:
    """The service and what stands around it at the edge: settings, keyed hash, clocks, metrics, decision log.

    today   the day in Asia/Shanghai, for checks that state none (the only clock an answer can depend on, P7)
    now     the time of day, for the age of the data only
    """

    settings: Settings
    service: Service
    keyer: IdentityKeyer
    today: Callable[[], date]
    now: Callable[[], datetime]
    metrics: Metrics
    log: DecisionLog
    following: Following | None = None
    """Who builds the index and keeps it up to date, where checks are to be answered from memory."""
    _heavy: int = field(default=0, init=False)
    _signer: Signer | None = field(default=None, init=False)

    @property
    def log_folder(self) -> Path | None:
        """Where the decision log is."""
        return folder_of(self.settings)

    def signer(self) -> Signer:
        """Give what signs receipts; its key is read, or made, at the first receipt.

        Raises:
            ReceiptRefused: the key cannot be read or made.

        """
        if self._signer is None:
            self._signer = Signer(seed_of(self.settings))
        return self._signer

    async def body(self, request: Request) -> bytes:
        """Read the body as it streams in, and stop at the limit.

        Raises:
            RequestTooLarge: more bytes than `body_limit_bytes`, announced or sent.
            TooSlow: as `in_time`.

        """
        return await self.in_time(self._body(request))

    async def in_time(self, reading: Awaitable[Result]) -> Result:
        """Read a body.

        Raises:
            TooSlow: it took longer than `body_limit_s`.

        """
        try:
            async with asyncio.timeout(self.settings.body_limit_s):
                return await reading
        except TimeoutError:
            raise TooSlow from None

    async def _body(self, request: Request) -> bytes:
        limit = self.settings.body_limit_bytes
        announced = request.headers.get("content-length", "")
        if announced.isascii() and announced.isdigit() and int(announced[:20]) > limit:
            raise _too_large(limit)
        parts: list[bytes] = []
        size = 0
        async for part in request.stream():
            size += len(part)
            if size > limit:
                raise _too_large(limit)
            parts.append(part)
        return b"".join(parts)

    async def json_body(self, request: Request) -> Any:
        """Read a JSON body.

        Raises:
            MalformedRequest: another content type, or no JSON (`api.json_text.read_json`).
            RequestTooLarge: too many bytes, or nested too deep.

        """
        media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media != "application/json":
            raise MalformedRequest(
                "Content-Type 不是 application/json the Content-Type is not application/json",
                hint="请加上请求头 Content-Type: application/json add that header",
                detail_code="request.content-type",
            )
        return read_json(await self.body(request), depth_limit=self.settings.depth_limit_levels)

    async def wait_for(self, version: int | None) -> None:
        """Wait until the store is at `version`, at most `wait_limit_s`; the engine then says if it is not (C2)."""
        if version is None:
            return
        loop = asyncio.get_running_loop()
        end = loop.time() + self.settings.wait_limit_s
        while await self.ask(self.service.seen) < version and loop.time() < end:
            await asyncio.sleep(_POLL_S)

    async def ask(self, work: Callable[[], Result]) -> Result:
        """Ask the store something small: here, or, where a server may be slow to answer, beside the event loop."""
        return work() if self.settings.store.startswith("sqlite:") else await run_in_threadpool(work)

    async def in_thread(self, work: Callable[[], Result]) -> Result:
        """Do heavy work beside the event loop, so that single checks go on meanwhile. Raises as `room`."""
        with self.room() as begin:

            def begun() -> Result:
                begin()
                return work()

            return await run_in_threadpool(begun)

    @contextmanager
    def room(self) -> Iterator[Callable[[], None]]:
        """Take one of the places for heavy work; what is given is to be called when the work begins.

        Raises:
            Overloaded: `heavy_limit_requests` are at work or waiting already; or, when it is to begin, this one has
                waited for longer than `heavy_wait_limit_s`.

        """
        if self._heavy >= self.settings.heavy_limit_requests:
            raise Overloaded("批量核查与变更过多 too many batches and changes at once", hint=_AGAIN)
        latest = monotonic() + self.settings.heavy_wait_limit_s

        def begin() -> None:
            if monotonic() > latest:
                raise Overloaded("等候过久，未予处理 it waited for too long, and nothing was done", hint=_AGAIN)

        self._heavy += 1
        try:
            yield begin
        finally:
            self._heavy -= 1


def asker_of(scope: Scope) -> Asker:
    """Say who asks and what for: the caller that the authentication has found, and the words of the header."""
    given = next((value for name, value in scope["headers"] if name == _PURPOSE), None)
    # Chinese is sent as UTF-8, or percent-encoded.
    purpose = words_of(unquote(given.decode("utf-8", "replace"))) if given is not None else None
    return Asker(scope.get(CALLER, ANONYMOUS), purpose or None)


def _too_large(limit: int) -> RequestTooLarge:
    return RequestTooLarge(
        f"请求正文超过 {limit} 字节 the body is larger than {limit} bytes", hint="请分次发送 send it in parts"
    )
