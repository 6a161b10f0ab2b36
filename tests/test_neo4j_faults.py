"""What the graph store keeps when writers meet, lines break, and the server dies or hangs (C1).

`FAULTS=long` (`make faults`) does the same at length.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import monotonic, sleep

import pytest
from neo4j import GraphDatabase

from graph_model.errors import StoreUnavailable
from graph_model.store import ChangeSet, Store
from graph_model.stores import migrate_store, open_store
from graph_model.stores.access import Access
from tests.neo4j_load import SHARED, Writers, assert_whole, begin, change
from tests.neo4j_server import Server
from tests.store_acts import publish
from tests.tcp_proxy import COMMIT, PULL, Proxy, Wanted, proxied

LONG = os.environ.get("FAULTS") == "long"
CHANGES = 500 if LONG else 40
KILLS = 20 if LONG else 3
CUTS = 50 if LONG else 5


@pytest.fixture(scope="module")
def server(neo4j_server: Server) -> Server:
    migrate_store(neo4j_server.uri, neo4j_server.access)
    with open_store(neo4j_server.uri, neo4j_server.access) as store:
        publish(store)
        begin(store)
    return neo4j_server


@pytest.fixture
def store(server: Server) -> Iterator[Store]:
    with open_store(server.uri, server.access) as found:
        yield found


WRITER = """
import sys
from graph_model.stores import open_store
from graph_model.stores.access import Access
from tests.neo4j_load import Writers

url, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
with open_store(url, Access(password=sys.stdin.readline().strip())) as store:
    writers = Writers(store, name, 2, count)
    writers.join()
for key, version in writers.acknowledged.items():
    print(version, key)
"""


def test_many_writers_in_several_processes_share_one_gapless_row_of_versions(server: Server, store: Store) -> None:
    # Eight writers: two in each of two processes, four here.
    others = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, server.uri, name, str(CHANGES)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parent.parent,
        )
        for name in ("x", "y")
    ]
    for other in others:
        assert other.stdin is not None
        other.stdin.write(f"{server.password}\n")
        other.stdin.flush()
    here = Writers(store, "here", 4, CHANGES)
    here.join()
    acknowledged = dict(here.acknowledged)
    for other in others:
        told, _ = other.communicate(timeout=300)
        assert other.returncode == 0
        acknowledged |= {key: int(version) for version, key in (line.split(" ", 1) for line in told.splitlines())}
    assert len(acknowledged) == 8 * CHANGES
    assert not here.repeated
    assert_whole(store, acknowledged)


def test_the_same_change_by_many_at_once_is_written_once(store: Store) -> None:
    before = store.latest_version()
    same = [Writers(_Only(store, "the_same_change"), "same", 1, 1) for _ in range(8)]  # type: ignore[arg-type]  # it can commit
    for one in same:
        one.join()
    assert {version for one in same for version in one.acknowledged.values()} == {before + 1}
    assert sum(not one.repeated for one in same) == 1
    assert store.latest_version() == before + 1


class _Only:
    """Commits one change, whatever is asked."""

    def __init__(self, store: Store, key: str) -> None:
        self._store, self._change = store, change(key)

    def commit(self, _: ChangeSet) -> object:
        return self._store.commit(self._change)


def is_commit(signature: int, _: bytes) -> bool:
    return signature == COMMIT


def is_write(signature: int, request: bytes) -> bool:
    """The end of the statement that writes a change: of a transaction of its own, or before that one's commit."""
    return signature == PULL and b"SET x.version" in request


@pytest.mark.parametrize(
    ("wanted", "others"),
    [(is_write, False), (is_commit, True), (is_write, True)],
    ids=["its own transaction was committed", "a longer transaction was committed", "it was not committed yet"],
)
def test_a_line_that_breaks_before_the_acknowledgement_writes_once(
    server: Server, store: Store, wanted: Wanted, others: bool
) -> None:
    acknowledged = {}
    name = f"{wanted.__name__}_{others}"
    with proxied(server.port) as proxy, through(proxy, server) as ours:
        assert ours.latest_version() == store.latest_version()
        for n in range(CUTS):
            if others:  # who wrote last was another: so this one takes the longer way, with the lock first
                acknowledged[f"{name}_{n}_theirs"] = store.commit(change(f"{name}_{n}_theirs")).version
            proxy.cut_next(wanted)
            receipt = ours.commit(change(f"{name}_{n}"))
            assert proxy.cuts == n + 1
            assert (receipt.repeated, receipt.opened, receipt.closed) == (False, 4, 1)
            acknowledged[f"{name}_{n}"] = receipt.version
            assert ours.commit(change(f"{name}_{n}")) == replace(receipt, repeated=True)
    assert_whole(store, acknowledged)


