"""What the questions about people, companies and versions ask, found through the port (`tests.cypher_answers`)."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.question import Check
from engine.service import Service
from graph_model.nodes import Designation, Relation
from graph_model.stores import rows as spelling
from tests.cypher_answers_lists import Given, Rows, day_of, in_order, on_list, runs, text_of
from tests.cypher_city import City, Held, is_in_effect


def _type(relation: Relation) -> str:
    if relation.type == "directly_responsible":
        return "DIRECTLY_RESPONSIBLE_FOR"
    return "BRANCH_OF" if relation.type == "branch_of" else f"{relation.type.upper()}_OF"


def _reached_in(city: City, role: str, d: Designation) -> set[str]:
    """The subjects that reach a designation in one role, by what is believed now."""
    reversed_role = {"head_office": "branch_of", "own_business": "operator"}.get(role)
    if role == "self":
        return {d.subject}
    if role == "directly_responsible":
        return {r.holder for r in city.relations if r.designation == d.id and r.responsible is not False}
    if reversed_role is not None:
        ties = [r for r in city.relations if r.type == reversed_role and r.holder == d.subject]
        return {r.organisation for r in ties if r.organisation is not None}
    return {r.holder for r in city.relations if r.type == role and r.organisation == d.subject}


def reached(city: City, given: Given) -> Rows:
    found: dict[tuple[str, str], tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for measure in city.book.memoranda[given["memorandum"]].measures:
        for list_id in city.book.lists_of(measure.id):
            for d in on_list(city, list_id):
                for role in {target.role for target in measure.targets if target.bases}:
                    subjects = _reached_in(city, role, d)
                    if subjects:
                        found[list_id, role][0].add(d.id)
                        found[list_id, role][1].update(subjects)
    return [
        {"list": list_id, "role": role, "designations": len(designations), "subjects": len(subjects)}
        for (list_id, role), (designations, subjects) in sorted(found.items())
    ]


def hubs(city: City, _given: Given) -> Rows:
    companies: dict[str, set[str]] = defaultdict(set)
    for r in city.relations:
        if r.organisation is not None and r.held_until is None and city.subjects[r.holder].kind == "person":
            companies[r.holder].add(r.organisation)
    most = sorted(companies.items(), key=lambda entry: (-len(entry[1]), entry[0]))[:10]
    return [
        {
            "person": id_,
            "name": city.name(id_),
            "companies": len(held),
            "listed": sum(bool(city.listed(company)) for company in held),
            "lists": sorted({list_id for company in held for list_id in city.listed(company)}),
        }
        for id_, held in most
    ]


def _now(city: City, kind: str) -> list[Relation]:
    return [r for r in city.relations if r.type == kind and r.held_until is None and r.organisation is not None]


def shared_representatives(city: City, _given: Given) -> Rows:
    found: dict[str, set[str]] = defaultdict(set)
    for r in _now(city, "legal_representative"):
        if r.organisation is not None and city.listed(r.organisation):
            found[r.holder].add(r.organisation)
    return [
        {
            "person": id_,
            "name": city.name(id_),
            "organisation": company,
            "company_name": city.name(company),
            "lists": city.listed(company),
        }
        for id_, companies in sorted(found.items())
        for company in sorted(companies)
        if len(companies) > 1
    ]


def _restricted(city: City, subject: str) -> list[str]:
    return [list_id for list_id in city.listed(subject) if city.book.lists[list_id].kind == "restriction"]


def branches(city: City, _given: Given) -> Rows:
    rows = [
        {
            "branch": r.holder,
            "branch_name": city.name(r.holder),
            "head_office": city.name(str(r.organisation)),
            "lists": _restricted(city, r.holder),
        }
        for r in _now(city, "branch_of")
        if _restricted(city, r.holder) and not _restricted(city, str(r.organisation))
    ]
    return in_order(rows, "branch")


def left_since(city: City, given: Given) -> Rows:
    rows = [
        {
            "designation": d.id,
            "list": d.list,
            "company": city.name(d.subject),
            "person": r.holder,
            "name": city.name(r.holder),
            "decided_on": str(d.decided_on),
            "left_on": str(r.held_until),
        }
        for r in city.relations
        for d in city.designations.values()
        if r.type == "legal_representative" and r.organisation == d.subject and is_in_effect(d)
        if city.book.lists[d.list].kind in ("restriction", "record")
        if r.held_until is not None and r.held_until <= day_of(given)
        if d.decided_on is not None and runs(r.held_from, r.held_until, d.decided_on)
    ]
    return in_order(rows, "designation", "person")


def holdings(city: City, given: Given) -> Rows:
    rows = [
        {
            "tie": _type(r),
            "towards": r.organisation or r.designation,
            "name": city.name(r.organisation) if r.organisation else None,
            "held_from": text_of(r.held_from),
            "held_until": text_of(r.held_until),
            "share": None if r.share is None else str(r.share),
            "responsible": r.responsible,
        }
        for r in city.relations
        if r.holder == given["person"]
    ]
    return in_order(rows, "tie", "towards", "held_from")


def sharing_a_person(city: City, given: Given) -> Rows:
    here = [r for r in city.relations if r.organisation == given["organisation"]]
    found = {
        (city.name(a.holder), _type(a), str(b.organisation), city.name(str(b.organisation)), _type(b))
        for a in here
        if city.subjects[a.holder].kind == "person"
        for b in city.relations
        if b.holder == a.holder and b.organisation not in (None, given["organisation"])
        if city.listed(str(b.organisation))
    }
    names = ("person", "here", "organisation", "organisation_name", "there")
    return in_order([dict(zip(names, row, strict=True)) for row in found], "organisation", "there", "here")


def named(city: City, given: Given) -> Rows:
    sought = str(given["name"]).strip('"')
    found = city.store.named(sought, 1_000)
    assert not found.more
    rows = [{"subject": id_, "name": name, "status": city.subjects[id_].status} for id_, name in found.subjects]
    return in_order(rows, "subject")


def history(city: City, given: Given) -> Rows:
    changes = {change.version: change for change in city.store.changes(0, 1_000)}

    def row(held: Held) -> Mapping[str, Any]:
        change = changes[held.recorded_until or held.recorded_from]
        return {
            "tie": _type(held.relation),
            "held_from": text_of(held.relation.held_from),
            "held_until": text_of(held.relation.held_until),
            "recorded_from": held.recorded_from,
            "recorded_until": held.recorded_until,
            "actor": change.actor,
            "reason": change.reason,
        }

    ends = (given["holder"], given["organisation"])
    return in_order(
        [row(held) for held in city.held if (held.relation.holder, held.relation.organisation) == ends],
        "recorded_from",
        "tie",
    )


def touched(city: City, given: Given) -> Rows:
    version = given["version"]
    (change,) = city.store.changes(version - 1, 1)

    def ties(subject: str, versions: Iterable[tuple[Relation, int | None]]) -> int:
        return sum(at == version and subject in (r.holder, r.organisation) for r, at in versions)

    return [
        {
            "subject": id_,
            "name": city.name(id_),
            "designations": sorted(
                d.id for d in city.designations.values() if d.subject == id_ and city.written[d.id] == version
            ),
            "opened": ties(id_, ((h.relation, h.recorded_from) for h in city.held)),
            "closed": ties(id_, ((h.relation, h.recorded_until) for h in city.held)),
        }
        for id_ in change.subjects
    ]


def believed(city: City, given: Given) -> Rows:
    version, key = given["version"], Designation(given["designation"], "", "", "")
    then, now = city.store.find(key, version), city.store.find(key, city.store.latest_version())
    assert isinstance(then, Designation)
    assert isinstance(now, Designation)
    (row,) = [
        row
        for row in city.store.archive("designations")
        if row[0] == then.id and row[-2] <= version and (row[-1] is None or version < row[-1])
    ]
    assert spelling.designation_of(row[:-2]) == then
    record = json.dumps([row[-2], row[-1], *row[:-2]], ensure_ascii=False, separators=(",", ":"))
    return [
        {
            "recorded_from": row[-2],
            "recorded_until": row[-1],
            "decided_on_then": text_of(then.decided_on),
            "decided_on_now": text_of(now.decided_on),
            "record": record,
        }
    ]


def written_by_whom(city: City, given: Given) -> Rows:
    table = {row[0]: row for row in city.store.archive("changes")}
    return [
        {
            "version": change.version,
            "kind": change.kind,
            "actor": change.actor,
            "reason": change.reason,
            "opened": table[change.version][9],
            "closed": table[change.version][10],
            "subjects": len(change.subjects),
        }
        for change in city.store.changes(given["since"], 1_000)
    ]


def decided(city: City, subjects: Sequence[str], matter: str, department: str, day: str) -> Rows:
    """What the engine decides: each duty, unresolved item and withheld favour of each subject."""
    service, rows = Service(city.store), []  # one for all: it keeps the rulebook
    for subject in subjects:
        decision = service.check(Check(subject, matter, day, department))
        told = [
            *((x.measure, x.designation, x.role, "duty") for x in decision.duties),
            *((x.measure, x.designation, x.role, "unresolved") for x in decision.unresolved),
            # A withheld favour does not tell its role: those of the shipped rulebook reach the subject itself alone.
            *((x.measure, x.designation, "self", "withheld") for x in decision.withheld),
        ]
        rows += [
            {
                "subject": subject,
                "measure": measure,
                "effect": city.book.measures[measure].effect,
                "designation": designation,
                "role": role,
                "state": state,
            }
            for measure, designation, role, state in told
        ]
    return in_order(rows, "subject", "measure", "designation", "role")


def checked(city: City, given: Given) -> Rows:
    """The same, of measures without a condition."""
    found = decided(city, given["subjects"], given["matter"], given["department"], given["day"])
    return [row for row in found if city.book.measures[row["measure"]].condition is None]
