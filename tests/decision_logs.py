"""Decision logs that tests write: what is told, and who asks."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from api.clock import now
from api.decision_log import DecisionLog
from api.decision_record import Asker
from api.decision_scribe import Scribe
from api.decision_writer import Plan, ScribeOn
from engine.question import Json

ASKER = Asker("bureau", "补贴审批")


def no_scribe(_: asyncio.AbstractEventLoop) -> None:
    """A system on which there can be none: a thread writes."""


either_way = pytest.mark.parametrize("scribe_on", [Scribe.begun_on, no_scribe], ids=["scribe", "thread"])


@contextmanager
def log_in(folder: Path, scribe_on: ScribeOn = Scribe.begun_on, **plan: Any) -> Iterator[DecisionLog]:
    log = DecisionLog(Plan(**{"keeping": "strict", "folder": folder, **plan}), now, scribe_on)
    try:
        yield log
    finally:
        log.close()


def written(log: DecisionLog, decisions: list[Json]) -> list[str]:
    noted = log.noted(ASKER, decisions)
    asyncio.run(log.kept(noted))
    return [one.check_id for one in noted]


async def at_once(log: DecisionLog, decisions: list[Json], times: int) -> list[str]:
    """Ask as many callers do who do not wait for each other, and each again once it is answered."""

    async def ask(decision: Json) -> list[str]:
        ids = []
        for _ in range(times):
            noted = log.noted(ASKER, [decision])
            await log.kept(noted)
            ids += [one.check_id for one in noted]
        return ids

    return [check_id for ids in await asyncio.gather(*map(ask, decisions)) for check_id in ids]
