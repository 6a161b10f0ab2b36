"""Derivation (SEMANTICS §4): from facts one hop around a subject to its standing. Pure; no question, clock or I/O."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from engine.gates import (
    condition_true,
    duly_listed,
    exempt_on,
    frees,
    in_effect,
    not_exempt,
    role_reached,
    within_term,
)
from engine.listing import Listing, listing_of
from engine.plan import Planned, plan_of
from engine.roles import Ties
from engine.timeline import FALSE, TRUE, Timeline, Truth, all_of, any_of, at, by_days
from graph_model.calendar import Interval
from graph_model.nodes import (
    Designation,
    DesignationId,
    Exemption,
    Neighbourhood,
    Objection,
    Relation,
    Subject,
    SubjectId,
)
from memoranda.model import Measure, Target
from memoranda.rulebook import Rulebook


class Path(NamedTuple):
    """One record by which the subject reaches a designation in a role; no relation for `self` (G5, G8).

    holds   the days on which this path carries the item
    """

    relation: Relation | None
    role_reached: Timeline
    condition_true: Timeline
    holds: Timeline


class Item(NamedTuple):
    """One measure towards one designation in one role, for the departments that it binds alike.

    holds       where `()`: a duty; where reasons: unresolved; where `None`: nothing
    parts       the timelines of the gates that all paths share, by name
    withheld    designations of the subject that withhold this favour, each with its days
    exemptions  those for some matters only, that free from this item (J2)
    objections  to the designation or to a path's relation (F4)
    """

    measure: Measure
    target: Target
    place: int
    listing: Listing
    departments: tuple[str, ...]
    paths: tuple[Path, ...]
    parts: Mapping[str, Timeline]
    holds: Timeline
    withheld: tuple[tuple[str, Timeline], ...]
    exemptions: tuple[Exemption, ...]
    objections: tuple[Objection, ...]
    links: tuple[Relation, ...]

    def carrier(self, day: date) -> Path:
        """Give the first path that carries the item on `day`; the item must not be false then."""
        if len(self.paths) == 1:
            return self.paths[0]
        said = [(path, at(path.holds, day)) for path in self.paths]
        for path, truth in said:
            if truth == ():
                return path
        return next(path for path, truth in said if truth is not None)

    def withheld_by(self, day: date) -> tuple[str, ...]:
        """Give the designations that withhold this favour on `day`, sorted."""
        if not self.withheld:
            return ()
        return tuple(sorted([id_ for id_, days in self.withheld if at(days, day) == ()]))

    def disputed(self, day: date) -> bool:
        """Whether an objection to the designation, or to the path that carries the item, is open on `day` (F4)."""
        if not self.objections:
            return False
        relation = self.carrier(day).relation
        return any(
            Interval(objection.filed_on, objection.closed_on).covers(day)
            and (objection.relation_type is None or (relation is not None and names(objection, relation)))
            for objection in self.objections
        )


class Listed(NamedTuple):
    """A listing with what does not depend on any measure: G1, G2, and both together."""

    listing: Listing
    in_effect: Timeline
    duly_listed: Timeline
    stands: Timeline


class Standing(NamedTuple):
    """Everything about one subject that judging needs. Items are sorted by measure, designation, target, department."""

    subject: Subject
    items: tuple[Item, ...]
    names: Mapping[SubjectId, str]


Read = dict[DesignationId, Listed | None]
"""Designations as one rulebook reads them at one version (`None`: it knows no such list), for their next neighbour."""


def standing_of(
    neighbourhood: Neighbourhood, book: Rulebook, read: Read | None = None, matter: str | None = None
) -> Standing:
    """Derive a subject's standing from the facts around it.

    `read` is filled, for whoever derives many standings of the same version under the same book. With `matter`, only
    the items that a check of it could show (J2): the same decision, for less.
    """
    if not neighbourhood.designations:
        return Standing(neighbourhood.subject, (), neighbourhood.names)
    plan, around = plan_of(book), _Around(neighbourhood, book, {} if read is None else read)
    items: list[Item] = []
    for designation in neighbourhood.designations:
        # Most that lies near is reached in no role: those who hold an organisation do not answer for one another.
        for role, records in around.ties.paths_to(designation).items():
            planned = plan.shown(designation.list, role, matter)
            if planned and (listed := around.listed(designation)) is not None and listed.stands != FALSE:
                for one in planned:
                    around.add_items(one, records, listed, items)
    if len(items) > 1:
        items.sort(key=lambda item: (item.measure.id, item.listing.id, item.place, item.departments))
    return Standing(neighbourhood.subject, tuple(items), neighbourhood.names)


def listed_of(listing: Listing, book: Rulebook) -> Listed:
    """Work out G1 and G2 of a listing, once for all measures."""
    effective, due = in_effect(listing), duly_listed(listing, book)
    return Listed(listing, effective, due, all_of([effective, due]))


class _Around:
    """A neighbourhood as one rulebook reads it."""

    def __init__(self, neighbourhood: Neighbourhood, book: Rulebook, read: Read) -> None:
        self.ties = Ties(neighbourhood.subject.id, neighbourhood.relations)
        self._facts = neighbourhood
        self._book = book
        self._read = read

    def listed(self, designation: Designation) -> Listed | None:
        """Read a designation; `None` where the rulebook has no such list."""
        if designation.id not in self._read:
            listing = listing_of(designation, self._book)
            self._read[designation.id] = listed_of(listing, self._book) if listing is not None else None
        return self._read[designation.id]

    def _own(self) -> list[Listed]:
        found = []
        for designation in self._facts.designations:
            if designation.subject == self._facts.subject.id and (listed := self.listed(designation)) is not None:
                found.append(listed)
        return found

    def add_items(
        self, planned: Planned, records: Sequence[Relation | None], listed: Listed, items: list[Item]
    ) -> None:
        """Add what one target of a measure is towards one designation, for each group of departments."""
        measure, listing = planned.measure, listed.listing
        term = within_term(measure, listing)
        stands = all_of((listed.stands, term))
        if stands == FALSE:
            return
        facts, book = self._facts, self._book
        exemptions, links = facts.exemptions, self.ties.links.get(listing.id, ())
        paths = paths_of(measure, planned.target, records, listing, facts.subject, links, book)
        reached = any_of([path.holds for path in paths])
        exempt = not_exempt(measure, listing, exemptions) if exemptions else TRUE
        common = all_of((stands, reached, exempt))
        if common == FALSE:
            return
        for departments, basis, settled, withholds in planned.reaches:
            holds = all_of((common, settled))
            if holds == FALSE:
                continue
            items.append(
                Item(  # by place: so many names would cost as much again
                    measure,
                    planned.target,
                    planned.place,
                    listing,
                    departments,
                    paths,
                    {
                        "in_effect": listed.in_effect,
                        "duly_listed": listed.duly_listed,
                        "memorandum_in_force": planned.in_force,
                        "within_term": term,
                        "not_exempt": exempt,
                        "basis_holds": basis,
                    },
                    holds,
                    () if withholds == FALSE else withholding(measure, self._own(), exemptions, withholds, book),
                    _for_some_matters(exemptions, measure, listing) if exemptions else (),
                    _objections(listing, paths, facts.objections) if facts.objections else (),
                    tuple(links),
                )
            )


def paths_of(
    measure: Measure,
    target: Target,
    records: Sequence[Relation | None],
    listing: Listing,
    subject: Subject,
    links: Sequence[Relation],
    book: Rulebook,
) -> tuple[Path, ...]:
    """Give each record as a path of its own through G5 and G8."""
    paths = []
    for relation in records:
        reached = role_reached(target, relation, records, listing)
        fulfilled = condition_true(measure, listing, target.role, relation, subject, links, book)
        paths.append(Path(relation, reached, fulfilled, all_of((reached, fulfilled))))
    return tuple(paths)


def withholding(
    measure: Measure,
    own: Iterable[Listed],
    exemptions: Sequence[Exemption],
    allowed: Timeline,
    book: Rulebook,
) -> tuple[tuple[str, Timeline], ...]:
    """Give the subject's own designations that withhold a favour, with the days on which each does (R10, §4).

    `allowed` are the days on which an article lets them withhold.
    """
    if allowed == FALSE:
        return ()
    lists = book.withholding_lists(measure.id)
    found = []
    for one in own:
        listing = one.listing
        if listing.official.id in lists:
            days = all_of([one.stands, _not_exempt_from_list(listing, exemptions), allowed])
            if any(truth == () for _, truth in days):
                found.append((listing.id, days))
    return tuple(found)


def _not_exempt_from_list(listing: Listing, exemptions: Sequence[Exemption]) -> Timeline:
    freeing = [e for e in exemptions if e.list == listing.official.id and e.measure is None and e.matter is None]

    def say(day: date | None) -> Truth:
        return None if any(exempt_on(e, day) for e in freeing) else ()

    return by_days([day for e in freeing for day in (e.start, e.end)], say)


def _for_some_matters(exemptions: Sequence[Exemption], measure: Measure, listing: Listing) -> tuple[Exemption, ...]:
    return tuple([e for e in exemptions if e.matter is not None and frees(e, measure, listing)])


def _objections(listing: Listing, paths: Sequence[Path], objections: Sequence[Objection]) -> tuple[Objection, ...]:
    relations = [path.relation for path in paths if path.relation is not None]
    return tuple(
        o
        for o in objections
        if (o.designation == listing.id if o.relation_type is None else any(names(o, r) for r in relations))
    )


def names(objection: Objection, relation: Relation) -> bool:
    """Whether the objection is to this relation or link (all records of it)."""
    return (objection.relation_type, objection.relation_holder) == (relation.type, relation.holder) and (
        objection.relation_organisation,
        objection.designation,
    ) == (relation.organisation, relation.designation)
