"""Loading a file of organisations against a bare `executemany` of the same rows, in the same run: compare medians.

`pytest benchmarks/bench_load.py` (pytest-benchmark). Two controls write the same table with the same durability: one
reads the same file with `csv.reader` first, one is given rows that are ready to insert. The load reads the file twice,
checks every code and value, looks for repeats, and keeps the change log with its hash chain. On a busy machine compare
user time too: this process waits for the disk more often than the controls. What the store alone reaches of the second
control is in `bench_store.py`.
"""

import csv
from collections.abc import Iterable
from operator import itemgetter
from pathlib import Path
from typing import Any

import apsw
import pytest

from graph_model.store import Publication
from graph_model.stores import rows, sqlite_write
from graph_model.stores.sqlite import SqliteStore
from loaders.builders import Context
from loaders.chunks import ReadRow
from loaders.load import load
from loaders.reading import Reading
from loaders.report import LoadOrder
from loaders.synth import synthesise
from memoranda.reader import SHIPPED, read_rulebook
from memoranda.rulebook import Rulebook

ORGANISATIONS = 20_000
TEXT_COLUMNS = ("code", "valid_from", "name", "kind", "region", "status", "industry", "registered_on")
"""The columns of the file that are inserted as they are, in the order of the table's."""


@pytest.fixture(scope="module")
def book() -> Rulebook:
    return read_rulebook(SHIPPED)


@pytest.fixture(scope="module")
def organisations(book: Rulebook, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("city")
    synthesise(folder, ORGANISATIONS, book)
    return folder / "organisations.csv"


@pytest.mark.parametrize("way", ["bare executemany", "csv.reader and executemany", "load", "load again"])
def test_load(
    benchmark: Any, tmp_path_factory: pytest.TempPathFactory, organisations: Path, book: Rulebook, way: str
) -> None:
    benchmark.group = f"load {ORGANISATIONS} organisations"
    order = LoadOrder("organisations", organisations, "bench", "bench")
    reading = Reading("organisations", organisations, None, Context(book.vocabulary, None, lenient=False))
    to_row = rows.RECORDS["registrations"].row
    spelled = [(*to_row(row.fact), 2) for row in reading.rows() if isinstance(row, ReadRow)]

    def prepare() -> tuple[tuple[SqliteStore], dict[str, Any]]:
        store = SqliteStore(str(tmp_path_factory.mktemp("load") / "city.db"))
        content = (book.digest, book.content, book.vocabulary)
        store.publish(Publication(*content, actor="bench", reason="bench", key="rulebook"))
        if way == "load again":
            load(store, order, book.vocabulary, None)
        return (store,), {}

    def insert(store: SqliteStore, rows: Iterable[tuple[Any, ...]]) -> None:
        connection = apsw.Connection(store._connections.place)
        connection.execute("PRAGMA synchronous = FULL; PRAGMA cache_size = -64000")
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(sqlite_write.INSERTS["registrations"], rows)
        connection.execute("COMMIT")
        connection.close()

    def bare(store: SqliteStore) -> None:
        insert(store, spelled)

    def bare_file(store: SqliteStore) -> None:
        with organisations.open(encoding="utf-8", newline="") as file:
            reader = csv.reader(file)
            header = next(reader)
            pick = itemgetter(*map(header.index, TEXT_COLUMNS))
            foreign = header.index("foreign_invested")
            insert(store, ((*(r := pick(row))[:7], row[foreign] == "true", r[7], 2) for row in reader))

    def from_file(store: SqliteStore) -> None:
        load(store, order, book.vocabulary, None)

    measured = {"bare executemany": bare, "csv.reader and executemany": bare_file}.get(way, from_file)
    benchmark.pedantic(measured, setup=prepare, teardown=SqliteStore.close, rounds=9)
