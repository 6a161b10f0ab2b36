"""What is written to the graph, in pieces of one statement: each takes a list of rows, none is there without rows."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

from graph_model.nodes import Version
from graph_model.stores.neo4j_rows import (
    HELD,
    LABELS,
    LINK,
    RELATIONSHIPS,
    Properties,
    closed_and_opened,
    is_person,
    node_of,
    records_of,
    relation_properties,
    relation_to_close,
)
from graph_model.stores.rows import Row

T = TypeVar("T")
Written: TypeAlias = dict[str, list[Any]]
"""Rows for the pieces, by the pieces' names."""
Known: TypeAlias = Mapping[str, Mapping[str, Sequence[str]]]
"""The `records` of the nodes that are there already, by kind and id."""

COUNTED = ("registrations", "relations", "designations", "moves", "exemptions", "objections")
"""The counts that each change notes of what stands after it."""

_FULL = "SET n += row.node WITH n, row"
_TIES = """CALL (n, row) {{ UNWIND row.subjects AS id MATCH (s:Subject {{id: id}}) MERGE (n)-[:{0}]->(s) }}
    CALL (n, row) {{ UNWIND row.{1} AS id {2} MERGE (n)-[:{3}]->(t) }}"""
PIECES: Mapping[str, str] = {
    # Closing comes first: a corrected relation may have the key of the one that it replaces.
    "cut": f"""UNWIND $given.cut AS row MATCH (h:Subject {{id: row.holder}})-[r:{HELD}]->(t:Subject {{id: row.end}})
        WHERE type(r) = row.type AND r.recorded_until IS NULL AND row.key = [coalesce(r.held_from, ''),
            coalesce(r.held_until, ''), coalesce(r.share, ''), coalesce(toString(r.responsible), '')]
        SET r.recorded_until = $given.version""",
    "cut_links": f"""UNWIND $given.cut_links AS row MATCH (h:Subject {{id: row.holder}})-[r:{LINK}]->
            (t:Designation {{id: row.end}})
        WHERE r.recorded_until IS NULL AND row.key = [coalesce(r.held_from, ''),
            coalesce(r.held_until, ''), coalesce(r.share, ''), coalesce(toString(r.responsible), '')]
        SET r.recorded_until = $given.version""",
    "organisations": "UNWIND $given.organisations AS row CREATE (n:Subject:Organisation) SET n = row",
    "persons": "UNWIND $given.persons AS row CREATE (n:Subject:Person) SET n = row",
    "restated": """UNWIND $given.restated AS row MATCH (n:Subject {id: row.node.id}) SET n += row.node
        FOREACH (_ IN CASE WHEN row.person THEN [1] ELSE [] END | SET n:Person REMOVE n:Organisation)
        FOREACH (_ IN CASE WHEN row.person THEN [] ELSE [1] END | SET n:Organisation REMOVE n:Person)""",
    "designations": """UNWIND $given.designations AS row MATCH (s:Subject {id: row.subject})
        CREATE (n:Designation)-[:DESIGNATES]->(s) SET n = row
        MERGE (l:List {id: row.list}) CREATE (n)-[:ON_LIST]->(l)""",
    "redesignated": f"""UNWIND $given.redesignated AS row MATCH (n:Designation {{id: row.node.id}}) {_FULL}
        {_TIES.format("DESIGNATES", "lists", "MERGE (t:List {id: id})", "ON_LIST")}""",
    "relations": """UNWIND $given.relations AS row MATCH (h:Subject {id: row.holder}) MATCH (t:Subject {id: row.end})
        CREATE (h)-[r:$(row.type)]->(t) SET r = row.properties""",
    "links": f"""UNWIND $given.links AS row MATCH (h:Subject {{id: row.holder}}) MATCH (t:Designation {{id: row.end}})
        CREATE (h)-[r:{LINK}]->(t) SET r = row.properties""",
    "exemptions": f"""UNWIND $given.exemptions AS row MERGE (n:Exemption {{id: row.node.id}}) {_FULL}
        CALL (n, row) {{ UNWIND row.subjects AS id MATCH (s:Subject {{id: id}}) MERGE (n)-[:EXEMPTS]->(s) }}""",
    "objections": f"""UNWIND $given.objections AS row MERGE (n:Objection {{id: row.node.id}}) {_FULL}
        {_TIES.format("CONTESTS", "designations", "MATCH (t:Designation {id: id})", "CONTESTS")}""",
}
"""In an order in which nothing rests on what comes later."""


def batched(given: Iterable[T], size: int, weight: Callable[[T], int] = lambda _: 1) -> Iterator[list[T]]:
    """Cut into lists of a size, the last one shorter; what weighs more than 1 counts for as many."""
    batch: list[T] = []
    held = 0
    for one in given:
        batch.append(one)
        held += weight(one)
        if held >= size:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch


