"""The service killed with `kill -9` under load: nothing acknowledged and no strict decision is ever lost (C1, J10).

Twenty kills; `FAULTS=long` (`make faults`): two hundred. A kill leaves what the system has taken in: that it is on the
disk, too, is what tests/test_store_sqlite.py and tests/test_decision_log.py hold (synced before it is acknowledged).
"""

import json
from datetime import date
from pathlib import Path
from random import Random
from time import sleep

from api.decision_reading import found
from api.wire import decision_json
from engine.question import Check
from engine.service import Service
from graph_model.stores import open_store
from graph_model.stores.sqlite import SqliteStore
from tests.faults.load import DAY, FIRST, Load, change, check
from tests.faults.served import LONG, Place, Serving
from tests.http_city import SUBJECT_OF, organisation_code

KILLS = 200 if LONG else 20


def assert_kept(served: Serving, versions: dict[int, int], answers: list[str]) -> None:
    """Each change is known by its key at its version, each answer is found by its id, by the service itself."""
    for number, version in versions.items():
        again = served.ask("POST", "/v1/changes", change(number)).json()
        assert (again["version"], again["repeated"]) == (version, True)
    assert [served.ask("GET", f"/v1/checks/{each}").status_code for each in answers] == [200] * len(answers)


def assert_whole(place: Place, load: Load) -> None:
    """All that was promised is there, once, without a gap, and chained; memory says what the store says."""
    with SqliteStore(str(place.database)) as store:
        assert store.verify_chain() is None
        entries = store.changes(0, 1_000_000)
        assert [entry.version for entry in entries] == list(range(1, store.latest_version() + 1))
        keys = {entry.key: entry.version for entry in entries}
        assert len(keys) == len(entries), "no change was written twice"
        assert {number: keys.get(f"load {number}") for number in load.versions} == load.versions
        written = [entry for entry in entries if entry.key.startswith("load ")]
        assert store.counts(store.latest_version())["designations"] == 6 + len(written), "each whole or not at all"
    assert {check_id: found(place.log, check_id).decision for check_id in load.answers} == load.answers
    verified = place.run("audit", "verify", "--json")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    told = json.loads(verified.stdout)
    assert (told["faults"], told["torn"], told["first_bad_version"]) == ([], [], None)
    assert told["records"] >= len(load.answers)


def assert_memory_says_what_the_store_says(served: Serving, numbers: range) -> None:
    subjects = [*SUBJECT_OF.values(), *(organisation_code(FIRST + number) for number in numbers)]
    with open_store(served.place.url) as store:
        service = Service(store)
        for subject in subjects:
            told = served.ask("POST", "/v1/checks", {"subject": subject, "matter": "licence", "on": DAY})
            assert "Xinheng-Data-Age" in told.headers, "it was answered from memory"
            decided = service.check(Check(subject, "licence", date.fromisoformat(DAY)))
            assert told.json()["decision"] == json.loads(json.dumps(decision_json(decided)))


def test_killed_again_and_again_under_load_it_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    place, chance, load = Place(tmp_path, XINHENG_INDEX="memory"), Random(20), Load()
    place.fill()
    before: tuple[set[int], set[str]] = (set(), set())
    try:
        for _ in range(KILLS):
            with place.serving() as served:
                new = {n: v for n, v in load.versions.copy().items() if n not in before[0]}
                assert_kept(served, new, [each for each in load.answers.copy() if each not in before[1]])
                before = (set(load.versions), set(load.answers))
                load.address = served.address
                load.wait_for(changes=3, checks=15)
                sleep(chance.random() / 20)
                served.process.kill()
                served.process.wait()
            load.address = None
    finally:
        load.join()
    assert len(load.versions) >= 3 * KILLS
    assert [refusal for refusal in load.refused if refusal["status"] != 503] == []
    with place.serving() as served:
        assert_memory_says_what_the_store_says(served, range(min(60, len(load.versions))))
        assert served.ask("POST", "/v1/checks", check(0)).json()["decision"]["verdict"] == "bar"
    assert_whole(place, load)
    assert "Traceback" not in place.said.read_text()
