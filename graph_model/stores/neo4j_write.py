"""Writing one change set to the graph: two statements in one transaction.

The first takes the one lock of all writers, then reads what stands; `graph_model.admission` decides; the second
writes. `run` runs one statement of the transaction.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from graph_model.admission import Admitted, Mentioned, Recorded, admit, document_of, mentioned
from graph_model.neighbourhood import relation_key
from graph_model.nodes import SubjectId, Version
from graph_model.statements import registration_of
from graph_model.store import ChangeSet, Publication, Receipt, Vocabulary
from graph_model.stores import rows
from graph_model.stores.digests import Entry, digest_of_rulebook, link
from graph_model.stores.drafts import (
    content_digest,
    digests_of,
    opened_rows,
    receipt_for,
    repeated_receipt,
    written_digest,
)
from graph_model.stores.neo4j_connect import Run
from graph_model.stores.neo4j_read import HELD_PROPERTIES, OPEN, relation_of
from graph_model.stores.neo4j_rows import HELD, LINK, rows_at
from graph_model.stores.neo4j_rulebook import IN_FORCE, KEEP, draw
from graph_model.stores.neo4j_statements import (
    COUNTED,
    Known,
    change_node,
    counts_after,
    statement_of,
    written_by,
)
from graph_model.stores.rows import Row, compact, spelled

_HELD = f"[s.id, type(r), n.id, {HELD_PROPERTIES}]"
_TIED = "WHERE r.recorded_until IS NULL"
LOCK = "MATCH (x:Store {id: 'xinheng'}) SET x.writer = $token WITH x"
HEAD = f"""OPTIONAL MATCH (last:Change {{version: x.version}})
    OPTIONAL MATCH (c:Change {{key: $key}})
    RETURN x.version, coalesce(last.chain, ''), [{", ".join(f"coalesce(last.{kind}, 0)" for kind in COUNTED)}],
        toString(datetime.realtime('UTC')), x.rulebook, c.token,
        CASE WHEN c IS NULL THEN NULL ELSE [c.version, c.content_digest, c.opened, c.closed, c.unchanged] END"""
READ = f"""RETURN
    COLLECT {{ UNWIND $stated AS id MATCH (n:Subject {{id: id}}) RETURN [n.id, n.records] }},
    COLLECT {{ UNWIND $subjects AS id MATCH (n:Subject {{id: id}}) RETURN n.id }},
    COLLECT {{ UNWIND $holders AS id MATCH (s:Subject {{id: id}})-[r:{HELD}]->(n:Subject) {_TIED}
        RETURN {_HELD} }}
    + COLLECT {{ UNWIND $holders AS id MATCH (s:Subject {{id: id}})-[r:{LINK}]->(n:Designation) {_TIED}
        RETURN {_HELD} }}
    + COLLECT {{ UNWIND $retracted AS id MATCH (n:Designation {{id: id}})<-[r:{LINK}]-(s:Subject) {_TIED}
        RETURN {_HELD} }},
    COLLECT {{ UNWIND $designations AS id MATCH (n:Designation {{id: id}}) RETURN [n.id, n.records] }},
    COLLECT {{ UNWIND $designated AS id MATCH (s:Subject {{id: id}})<-[:DESIGNATES]-(n:Designation)
        WHERE n.document_no IS NOT NULL AND n.subject = s.id AND n.retracted IS NULL
        RETURN [n.subject, n.list, n.authority, n.document_no, n.id] }},
    COLLECT {{ UNWIND $exemptions AS id MATCH (n:Exemption {{id: id}}) RETURN [n.id, n.records] }},
    COLLECT {{ UNWIND $objections AS id MATCH (n:Objection {{id: id}}) RETURN [n.id, n.records] }}
    + COLLECT {{ UNWIND $retracted AS id MATCH (d:Designation {{id: id}})<-[:CONTESTS]-(n:Objection)
        RETURN [n.id, n.records] }}
    + COLLECT {{ UNWIND $unrelated AS id MATCH (s:Subject {{id: id}})<-[:CONTESTS]-(n:Objection)
        RETURN [n.id, n.records] }}"""
LOG = """MATCH (x:Store {id: 'xinheng'}) SET x.version = $version CREATE (c:Change) SET c = $change"""
LOG_RULEBOOK = """MATCH (x:Store {id: 'xinheng'}) SET x.version = $version, x.rulebook = $change.rulebook
    CREATE (c:Change:Publication) SET c = $change"""
LAST_PUBLICATION = "MATCH (c:Publication) RETURN max(c.version)"
VOCABULARY = "MATCH (b:Rulebook {digest: $digest}) RETURN b.vocabulary"
KEPT_RULEBOOK = "MATCH (b:Rulebook {digest: $digest}) RETURN b.content, b.vocabulary"


@dataclass(frozen=True, slots=True)
class Head:
    """Where the log stands, once the lock is held. `now` is the server's clock, for people."""

    version: Version
    chain: str
    counts: Sequence[int]
    now: str
    rulebook: str | None
    token: str | None
    """Who wrote the change with the key that is asked for, if one has it."""
    known: Row | None


def head(run: Run, key: str, token: str) -> Head:
    """Take the lock of all writers and say where the log stands."""
    [[version, chain, counts, now, rulebook, its_token, known]] = run(f"{LOCK} {HEAD}", {"key": key, "token": token})
    # Milliseconds, as the embedded store writes them; a whole second comes without.
    recorded_at = f"{now[:23]}Z" if now[19] == "." else f"{now[:19]}.000Z"
    return Head(version, chain, counts, recorded_at, rulebook, its_token, known)


