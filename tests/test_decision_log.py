"""The decision log: recorded before it leaves, read back as it was given, rotated, and never silently missing."""

import asyncio
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from api.app import build_app
from api.clock import now
from api.decision_log import HEADER, DecisionLog
from api.decision_reading import found
from api.decision_record import id_at, place_of, words_of
from api.decision_segment import Segment, segments_in
from api.decision_verify import verified
from api.decision_writer import Plan
from api.problems import CheckUnknown, LogDamaged, LogUnavailable
from engine.question import VERDICT_ZH, Json
from graph_model.stores import open_store
from tests.decision_logs import ASKER, log_in, written
from tests.http_city import BARRED, CLEAR, NOW, RESIDENT, SETTINGS, SUBJECT_OF, TODAY, City, city, fill
from tests.http_server import running

NO_CHANCE = (0, b"0" * 12)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[City]:
    with city(decision_log_folder=tmp_path / "log") as opened:
        yield opened
        opened.app.state.decision_log.close()


@pytest.mark.parametrize("verdict", SUBJECT_OF)
def test_a_decision_comes_back_as_it_was_given_and_is_the_same_again(town: City, verdict: str) -> None:
    body = {"subject": SUBJECT_OF[verdict], "matter": "licence", "on": "2026-11-20"}
    answer = town.send("POST", "/v1/checks", json=body, headers={"Xinheng-Purpose": "grant"})
    assert answer.headers[HEADER] == "strict"
    told = answer.json()
    given = town.get(f"/v1/checks/{told['check_id']}?replay=true").json()
    assert UUID(told["check_id"]).version == 8
    assert given["decision"] == told["decision"]
    assert list(given["decision"]) == list(told["decision"])
    assert (given["caller"], given["purpose"], given["at"]) == (
        "anonymous",
        "grant",
        NOW.isoformat(timespec="milliseconds"),
    )
    assert given["replay"] == {"same": True, "digest": given["digest"], "decision": None}
    assert "replay" not in town.get(f"/v1/checks/{told['check_id']}").json()


def test_a_batch_is_recorded_check_by_check_and_problems_are_not(town: City) -> None:
    asked = [{"subject": BARRED, "matter": "licence"}, {"subject": BARRED, "matter": "none"}] * 20
    answer = town.post("/v1/checks:batch", {"checks": asked})
    members = answer.json()["decisions"]
    ids = [member["check_id"] for member in members if "check_id" in member]
    assert len(set(ids)) == 20
    folder = town.app.state.decision_log.plan.folder
    assert [found(folder, check_id).decision for check_id in ids] == [m["decision"] for m in members[::2]]
    assert verified([folder]).records == 20


def test_the_page_records_what_it_shows(town: City) -> None:
    answer = town.get(f"/?subject={BARRED}&matter=licence")
    assert answer.headers[HEADER] == "strict"
    assert verified([town.app.state.decision_log.plan.folder]).records == 1


@pytest.mark.parametrize(
    "check_id", ["x", str(UUID(int=7)), id_at(1, 2, NO_CHANCE).decode(), "0" * 100, "%00", "６"], ids=range(6)
)
def test_an_id_that_was_never_given_is_unknown(town: City, check_id: str) -> None:
    town.post("/v1/checks", {"subject": BARRED, "matter": "licence"})
    answer = town.get(f"/v1/checks/{check_id}")
    assert (answer.status_code, answer.json()["code"]) == (404, "check.unknown")


def test_an_id_near_a_true_one_leads_nowhere(tmp_path: Path, told: dict[str, Json]) -> None:
    with log_in(tmp_path) as log:
        check_id = written(log, [told["bar"]])[0]
    segment, offset = place_of(check_id) or (0, 0)
    for place in ((segment, offset), (segment, offset + 1), (segment, 1 << 31), (segment ^ 1, 0)):
        near = id_at(*place, NO_CHANCE).decode()
        with pytest.raises(CheckUnknown):
            found(tmp_path, near)


def test_without_a_log_the_answer_says_so() -> None:
    with city() as town:
        answer = town.post("/v1/checks", {"subject": BARRED, "matter": "licence"})
        assert answer.headers[HEADER] == "none"
        assert town.get(f"/v1/checks/{answer.json()['check_id']}").json()["code"] == "check.unknown"


