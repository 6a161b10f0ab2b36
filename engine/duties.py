"""What a department must apply on a day, subject by subject, in pages that can be read on from at any time (§4, J3)."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from engine.change_affected import in_blocks
from engine.change_cursor import read, written
from engine.gates import exempt_on
from engine.question import Json, as_json
from engine.sentences import person_masked
from engine.standing import Standing, standing_of
from engine.timeline import at, run_at
from graph_model.nodes import SubjectId, Version
from graph_model.store import Store
from memoranda.rulebook import Rulebook

BLOCK = 100
"""Subjects that are read and judged at once."""


@dataclass(frozen=True, slots=True)
class Applied:
    """One item that a department has with one subject on the day.

    status         `duty`: to be applied; `withheld`: a favour that other designations withhold, not to be applied;
                   `unresolved`: cannot be told, for these reasons, and must not be treated as a restriction (J4)
    from_, until   the run of days that the day lies in
    matters        the measure's, or `any`; `except_matters`: those from which an exemption frees the subject that day
    """

    subject: SubjectId
    name: str | None
    status: Literal["duty", "withheld", "unresolved"]
    measure: str
    effect: str
    matters: tuple[str, ...] | Literal["any"]
    except_matters: tuple[str, ...]
    elsewhere_only: bool
    designation: str
    role: str
    from_: date | None
    until: date | None
    disputed: bool
    reasons: tuple[str, ...]
    withheld_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DutiesPlace:
    """Where a reader of one department's duties is: at one version and day, behind so many items of a subject.

    The version stays the first page's, so that what is written meanwhile neither moves a subject into two pages nor
    out of both.
    """

    department: str
    version: Version
    on: date
    subject: SubjectId = ""
    items: int = 0

    @property
    def text(self) -> str:
        """The place as a word that can stand in an address."""
        return written(self.department, self.version, self.on, self.subject, self.items)

    @classmethod
    def read(cls, text: str) -> "DutiesPlace":
        """Read the word back. Raises `MalformedRequest` (`cursor.malformed`)."""
        return cls(*read(text, "tndtn"))


def duties_page(
    store: Store,
    book: Rulebook,
    place: DutiesPlace,
    subjects: Sequence[SubjectId],
    most: int,
    enough: Callable[[], bool],
) -> Json:
    """Give one page: at most `most` items, and fewer once there is `enough`; `complete`: nothing comes behind it.

    `subjects` are all that can have an item of the department, sorted.
    """
    first = bisect_left(subjects, place.subject)
    found: list[Applied] = []
    number = first
    for block in in_blocks(subjects[first:], BLOCK):
        for subject, around in zip(block, store.neighbourhoods(block, place.version), strict=True):
            items = [] if around is None else list(applied(standing_of(around, book), place))
            told = place.items if subject == place.subject else 0
            room = most - len(found)
            found += items[told : told + room]
            if len(items) > told + room:
                return _page(book, place, found, replace(place, subject=subject, items=told + room))
            number += 1
        if enough() and number < len(subjects):
            return _page(book, place, found, replace(place, subject=subjects[number], items=0))
    return _page(book, place, found, None)


def applied(standing: Standing, place: DutiesPlace) -> Iterator[Applied]:
    """Give what the department has to do with one subject on the day, in the order of its standing."""
    day, subject = place.on, standing.subject
    name = standing.names.get(subject.id)
    person = any(stated.kind == "person" for stated in subject.attributes)
    for item in standing.items:
        truth = at(item.holds, day) if place.department in item.departments else None
        if truth is not None:
            by = item.withheld_by(day)
            days = run_at(item.holds, day)
            yield Applied(
                subject=subject.id,
                name=person_masked(name) if person and name else name,
                status="unresolved" if truth else "withheld" if by else "duty",
                measure=item.measure.id,
                effect=item.measure.effect,
                matters=item.measure.matters,
                except_matters=tuple(sorted({e.matter for e in item.exemptions if e.matter and exempt_on(e, day)})),
                elsewhere_only=item.measure.elsewhere_only,
                designation=item.listing.id,
                role=item.target.role,
                from_=days.start,
                until=days.end,
                disputed=item.disputed(day),
                reasons=truth,
                withheld_by=by,
            )


def _page(book: Rulebook, place: DutiesPlace, found: Sequence[Applied], following: DutiesPlace | None) -> Json:
    return {
        "department": place.department,
        "version": place.version,
        "rulebook": book.digest,
        "on": place.on.isoformat(),
        "complete": following is None,
        "next": None if following is None else following.text,
        "duties": as_json(list(found)),
    }
