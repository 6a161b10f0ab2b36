"""Reading facts at one version. Every statement is a named constant, and its plan is tested: no scan.

Versions make a snapshot of every read: what a later change set writes has a later `recorded_from`, and what it
closes keeps a `recorded_until` beyond the version asked for. So no read transaction is needed, and none is held.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from json.encoder import encode_basestring_ascii
from typing import Any, TypeVar

import apsw

from graph_model.neighbourhood import relation_key
from graph_model.nodes import Designation, Exemption, Move, Objection, Registration, Relation, SubjectId, Version
from graph_model.statements import registration_of
from graph_model.store import Change, Fact
from graph_model.stores import rows

T = TypeVar("T")
OPEN = 9223372036854775807
"""`recorded_until` of a record that stands."""

AT = "recorded_from <= :version AND recorded_until > :version"
EACH = "(SELECT value AS wanted FROM json_each(:keys))"
"""The keys asked for; a JSON array, for a statement has a fixed number of parameters."""
RECORD_TABLES = {
    "registrations": ("registration", rows.REGISTRATION),
    "relations": ("relation", rows.RELATION),
    "designations": ("designation", rows.DESIGNATION),
    "exemptions": ("exemption", rows.EXEMPTION),
    "objections": ("objection", rows.OBJECTION),
}
"""The table and the columns of each kind of fact."""
LATEST_VERSION = "SELECT max(version) FROM change"
RULEBOOK_AT = """SELECT rulebook FROM change
    WHERE rulebook IS NOT NULL AND version <= :version ORDER BY version DESC LIMIT 1"""
RULEBOOK_CONTENT = "SELECT content FROM rulebook WHERE digest = :digest"
VOCABULARY = "SELECT vocabulary FROM rulebook WHERE digest = :digest"
CHANGES = """SELECT version, kind, actor, reason, key, recorded_at, subjects, rulebook FROM change
    WHERE version > :since ORDER BY version LIMIT :limit"""

IS_REGISTERED = f"SELECT 1 FROM registration WHERE subject = :subject AND {AT} LIMIT 1"
AT_EITHER = f"({AT} OR recorded_from <= :before AND recorded_until > :before)"
FAR_ENDS = f"""SELECT organisation FROM {EACH} CROSS JOIN relation
    ON holder = wanted WHERE organisation IS NOT NULL AND {AT_EITHER}
    UNION ALL SELECT holder FROM {EACH} CROSS JOIN relation ON organisation = wanted WHERE {AT_EITHER}
    UNION ALL SELECT relation.holder FROM {EACH} CROSS JOIN designation ON subject = wanted
    CROSS JOIN relation ON relation.designation = designation.id
    WHERE designation.recorded_from <= :version AND designation.recorded_until > :version
    AND relation.recorded_from <= :version AND relation.recorded_until > :version
    OR designation.recorded_from <= :before AND designation.recorded_until > :before
    AND relation.recorded_from <= :before AND relation.recorded_until > :before"""
HELD_BY = f"""SELECT {rows.RELATION} FROM {EACH} CROSS JOIN relation
    ON holder = wanted WHERE {AT}"""
REGISTERED_AMONG = f"""SELECT wanted FROM {EACH}
    WHERE EXISTS (SELECT 1 FROM registration WHERE subject = wanted AND {AT})"""
SUBJECTS_AFTER = f"""SELECT DISTINCT subject FROM registration
    WHERE subject > :after AND {AT} ORDER BY subject LIMIT :page"""
ENTRIES_AFTER = f"""SELECT {rows.DESIGNATION} FROM designation
    WHERE list = :list AND id > :after AND {AT} ORDER BY id LIMIT :page"""

FIND_REGISTRATION = f"""SELECT {rows.REGISTRATION} FROM registration
    WHERE subject = :subject AND valid_from = :valid_from AND {AT}"""
FIND_DESIGNATION = f"SELECT {rows.DESIGNATION} FROM designation WHERE id = :id AND {AT}"
FIND_EXEMPTION = f"SELECT {rows.EXEMPTION} FROM exemption WHERE id = :id AND {AT}"
FIND_OBJECTION = f"SELECT {rows.OBJECTION} FROM objection WHERE id = :id AND {AT}"
FIND_RELATIONS = f"""SELECT {rows.RELATION} FROM relation WHERE holder = :holder AND type = :type
    AND organisation IS :organisation AND designation IS :designation AND {AT}"""

COUNTS = {
    "registrations": f"SELECT count(*) FROM registration WHERE {AT}",
    "relations": f"SELECT count(*) FROM relation WHERE {AT}",
    "designations": f"SELECT count(*) FROM designation WHERE {AT}",
    "moves": f"SELECT coalesce(sum(json_array_length(moves)), 0) FROM designation WHERE moves IS NOT NULL AND {AT}",
    "exemptions": f"SELECT count(*) FROM exemption WHERE {AT}",
    "objections": f"SELECT count(*) FROM objection WHERE {AT}",
}
"""The only statements that read a whole table; asked by people, not by checks."""


def keys(asked: Iterable[str]) -> str:
    """Spell keys as the one parameter that `EACH` reads."""
    return f"[{','.join(map(encode_basestring_ascii, asked))}]"


def latest_version(connection: apsw.Connection) -> Version:
    """The last committed version, 0 where there is none."""
    found: Version | None = connection.execute(LATEST_VERSION).get
    return found or 0


def is_registered(connection: apsw.Connection, subject: SubjectId, version: Version) -> bool:
    """Whether any statement about the subject stands."""
    return connection.execute(IS_REGISTERED, {"subject": subject, "version": version}).get is not None


def affected_by(
    connection: apsw.Connection, subjects: Sequence[SubjectId], version: Version, before: Version
) -> tuple[SubjectId, ...]:
    """The registered among those that are near the subjects, at either version."""
    # Who is registered stays so: all that stands at the earlier version is of subjects registered at the later one.
    found = near(connection, subjects, version, before)
    return tuple(sorted(registered_among(connection, found, max(version, before))))


def near(
    connection: apsw.Connection, subjects: Iterable[SubjectId], version: Version, before: Version
) -> set[SubjectId]:
    """The subjects, their far ends, and the holders of links to their designations, at either version."""
    wanted = set(subjects)
    reached = {"keys": keys(sorted(wanted)), "version": version, "before": before}
    return wanted.union(row[0] for row in connection.execute(FAR_ENDS, reached))


def registered_among(connection: apsw.Connection, subjects: Iterable[SubjectId], version: Version) -> set[SubjectId]:
    """Those of the subjects that are registered."""
    # In their order, so that one page after the other is read, and each once.
    asked = {"keys": keys(sorted(subjects)), "version": version}
    return {row[0] for row in connection.execute(REGISTERED_AMONG, asked)}


def held_by(connection: apsw.Connection, holders: Iterable[SubjectId], version: Version) -> tuple[Relation, ...]:
    """The relation records of the holders."""
    asked = {"keys": keys(set(holders)), "version": version}
    return tuple(map(rows.relation_of, connection.execute(HELD_BY, asked)))


def subjects_after(connection: apsw.Connection, after: SubjectId, version: Version, page: int) -> list[SubjectId]:
    """One page of all subjects, in order."""
    asked = {"after": after, "version": version, "page": page}
    return [row[0] for row in connection.execute(SUBJECTS_AFTER, asked)]


def entries_after(
    connection: apsw.Connection, list_id: str, after: str, version: Version, page: int
) -> list[Designation]:
    """One page of a list's designations, in order of id."""
    asked = {"list": list_id, "after": after, "version": version, "page": page}
    return [rows.designation_of(row) for row in connection.execute(ENTRIES_AFTER, asked)]


