"""A disk that is full, a folder that may not be written, a record that is torn: refused with a code, and no restart.

The disk of the process is full by a limit on the size of its files (RLIMIT_FSIZE), set while it serves: every write
fails, as on a full disk, with another errno ("File too large"). Stores and logs alone: tests/test_store_durability.py,
tests/test_decision_log.py.
"""

import json
from pathlib import Path
from time import monotonic, sleep

import pytest

from tests.faults.load import change, check
from tests.faults.served import PATIENCE_S, Place, Serving


@pytest.fixture
def place(tmp_path: Path) -> Place:
    found = Place(tmp_path, XINHENG_INDEX="memory")
    found.fill()
    return found


def verified(place: Place) -> dict[str, object]:
    done = place.run("audit", "verify", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    told: dict[str, object] = json.loads(done.stdout)
    return told


def assert_refused(served: Serving, path: str, body: object, code: str, detail: str | None) -> None:
    answer = served.ask("POST", path, body)
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["detail_code"]) == (503, code, detail), problem
    assert problem["hint"]
    assert answer.headers["Retry-After"]


def until_answered(served: Serving, number: int) -> None:
    end = monotonic() + PATIENCE_S
    while served.ask("POST", "/v1/checks", check(number)).status_code != 200:
        assert monotonic() < end, "it did not go on"
        sleep(0.1)


def test_on_a_full_disk_writes_and_checks_are_refused_and_go_on_when_there_is_room(place: Place) -> None:
    with place.serving() as served:
        kept = [served.ask("POST", "/v1/changes", change(n)).json()["version"] for n in range(3)]
        answered = [served.ask("POST", "/v1/checks", check(n)).json()["check_id"] for n in range(3)]
        served.fill_the_disk()
        for number in range(3, 6):
            assert_refused(served, "/v1/changes", change(number), "store.unavailable", "store.disk")
            assert_refused(served, "/v1/checks", check(number - 3), "log.unavailable", None)
        assert served.ask("GET", "/v1/health/live").status_code == 200
        assert served.ask("GET", f"/v1/checks/{answered[0]}").status_code == 200, "what is there can be read"
        served.free_the_disk()
        until_answered(served, 0)
        assert served.ask("POST", "/v1/changes", change(3)).json()["version"] == kept[-1] + 1, "nothing was half done"
        told = served.ask("POST", "/v1/checks", check(3, min_version=kept[-1] + 1)).json()
        assert told["decision"]["verdict"] == "bar"
        assert all(served.ask("GET", f"/v1/checks/{each}").status_code == 200 for each in [*answered, told["check_id"]])
    found = verified(place)
    assert (found["version"], found["faults"], found["torn"]) == (kept[-1] + 1, [], [])
    assert "Traceback" not in place.said.read_text()


@pytest.mark.parametrize("left", [b"0" * 40, b"a" * 64 + b' {"id":"cut', b"\0" * 4096], ids=["chain", "body", "zeros"])
def test_a_torn_last_record_is_told_cut_at_the_next_start_and_nothing_else_is(place: Place, left: bytes) -> None:
    with place.serving() as served:
        check_id = served.ask("POST", "/v1/checks", check(-1)).json()["check_id"]
        served.process.kill()
        served.process.wait()
    (path,) = place.log.glob("*.log")
    whole = path.read_bytes()
    path.write_bytes(whole + left)  # as a power cut leaves it: begun, or room for it and nothing in it
    assert verified(place)["torn"] == [path.name]
    with place.serving() as served:
        assert served.ask("GET", f"/v1/checks/{check_id}").status_code == 200
        assert path.read_bytes() == whole
    found = verified(place)
    assert (found["torn"], found["faults"], found["records"]) == ([], [], 1)


def test_where_the_log_cannot_be_made_the_service_does_not_start_and_says_why(place: Place) -> None:
    # The tests may run as root, whom no mode stops: a file stands where the folder should be.
    place.log.write_text("")
    done = place.run("serve", "--port", "0")
    assert done.returncode == 1
    assert "xinheng: log.unavailable: " in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_where_the_store_cannot_be_made_every_command_says_so(place: Place) -> None:
    (place.folder / "file").write_text("")
    for words in (("serve", "--port", "0"), ("store", "restore", "."), ("store", "info"), ("audit", "verify")):
        done = place.run(*words, store=f"sqlite:///{place.folder}/file/city.db")
        assert done.returncode == 1
        assert done.stderr.startswith("xinheng: "), done.stderr
        assert done.stderr.count("\n") == 1
        assert words[0] != "serve" or "store.unavailable [store.missing]" in done.stderr


def test_an_ordinary_stop_writes_what_was_buffered_and_closes_the_store(tmp_path: Path) -> None:
    place = Place(tmp_path, XINHENG_DECISION_LOG="buffered", XINHENG_DECISION_LOG_BUFFER_S="30")
    place.fill()
    with place.serving() as served:
        for number in range(5):
            assert served.ask("POST", "/v1/checks", check(number)).status_code == 200
    assert served.process.returncode == 0, "by SIGTERM, as a machine that is shut down sends it"
    assert verified(place)["records"] == 5
    assert not place.database.with_name("city.db-wal").exists()
