"""Items of one subject on one day (SEMANTICS §4), the days of their runs, and the days that can matter at all."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from graph_model.nodes import Designation, Relation
from memoranda.model import Measure, Memorandum, Target
from tests.oracle_gates import (
    Gate,
    g1_in_effect,
    g2_duly_listed,
    g3_memorandum_in_force,
    g4_list_covered,
    g5_role_reached,
    g6_basis_holds,
    g7_department_bound,
    g8_condition_true,
    g9_within_term,
    g10_not_exempt,
)
from tests.oracle_world import World, months_after, within

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Item:
    """One (department, measure, subject, designation, role), whatever its gates say."""

    world: World
    subject: str
    designation: Designation
    memorandum: Memorandum
    measure: Measure
    target: Target
    department: str

    @cached_property
    def paths(self) -> list[Relation | None]:
        return self.world.paths(self.subject, self.designation, self.target.role)

    def common_gates(self, day: date) -> list[Gate]:
        """The gates that all paths share: all but G5 and G8, in their order."""
        law = self.world.law
        return [
            g1_in_effect(law, self.designation, day),
            g2_duly_listed(law, self.designation),
            g3_memorandum_in_force(self.memorandum, self.measure, day),
            g4_list_covered(self.memorandum, self.measure, self.designation),
            g6_basis_holds(law, self.measure, self.target, self.department, day),
            g7_department_bound(law, self.memorandum, self.measure, self.department),
            g9_within_term(self.measure, self.designation, day),
            g10_not_exempt(self.world, self.subject, self.designation, self.measure, day),
        ]

    def path_gates(self, path: Relation | None, day: date) -> list[Gate]:
        """G5 and G8 along one path."""
        return [
            g5_role_reached(self.designation, self.target, path, self.paths, day),
            g8_condition_true(self.world, self.subject, self.designation, self.measure, self.target.role, path, day),
        ]

    def state(self, day: date) -> tuple[bool | None, frozenset[str]]:
        """True: a duty; `None`: unresolved, with every reason; false: nothing to report."""
        common = self.common_gates(day)
        if any(verdict is False for verdict, _ in common):
            return False, frozenset()
        along = [self.path_gates(path, day) for path in self.paths]
        each_path = [conjunction([value for value, _ in gates]) for gates in along]
        some_path: bool | None = False
        if True in each_path:
            some_path = True
        elif None in each_path:
            some_path = None
        value = conjunction([*(value for value, _ in common), some_path])
        reasons: set[str] = set()
        if value is None:
            for _, why in common:
                reasons |= set(why)
            if some_path is None:
                for verdict, gates in zip(each_path, along, strict=True):
                    if verdict is None:
                        for _, why in gates:
                            reasons |= set(why)
        return value, frozenset(reasons)

    def is_disputed(self, day: date) -> bool:
        """Whether an objection is open that day to the designation or to the path that carries the item (F4)."""
        for objection in self.world.facts.objections:
            if not within(objection.filed_on, day, objection.closed_on):
                continue
            if objection.relation_type is None:
                if objection.designation == self.designation.id:
                    return True
                continue
            path = self.carrying_path(day)
            if path is not None and (
                objection.relation_type,
                objection.relation_holder,
                objection.relation_organisation,
                objection.designation,
            ) == (path.type, path.holder, path.organisation, path.designation):
                return True
        return False

    def carrying_path(self, day: date) -> Relation | None:
        """The first path that is true that day."""
        for path in self.paths:
            if conjunction([value for value, _ in self.path_gates(path, day)]) is True:
                return path
        return None


def conjunction(values: list[bool | None]) -> bool | None:
    """A false one settles it; else an unknown one makes it unknown."""
    if False in values:
        return False
    return None if None in values else True


def items_of(world: World, subject: str, department: str | None = None) -> list[Item]:
    """Every item that could be, where a role is held: over all candidates, measures, targets, departments (or one)."""
    departments = sorted(world.law.departments) if department is None else [department]
    found = []
    for designation in world.candidates(subject):
        for memorandum, measure in world.law.rows:
            for target in measure.targets:
                for one in departments:
                    item = Item(world, subject, designation, memorandum, measure, target, one)
                    if item.paths:
                        found.append(item)
    return found


def days_that_matter(world: World) -> list[date]:
    """Every day named anywhere in facts or law, and that many months later for every number of months named there.

    Between two neighbouring ones no gate can change, because each compares the day with one of these alone.
    """
    days: set[date] = set()
    months: set[int] = set()
    for fact_kind in (
        world.facts.registrations,
        world.facts.relations,
        world.facts.exemptions,
        world.facts.objections,
    ):
        for fact in fact_kind:
            gather(fact, days)
    for designation in world.designations.values():
        gather(designation, days)
    for memorandum, measure in world.law.rows:
        gather(memorandum, days)
        gather(measure, days)
        if measure.term is not None:
            months.add(measure.term.months)
    for article in world.law.bases.values():
        gather(article, days)
    for official in world.law.lists.values():
        if isinstance(official.term_months, int):
            months.add(official.term_months)
        elif official.term_months is not None:
            months |= {n for n in (*official.term_months.months.values(), official.term_months.otherwise) if n}
    for day in list(days):
        for count in months:
            later = months_after(day, count)
            if later is not None:
                days.add(later)
    return sorted(days)


def gather(value: Any, days: set[date]) -> None:
    """Collect every day that a value holds, however deep."""
    if isinstance(value, date):
        days.add(value)
    elif isinstance(value, dict):
        for part in value.values():
            gather(part, days)
    elif isinstance(value, (list, tuple)):
        for part in value:
            gather(part, days)
    elif hasattr(value, "__dict__"):
        gather(vars(value), days)
    elif hasattr(value, "__slots__"):
        for name in value.__slots__:
            gather(getattr(value, name), days)


def run_of_duty(item: Item, day: date, days: list[date]) -> tuple[date | None, date | None, date | None]:
    """The run of duty that contains a day: its first day, its end, and the day from which the duty never returns.

    `None`: no first day, no end, never. `days` are the days that matter; the state is the same from one to the next.
    """
    later = [one for one in days if one > day]
    end = None
    for one in later:
        if item.state(one)[0] is not True:
            end = one
            break
    for_good = None
    for one in reversed(later):
        if item.state(one)[0] is True:
            break
        for_good = one
    earlier = [one for one in days if one <= day]
    start = None
    if earlier:
        for place, one in reversed(list(enumerate(earlier))):
            before = earlier[place - 1] if place else one - ONE_DAY
            if item.state(before)[0] is not True:
                start = one
                break
    return start, end, for_good
