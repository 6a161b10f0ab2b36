"""The short way to the hot endpoint: a single check is answered where its bytes arrive, without task or framework.

Whatever is not one plain request, whole and by itself, or is to be refused, goes the ordinary way: it is handed to
uvicorn's own protocol as if nothing had been looked at. Both ways give the same bytes.
"""

from time import perf_counter
from typing import Any, NamedTuple

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.decision_log import LONGEST_WAIT_S
from api.decision_writer import Group
from api.desk import Desk, NotHereError, told
from api.head import BEGINS, PATH
from api.observe import log_fault
from api.problems import LogUnavailable
from engine.question import Verdict
from graph_model.errors import XinhengError

_HEAD_ENDS = b"\r\n\r\n"
_MOST_HELD_BYTES = 65_536


class _Asked(NamedTuple):
    """A check that is decided, and whose answer may have to wait for its record."""

    request: bytes
    began: float
    verdict: Verdict
    decision: bytes
    check_id: bytes
    group: Group | None


class Door(HttpToolsProtocol):
    """One connection. What is not said here is as in uvicorn's protocol for HTTP/1.1."""

    def __init__(self, desk: Desk, **given: Any) -> None:
        super().__init__(**given)
        self._desk = desk
        self._between = True
        """Whether the parser waits for the first byte of a request: what it has begun it must end, by itself."""
        self._asked: _Asked | None = None
        self._begun = b""
        """A request whose head has come, and part of its body: most clients send them apart."""
        self._held = b""
        """What came while an answer waits."""
        self._answered_at = 0.0
        self._is_last = False

    def data_received(self, data: bytes) -> None:
        """Take what arrived: answer it here, or hand it on. While an answer waits, hold what follows."""
        if self._asked is not None:
            self._held += data
            if len(self._held) > _MOST_HELD_BYTES:
                self.flow.pause_reading()
            return
        if self._begun:
            data, self._begun = self._begun + data, b""
        if not (self._between and data.startswith(BEGINS) and self._is_idle() and self._takes(data)):
            super().data_received(data)

    def on_message_begin(self) -> None:
        """See that a request has begun."""
        self._between = False
        super().on_message_begin()

    def on_message_complete(self) -> None:
        """See that a request has arrived whole."""
        self._between = True
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget what is under way."""
        self._forget()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Close, once what is under way is answered."""
        self._is_last = True
        if self._asked is None:
            super().shutdown()

    def timeout_keep_alive_handler(self) -> None:
        """Close if nothing came since the last answer; do not wait for ever for a disk that hangs."""
        now = perf_counter()
        quiet = self._answered_at + self.timeout_keep_alive - now
        if self._asked is not None:
            self._arm(self.timeout_keep_alive)
            if now - self._asked.began > LONGEST_WAIT_S:
                self._hand_on(self._asked.request)
        elif self._begun:
            self.timeout_keep_alive_task = None
            self._hand_on(self._begun)  # it says how long a body may take
        elif quiet > 0:
            self._arm(quiet)
        else:
            super().timeout_keep_alive_handler()

    def _arm(self, seconds: float) -> None:
        # One timer a connection, looked at when it rings: setting one anew for every check costs as much as parsing.
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler)

    def _is_idle(self) -> bool:
        is_done = self.cycle is None or self.cycle.response_complete
        return is_done and not (self._is_last or self.transport.is_closing() or self.flow.write_paused)

    def _takes(self, data: bytes) -> bool:
        """Answer a request that is whole and alone in `data`, or wait for the rest of it; say whether it could be."""
        began, desk = perf_counter(), self._desk
        body_at = data.find(_HEAD_ENDS) + len(_HEAD_ENDS)
        try:
            head = desk.heads.of(data[:body_at])
            if head is None or len(data) - body_at > head.length or desk.is_full:
                return False
            if self.timeout_keep_alive_task is None:
                self._arm(self.timeout_keep_alive)
            if len(data) - body_at < head.length:
                self._begun = data
                return True
            verdict, decision, record = desk.answer(desk.asked(data[body_at:]), desk.sitting(head.asker))
            check_id, group, kept = desk.edge.log.put_one(record, self._settled)
        except (NotHereError, XinhengError):
            return False
        except Exception as error:
            # Nobody further out would keep what was sent out of the trace.
            log_fault(error, what="hot endpoint")
            return False
        asked = _Asked(data, began, verdict, decision, check_id, group)
        if kept is not None:
            self._write(asked, kept)
        else:
            self._asked = asked
            desk.flying += 1
        return True

    def _settled(self) -> None:
        if (asked := self._asked) is None:
            return  # the client has gone, or it took too long
        try:
            kept = self._desk.edge.log.leaving(asked.group)
        except LogUnavailable:
            self._hand_on(asked.request)
            return
        if kept is None:
            return  # it was another that is settled
        self._forget()
        self._write(asked, kept)
        if self._held or self._is_last:
            self._go_on()

    def _write(self, asked: _Asked, kept: str) -> None:
        desk = self._desk
        text = told(asked.check_id, asked.decision)
        self.transport.write(desk.head(self.server_state.default_headers, len(text), kept) + text)
        self.server_state.total_requests += 1
        self._answered_at = perf_counter()
        desk.edge.metrics.counted(PATH, (asked.verdict,), self._answered_at - asked.began)

    def _hand_on(self, request: bytes) -> None:
        """Have the ordinary way answer what cannot be answered here: it tells why."""
        self._forget()
        self._begun = b""
        super().data_received(request)
        self._go_on()

    def _go_on(self) -> None:
        if self._is_last:
            super().shutdown()
        elif self._held:
            held, self._held = self._held, b""
            self.flow.resume_reading()
            self.data_received(held)

    def _forget(self) -> None:
        if self._asked is not None:
            self._asked = None
            self._desk.flying -= 1
