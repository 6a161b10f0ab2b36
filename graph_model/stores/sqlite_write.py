"""Writing one change set: what stands is read, `graph_model.admission` decides, records are closed and opened.

Every function runs inside one write transaction.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import apsw

from graph_model.admission import Admitted, Recorded, admit, document_of, mentioned
from graph_model.errors import ChangeConflict
from graph_model.neighbourhood import relation_key
from graph_model.nodes import Facts, SubjectId, Version
from graph_model.store import ChangeSet, Publication, Receipt, Vocabulary
from graph_model.stores import sqlite_read as read
from graph_model.stores import sqlite_rows as rows
from graph_model.stores.sqlite_rows import Row, compact

_STANDS = f"recorded_until = {read.OPEN}"
OPEN_STATEMENTS = f"""SELECT {rows.REGISTRATION} FROM {read.EACH} CROSS JOIN registration
    ON subject = wanted WHERE {_STANDS}"""
OPEN_RELATIONS = f"""SELECT {rows.RELATION}
    FROM {read.EACH} CROSS JOIN relation ON holder = wanted WHERE {_STANDS}"""
OPEN_LINKS = f"""SELECT {rows.RELATION}
    FROM {read.EACH} CROSS JOIN relation ON designation = wanted WHERE {_STANDS}"""
OPEN_DESIGNATIONS = f"""SELECT {rows.DESIGNATION}
    FROM {read.EACH} CROSS JOIN designation ON designation.id = wanted WHERE {_STANDS}"""
OPEN_DOCUMENTS = f"""SELECT subject, list, authority, document_no, designation.id FROM {read.EACH}
    CROSS JOIN designation ON subject = wanted WHERE document_no IS NOT NULL AND {_STANDS}"""
OPEN_EXEMPTIONS = f"""SELECT {rows.EXEMPTION}
    FROM {read.EACH} CROSS JOIN exemption ON exemption.id = wanted WHERE {_STANDS}"""
OPEN_OBJECTIONS = f"""SELECT {rows.OBJECTION} FROM {read.EACH} CROSS JOIN objection
    ON objection.id = wanted WHERE {_STANDS}"""
OPEN_OBJECTIONS_TO = f"""SELECT {rows.OBJECTION} FROM {read.EACH} CROSS JOIN objection
    ON designation = wanted WHERE {_STANDS}"""
OPEN_OBJECTIONS_BY_HOLDER = f"""SELECT {rows.OBJECTION} FROM {read.EACH} CROSS JOIN objection
    ON relation_holder = wanted WHERE {_STANDS}"""

KNOWN_KEY = "SELECT version, content_digest, opened, closed, unchanged FROM change WHERE key = :key"
LAST_ENTRY = "SELECT version, chain FROM change ORDER BY version DESC LIMIT 1"
NOW = "SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"
LOG = f"INSERT INTO change VALUES ({', '.join('?' * 14)})"
KEPT_RULEBOOK = "SELECT content, vocabulary FROM rulebook WHERE digest = ?"
KEEP_RULEBOOK = "INSERT INTO rulebook VALUES (?, ?, ?) ON CONFLICT DO NOTHING"


def _insert(table: str, columns: str) -> str:
    marks = ", ".join("?" * (columns.count(",") + 1))
    return f"INSERT INTO {table} ({columns}, recorded_from, recorded_until) VALUES ({marks}, ?, {read.OPEN})"


INSERTS = {
    "registrations": _insert("registration", rows.REGISTRATION),
    "relations": _insert("relation", rows.RELATION),
    "designations": _insert("designation", rows.DESIGNATION),
    "exemptions": _insert("exemption", rows.EXEMPTION),
    "objections": _insert("objection", rows.OBJECTION),
}
CLOSINGS = {
    "registrations": f"UPDATE registration SET recorded_until = ? WHERE subject = ? AND valid_from = ? AND {_STANDS}",
    "relations": f"""UPDATE relation SET recorded_until = ? WHERE holder = ? AND type = ?
        AND organisation IS ? AND designation IS ? AND held_from IS ? AND held_until IS ?
        AND share IS ? AND responsible IS ? AND {_STANDS}""",
    "designations": f"UPDATE designation SET recorded_until = ? WHERE id = ? AND {_STANDS}",
    "exemptions": f"UPDATE exemption SET recorded_until = ? WHERE id = ? AND {_STANDS}",
    "objections": f"UPDATE objection SET recorded_until = ? WHERE id = ? AND {_STANDS}",
}
KINDS_OF_RECORDS = tuple(INSERTS)
"""The kinds of records that have a table; moves are in their designation's."""
SPELLING: dict[str, Callable[[Any], Row]] = {
    "registrations": rows.registration_row,
    "relations": rows.relation_row,
    "designations": rows.designation_row,
    "moves": rows.move_row,
    "exemptions": rows.exemption_row,
    "objections": rows.objection_row,
}


