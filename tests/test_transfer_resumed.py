"""A graph store that is filled in many steps: stopped half-way nobody can read it, begun again it goes on."""

from collections.abc import Iterator

import pytest

from graph_model.errors import ChangeRefused, StoreUnavailable
from graph_model.store import ARCHIVE_TABLES, Archive, ArchivedRow
from graph_model.stores import neo4j_archive, open_store
from graph_model.stores.sqlite import SqliteStore
from loaders.transfer import archive_name, copy, digests, tables_at
from memoranda.graph import graph_of_content
from tests.neo4j_place import Place
from tests.store_acts import put, registration
from tests.transfer_city import fill, whole


@pytest.fixture(scope="module")
def city() -> Iterator[SqliteStore]:
    with SqliteStore(":memory:") as store:
        fill(store)
        yield store


class Stopped(Exception):
    """What ends a filling in the middle."""


def until(table: str, rows: int, given: Archive) -> Archive:
    """The archive of a source that is gone after some rows of one table."""

    def cut_off(source: Iterator[ArchivedRow]) -> Iterator[ArchivedRow]:
        for number, row in enumerate(source):
            if number == rows:
                raise Stopped
            yield row

    tables = {name: cut_off(iter(source)) if name == table else source for name, source in given.tables.items()}
    return Archive(tables, given.graph_of, given.name)


def archive_of(store: SqliteStore) -> Archive:
    told = digests(store)
    return Archive(tables_at(store, told.version), graph_of_content, archive_name(told.version, told.chain))


def test_a_filling_that_was_stopped_goes_on_and_nobody_reads_half_a_store(
    city: SqliteStore, neo4j_place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neo4j_archive, "BATCH", 20)
    monkeypatch.setattr(neo4j_archive, "CHANGES_PAGE", (2, 3))
    monkeypatch.setattr(neo4j_archive, "PAGE_SUBJECTS", 30)  # some changes touch more, some fewer
    sent: list[str] = []
    original = neo4j_archive._Filling._write_relations
    monkeypatch.setattr(
        neo4j_archive._Filling, "_write_relations", lambda self, batch: (sent.append("b"), original(self, batch))[1]
    )
    with neo4j_place.opened() as store, pytest.raises(Stopped):
        store.restore(until("changes", 5, archive_of(city)))
    for table, rows in (("rulebooks", 0), ("designations", 7), ("relations", 90), ("objections", 0)):
        with open_store(neo4j_place.url, neo4j_place.access, filling=True) as store, pytest.raises(Stopped):
            store.restore(until(table, rows, archive_of(city)))
        with pytest.raises(StoreUnavailable) as refused:
            open_store(neo4j_place.url, neo4j_place.access)
        assert refused.value.detail_code == "store.incomplete"
    with SqliteStore(":memory:") as other, open_store(neo4j_place.url, neo4j_place.access, filling=True) as store:
        put(other, registrations=(registration("ORG"),))
        with pytest.raises(ChangeRefused) as another:
            copy(other, store)
        assert another.value.detail_code == "archive.other"
    with open_store(neo4j_place.url, neo4j_place.access, filling=True) as store:
        assert copy(city, store) == digests(city)
    with open_store(neo4j_place.url, neo4j_place.access) as store:
        assert whole(store) == whole(city)
        latest = city.latest_version()
        assert [store.counts(v) for v in range(latest + 1)] == [city.counts(v) for v in range(latest + 1)]
        everybody = list(city.subjects(latest))
        assert store.neighbourhoods(everybody, latest) == city.neighbourhoods(everybody, latest)
    whole_batches = -(-len(whole(city)["relations"]) // 20)
    assert len(sent) == whole_batches, "what was written before the stop is not written again"
    assert set(digests(city).tables) == set(ARCHIVE_TABLES)
