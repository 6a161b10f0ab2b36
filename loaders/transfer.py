"""A whole store carried over into another, whatever their kinds, and proved equal by digests of every table.

The source may be written meanwhile: what is carried over is exactly what it held at one version (`tables_at`).
"""

import hashlib
import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from graph_model.collector import seldom_collected
from graph_model.errors import XinhengError
from graph_model.nodes import Version
from graph_model.store import ARCHIVE_TABLES, Archive, ArchivedRow, Store
from memoranda.graph import graph_of_content

Progress: TypeAlias = Callable[[str, int], None]
"""Told now and then: a table's name, and how many of its rows are done."""
_TELL_EVERY = 1_000
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class TableDigest:
    """How many rows a table has, and the digest of their lines (`sha256:…`)."""

    rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """What was carried over: everything up to `version`. `chain` ends the change log there; empty: nothing in it."""

    version: Version
    chain: str
    tables: Mapping[str, TableDigest]


def silent(table: str, rows: int) -> None:
    """Tell nobody."""


def line_of(row: ArchivedRow) -> bytes:
    """Spell a row in its one canonical way: a JSON array in UTF-8 and a line break; bytes as `{"base64": …}`."""
    if any(type(cell) is bytes for cell in row):
        row = tuple({"base64": b64encode(cell).decode()} if isinstance(cell, bytes) else cell for cell in row)
    return _encode(row).encode() + b"\n"


def row_of(line: bytes) -> ArchivedRow:
    """Read a line.

    Raises:
        ValueError: it is none.

    >>> row_of(line_of(("某主体", None, 3, b"x"))) == ("某主体", None, 3, b"x")
    True

    """
    cells = json.loads(line)
    if not isinstance(cells, list):
        raise ValueError("it is no JSON array")
    return tuple(b64decode(cell["base64"], validate=True) if isinstance(cell, dict) else cell for cell in cells)


class Tally:
    """Counts and digests the lines of one table as they pass, and remembers where the log's chain ends."""

    def __init__(self, table: str, progress: Progress = silent) -> None:
        self.rows = 0
        self.chain = ""
        self._table = table
        self._sum = hashlib.sha256()
        self._progress = progress

    def lines(self, rows: Iterable[ArchivedRow]) -> Iterator[tuple[ArchivedRow, bytes]]:
        """Give rows with their lines."""
        for row in rows:
            line = line_of(row)
            self.add(line)
            if self._table == "changes":
                self.chain = row[12]
            yield row, line
        self._progress(self._table, self.rows)

    def add(self, line: bytes) -> None:
        """Count one line."""
        self._sum.update(line)
        self.rows += 1
        if self.rows % _TELL_EVERY == 0:
            self._progress(self._table, self.rows)

    @property
    def digest(self) -> TableDigest:
        """The digest of all lines so far."""
        return TableDigest(self.rows, f"sha256:{self._sum.hexdigest()}")


def tables_at(store: Store, version: Version) -> dict[str, Iterator[ArchivedRow]]:
    """Give the archive of a store as it was at a version, whatever is written meanwhile.

    What is later is left out, and what was closed later stands.
    """
    return {table: _at(store, table, version) for table in ARCHIVE_TABLES}


def _at(store: Store, table: str, version: Version) -> Iterator[ArchivedRow]:
    rows = store.archive(table)
    match table:
        case "changes":
            return (row for row in rows if row[0] <= version)
        case "rulebooks":
            return _published(store, rows, version)
        case _:
            return (
                (*row[:-1], None) if row[-1] is not None and row[-1] > version else row
                for row in rows
                if row[-2] <= version
            )


def _published(store: Store, rows: Iterator[ArchivedRow], version: Version) -> Iterator[ArchivedRow]:
    published = {row[6] for row in store.archive("changes") if row[0] <= version}
    yield from (row for row in rows if row[0] in published)


@seldom_collected()
def digests(store: Store, progress: Progress = silent) -> Transfer:
    """Digest everything that a store holds at its latest version; two stores with equal digests answer alike."""
    version = store.latest_version()
    tallies = {table: Tally(table, progress) for table in ARCHIVE_TABLES}
    for table, rows in tables_at(store, version).items():
        for _ in tallies[table].lines(rows):
            pass
    return told(version, tallies)


def told(version: Version, tallies: Mapping[str, Tally]) -> Transfer:
    """Say what passed through the tallies of all tables."""
    return Transfer(version, tallies["changes"].chain, {table: tally.digest for table, tally in tallies.items()})


def as_plain(given: Transfer) -> dict[str, object]:
    """Give what was carried over as plain values, for JSON."""
    tables = {table: {"rows": sums.rows, "digest": sums.digest} for table, sums in given.tables.items()}
    return {"version": given.version, "chain": given.chain, "tables": tables}


@seldom_collected()
def copy(source: Store, target: Store, progress: Progress = silent) -> Transfer:
    """Fill an empty store with everything that another holds, and see that both hold the same.

    Raises:
        ChangeRefused: the target is not empty.
        XinhengError: a table differs afterwards (`archive.differs`).

    """
    version = source.latest_version()
    tallies = {table: Tally(table, progress) for table in ARCHIVE_TABLES}
    passing = {
        table: (row for row, _ in tallies[table].lines(rows)) for table, rows in tables_at(source, version).items()
    }
    target.restore(Archive(passing, graph_of_content, archive_name(version, _chain_at(source, version))))
    given = told(version, tallies)
    refuse_difference(given, digests(target, progress))
    return given


def _chain_at(store: Store, version: Version) -> str:
    return next((row[12] for row in store.archive("changes") if row[0] == version), "")


def archive_name(version: Version, chain: str) -> str:
    """Name what a store holds at a version; the chain is that of its whole log."""
    return f"{version} {chain}"


def refuse_difference(given: Transfer, taken: Transfer) -> None:
    """See that a filled store holds what it was given.

    Raises:
        XinhengError: it does not (`archive.differs`).

    """
    for table in ARCHIVE_TABLES:
        if taken.tables[table] != given.tables[table]:
            raise XinhengError(
                f"表 `{table}` 与来源不符 / table `{table}` of the filled store differs from what it was given: "
                f"{taken.tables[table]}, not {given.tables[table]}",
                hint="do not use the filled store; fill another, empty one",
                detail_code="archive.differs",
            )
