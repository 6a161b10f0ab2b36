"""Writers that go on whatever becomes of the server, and what must be true of the store after it."""

from collections import defaultdict
from collections.abc import Sequence
from threading import Event, Lock, Thread
from time import monotonic, sleep

from graph_model.errors import StoreUnavailable
from graph_model.nodes import Facts, Version
from graph_model.store import ARCHIVE_TABLES, Archive, ArchivedRow, ChangeSet, RulebookGraph, Store
from graph_model.stores.sqlite import SqliteStore
from tests.store_acts import registration

SHARED = "SHARED"
"""A company that every change corrects: of two that write at once, the second must see what the first did."""
EACH = 3


def change(key: str) -> ChangeSet:
    """Three new subjects of its own, and the shared one's name."""
    return ChangeSet(
        actor="writer",
        reason="load",
        key=key,
        facts=Facts(registrations=tuple(registration(f"{key}-{i}", name=key) for i in range(EACH))),
        corrections=Facts(registrations=(registration(SHARED, name=key),)),
    )


def begin(store: Store) -> None:
    store.commit(ChangeSet("writer", "load", "begin", Facts(registrations=(registration(SHARED, name="begin"),))))


class Writers:
    """Threads that commit changes until told to stop, or `most` each; half of them send again what was refused."""

    def __init__(self, store: Store, name: str, threads: int, most: int = 1_000_000) -> None:
        self.acknowledged: dict[str, Version] = {}
        self.repeated: set[str] = set()
        """Keys whose first acknowledgement never came, and whose second said so."""
        self.refused: list[tuple[str | None, float]] = []
        """Detail code of each refusal, and how many seconds it took."""
        self.told: set[str] = set()
        """What the refusals said."""
        self.faults: list[Exception] = []
        self._store, self._most = store, most
        self._stop, self._lock = Event(), Lock()
        self._threads = [Thread(target=self._run, args=(f"{name}{n}", n % 2 == 0)) for n in range(threads)]
        for thread in self._threads:
            thread.start()

    def _run(self, name: str, insists: bool) -> None:
        try:
            for n in range(self._most):
                while not self._stop.is_set() and not self._commit(f"{name}_{n}") and insists:
                    sleep(0.05)
                if self._stop.is_set():
                    return
        except Exception as error:
            self.faults.append(error)

    def _commit(self, key: str) -> bool:
        started = monotonic()
        try:
            receipt = self._store.commit(change(key))
        except StoreUnavailable as error:
            with self._lock:
                self.refused.append((error.detail_code, monotonic() - started))
                self.told.add(str(error))
            sleep(0.01)
            return False
        with self._lock:
            self.acknowledged[key] = receipt.version
            if receipt.repeated:
                self.repeated.add(key)
        return True

    def wait_for(self, count: int, seconds: float = 120) -> None:
        """Wait until so many changes were acknowledged."""
        end = monotonic() + seconds
        while len(self.acknowledged) < count:
            assert not self.faults, self.faults
            assert monotonic() < end, (len(self.acknowledged), self.refused[-5:])
            sleep(0.01)

    def join(self, *, stop: bool = False) -> None:
        if stop:
            self._stop.set()
        for thread in self._threads:
            thread.join(300)
            assert not thread.is_alive()
        assert not self.faults, self.faults


def assert_whole(store: Store, acknowledged: dict[str, Version]) -> dict[str, Version]:
    """Versions have no gap, each change is there whole or not at all, none was lost or written twice, the chain holds.

    Gives the version of every key that is there.
    """
    tables = {table: list(store.archive(table)) for table in ARCHIVE_TABLES}
    with SqliteStore(":memory:") as copy:
        copy.restore(Archive(tables, lambda _: RulebookGraph()))
        assert copy.verify_chain() is None
        assert copy.counts(copy.latest_version()) == store.counts(store.latest_version())
    versions = {row[4]: row[0] for row in tables["changes"]}
    assert sorted(versions.values()) == list(range(1, len(tables["changes"]) + 1))
    assert store.latest_version() == len(versions)
    assert {key: versions.get(key) for key in acknowledged} == acknowledged
    written: dict[str, list[ArchivedRow]] = defaultdict(list)
    for row in tables["registrations"]:
        written[row[0].rpartition("-")[0] if row[0] != SHARED else SHARED].append(row)
    shared = written.pop(SHARED)
    of_writers = {key: version for key, version in versions.items() if key in written}
    assert {key: len(rows) for key, rows in written.items()} == dict.fromkeys(of_writers, EACH)
    assert all(row[-2:] == (versions[key], None) for key, rows in written.items() for row in rows)
    assert [row[2] for row in shared] == sorted(["begin", *of_writers], key=lambda key: versions[key])
    assert_handed_on(shared, [versions[row[2]] for row in shared])
    return versions


def assert_handed_on(records: Sequence[ArchivedRow], versions: Sequence[Version]) -> None:
    """Each record stands until the next one: no update was lost, none was made on what was no longer so."""
    ends = [*versions[1:], None]
    assert [row[-2:] for row in records] == list(zip(versions, ends, strict=True))
