"""The embedded store's own promises: its file, its plans, its chain, its memory."""

import re
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.index import Index
from engine.service import Service
from graph_model.errors import StoreUnavailable
from graph_model.nodes import Exemption, Facts, Objection
from graph_model.stores import (
    digests,
    open_store,
    sqlite_archive,
    sqlite_log,
    sqlite_neighbourhood,
    sqlite_neighbourhoods,
    sqlite_news,
    sqlite_read,
    sqlite_recorded,
    sqlite_write,
)
from graph_model.stores.sqlite import SqliteStore
from graph_model.stores.sqlite_schema import TABLES
from tests.store_acts import D1, DAY, DIRECTOR, LATER, change, publish, put, registration

EXEMPTION = Exemption("E", "P", "court_stay", list="black")
OBJECTION = Objection("O", DAY, designation="D1")
SCHEMA = (Path(sqlite_read.__file__).parent / "schema.sql").read_text(encoding="utf-8")


# --- addresses and files -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["", "city.db", "sqlite://city.db", "sqlite:///", "postgres://user:secret@host/db"])
def test_an_address_of_no_known_form_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(StoreUnavailable, match="write sqlite") as caught:
        open_store(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("url", ["neo4j+s://user:secret@host", "bolt://", "neo4j://host:99999", "bolt://host?secret=1"])
def test_an_address_of_a_graph_server_holds_no_password(url: str) -> None:
    with pytest.raises(StoreUnavailable) as caught:
        open_store(url)
    assert caught.value.detail_code == "store.address"
    assert "secret" not in str(caught.value)


def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "letter.db"
    file.write_text("Dear reader, " * 500)
    with pytest.raises(StoreUnavailable, match="not a database"):
        open_store(f"sqlite:///{file}")
    assert file.read_text() == "Dear reader, " * 500


def test_the_database_of_another_program_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "other.db"
    with sqlite3.connect(file) as other:
        other.execute("CREATE TABLE subject (name)")
    other.close()
    with pytest.raises(StoreUnavailable, match="another program"):
        open_store(f"sqlite:///{file}")
    with sqlite3.connect(file) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("subject",)]
    other.close()


def test_a_store_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "city.db"
    open_store(f"sqlite:///{file}").close()
    connection = apsw.Connection(str(file))
    connection.pragma("user_version", 999)
    connection.close()
    with pytest.raises(StoreUnavailable, match=r"schema 999.*install the newer"):
        open_store(f"sqlite:///{file}")


def test_a_damaged_file_is_said_to_be_damaged(tmp_path: Path) -> None:
    file = tmp_path / "city.db"
    with open_store(f"sqlite:///{file}") as store:
        put(store, registrations=tuple(registration(f"S{n:06}", name="x" * 100) for n in range(2_000)))
    content = bytearray(file.read_bytes())
    content[8192:] = b"\xff" * (len(content) - 8192)
    file.write_bytes(content)
    with pytest.raises(StoreUnavailable, match=r"damaged.*backup"), open_store(f"sqlite:///{file}") as store:
        list(store.subjects(1))


def test_a_writer_gives_up_after_its_patience_while_others_go_on_reading(tmp_path: Path) -> None:
    file = tmp_path / "city.db"
    with SqliteStore(str(file), patience_ms=20) as store:
        publish(store)
        holder = apsw.Connection(str(file))
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="another process holds it locked"):
            put(store, registrations=(registration("S"),))
        assert store.latest_version() == 1
        assert [a.outcome for a in store.assess(change(store, registrations=(registration("S"),)))] == ["new"]
        holder.execute("ROLLBACK")
        holder.close()
        assert put(store, registrations=(registration("S"),)).version == 2


def test_a_file_is_written_ahead_and_synced_in_full(tmp_path: Path) -> None:
    file = tmp_path / "city.db"
    with SqliteStore(str(file)) as store:
        publish(store)
        assert (tmp_path / "city.db-wal").stat().st_size > 0
        writer, reader = store._connections.writer(), store._connections.take()
        wanted = ("journal_mode", "synchronous", "mmap_size", "cache_size", "query_only")
        settings = [[connection.pragma(name) for name in wanted] for connection in (writer, reader)]
        store._connections.give_writer()
        store._connections.give(reader)
    # 2: FULL, every acknowledged change set is on the disk. No mmap: a damaged page must be an error, not a crash.
    assert settings == [["wal", 2, 0, -16_000, 0], ["wal", 2, 0, -8_000, 1]]


def test_who_reads_cannot_write(tmp_path: Path) -> None:
    with SqliteStore(str(tmp_path / "city.db")) as store:
        reader = store._connections.take()
        with pytest.raises(apsw.ReadOnlyError):
            reader.execute("DELETE FROM change")
        store._connections.give(reader)


def test_a_memory_store_begins_empty_whatever_was_in_the_last_one() -> None:
    for _ in range(3):
        with SqliteStore(":memory:") as store:
            assert (store.latest_version(), set(store.counts(0).values()), store.changes(0, 9)) == (0, {0}, ())
            assert store.rulebook_content("sha256:one") is None
            publish(store)
            put(store, registrations=(registration("ORG"), registration("P")), designations=(D1,))
            put(store, relations=(DIRECTOR,), exemptions=(EXEMPTION,), objections=(OBJECTION,))
            assert store.verify_chain() is None


def test_the_tables_that_are_emptied_are_all_tables_of_the_schema() -> None:
    assert set(re.findall(r"CREATE TABLE (\w+)", SCHEMA)) == set(TABLES)


