"""The hot read: one subject's neighbourhood in one round trip, from one index entry along relationships; no scan.

There is no limit in the statement: a hub is read whole, or the deadline says that it was not.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from graph_model.neighbourhood import relation_key
from graph_model.nodes import Designation, Neighbourhood, Objection, Relation, Subject, SubjectId, Version
from graph_model.statements import attributes_of
from graph_model.stores import rows
from graph_model.stores.neo4j_connect import Line
from graph_model.stores.neo4j_read import AT, HELD_PROPERTIES, parts_of, relation_of
from graph_model.stores.neo4j_rows import HELD, LINK, rows_at

_BLOCK = 500
_DESIGNATION = "[d.records, COLLECT { MATCH (d)<-[:CONTESTS]-(o:Objection) RETURN o.records }]"
_AROUND = f"""WITH s,
    COLLECT {{ MATCH (s)-[r:{HELD}]-(n:Subject) WHERE {AT}
        WITH n, collect([type(r), startNode(r) = s, {HELD_PROPERTIES}]) AS held
        RETURN [n.id, n.records, held,
            COLLECT {{ MATCH (n)<-[:DESIGNATES]-(d:Designation) RETURN {_DESIGNATION} }}] }} AS around,
    COLLECT {{ MATCH (s)<-[:DESIGNATES]-(d:Designation) RETURN {_DESIGNATION} }} AS own,
    COLLECT {{ MATCH (s)-[r:{LINK}]->(d:Designation) WHERE {AT}
        RETURN [[type(r), d.id, {HELD_PROPERTIES}], {_DESIGNATION},
            COLLECT {{ MATCH (d)-[:DESIGNATES]->(n:Subject) RETURN [n.id, n.records] }}] }} AS linked,
    COLLECT {{ MATCH (s)<-[:EXEMPTS]-(e:Exemption) RETURN e.records }} AS exemptions,
    COLLECT {{ MATCH (s)<-[:CONTESTS]-(o:Objection) RETURN o.records }} AS contesting"""
# Not all in one RETURN: 5.26 takes the inner `collect` for one of the whole line.
_SLICE = "[s.id, s.records, around, own, linked, exemptions, contesting]"
SLICE = f"MATCH (s:Subject {{id: $id}}) {_AROUND} RETURN {_SLICE}"
SLICES = f"UNWIND $ids AS id MATCH (s:Subject {{id: id}}) {_AROUND} RETURN collect({_SLICE})"


def neighbourhood(line: Line, subject: SubjectId, version: Version) -> Neighbourhood | None:
    """Read exactly what `graph_model.neighbourhood.neighbourhood_of` cuts out."""
    found = line.read(SLICE, {"id": subject, "version": version})
    return _cut(found[0][0], version) if found else None


def neighbourhoods(line: Line, subjects: Sequence[SubjectId], version: Version) -> list[Neighbourhood | None]:
    """Read the neighbourhoods of many, in their order."""
    by_subject: dict[SubjectId, Neighbourhood | None] = {}
    for part in parts_of(subjects, _BLOCK):
        [[slices]] = line.read(SLICES, {"ids": part, "version": version})
        by_subject |= {found[0]: _cut(found, version) for found in slices}
    return [by_subject.get(subject) for subject in subjects]


def _cut(found: Sequence[Any], version: Version) -> Neighbourhood | None:
    subject, records, around, own, linked, exemptions, contesting = found
    statements = rows_at(records, version)
    if not statements:
        return None
    relations = [*_relations(subject, around), *(relation_of(subject, link) for link, _, _ in linked)]
    near = {subject, *(other for other, *_ in around)}
    designations: dict[str, Designation] = {}
    contests: list[Sequence[str]] = list(contesting)
    for records, objections in (*own, *(d for _, _, _, theirs in around for d in theirs)):
        for row in rows_at(records, version):
            if row[1] in near:
                designations[row[0]] = rows.designation_of(row)
        contests += objections
    for _, (records, objections), _ in linked:
        designations |= {row[0]: rows.designation_of(row) for row in rows_at(records, version)}
        contests += objections
    stated = {subject: statements}
    stated |= {other: rows_at(texts, version) for other, texts, *_ in around}
    for _, _, designated in linked:
        stated |= {other: rows_at(texts, version) for other, texts in designated}
    shown = near | {d.subject for d in designations.values()}
    return Neighbourhood(
        subject=Subject(subject, tuple(map(attributes_of, sorted(statements, key=lambda row: row[1])))),
        relations=tuple(sorted(relations, key=relation_key)),
        designations=tuple(designations[id_] for id_ in sorted(designations)),
        exemptions=tuple(
            map(rows.exemption_of, sorted(row for texts in exemptions for row in _own(texts, subject, version)))
        ),
        objections=_objections(contests, version, designations, relations),
        names=_names(stated, shown),
    )


def _relations(subject: SubjectId, around: Sequence[Any]) -> Iterator[Relation]:
    for other, _, held, _ in around:
        for relationship, is_holder, *properties in held:
            holder, organisation = (subject, other) if is_holder else (other, subject)
            yield relation_of(holder, (relationship, organisation, *properties))


def _own(texts: Sequence[str], subject: SubjectId, version: Version) -> Iterator[rows.Row]:
    """Give the rows of an exemption; after a correction it may be another subject's."""
    return (row for row in rows_at(texts, version) if row[1] == subject)


def _objections(
    contests: Sequence[Sequence[str]],
    version: Version,
    designations: dict[str, Designation],
    relations: Sequence[Relation],
) -> tuple[Objection, ...]:
    tied = {(r.type, r.holder, r.organisation, r.designation) for r in relations}
    found: dict[str, Objection] = {}
    for texts in contests:
        for row in rows_at(texts, version):
            _, _, _, designation, relation_type, holder, organisation, _ = row
            touches = (
                designation in designations
                if relation_type is None
                else (relation_type, holder, organisation, designation) in tied
            )
            if touches:
                found[row[0]] = rows.objection_of(row)
    return tuple(found[id_] for id_ in sorted(found))


def _names(stated: dict[SubjectId, list[rows.Row]], shown: set[SubjectId]) -> dict[SubjectId, str]:
    names: dict[SubjectId, str] = {}
    for subject in sorted(shown & stated.keys()):
        named = [(row[1], row[2]) for row in stated[subject] if row[2] is not None]
        if named:
            names[subject] = max(named)[1]
    return names