def asked_of(change: ChangeSet) -> dict[str, list[str]]:
    """Say what of the graph must be read to admit a change set, as parameters."""
    asked: Mentioned = mentioned(change)
    return {
        "stated": sorted(asked.stated),
        "subjects": sorted(asked.subjects - asked.stated),
        "holders": sorted(asked.holders),
        "retracted": sorted(asked.retracted),
        "designations": sorted(asked.designations),
        "designated": sorted(asked.designated),
        "exemptions": sorted(asked.exemptions),
        "objections": sorted(asked.objections),
        "unrelated": sorted(asked.unrelated),
    }


def recorded(found: Sequence[Any]) -> tuple[Recorded, Known]:
    """Make what stands, and the records of the nodes that are there, out of what `READ` found."""
    stated, subjects, held, designated, documents, exempted, objected = found

    def standing(nodes: Sequence[Any]) -> list[Row]:
        return [row for _, texts in nodes for row in rows_at(texts, OPEN - 1)]

    registrations = [registration_of(row) for row in standing(stated)]
    relations = [relation_of(holder, entry) for holder, *entry in held]
    designations = [rows.designation_of(row) for row in standing(designated)]
    by_document = {(subject, list_id, authority, no): id_ for subject, list_id, authority, no, id_ in documents}
    by_document.update({document_of(d): d.id for d in designations if d.document_no is not None})
    return Recorded(
        registered={*subjects, *(r.subject for r in registrations)},
        registrations={(r.subject, r.attributes.valid_from): r for r in registrations},
        relations={relation_key(r): r for r in relations},
        designations={d.id: d for d in designations},
        documents=by_document,
        exemptions={e.id: e for e in map(rows.exemption_of, standing(exempted))},
        objections={o.id: o for o in map(rows.objection_of, standing(objected))},
    ), {
        "registrations": dict(stated),
        "designations": dict(designated),
        "exemptions": dict(exempted),
        "objections": dict(objected),
    }


def assess(found: Sequence[Any], change: ChangeSet, vocabulary: Vocabulary) -> Admitted:
    """Say what would become of a change set; writes nothing."""
    return admit(change, recorded(found)[0], vocabulary)


def commit(run: Run, change: ChangeSet, token: str, vocabulary_of: Callable[[Run, str | None], Vocabulary]) -> Receipt:
    """Write a change set as the next version, unless its key is known."""
    facts = spelled(change.facts)
    digests = digests_of(facts)
    content = content_digest(change, digests)
    at = head(run, change.key, token)
    if at.known is not None:
        receipt = repeated_receipt(at.known, change.key, content)
        # The connection broke after our own commit: this is the first acknowledgement, not a repetition.
        return replace(receipt, repeated=False) if at.token == token else receipt
    [found] = run(READ, asked_of(change))
    stands, known = recorded(found)
    admitted = admit(change, stands, vocabulary_of(run, at.rulebook))
    admitted.or_raise()
    closed, opened = spelled(admitted.closed), opened_rows(change, admitted, facts)
    given = {kind: digests[kind] for kind, opening in opened.items() if opening is facts.get(kind)}
    receipt = receipt_for(at.version + 1, admitted)
    entry = Entry("facts", change.actor, change.reason, change.key, content, written_digest(closed, opened, given))
    counts = counts_after(at.counts, closed, opened)
    node = _entry_node(entry, receipt, at, admitted.subjects, counts, token)
    written = written_by(closed, opened, receipt.version, known)
    run(statement_of(written, LOG), {**written, "version": receipt.version, "change": node})
    return receipt


def _entry_node(
    entry: Entry, receipt: Receipt, at: Head, subjects: tuple[SubjectId, ...], counts: Mapping[str, int], token: str
) -> dict[str, Any]:
    columns = (
        *(receipt.version, entry.kind, entry.actor, entry.reason, entry.key, at.now, entry.rulebook),
        *(entry.content_digest, entry.written_digest, receipt.opened, receipt.closed, receipt.unchanged),
    )
    chain = link(at.chain, columns, compact(subjects))
    return {**change_node(columns, chain, subjects, counts), "token": token}


def publish(run: Run, publication: Publication, token: str) -> Receipt:
    """Put a rulebook in force from the next version on, unless it is the last one, or the key is known."""
    at = head(run, publication.key, token)
    if at.known is not None:
        receipt = repeated_receipt(at.known, publication.key, publication.digest)
        return replace(receipt, repeated=False) if at.token == token else receipt
    if at.rulebook == publication.digest:
        return Receipt(version=run(LAST_PUBLICATION, {})[0][0], repeated=True)
    words = rows.vocabulary_text(publication.vocabulary)
    asked = {"digest": publication.digest, "content": publication.content, "vocabulary": words}
    [[drawn]] = run(KEEP, asked)
    if not drawn:
        draw(run, publication.digest, publication.graph())
    [[content, vocabulary]] = run(KEPT_RULEBOOK, {"digest": publication.digest})
    receipt = Receipt(version=at.version + 1)
    about = (publication.actor, publication.reason, publication.key)
    written = digest_of_rulebook(bytes(content), vocabulary)
    entry = Entry("rulebook", *about, publication.digest, written, rulebook=publication.digest)
    node = _entry_node(entry, receipt, at, (), dict(zip(COUNTED, at.counts, strict=True)), token)
    run(LOG_RULEBOOK, {"version": receipt.version, "change": node})
    run(IN_FORCE, {"digest": publication.digest, "version": receipt.version})
    return receipt