def test_the_file_is_rotated_and_every_check_is_found(tmp_path: Path, told: dict[str, Json]) -> None:
    with log_in(tmp_path, segment_bytes=4_000) as log:
        ids = {check_id: v for v in list(told) * 5 for check_id in written(log, [told[v]])}
    assert len(segments_in(tmp_path)) > 4
    assert max(path.stat().st_size for path in segments_in(tmp_path).values()) < 4_000 + 10_000
    assert all(found(tmp_path, check_id).decision == told[verdict] for check_id, verdict in ids.items())
    result = verified([tmp_path])
    assert (result.records, result.faults, result.torn) == (40, (), ())


def test_buffered_says_its_bound_and_holds_it(tmp_path: Path, told: dict[str, Json]) -> None:
    async def asked() -> None:
        noted = log.noted(ASKER, [told["bar"]])
        assert await log.kept(noted) == "buffered; within=0.2"
        assert not segments_in(tmp_path), "it waits for others to come"
        await asyncio.sleep(0.2)
        assert found(tmp_path, noted[0].check_id).decision == told["bar"]
        later = log.noted(ASKER, [told["clear"]])
        await log.settle()
        assert found(tmp_path, later[0].check_id).decision == told["clear"]

    with log_in(tmp_path, keeping="buffered", buffer_s=0.2) as log:
        asyncio.run(asked())


def test_what_was_buffered_is_written_at_the_end(tmp_path: Path, told: dict[str, Json]) -> None:
    with log_in(tmp_path, keeping="buffered", buffer_s=30) as log:
        written(log, [told["bar"]] * 7)
    assert verified([tmp_path]).records == 7


# --- what fails --------------------------------------------------------------------------------------------------


def test_a_log_that_cannot_be_written_refuses_checks_and_goes_on_when_it_can(tmp_path: Path) -> None:
    place = tmp_path / "log"
    place.write_text("a file where the folder should be")
    with city(decision_log_folder=place) as town:
        for path, body in (("/v1/checks", one_check()), ("/v1/checks:batch", {"checks": [one_check()]})):
            answer = town.post(path, body)
            assert (answer.status_code, answer.json()["code"]) == (503, "log.unavailable")
            assert answer.headers["Retry-After"] == "1"
        page = town.get(f"/?subject={BARRED}&matter=licence")
        assert page.status_code == 503
        assert "吊销" not in page.text
        place.unlink()
        town.app.state.decision_log._broken_until = 0.0
        assert town.post("/v1/checks", one_check()).headers[HEADER] == "strict"
        town.app.state.decision_log.close()


def one_check() -> Json:
    return {"subject": BARRED, "matter": "licence"}


def test_as_configured_checks_go_on_unlogged_and_say_so(tmp_path: Path) -> None:
    place = tmp_path / "log"
    place.write_text("a file where the folder should be")
    with city(decision_log_folder=place, decision_log_failure="unlogged") as town:
        for path, body in (("/v1/checks", one_check()), ("/v1/checks:batch", {"checks": [one_check()]})):
            answer = town.post(path, body)
            assert (answer.status_code, answer.headers[HEADER]) == (200, "unlogged")
        assert town.get(f"/?subject={BARRED}&matter=licence").headers[HEADER] == "unlogged"
        town.app.state.decision_log.close()


def test_a_disk_that_fills_in_the_middle_of_a_record_leaves_whole_records_only(
    tmp_path: Path, told: dict[str, Json], monkeypatch: pytest.MonkeyPatch
) -> None:
    with log_in(tmp_path) as log:
        first = written(log, [told["bar"]])

        def partly(segment: Segment, lines: bytes) -> None:
            os.write(segment.descriptor, lines[:115])
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as full:
            full.setattr(Segment, "write", partly)
            with pytest.raises(LogUnavailable, match="No space left"):
                written(log, [told["clear"]])
            with pytest.raises(LogUnavailable):
                written(log, [told["clear"]])  # at once, without asking the disk again
        log._broken_until = 0.0
        last = written(log, [told["watch"]])
    result = verified([tmp_path])
    assert (result.records, result.faults, result.torn, len(result.heads)) == (2, (), (), 2)
    assert found(tmp_path, first[0]).decision == told["bar"]
    assert found(tmp_path, last[0]).decision == told["watch"]