def assess(connection: apsw.Connection, change: ChangeSet, vocabulary: Vocabulary) -> Admitted:
    """Say what would become of a change set; writes nothing."""
    return admit(change, recorded(connection, change), vocabulary)


def commit(connection: apsw.Connection, change: ChangeSet, vocabulary: Vocabulary) -> Receipt:
    """Write a change set as the next version, unless its key is known."""
    digest = content_digest(change)
    if (receipt := receipt_of(connection, change.key, digest)) is not None:
        return receipt
    admitted = assess(connection, change, vocabulary)
    admitted.or_raise()
    version, chain = next_entry(connection)
    written = _write(connection, admitted, version)
    receipt = Receipt(
        version=version,
        opened=admitted.count("new") + admitted.corrected,
        closed=admitted.corrected + admitted.retracted,
        unchanged=admitted.count("unchanged"),
    )
    log(
        connection,
        (version, "facts", change.actor, change.reason, change.key),
        None,
        (digest, written),
        receipt,
        admitted.subjects,
        chain,
    )
    return receipt


def publish(connection: apsw.Connection, publication: Publication) -> Receipt:
    """Put a rulebook in force from the next version on, unless it is the last one, or the key is known."""
    if (receipt := receipt_of(connection, publication.key, publication.digest)) is not None:
        return receipt
    latest = read.latest_version(connection)
    if read.rulebook_at(connection, latest) == publication.digest:
        found = connection.execute(
            "SELECT max(version) FROM change WHERE rulebook IS NOT NULL AND version <= ?", (latest,)
        ).get
        return Receipt(version=found, repeated=True)
    version, chain = next_entry(connection)
    connection.execute(
        KEEP_RULEBOOK, (publication.digest, publication.content, rows.vocabulary_text(publication.vocabulary))
    )
    receipt = Receipt(version=version)
    about = (version, "rulebook", publication.actor, publication.reason, publication.key)
    digests = (publication.digest, published_digest(connection, publication.digest))
    log(connection, about, publication.digest, digests, receipt, (), chain)
    return receipt


def receipt_of(connection: apsw.Connection, key: str, digest: str) -> Receipt | None:
    """The receipt of the first time this key was used; `None` where it is new.

    Raises:
        ChangeConflict: it was used with other content.

    """
    known = connection.execute(KNOWN_KEY, {"key": key}).fetchone()
    if known is None:
        return None
    version, first_digest, opened, closed, unchanged = known
    if first_digest != digest:
        raise ChangeConflict(
            f"幂等键已用于其他内容 / idempotency key `{key}` was used for version {version} with other content",
            hint="use a new key for new content; nothing was written",
        )
    return Receipt(version, opened, closed, unchanged, repeated=True)


def recorded(connection: apsw.Connection, change: ChangeSet) -> Recorded:
    """Read the records that stand and that a change set mentions."""
    asked = mentioned(change)

    def standing(statement: str, keys: Iterable[str]) -> Iterable[Row]:
        keys = list(keys)
        return connection.execute(statement, {"keys": json.dumps(keys)}) if keys else ()

    registrations = [rows.registration_of(row) for row in standing(OPEN_STATEMENTS, asked.stated)]
    registered = {r.subject for r in registrations}
    # Links and objections are read where they could be left dangling.
    relations = [rows.relation_of(row) for row in standing(OPEN_RELATIONS, asked.holders)]
    relations += [rows.relation_of(row) for row in standing(OPEN_LINKS, asked.retracted)]
    designations = [rows.designation_of(row) for row in standing(OPEN_DESIGNATIONS, asked.designations)]
    objections = [rows.objection_of(row) for row in standing(OPEN_OBJECTIONS, asked.objections)]
    objections += [rows.objection_of(row) for row in standing(OPEN_OBJECTIONS_TO, asked.retracted)]
    objections += [rows.objection_of(row) for row in standing(OPEN_OBJECTIONS_BY_HOLDER, asked.unrelated)]
    documents = {(row[0], row[1], row[2], row[3]): row[4] for row in standing(OPEN_DOCUMENTS, asked.designated)}
    documents.update({document_of(d): d.id for d in designations if d.document_no is not None})
    exemptions = [rows.exemption_of(row) for row in standing(OPEN_EXEMPTIONS, asked.exemptions)]
    return Recorded(
        registered=registered | _registered(connection, asked.subjects - asked.stated),
        registrations={(r.subject, r.attributes.valid_from): r for r in registrations},
        relations={relation_key(r): r for r in relations},
        designations={d.id: d for d in designations},
        documents=documents,
        exemptions={e.id: e for e in exemptions},
        objections={o.id: o for o in objections},
    )


