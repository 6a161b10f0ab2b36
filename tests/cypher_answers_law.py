"""What the questions about the law ask, found in the rulebook itself (`tests.cypher_answers`)."""

from collections import Counter
from datetime import date

from graph_model.identifiers import region_covers
from memoranda.model import ADMISSIBLE_FOR_RESTRICTIONS, RESTRICTIONS, LegalBasis, Measure, Target
from tests.cypher_answers_lists import Given, Rows, day_of, runs
from tests.cypher_city import City, earlier


def _carries(basis: LegalBasis, target: Target, day: date) -> bool:
    """Whether a restriction of this role may rest on it that day; territory aside."""
    return (
        basis.verified is not None
        and target.role in basis.binds
        and runs(basis.from_, basis.until, day)
        and basis.kind in ADMISSIBLE_FOR_RESTRICTIONS
    )


def _cited(city: City) -> list[tuple[str, Measure, Target, LegalBasis]]:
    return [
        (id_, measure, target, city.book.bases[basis])
        for id_, measure in city.book.measures.items()
        for target in measure.targets
        for basis in target.bases
    ]


def _taken_back(measure: Measure, day: date) -> bool:
    return measure.withdrawn is not None and (measure.withdrawn.on is None or measure.withdrawn.on <= day)


def resting_on(city: City, given: Given) -> Rows:
    rows = [
        {"measure": id_, "effect": measure.effect, "role": target.role, "title": measure.title}
        for id_, measure, target, basis in _cited(city)
        if basis.id == given["basis"]
    ]
    return sorted(rows, key=lambda row: (row["measure"], row["role"]))


def repealed_articles(city: City, given: Given) -> Rows:
    day = day_of(given)
    citing = {(basis.id, id_) for id_, _, _, basis in _cited(city) if basis.until is not None and basis.until <= day}
    count = Counter(basis for basis, _ in citing)
    rows = [
        {
            "basis": id_,
            "document": city.book.bases[id_].document,
            "article": city.book.bases[id_].article,
            "until": str(city.book.bases[id_].until),
            "measures": measures,
        }
        for id_, measures in sorted(count.items())
    ]
    return sorted(rows, key=lambda row: str(row["until"]), reverse=True)


def idle_restrictions(city: City, given: Given) -> Rows:
    day = day_of(given)
    carried = {id_ for id_, _, target, basis in _cited(city) if _carries(basis, target, day)}
    rows = []
    for id_, memorandum in city.book.memoranda.items():
        held = [m.id for m in memorandum.measures if m.effect in RESTRICTIONS and m.withdrawn is None]
        idle = len(held) - len(carried.intersection(held))
        if idle:
            rows.append({"memorandum": id_, "title": memorandum.title, "restrictions": len(held), "idle": idle})
    return sorted(rows, key=lambda row: -int(str(row["idle"])))


def restrictions_of_department(city: City, given: Given) -> Rows:
    day, office = day_of(given), given["department"]
    region = city.book.departments[office].region
    found: dict[str, set[str]] = {}
    for id_, measure, target, basis in _cited(city):
        memorandum = city.book.memorandum_of[id_]
        if (
            measure.effect in RESTRICTIONS
            and office in city.book.bound_departments(id_)
            and runs(memorandum.from_, memorandum.until, day)
            and runs(measure.from_, measure.until, day)
            and not _taken_back(measure, day)
            and _carries(basis, target, day)
            and (basis.territory is None or region_covers(basis.territory, region))
        ):
            found.setdefault(id_, set()).add(target.role)
    return [
        {
            "measure": id_,
            "effect": city.book.measures[id_].effect,
            "title": city.book.measures[id_].title,
            "lists": [city.book.lists[list_id].name for list_id in sorted(city.book.lists_of(id_))],
            "roles": sorted(roles),
        }
        for id_, roles in sorted(found.items())
    ]


def counterparts(city: City, given: Given) -> Rows:
    rows = []
    for id_, department in city.book.departments.items():
        chain = city.book.counterpart_chain(id_)
        if given["department"] in chain[1:]:
            steps = chain.index(given["department"])
            rows.append({"department": id_, "name": department.name, "region": department.region, "steps": steps})
    return sorted(rows, key=lambda row: (row["steps"], row["department"]))


def inside_matter(city: City, given: Given) -> Rows:
    count = Counter(
        matter for measure in city.book.measures.values() if measure.matters != "any" for matter in measure.matters
    )
    rows = []
    for id_, matter in city.book.matters.items():
        chain = city.book.ancestors(id_)
        if given["matter"] in chain:
            depth = chain.index(given["matter"])
            rows.append({"matter": id_, "name": matter.name, "depth": depth, "measures": count[id_]})
    return sorted(rows, key=lambda row: (row["depth"], row["matter"]))


def reaching_role(city: City, given: Given) -> Rows:
    day = day_of(given)
    rows = [
        {
            "measure": id_,
            "effect": measure.effect,
            "held": target.held,
            "article": f"{basis.document} {basis.article}",
            "condition": measure.condition,
        }
        for id_, measure, target, basis in _cited(city)
        if measure.effect in RESTRICTIONS
        and target.role == given["role"]
        and not _taken_back(measure, day)
        and _carries(basis, target, day)
    ]
    return sorted(rows, key=lambda row: (str(row["measure"]), str(row["article"])))


def withheld_favours(city: City, _given: Given) -> Rows:
    return [
        {
            "measure": id_,
            "title": measure.title,
            "article": f"{city.book.bases[basis].document} {city.book.bases[basis].article}",
            "lists": len(city.book.withholding_lists(id_)),
        }
        for id_, measure in city.book.measures.items()
        if measure.withheld_by is not None
        for basis in measure.withheld_by.bases
    ]


def changed_measures(city: City, _given: Given) -> Rows:
    before, now = earlier(city.book).measures, city.book.measures
    return [
        {
            "measure": id_,
            "change": "added" if id_ in now else "taken away",
            "title": (now if id_ in now else before)[id_].title,
        }
        for id_ in sorted(before.keys() ^ now.keys())
    ]
