"""How the decision log is written: in groups, by a process or a thread, durable before an answer leaves, or refused."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Callable
from errno import EBADF
from functools import partial
from pathlib import Path
from resource import RLIM_INFINITY, RLIMIT_FSIZE, prlimit
from signal import SIGKILL, SIGTERM
from time import monotonic, sleep

import pytest

from api import decision_scribe, decision_scribe_at_work
from api.decision_reading import found
from api.decision_scribe import Ended, Scribe
from api.decision_segment import Segment, segments_in
from api.decision_verify import verified
from api.decision_writer import ScribeOn
from api.problems import LogUnavailable
from engine.question import Json
from tests.decision_logs import ASKER, at_once, either_way, log_in

PATIENCE_S = 10.0
IDS = re.compile(r'"id":"([0-9a-f-]{36})"')


@either_way
def test_many_waiting_answers_share_a_sync(
    tmp_path: Path, told: dict[str, Json], monkeypatch: pytest.MonkeyPatch, scribe_on: ScribeOn
) -> None:
    syncs: list[int] = []
    sync, writes = Segment.sync, Scribe.writes
    # As on a disk that takes its time; on one that does not, there is little to share.
    monkeypatch.setattr(Segment, "sync", lambda segment: (syncs.append(1), sleep(0.02), sync(segment))[2])
    monkeypatch.setattr(Scribe, "writes", lambda *given: (syncs.append(1), writes(*given))[1])
    with log_in(tmp_path, scribe_on) as log:
        asyncio.run(at_once(log, [told["clear"]] * 100, 10))
    assert verified([tmp_path]).records == 1_000
    assert 0 < len(syncs) < 500


@either_way
def test_nothing_leaves_before_its_record_is_durable(
    tmp_path: Path, told: dict[str, Json], monkeypatch: pytest.MonkeyPatch, scribe_on: ScribeOn
) -> None:
    durable: set[str] = set()
    sync, writes = Segment.sync, Scribe.writes

    def see(_: object = None) -> None:
        durable.update(id_ for path in segments_in(tmp_path).values() for id_ in IDS.findall(path.read_text()))

    def handed_over(scribe: Scribe, segment: Segment, lines: bytes, ended: Ended) -> bool:
        return writes(scribe, segment, lines, lambda error: (see(), ended(error))[1])

    monkeypatch.setattr(Segment, "sync", lambda segment: (sync(segment), see())[0])
    monkeypatch.setattr(Scribe, "writes", handed_over)

    async def ask() -> None:
        for _ in range(20):
            noted = log.noted(ASKER, [told["bar"]])
            assert noted[0].check_id not in durable
            await log.kept(noted)
            assert noted[0].check_id in durable

    async def many() -> None:
        await asyncio.gather(*(ask() for _ in range(5)))

    with log_in(tmp_path, scribe_on) as log:
        asyncio.run(many())


def test_the_scribe_syncs_what_it_has_written_before_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    write, sync = os.write, os.fdatasync
    monkeypatch.setattr(os, "write", lambda file, text: (done.append("written"), write(file, text[:3]))[1])
    monkeypatch.setattr(os, "fdatasync", lambda file: (done.append("durable"), sync(file))[1])
    with (tmp_path / "file").open("wb") as file:
        assert decision_scribe_at_work.kept(file.fileno(), memoryview(b"seven b")) == 0
    assert done == ["written"] * 3 + ["durable"]
    assert (tmp_path / "file").read_bytes() == b"seven b"
    with (tmp_path / "file").open("rb") as file:
        assert decision_scribe_at_work.kept(file.fileno(), memoryview(b"more")) == EBADF


@either_way
def test_files_and_loops_follow_each_other_in_one_chain(
    tmp_path: Path, told: dict[str, Json], scribe_on: ScribeOn
) -> None:
    with log_in(tmp_path, scribe_on, segment_bytes=20_000) as log:
        ids = [id_ for _ in range(4) for id_ in asyncio.run(at_once(log, [*told.values()] * 2, 5))]
    assert len(set(ids)) == 4 * 2 * 5 * len(told)
    assert all(
        found(tmp_path, id_).decision == decision for id_, decision in zip(ids[::5], [*told.values()] * 8, strict=True)
    )
    result = verified([tmp_path])
    assert (result.records, result.faults, result.torn) == (len(ids), (), ())
    assert len(result.heads) > 10


def test_a_loop_that_ended_too_early_leaves_nothing_behind(tmp_path: Path, told: dict[str, Json]) -> None:
    async def hurried() -> None:
        for _ in range(3):
            log.noted(ASKER, [told["clear"]] * 4)
            await asyncio.sleep(0)

    with log_in(tmp_path) as log:
        for _ in range(3):
            asyncio.run(hurried())
        ids = asyncio.run(at_once(log, [told["bar"]] * 3, 3))
        asyncio.run(hurried())
    assert all(found(tmp_path, check_id).decision == told["bar"] for check_id in ids)
    result = verified([tmp_path])
    assert (result.records, result.faults, result.torn) == (4 * 12 + 9, (), ())


class Known(Scribe):
    """A scribe whose process can be done something to."""

    @property
    def pid(self) -> int:
        return self._process.pid


@pytest.mark.parametrize("harm", ["it may not write on", "it is killed", "it is asked to end"])
def test_a_scribe_that_fails_loses_nothing_that_was_acknowledged(
    tmp_path: Path, told: dict[str, Json], harm: str
) -> None:
    scribes: list[Known] = []

    def begun_on(loop: asyncio.AbstractEventLoop) -> Scribe | None:
        scribe = Known.begun_on(loop)
        assert scribe is not None
        scribes.append(scribe)
        return scribe

    async def all_of_it() -> list[str]:
        before = await at_once(log, [told["bar"]] * 6, 4)
        [path] = segments_in(tmp_path).values()
        if harm == "it is killed":
            os.kill(scribes[0].pid, SIGKILL)
        elif harm == "it is asked to end":  # as whoever stops a service by its group does; it ends with the service
            os.kill(scribes[0].pid, SIGTERM)
        else:  # in the middle of a line, as on a disk that is full
            prlimit(scribes[0].pid, RLIMIT_FSIZE, (path.stat().st_size + 100, RLIM_INFINITY))
        refused = await asyncio.gather(
            *(log.kept(log.noted(ASKER, [told["clear"]])) for _ in range(6)), return_exceptions=True
        )
        found_of_each = {"it may not write on": {LogUnavailable}, "it is asked to end": {str}}
        assert harm not in found_of_each or {type(one) for one in refused} == found_of_each[harm]
        log._broken_until = 0.0
        if scribes[0].has_ended is False:
            prlimit(scribes[0].pid, RLIMIT_FSIZE, (RLIM_INFINITY, RLIM_INFINITY))
        return before + await at_once(log, [told["bar"]] * 6, 4)

    with log_in(tmp_path, begun_on) as log:
        ids = asyncio.run(all_of_it())
    assert all(found(tmp_path, check_id).decision == told["bar"] for check_id in ids)
    result = verified([tmp_path])
    assert (result.faults, result.torn) == ((), ())
    assert result.records >= len(ids)
    assert len(scribes) == (2 if harm == "it is killed" else 1)


def ends(is_so: Callable[[], bool]) -> bool:
    """Say whether something comes to be."""
    latest = monotonic() + PATIENCE_S
    while not is_so():
        if monotonic() > latest:
            return False
        sleep(0.01)
    return True


def is_gone(pid: str) -> bool:
    """Whether a process has ended, though perhaps nobody has asked yet how."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_a_scribe_that_cannot_even_begin_is_not_tried_again_and_again(
    tmp_path: Path, told: dict[str, Json], monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "broken.py"
    program.write_text("raise SystemExit(1)")
    monkeypatch.setattr(decision_scribe, "_PROGRAM", program)
    begun: list[Scribe | None] = []

    def begun_on(loop: asyncio.AbstractEventLoop) -> Scribe | None:
        begun.append(Scribe.begun_on(loop))
        return begun[-1]

    async def ask() -> list[str]:
        many = (log.kept(log.noted(ASKER, [told["clear"]])) for _ in range(6))
        await asyncio.gather(*many, return_exceptions=True)
        await asyncio.gather(*(log.kept(log.noted(ASKER, [told["clear"]])) for _ in range(6)), return_exceptions=True)
        log._broken_until = 0.0
        return await at_once(log, [told["bar"]] * 6, 20)

    with log_in(tmp_path / "log", begun_on) as log:
        ids = asyncio.run(ask())
    assert len(begun) == 1
    assert all(found(tmp_path / "log", check_id).decision == told["bar"] for check_id in ids)
    assert verified([tmp_path / "log"]).faults == ()


