"""A store is carried over whole: by copy or by files, between all kinds, while it is written, or not at all."""

import gzip
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.service import Service
from graph_model.errors import ChangeRefused, FactsRefused, XinhengError
from graph_model.nodes import Facts
from graph_model.store import ARCHIVE_TABLES, Archive, ChangeSet, RulebookGraph, Store
from graph_model.stores import open_store
from graph_model.stores.sqlite import SqliteStore
from loaders.transfer import copy, digests, line_of, row_of, tables_at
from loaders.transfer_files import BLOCK, MANIFEST, export, import_into
from tests.conftest import Opening
from tests.store_acts import publish, put, registration
from tests.test_store_bulk import answers
from tests.test_store_histories import history
from tests.transfer_city import fill, whole


@pytest.fixture(scope="module")
def city() -> Iterator[SqliteStore]:
    with SqliteStore(":memory:") as store:
        fill(store)
        assert all(whole(store).values()), "each table has something to lose"
        yield store


@pytest.fixture(scope="module")
def exported(city: SqliteStore, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("export") / "city"
    export(city, place)
    return place


# --- from and to every kind ------------------------------------------------------------------------------------------


def test_a_copy_holds_and_answers_the_same_and_goes_on(city: SqliteStore, opening: Opening) -> None:
    latest = city.latest_version()
    everybody = list(city.subjects(latest))
    with opening() as target:
        told = copy(city, target)
        assert told == digests(city) == digests(target)
        assert (told.version, target.latest_version()) == (latest, latest)
        for version in (latest, latest // 2):
            assert target.neighbourhoods(everybody, version) == city.neighbourhoods(everybody, version)
        assert Service(target).rulebook_in_force()[1].digest == Service(city).rulebook_in_force()[1].digest
        assert target.commit(ChangeSet("clerk", "next", "next", Facts())).version == latest + 1


def test_a_copy_from_every_kind_and_its_files_are_the_same(opening: Opening, tmp_path: Path) -> None:
    with opening() as source, SqliteStore(":memory:") as target:
        fill(source)
        told = copy(source, target)
        assert told == digests(source)
        assert target.verify_chain() is None
        assert export(source, tmp_path / "source") == export(target, tmp_path / "target") == told
    assert bytes_of(tmp_path / "source") == bytes_of(tmp_path / "target")


def test_files_come_back_as_the_store_that_they_were(exported: Path, city: SqliteStore, opening: Opening) -> None:
    with opening() as store:
        assert import_into(store, exported) == digests(city)
        assert whole(store) == whole(city)
        if isinstance(store, SqliteStore):
            assert store.verify_chain() is None
        assert put(store, registrations=(registration("NEW"),)).version == city.latest_version() + 1
        if isinstance(store, SqliteStore):
            assert store.verify_chain() is None, "the chain goes on"


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_an_export_is_the_same_every_time_and_its_digests_can_be_checked_without_us(
    exported: Path, city: SqliteStore, tmp_path: Path
) -> None:
    told = export(city, tmp_path / "again")
    assert bytes_of(tmp_path / "again") == bytes_of(exported)
    for table, sums in told.tables.items():
        content = gzip.decompress((exported / f"{table}.jsonl.gz").read_bytes())
        assert sums.digest == f"sha256:{hashlib.sha256(content).hexdigest()}"
        assert sums.rows == content.count(b"\n") == len(whole(city)[table])


def test_an_empty_store_is_carried_over_too(tmp_path: Path) -> None:
    with SqliteStore(":memory:") as source, SqliteStore(":memory:") as copied, SqliteStore(":memory:") as read:
        told = export(source, tmp_path / "empty")
        assert (told.version, told.chain) == (0, "")
        assert copy(source, copied) == import_into(read, tmp_path / "empty") == told


@given(cells=st.lists(st.none() | st.integers(-(2**63), 2**63 - 1) | st.text() | st.binary(), max_size=9).map(tuple))
def test_a_row_and_its_line_are_the_same(cells: tuple[Any, ...]) -> None:
    line = line_of(cells)
    assert (line.count(b"\n"), line[-1:]) == (1, b"\n")
    assert row_of(line) == cells


# --- while it is written ---------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(draw=st.data())
def test_the_tables_of_a_version_are_the_store_that_it_was(draw: st.DataObject) -> None:
    with SqliteStore(":memory:") as store:
        history(store, draw)
        told = answers(store)
        for version in range(store.latest_version() + 1):
            with SqliteStore(":memory:") as then:
                then.restore(Archive(tables_at(store, version), lambda _: RulebookGraph()))
                assert then.latest_version() == version
                assert answers(then) == told[: version + 1]
                assert then.verify_chain() is None


@pytest.mark.parametrize("carried", ["copied", "exported"])
def test_what_is_carried_over_while_it_is_written_is_one_version(carried: str, tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path}/live.db") as live, SqliteStore(":memory:") as other:
        publish(live)
        names = [f"S{n:05}" for n in range(4_500)]
        put(live, registrations=tuple(registration(name, name=name) for name in names))
        begun = live.latest_version()
        with Writing(live, names) as writing:
            if carried == "copied":
                given_version = copy(live, other, lambda *_: writing.wait()).version
            else:
                given_version = export(live, tmp_path / "files", lambda *_: writing.wait()).version
        if carried == "exported":
            import_into(other, tmp_path / "files")
        assert begun <= given_version < live.latest_version() - 5, "much was written meanwhile"
        assert whole(other) == {table: list(rows) for table, rows in tables_at(live, given_version).items()}
        assert other.latest_version() == given_version
        assert other.verify_chain() is None


class Writing:
    """Another thread that goes on correcting names and adding statements; `wait` until it has done so once more."""

    def __init__(self, store: Store, names: list[str]) -> None:
        self._store, self._names, self._done = store, names, 0
        self._ended, self._stepped = threading.Event(), threading.Condition()
        self._thread = threading.Thread(target=self._write)

    def _write(self) -> None:
        while not self._ended.is_set():
            n = self._done
            name = self._names[n * 997 % len(self._names)]
            added = Facts(registrations=(registration(f"{name}-{n}", name="新"),))
            corrected = Facts(registrations=(registration(name, name=f"更正{n}"),))
            self._store.commit(ChangeSet("other", "meanwhile", f"meanwhile {n}", added, corrected))
            with self._stepped:
                self._done += 1
                self._stepped.notify_all()

    def wait(self) -> None:
        with self._stepped:
            before = self._done
            assert self._stepped.wait_for(lambda: self._done > before, timeout=60)

    def __enter__(self) -> "Writing":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()


# --- what cannot be taken --------------------------------------------------------------------------------------------


def altered(
    exported: Path, place: Path, table: str, alter: Callable[[list[bytes]], list[bytes]], *, known: bool
) -> None:
    """Copy an export with other lines in one table; `known`: its manifest was altered to agree."""
    place.mkdir()
    for name, content in bytes_of(exported).items():
        (place / name).write_bytes(content)
    file = place / f"{table}.jsonl.gz"
    lines = alter(gzip.decompress(file.read_bytes()).splitlines(keepends=True))
    file.write_bytes(gzip.compress(b"".join(lines)))
    if known:
        manifest = json.loads((place / MANIFEST).read_text())
        digest = f"sha256:{hashlib.sha256(b''.join(lines)).hexdigest()}"
        manifest["tables"][table] = {"rows": len(lines), "digest": digest, "blocks": []}
        (place / MANIFEST).write_text(json.dumps(manifest))


def refused(place: Path, detail_code: str, *named: str) -> None:
    with SqliteStore(":memory:") as store:
        with pytest.raises(FactsRefused) as caught:
            import_into(store, place)
        assert caught.value.detail_code == detail_code
        assert [name for name in named if name not in str(caught.value)] == []
        assert set(map(len, whole(store).values())) == {0}
        assert publish(store).version == 1, "the store can be used as before"


@pytest.mark.parametrize("table", ARCHIVE_TABLES)
def test_a_changed_line_is_refused_with_its_file(exported: Path, tmp_path: Path, table: str) -> None:
    place = tmp_path / "changed"
    altered(exported, place, table, lambda lines: [lines[0].replace(b'"', b'"x', 1), *lines[1:]], known=False)
    refused(place, "archive.changed", f"{table}.jsonl.gz", "a line was changed, 1 to ")


@pytest.mark.parametrize("table", ARCHIVE_TABLES)
def test_a_line_less_or_twice_is_refused_with_its_file(exported: Path, tmp_path: Path, table: str) -> None:
    altered(exported, tmp_path / "less", table, lambda lines: lines[:-1], known=False)
    refused(tmp_path / "less", "archive.changed", f"{table}.jsonl.gz", " lines, not ")
    altered(exported, tmp_path / "twice", table, lambda lines: [*lines, lines[-1]], known=False)
    refused(tmp_path / "twice", "archive.changed", f"{table}.jsonl.gz", " lines, not ")


def test_a_changed_line_is_found_among_many(tmp_path: Path) -> None:
    with SqliteStore(":memory:") as store:
        names = [f"S{n:05}" for n in range(2 * BLOCK + 50)]
        put(store, registrations=tuple(registration(name, name=name) for name in names))
        export(store, tmp_path / "many")
    for changed, said in ((5, "1 to 10000"), (BLOCK, "10001 to 20000"), (2 * BLOCK + 7, "20001 to 20050")):
        place = tmp_path / f"changed {changed}"
        swap = {changed: b'["another"]\n'}
        alter = lambda lines, swap=swap: [swap.get(n, line) for n, line in enumerate(lines)]  # noqa: E731 (used at once)
        altered(tmp_path / "many", place, "registrations", alter, known=False)
        refused(place, "archive.changed", said)


@pytest.mark.parametrize("table", ["changes", "registrations"])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_a_file_that_was_cut_off_is_refused(exported: Path, tmp_path: Path, table: str, share: float) -> None:
    place = tmp_path / "cut"
    altered(exported, place, table, list, known=False)
    file = place / f"{table}.jsonl.gz"
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * share)])
    refused(place, "archive.changed", file.name)