def test_a_line_that_breaks_before_the_acknowledgement_publishes_once(server: Server, store: Store) -> None:
    with proxied(server.port) as proxy, through(proxy, server) as ours:
        proxy.cut_next(is_commit)
        receipt = publish(ours, "sha256:two")
        assert (proxy.cuts, receipt.repeated, receipt.version) == (1, False, store.latest_version())
        assert publish(ours, "sha256:two", key="again").repeated
    assert_whole(store, {"publish sha256:two": receipt.version})


def through(proxy: Proxy, server: Server) -> Store:
    return open_store(f"bolt://127.0.0.1:{proxy.port}/neo4j", server.access)


def test_what_was_acknowledged_survives_a_server_that_is_killed_while_it_writes(server: Server, store: Store) -> None:
    known: dict[str, int] = {}
    for kill in range(KILLS):
        writers = Writers(store, f"kill{kill}.", 4)
        writers.wait_for(20)
        server.kill9()
        sleep(0.3)
        seen = len(writers.acknowledged)
        server.start()
        # They go on by themselves on the store that they have.
        writers.wait_for(seen + 8)
        writers.join(stop=True)
        known |= writers.acknowledged
        assert writers.refused, "nobody noticed"
        assert {code for code, _ in writers.refused} <= {"store.down", "store.deadline"}, writers.told
        assert max(seconds for _, seconds in writers.refused) < 9
    assert_whole(store, known)


def test_a_server_that_hangs_holds_nobody_longer_than_the_deadline_and_is_found_again(
    server: Server, store: Store
) -> None:
    access = replace(server.access, transaction=1.0, acquire=0.5, connect=0.5)
    with open_store(server.uri, access) as ours:
        writers = Writers(ours, "hang", 8)
        writers.wait_for(20)
        os.kill(server.pid, signal.SIGSTOP)
        try:
            sleep(6)
            seen, refused = len(writers.acknowledged), list(writers.refused)
        finally:
            os.kill(server.pid, signal.SIGCONT)
        back = monotonic()
        writers.wait_for(seen + 20)
        assert monotonic() - back < 10
        writers.join(stop=True)
        # Who was waiting when it stopped waited for the deadline; then one a second tries, all others are refused.
        waited = [seconds for _, seconds in refused if seconds > 1.0]
        assert {code for code, _ in refused} == {"store.deadline", "store.down"}
        assert max(waited) < 5, "as long as it hung"
        assert len(waited) <= 8 + 7, refused
        assert len(refused) - len(waited) > 50
        assert threads_of(ours) <= 2 * 8
    assert_whole(store, writers.acknowledged)


def threads_of(_: Store) -> int:
    from threading import enumerate as alive

    return sum(thread.name.startswith("neo4j") for thread in alive())


def test_more_callers_than_connections_wait_and_are_then_told(server: Server) -> None:
    access = replace(server.access, connections=2)
    with open_store(server.uri, access) as ours:
        writers = Writers(ours, "many", 8, 10)
        writers.join()
        assert (len(writers.acknowledged), writers.refused) == (80, [])


def test_a_change_that_takes_too_long_is_ended_by_the_server_and_nothing_of_it_is_there(
    server: Server, store: Store
) -> None:
    before = store.latest_version()
    with (
        open_store(server.uri, replace(server.access, transaction=0.5)) as ours,
        GraphDatabase.driver(f"bolt://{server.address}", auth=("neo4j", server.password)) as driver,
        driver.session(database="neo4j") as session,
        session.begin_transaction() as holder,
    ):
        holder.run("MATCH (x:Store) SET x.writer = 'somebody slow'").consume()
        started = monotonic()
        with pytest.raises(StoreUnavailable) as caught:
            ours.commit(change("slow"))
        assert caught.value.detail_code == "store.deadline"
        assert monotonic() - started < 4
        assert ours.is_registered(SHARED, before), "readers never wait for it"
        holder.rollback()
        assert store.latest_version() == before
        assert ours.commit(change("slow")).version == before + 1
    assert_whole(store, {})


def test_a_store_that_was_closed_says_so(server: Server) -> None:
    store = open_store(server.uri, server.access)
    store.close()
    store.close()
    with pytest.raises(StoreUnavailable, match="is closed"):
        store.latest_version()


def test_nobody_waits_for_a_server_that_is_not_there() -> None:
    started = monotonic()
    with pytest.raises(StoreUnavailable) as caught:
        open_store("neo4j://127.0.0.1:1/neo4j", Access())
    assert caught.value.detail_code == "store.down"
    assert monotonic() - started < 2