def test_killed_under_load_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    # The child prints the ids that it was acknowledged, and is killed in the middle of it, five times over one folder.
    program = """
import asyncio, sys
from pathlib import Path
from api.clock import now
from api.decision_log import DecisionLog
from api.decision_record import Asker
from api.decision_writer import Plan
from api.wire import decision_json
from engine.question import Decision
from datetime import date
told = decision_json(Decision(1, "sha256:0", date(2026, 1, 1), "91350200MA2Y01039R", "m", None, None, "clear"))
log = DecisionLog(Plan("strict", Path(sys.argv[1]), segment_bytes=100_000), now)
async def ask():
    while True:
        noted = log.noted(Asker(), [told])
        await log.kept(noted)
        print(noted[0].check_id, flush=True)
async def all_():
    await asyncio.gather(*(ask() for _ in range(20)))
asyncio.run(all_())
"""
    acknowledged: list[str] = []
    for round_ in range(5):
        child = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        acknowledged += [child.stdout.readline().strip() for _ in range(300 + 100 * round_)]
        scribes = Path(f"/proc/{child.pid}/task/{child.pid}/children").read_text().split()
        child.kill()
        acknowledged += [line.strip() for line in child.stdout if line.endswith("\n")]
        child.stdout.close()
        child.wait()
        assert len(scribes) == 1
        assert ends(partial(is_gone, scribes[0])), "a scribe was left behind"
    with log_in(tmp_path) as log:
        log.open()
    assert all(found(tmp_path, check_id) for check_id in acknowledged)
    result = verified([tmp_path])
    assert (result.faults, result.torn) == ((), ())
    assert result.records >= len(acknowledged) > 1_500
