"""What a change does to standings (C3, C4): the subjects it can affect, and the items it opens, closes or alters."""

from collections.abc import Iterator
from dataclasses import dataclass

from engine.question import Json, as_json
from engine.standing import Item, Standing, standing_of
from engine.timeline import Timeline, runs
from graph_model.nodes import Exemption, Objection, SubjectId
from graph_model.store import Change, Store
from memoranda.rulebook import Rulebook

ItemKey = tuple[str, str, str, str]
"""(measure, department, designation, role)."""
Days = tuple[Timeline, tuple[tuple[str, Timeline], ...], tuple[Exemption, ...], tuple[Objection, ...]]
"""The days of an item as duty and unresolved; those on which it is withheld, by withholding designation; the matter
exemptions that touch it; and the objections to what it rests on: all of the item's standing (§4)."""


@dataclass(frozen=True, slots=True)
class Altered:
    """One item that a change opened, closed, altered, withheld or released."""

    subject: SubjectId
    what: str
    measure: str
    effect: str
    department: str
    designation: str
    role: str


def affected_by(change: Change, store: Store) -> tuple[SubjectId, ...]:
    """Give the subjects whose standing a change of facts can affect: those it names and their neighbours (C3)."""
    before = store.affected_by(change.subjects, change.version - 1)
    return tuple(sorted({*before, *store.affected_by(change.subjects, change.version)}))


def differences(subject: SubjectId, old: Standing | None, new: Standing | None) -> Iterator[Altered]:
    """Give what differs between two standings of one subject, by measure, department, designation and role."""
    before, after = _by_key(old), _by_key(new)
    for key in sorted({*before, *after}):
        what = _difference(before.get(key), after.get(key))
        item = (after.get(key) or before[key])[0]
        if what is not None:
            measure, department, designation, role = key
            yield Altered(subject, what, measure, item.measure.effect, department, designation, role)


def _by_key(standing: Standing | None) -> dict[ItemKey, tuple[Item, Days]]:
    return {
        (item.measure.id, department, item.listing.id, item.target.role): (
            item,
            (item.holds, item.withheld, item.exemptions, item.objections),
        )
        for item in (standing.items if standing else ())
        for department in item.departments
    }


def _difference(old: tuple[Item, Days] | None, new: tuple[Item, Days] | None) -> str | None:
    if old is None or new is None:
        return "closed" if new is None else "opened"
    (old_holds, old_withheld, *old_marks), (new_holds, new_withheld, *new_marks) = old[1], new[1]
    if old_holds != new_holds or (old_withheld == new_withheld and old_marks != new_marks):
        return "altered"
    if old_withheld == new_withheld:
        return None
    return "altered" if old_withheld and new_withheld else "withheld" if new_withheld else "released"


def entry_of(change: Change, store: Store, book_at: dict[int, Rulebook | None], department: str | None) -> Json:
    """Write one version of the feed. A rulebook's own effect on items is not listed: `complete` is false then."""
    entry: Json = {
        "version": change.version,
        "kind": change.kind,
        "actor": change.actor,
        "reason": change.reason,
        "recorded_at": change.recorded_at.isoformat(),
        "rulebook": change.rulebook,
        "complete": change.kind == "facts",
        "items": [],
    }
    book = book_at.get(change.version)
    if change.kind != "facts" or book is None:
        return entry
    for subject in affected_by(change, store):
        old, new = (
            standing_of(around, book) if (around := store.neighbourhood(subject, version)) is not None else None
            for version in (change.version - 1, change.version)
        )
        entry["items"] += [
            as_json(altered)
            for altered in differences(subject, old, new)
            if department is None or altered.department == department
        ]
    return entry


def days_of(timeline: Timeline) -> list[Json]:
    """Write a timeline's runs as JSON values: days, and the reasons where it is unresolved."""
    return [
        {"from": as_json(interval.start), "until": as_json(interval.end), "reasons": list(truth or ())}
        for interval, truth in runs(timeline)
    ]