def test_a_change_is_taken_though_a_neighbours_record_cannot_be_read(tmp_path: Path) -> None:
    file = tmp_path / "city.db"
    with SqliteStore(str(file)) as store:
        publish(store)
        put(store, registrations=(registration("ORG"), registration("P")), relations=(DIRECTOR,))
        index = Index(store)
        index.build()
        connection = apsw.Connection(str(file))
        connection.execute("UPDATE relation SET share = 'half'")
        connection.close()
        receipt, news = store.commit_and_tell(change(store, designations=(D1,)))
        assert (receipt.version, news) == (store.latest_version(), None)
        receipt = Service(store, index).apply(change(store, designations=(replace(D1, id="D2", document_no="2号"),)))
        assert receipt.version == store.latest_version()
        assert store.find(D1, receipt.version) == D1
        with pytest.raises(StoreUnavailable):
            index.follow()


# --- plans ---------------------------------------------------------------------------------------------------------


def statements() -> Iterator[tuple[str, str]]:
    """Every statement that reads or closes records, but those that are meant to read a whole table."""
    modules = (sqlite_read, sqlite_neighbourhood, sqlite_neighbourhoods, sqlite_recorded, sqlite_log, sqlite_write)
    for module in (*modules, sqlite_news, sqlite_archive):
        for name, value in vars(module).items():
            if name.isupper() and isinstance(value, str) and re.match(r"SELECT|UPDATE", value):
                yield name, value
    yield from (("CLOSINGS " + kind, statement) for kind, statement in sqlite_write.CLOSINGS.items())
    yield from (("AFTER " + kind, statement) for kind, statement in sqlite_archive.RECORDS_AFTER.items())


@pytest.fixture(scope="module", params=["as made", "after ANALYZE"])
def planned(request: pytest.FixtureRequest) -> Iterator[apsw.Connection]:
    """A database with some rows, as statistics can turn good plans into bad ones."""
    connection = apsw.Connection(":memory:")
    connection.execute(SCHEMA)
    if request.param == "after ANALYZE":
        for n in range(300):
            open_until = (1, sqlite_read.OPEN)
            connection.execute(sqlite_write.INSERTS["registrations"], (f"S{n}", "", *[None] * 7, 1))
            relation = ("director", f"S{n % 3}", f"S{n}", None, *[None] * 6, 1)
            connection.execute(sqlite_write.INSERTS["relations"], relation)
            connection.execute(
                "INSERT INTO designation (id, subject, list, authority, status, recorded_from, recorded_until)"
                " VALUES (?, ?, 'l', 'a', 'in_effect', ?, ?)",
                (f"D{n}", f"S{n % 50}", *open_until),
            )
            objection = (f"O{n}", "2024-01-01", None, f"D{n}", *[None] * 4, 1)
            connection.execute(sqlite_write.INSERTS["objections"], objection)
        connection.execute("ANALYZE")
    yield connection
    connection.close()


@pytest.mark.parametrize("name", sorted(dict(statements())))
def test_no_statement_scans_a_table(planned: apsw.Connection, name: str) -> None:
    statement = dict(statements())[name]
    marks = statement.count("?")
    bindings: object = [None] * marks if marks else dict.fromkeys(re.findall(r":(\w+)", statement))
    plan = [row[3] for row in planned.execute(f"EXPLAIN QUERY PLAN {statement}", bindings)]
    # The list of keys asked for is no table; the last entry of the log is the first row of a backward scan.
    allowed = ("SCAN json_each", "SCAN CONSTANT", *(["SCAN change"] if name == "LAST_ENTRY" else []))
    for step in plan:
        assert not (step.startswith("SCAN") and not step.startswith(allowed)), plan
        assert "BLOOM" not in step, plan
        assert "AUTOMATIC" not in step, plan


# --- the chain -----------------------------------------------------------------------------------------------------


@pytest.fixture
def logged(tmp_path: Path) -> Path:
    file = tmp_path / "city.db"
    with SqliteStore(str(file)) as store:
        publish(store)
        put(store, registrations=(registration("ORG"), registration("P")), designations=(D1,), relations=(DIRECTOR,))
        store.commit(change(store, corrections=Facts(relations=(replace(DIRECTOR, held_until=LATER),))))
        assert store.verify_chain() is None
    return file


@pytest.mark.parametrize(
    ("tampering", "found"),
    [
        ("UPDATE change SET reason = 'another' WHERE version = 2", 2),
        ("UPDATE change SET subjects = '[]' WHERE version = 2", 2),
        ("UPDATE change SET recorded_at = '2020-01-01T00:00:00.000Z' WHERE version = 1", 1),
        ("DELETE FROM change WHERE version = 2", 2),
        ("UPDATE designation SET list = 'white'", 2),
        ("DELETE FROM relation", 2),
        ("UPDATE registration SET recorded_until = 3 WHERE subject = 'P'", 3),
        ("UPDATE rulebook SET content = x'00'", 1),
    ],
)
def test_the_chain_shows_the_first_version_that_was_tampered_with(logged: Path, tampering: str, found: int) -> None:
    copy = logged.with_name("copy.db")
    shutil.copy(logged, copy)
    connection = apsw.Connection(str(copy))
    connection.execute(tampering)
    connection.close()
    with SqliteStore(str(copy)) as store:
        assert store.verify_chain() == found


CELLS = st.none() | st.text() | st.integers() | st.sampled_from(("", "\x1f", "[null]", "[1]", "\x1f\x1f"))


@given(row=st.lists(CELLS, min_size=1, max_size=4).map(tuple))
def test_a_row_alone_has_the_digest_that_the_rule_for_many_gives_it(row: tuple[str | int | None, ...]) -> None:
    columns = [digests._column((cell,)) for cell in row]
    lengths = digests.compact(["kind", 1, *map(len, columns)])
    assert digests.digest_of_rows("kind", [row]) == digests.digest_of(lengths.encode(), *columns)
