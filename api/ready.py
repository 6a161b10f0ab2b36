"""Decisions ready as bytes, but for the subject and the version: what most checks of a day are answered with.

Of a subject that is registered and has nothing near it, a decision under one rulebook depends on the question alone.
So it is judged and written once by the ordinary way, for a stand-in; then only the two places are filled.
"""

from collections import OrderedDict
from datetime import date
from functools import lru_cache
from hashlib import sha256
from typing import Any, NamedTuple

from api.decision_record import Asker, held
from api.json_text import json_bytes
from api.wire import decision_json
from engine.index import Entry
from engine.judge import judge
from engine.question import Check, Verdict
from engine.standing import Standing
from graph_model.nodes import Subject
from memoranda.rulebook import Rulebook

_SUBJECT = "p-" + "f0e1d2c3b4" * 4
_VERSION = 987_654_321_012_345
_MOST = 4_000
_MOST_BYTES = 64 << 20
"""Of decisions that are kept; one without a department can have half a million bytes."""
Asked = tuple[Any, Any, Any]
"""The matter, the department and the day, as they were sent: what is kept by them was sent as texts, or not at all."""
_ASKED = b'"version":'
_ASKED_FIRST = b"{" + _ASKED
_UNVERSIONED = len(_ASKED_FIRST) + 1
"""Where a decision at version 0 goes on: it begins with the version, and no text of anybody's stands before it."""


Answer = tuple[Verdict, bytes, bytes]
"""A verdict, the decision, and its record, which lacks the id of the check: it may leave once that is kept."""


class Ready(NamedTuple):
    """A decision that lacks but its subject, and its record from the version on, which lacks its digest, too.

    decision_start, decision_end  what stands before the subject and behind it
    before, behind, end           of the record: before the subject, up to the digest, behind that
    """

    verdict: Verdict
    decision_start: bytes
    decision_end: bytes
    before: bytes
    behind: bytes
    end: bytes

    def filled(self, subject: bytes, head: bytes) -> Answer:
        """Answer; `subject`: as it is written between quotation marks; `head`: of the record, see `head_of`."""
        verdict, start, rest, before, behind, end = self
        decision = start + subject + rest
        digest = sha256(decision).hexdigest().encode()
        return verdict, decision, b"".join((head, before, subject, behind, digest, end))


class Form(NamedTuple):
    """The same without a version: in three parts, and the record in four."""

    verdict: Verdict
    decision: tuple[bytes, bytes, bytes]
    record: tuple[bytes, bytes, bytes, bytes]

    def at(self, version: bytes) -> Ready:
        """Put in the version."""
        (first, second, third), (before, between, behind, end) = self.decision, self.record
        return Ready(self.verdict, first + version + second, third, before + version + between, behind, end)


class Told(NamedTuple):
    """A decision of a subject that something reaches: all but the version; right as long as what reaches it is."""

    near: Entry
    verdict: Verdict
    decision: bytes
    record: tuple[bytes, bytes]

    @property
    def size(self) -> int:
        """How many bytes are kept."""
        return len(self.decision) + len(self.record[0]) + len(self.record[1])

    def filled(self, version: bytes, head: bytes) -> Answer:
        """Put in the version; `head` as in `Form`."""
        decision = _ASKED_FIRST + version + self.decision
        digest = sha256(decision).hexdigest().encode()
        before, end = self.record
        return self.verdict, decision, b"".join((head, _ASKED, version, before, digest, end))


class Forms:
    """Keeps what was formed, the latest asked. For one thread: the event loop's."""

    def __init__(self) -> None:
        self._ready: dict[Asked, Ready] = {}
        self._ready_for: tuple[bytes, str, date] | None = None
        self._kept: OrderedDict[tuple[str, str | None, object, str], Form | None] = OrderedDict()
        self._told: OrderedDict[tuple[str, str, str | None, object, str], Told] = OrderedDict()
        self._bytes = 0

    def kept(self, check: Check, near: Entry, book: Rulebook) -> Told | None:
        """Give the decision of a check that concerns no organisation, where it was formed and still is right."""
        key = (check.subject, check.matter, check.department, check.on, book.digest)
        found = self._told.get(key)
        if found is None or found.near is not near:
            return None
        self._told.move_to_end(key)
        return found

    def keep(self, check: Check, near: Entry, standing: Standing, book: Rulebook) -> Told:
        """Form the decision of a check that concerns no organisation.

        Raises:
            InvalidQuestion: what `judge` refuses.

        """
        key = (check.subject, check.matter, check.department, check.on, book.digest)
        formed = _told(check, near, standing, book)
        before = self._told.pop(key, None)
        self._bytes += formed.size - (0 if before is None else before.size)
        self._told[key] = formed
        while self._bytes > _MOST_BYTES:
            self._bytes -= self._told.popitem(last=False)[1].size
        return formed

    def ready_at(self, version: bytes, book: Rulebook, today: date) -> dict[Asked, Ready]:
        """Give what `of_clear` has formed at a version on a day, to look up there first."""
        if self._ready_for != (version, book.digest, today) or len(self._ready) > _MOST:
            self._ready, self._ready_for = {}, (version, book.digest, today)
        return self._ready

    def of_clear(self, matter: str, department: str | None, on: date | str, book: Rulebook) -> Form | None:
        """Give the form of a check that concerns no organisation; `None` where there is none.

        Raises:
            InvalidQuestion: what `judge` refuses, of the matter, the department or the day.

        """
        key = (matter, department, on, book.digest)
        try:
            return self._kept[key]
        except KeyError:
            form = self._kept[key] = _formed(Check(_SUBJECT, matter, on, department), book)
            if len(self._kept) > _MOST:
                self._kept.popitem(last=False)
            return form


def head_of(at: str, asker: Asker) -> bytes:
    """Write the beginning of a record, up to the version: when, who asked, and what for."""
    return b'{"at":"%b",%b,' % (at.encode(), _asker_spelled(asker))


@lru_cache(maxsize=1_024)
def _asker_spelled(asker: Asker) -> bytes:
    return json_bytes({"caller": asker.caller, "purpose": asker.purpose})[1:-1]


def _formed(check: Check, book: Rulebook) -> Form | None:
    decision = judge(Standing(Subject(_SUBJECT, ()), (), {}), check, book, _VERSION)
    told = decision_json(decision)
    text = json_bytes(told)
    record, end = held(told, text)
    places = (str(_VERSION).encode(), _SUBJECT.encode())
    try:
        first, second, third = _apart(text, places)
        before, between, behind = _apart(record, places)
    except ValueError:  # a rulebook whose words hold a place's: then each decision is written by itself
        return None
    return Form(decision.verdict, (first, second, third), (before, between, behind, end))


def _told(check: Check, near: Entry, standing: Standing, book: Rulebook) -> Told:
    decision = judge(standing, check, book, 0)
    told = decision_json(decision)
    text = json_bytes(told)
    # Who is registered is no text of the caller's: such a decision is kept as it is told.
    before, end = held(told, text)
    return Told(near, decision.verdict, text[_UNVERSIONED:], (before[_UNVERSIONED - 1 :], end))


def _apart(text: bytes, places: tuple[bytes, ...]) -> list[bytes]:
    """Cut at each place, which must be there once and in this order, else `ValueError`."""
    parts = []
    for place in places:
        part, text = text.split(place)
        parts.append(part)
    return [*parts, text]