def find(connection: apsw.Connection, key: Fact, version: Version) -> Fact | None:
    """The record with the key of `key`."""
    match key:
        case Registration():
            day = key.attributes.valid_from
            asked = {"subject": key.subject, "valid_from": day.isoformat() if day else "", "version": version}
            return _one(connection, FIND_REGISTRATION, asked, registration_of)
        case Relation():
            wanted = relation_key(key)
            ends = {"holder": key.holder, "organisation": key.organisation, "designation": key.designation}
            held = connection.execute(FIND_RELATIONS, {**ends, "type": key.type, "version": version})
            return next((r for r in map(rows.relation_of, held) if relation_key(r) == wanted), None)
        case Designation():
            return _one(connection, FIND_DESIGNATION, {"id": key.id, "version": version}, rows.designation_of)
        case Move():
            asked = {"id": key.designation, "version": version}
            of = _one(connection, FIND_DESIGNATION, asked, rows.designation_of)
            moves = of.moves if of is not None else ()
            return next((m for m in reversed(moves) if (m.to, m.on) == (key.to, key.on)), None)
        case Exemption():
            return _one(connection, FIND_EXEMPTION, {"id": key.id, "version": version}, rows.exemption_of)
        case Objection():
            return _one(connection, FIND_OBJECTION, {"id": key.id, "version": version}, rows.objection_of)


def _one(
    connection: apsw.Connection, statement: str, asked: Mapping[str, Any], read: Callable[[Sequence[Any]], T]
) -> T | None:
    row = connection.execute(statement, asked).fetchone()
    return None if row is None else read(row)


def rulebook_at(connection: apsw.Connection, version: Version) -> str | None:
    """The digest published last at the version."""
    found: str | None = connection.execute(RULEBOOK_AT, {"version": version}).get
    return found


def rulebook_content(connection: apsw.Connection, digest: str) -> bytes | None:
    """The content of a published rulebook."""
    found: bytes | None = connection.execute(RULEBOOK_CONTENT, {"digest": digest}).get
    return found


def changes(connection: apsw.Connection, since: Version, limit: int) -> tuple[Change, ...]:
    """Entries of the change log, oldest first."""
    found = connection.execute(CHANGES, {"since": since, "limit": limit})
    return tuple(
        Change(
            version=version,
            kind=kind,
            actor=actor,
            reason=reason,
            key=key,
            recorded_at=datetime.fromisoformat(recorded_at),
            subjects=tuple(json.loads(subjects)),
            rulebook=rulebook,
        )
        for version, kind, actor, reason, key, recorded_at, subjects, rulebook in found
    )


def counts(connection: apsw.Connection, version: Version) -> dict[str, int]:
    """How many facts of each kind stand."""
    return {kind: connection.execute(statement, {"version": version}).get for kind, statement in COUNTS.items()}