def test_a_file_with_a_flipped_byte_or_none_at_all_is_refused(exported: Path, tmp_path: Path) -> None:
    place = tmp_path / "flipped"
    altered(exported, place, "relations", list, known=False)
    file = place / "relations.jsonl.gz"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    refused(place, "archive.changed", file.name)
    file.unlink()
    refused(place, "archive.changed", file.name, "missing")


@pytest.mark.parametrize("line", [b"{}\n", b"[1\n", b'[{"base64": "?"}]\n', b"\xff\n", b'[{"other": 1}]\n'])
def test_a_line_that_is_no_row_is_refused_with_its_file_and_number(exported: Path, tmp_path: Path, line: bytes) -> None:
    place = tmp_path / "no row"
    altered(exported, place, "designations", lambda lines: [*lines[:4], line, *lines[5:]], known=True)
    refused(place, "archive.malformed", "designations.jsonl.gz:5: ")


def test_a_row_that_cannot_be_taken_is_refused_with_its_number(exported: Path, tmp_path: Path) -> None:
    place = tmp_path / "day"
    first = b'["A","org","court_stay",null,null,null,null,"no day",null,1,null]\n'
    altered(exported, place, "exemptions", lambda lines: [first, *lines], known=True)
    refused(place, "archive.malformed", "row 1 of table `exemptions`")


