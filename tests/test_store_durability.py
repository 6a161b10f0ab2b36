"""What the embedded store keeps when processes die, meet or run out of room (C1)."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from graph_model.errors import StoreUnavailable
from graph_model.nodes import Facts
from graph_model.store import ChangeSet, Store
from graph_model.stores import open_store
from tests.store_acts import publish, put, registration

WRITER = """
import sys
from graph_model.nodes import Attributes, Facts, Registration
from graph_model.store import ChangeSet
from graph_model.stores import open_store

url, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
with open_store(url) as store:
    for n in range(count):
        three = tuple(Registration(f"{name}-{n}-{i}", Attributes(name=str(n))) for i in range(3))
        receipt = store.commit(ChangeSet(name, "test", f"{name} {n}", Facts(registrations=three)))
        print(receipt.version, n, flush=True)
"""


def writer(url: str, name: str, count: int) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, url, name, str(count)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def assert_gapless_and_whole(store: Store) -> None:
    """Versions have no gap, each change set is there whole or not at all, and the chain holds."""
    latest = store.latest_version()
    entries = store.changes(0, 100_000)
    assert [c.version for c in entries] == list(range(1, latest + 1))
    for entry in entries:
        if entry.kind == "facts":
            assert len(entry.subjects) == 3
            assert all(store.is_registered(s, entry.version) for s in entry.subjects)
            assert not any(store.is_registered(s, entry.version - 1) for s in entry.subjects)
    assert store.counts(latest)["registrations"] == 3 * sum(c.kind == "facts" for c in entries)


def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/city.db"
    acknowledged: dict[int, int] = {}
    for run in range(4):
        dying = writer(url, f"run{run}", 100_000)
        assert dying.stdout is not None
        for _ in range(15):
            version, n = map(int, dying.stdout.readline().split())
            acknowledged[version] = n
        dying.send_signal(signal.SIGKILL)
        rest, _ = dying.communicate()
        acknowledged |= {
            int(line.split()[0]): int(line.split()[1]) for line in rest.splitlines() if line.count(" ") == 1
        }
        with open_store(url) as store:
            assert_gapless_and_whole(store)
            assert set(acknowledged) <= {c.version for c in store.changes(0, 100_000)}
            known = {c.version: c.key.split()[1] for c in store.changes(0, 100_000)}
            assert {v: str(n) for v, n in acknowledged.items()} == {v: known[v] for v in acknowledged}


def test_processes_that_write_at_once_share_one_gapless_row_of_versions(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/city.db"
    # None of them finds the file there: they make it together.
    writers = [writer(url, name, 12) for name in ("a", "b", "c")]
    versions: list[int] = []
    for each in writers:
        out, err = each.communicate(timeout=120)
        assert each.returncode == 0, err
        versions += [int(line.split()[0]) for line in out.splitlines()]
    assert sorted(versions) == list(range(1, 37))
    with open_store(url) as store:
        assert_gapless_and_whole(store)


def test_an_open_store_sees_what_another_process_commits(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/city.db"
    with open_store(url) as store:
        publish(store)
        other = writer(url, "other", 2)
        out, err = other.communicate(timeout=120)
        assert (other.returncode, out.split()) == (0, ["2", "0", "3", "1"]), err
        assert store.is_registered("other-1-2", 3)
        assert store.latest_version() == 3
        assert put(store, registrations=(registration("mine"),)).version == 4


def test_a_change_set_sent_again_after_a_kill_is_written_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/city.db"
    for _ in range(2):
        dying = writer(url, "same", 100_000)
        assert dying.stdout is not None
        lines = [dying.stdout.readline() for _ in range(10)]
        assert [line.split()[0] for line in lines] == [str(v) for v in range(1, 11)], "the first ten, each time"
        dying.send_signal(signal.SIGKILL)
        dying.communicate()
    with open_store(url) as store:
        assert_gapless_and_whole(store)


def test_facts_and_versions_are_there_after_closing_and_opening(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/城市.db"
    with open_store(url) as store:
        publish(store)
        put(store, registrations=(registration("S", name="某"),))
        expected = store.neighbourhood("S", 2)
    with open_store(url) as store:
        assert store.latest_version() == 2
        assert store.neighbourhood("S", 2) == expected
        assert store.neighbourhood("S", 1) is None
        assert store.rulebook_content("sha256:one") == b"content of sha256:one"


FILLER = """
import resource, signal, sys
from graph_model.errors import StoreUnavailable
from graph_model.nodes import Attributes, Facts, Registration
from graph_model.store import ChangeSet
from graph_model.stores import open_store

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with open_store(sys.argv[1]) as store:
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
    kept = 0
    try:
        for n in range(1_000):
            many = tuple(Registration(f"{n}-{i}", Attributes(name="x" * 50)) for i in range(100))
            kept = store.commit(ChangeSet("f", "test", f"k{n}", Facts(registrations=many))).version
    except StoreUnavailable as error:
        print(kept, error.hint)
    assert store.latest_version() == kept
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    print(store.commit(ChangeSet("f", "test", "after", Facts())).version)
"""


def test_without_room_on_the_disk_a_change_set_is_refused_whole_and_later_ones_go_on(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/city.db"
    done = subprocess.run([sys.executable, "-c", FILLER, url], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    kept = int(first.split()[0])
    assert kept > 0
    assert "disk" in first or "space" in first
    assert int(second) == kept + 1
    with open_store(url) as store:
        assert store.counts(kept)["registrations"] == 100 * kept
        assert [c.version for c in store.changes(0, 10_000)] == list(range(1, kept + 2))


READ_ONLY = """
import os, sys
from graph_model.errors import StoreUnavailable
from graph_model.stores import open_store

if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
try:
    open_store(sys.argv[1])
except StoreUnavailable as error:
    print(error.what, "|", error.hint)
"""


def test_a_folder_that_may_only_be_read_is_a_clear_error(tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir()
    for above in (folder, *tmp_path.parents):
        if os.stat(above).st_uid == os.geteuid() and above != Path("/"):
            above.chmod(0o755 if above != folder else 0o555)
    done = subprocess.run(
        [sys.executable, "-c", READ_ONLY, f"sqlite:///{folder}/city.db"], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert "cannot be opened or made" in done.stdout
    assert "folder" in done.stdout
    assert list(folder.iterdir()) == []


def test_a_folder_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match=r"cannot be opened or made.*folder exists"):
        open_store(f"sqlite:///{tmp_path}/none/city.db")


def test_memory_stores_know_nothing_of_each_other() -> None:
    with open_store("sqlite:///:memory:") as one, open_store("sqlite:///:memory:") as other:
        one.commit(ChangeSet("c", "r", "k", Facts(registrations=(registration("S"),))))
        assert other.latest_version() == 0
        one.close()
        with open_store("sqlite:///:memory:") as third:
            assert (third.latest_version(), list(third.subjects(0))) == (0, [])
