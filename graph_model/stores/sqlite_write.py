"""Writing one change set: what stands is read, `graph_model.admission` decides, records are closed and opened.

Every function runs inside one write transaction.
"""

import apsw

from graph_model.admission import Admitted, admit
from graph_model.nodes import Facts, Version
from graph_model.store import ChangeSet, Publication, Receipt, Vocabulary
from graph_model.stores import sqlite_read as read
from graph_model.stores import sqlite_rows as rows
from graph_model.stores.sqlite_log import (
    Entry,
    digest_of_kept,
    digest_of_rows,
    digest_of_rulebook,
    digest_of_steps,
    log,
    next_entry,
    receipt_of,
)
from graph_model.stores.sqlite_recorded import recorded
from graph_model.stores.sqlite_rows import RECORDS, Row, spelled

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


def commit(connection: apsw.Connection, change: ChangeSet, vocabulary: Vocabulary) -> Receipt:
    """Write a change set as the next version, unless its key is known."""
    facts = spelled(change.facts)
    digests = {kind: digest_of_rows(kind, given) for kind, given in facts.items()}
    content = _content_digest(change, digests)
    if (receipt := receipt_of(connection, change.key, content)) is not None:
        return receipt
    if set(facts) == {"registrations"} and change.corrections == change.retractions == Facts():
        receipt = _register(connection, change, facts["registrations"], content, digests)
        # Its transaction was taken back, and in between another process may have written the same.
        if receipt is not None or (receipt := receipt_of(connection, change.key, content)) is not None:
            return receipt
    admitted = assess(connection, change, vocabulary)
    admitted.or_raise()
    closed, opened = spelled(admitted.closed), _opened(change, admitted, facts)
    version, chain = next_entry(connection)
    for kind, closing in closed.items():
        connection.executemany(CLOSINGS[kind], [_key_of(kind, row, version) for row in closing])
    for kind, opening in opened.items():
        connection.executemany(INSERTS[kind], [(*row, version) for row in opening])
    known = {kind: digests[kind] for kind, opening in opened.items() if opening is facts.get(kind)}
    receipt = Receipt(
        version=version,
        opened=admitted.count("new") + admitted.corrected,
        closed=admitted.corrected + admitted.retracted,
        unchanged=admitted.count("unchanged"),
    )
    entry = Entry("facts", change.actor, change.reason, change.key, content, written_digest(closed, opened, known))
    log(connection, entry, receipt, admitted.subjects, chain)
    return receipt


def _register(
    connection: apsw.Connection, change: ChangeSet, given: list[Row], content: str, digests: dict[str, str]
) -> Receipt | None:
    """Write registrations alone, the bulk of every city, without reading what stands; `None`: begin anew, look closer.

    A registration rests on nothing and contradicts nothing but another of the same subject and day: where none was
    there, all are new. The unique key of open records says whether none was.
    """
    subjects = [row[0] for row in given]
    if " ".join(subjects).split() != subjects:  # one of them is empty or has white space
        return None
    version, chain = next_entry(connection)
    before = connection.total_changes()
    connection.executemany(REGISTER, [(*row, version) for row in given])
    if connection.total_changes() - before < len(given):
        # A savepoint would have to copy every page first, for a case that is rare: nothing else is written yet.
        connection.execute("ROLLBACK; BEGIN IMMEDIATE")
        return None
    receipt = Receipt(version, opened=len(given))
    written = written_digest({}, {"registrations": given}, digests)
    entry = Entry("facts", change.actor, change.reason, change.key, content, written)
    # The rows are sorted by subject, and a subject with two statements comes twice in a row.
    log(connection, entry, receipt, tuple(dict.fromkeys(subjects)), chain)
    return receipt


def _content_digest(change: ChangeSet, of_facts: dict[str, str]) -> str:
    """The digest of what a change set says; the order of facts is no difference, that of moves is."""
    steps = [(f"facts {kind}", digest) for kind, digest in of_facts.items()]
    for step, facts in (("corrections", change.corrections), ("retractions", change.retractions)):
        steps += [(f"{step} {kind}", digest_of_rows(kind, given)) for kind, given in spelled(facts).items()]
    return digest_of_steps(steps)


def written_digest(
    closed: dict[str, list[Row]], opened: dict[str, list[Row]], known: dict[str, str] | None = None
) -> str:
    """The digest of the records that a version closed and opened; `known` are digests of opened kinds."""
    steps = [(f"closed {kind}", digest_of_rows(kind, given)) for kind, given in closed.items()]
    for kind, given in opened.items():
        steps.append((f"opened {kind}", (known or {}).get(kind) or digest_of_rows(kind, given)))
    return digest_of_steps(steps)


def _opened(change: ChangeSet, admitted: Admitted, facts: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """Spell the records to open; where these are all the facts that were given, they are spelled already."""
    as_given = {
        kind
        for kind in facts
        if kind in RECORDS
        and len(getattr(admitted.opened, kind)) == len(facts[kind])
        and not getattr(change.corrections, kind)
        and (kind != "designations" or not (change.facts.moves or change.corrections.moves))
    }
    rest = Facts(**{kind: getattr(admitted.opened, kind) for kind in RECORDS if kind not in as_given})
    found = spelled(rest) | {kind: facts[kind] for kind in as_given}
    return {kind: found[kind] for kind in RECORDS if kind in found}


def _key_of(kind: str, row: Row, version: Version) -> Row:
    if kind == "relations":
        relation_type, holder, *rest = row
        return (version, holder, relation_type, *rest[:6])
    return (version, *row[: 2 if kind == "registrations" else 1])


def publish(connection: apsw.Connection, publication: Publication) -> Receipt:
    """Put a rulebook in force from the next version on, unless it is the last one, or the key is known."""
    if (receipt := receipt_of(connection, publication.key, publication.digest)) is not None:
        return receipt
    if read.rulebook_at(connection, read.latest_version(connection)) == publication.digest:
        return Receipt(version=connection.execute(LAST_PUBLICATION).get, repeated=True)
    version, chain = next_entry(connection)
    words = rows.vocabulary_text(publication.vocabulary)
    connection.execute(KEEP_RULEBOOK, (publication.digest, publication.content, words))
    is_new = connection.changes() == 1
    written = (
        digest_of_rulebook(publication.content, words) if is_new else digest_of_kept(connection, publication.digest)
    )
    receipt = Receipt(version=version)
    about = (publication.actor, publication.reason, publication.key)
    entry = Entry("rulebook", *about, publication.digest, written, rulebook=publication.digest)
    log(connection, entry, receipt, (), chain)
    return receipt