def test_a_store_that_holds_other_than_it_was_given_is_an_error_that_names_the_table(
    exported: Path, tmp_path: Path
) -> None:
    # SQLite takes the text "1" for the whole number it says, and gives 1 back.
    place = tmp_path / "other"
    first = b'["A","","x","enterprise",null,null,null,"1",null,1,null]\n'
    altered(exported, place, "registrations", lambda lines: [first, *lines], known=True)
    with SqliteStore(":memory:") as store, pytest.raises(XinhengError, match="table `registrations`") as caught:
        import_into(store, place)
    assert caught.value.detail_code == "archive.differs"


def test_a_folder_that_is_no_export_or_a_newer_one_is_refused(exported: Path, tmp_path: Path) -> None:
    refused(tmp_path / "nowhere", "archive.none", "nowhere", MANIFEST)
    refused(exported / "changes.jsonl.gz", "archive.none", MANIFEST)
    altered(exported, tmp_path / "newer", "changes", list, known=False)
    manifest = tmp_path / "newer" / MANIFEST
    for text, code in (('{"format": 2}', "archive.newer"), ("{", "archive.changed"), ("[]", "archive.changed")):
        manifest.write_text(text)
        refused(tmp_path / "newer", code, MANIFEST)


def test_a_store_that_is_not_empty_is_left_as_it_is(exported: Path, city: SqliteStore) -> None:
    with SqliteStore(":memory:") as store:
        put(store, registrations=(registration("ORG"),))
        before = whole(store)
        for carry in (lambda: import_into(store, exported), lambda: copy(city, store)):
            with pytest.raises(ChangeRefused, match="holds facts already"):
                carry()
        assert whole(store) == before


def test_no_export_is_written_over_and_none_is_left_half_done(
    exported: Path, city: SqliteStore, tmp_path: Path
) -> None:
    before = bytes_of(exported)
    with pytest.raises(XinhengError, match="is there already") as caught:
        export(city, exported)
    assert caught.value.detail_code == "archive.exists"
    assert bytes_of(exported) == before
    with pytest.raises(KeyboardInterrupt):
        export(city, tmp_path / "stopped", stopping)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "empty").mkdir()
    export(city, tmp_path / "empty")
    assert bytes_of(tmp_path / "empty") == before


def stopping(table: str, _: int) -> None:
    if table == "relations":
        raise KeyboardInterrupt
