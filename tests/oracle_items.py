"""Items of one subject on one day (SEMANTICS §4), the days of their runs, and the days that can matter at all."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

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
from tests.oracle_world import World, days_named_in, months_after, within

ONE_DAY = timedelta(days=1)
COMMON_GATES = (
    "in_effect",
    "duly_listed",
    "memorandum_in_force",
    "list_covered",
    "basis_holds",
    "department_bound",
    "within_term",
    "not_exempt",
)


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
    paths: list[Relation | None]

    def common_gates(self, day: date) -> Iterator[Gate]:
        """The gates that all paths share: all but G5 and G8, in their order."""
        law = self.world.law
        yield g1_in_effect(law, self.designation, day)
        yield g2_duly_listed(law, self.designation)
        yield g3_memorandum_in_force(self.memorandum, self.measure, day)
        yield g4_list_covered(self.memorandum, self.measure, self.designation)
        yield g6_basis_holds(law, self.measure, self.target, self.department, day)
        yield g7_department_bound(law, self.memorandum, self.measure, self.department)
        yield g9_within_term(self.measure, self.designation, day)
        yield g10_not_exempt(self.world, self.subject, self.designation, self.measure, day)

    def gates_not_true(self, day: date) -> frozenset[str]:
        """The names of those among the common gates that are false or unknown."""
        said = zip(COMMON_GATES, self.common_gates(day), strict=True)
        return frozenset(name for name, (value, _) in said if value is not True)

    def basis_carries(self, basis: str, day: date) -> bool:
        """Whether this article alone carries the item (G6)."""
        target = self.target.model_copy(update={"bases": (basis,)})
        return g6_basis_holds(self.world.law, self.measure, target, self.department, day)[0] is True

    def path_gates(self, path: Relation | None, day: date) -> list[Gate]:
        """G5 and G8 along one path."""
        return [
            g5_role_reached(self.designation, self.target, path, self.paths, day),
            g8_condition_true(self.world, self.subject, self.designation, self.measure, self.target.role, path, day),
        ]

    def state(self, day: date) -> tuple[bool | None, frozenset[str]]:
        """True: a duty; `None`: unresolved, with every reason; false: nothing to report."""
        common = []
        for gate in self.common_gates(day):
            if gate[0] is False:
                return False, frozenset()
            common.append(gate)
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
    """Every item that could be, where a role is held: over all candidates, measures, targets, departments (or one).

    Where the measure does not speak of the list at all (G4, the same on all days), nothing can be.
    """
    departments = sorted(world.law.departments) if department is None else [department]
    return [
        Item(world, subject, designation, memorandum, measure, target, one, paths)
        for designation in world.candidates(subject)
        for memorandum, measure in world.law.rows
        if g4_list_covered(memorandum, measure, designation)[0] is True
        for target in measure.targets
        if (paths := world.paths(subject, designation, target.role))
        for one in departments
    ]


def days_that_matter(world: World) -> list[date]:
    """Every day named anywhere in facts or law, and every one in the facts that many months later, for each number
    of months named in the law.

    Between two neighbouring ones no gate can change, because each compares the day with one of these alone.
    """
    days = days_named_in(
        *(world.facts.registrations, world.facts.relations, world.facts.exemptions, world.facts.objections),
        list(world.designations.values()),
    )
    later = {months_after(day, count) for day in days for count in world.law.months}
    return sorted(days | world.law.days | {day for day in later if day is not None})


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