def test_a_log_that_has_reached_its_limit_is_not_written(tmp_path: Path, told: dict[str, Json]) -> None:
    def fill_up() -> None:
        for _ in range(100):
            written(log, [told["bar"]])

    with log_in(tmp_path, segment_bytes=8_000, most_bytes=24_000) as log, pytest.raises(LogUnavailable, match="limit"):
        fill_up()
    sizes = [path.stat().st_size for path in segments_in(tmp_path).values()]
    assert 8_000 < sum(sizes) <= 24_000 + 5_000, "first lines come on top"
    assert verified([tmp_path]).faults == ()


def test_who_starts_the_service_learns_that_the_log_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("")
    with pytest.raises(LogUnavailable):
        DecisionLog(Plan("strict", tmp_path / "log"), now).open()
    DecisionLog(Plan("strict", tmp_path / "log", unlogged_on_failure=True), now).open()
    DecisionLog(Plan("none", tmp_path / "log"), now).open()


def test_a_torn_last_record_is_cut_by_the_next_and_by_nobody_while_its_writer_lives(
    tmp_path: Path, told: dict[str, Json]
) -> None:
    with log_in(tmp_path) as log:
        written(log, [told["bar"], told["clear"]])
        (path,) = segments_in(tmp_path).values()
        whole = path.read_bytes()
        path.write_bytes(whole + b"torn")  # as if a write were under way
        with log_in(tmp_path) as other:
            written(other, [told["clear"]])
        assert path.read_bytes() == whole + b"torn"
    assert verified([tmp_path]).torn == (path.name,)
    with log_in(tmp_path) as third:
        written(third, [told["clear"]])
    assert path.read_bytes() == whole
    result = verified([tmp_path])
    assert (result.records, result.torn, result.faults) == (4, (), ())


def test_a_damaged_record_is_told_as_such(tmp_path: Path, told: dict[str, Json]) -> None:
    with log_in(tmp_path) as log:
        ids = written(log, [told["bar"], told["clear"], told["bar"]])
    (path,) = segments_in(tmp_path).values()
    path.write_bytes(path.read_bytes().replace(b'"verdict":"clear"', b'"verdict":"watch"'))
    with pytest.raises(LogDamaged):
        found(tmp_path, ids[1])
    assert found(tmp_path, ids[0]).decision == told["bar"]


def test_two_workers_write_beside_each_other_and_each_finds_the_others(tmp_path: Path) -> None:
    settings = replace(SETTINGS, store=f"sqlite:///{tmp_path / 'city.db'}", port=0)
    with open_store(settings.store) as store:
        fill(store, settings)
        apps = [build_app(settings, store, today=lambda: TODAY) for _ in range(2)]
        with running(apps[0], settings) as first, running(apps[1], settings) as second:
            ids = [
                httpx.post(f"{place}/v1/checks", json={"subject": CLEAR, "matter": "licence"}).json()["check_id"]
                for place in (first, second) * 3
            ]
            for place in (first, second):
                assert all(httpx.get(f"{place}/v1/checks/{check_id}").status_code == 200 for check_id in ids)
        for app in apps:
            app.state.decision_log.close()
    folder = tmp_path / "city-decisions"
    result = verified([folder])
    assert (len(result.heads), result.records, result.faults) == (2, 6, ())
    assert folder.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in segments_in(folder).values())


@pytest.mark.parametrize(
    "text",
    [RESIDENT, f"for{RESIDENT}x", "110105 19491231 002X", "１１０１０５１９４９１２３１００２", "E12345678", "AB12345"],
)
def test_a_purpose_holds_no_number_of_a_document(text: str) -> None:
    assert words_of(text).count("［已隐去］") >= 1
    assert not any(len(run) > 5 for run in words_of(text).split("［已隐去］"))


def test_a_replay_that_differs_says_so(town: City, monkeypatch: pytest.MonkeyPatch) -> None:
    # A later program may decide otherwise: then both are told.
    check_id = town.post("/v1/checks", one_check()).json()["check_id"]
    monkeypatch.setitem(VERDICT_ZH, "bar", "不许")
    told = town.get(f"/v1/checks/{check_id}?replay=true").json()
    assert told["decision"]["verdict_zh"] == "禁止"
    assert told["replay"]["same"] is False
    assert told["replay"]["decision"]["verdict_zh"] == "不许"
