"""Whether the change log and the records still are what was written: the hash chain, recomputed from the tables."""

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

import apsw

from graph_model.nodes import Version
from graph_model.stores.digests import link
from graph_model.stores.drafts import written_digest
from graph_model.stores.rows import RECORDS, Row
from graph_model.stores.sqlite_log import digest_of_kept
from graph_model.stores.sqlite_read import OPEN, RECORD_TABLES

_INTEGRITY = "PRAGMA integrity_check(1)"
_ENTRIES = "SELECT * FROM change ORDER BY version"


def first_broken(connection: apsw.Connection) -> Version | None:
    """Give the first version whose entry or records are not what was written; `None`: all is as it was.

    Reads everything once, sorted by version, and holds the records of one version in memory. It finds what was
    altered, removed or slipped in; who can rewrite the file and all hashes after it can only be told by a hash that
    was kept elsewhere.
    """
    closed = {kind: _Records(connection, kind, "recorded_until") for kind in RECORD_TABLES}
    opened = {kind: _Records(connection, kind, "recorded_from") for kind in RECORD_TABLES}
    chain = ""
    expected = 1
    for *entry, noted, subjects in connection.execute(_ENTRIES):
        version, rulebook, written = entry[0], entry[6], entry[8]
        if version != expected or link(chain, tuple(entry), subjects) != noted:
            return expected
        recomputed = written_digest(
            {kind: found for kind, records in closed.items() if (found := records.of(version))},
            {kind: found for kind, records in opened.items() if (found := records.of(version))},
        )
        if (recomputed if rulebook is None else digest_of_kept(connection, rulebook)) != written:
            return expected
        chain, expected = noted, version + 1
    # What is dated by a version that the log does not have was slipped in.
    left = [v for records in (*closed.values(), *opened.values()) if (v := records.next_version) is not None]
    return min(left, default=None)


def first_misfit(connection: apsw.Connection) -> str | None:
    """Say where an index does not hold what its table holds, or a page is no page; `None`: nowhere.

    An entry that is gone from an index is a record that no check finds any more, though it is in its table.
    """
    told: str = connection.execute(_INTEGRITY).get
    return None if told == "ok" else told.splitlines()[-1]


class _Records:
    """The records of one kind that were opened, or closed, version by version."""

    def __init__(self, connection: apsw.Connection, kind: str, dated: str) -> None:
        table, columns = RECORD_TABLES[kind]
        found = connection.cursor().execute(
            f"SELECT {dated}, {columns} FROM {table} WHERE {dated} < {OPEN} ORDER BY {dated}"
        )
        self._groups: Iterator[tuple[Version, Iterator[Row]]] = groupby(found, key=itemgetter(0))
        self.next_version: Version | None = None
        self._order = RECORDS[kind].order
        self._rows: list[Row] = []
        self._advance()

    def _advance(self) -> None:
        version, group = next(self._groups, (None, iter(())))
        self.next_version = version
        self._rows = [row[1:] for row in group]

    def of(self, version: Version) -> list[Row]:
        if self.next_version != version:
            return []
        found = sorted(self._rows, key=self._order)
        self._advance()
        return found
