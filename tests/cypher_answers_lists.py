"""What the questions about lists and designations ask, found through the port (`tests.cypher_answers`)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, TypeAlias

from graph_model.calendar import add_months
from graph_model.nodes import ANNULLING, Designation
from tests.cypher_city import City, is_in_effect

Rows: TypeAlias = Sequence[Mapping[str, Any]]
Given: TypeAlias = Mapping[str, Any]


def text_of(day: date | None) -> str | None:
    return None if day is None else str(day)


def day_of(given: Given, name: str = "day") -> date:
    return date.fromisoformat(given[name])


def runs(start: date | None, end: date | None, day: date) -> bool:
    return (start is None or start <= day) and (end is None or day < end)


def on_list(city: City, list_id: str) -> Iterator[Designation]:
    """Those in effect after their last move, by id."""
    return (d for _, d in sorted(city.designations.items()) if d.list == list_id and is_in_effect(d))


def ends_of(city: City, designation: Designation) -> date | None:
    """The end that the document states, or that a fixed term of the list gives."""
    months, starts = city.book.lists[designation.list].term_months, designation.effective_from or designation.decided_on
    if designation.until is not None or not isinstance(months, int) or starts is None:
        return designation.until
    return add_months(starts, months)


def in_order(rows: Iterable[Mapping[str, Any]], *names: str) -> Rows:
    """Sort as Cypher does: what is missing comes last."""
    return sorted(rows, key=lambda row: [(row[name] is None, row[name] or "") for name in names])


def ending(city: City, given: Given) -> Rows:
    found = []
    for d in on_list(city, given["list"]):
        ends = ends_of(city, d)
        if ends is not None and day_of(given, "from") <= ends < day_of(given, "until"):
            row = {"designation": d.id, "name": city.name(d.subject), "document_no": d.document_no, "ends": str(ends)}
            found.append(row)
    return in_order(found, "ends", "designation")


def in_effect_by_list(city: City, given: Given) -> Rows:
    day = day_of(given)
    found: dict[str, list[str]] = defaultdict(list)
    for d in city.designations.values():
        moved = [move.to for move in d.moves if move.on <= day]
        starts = d.effective_from or d.decided_on
        state = moved[-1] if moved else d.status
        if state == "in_effect" and starts is not None and starts <= day and runs(None, d.until, day):
            found[d.list].append(d.subject)
    rows = [
        {
            "list": id_,
            "name": city.book.lists[id_].name,
            "kind": city.book.lists[id_].kind,
            "designations": len(subjects),
            "subjects": len(set(subjects)),
        }
        for id_, subjects in found.items()
    ]
    return sorted(rows, key=lambda row: (-int(str(row["designations"])), str(row["list"])))


def honoured_and_restricted(city: City, _given: Given) -> Rows:
    lists = city.book.lists
    return [
        {"subject": id_, "name": city.name(id_), "honoured": lists[good].name, "restricted": lists[bad].name}
        for id_ in sorted({d.subject for d in city.designations.values()})
        for good in city.listed(id_)
        for bad in city.listed(id_)
        if lists[good].kind == "incentive" and lists[bad].kind == "restriction"
    ]


def without_notice(city: City, _given: Given) -> Rows:
    found = []
    for d in city.designations.values():
        office, due, served = city.book.departments[d.authority], d.decided_on or d.effective_from, d.notice_served_on
        in_time = served is not None and due is not None and served <= due
        local = office.region is not None and not office.region.endswith("0000")
        if is_in_effect(d) and city.book.lists[d.list].notice_required and local and not in_time:
            listed = {"designation": d.id, "list": city.book.lists[d.list].name, "authority": office.name}
            found.append({**listed, "decided_on": text_of(d.decided_on), "notice_served_on": text_of(served)})
    return in_order(found, "designation")


def not_competent(city: City, _given: Given) -> Rows:
    return [
        {
            "designation": id_,
            "list": city.book.lists[d.list].name,
            "authority": city.book.departments[d.authority].name,
            "keeper": city.book.lists[d.list].authority,
        }
        for id_, d in sorted(city.designations.items())
        if city.book.lists[d.list].authority not in city.book.counterpart_chain(d.authority)
    ]


def undone(city: City, _given: Given) -> Rows:
    rows = [
        {
            "designation": id_,
            "name": city.name(d.subject),
            "list": d.list,
            "day": str(d.moves[-1].on),
            "reason": d.moves[-1].reason,
        }
        for id_, d in sorted(city.designations.items())
        if d.moves and d.moves[-1].reason in ANNULLING
    ]
    return sorted(rows, key=lambda row: str(row["day"]), reverse=True)


def repairable(city: City, given: Given) -> Rows:
    repair = city.book.lists[given["list"]].repair
    assert repair is not None
    found = []
    for d in on_list(city, given["list"]):
        anchor: date | None = getattr(d, repair.from_)
        if anchor is None:
            continue
        if runs(add_months(anchor, repair.after_months), ends_of(city, d), day_of(given)):
            found.append(
                {
                    "designation": d.id,
                    "name": city.name(d.subject),
                    "earliest": str(add_months(anchor, repair.after_months)),
                    "ends": text_of(ends_of(city, d)),
                    "ask": city.book.departments[repair.body].name,
                    "conditions": repair.conditions,
                }
            )
    return found


def exemptions(city: City, given: Given) -> Rows:
    rows = [
        {
            "exemption": e.id,
            "name": city.name(e.subject),
            "ground": e.ground,
            "list": e.list,
            "measure": e.measure,
            "matter": e.matter,
            "until": text_of(e.end),
        }
        for e in city.exemptions
        if runs(e.start, e.end, day_of(given))
    ]
    return in_order(rows, "exemption")


def open_objections(city: City, given: Given) -> Rows:
    rows = []
    for o in city.objections:
        if not runs(o.filed_on, o.closed_on, day_of(given)):
            continue
        told = {"objection": o.id, "filed_on": str(o.filed_on)}
        if o.designation is not None:
            about = o.relation_type or city.designations[o.designation].list
            told |= {"kind": "Designation", "against": o.designation, "about": about}
            rows.append({**told, "document_no": o.document_no})
        for subject in {o.relation_holder, o.relation_organisation} - {None}:
            told |= {"kind": "Subject", "against": str(subject), "about": str(o.relation_type)}
            rows.append({**told, "document_no": o.document_no})
    return in_order(rows, "objection", "against")
