"""The feed (C4): what each version, and each day that passes, did to items; read on from any place, each thing once.

A reader's place is a version and, where days are to be told too, a day. From there first come the versions after it, as
seen on that day, and then, at the last of them, the days up to today. Both are cut between subjects where they are
large, and the place says where; so nothing is told twice and nothing is lost, however long a reader was away.
"""

from bisect import bisect_right
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from engine.change import Altered, told
from engine.change_affected import Rosters, affected_by, in_blocks, lists_reaching, lists_read_differently
from engine.change_cursor import read, written
from engine.change_step import BLOCK, Step
from engine.question import Json, as_json
from graph_model.nodes import SubjectId, Version
from graph_model.store import Change, Store
from memoranda.rulebook import Rulebook

BookAt = Callable[[Version], Rulebook | None]
"""The rulebook in force at a version."""
KEPT_BLOCKS = 16
"""Blocks of subjects whose items are kept: many readers come for the same at about the same time."""
MOST_ITEMS = 10_000
"""Items on one page of the feed; a page ends behind the block of subjects that reaches it."""


@dataclass(frozen=True, slots=True)
class Place:
    """How far a reader has come.

    version  the last version that was wholly told
    day      the last day that was wholly told; `None`: no days are asked for, and items are told over all days
    until    where the telling of days has begun: the day it goes up to
    subject  where the next version, or these days, have begun: the last subject that was told
    """

    version: Version
    day: date | None = None
    until: date | None = None
    subject: SubjectId | None = None

    @property
    def text(self) -> str:
        """The place as a word that can stand in an address."""
        return written(self.version, self.day, self.until, self.subject)

    @classmethod
    def read(cls, text: str) -> "Place":
        """Read the word back. Raises `MalformedRequest` (`cursor.malformed`)."""
        return cls(*read(text, "nDDT"))


@dataclass(frozen=True, slots=True)
class Part:
    """Some subjects' items of one entry; `complete`: the entry's last; `after`: where its reader then is."""

    head: Json
    items: Sequence[Altered]
    complete: bool
    after: Place


class Feed:
    """Reads the feed of one store."""

    def __init__(self, store: Store, book_at: BookAt, rosters: Rosters, block: int = BLOCK) -> None:
        self._store, self._book_at, self._rosters, self._block = store, book_at, rosters, block
        self._taken = lru_cache(KEPT_BLOCKS)(self._take)

    def parts(self, place: Place, today: date | None, department: str | None) -> Iterator[Part]:
        """Give what comes after `place`, part by part: versions up to the latest of now, then days up to `today`."""
        latest = self._store.latest_version()
        if place.until is not None:
            # The days that are being told belong to this version; whatever was written since comes after them.
            place = yield from self._days(place, place.until, department)
        while place.version < latest:
            (change,) = self._store.changes(place.version, 1)
            place = yield from self._version(place, change, department)
        if place.day is not None and today is not None and place.day < today:
            yield from self._days(place, today, department)

    def page(
        self, place: Place, today: date | None, department: str | None, most: int, enough: Callable[[], bool]
    ) -> Json:
        """Give one page: at most `most` entries, about `MOST_ITEMS` items, and no more once there is `enough`."""
        entries: list[Json] = []
        at, items = place, 0
        for part in self.parts(place, today, department):
            if not entries or entries[-1]["complete"]:
                entries.append({**part.head, "complete": False, "items": []})
            entries[-1]["items"] += told(part.items)
            entries[-1]["complete"] = part.complete
            items += sum(len(item.departments) for item in part.items)
            at = part.after
            if items >= MOST_ITEMS or enough() or (part.complete and len(entries) == most):
                break
        latest = max(self._store.latest_version(), at.version)
        return {
            "since": place.version,
            "until": at.version,
            "latest": latest,
            "day": as_json(at.day),
            "more": self.is_behind(at, latest, today),
            "next": at.text,
            "changes": entries,
        }

    def is_behind(self, place: Place, latest: Version, today: date | None) -> bool:
        """Whether there is something to tell to a reader at that place."""
        days_to_tell = place.day is not None and today is not None and place.day < today
        return place.version < latest or place.until is not None or place.subject is not None or days_to_tell

    def _version(self, place: Place, change: Change, department: str | None) -> Generator[Part, None, Place]:
        """Tell one version; gives the place behind it."""
        head: Json = {
            "version": change.version,
            "kind": change.kind,
            "actor": change.actor,
            "reason": change.reason,
            "recorded_at": change.recorded_at.isoformat(),
            "rulebook": change.rulebook,
            "after": None,
            "until": None,
        }
        books = (self._book_at(change.version - 1), self._book_at(change.version))
        subjects: Sequence[SubjectId] = ()
        if change.kind == "facts":
            subjects = affected_by(change, self._store) if books[1] is not None else ()
        elif lists := self._lists(lists_read_differently(*books), department, *books):
            subjects = self._rosters.of(change.version, lists)
        step = Step((change.version - 1, change.version), books, None if place.day is None else (place.day, place.day))
        done = replace(place, version=change.version, subject=None)
        return (yield from self._parts(head, step, subjects, place, done, department))

    def _days(self, place: Place, until: date, department: str | None) -> Generator[Part, None, Place]:
        """Tell the days after the place's, up to and with `until`, as they pass at its version."""
        head: Json = {
            "version": place.version,
            "kind": "days",
            "actor": None,
            "reason": None,
            "recorded_at": None,
            "rulebook": None,
            "after": as_json(place.day),
            "until": until.isoformat(),
        }
        book = self._book_at(place.version)
        subjects: Sequence[SubjectId] = ()
        if book is not None and (lists := self._lists(frozenset(book.lists), department, book)):
            subjects = self._rosters.of(place.version, lists)
        step = Step((place.version, place.version), (book, book), (place.day or until, until))
        done = Place(place.version, until)
        return (yield from self._parts(head, step, subjects, replace(place, until=until), done, department))

    def _lists(self, lists: frozenset[str], department: str | None, *books: Rulebook | None) -> frozenset[str]:
        """Leave out the lists from which nothing reaches the department."""
        if department is None:
            return lists
        return lists & {id_ for book in books if book is not None for id_ in lists_reaching(department, book)}

    def _parts(
        self, head: Json, step: Step, subjects: Sequence[SubjectId], begun: Place, done: Place, department: str | None
    ) -> Generator[Part, None, Place]:
        rest = subjects if begun.subject is None else subjects[bisect_right(subjects, begun.subject) :]
        for block in in_blocks(rest, self._block):
            items = [
                item if department is None else replace(item, departments=(department,))
                for item in self._taken(step, tuple(block))
                if department is None or department in item.departments
            ]
            if block[-1] != rest[-1]:
                yield Part(head, items, complete=False, after=replace(begun, subject=block[-1]))
            else:
                yield Part(head, items, complete=True, after=done)
        if not rest:
            yield Part(head, (), complete=True, after=done)
        return done

    def _take(self, step: Step, block: tuple[SubjectId, ...]) -> tuple[Altered, ...]:
        return tuple(item for _, _, items in step.taken(self._store, block) for item in items)
