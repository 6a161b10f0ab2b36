"""Where checks are answered from memory, in bytes: what the hot endpoint and the short way to it share.

What it can answer by itself, it does: plain questions, of which the index holds the standing. Everything else, and
whatever is to be refused, is for the ordinary routes, so that all give the same bytes.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime
from secrets import token_hex
from time import monotonic
from typing import Any, NamedTuple

from api.callers import Callers
from api.decision_log import HEADER
from api.decision_record import Asker, unnamed
from api.edge import AGE, Edge
from api.entrance import SECURITY_HEADERS
from api.head import Heads
from api.json_text import json_bytes, read_json
from api.ready import Answer, Asked, Forms, Ready, head_of
from api.wire import CheckIn, check_of, decision_json, parse
from engine.index import Absent, Index
from engine.judge import judge
from engine.question import Check
from graph_model.nodes import Version
from memoranda.rulebook import Rulebook

_PLAIN = frozenset({"subject", "matter", "department", "on", "min_version"})
_ALIKE = _PLAIN - {"min_version"}
_NOTHING: dict[str, Any] = {}
_HEADERS = [(name.lower().encode(), value.encode()) for name, value in SECURITY_HEADERS.items()] + [
    (b"cache-control", b"no-store"),
    (b"content-type", b"application/json"),
]
_KEPT, _AGE = HEADER.lower().encode(), AGE.lower().encode()
_IDENTIFIER = re.compile(r"[0-9A-Za-z-]+").fullmatch
_AT_ONCE_S = 0.001
"""Times are told in milliseconds: within one, whoever asks again sits as before."""


class NotHereError(Exception):
    """The ordinary routes are to answer this."""


class Sitting(NamedTuple):
    """The checks of one request, all at one version: who asks, and when.

    head   the beginning of each record
    ready  decisions about subjects that nothing is near, formed before
    """

    memory: Index
    version: Version
    spelled: bytes
    book: Rulebook
    asker: Asker
    at: datetime
    today: date
    head: bytes
    ready: dict[Asked, Ready]


class Desk:
    """For one thread: the event loop's. `edge.service.index` may come later, or never.

    flying  requests that are being answered, on whatever way
    """

    def __init__(self, edge: Edge, callers: Callers | None) -> None:
        self.edge = edge
        self.callers = callers
        self.flying = 0
        self._named = token_hex(8).encode()
        self._answered = 0
        self.heads = Heads(callers)
        self._forms = Forms()
        self._begun: tuple[list[tuple[bytes, bytes]] | None, str, bytes] = (None, "", b"")
        self._last: Sitting | None = None
        self._last_until = 0.0
        self._flight_limit = edge.settings.flight_limit_requests

    @property
    def is_full(self) -> bool:
        """Whether one more request is to be refused: never a slow pile-up."""
        return self.flying >= self._flight_limit

    def asked(self, body: bytes) -> Any:
        """Read a body. Raises as `read_json`."""
        return read_json(body, depth_limit=self.edge.settings.depth_limit_levels)

    def sitting(self, asker: Asker) -> Sitting:
        """Begin to answer at the latest version.

        Raises:
            NotHereError: there is no index yet, or no rulebook.

        """
        index, last = self.edge.service.index, self._last
        if index is None:
            raise NotHereError
        if last is not None and last.memory is index and last.version == index.version and last.asker == asker:
            if monotonic() < self._last_until:
                return last
            version, spelled, book = last.version, last.spelled, last.book
        else:
            version = index.version
            digest = index.rulebook_at(version)
            if not isinstance(digest, str):
                raise NotHereError
            spelled, book = b"%d" % version, self.edge.service.rulebook(digest)
        at, self._last_until = self.edge.now(), monotonic() + _AT_ONCE_S
        head = head_of(at.isoformat(timespec="milliseconds"), asker)
        today = self.edge.today()
        ready = self._forms.ready_at(spelled, book, today)
        self._last = Sitting(index, version, spelled, book, asker, at, today, head, ready)
        return self._last

    def answer(self, item: Any, sitting: Sitting) -> Answer:
        """Answer one check.

        Raises:
            XinhengError, NotHereError: it is to be answered, or refused, in the ordinary way.

        """
        if not (isinstance(item, dict) and item.keys() <= _PLAIN):
            raise NotHereError
        subject, matter, on = item.get("subject"), item.get("matter"), item.get("on")
        department = item.get("department")
        is_day = on is None or isinstance(on, str)
        if isinstance(subject, str) and isinstance(matter, str) and is_day and item.get("min_version") is None:
            if not (department is None or isinstance(department, str)):
                raise NotHereError
            return self._answer(subject, matter, department, on, sitting)
        check = check_of(parse(CheckIn, item), self.edge.keyer, sitting.today)
        if (check.min_version or 0) > sitting.version:
            raise NotHereError
        return self._answer(check.subject, check.matter, check.department, check.on, sitting)

    def answers(self, items: Sequence[Any], sitting: Sitting) -> list[Answer | None]:
        """Answer, at once, what of many checks is plain and about subjects that nothing is near; `None`: the others."""
        plain = [item if isinstance(item, dict) and item.keys() <= _ALIKE else _NOTHING for item in items]
        subjects = [item.get("subject") for item in plain]
        texts: list[str] = [subject if isinstance(subject, str) else "" for subject in subjects]
        asked = zip(
            [item.get("matter") for item in plain],
            [item.get("department") for item in plain],
            [item.get("on") for item in plain],
            strict=True,
        )
        try:
            found = [*map(sitting.ready.get, asked)]
        except TypeError:  # an array or an object stands where a text should
            return [None] * len(items)
        clear = sitting.memory.clear_among(texts, sitting.version)
        spelled = json_bytes(texts)[2:-2].split(b'","')
        head = sitting.head
        return [
            ready.filled(text, head) if is_clear and ready is not None else None
            for ready, text, is_clear in zip(found, spelled, clear, strict=True)
        ]

    def _answer(
        self, subject: str, matter: str, department: str | None, stated: date | str | None, sitting: Sitting
    ) -> Answer:
        memory, version, spelled, book, asker, at, today, head, _ = sitting
        found = memory.near(subject, version, book, matter)
        if found is Absent.CLEAR:
            return self._ready(matter, department, stated, sitting).filled(_spelled(subject), head)
        if found is Absent.ELSEWHERE:
            raise NotHereError
        check = Check(subject, matter, today if stated is None else stated, department)
        if not isinstance(found, Absent):
            kept = self._forms.kept(check, found, book)
            if kept is None:
                kept = self._forms.keep(check, found, memory.derived(found, book, matter), book)
            return kept.filled(spelled, head)
        told = decision_json(decision := judge(None, check, book, version))
        text = json_bytes(told)
        return decision.verdict, text, unnamed(at, asker, told, text)

    def _ready(self, matter: str, department: str | None, stated: date | str | None, sitting: Sitting) -> Ready:
        asked = (matter, department, stated)
        found = sitting.ready.get(asked)
        if found is None:
            on = sitting.today if stated is None else stated
            form = self._forms.of_clear(matter, department, on, sitting.book)
            if form is None:
                raise NotHereError
            found = sitting.ready[asked] = form.at(sitting.spelled)
        return found

    def headers(self, length: int, kept: str) -> list[tuple[bytes, bytes]]:
        """Give the headers of an answer of so many bytes, as the log says that it is kept."""
        return [
            *_HEADERS,
            (b"content-length", b"%d" % length),
            (b"x-request-id", self.request_id()),
            (_KEPT, kept.encode()),
            (_AGE, b"%.3f" % self._age()),
        ]

    def head(self, servers: list[tuple[bytes, bytes]], length: int, kept: str) -> bytes:
        """Write the whole head of an answer; `servers`: the server's own headers, another list where they changed."""
        for_servers, for_kept, form = self._begun
        if servers is not for_servers or kept != for_kept:
            always = b"".join(b"%b: %b\r\n" % header for header in (*servers, *_HEADERS))
            form = (
                b"HTTP/1.1 200 OK\r\n%bcontent-length: %%d\r\nx-request-id: %b%%016x\r\n%b: %b\r\n%b: %%.3f\r\n\r\n"
                % (always.replace(b"%", b"%%"), self._named, _KEPT, kept.encode(), _AGE)
            )
            self._begun = (servers, kept, form)
        self._answered += 1
        return form % (length, self._answered, self._age())

    def request_id(self) -> bytes:
        """Give an id that no other request of any process has; whoever knows one may guess the next."""
        self._answered += 1
        return b"%b%016x" % (self._named, self._answered)

    def _age(self) -> float:
        index = self.edge.service.index
        return index.age if index is not None else 0.0


def told(check_id: bytes, decision: bytes) -> bytes:
    """Write the body of the answer to one check."""
    return b'{"check_id":"%b","decision":%b}' % (check_id, decision)


def _spelled(text: str) -> bytes:
    """Write a text as JSON has it between quotation marks; identifiers, which are most, as they are."""
    return text.encode() if _IDENTIFIER(text) else json_bytes(text)[1:-1]
