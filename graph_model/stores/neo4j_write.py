"""Writing one change set to the graph: what stands is read, `graph_model.admission` decides, one statement writes.

Either both in one transaction, which takes the one lock of all writers first. Or, in half the round trips, each by
itself: the writing statement takes the lock and writes only where the version still is the one that was known before
anything was read, for then nothing was written in between.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from graph_model.admission import Admitted, Mentioned, Recorded, admit, document_of, mentioned
from graph_model.neighbourhood import relation_key
from graph_model.nodes import Facts, SubjectId, Version
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
    Written,
    change_node,
    counts_after,
    pieces_for,
    written_by,
)
from graph_model.stores.rows import Row, compact, spelled

_HELD = f"[s.id, type(r), n.id, {HELD_PROPERTIES}]"
_TIED = "WHERE r.recorded_until IS NULL"
STORE = "MATCH (x:Store {id: 'xinheng'})"
LOCKED = f"{STORE} SET x.writer = $token WITH x"
HEAD = f"""OPTIONAL MATCH (last:Change {{version: x.version}})
    OPTIONAL MATCH (c:Change {{key: $key}})
    RETURN x.version, coalesce(last.chain, ''), [{", ".join(f"coalesce(last.{kind}, 0)" for kind in COUNTED)}],
        toString(datetime.realtime('UTC')), x.rulebook, c.token,
        CASE WHEN c IS NULL THEN NULL ELSE [c.version, c.content_digest, c.opened, c.closed, c.unchanged] END"""
_READS: Sequence[Mapping[str, str]] = (
    {"stated": "MATCH (n:Subject {id: id}) RETURN [n.id, n.records]"},
    {"subjects": "MATCH (n:Subject {id: id}) RETURN n.id"},
    {
        "holders": f"MATCH (s:Subject {{id: id}})-[r:{HELD}]->(n:Subject) {_TIED} RETURN {_HELD}",
        "linked": f"MATCH (s:Subject {{id: id}})-[r:{LINK}]->(n:Designation) {_TIED} RETURN {_HELD}",
        "retracted": f"MATCH (n:Designation {{id: id}})<-[r:{LINK}]-(s:Subject) {_TIED} RETURN {_HELD}",
    },
    {"designations": "MATCH (n:Designation {id: id}) RETURN [n.id, n.records]"},
    {
        "designated": """MATCH (s:Subject {id: id})<-[:DESIGNATES]-(n:Designation)
            WHERE n.document_no IS NOT NULL AND n.subject = s.id AND n.retracted IS NULL
            RETURN [n.subject, n.list, n.authority, n.document_no, n.id]"""
    },
    {"exemptions": "MATCH (n:Exemption {id: id}) RETURN [n.id, n.records]"},
    {
        "objections": "MATCH (n:Objection {id: id}) RETURN [n.id, n.records]",
        "retracted": "MATCH (d:Designation {id: id})<-[:CONTESTS]-(n:Objection) RETURN [n.id, n.records]",
        "unrelated": "MATCH (s:Subject {id: id})<-[:CONTESTS]-(n:Objection) RETURN [n.id, n.records]",
    },
)
"""What is read to admit a change, in seven lists: for each kind of keys that is asked for, how."""
UNCHANGED = f"{LOCKED} WHERE x.version = $given.version - 1"
LOG = "SET x.version = $given.version CREATE (c:Change) SET c = $given.change RETURN true"
LOG_RULEBOOK = """MATCH (x:Store {id: 'xinheng'}) SET x.version = $given.version, x.rulebook = $given.change.rulebook
    CREATE (c:Change:Publication) SET c = $given.change"""
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


def head_of(found: Sequence[Any]) -> Head:
    """Read what `HEAD` found."""
    version, chain, counts, now, rulebook, token, known = found
    # Milliseconds, as the embedded store writes them; a whole second comes without.
    recorded_at = f"{now[:23]}Z" if now[19] == "." else f"{now[:19]}.000Z"
    return Head(version, chain, counts, recorded_at, rulebook, token, known)


def asked_of(change: ChangeSet) -> dict[str, list[str]]:
    """Say what of the graph must be read to admit a change set, as parameters."""
    asked: Mentioned = mentioned(change)
    return {
        "stated": sorted(asked.stated),
        "subjects": sorted(asked.subjects - asked.stated),
        "holders": sorted(asked.holders),
        "linked": sorted(asked.holders),
        "retracted": sorted(asked.retracted),
        "designations": sorted(asked.designations),
        "designated": sorted(asked.designated),
        "exemptions": sorted(asked.exemptions),
        "objections": sorted(asked.objections),
        "unrelated": sorted(asked.unrelated),
    }


def reading(asked: Mapping[str, Sequence[str]]) -> str:
    """Give what reads the seven lists, as parts of a RETURN; nothing for kinds of keys of which none is asked for.

    Not always everything: a server that was just started needs seconds to plan that, while others wait for the lock.
    """
    lists = []
    for n, reads in enumerate(_READS):
        # One map of all keys, not a list each: the server plans anew for every combination of lengths of lists.
        found = [f"COLLECT {{ UNWIND $asked.{keys} AS id {how} }}" for keys, how in reads.items() if asked[keys]]
        lists.append(f"{' + '.join(found) or '[]'} AS read{n}")
    return ",\n".join(lists)


def recorded(found: Sequence[Any]) -> tuple[Recorded, Known]:
    """Make what stands, and the records of the nodes that are there, out of what was read (`reading`)."""
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


def write_statement(written: Written) -> str:
    """Give the statement that writes one change: nothing, where another has written since."""
    return f"{UNCHANGED}\n{pieces_for(written)}\n{LOG}"


def _kinds_of(facts: Facts) -> tuple[Sequence[object], ...]:
    return (facts.registrations, facts.relations, facts.designations, facts.moves, facts.exemptions, facts.objections)


class Writing:
    """One change set on its way: `token` tells it from another that was sent with the same key."""

    def __init__(self, change: ChangeSet, token: str, vocabulary_of: Callable[[Run, str | None], Vocabulary]) -> None:
        self._change = change
        self._token = token
        self._vocabulary_of = vocabulary_of
        self._facts = spelled(change.facts)
        self.size = sum(len(given) for facts in (change.facts, change.corrections) for given in _kinds_of(facts))
        self._digests = digests_of(self._facts)
        self._content = content_digest(change, self._digests)
        asked = asked_of(change)
        self._asked, self._reading = {"asked": asked, "key": change.key, "token": token}, reading(asked)

    def locked(self, run: Run) -> Receipt:
        """Write as the next version, inside one transaction that `run` belongs to."""
        [found] = run(f"{LOCKED} {HEAD}, {self._reading}", self._asked)
        receipt, given = self._drafted(run, found)
        if given:
            run(write_statement(given["given"]), given)
        return receipt

    def at_once(self, run: Run, expected: Version) -> Receipt | None:
        """Write as the version after `expected`; `None` where others have written since. `run`: one statement each."""
        [found] = run(f"{STORE} {HEAD}, {self._reading}", self._asked)
        if found[0] != expected and found[6] is None:
            return None
        receipt, given = self._drafted(run, found)
        return receipt if not given or run(write_statement(given["given"]), given) else None

    def _drafted(self, run: Run, found: Sequence[Any]) -> tuple[Receipt, dict[str, Any]]:
        at, change = head_of(found[:7]), self._change
        if at.known is not None:
            receipt = repeated_receipt(at.known, change.key, self._content)
            # The connection broke after our own commit: this is the first acknowledgement, not a repetition.
            return replace(receipt, repeated=at.token != self._token), {}
        stands, known = recorded(found[7:])
        admitted = admit(change, stands, self._vocabulary_of(run, at.rulebook))
        admitted.or_raise()
        closed, opened = spelled(admitted.closed), opened_rows(change, admitted, self._facts)
        digests = {kind: self._digests[kind] for kind, rows_ in opened.items() if rows_ is self._facts.get(kind)}
        receipt = receipt_for(at.version + 1, admitted)
        about = (change.actor, change.reason, change.key, self._content)
        entry = Entry("facts", *about, written_digest(closed, opened, digests))
        counts = counts_after(at.counts, closed, opened)
        node = _entry_node(entry, receipt, at, admitted.subjects, counts, self._token)
        written = written_by(closed, opened, receipt.version, known)
        return receipt, {"given": {**written, "version": receipt.version, "change": node}, "token": self._token}


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
    at = head_of(run(f"{LOCKED} {HEAD}", {"key": publication.key, "token": token})[0])
    if at.known is not None:
        receipt = repeated_receipt(at.known, publication.key, publication.digest)
        return replace(receipt, repeated=at.token != token)
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
    run(LOG_RULEBOOK, {"given": {"version": receipt.version, "change": node}})
    run(IN_FORCE, {"digest": publication.digest, "version": receipt.version})
    return receipt
