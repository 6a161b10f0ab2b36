"""Loading a file of organisations against a bare `executemany` of the same rows, in the same run: compare medians.

`pytest benchmarks/bench_load.py` (pytest-benchmark). Wanted: at least 0.3 times the rate. The load reads the CSV
twice, checks every code and value, keeps the change log and its hash chain; the control is given rows ready to insert.
"""

from pathlib import Path
from typing import Any

import apsw
import pytest

from graph_model.store import Publication
from graph_model.stores import sqlite_rows, sqlite_write
from graph_model.stores.sqlite import SqliteStore
from loaders.builders import Context
from loaders.load import load
from loaders.reading import Reading, ReadRow
from loaders.report import LoadOrder
from loaders.synth import synthesise
from memoranda.reader import SHIPPED, read_rulebook
from memoranda.rulebook import Rulebook

ORGANISATIONS = 20_000


@pytest.fixture(scope="module")
def book() -> Rulebook:
    return read_rulebook(SHIPPED)


@pytest.fixture(scope="module")
def organisations(book: Rulebook, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("city")
    synthesise(folder, ORGANISATIONS, book)
    return folder / "organisations.csv"


@pytest.mark.parametrize("way", ["bare executemany", "load", "load again"])
def test_load(
    benchmark: Any, tmp_path_factory: pytest.TempPathFactory, organisations: Path, book: Rulebook, way: str
) -> None:
    benchmark.group = f"load {ORGANISATIONS} organisations"
    order = LoadOrder("organisations", organisations, "bench", "bench")
    reading = Reading("organisations", organisations, None, Context(book.vocabulary, None, lenient=False))
    to_row = sqlite_rows.RECORDS["registrations"].row
    spelled = [(*to_row(row.fact), 2) for row in reading.rows() if isinstance(row, ReadRow)]

    def prepare() -> tuple[tuple[SqliteStore], dict[str, Any]]:
        store = SqliteStore(str(tmp_path_factory.mktemp("load") / "city.db"))
        content = (book.digest, book.content, book.vocabulary)
        store.publish(Publication(*content, actor="bench", reason="bench", key="rulebook"))
        if way == "load again":
            load(store, order, book.vocabulary, None)
        return (store,), {}

    def bare(store: SqliteStore) -> None:
        connection = apsw.Connection(store._connections.place)
        connection.execute("PRAGMA synchronous = FULL; PRAGMA cache_size = -64000")
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(sqlite_write.INSERTS["registrations"], spelled)
        connection.execute("COMMIT")
        connection.close()

    def from_file(store: SqliteStore) -> None:
        load(store, order, book.vocabulary, None)

    benchmark.pedantic(
        bare if way == "bare executemany" else from_file, setup=prepare, teardown=SqliteStore.close, rounds=5
    )
