"""Writing one change set: what stands is read, `graph_model.admission` decides, records are closed and opened.

Every function runs inside one write transaction.
"""

from typing import NamedTuple

import apsw

from graph_model.admission import Admitted, admit
from graph_model.nodes import Designation, Facts, Version
from graph_model.store import Change, ChangeSet, Publication, Receipt, Vocabulary
from graph_model.stores import rows
from graph_model.stores import sqlite_read as read
from graph_model.stores.digests import Entry, digest_of_rulebook
from graph_model.stores.drafts import content_digest, digests_of, opened_rows, receipt_for, written_digest
from graph_model.stores.rows import Row, spelled
from graph_model.stores.sqlite_log import Place, digest_of_kept, log, next_place, receipt_of
from graph_model.stores.sqlite_recorded import recorded

_STANDS = f"recorded_until = {read.OPEN}"
KEEP_RULEBOOK = "INSERT INTO rulebook VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
LAST_PUBLICATION = "SELECT max(version) FROM change WHERE rulebook IS NOT NULL"


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
REGISTER = INSERTS["registrations"] + " ON CONFLICT DO NOTHING"


def assess(connection: apsw.Connection, change: ChangeSet, vocabulary: Vocabulary) -> Admitted:
    """Say what would become of a change set; writes nothing."""
    return admit(change, recorded(connection, change), vocabulary)


class Written(NamedTuple):
    """A receipt, the entry of the log that was written with it, and the new designations if nothing else was."""

    receipt: Receipt
    entry: Change | None = None
    entered: tuple[Designation, ...] = ()


def commit(connection: apsw.Connection, change: ChangeSet, place: Place, vocabulary: Vocabulary) -> Written:
    """Write a change set as the next version, unless its key is known."""
    facts = spelled(change.facts)
    digests = digests_of(facts)
    content = content_digest(change, digests)
    if (receipt := receipt_of(connection, change.key, content)) is not None:
        return Written(receipt)
    if set(facts) == {"registrations"} and change.corrections == change.retractions == Facts():
        written = _register(connection, change, facts["registrations"], content, digests, place)
        if written is not None:
            return written
        # Its transaction was taken back, and in between another process may have written, even the same.
        place = next_place(connection)
        if (receipt := receipt_of(connection, change.key, content)) is not None:
            return Written(receipt)
    admitted = assess(connection, change, vocabulary)
    admitted.or_raise()
    closed, opened = spelled(admitted.closed), opened_rows(change, admitted, facts)
    for kind, closing in closed.items():
        connection.executemany(CLOSINGS[kind], [_key_of(kind, row, place.version) for row in closing])
    for kind, opening in opened.items():
        connection.executemany(INSERTS[kind], [(*row, place.version) for row in opening])
    known = {kind: digests[kind] for kind, opening in opened.items() if opening is facts.get(kind)}
    receipt = receipt_for(place.version, admitted)
    entry = Entry("facts", change.actor, change.reason, change.key, content, written_digest(closed, opened, known))
    entered = () if closed or opened.keys() - {"designations"} else admitted.opened.designations
    return Written(receipt, log(connection, entry, receipt, admitted.subjects, place), entered)


def _register(
    connection: apsw.Connection,
    change: ChangeSet,
    given: list[Row],
    content: str,
    digests: dict[str, str],
    place: Place,
) -> Written | None:
    """Write registrations alone, the bulk of every city, without reading what stands; `None`: begin anew, look closer.

    A registration rests on nothing and contradicts nothing but another of the same subject and day: where none was
    there, all are new. The unique key of open records says whether none was.
    """
    subjects = [row[0] for row in given]
    if " ".join(subjects).split() != subjects:  # one of them is empty or has white space
        return None
    before = connection.total_changes()
    connection.executemany(REGISTER, [(*row, place.version) for row in given])
    if connection.total_changes() - before < len(given):
        # A savepoint would have to copy every page first, for a case that is rare: nothing else is written yet.
        connection.execute("ROLLBACK; BEGIN IMMEDIATE")
        return None
    receipt = Receipt(place.version, opened=len(given))
    written = written_digest({}, {"registrations": given}, digests)
    entry = Entry("facts", change.actor, change.reason, change.key, content, written)
    # The rows are sorted by subject, and a subject with two statements comes twice in a row.
    return Written(receipt, log(connection, entry, receipt, tuple(dict.fromkeys(subjects)), place))


def _key_of(kind: str, row: Row, version: Version) -> Row:
    if kind == "relations":
        relation_type, holder, *rest = row
        return (version, holder, relation_type, *rest[:6])
    return (version, *row[: 2 if kind == "registrations" else 1])


def publish(connection: apsw.Connection, publication: Publication) -> Receipt:
    """Put a rulebook in force from the next version on, unless it is the last one, or the key is known."""
    if (receipt := receipt_of(connection, publication.key, publication.digest)) is not None:
        return receipt
    place = next_place(connection)
    if place.rulebook == publication.digest:
        return Receipt(version=connection.execute(LAST_PUBLICATION).get, repeated=True)
    words = rows.vocabulary_text(publication.vocabulary)
    connection.execute(KEEP_RULEBOOK, (publication.digest, publication.content, words))
    is_new = connection.changes() == 1
    written = (
        digest_of_rulebook(publication.content, words) if is_new else digest_of_kept(connection, publication.digest)
    )
    receipt = Receipt(version=place.version)
    about = (publication.actor, publication.reason, publication.key)
    entry = Entry("rulebook", *about, publication.digest, written, rulebook=publication.digest)
    log(connection, entry, receipt, (), place)
    return receipt
