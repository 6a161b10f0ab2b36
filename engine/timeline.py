"""Three-valued truth over the days (SEMANTICS §4): what a gate says, on every day at once.

A *truth* is `None` (false), `()` (true), or a sorted tuple of reasons (unknown). A *timeline* is a tuple of
(first day, truth), days as ordinals and ascending; each truth holds until the next, the first from `EVER` on.
Neighbouring truths differ, so equal timelines are equal values and runs of days are maximal.
"""

from collections.abc import Callable, Iterable
from datetime import date
from functools import lru_cache
from typing import TypeAlias

from graph_model.calendar import Interval

Truth: TypeAlias = tuple[str, ...] | None
Timeline: TypeAlias = tuple[tuple[int, Truth], ...]

EVER = 0
"""Before all days: `date.min` is ordinal 1."""
TRUE: Timeline = ((EVER, ()),)
FALSE: Timeline = ((EVER, None),)


def always(truth: Truth) -> Timeline:
    """Say the same on all days."""
    return ((EVER, truth),)


def within(start: date | None, end: date | None, truth: Truth = ()) -> Timeline:
    """Say `truth` in [start, end), false elsewhere; no start is for ever back, no end for ever on.

    >>> within(date(1, 1, 2), None)
    ((0, None), (2, ()))
    """
    first = start.toordinal() if start is not None else EVER
    last = end.toordinal() if end is not None else None
    if last is not None and last <= first:
        return FALSE
    before: Timeline = ((EVER, None),) if first > EVER else ()
    after: Timeline = ((last, None),) if last is not None else ()
    return (*before, (first, truth), *after)


def at(timeline: Timeline, day: date) -> Truth:
    """Say what holds on `day`."""
    ordinal = day.toordinal()
    truth: Truth = None
    for first, value in timeline:
        if first > ordinal:
            break
        truth = value
    return truth


def both(truths: Iterable[Truth]) -> Truth:
    """Kleene's *and*: a false one settles it; else all reasons of the unknown ones.

    >>> both([(), ("b",), ("a",)]), both([("a",), None])
    (('a', 'b'), None)
    """
    reasons: set[str] = set()
    for truth in truths:
        if truth is None:
            return None
        reasons.update(truth)
    return tuple(sorted(reasons))


def either(truths: Iterable[Truth]) -> Truth:
    """Kleene's *or*: a true one settles it; else all reasons of the unknown ones; else false.

    >>> either([None, ("a",)]), either([("a",), ()])
    (('a',), ())
    """
    reasons: set[str] = set()
    for truth in truths:
        if truth == ():
            return ()
        reasons.update(truth or ())
    return tuple(sorted(reasons)) or None


def all_of(timelines: Iterable[Timeline]) -> Timeline:
    """Join by *and*, day by day."""
    joined = TRUE
    for timeline in timelines:
        if timeline is TRUE:  # most gates of most items
            continue
        if timeline == FALSE:
            return FALSE
        if timeline != TRUE:
            joined = timeline if joined == TRUE else _joined(joined, timeline, _both)
    return joined


def any_of(timelines: Iterable[Timeline]) -> Timeline:
    """Join by *or*, day by day."""
    joined = FALSE
    for timeline in timelines:
        if timeline != FALSE:
            joined = timeline if joined == FALSE else _joined(joined, timeline, _either)
    return joined


# The same few pairs of truths come again and again.
@lru_cache(maxsize=4096)
def _both(one: Truth, other: Truth) -> Truth:
    return both((one, other))


@lru_cache(maxsize=4096)
def _either(one: Truth, other: Truth) -> Truth:
    return either((one, other))


def _joined(one: Timeline, other: Timeline, join: Callable[[Truth, Truth], Truth]) -> Timeline:
    left, right = one[0][1], other[0][1]
    truth = join(left, right)
    joined = [(EVER, truth)]
    n, m, ones, others = 1, 1, len(one), len(other)
    while n < ones or m < others:
        first = other[m][0] if n == ones else one[n][0] if m == others else min(one[n][0], other[m][0])
        if n < ones and one[n][0] == first:
            left = one[n][1]
            n += 1
        if m < others and other[m][0] == first:
            right = other[m][1]
            m += 1
        said = join(left, right)
        if said != truth:
            truth = said
            joined.append((first, truth))
    return tuple(joined)


def by_days(firsts: Iterable[date | None], say: Callable[[date | None], Truth]) -> Timeline:
    """Ask `say` on each of the days at which its answer may change, `None` standing for "before all of them"."""
    joined: list[tuple[int, Truth]] = []
    for first in [None, *sorted({day for day in firsts if day is not None})]:
        truth = say(first)
        if not joined or joined[-1][1] != truth:
            joined.append((first.toordinal() if first is not None else EVER, truth))
    return tuple(joined)


def runs(timeline: Timeline) -> tuple[tuple[Interval, Truth], ...]:
    """Give the maximal runs of days that are not false, in order, each with its truth."""
    ends = [first for first, _ in timeline[1:]]
    found = []
    for (first, truth), end in zip(timeline, [*ends, None], strict=True):
        if truth is not None:
            found.append((Interval(_day(first), _day(end)), truth))
    return tuple(found)


def run_at(timeline: Timeline, day: date) -> Interval:
    """Give the run that `day` lies in. Its truth must not be false."""
    ordinal = day.toordinal()
    start = EVER
    for first, _ in timeline:
        if first > ordinal:
            return Interval(_day(start), _day(first))
        start = first
    return Interval(_day(start))


def last_end(timeline: Timeline) -> date | None:
    """Give the day on which it ends to be true for good; `None`: it never does. It must be true on some day."""
    end = None
    for first, truth in reversed(timeline):
        if truth == ():
            break
        end = first
    return _day(end)


def _day(first: int | None) -> date | None:
    return date.fromordinal(first) if first else None  # neither before all days nor for ever