def _registered(connection: apsw.Connection, subjects: Iterable[SubjectId]) -> set[SubjectId]:
    subjects = list(subjects)
    return read.registered_among(connection, subjects, read.OPEN - 1) if subjects else set()


def _write(connection: apsw.Connection, admitted: Admitted, version: Version) -> str:
    """Close and open records; give the digest of both."""
    closing = {kind: _spelled(admitted.closed, kind) for kind in KINDS_OF_RECORDS}
    opening = {kind: _spelled(admitted.opened, kind) for kind in KINDS_OF_RECORDS}
    for kind, spelled in closing.items():
        if spelled:
            connection.executemany(CLOSINGS[kind], [_key_of(kind, row, version) for row in spelled])
    for kind, spelled in opening.items():
        if spelled:
            connection.executemany(INSERTS[kind], [(*row, version) for row in spelled])
    return written_digest(closing, opening)


def written_digest(closed: Mapping[str, list[Row]], opened: Mapping[str, list[Row]]) -> str:
    """The digest of the records that a version closed and opened, each kind's in the order of their spelling."""
    digest = hashlib.sha256()
    for step, by_kind in (("closed", closed), ("opened", opened)):
        for kind in KINDS_OF_RECORDS:
            if spelled := by_kind[kind]:
                digest.update(compact([step, kind, spelled]).encode())
    return f"sha256:{digest.hexdigest()}"


def published_digest(connection: apsw.Connection, rulebook: str) -> str:
    """The digest of a rulebook as it is kept."""
    kept = connection.execute(KEPT_RULEBOOK, (rulebook,)).fetchone()
    content, vocabulary = kept if kept is not None else (b"", "")
    return f"sha256:{hashlib.sha256(content + vocabulary.encode()).hexdigest()}"


def _key_of(kind: str, row: Row, version: Version) -> Row:
    if kind == "relations":
        relation_type, holder, *rest = row
        return (version, holder, relation_type, *rest[:6])
    return (version, *row[: 2 if kind == "registrations" else 1])


def _spelled(facts: Facts, kind: str) -> list[Row]:
    """The rows of one kind, in an order that does not depend on the order in which they were given."""
    given = getattr(facts, kind)
    return sorted(map(SPELLING[kind], given), key=repr) if given else []


def content_digest(change: ChangeSet) -> str:
    """The digest of what a change set says; the order of facts is no difference, that of moves is."""
    digest = hashlib.sha256()
    for step in ("facts", "corrections", "retractions"):
        facts: Facts = getattr(change, step)
        for kind in SPELLING:
            spelled = [rows.move_row(m) for m in facts.moves] if kind == "moves" else _spelled(facts, kind)
            if spelled:
                digest.update(compact([step, kind, spelled]).encode())
    return f"sha256:{digest.hexdigest()}"


def next_entry(connection: apsw.Connection) -> tuple[Version, str]:
    """The version of the next change, and the chain it continues."""
    last = connection.execute(LAST_ENTRY).fetchone()
    return (1, "") if last is None else (last[0] + 1, last[1])


def log(
    connection: apsw.Connection,
    about: tuple[Version, str, str, str, str],
    rulebook: str | None,
    digests: tuple[str, str],
    receipt: Receipt,
    subjects: tuple[SubjectId, ...],
    chain: str,
) -> None:
    """Write one entry of the change log, chained to the one before."""
    recorded_at = connection.execute(NOW).get
    counts = (receipt.opened, receipt.closed, receipt.unchanged)
    entry = (*about, recorded_at, rulebook, *digests, *counts)
    listed = compact(subjects)
    connection.execute(LOG, (*entry, link(chain, entry, listed), listed))


def link(chain: str, entry: Row, subjects: str) -> str:
    """Chain an entry to the one before it."""
    digest = hashlib.sha256(f"{chain}\n{compact(entry)}\n{subjects}".encode())
    return f"sha256:{digest.hexdigest()}"
