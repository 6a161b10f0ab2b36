"""Batches answered from memory: the checks of one are looked up together, noted in order and told as one text (J9).

What needs more than the index knows is asked of the service, beside the event loop, at the same version as the others.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from time import monotonic
from typing import Any, TypeAlias

from starlette.concurrency import run_in_threadpool

from api.decision_log import Noted
from api.decision_record import Asker, unnamed
from api.desk import Desk, NotHereError, Sitting, told
from api.edge import Edge
from api.json_text import json_bytes
from api.problems import problem_of
from api.ready import Answer
from api.wire import CheckIn, check_of, decision_json, parse
from engine.question import VERDICT_ZH, Check, Decision, Verdict
from engine.service import strongest
from graph_model.errors import XinhengError

_AT_ONCE, _NOTED_AT_ONCE = 100, 250
_SLICE_S = 0.0005
"""A batch lets others have their turn that often: no single check waits longer behind it."""
Found: TypeAlias = Answer | XinhengError
"""What answers one check, or why there is no answer."""
Answered: TypeAlias = tuple[bytes, Sequence[Verdict], Sequence[Noted]]


class Batches:
    """For one thread: the event loop's."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._edge = desk.edge
        self._one = asyncio.Lock()
        """Batches are worked on one after the other, so that a single check waits for one turn and not for many."""

    async def answered(self, items: Sequence[Any], asker: Asker, begin: Callable[[], None]) -> Answered:
        """Answer a batch, of which the records are noted; `begin` is called once it is this one's turn.

        Raises:
            NotHereError: it is to be answered in the ordinary way.
            XinhengError: what `begin` raises.

        """
        async with self._one:
            begin()
            sitting = self._desk.sitting(asker)
            found = await self._found(items, sitting)
            every = [one for one in found if one is not None]
            if len(every) == len(found):
                return await self._noted(every)
        others = [item for item, one in zip(items, found, strict=True) if one is None]
        ahead = iter(await run_in_threadpool(_by_service, others, sitting, self._edge))
        every = [next(ahead) if one is None else one for one in found]
        async with self._one:
            return await self._noted(every)

    async def _found(self, items: Sequence[Any], sitting: Sitting) -> list[Found | None]:
        turn, found = _Turn(), list[Found | None]()
        for first in range(0, len(items), _AT_ONCE):
            part = items[first : first + _AT_ONCE]
            for item, answer in zip(part, self._desk.answers(part, sitting), strict=True):
                found.append(answer if answer is not None else self._answer(item, sitting))
                if answer is None and turn.is_over:
                    await turn.given()
            if turn.is_over:
                await turn.given()
        return found

    def _answer(self, item: Any, sitting: Sitting) -> Found | None:
        try:
            return self._desk.answer(item, sitting)
        except NotHereError:
            return None
        except XinhengError as error:
            return error

    async def _noted(self, found: Sequence[Found]) -> Answered:
        turn, texts, waits = _Turn(), list[bytes](), list[Noted]()
        verdicts: list[Verdict] = []
        for first in range(0, len(found), _NOTED_AT_ONCE):
            part = found[first : first + _NOTED_AT_ONCE]
            answers = [one for one in part if not isinstance(one, XinhengError)]
            verdicts += [verdict for verdict, _, _ in answers]
            ids, noted = self._edge.log.put_many(
                [record for _, _, record in answers], more_to_come=first + _NOTED_AT_ONCE < len(found)
            )
            waits += noted
            ahead = map(told, ids, [decision for _, decision, _ in answers])
            texts += [self._refused(one) if isinstance(one, XinhengError) else next(ahead) for one in part]
            await turn.given()
        return _text(texts, verdicts), verdicts, waits

    def _refused(self, error: XinhengError) -> bytes:
        self._edge.metrics.refused(error.code)
        return json_bytes(problem_of(error))


class _Turn:
    """How long one request has had the event loop for itself."""

    def __init__(self) -> None:
        self._ends = monotonic() + _SLICE_S

    @property
    def is_over(self) -> bool:
        return monotonic() > self._ends

    async def given(self) -> None:
        """Let the others have theirs."""
        await asyncio.sleep(0)
        self._ends = monotonic() + _SLICE_S


def asked_of(item: Any, edge: Edge) -> Check | XinhengError:
    """Read one check of a batch; what is wrong with it is its own."""
    try:
        return check_of(parse(CheckIn, item), edge.keyer, edge.today())
    except XinhengError as error:
        return error


def decided_at(version: int, asked: Sequence[Check | XinhengError], edge: Edge) -> list[Decision | XinhengError]:
    """Answer the checks of a batch; those that name no version all at this one."""
    checks = [
        replace(item, version=version) if item.version is None else item for item in asked if isinstance(item, Check)
    ]
    decided = iter(edge.service.check_batch(checks).results if checks else ())
    return [next(decided) if isinstance(item, Check) else item for item in asked]


def _by_service(items: Sequence[Any], sitting: Sitting, edge: Edge) -> list[Found]:
    asked = [asked_of(item, edge) for item in items]
    if any((check.min_version or 0) > sitting.version for check in asked if isinstance(check, Check)):
        raise NotHereError  # all have to wait, to be answered at one version
    answers: list[Found] = []
    for result in decided_at(sitting.version, asked, edge):
        if isinstance(result, Decision):
            text = json_bytes(plain := decision_json(result))
            answers.append((result.verdict, text, unnamed(sitting.at, sitting.asker, plain, text)))
        else:
            answers.append(result)
    return answers


def _text(texts: Sequence[bytes], verdicts: Sequence[Verdict]) -> bytes:
    incomplete = len(verdicts) < len(texts)
    overall = strongest({*verdicts, "unresolved"} if incomplete else set(verdicts))
    return b'{"overall":"%b","overall_zh":%b,"incomplete":%b,"decisions":[%b]}' % (
        overall.encode(),
        json_bytes(VERDICT_ZH[overall]),
        b"true" if incomplete else b"false",
        b",".join(texts),
    )
