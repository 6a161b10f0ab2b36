"""The power fails between any two steps: what was acknowledged is there, the rest whole or not at all."""

import asyncio
import os
import re
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from random import Random
from shutil import rmtree

import pytest

from api import decision_segment
from api.clock import now
from api.decision_log import DecisionLog
from api.decision_reading import found
from api.decision_record import Asker
from api.decision_scribe import Ended, Scribe
from api.decision_segment import Segment, segments_in
from api.decision_verify import verified
from api.decision_writer import Plan
from api.wire import decision_json
from engine.question import Decision
from graph_model.errors import StoreUnavailable
from graph_model.nodes import Attributes, Registration
from graph_model.stores.sqlite import SqliteStore
from tests.faults.power import Disk, Image, on, put
from tests.faults.served import LONG
from tests.store_acts import change, publish

RUNS = 40 if LONG else 3
CHANGES, ROWS, ONE_IN = 60, 150, 40
_FIRST_PAGE = 4_096
ID = re.compile(rb'"id":"([^"]+)"')
DECISION = decision_json(Decision(1, "sha256:0", date(2026, 1, 1), "91350200MA2Y01039R", "m", None, None, "clear"))


class Town:
    """A store that is filled on a disk, with what may be found of it after cuts at random steps."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.chance = Random(seed)
        self.acknowledged = -1
        """The latest version that whoever wrote was told of; -1 before the store was open."""
        self.rows = {0: 0, 1: 0}
        """Registrations at each version."""
        self.cuts: list[tuple[int, Image]] = []
        self.disk = Disk(self._perhaps)
        folder.mkdir()
        with on(self.disk):
            self._fill(folder / "city.db")
        self._cut()

    def _perhaps(self) -> None:
        if self.chance.random() * ONE_IN < 1:
            self._cut()

    def _cut(self) -> None:
        self.cuts.append((self.acknowledged, self.disk.after_cut(self.chance)))

    def _fill(self, path: Path) -> None:
        with SqliteStore(str(path)) as store:
            self.acknowledged = 0
            self.acknowledged = publish(store).version
            for number in range(CHANGES):
                count = self.chance.randrange(1, 2 * ROWS)
                self.rows[self.acknowledged + 1] = self.rows[self.acknowledged] + count
                self.acknowledged = store.commit(change(store, registrations=rows(number, count))).version


def rows(number: int, count: int) -> tuple[Registration, ...]:
    return tuple(Registration(f"S{number}-{n}", Attributes(name=f"公司{number}-{n}" * 8)) for n in range(count))


def is_half_made(path: str) -> bool:
    try:
        SqliteStore(path).close()
    except StoreUnavailable:
        return True
    return False


def test_what_was_acknowledged_is_there_and_what_was_not_is_whole_or_not_at_all(tmp_path: Path) -> None:
    under_way, grown = set[int](), set[bool]()
    for seed in range(RUNS):
        town = Town(seed, tmp_path / f"{seed}")
        for number, (acknowledged, image) in enumerate(town.cuts):
            folder = tmp_path / f"{seed}-{number}"
            put(image, folder)
            path = str(folder / "city.db")
            if acknowledged < 0 and is_half_made(path):
                continue  # nobody was told that it is a store
            with SqliteStore(path) as store:
                latest = store.latest_version()
                assert max(acknowledged, 0) <= latest <= acknowledged + 1, (seed, number)
                assert store.verify_chain() is None
                assert store.counts(latest)["registrations"] == town.rows[latest], (seed, number)
                assert store.commit(change(store, registrations=rows(1_000, 1))).version == latest + 1
            under_way.add(latest - acknowledged)
            grown.add(len(image["city.db"]) > _FIRST_PAGE)
            rmtree(folder)
    # Some found a change that was under way, and some did not; in some the log had been written back into the file.
    assert under_way >= {0, 1}
    assert grown == {False, True}


class Answering:
    """Callers that are answered from a decision log, with what may be found of it after cuts at its syncs."""

    def __init__(self, folder: Path, chance: Random, monkeypatch: pytest.MonkeyPatch) -> None:
        self.cuts: list[tuple[list[str], Image]] = []
        self._folder, self._chance = folder, chance
        self._safe: dict[str, int] = {}
        self._answered: list[str] = []
        self._log = DecisionLog(Plan("strict", folder, segment_bytes=40_000), now)
        for name in ("fdatasync", "fsync"):
            monkeypatch.setattr(decision_segment.os, name, partial(self._synced, getattr(os, name)))
        writes = Scribe.writes
        monkeypatch.setattr(Scribe, "writes", lambda *given: self._handed_over(partial(writes, given[0]), *given[1:]))
        asyncio.run(self._answer())
        self._log.close()
        monkeypatch.undo()

    async def _answer(self) -> None:
        async def ask(count: int) -> None:
            for _ in range(count):
                noted = self._log.noted(Asker(), [DECISION])
                await self._log.kept(noted)
                self._answered.append(noted[0].check_id)

        await asyncio.gather(*(ask(60) for _ in range(12)))

    def _synced(self, sync: Callable[[int], None], descriptor: int) -> None:
        self._perhaps()
        size = os.fstat(descriptor).st_size
        sync(descriptor)
        self._is_safe(descriptor, size)

    def _handed_over(
        self, writes: Callable[[Segment, bytes, Ended], bool], segment: Segment, lines: bytes, ended: Ended
    ) -> bool:
        self._perhaps()
        size = os.fstat(segment.descriptor).st_size + len(lines)

        def durable(error: OSError | None) -> None:
            assert error is None
            self._is_safe(segment.descriptor, size)
            ended(error)

        return writes(segment, lines, durable)

    def _is_safe(self, descriptor: int, size: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        self._safe[path.name.removeprefix(".")] = size  # a draft is given its name once it is whole
        self._perhaps()

    def _perhaps(self) -> None:
        if self._chance.random() < 0.3:
            answered = [*self._answered]
            files = {path.name: path.read_bytes() for path in segments_in(self._folder).values()}
            self.cuts.append((answered, {name: self._found(name, content) for name, content in files.items()}))

    def _found(self, name: str, content: bytes) -> bytes:
        # A file grows from its beginning: behind what was synced stands some of the rest, and perhaps zeros.
        end = self._chance.randint(self._safe.get(name, 0), len(content))
        return content[:end] + bytes(self._chance.choice((0, 700)))


def test_no_decision_that_was_answered_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chance, torn = Random(3), 0
    for run in range(RUNS):
        cuts = Answering(tmp_path / f"{run}", chance, monkeypatch).cuts
        assert len(cuts) > 20
        for number, (answered, image) in enumerate(cuts):
            folder = tmp_path / f"{run}-{number}"
            put(image, folder)
            torn += bool(verified([folder]).torn)
            log = DecisionLog(Plan("strict", folder), now)
            log.open()
            log.close()
            there = b"".join(path.read_bytes() for path in segments_in(folder).values())
            assert {*answered} <= {check_id.decode() for check_id in ID.findall(there)}, (run, number)
            assert all(found(folder, check_id) for check_id in answered[-3:])
            result = verified([folder])
            assert (result.faults, result.torn) == ((), ())
            rmtree(folder)
    assert torn > 10
