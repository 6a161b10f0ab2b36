"""Why an item changed (C4): the facts, the entries of the rulebook, or the gates whose day came."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from engine.gates import exempt_on, frees
from engine.standing import Item
from engine.timeline import Timeline, any_of, at
from graph_model.calendar import Interval
from graph_model.nodes import Exemption, Neighbourhood, Objection, Relation
from memoranda.model import Measure
from memoranda.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing that made an item another.

    kind    designation, relation, subject, exemption, objection; or list, measure, memorandum, basis, department,
            rulebook (none of these alone); or gate (its day came)
    id      of a fact or an entry its id, of a relation its type, of a rulebook its digest, of a gate its name (§4)
    """

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class Around:
    """What differs around one subject; each pair is before and after. Made once, asked for each of its items."""

    facts: "Facts"
    books: tuple[Rulebook | None, Rulebook | None]
    days: tuple[date, date] | None

    @classmethod
    def of(
        cls,
        facts: tuple[Neighbourhood | None, Neighbourhood | None],
        books: tuple[Rulebook | None, Rulebook | None],
        days: tuple[date, date] | None,
    ) -> "Around":
        """See what differs."""
        return cls(Facts() if facts[0] is facts[1] else Facts.between(*facts), books, days)

    def causes(self, was: Item | None, now: Item | None) -> tuple[Cause, ...]:
        """Give what made one item another: facts first, then the rulebook, then the day.

        Where an item rests on something that is in none of its own parts, all that differs around it is named.
        """
        items = [item for item in (was, now) if item is not None]
        found = {cause for item in items for cause in self.facts.under(item)} or {*self.facts.causes()}
        old, new = self.books
        if old is not new:
            found |= {*_law(old, new, items)} or {Cause("rulebook", (new or old).digest)}  # type: ignore[union-attr]  # they differ
        if self.days is not None and self.days[0] != self.days[1]:
            found.update(_gates(items[-1], *self.days))
        return tuple(sorted(found, key=lambda cause: (_ORDER.index(cause.kind), cause.id)))


_ORDER = (
    "designation",
    "relation",
    "subject",
    "exemption",
    "objection",
    "list",
    "measure",
    "memorandum",
    "basis",
    "department",
    "rulebook",
    "gate",
)
_KINDS = (("designation", "designations"), ("exemption", "exemptions"), ("objection", "objections"))


@dataclass(frozen=True, slots=True)
class Facts:
    """Every fact that differs around the subject, so that those an item rests on are found without asking all."""

    designations: Mapping[str, Cause] = field(default_factory=dict)
    relations: Mapping[Relation, Cause] = field(default_factory=dict)
    exemptions: tuple[tuple[Cause, Exemption], ...] = ()
    objections: tuple[tuple[Cause, Objection], ...] = ()
    subject: Cause | None = None

    @classmethod
    def between(cls, old: Neighbourhood | None, new: Neighbourhood | None) -> "Facts":
        """See what differs between two neighbourhoods."""
        differing: dict[str, list[tuple[Cause, Any]]] = {}
        for kind, name in _KINDS:
            before, after = ({fact.id: fact for fact in getattr(of, name)} if of else {} for of in (old, new))
            differing[kind] = [
                (Cause(kind, id_), after.get(id_) or before[id_])
                for id_ in {**before, **after}
                if before.get(id_) != after.get(id_)
            ]
        relations = [frozenset(of.relations) if of else frozenset() for of in (old, new)]
        subject = (new or old).subject if (old and old.subject) != (new and new.subject) else None  # type: ignore[union-attr]  # they differ, so one is there
        return cls(
            {fact.id: cause for cause, fact in differing["designation"]},
            {relation: Cause("relation", relation.type) for relation in relations[0] ^ relations[1]},
            tuple(differing["exemption"]),
            tuple(differing["objection"]),
            Cause("subject", subject.id) if subject is not None else None,
        )

    def causes(self) -> Iterator[Cause]:
        """Give all of them."""
        yield from self.designations.values()
        yield from self.relations.values()
        yield from (cause for cause, _ in (*self.exemptions, *self.objections))
        if self.subject is not None:
            yield self.subject

    def under(self, item: Item) -> Iterator[Cause]:
        """Give those that an item rests on."""
        for id_ in (item.listing.id, *(by for by, _ in item.withheld)):
            if id_ in self.designations:
                yield self.designations[id_]
        if self.relations:
            for relation in (*item.links, *(path.relation for path in item.paths)):
                if relation is not None and relation in self.relations:
                    yield self.relations[relation]
        for cause, exemption in self.exemptions:
            from_list = exemption.list is not None and item.measure.effect == "favour" and item.measure.withheld_by
            if from_list or frees(exemption, item.measure, item.listing):
                yield cause
        yield from (cause for cause, objection in self.objections if objection in item.objections)
        if self.subject is not None and "subject." in (item.measure.condition or ""):
            yield self.subject


