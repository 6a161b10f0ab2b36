"""A backup taken while the service is written is one version, verifies, and goes on as a store of its own (item 15).

That the files and digests of one version agree, whatever is written meanwhile: tests/test_transfer.py.
"""

import json
from pathlib import Path

from graph_model.stores.sqlite import SqliteStore
from tests.faults.load import Load, change, check
from tests.faults.served import Place


def test_a_backup_under_writes_is_restored_verified_and_served_on(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "other").mkdir()
    place, other, load = Place(tmp_path / "one"), Place(tmp_path / "other"), Load()
    place.fill()
    try:
        with place.serving() as served:
            load.address = served.address
            load.wait_for(changes=20, checks=20)
            before = len(load.versions)
            done = place.run("store", "backup", str(tmp_path / "backup"), "--json")
            load.wait_for(changes=5, checks=5)
            load.join()
    finally:
        load.join()
    assert done.returncode == 0, done.stderr
    backup = json.loads(done.stdout)
    assert before + 2 <= backup["version"] < max(load.versions.values()), "of a moment while it was written"
    restored = other.run("store", "restore", str(tmp_path / "backup"), "--json")
    assert json.loads(restored.stdout) == backup, restored.stderr
    info = json.loads(other.run("store", "info", "--digests", "--json").stdout)
    assert {name: info[name] for name in backup} == backup
    assert json.loads(other.run("audit", "verify", "--json").stdout)["first_bad_version"] is None
    kept = {number for number, version in load.versions.items() if version <= backup["version"]}
    lost = {number for number, version in load.versions.items() if version > backup["version"]}
    with other.serving() as served:
        for number in sorted(kept):
            again = served.ask("POST", "/v1/changes", change(number)).json()
            assert (again["version"], again["repeated"]) == (load.versions[number], True)
        version = backup["version"]
        for number in sorted(lost):
            version += 1
            sent = served.ask("POST", "/v1/changes", change(number)).json()
            assert (sent["version"], sent["repeated"]) == (version, False)
        told = served.ask("POST", "/v1/checks", check(min(lost), min_version=version)).json()
        assert told["decision"]["verdict"] == "bar"
    verified = other.run("audit", "verify", "--json")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    with SqliteStore(str(other.database)) as store:
        assert [entry.version for entry in store.changes(0, 100_000)] == list(range(1, version + 1))