def pieces_for(written: Written) -> str:
    """Put the pieces that have rows into one statement, each in a room of its own.

    Not all of them always: the server needs seconds to plan that for the first time, while others wait for the lock.
    """
    return "\n".join(f"CALL () {{ {piece} }}" for name, piece in PIECES.items() if written.get(name))


def written_by(
    closed: Mapping[str, Sequence[Row]], opened: Mapping[str, Sequence[Row]], version: Version, known: Known
) -> Written:
    """Say what to write for the records that a change closes and opens at a version."""
    written: Written = defaultdict(list)
    for row in closed.get("relations", ()):
        written["cut_links" if row[2] is None else "cut"].append(relation_to_close(row))
    add_relations(((row, version, None) for row in opened.get("relations", ())), written)
    for kind in LABELS:
        was, now = _by_identity(closed.get(kind, ())), _by_identity(opened.get(kind, ()))
        for identity in sorted(was.keys() | now.keys()):
            before = known.get(kind, {}).get(identity, ())
            texts = closed_and_opened(before, was.get(identity, ()), now.get(identity, ()), version)
            add_node(kind, identity, texts, written, is_new=not before)
    return written


def _by_identity(given: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in given:
        found[row[0]].append(row)
    return found


def add_relations(records: Iterable[tuple[Row, Version, Version | None]], written: Written) -> None:
    """Add records of relations to what is written."""
    for row, recorded_from, recorded_until in records:
        kind, holder, organisation, designation, *_ = row
        written["links" if organisation is None else "relations"].append(
            {
                "type": RELATIONSHIPS[kind],
                "holder": holder,
                "end": designation if organisation is None else organisation,
                "properties": relation_properties(row, recorded_from, recorded_until),
            }
        )


def add_node(kind: str, identity: str, texts: Sequence[str], written: Written, *, is_new: bool) -> None:
    """Add a node with all its records to what is written."""
    node = node_of(kind, identity, texts)
    match kind:
        case "registrations":
            if is_new:
                written["persons" if is_person(node) else "organisations"].append(node)
            else:
                written["restated"].append({"node": node, "person": is_person(node)})
        case "designations":
            if is_new and len(texts) == 1:
                written["designations"].append(node)
                return
            if is_new:
                written["designations"].append(node)
            ties = ends_of(kind, texts)
            written["redesignated"].append({"node": node, "subjects": ties["Subject"], "lists": ties["List"]})
        case "exemptions":
            written["exemptions"].append({"node": node, "subjects": ends_of(kind, texts)["Subject"]})
        case _:
            ties = ends_of(kind, texts)
            row = {"node": node, "subjects": ties["Subject"], "designations": ties["Designation"]}
            written["objections"].append(row)


def ends_of(kind: str, texts: Sequence[str]) -> dict[str, list[str]]:
    """Give what a node was ever tied to, by label: an answer about the past finds it there too."""
    ends: dict[str, set[str]] = {"Subject": set(), "List": set(), "Designation": set()}
    for _, _, row in records_of(texts):
        match kind:
            case "designations":
                ends["Subject"].add(row[1])
                ends["List"].add(row[2])
            case "exemptions":
                ends["Subject"].add(row[1])
            case _:
                ends["Subject"] |= {end for end in row[5:7] if end is not None}
                ends["Designation"] |= {row[3]} - {None}
    return {label: sorted(found) for label, found in ends.items()}


def counts_after(
    before: Sequence[int], closed: Mapping[str, Sequence[Row]], opened: Mapping[str, Sequence[Row]]
) -> dict[str, int]:
    """How many facts of each kind stand after a change."""
    return {
        kind: count + _count(kind, opened) - _count(kind, closed) for kind, count in zip(COUNTED, before, strict=True)
    }


def _count(kind: str, given: Mapping[str, Sequence[Row]]) -> int:
    if kind == "moves":
        return sum(len(json.loads(row[16])) for row in given.get("designations", ()) if row[16] is not None)
    return len(given.get(kind, ()))


def change_node(columns: Row, chain: str, subjects: Sequence[str], counts: Mapping[str, int]) -> Properties:
    """Give the node of a change. `columns`: those of the log up to `unchanged`."""
    names = (
        *("version", "kind", "actor", "reason", "key", "recorded_at", "rulebook", "content_digest", "written_digest"),
        *("opened", "closed", "unchanged"),
    )
    node = {name: value for name, value in zip(names, columns, strict=True) if value is not None}
    return {**node, "chain": chain, "subjects": list(subjects), **counts}
