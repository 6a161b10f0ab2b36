"""The head of a plain request for one check, and the heads that were read before.

An approval system sends the same head before every check but for little, so it is parsed and its key looked up once,
and then known again by its bytes.
"""

from typing import NamedTuple

import httptools

from api.callers import Callers
from api.decision_record import ANONYMOUS, Asker
from api.edge import CALLER, asker_of
from api.problems import CallerUnknown

BEGINS = b"POST /v1/checks HTTP/1.1\r\n"
PATH = "/v1/checks"
_LONGEST_BYTES = 4_096
_LONGEST_BODY_BYTES = 16_384
_KEPT = 1_024
_JSON = b"application/json"
_ONCE = (b"content-length", b"content-type", b"authorization", b"xinheng-purpose")
_NEVER = frozenset({b"transfer-encoding", b"expect", b"trailer", b"content-encoding"})


class Head(NamedTuple):
    """What a head says: how many bytes of body follow it, and who asks what for."""

    length: int
    asker: Asker


class Heads:
    """Reads heads with the server's own parser. For one thread."""

    def __init__(self, callers: Callers | None) -> None:
        self._callers = callers
        self._kept: dict[bytes, Head] = {}

    def of(self, head: bytes) -> Head | None:
        """Read a head, from its first byte to the empty line; `None`: it is not plain, or its key is nobody's."""
        found = self._kept.get(head)
        if found is None and len(head) <= _LONGEST_BYTES:
            found = self._read(head)
            if found is not None:
                if len(self._kept) >= _KEPT:
                    self._kept.clear()
                self._kept[head] = found
        return found

    def _read(self, head: bytes) -> Head | None:
        parts = _Parts()
        parser = httptools.HttpRequestParser(parts)
        try:
            parser.feed_data(head)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            return None
        names = [name for name, _ in parts.headers]
        alone = all(names.count(name) <= 1 for name in _ONCE) and _NEVER.isdisjoint(names)
        stated = dict(parts.headers)
        length = stated.get(b"content-length", b"")
        if not (parts.are_whole and alone and parser.should_keep_alive() and not parser.should_upgrade()):
            return None
        if not length.isdigit() or int(length) > _LONGEST_BODY_BYTES or stated.get(b"content-type") != _JSON:
            return None
        try:
            name = self._callers.name_of(PATH, parts.headers) if self._callers is not None else None
        except CallerUnknown:
            return None
        return Head(int(length), asker_of({"headers": parts.headers, CALLER: name or ANONYMOUS}))


class _Parts:
    """Collects what the parser finds."""

    def __init__(self) -> None:
        self.headers: list[tuple[bytes, bytes]] = []
        self.are_whole = False

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self.are_whole = True
