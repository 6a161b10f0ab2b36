"""What a change does to standings (C4): the items it opens, closes, alters, withholds or releases, each with its cause.

One way of telling differences serves every change: of facts, of a rulebook, of the day, or of all of them at once. A
subject is *seen* at one version, over all days or as it stands on one day; two sights of it are compared.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from engine.change_cause import Around, Cause
from engine.gates import exempt_on
from engine.question import Json, as_json
from engine.standing import Item, Read, standing_of
from engine.timeline import TRUE, Timeline, Truth, always, at, runs
from graph_model.calendar import Interval
from graph_model.nodes import Exemption, Neighbourhood, Objection, SubjectId
from memoranda.rulebook import Rulebook

ItemKey = tuple[str, str, str]
"""(measure, designation, role): one item, for some departments alike."""
Terms = tuple[str, str | None, tuple[str, ...] | str, bool]
"""What a measure says of its own effect: effect, what a limit limits to, matters, whether it binds elsewhere only."""
State = tuple[Timeline, tuple[tuple[str, Timeline], ...], tuple[Exemption, ...], tuple[Objection, ...], Terms]
"""All of an item that can differ: its days as duty and unresolved; those on which it is withheld, by withholding
designation; the matter exemptions that touch it; the objections to what it rests on (§4); and its terms. On one day
only what concerns that day is in it, each truth as if it held for ever."""
_Seen = tuple[Item, State]
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Run:
    """Days [from, until) of an item: a duty where there are no reasons, else unresolved for these reasons."""

    from_: date | None
    until: date | None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WithheldRun:
    """Days on which a designation withholds a favour."""

    by: str
    from_: date | None
    until: date | None


@dataclass(frozen=True, slots=True)
class ExemptRun:
    """Days on which an exemption frees from the item in one matter and what it contains."""

    matter: str
    from_: date | None
    until: date | None


@dataclass(frozen=True, slots=True)
class DisputedRun:
    """Days on which an objection to what the item rests on is open."""

    objection: str
    from_: date
    until: date | None


@dataclass(frozen=True, slots=True)
class Side:
    """An item before or after: its effect and its days; seen on one day, only the runs that this day lies in."""

    effect: str
    days: tuple[Run, ...]
    withheld: tuple[WithheldRun, ...] = ()
    exempt: tuple[ExemptRun, ...] = ()
    disputed: tuple[DisputedRun, ...] = ()


_Happened = tuple[str, str, Side | None, Side | None, tuple[Cause, ...]]


@dataclass(frozen=True, slots=True)
class Altered:
    """One item that something opened, closed, altered, withheld or released, for all departments alike.

    departments  sorted; what happened to others of the same item is told apart
    day    the day whose coming did it, else `None`
    was    before, `None` where there was no such item
    now    after, `None` where there is no such item any more
    cause  what did it, the most telling first
    """

    subject: SubjectId
    what: str
    measure: str
    effect: str
    departments: tuple[str, ...]
    designation: str
    role: str
    day: date | None = None
    was: Side | None = None
    now: Side | None = None
    cause: tuple[Cause, ...] = ()


@dataclass(frozen=True, slots=True)
class Sight:
    """A subject at one version: the facts around it, the rulebook, and the items that follow.

    Without facts (not registered) or without a rulebook there are no items.
    """

    facts: Neighbourhood | None
    book: Rulebook | None
    items: tuple[Item, ...]

    def states(self, day: date | None) -> dict[ItemKey, list[tuple[Item, State]]]:
        """Give each item's state on a day, without those that are nothing then; `None`: over all days.

        Several under one key are for different departments.
        """
        found: dict[ItemKey, list[tuple[Item, State]]] = {}
        for item in self.items:
            state = _state(item, day)
            if state is not None:
                found.setdefault(_key(item), []).append((item, state))
        return found


def sight_of(facts: Neighbourhood | None, book: Rulebook | None, read: Read | None = None) -> Sight:
    """See a subject by its facts and a rulebook; `read`: see `standing_of`."""
    items = standing_of(facts, book, read).items if facts is not None and book is not None else ()
    return Sight(facts, book, items)


def _key(item: Item) -> ItemKey:
    return item.measure.id, item.listing.id, item.target.role


def _state(item: Item, day: date | None) -> State | None:
    measure = item.measure
    terms = (measure.effect, measure.limits_to, measure.matters, measure.elsewhere_only)
    if day is None:
        return item.holds, item.withheld, item.exemptions, item.objections, terms
    truth = at(item.holds, day)
    if truth is None:
        return None
    return (
        always(truth),
        tuple((id_, TRUE) for id_ in item.withheld_by(day)),
        tuple(e for e in item.exemptions if exempt_on(e, day)),
        tuple(o for o in item.objections if Interval(o.filed_on, o.closed_on).covers(day)),
        terms,
    )


def differences(
    subject: SubjectId,
    old: Sight,
    new: Sight,
    days: tuple[date, date] | None = None,
) -> Iterator[Altered]:
    """Give what differs between two sights of one subject, by measure, designation, role and departments.

    Without `days`, over all of them; with them, as the one stands on the first and the other on the second.
    """
    on = days or (None, None)
    before, after = old.states(on[0]), new.states(on[1])
    around: Around | None = None
    for key in sorted({*before, *after}):
        told: dict[_Happened, list[str]] = {}
        for departments, was, now in _side_by_side(before.get(key, ()), after.get(key, ())):
            what = _difference(was and was[1], now and now[1])
            if what is None:
                continue
            around = around or Around.of((old.facts, new.facts), (old.book, new.book), days)
            items = (was[0] if was else _item(key, departments, old), now[0] if now else _item(key, departments, new))
            sides = (was and _side(was[0], on[0]), now and _side(now[0], on[1]))
            effect = (now or was)[0].measure.effect  # type: ignore[index]  # one of the two is there
            # What is alike for departments that the rulebook treats apart is told together: the same in one way only.
            told.setdefault((what, effect, *sides, around.causes(*items)), []).extend(departments)
        measure, designation, role = key
        day = on[1] if on[0] != on[1] else None
        for (what, effect, side, other, cause), named in sorted(told.items(), key=lambda one: min(one[1])):
            yield Altered(
                subject, what, measure, effect, tuple(sorted(named)), designation, role, day, side, other, cause
            )


def _side_by_side(
    old: Sequence[_Seen], new: Sequence[_Seen]
) -> Iterator[tuple[tuple[str, ...], _Seen | None, _Seen | None]]:
    """Put what stood and what stands beside each other, for departments that are treated alike in both."""
    if len(old) <= 1 and len(new) <= 1 and (not old or not new or old[0][0].departments == new[0][0].departments):
        yield (old or new)[0][0].departments, old[0] if old else None, new[0] if new else None
        return
    was, now = ({d: number for number, (item, _) in enumerate(seen) for d in item.departments} for seen in (old, new))
    pairs: dict[tuple[int | None, int | None], list[str]] = {}
    for department in sorted({*was, *now}):
        pairs.setdefault((was.get(department), now.get(department)), []).append(department)
    for (one, other), departments in pairs.items():
        yield tuple(departments), None if one is None else old[one], None if other is None else new[other]


def _difference(old: State | None, new: State | None) -> str | None:
    if old is None or new is None:
        return "closed" if new is None else "opened"
    (old_holds, old_withheld, *old_marks), (new_holds, new_withheld, *new_marks) = old, new
    if old_holds != new_holds or (old_withheld == new_withheld and old_marks != new_marks):
        return "altered"
    if old_withheld == new_withheld:
        return None
    return "altered" if old_withheld and new_withheld else "withheld" if new_withheld else "released"


def _item(key: ItemKey, departments: tuple[str, ...], seen: Sight) -> Item | None:
    """Give the item of that key and these departments, also where it is nothing on the day that is looked at."""
    return next((item for item in seen.items if _key(item) == key and departments[0] in item.departments), None)


def _side(item: Item, day: date | None) -> Side:
    def here(found: Iterable[tuple[Interval, Truth]]) -> list[tuple[Interval, Truth]]:
        return [(days, truth) for days, truth in found if day is None or days.covers(day)]

    return Side(
        item.measure.effect,
        tuple(Run(days.start, days.end, truth or ()) for days, truth in here(runs(item.holds))),
        tuple(
            WithheldRun(by, days.start, days.end)
            for by, timeline in item.withheld
            for days, truth in here(runs(timeline))
            if truth == ()
        ),
        tuple(
            ExemptRun(e.matter or "", e.start, e.end) for e in item.exemptions if here([(Interval(e.start, e.end), ())])
        ),
        tuple(
            DisputedRun(o.id, o.filed_on, o.closed_on)
            for o in item.objections
            if here([(Interval(o.filed_on, o.closed_on), ())])
        ),
    )


def passing(subject: SubjectId, seen: Sight, after: date, until: date) -> Iterator[Altered]:
    """Give what the days after `after`, up to and with `until`, open and close without any write, day by day."""
    touched = defaultdict(list)
    for item in seen.items:
        for ordinal in _turning_days(item):
            if after.toordinal() < ordinal <= until.toordinal():
                touched[ordinal].append(item)
    for ordinal, items in sorted(touched.items()):
        day = date.fromordinal(ordinal)
        # Only what turns on that day: all else is the same on both.
        part = Sight(seen.facts, seen.book, tuple(items))
        yield from differences(subject, part, part, (day - ONE_DAY, day))


def _turning_days(item: Item) -> set[int]:
    """Give the days on which an item's state on the day may begin to be another, as ordinals."""
    turning = {first for timeline in (item.holds, *(days for _, days in item.withheld)) for first, _ in timeline}
    for e in item.exemptions:
        turning |= {day.toordinal() for day in (e.start, e.end) if day is not None}
    for o in item.objections:
        turning |= {day.toordinal() for day in (o.filed_on, o.closed_on) if day is not None}
    return turning


def changed(subject: SubjectId, old: Sight, new: Sight, days: tuple[date, date] | None) -> Iterator[Altered]:
    """Give what happened to a subject from one point to another.

    Without `days`: what the change of version did, over all days. With them (from, to): first what it did as seen on
    the first of these days, then what the days after it did, up to the last; so that what was known of the first
    day, with all of this, is what holds on the last, each step told once.
    """
    if old is not new:
        yield from differences(subject, old, new, days and (days[0], days[0]))
    if days is not None:
        yield from passing(subject, new, *days)


def told(items: Iterable[Altered]) -> list[Json]:
    """Write items as JSON values, each department's by itself; what they share is written once, and shared."""
    found = []
    for item in items:
        written: Json = {("department" if name == "departments" else name): v for name, v in as_json(item).items()}
        found += [{**written, "department": department} for department in item.departments]
    return found


def days_of(timeline: Timeline) -> list[Json]:
    """Write a timeline's runs as JSON values: days, and the reasons where it is unresolved."""
    return [
        {"from": as_json(interval.start), "until": as_json(interval.end), "reasons": list(truth or ())}
        for interval, truth in runs(timeline)
    ]
