"""The whole graph as rows, streamed in pages of the keys' order, and an empty graph filled from such rows."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby, islice
from operator import itemgetter
from typing import Any

from graph_model.errors import ChangeRefused
from graph_model.nodes import Version
from graph_model.store import ARCHIVE_TABLES, Archive, ArchivedRow
from graph_model.stores.neo4j_connect import Line, Run
from graph_model.stores.neo4j_read import HELD_PROPERTIES, PAGE
from graph_model.stores.neo4j_rows import HELD, LABELS, LINK, Properties, record_text, records_in, relation_row
from graph_model.stores.neo4j_rulebook import KEEP, NAME_LISTS, draw
from graph_model.stores.neo4j_statements import (
    COUNTED,
    Written,
    add_node,
    add_relations,
    batched,
    change_node,
    pieces_for,
)
from graph_model.stores.rows import RECORDS, Row, compact

CHANGES_AFTER = """MATCH (c:Change) WHERE c.version > $after WITH c ORDER BY c.version LIMIT $page
    RETURN max(c.version), collect([c.version, c.kind, c.actor, c.reason, c.key, c.recorded_at, c.rulebook,
        c.content_digest, c.written_digest, c.opened, c.closed, c.unchanged, c.chain, coalesce(c.subjects, [])])"""
DIGESTS = "MATCH (b:Rulebook) RETURN collect(b.digest)"
RULEBOOK = "MATCH (b:Rulebook {digest: $digest}) RETURN b.digest, b.content, b.vocabulary"
NODES_AFTER = {
    kind: f"""MATCH (n:{label}) WHERE n.id > $after WITH n ORDER BY n.id LIMIT $page
        RETURN max(n.id), collect([n.id, n.records])"""
    for kind, label in LABELS.items()
}
RELATIONS_AFTER = f"""MATCH (s:Subject) WHERE s.id > $after WITH s ORDER BY s.id LIMIT $page
    RETURN max(s.id),
        collect(COLLECT {{ MATCH (s)-[r:{HELD}]->(n:Subject)
            RETURN [s.id, type(r), n.id, {HELD_PROPERTIES}, r.recorded_from, r.recorded_until] }}
        + COLLECT {{ MATCH (s)-[r:{LINK}]->(n:Designation)
            RETURN [s.id, type(r), n.id, {HELD_PROPERTIES}, r.recorded_from, r.recorded_until] }})"""

IS_EMPTY = """MATCH (x:Store {id: 'xinheng'})
    RETURN x.version = 0 AND (x.restoring IS NOT NULL OR NOT EXISTS { MATCH (:Rulebook) }), x.restoring, x.restored"""
BEGIN = "MATCH (x:Store {id: 'xinheng'}) SET x.restoring = $name, x.restored = $progress"
PROGRESS = "MATCH (x:Store {id: 'xinheng'}) SET x.restored = $progress"
FILL = "MATCH (x:Store {id: 'xinheng'}) WHERE x.restored = $before SET x.restored = $after WITH x"
LOG_MANY = """CALL () { UNWIND $given.changes AS row CREATE (n:Change) SET n = row
    FOREACH (_ IN CASE WHEN row.rulebook IS NULL THEN [] ELSE [1] END | SET n:Publication) }"""
LAST_CHANGE = "MATCH (c:Change) RETURN max(c.version)"
NOTE_COUNTS = "UNWIND $changes AS row MATCH (c:Change {version: row.version}) SET c += row.counts"
END = f"""MATCH (x:Store {{id: 'xinheng'}}) OPTIONAL MATCH (last:Change) WITH x, max(last.version) AS version
    CALL () {{ MATCH (p:Publication) WITH p.rulebook AS digest, max(p.version) AS published_at
        MATCH (b:Rulebook {{digest: digest}}) SET b.published_at = published_at }}
    OPTIONAL MATCH (c:Publication) WITH x, version, c ORDER BY c.version DESC LIMIT 1
    CALL (c) {{ MATCH (b:Rulebook {{digest: c.rulebook}}) SET b.in_force = true WITH b {NAME_LISTS} }}
    SET x.version = coalesce(version, 0), x.rulebook = c.rulebook REMOVE x.restoring, x.restored"""
BATCH = 10_000
"""Rows per transaction while filling."""
CHANGES_PAGE, PAGE_SUBJECTS = (16, 500), 100_000
"""Changes per page: at first and at most, as many as touch so many subjects; a load touches thousands each."""
SUBJECTS_OF_A_ROW = 8
"""How many subjects of a change weigh as much as a row of another table."""


def archive(line: Line, table: str) -> Iterator[ArchivedRow]:
    """Every row of one table, in its order."""
    match table:
        case "changes":
            for page in _pages(line, CHANGES_AFTER, 0, CHANGES_PAGE[0], _next_changes):
                yield from ((*row[:13], compact(row[13])) for row in page)
        case "rulebooks":
            for digest in sorted(line.read(DIGESTS, {})[0][0]):
                [[_, content, vocabulary]] = line.read(RULEBOOK, {"digest": digest}, seconds=line.access.bulk)
                yield digest, bytes(content), vocabulary
        case "relations":
            for page in _pages(line, RELATIONS_AFTER, "", PAGE):
                found = [
                    (*relation_row(kind, holder, end, held[:6]), *held[6:])
                    for of_subject in page
                    for holder, kind, end, *held in of_subject
                ]
                yield from sorted(found, key=lambda row: (RECORDS["relations"].order(row[:10]), row[10]))
        case _:
            order = RECORDS[table].order
            for page in _pages(line, NODES_AFTER[table], "", PAGE):
                records = iter(records_in(text for _, texts in page for text in texts))
                for _, texts in page:
                    found = [(*row, start, until) for start, until, *row in islice(records, len(texts))]
                    if len(found) > 1:
                        found.sort(key=lambda row: (order(row[:-2]), row[-2]))
                    yield from found


def _pages(
    line: Line, statement: str, after: Any, size: int, next_size: Callable[[list[Any]], int] | None = None
) -> Iterator[list[Any]]:
    """Ask for the next page while the last one is worked on, and no further ahead: two are in memory."""

    def ask(after: Any, size: int) -> list[list[Any]]:
        return line.read(statement, {"after": after, "page": size}, seconds=line.access.bulk)

    with ThreadPoolExecutor(1, thread_name_prefix="archive") as ahead:
        coming = ahead.submit(ask, after, size)
        while True:
            [[after, page]] = coming.result()
            if after is None:
                return
            size = size if next_size is None else next_size(page)
            coming = ahead.submit(ask, after, size)
            yield page


def _next_changes(page: list[Any]) -> int:
    subjects = sum(len(change[13]) for change in page)
    return max(1, min(CHANGES_PAGE[1], PAGE_SUBJECTS * len(page) // max(1, subjects)))


def restore(line: Line, given: Archive) -> None:
    """Fill an empty graph, batch by batch; until it is whole no one can open it, and begun again it goes on."""
    [[is_empty, restoring, restored]] = line.read(IS_EMPTY, {})
    if not is_empty:
        raise ChangeRefused(
            "目标存储不为空 / the store to fill holds facts already",
            hint="name an empty one; nothing was written",
            detail_code="store.not-empty",
        )
    if restoring is not None and restoring != given.name:
        raise ChangeRefused(
            "存储由另一存档填入一半 / the store was begun to be filled from another archive, or another version of it",
            hint="go on with that one, or empty the database, migrate it and begin anew",
            detail_code="archive.other",
        )
    filling = _Filling(line, {} if restoring is None else json.loads(restored))
    line.read(BEGIN, {"name": given.name, "progress": json.dumps(filling.done)})
    for table in ARCHIVE_TABLES:
        try:
            filling.fill(table, given)
        except (TypeError, ValueError, IndexError, KeyError) as error:
            raise ChangeRefused(
                f"存档无法读取 / table `{table}` of the archive has a row that cannot be read: {error}",
                hint="the store stays closed until a whole archive was restored; export it anew",
                detail_code="archive.malformed",
            ) from error
    filling.note_counts()
    line.read(END, {}, seconds=line.access.bulk)


class _Filling:
    """What was filled of each table so far, and how many facts of each kind each version opened and closed."""

    def __init__(self, line: Line, done: dict[str, int]) -> None:
        self.done = done
        self._line = line
        self._changed: dict[Version, dict[str, int]] = defaultdict(lambda: dict.fromkeys(COUNTED, 0))

    def fill(self, table: str, given: Archive) -> None:
        """Write the rows of a table that are not there yet."""
        rows_given = iter(given.tables[table])
        match table:
            case "changes":
                changes = map(_change, rows_given)
                self._in_batches(table, changes, lambda batch: (LOG_MANY, {"changes": batch}), _weight_of_change)
            case "rulebooks":
                for n, (digest, content, vocabulary) in enumerate(rows_given):
                    if n >= self.done.get(table, 0):
                        self._write_rulebook(digest, content, vocabulary, given)
                        self._note(table, n + 1)
            case "relations":
                self._in_batches(table, map(self._relation, rows_given), self._write_relations)
            case _:
                groups = groupby(rows_given, key=itemgetter(0))
                nodes = ((identity, self._texts(table, list(group))) for identity, group in groups)
                self._in_batches(table, nodes, lambda batch: self._write_nodes(table, batch))

    def note_counts(self) -> None:
        """Write beside each change how many facts stood after it."""
        totals, noted = dict.fromkeys(COUNTED, 0), []
        [[latest]] = self._line.read(LAST_CHANGE, {})
        for version in range(1, (latest or 0) + 1):
            for kind, n in self._changed.get(version, {}).items():
                totals[kind] += n
            noted.append({"version": version, "counts": dict(totals)})
        for part in batched(noted, BATCH):
            self._line.read(NOTE_COUNTS, {"changes": part}, seconds=self._line.access.bulk)

    def _in_batches(
        self,
        table: str,
        units: Iterator[Any],
        write: Callable[[list[Any]], tuple[str, Written]],
        weight: Callable[[Any], int] = lambda _: 1,
    ) -> None:
        for _ in islice(units, self.done.get(table, 0)):
            pass  # was written before the stop; it is read again for the counts
        for batch in batched(units, BATCH, weight):
            pieces, written = write(batch)
            done = self.done.get(table, 0) + len(batch)
            before, after = json.dumps(self.done), json.dumps({**self.done, table: done})
            # Where the connection broke after the batch was written, it is sent again, and finds that.
            given = {"given": written, "before": before, "after": after}
            self._line.read(f"{FILL} {pieces} RETURN true", given, seconds=self._line.access.bulk)
            self.done[table] = done

    def _note(self, table: str, n: int) -> None:
        self.done[table] = n
        self._line.read(PROGRESS, {"progress": json.dumps(self.done)})

    def _count(self, kind: str, recorded_from: Version, recorded_until: Version | None, n: int = 1) -> None:
        self._changed[recorded_from][kind] += n
        if recorded_until is not None:
            self._changed[recorded_until][kind] -= n

    def _relation(self, row: Row) -> tuple[Row, Version, Version | None]:
        *fact, recorded_from, recorded_until = row
        self._count("relations", recorded_from, recorded_until)
        return tuple(fact), recorded_from, recorded_until

    def _texts(self, table: str, group: list[Row]) -> list[str]:
        texts = []
        for *fact, recorded_from, recorded_until in sorted(group, key=itemgetter(-2)):
            self._count(table, recorded_from, recorded_until)
            if table == "designations" and fact[16] is not None:
                self._count("moves", recorded_from, recorded_until, len(json.loads(fact[16])))
            texts.append(record_text(fact, recorded_from, recorded_until))
        return texts

    def _write_relations(self, batch: list[tuple[Row, Version, Version | None]]) -> tuple[str, Written]:
        written: Written = defaultdict(list)
        add_relations(batch, written)
        return pieces_for(written), written

    def _write_nodes(self, table: str, batch: list[tuple[str, list[str]]]) -> tuple[str, Written]:
        written: Written = defaultdict(list)
        for identity, texts in batch:
            add_node(table, identity, texts, written, is_new=True)
        return pieces_for(written), written

    def _write_rulebook(self, digest: str, content: bytes, vocabulary: str, given: Archive) -> None:
        graph = given.graph_of(content)

        def keep(run: Run) -> None:
            [[drawn]] = run(KEEP, {"digest": digest, "content": content, "vocabulary": vocabulary})
            if not drawn:
                draw(run, digest, graph)

        self._line.write(keep, seconds=self._line.access.bulk)


def _change(row: Row) -> Properties:
    *columns, chain, subjects = row
    return change_node(tuple(columns), chain, json.loads(subjects), {})


def _weight_of_change(change: Properties) -> int:
    return 1 + len(change.get("subjects") or ()) // SUBJECTS_OF_A_ROW
