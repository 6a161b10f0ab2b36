"""Re-evaluation (C4): what lies between two points, from the few subjects it can affect or from all of them.

Both give the same; `verified` proves it on a store: the digests of all standings, carried from version to version by
re-evaluating only whom each change can affect, are those of a re-evaluation of everything.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256

from engine.change import Altered, Sight
from engine.change_affected import (
    MANY,
    Gathered,
    affected_by,
    between,
    changes_between,
    everything,
    in_blocks,
    lists_read_differently,
    on_lists,
)
from engine.change_feed import BookAt
from engine.change_step import Step
from engine.question import as_json
from graph_model.nodes import SubjectId, Version
from graph_model.store import Change, Store

Progress = Callable[[int], object]
"""Told how many more subjects are done."""
MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class Span:
    """From a version to another; over all days, or as seen on a day and then as the days pass (`days`: from, to)."""

    since: Version
    until: Version
    days: tuple[date, date] | None = None

    @property
    def days_pass(self) -> bool:
        """Whether not only versions lie between, but days."""
        return self.days is not None and self.days[0] < self.days[1]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One subject: the digests of its standing before and after, and what happened to its items.

    A digest is `None` where there is no item, and where nobody asked for digests.
    """

    subject: SubjectId
    was: str | None
    now: str | None
    items: tuple[Altered, ...]


def step_of(span: Span, book_at: BookAt) -> Step:
    """Give a span with the rulebooks in force at its ends."""
    return Step((span.since, span.until), (book_at(span.since), book_at(span.until)), span.days)


def subjects_of(span: Span, store: Store, book_at: BookAt, *, all_of_them: bool = False) -> Gathered:
    """Gather whom a span can affect; `all_of_them`: everybody who can have an item, for comparison."""
    if all_of_them or span.days_pass or span.since == 0:
        return everything(store, span.since, span.until)
    return between(store, span.since, span.until, (book_at(span.since), book_at(span.until)))


def outcomes(step: Step, store: Store, subjects: Iterable[SubjectId], *, digests: bool = True) -> Iterator[Outcome]:
    """Re-evaluate subjects, a block at a time, in their order; `digests`: whether the outcomes have any."""
    for block in in_blocks(subjects, MANY):
        for subject, (old, new, items) in zip(block, step.taken(store, block), strict=True):
            was = digest_of(old) if digests else None
            now = was if old is new or not digests else digest_of(new)
            yield Outcome(subject, was, now, tuple(items))


def digest_of(seen: Sight, day: date | None = None) -> str | None:
    """Give the SHA-256 of all that a subject's standing says, over all days or on one; `None`: it has no item."""
    states = seen.states(day)
    if not states:
        return None
    said = []
    for key, together in sorted(states.items(), key=lambda of: of[0]):
        alike: dict[str, list[str]] = {}
        for item, (holds, withheld, exemptions, objections, terms) in together:
            marks = [[as_json(mark) for mark in marks] for marks in (exemptions, objections)]
            alike.setdefault(_compact([holds, withheld, marks, terms]), []).extend(item.departments)
        said.append([key, sorted([sorted(departments), state] for state, departments in alike.items())])
    return sha256(_compact(said).encode()).hexdigest()


def lines_of(items: Iterable[Altered]) -> bytes:
    """Write items of a diff in one way only, one a line."""
    return "".join(_compact(as_json(item)) + "\n" for item in items).encode()


_compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(slots=True)
class Verified:
    """What came of a verification.

    subjects   how many have items at its end
    digest     over (subject, digest of its standing), sorted: the same for everyone who re-evaluates the same
    differing  how many subjects differed
    named      the first of them, each with the version at which it was seen
    """

    versions: int = 0
    reevaluated: int = 0
    subjects: int = 0
    digest: str = ""
    differing: int = 0
    named: list[tuple[SubjectId, Version]] = field(default_factory=list)

    def note(self, subject: SubjectId, version: Version) -> None:
        """Count a subject that differs."""
        self.differing += 1
        if len(self.named) < MOST_NAMED:
            self.named.append((subject, version))


def verified(store: Store, book_at: BookAt, since: Version, until: Version, progress: Progress) -> Verified:
    """Carry all digests from `since` to `until` change by change, and compare them with everything re-evaluated.

    Holds one digest for each subject with items.
    """
    result = Verified()
    carried: dict[SubjectId, bytes] = {}
    for outcome in _everybody(store, book_at, since, progress):
        if outcome.now is not None:
            carried[outcome.subject] = bytes.fromhex(outcome.now)
    for change in changes_between(store, since, until):
        step = step_of(Span(change.version - 1, change.version), book_at)
        for outcome in outcomes(step, store, _affected(change, store, step)):
            was = carried.pop(outcome.subject, None)
            if was != (bytes.fromhex(outcome.was) if outcome.was is not None else None):
                result.note(outcome.subject, change.version - 1)
            if outcome.now is not None:
                carried[outcome.subject] = bytes.fromhex(outcome.now)
            result.reevaluated += 1
            progress(1)
        result.versions += 1
    whole = sha256()
    for outcome in _everybody(store, book_at, until, progress):
        was = carried.pop(outcome.subject, None)
        if was != (bytes.fromhex(outcome.now) if outcome.now is not None else None):
            result.note(outcome.subject, until)
        if outcome.now is not None:
            result.subjects += 1
            whole.update(f"{outcome.subject} {outcome.now}\n".encode())
    for subject in sorted(carried):
        result.note(subject, until)
    result.digest = whole.hexdigest()
    return result


def _everybody(store: Store, book_at: BookAt, version: Version, progress: Progress) -> Iterator[Outcome]:
    gathered = everything(store, version, version)
    try:
        for outcome in outcomes(step_of(Span(version, version), book_at), store, gathered):
            yield outcome
            progress(1)
    finally:
        gathered.close()


def _affected(change: Change, store: Store, step: Step) -> Iterable[SubjectId]:
    if change.kind == "facts":
        return affected_by(change, store)
    gathered = Gathered()
    if lists := lists_read_differently(*step.books):
        for block in on_lists(store, change.version, lists):
            gathered.put(block)
    return gathered
