"""A store file cut off or with flipped bytes: a code, never a trace; what changes an answer is found by the audit."""

import json
from contextlib import suppress
from datetime import date
from pathlib import Path
from random import Random
from time import monotonic, sleep

import httpx
import pytest

from engine.question import Check
from engine.service import Service
from graph_model.errors import RulebookRefused, StoreUnavailable
from graph_model.stores.sqlite import SqliteStore
from tests.faults.load import DAY, FIRST, change, check
from tests.faults.served import LONG, PATIENCE_S, Place, Serving
from tests.http_city import SUBJECT_OF, organisation_code
from tests.test_http_process import free_port

FLIPS, CUTS = (3_000, 500) if LONG else (250, 30)
SUBJECTS = (*SUBJECT_OF.values(), *(organisation_code(FIRST + number) for number in range(12)))


def answers(path: Path) -> list[str]:
    with SqliteStore(str(path)) as store:
        service = Service(store)
        return [repr(service.check(Check(subject, "licence", date.fromisoformat(DAY)))) for subject in SUBJECTS]


def is_found_by_the_audit(path: Path) -> bool:
    try:
        with SqliteStore(str(path)) as store:
            return store.verify_chain() is not None
    except StoreUnavailable as error:
        return error.detail_code in ("store.damaged", "store.foreign", "store.newer")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file of the small city and twelve companies, closed."""
    place = Place(tmp_path_factory.mktemp("whole"))
    place.fill()
    with place.serving() as served:
        for number in range(12):
            served.ask("POST", "/v1/changes", change(number))
    return place.database.read_bytes()


def put(folder: Path, content: bytes) -> Path:
    path = folder / "city.db"
    for old in folder.glob("city.db*"):
        old.unlink()
    path.write_bytes(content)
    return path


def told(path: Path, right: list[str]) -> str:
    """`same`, `other`, or the code of a refusal; anything else that is raised is a fault of ours."""
    try:
        return "same" if answers(path) == right else "other"
    except (StoreUnavailable, RulebookRefused) as error:
        return error.detail_code or error.code


def test_a_flipped_byte_is_refused_by_its_code_or_changes_no_answer_that_the_audit_does_not_find(
    whole: bytes, tmp_path: Path
) -> None:
    right, chance, seen = answers(put(tmp_path, whole)), Random(6), set()
    assert not is_found_by_the_audit(tmp_path / "city.db")
    for _ in range(FLIPS):
        content, at = bytearray(whole), chance.randrange(len(whole))
        content[at] ^= 1 << chance.randrange(8)
        path = put(tmp_path, bytes(content))
        found = told(path, right)
        seen.add(found)
        assert found == "same" or is_found_by_the_audit(put(tmp_path, bytes(content))), (at, found)
    assert {"same", "other", "store.damaged"} <= seen


def test_a_file_that_was_cut_off_answers_nothing_wrong(whole: bytes, tmp_path: Path) -> None:
    right, chance = answers(put(tmp_path, whole)), Random(7)
    for _ in range(CUTS):
        assert told(put(tmp_path, whole[: chance.randrange(1, len(whole))]), right) != "other"


def test_served_and_on_the_command_line_damage_is_a_code_and_a_hint(whole: bytes, tmp_path: Path) -> None:
    place = Place(tmp_path, XINHENG_INDEX="store")
    put(tmp_path, whole.replace(b'["number","2000"]', b'["oumber","2000"]'))
    assert b'["oumber"' in place.database.read_bytes()
    with place.serving() as served:
        answer = served.ask("POST", "/v1/checks", check(0))
        problem = answer.json()
        assert (answer.status_code, problem["detail_code"]) == (503, "store.damaged"), problem
        assert "audit verify" in problem["hint"]
    done = place.run("audit", "verify")
    assert done.returncode == 1
    assert "was tampered with" in done.stdout
    put(tmp_path, whole[: len(whole) // 2])
    for words in (("serve", "--port", "0"), ("audit", "verify"), ("store", "info")):
        done = place.run(*words)
        assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
        assert "store.unavailable [store.damaged]" in done.stderr
    assert "Traceback" not in place.said.read_text()


def test_a_damaged_store_is_never_ready_to_answer_from_memory_and_says_why(whole: bytes, tmp_path: Path) -> None:
    place = Place(tmp_path)
    put(tmp_path, whole.replace(b'["number","2000"]', b'["oumber","2000"]'))
    port = free_port()
    served = Serving(place, f"http://127.0.0.1:{port}", place.start(port))
    try:
        end = monotonic() + PATIENCE_S
        said = ""
        while said != "store.damaged" and monotonic() < end:
            with suppress(httpx.ConnectError):
                answer = served.ask("GET", "/v1/health/ready")
                assert answer.status_code == 503
                said = answer.json()["detail_code"]
            sleep(0.05)
        assert said == "store.damaged"
        assert served.ask("POST", "/v1/checks", check(0)).status_code == 503
    finally:
        served.close()
        served.process.kill()
        served.process.wait()


def test_the_end_of_a_store_that_was_lost_is_found_by_what_was_answered_from_it(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.fill()
    with place.serving() as served:
        for number in range(5):
            version = served.ask("POST", "/v1/changes", change(number)).json()["version"]
        assert served.ask("POST", "/v1/checks", check(4)).json()["decision"]["version"] == version
        served.process.kill()
        served.process.wait()
    ahead = tmp_path / "city.db-wal"
    content = bytearray(ahead.read_bytes())
    content[len(content) // 3] ^= 1  # SQLite drops this transaction and all after it, and says nothing
    ahead.write_bytes(content)
    done = place.run("audit", "verify", "--json")
    assert done.returncode == 1, done.stderr
    result = json.loads(done.stdout)
    assert result["version"] < result["newest_answered_version"] == version
    assert result["first_bad_version"] is None
    assert f"version {version} was answered from" in place.run("audit", "verify").stdout
