"""Facts as nodes and relationships, and back: docs/graph-schema.md. No driver here.

Neo4j reads what is committed at the moment it looks, so a reader at one version must never need what a later write
takes away. Hence nothing is taken away: relationships are only added and closed by one property, and everything that
was ever recorded of a node is its list `records`, which is replaced as a whole. The other properties of a node are
what is believed now, for people; no answer of the port rests on them.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeAlias

from graph_model.nodes import RELATION_TYPES, Version
from graph_model.stores import rows
from graph_model.stores.rows import Row

Properties: TypeAlias = dict[str, Any]

_record = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

LABELS: Mapping[str, str] = {
    "registrations": "Subject",
    "designations": "Designation",
    "exemptions": "Exemption",
    "objections": "Objection",
}
"""The kinds of facts that are nodes, by the field names of `Facts`; relations are relationships."""
RELATIONSHIPS: Mapping[str, str] = {
    kind: "DIRECTLY_RESPONSIBLE_FOR"
    if kind == "directly_responsible"
    else kind.upper() + ("" if kind.endswith("_of") else "_OF")
    for kind in RELATION_TYPES
}
"""The relationship type of each type of relation."""
LINK = RELATIONSHIPS["directly_responsible"]
HELD = "|".join(name for name in RELATIONSHIPS.values() if name != LINK)
"""All relationship types between subjects, as Cypher writes alternatives."""
RELATION_TYPE_OF: Mapping[str, str] = {name: kind for kind, name in RELATIONSHIPS.items()}


def _columns(names: str) -> tuple[str, ...]:
    return tuple(name.strip('" ') for name in names.split(","))


_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "registrations": _columns(rows.REGISTRATION),
    "designations": _columns(rows.DESIGNATION),
    "exemptions": _columns(rows.EXEMPTION),
    "objections": _columns(rows.OBJECTION),
}
_RELATION = _columns(rows.RELATION)


def record_text(row: Sequence[Any], recorded_from: Version, recorded_until: Version | None = None) -> str:
    """Spell one record of a node: the two versions, then the row."""
    return _record((recorded_from, recorded_until, *row))


def records_of(texts: Iterable[str]) -> Iterator[tuple[Version, Version | None, Row]]:
    """Read the records of a node: from, until (`None`: it stands), row."""
    for recorded_from, recorded_until, *row in records_in(texts):
        yield recorded_from, recorded_until, tuple(row)


def records_in(texts: Iterable[str]) -> list[list[Any]]:
    """Read records as they are written: from, until, and then the row's cells.

    In one go, for of a whole city the calls would cost more than the reading.
    """
    found: list[list[Any]] = json.loads(f"[{','.join(texts)}]")
    return found


def rows_at(texts: Iterable[str], version: Version) -> list[Row]:
    """Give the rows of a node's records that stand at a version."""
    found = []
    for text in texts:
        recorded_from, recorded_until, *row = json.loads(text)
        if recorded_from <= version and (recorded_until is None or version < recorded_until):
            found.append(tuple(row))
    return found


def closed_and_opened(
    texts: Sequence[str], closed: Sequence[Row], opened: Sequence[Row], version: Version
) -> list[str]:
    """Give a node's records after a change that closed and opened some of them at `version`."""
    gone = {_record(row) for row in closed}
    after = []
    for text in texts:
        recorded_from, recorded_until, *row = json.loads(text)
        ends = recorded_until is None and _record(row) in gone
        after.append(record_text(row, recorded_from, version) if ends else text)
    return [*after, *(record_text(row, version) for row in opened)]


def node_of(kind: str, identity: str, texts: Sequence[str]) -> Properties:
    """Give all properties of a node out of its records, those that are absent as `None` (so that `+=` removes them)."""
    records = list(records_of(texts))
    standing = [(start, row) for start, until, row in records if until is None]
    columns = _COLUMNS[kind]
    if kind == "registrations":
        standing.sort(key=lambda entry: str(entry[1][1]))
        row = standing[-1][1]
        found = dict(zip(columns, row, strict=True))
        del found["subject"]
        # A statement that leaves the name out does not take it away.
        found["name"] = next((row[2] for _, row in reversed(standing) if row[2] is not None), None)
        if found["foreign_invested"] is not None:
            found["foreign_invested"] = bool(found["foreign_invested"])
        found["valid_from"] = found["valid_from"] or None
        return {"id": identity, **found, "registered_from": records[0][0], "records": list(texts)}
    # A designation or exemption that was taken back goes on showing what it last said.
    retracted = not standing
    start, row = standing[-1] if standing else (records[-1][0], records[-1][2])
    found = dict(zip(columns, row, strict=True))
    if kind == "designations":
        found |= _designation_to_read(found.pop("facts"), found.pop("moves"), found["status"])
        for _, _, earlier in records:
            found |= {name: None for name in _facts_to_read(earlier[15]) if name not in found}
    return {**found, "recorded_from": start, "retracted": True if retracted else None, "records": list(texts)}


def _designation_to_read(facts: str | None, moves: str | None, status: str) -> Properties:
    steps: list[tuple[str, str, str | None]] = [(m[1], m[0], m[2]) for m in json.loads(moves)] if moves else []
    return {
        "current_status": steps[-1][1] if steps else status,
        "moves_read": [" ".join(word for word in step if word) for step in steps] or None,
        **_facts_to_read(facts),
    }


def _facts_to_read(facts: str | None) -> Properties:
    spelled: Mapping[str, Sequence[str]] = json.loads(facts) if facts else {}
    return {f"fact_{name}": _to_read(*value) for name, value in spelled.items()}


def _to_read(kind: str, text: str) -> str | bool | float:
    if kind == "boolean":
        return text == "true"
    return float(Decimal(text)) if kind == "number" else text


def is_person(node: Properties) -> bool:
    """Whether a subject's node is labelled `Person`, else `Organisation`."""
    return bool(node["kind"] == "person")


def relation_properties(row: Row, recorded_from: Version, recorded_until: Version | None = None) -> Properties:
    """Give the properties of a relation's relationship; absent ones are left out."""
    found = dict(zip(_RELATION[4:], row[4:], strict=True))
    if found["responsible"] is not None:
        found["responsible"] = bool(found["responsible"])
    if found["share"] is not None:
        found["share_read"] = float(Decimal(found["share"]))
    found |= {"recorded_from": recorded_from, "recorded_until": recorded_until}
    return {name: value for name, value in found.items() if value is not None}


def relation_row(relationship: str, holder: str, end: str, held: Sequence[Any]) -> Row:
    """Read a relation back. `held`: held_from, held_until, share, responsible, document_no, authority."""
    held_from, held_until, share, responsible, document_no, authority = held
    is_link = relationship == LINK
    return (
        RELATION_TYPE_OF[relationship],
        holder,
        None if is_link else end,
        end if is_link else None,
        held_from,
        held_until,
        share,
        None if responsible is None else int(responsible),
        document_no,
        authority,
    )


def relation_to_close(row: Row) -> Properties:
    """What picks one standing relationship out of those of a holder: its type, end and key (absent as empty text)."""
    kind, holder, organisation, designation, held_from, held_until, share, responsible, *_ = row
    return {
        "type": RELATIONSHIPS[kind],
        "holder": holder,
        "end": designation if organisation is None else organisation,
        "key": [
            held_from or "",
            held_until or "",
            share or "",
            "" if responsible is None else str(bool(responsible)).lower(),
        ],
    }
