"""Why a measure does not bind: the failing gates of the closest candidate (CONTRACT §5), by the oracle."""

from dataclasses import dataclass
from datetime import date

from graph_model.nodes import Relation
from tests.oracle import withheld_by
from tests.oracle_gates import g10_not_exempt
from tests.oracle_items import COMMON_GATES, Item
from tests.oracle_world import World


@dataclass(frozen=True)
class WhyQuestion:
    """Why does the measure not bind?"""

    subject: str
    measure: str
    on: date
    matter: str | None = None
    department: str | None = None
    concerning: str | None = None


def why_not(world: World, question: WhyQuestion) -> frozenset[str]:
    """The failing gates of the closest candidate; `no_candidate` where there is none, nothing where it is a duty."""
    if not world.is_registered(question.subject):
        return frozenset({"no_candidate"})
    law = world.law
    memorandum, measure = next(row for row in law.rows if row[1].id == question.measure)
    departments = sorted(law.departments) if question.department is None else [question.department]
    best: tuple[tuple[bool, int, str, int, str], frozenset[str]] | None = None
    for designation in world.candidates(question.subject):
        for place, target in enumerate(measure.targets):
            paths = world.paths(question.subject, designation, target.role)
            for department in departments:
                item = Item(world, question.subject, designation, memorandum, measure, target, department, paths)
                failing = fewest(item, question)
                rank = (not paths, len(failing), designation.id, place, department)
                if best is None or rank < best[0]:
                    best = rank, failing
    return frozenset({"no_candidate"}) if best is None else best[1]


def fewest(item: Item, question: WhyQuestion) -> frozenset[str]:
    """The failing gates along the path that has the fewest; the first of several."""
    options: list[frozenset[str]] = []
    for path in item.paths or [None]:
        options.append(failing_gates(item, path, question))
    return min(options, key=len)


def failing_gates(item: Item, path: Relation | None, question: WhyQuestion) -> frozenset[str]:
    """False gates by name, unknown ones with a question mark, the question's own among them."""
    day = question.on
    values = dict(zip(COMMON_GATES, (value for value, _ in item.common_gates(day)), strict=True))
    reached, condition = (value for value, _ in item.path_gates(path, day))
    values["role_reached"] = reached if item.paths else False
    values["condition_true"] = condition
    if question.matter is not None:
        line = item.world.law.line_of_matter(question.matter)
        matters = item.measure.matters
        values["matter_covered"] = matters == "any" or any(matter in matters for matter in line)
        exempt = g10_not_exempt(item.world, item.subject, item.designation, item.measure, day, line)
        values["not_exempt"] = exempt[0]
    if question.concerning is not None:
        values["not_elsewhere"] = not (item.measure.elsewhere_only and item.designation.subject == question.concerning)
    if withheld_by(item, day):
        values["not_withheld"] = False
    return frozenset(gate if value is False else gate + "?" for gate, value in values.items() if value is not True)
