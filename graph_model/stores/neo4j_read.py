"""Reading facts at one version from the graph. Every statement is a named constant, and its plan is tested: no scan.

What is asked of many comes in blocks, for the cost of a read is per record that is sent, not per byte.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from graph_model.neighbourhood import relation_key
from graph_model.nodes import Designation, Exemption, Move, Objection, Registration, Relation, SubjectId, Version
from graph_model.statements import registration_of
from graph_model.store import Change, Fact, Found
from graph_model.stores import rows
from graph_model.stores.neo4j_connect import Line
from graph_model.stores.neo4j_rows import HELD, LINK, RELATIONSHIPS, relation_row, rows_at

PAGE = 2_000
"""Nodes per page of a streamed read."""
OPEN = 9223372036854775807

AT = f"r.recorded_from <= $version AND coalesce(r.recorded_until, {OPEN}) > $version"
HELD_PROPERTIES = "r.held_from, r.held_until, r.share, r.responsible, r.document_no, r.authority"
LATEST_VERSION = "MATCH (x:Store {id: 'xinheng'}) RETURN x.version"
RULEBOOK_AT = "MATCH (c:Publication) WHERE c.version <= $version RETURN c.rulebook ORDER BY c.version DESC LIMIT 1"
RULEBOOK_CONTENT = "MATCH (b:Rulebook {digest: $digest}) RETURN b.content"
CHANGES = """MATCH (c:Change) WHERE c.version > $since
    RETURN c.version, c.kind, c.actor, c.reason, c.key, c.recorded_at, coalesce(c.subjects, []), c.rulebook
    ORDER BY c.version LIMIT $limit"""
COUNTS = """MATCH (c:Change {version: $version})
    RETURN c.registrations, c.relations, c.designations, c.moves, c.exemptions, c.objections"""
IS_REGISTERED = "MATCH (s:Subject {id: $id}) WHERE s.registered_from <= $version RETURN true"
AFFECTED_BY = f"""UNWIND $ids AS id MATCH (s:Subject {{id: id}})
    RETURN collect([CASE WHEN s.registered_from <= $version THEN s.id END,
        COLLECT {{ MATCH (s)-[r:{HELD}]-(n:Subject) WHERE {AT} RETURN n.id }},
        COLLECT {{ MATCH (s)<-[:DESIGNATES]-(d:Designation)<-[r:{LINK}]-(h:Subject) WHERE {AT}
            RETURN [h.id, d.records] }}])"""
SUBJECTS_AFTER = """MATCH (s:Subject) WHERE s.id > $after WITH s ORDER BY s.id LIMIT $page
    RETURN max(s.id), collect(CASE WHEN s.registered_from <= $version THEN s.id END)"""
ON_LIST = """MATCH (l:List {id: $list}) WITH COLLECT { MATCH (l)<-[:ON_LIST]-(d:Designation) RETURN d.id } AS ids
    UNWIND range(0, size(ids) - 1, 10000) AS i RETURN ids[i..i + 10000]"""
DESIGNATIONS = "UNWIND $ids AS id MATCH (d:Designation {id: id}) RETURN collect([d.id, d.records])"
HELD_BY = f"""UNWIND $ids AS id MATCH (s:Subject {{id: id}})
    RETURN collect([s.id,
        COLLECT {{ MATCH (s)-[r:{HELD}]->(n:Subject) WHERE {AT} RETURN [type(r), n.id, {HELD_PROPERTIES}] }},
        COLLECT {{ MATCH (s)-[r:{LINK}]->(n:Designation) WHERE {AT} RETURN [type(r), n.id, {HELD_PROPERTIES}] }}])"""
FIND_RELATIONS = f"""MATCH (s:Subject {{id: $id}})
    RETURN COLLECT {{ MATCH (s)-[r:{HELD}]->(n:Subject {{id: $end}}) WHERE type(r) = $type AND {AT}
            RETURN [type(r), n.id, {HELD_PROPERTIES}] }}
        + COLLECT {{ MATCH (s)-[r:{LINK}]->(n:Designation {{id: $end}}) WHERE type(r) = $type AND {AT}
            RETURN [type(r), n.id, {HELD_PROPERTIES}] }}"""
FIND = {
    Registration: "MATCH (n:Subject {id: $id}) RETURN n.records",
    Designation: "MATCH (n:Designation {id: $id}) RETURN n.records",
    Exemption: "MATCH (n:Exemption {id: $id}) RETURN n.records",
    Objection: "MATCH (n:Objection {id: $id}) RETURN n.records",
}
NAMED = """CALL db.index.fulltext.queryNodes('subject_name', $query) YIELD node AS s
    WHERE s.name CONTAINS $text RETURN s.name, s.id ORDER BY s.name, s.id LIMIT $limit"""


def latest_version(line: Line) -> Version:
    """The last committed version."""
    version: Version = line.read(LATEST_VERSION, {})[0][0]
    return version


def rulebook_at(line: Line, version: Version) -> str | None:
    """The digest published last at the version."""
    found = line.read(RULEBOOK_AT, {"version": version})
    return found[0][0] if found else None


def rulebook_content(line: Line, digest: str) -> bytes | None:
    """The content of a published rulebook."""
    found = line.read(RULEBOOK_CONTENT, {"digest": digest})
    return bytes(found[0][0]) if found else None


def is_registered(line: Line, subject: SubjectId, version: Version) -> bool:
    """Whether any statement about the subject stands."""
    return bool(line.read(IS_REGISTERED, {"id": subject, "version": version}))


def affected_by(line: Line, subjects: Sequence[SubjectId], version: Version) -> tuple[SubjectId, ...]:
    """The registered among the subjects, their far ends, and the holders of links to their designations."""
    near: set[SubjectId] = set()
    for part in parts_of(subjects, 1_000):
        [[blocks]] = line.read(AFFECTED_BY, {"ids": part, "version": version})
        for subject, others, linked in blocks:
            near.update(others)
            if subject is not None:
                near.add(subject)
                near.update(h for h, records in linked if any(row[1] == subject for row in rows_at(records, version)))
    return tuple(sorted(near))


def parts_of(asked: Sequence[str], size: int) -> Iterator[list[str]]:
    """Cut into parts of a size, each asked for once."""
    once = list(dict.fromkeys(asked))
    return (once[i : i + size] for i in range(0, len(once), size))


def held_by(line: Line, holders: Sequence[SubjectId], version: Version) -> tuple[Relation, ...]:
    """The relation records of the holders."""
    found = []
    for part in parts_of(holders, PAGE):
        [[blocks]] = line.read(HELD_BY, {"ids": part, "version": version})
        for holder, held, linked in blocks:
            found += [relation_of(holder, entry) for entry in (*held, *linked)]
    return tuple(found)


def relation_of(holder: SubjectId, entry: Sequence[Any]) -> Relation:
    """Read a relation: its type, far end and `HELD_PROPERTIES`."""
    return rows.relation_of(relation_row(entry[0], holder, entry[1], entry[2:8]))


def subjects(line: Line, version: Version) -> Iterator[SubjectId]:
    """Every registered subject, in order."""
    after: str | None = ""
    while after is not None:
        [[after, page]] = line.read(SUBJECTS_AFTER, {"after": after, "version": version, "page": 5 * PAGE})
        yield from page


def entries(line: Line, list_id: str, version: Version) -> Iterator[Designation]:
    """Every designation on one list, in order of id. Which were ever on it never shrinks, so pages cannot miss one."""
    blocks = line.read(ON_LIST, {"list": list_id})
    ids = sorted(id_ for (block,) in blocks for id_ in block)
    for part in parts_of(ids, PAGE):
        [[found]] = line.read(DESIGNATIONS, {"ids": part})
        for _, records in sorted(found):
            yield from (rows.designation_of(row) for row in rows_at(records, version) if row[2] == list_id)


def find(line: Line, key: Fact, version: Version) -> Fact | None:
    """The record with the key of `key`."""
    match key:
        case Registration():
            day = key.attributes.valid_from
            wanted = day.isoformat() if day else ""
            stated = _rows(line, Registration, key.subject, version)
            return next((registration_of(row) for row in stated if row[1] == wanted), None)
        case Relation():
            end = key.organisation if key.designation is None else key.designation
            asked = {"id": key.holder, "end": end, "type": RELATIONSHIPS[key.type], "version": version}
            found = line.read(FIND_RELATIONS, asked)
            held = [relation_of(key.holder, entry) for (entries,) in found for entry in entries]
            return next((r for r in held if relation_key(r) == relation_key(key)), None)
        case Designation():
            return next(map(rows.designation_of, _rows(line, Designation, key.id, version)), None)
        case Move():
            of = next(map(rows.designation_of, _rows(line, Designation, key.designation, version)), None)
            moves = of.moves if of is not None else ()
            return next((m for m in reversed(moves) if (m.to, m.on) == (key.to, key.on)), None)
        case Exemption():
            return next(map(rows.exemption_of, _rows(line, Exemption, key.id, version)), None)
        case Objection():
            return next(map(rows.objection_of, _rows(line, Objection, key.id, version)), None)


def _rows(line: Line, kind: type[Fact], identity: str, version: Version) -> list[rows.Row]:
    found = line.read(FIND[kind], {"id": identity})
    return rows_at(found[0][0], version) if found else []


def changes(line: Line, since: Version, limit: int) -> tuple[Change, ...]:
    """Entries of the change log, oldest first."""
    return tuple(
        Change(
            version=version,
            kind=kind,
            actor=actor,
            reason=reason,
            key=key,
            recorded_at=datetime.fromisoformat(recorded_at),
            subjects=tuple(subjects),
            rulebook=rulebook,
        )
        for version, kind, actor, reason, key, recorded_at, subjects, rulebook in line.read(
            CHANGES, {"since": since, "limit": limit}
        )
    )


def counts(line: Line, version: Version) -> dict[str, int]:
    """How many facts of each kind stand: each change notes it."""
    kinds = ("registrations", "relations", "designations", "moves", "exemptions", "objections")
    found = line.read(COUNTS, {"version": version})
    return dict(zip(kinds, found[0] if found else [0] * len(kinds), strict=True))


_CJK = re.compile("[\u4e00-\u9fff]{2,}")
_WORD = re.compile("[0-9A-Za-z]+")
_LEFT_OUT = frozenset(
    {"a", "and", "are", "as", "at", "be", "but", "by", "for", "if", "in", "into", "is", "it", "no", "not", "of", "on"}
    | {"or", "s", "such", "t", "that", "the", "their", "then", "there", "these", "they", "this", "to", "was", "will"}
    | {"with", "www"}
)
"""The words that the index's analyser leaves out."""


def named(line: Line, text: str, limit: int) -> Found:
    """Subjects whose present name contains the text; the full text index finds candidates, the text decides."""
    if len(text) < 2:
        return Found((), more=False)
    found = line.read(NAMED, {"query": _query(text), "text": text, "limit": limit + 1})
    return Found(tuple((id_, name) for name, id_ in found[:limit]), more=len(found) > limit)


def _query(text: str) -> str:
    """Ask the index for a part of the text that it surely has wherever the text is: the longest run of characters.

    It keeps Chinese as pairs of characters, and other writing as whole words in small letters without the commonest
    English ones. A text with nothing that it surely keeps is looked for in every name.
    """
    if runs := _CJK.findall(text):
        return f'"{max(runs, key=len)}"'
    words = [word.lower() for word in _WORD.findall(text)]
    if kept := [word for word in words if not any(word in left_out for left_out in _LEFT_OUT)]:
        return f"*{max(kept, key=len)}*"
    return "*:*"