def _law(old: Rulebook | None, new: Rulebook | None, items: list[Item]) -> Iterator[Cause]:
    """Give the entries an item rests on that the two rulebooks say differently."""
    measure, listing = items[-1].measure, items[-1].listing
    if old is None or new is None:
        yield Cause("measure", measure.id)
        return
    if _entry(old, "lists", listing.official.id) != _entry(new, "lists", listing.official.id):
        yield Cause("list", listing.official.id)
    before, after = (_entry(book, "measures", measure.id) for book in (old, new))
    if before != after:
        yield Cause("measure", measure.id)
    memoranda = [book.memorandum_of[measure.id] for book in (old, new) if measure.id in book.memorandum_of]
    if len({(memo.id, memo.from_, memo.until, memo.region, memo.lists) for memo in memoranda}) > 1:
        yield Cause("memorandum", memoranda[-1].id)
    for basis in {basis for said in (before, after) if said is not None for basis in _bases(said)}:
        if _entry(old, "bases", basis) != _entry(new, "bases", basis):
            yield Cause("basis", basis)
    near = {d for item in items for d in (*item.departments, item.listing.designation.authority)}
    for id_ in {
        above for book in (old, new) for d in near & book.departments.keys() for above in book.counterpart_chain(d)
    }:
        if _entry(old, "departments", id_) != _entry(new, "departments", id_):
            yield Cause("department", id_)


def _bases(measure: Measure) -> set[str]:
    withholding = measure.withheld_by.bases if measure.withheld_by is not None else ()
    return {*withholding, *(basis for target in measure.targets for basis in target.bases)}


def _entry(book: Rulebook, section: str, id_: str) -> Any:
    return getattr(book, section).get(id_)


def _gates(item: Item, old: date, new: date) -> Iterator[Cause]:
    """Give the gates that say another thing on the new day, and what begins or ends to withhold, exempt or dispute."""
    together: dict[str, list[Timeline]] = {
        **{name: [timeline] for name, timeline in item.parts.items()},
        "role_reached": [any_of(path.role_reached for path in item.paths)],
        "condition_true": [any_of(path.condition_true for path in item.paths)],
    }
    each_path = {
        "role_reached": [path.role_reached for path in item.paths],
        "condition_true": [path.condition_true for path in item.paths],
    }
    turned = _turned(together, old, new)
    if not turned and at(item.holds, old) != at(item.holds, new):
        turned = _turned(each_path, old, new)  # one path hands over to another
    yield from (Cause("gate", name) for name in turned)
    for by in {*item.withheld_by(old)} ^ {*item.withheld_by(new)}:
        yield Cause("designation", by)
    for exemption in item.exemptions:
        if exempt_on(exemption, old) != exempt_on(exemption, new):
            yield Cause("exemption", exemption.id)
    for objection in item.objections:
        days = Interval(objection.filed_on, objection.closed_on)
        if days.covers(old) != days.covers(new):
            yield Cause("objection", objection.id)


def _turned(gates: Mapping[str, list[Timeline]], old: date, new: date) -> list[str]:
    return [name for name, lines in gates.items() if any(at(line, old) != at(line, new) for line in lines)]
