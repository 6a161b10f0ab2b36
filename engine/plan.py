"""A rulebook made ready for deriving: what of the gates does not depend on any subject, worked out once."""

from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from engine.gates import basis_holds, memorandum_in_force
from engine.roles import Ways
from engine.timeline import FALSE, Timeline, all_of, any_of, within
from graph_model.identifiers import region_covers
from memoranda.model import Measure, Role, Target
from memoranda.reading_condition import measure_condition_zh
from memoranda.rulebook import Rulebook

_WAYS_KEPT = 10_000
"""Of each matter; a city has some thousand."""


class Reach(NamedTuple):
    """Departments that a target's articles treat alike (G6, G7, R10), sorted.

    settled    G3 and G6 together, for these departments
    withholds  the days on which the law lets other lists withhold this favour (R10); false for restrictions
    """

    departments: tuple[str, ...]
    basis: Timeline
    settled: Timeline
    withholds: Timeline


@dataclass(frozen=True, slots=True)
class Planned:
    """One target of one measure, with the departments that could ever have to act on it."""

    measure: Measure
    target: Target
    place: int
    in_force: Timeline
    reaches: tuple[Reach, ...]


class Plan:
    """For each list, the targets that can bite at all. The cost of a standing follows these, not the book's size."""

    def __init__(self, book: Rulebook) -> None:
        self.book = book
        self._by_list: dict[str, tuple[Planned, ...]] = {}
        self._shown: dict[tuple[str, Role, str | None], tuple[Planned, ...]] = {}
        self._conditions: dict[str, str] = {}
        self._concerned: dict[str, dict[Ways, bool]] = {}

    def condition_zh(self, measure: Measure) -> str:
        """Say a measure's condition in Chinese; empty where it has none."""
        if measure.id not in self._conditions:
            self._conditions[measure.id] = measure_condition_zh(self.book, measure)
        return self._conditions[measure.id]

    def on_list(self, list_id: str) -> tuple[Planned, ...]:
        """Give the planned targets of the measures that attach to a list (G4), by measure id and order of targets."""
        if list_id not in self._by_list:
            planned = (
                plan_target(measure, place, self.book)
                for measure in self.book.measures_on(list_id)
                for place in range(len(measure.targets))
            )
            self._by_list[list_id] = tuple(p for p in planned if p.reaches)
        return self._by_list[list_id]

    def shown(self, list_id: str, role: Role, matter: str | None = None) -> tuple[Planned, ...]:
        """Give those of them that bite in one role; with `matter`, those that a check of it could show (J2).

        A check shows what concerns its matter or one above it, and names the matters below it that have items.
        """
        key = (list_id, role, matter if matter in self.book.matters else None)  # any other is refused elsewhere
        if key not in self._shown:
            self._shown[key] = tuple(
                planned
                for planned in self.on_list(list_id)
                if planned.target.role == role and (key[2] is None or self._shows(planned.measure, key[2]))
            )
        return self._shown[key]

    def _shows(self, measure: Measure, matter: str) -> bool:
        shown = {*self.book.ancestors(matter), *self.book.descendants(matter)}
        return measure.matters == "any" or not shown.isdisjoint(measure.matters)

    def concerns(self, ways: Ways, matter: str) -> bool:
        """Whether a check of the matter could show anything of a subject that is reached in these ways (J2).

        Only where it says no, nothing can: then the answer is that of a subject with nothing near it.
        """
        if matter not in self.book.matters:
            return True  # which is refused elsewhere
        known = self._concerned.setdefault(matter, {})
        if ways not in known:
            if len(known) >= _WAYS_KEPT:
                known.clear()
            known[ways] = any(self.shown(list_id, role, matter) for list_id, role in ways)
        return known[ways]


def plan_target(measure: Measure, place: int, book: Rulebook) -> Planned:
    """Work out G3, G6 and G7 of one target for all its departments."""
    target = measure.targets[place]
    in_force = memorandum_in_force(measure, book)
    alike: dict[tuple[Timeline, Timeline], list[str]] = defaultdict(list)
    bases = [book.bases[basis] for basis in target.bases]
    for department in book.bound_departments(measure.id):
        region = book.departments[department].region
        basis = basis_holds(bases, target.role, measure.effect, region)
        alike[basis, withholding_holds(measure, region, book)].append(department)
    reaches = [
        Reach(tuple(departments), basis, settled, withholds)
        for (basis, withholds), departments in alike.items()
        if (settled := all_of([in_force, basis])) != FALSE
    ]
    return Planned(measure, target, place, in_force, tuple(sorted(reaches, key=lambda reach: reach.departments)))


def withholding_holds(measure: Measure, region: str | None, book: Rulebook) -> Timeline:
    """Say on which days some article lets lists withhold this favour from a department of `region` (R10)."""
    if measure.withheld_by is None:
        return FALSE
    return any_of(
        within(basis.from_, basis.until)
        for basis in (book.bases[id_] for id_ in measure.withheld_by.bases)
        if basis.verified is not None
        and "self" in basis.binds
        and (basis.territory is None or region_covers(basis.territory, region))
    )


@lru_cache(maxsize=8)
def plan_of(book: Rulebook) -> Plan:
    """Give the plan of a rulebook; rulebooks are immutable, so it is made once for each."""
    return Plan(book)
