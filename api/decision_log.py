"""The decision log: every decision is recorded before it leaves (`strict`), or within a stated time (`buffered`).

One thread writes. Whatever was noted while it wrote and synced goes into the next write as one group, so that many
answers share one `fdatasync`, and the event loop never waits for a disk.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import accumulate
from pathlib import Path
from secrets import randbits
from threading import Condition, Thread
from time import monotonic
from typing import NamedTuple

from api.chance import Chance
from api.decision_record import Asker, id_at, ids_at, length_of, named, unnamed
from api.decision_segment import Segment
from api.observe import log_fault
from api.problems import LogUnavailable
from api.settings import Keeping
from engine.question import Json

HEADER = "Xinheng-Decision-Log"
UNLOGGED = "unlogged"
_PACE_S, _FADING = 0.001, 0.97
"""Syncs begin no closer together than this while several ask at once, unless all have asked again."""
_MORE_BYTES = length_of(b"")
"""Of a line, besides the record as it is noted."""
_RETRY_S = 1.0
LONGEST_WAIT_S = 10.0
"""For a disk that hangs; then the answer is refused."""
_MOST_WAITING_BYTES = 64 << 20
_HINT = "请检查决策日志所在磁盘与权限（docs/audit.md） check disk and rights of the decision log"


@dataclass(frozen=True, slots=True)
class Plan:
    """How decisions are kept.

    unlogged_on_failure  answers go on where the log cannot be written, and say so; else they are refused
    buffer_s             longest time until a record is durable (`buffered`), in seconds
    segment_bytes        a larger file is followed by a new one
    most_bytes           of the whole folder, so that a disk does not fill; `None`: no limit
    """

    keeping: Keeping
    folder: Path | None
    unlogged_on_failure: bool = False
    buffer_s: float = 1.0
    segment_bytes: int = 64 << 20
    most_bytes: int | None = None


class _Group:
    """Records that are written and made durable together, or fail together."""

    def __init__(self, segment: int) -> None:
        self.segment = segment
        self.bodies: list[bytes] = []
        self.bytes = 0
        self.begun = 0.0
        self.done = False
        self.error: OSError | None = None
        self.waiters: list[tuple[asyncio.AbstractEventLoop, Callable[[], object]]] = []


class Noted(NamedTuple):
    """A decision that was noted: the id of its asking, and what is to be waited for before it leaves."""

    check_id: str
    group: _Group | None


class DecisionLog:
    """Keeps decisions as `plan` says. `noted` on any thread; then `kept` on an event loop, before the answer leaves."""

    def __init__(self, plan: Plan, now: Callable[[], datetime]) -> None:
        self.plan = plan
        self.keeping: Keeping = plan.keeping if plan.folder is not None else "none"
        """How decisions are kept; `none` where there is no folder for them."""
        self.kept_as = self.keeping if self.keeping != "buffered" else f"buffered; within={plan.buffer_s:g}"
        """What the header of an answer says, unless the log fails."""
        self._now = now
        self._changed = Condition()
        self._chance = Chance()
        self._groups: deque[_Group] = deque()
        self._offset = 0
        self._waiting_bytes = 0
        self._closing = False
        self._sleeps = False
        self._awaited = 0.0
        self._paced_until = 0.0
        self._broken_until = 0.0
        self._segment: Segment | None = None
        self._thread: Thread | None = None
        self._next_segment()

    def open(self) -> None:
        """Begin the first segment now, so that whoever starts the service learns that it cannot be written.

        Raises:
            LogUnavailable: it cannot, and decisions would be refused.

        """
        if self.keeping == "none":
            return
        with self._changed:
            number = self._groups[-1].segment
        try:
            self._begun(number)
        except OSError as error:
            log_fault(error, what="decision log")
            if not self.plan.unlogged_on_failure:
                raise _unavailable(error) from error

    def noted(self, asker: Asker, told: Sequence[Json]) -> list[Noted]:
        """Note decisions, as they are told, in order. Nothing is durable yet."""
        at = self._now()
        return self.put(
            [unnamed(at, asker, decision) for decision in told] if self.keeping != "none" else [b""] * len(told)
        )

    def put(self, records: Sequence[bytes]) -> list[Noted]:
        """Note decisions by their records, which lack but their ids; as `noted`."""
        with self._changed:
            noted = [self._one(record) for record in records]
            self._wake()
        return noted

    def put_many(self, records: Sequence[bytes]) -> tuple[list[bytes], list[Noted]]:
        """Note decisions as `put`, at a third of its cost; gives their ids, and those that are to be waited for."""
        lengths = [len(record) + _MORE_BYTES for record in records]
        with self._changed:
            group = self._groups[-1]
            fits = self._offset + sum(lengths) <= self.plan.segment_bytes
            if not records or self.keeping == "none" or not fits or self._is_failing():
                noted = [self._one(record) for record in records]
                ids = [one.check_id.encode() for one in noted]
            else:
                ids = ids_at(
                    group.segment,
                    [*accumulate(lengths[:-1], initial=self._offset)],
                    self._chance.bytes(8 * len(records)),
                )
                self._add(group, map(named, ids, records), sum(lengths))
                noted = [Noted(ids[-1].decode(), group)]
            self._wake()
        return ids, noted

    def put_one(
        self, record: bytes, loop: asyncio.AbstractEventLoop, call: Callable[[], object]
    ) -> tuple[Noted, str | None]:
        """Note one decision; gives also what `leaving` says, and where that is to wait, sees to `call`.

        Raises:
            LogUnavailable: as `leaving`.

        """
        with self._changed:
            noted = self._one(record)
            self._wake()
            kept = self.leaving(noted.group)
            if kept is None and noted.group is not None:
                noted.group.waiters.append((loop, call))
            return noted, kept

    def _wake(self) -> None:
        if self.keeping == "none":
            return
        if self._thread is None:
            self._thread = Thread(target=self._write_on, name="decision-log", daemon=True)
            self._thread.start()
        if self._sleeps or len(self._groups[0].bodies) >= self._awaited:
            self._changed.notify()

    def _one(self, record: bytes) -> Noted:
        if self.keeping == "none":
            return Noted(id_at(self._groups[-1].segment, 0, self._chance.bytes(8)), None)
        length = len(record) + _MORE_BYTES
        if self._offset and self._offset + length > self.plan.segment_bytes:
            self._next_segment()
        group = self._groups[-1]
        check_id = id_at(group.segment, self._offset, self._chance.bytes(8))
        if self._is_failing():
            failed = _Group(group.segment)
            failed.done, failed.error = True, OSError("the decision log cannot be written now")
            return Noted(check_id, failed)
        self._add(group, (named(check_id.encode(), record),), length)
        return Noted(check_id, group)

    def _is_failing(self) -> bool:
        return self._waiting_bytes > _MOST_WAITING_BYTES or monotonic() < self._broken_until

    def _add(self, group: _Group, bodies: Iterable[bytes], length: int) -> None:
        if not group.bodies:
            group.begun = monotonic()
        group.bodies.extend(bodies)
        group.bytes += length
        self._waiting_bytes += length
        self._offset += length

    async def kept(self, noted: Sequence[Noted]) -> str:
        """Wait until decisions may leave; gives what the answer's header says of how they are kept.

        Raises:
            LogUnavailable: they could not be recorded, and are not to leave then.

        """
        for group in {id(one.group): one.group for one in noted if one.group is not None}.values():
            told = self.leaving(group)
            if told is None:
                try:
                    await self._settled(group)
                    told = self.leaving(group)
                except TimeoutError as error:
                    told = self._not_kept(error)
            if told == UNLOGGED:
                return told
        return self.kept_as

    def leaving(self, group: _Group | None) -> str | None:
        """Give what the header of an answer says, where its decision may leave now; `None`: see `when_settled`.

        Raises:
            LogUnavailable: it could not be recorded, and is not to leave.

        """
        if group is None:
            return self.kept_as
        if group.error is not None:
            return self._not_kept(group.error)
        is_due = self.keeping == "strict" or monotonic() - group.begun > self.plan.buffer_s
        return None if is_due and not group.done else self.kept_as

    def when_settled(self, group: _Group, loop: asyncio.AbstractEventLoop, call: Callable[[], object]) -> None:
        """Call on the caller's `loop`, later, once a group is durable or has failed."""
        with self._changed:
            if not group.done:
                group.waiters.append((loop, call))
                return
        loop.call_soon(call)

    async def settle(self) -> None:
        """Wait until all that was noted is written, so that it can be read back. Failures are told elsewhere."""
        with self._changed:
            groups = [group for group in self._groups if group.bodies]
            for group in groups:
                group.begun = 0.0  # do not wait for the buffer's time
            self._changed.notify()
        for group in groups:
            try:
                await self._settled(group)
            except TimeoutError:
                return

    def close(self) -> None:
        """Write what was noted, make it durable, and end."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()
        if self._segment is not None:
            self._segment.close()
            self._segment = None

    async def _settled(self, group: _Group) -> None:
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        self.when_settled(group, loop, partial(_wake, future))
        async with asyncio.timeout(LONGEST_WAIT_S):
            await future

    def _not_kept(self, error: OSError | TimeoutError) -> str:
        if self.plan.unlogged_on_failure:
            return UNLOGGED
        raise _unavailable(error) from error

    # --- the writing thread -----------------------------------------------------------------------------------

    def _write_on(self) -> None:
        while (group := self._next_group()) is not None:
            error = None
            # Where many ask, as many as the last time may share the next sync; who asks alone never waits for others.
            self._awaited = max(len(group.bodies), self._awaited * _FADING)
            self._paced_until = monotonic() + _PACE_S if len(group.bodies) > 1 else 0.0
            try:
                segment = self._begun(group.segment)
                segment.append(group.bodies)
                segment.sync()
            except OSError as failure:
                error = failure
            self._finish(group, error)

    def _next_group(self) -> _Group | None:
        """Wait for records, and take them; `None` at the end."""
        with self._changed:
            while True:
                group, rest = self._groups[0], self._rest()
                if group.bodies and rest <= 0:
                    break
                if not group.bodies and len(self._groups) > 1:
                    self._groups.popleft()
                elif self._closing and not group.bodies:
                    return None
                else:
                    self._sleeps = rest <= 0
                    self._changed.wait(rest if rest > 0 else None)
                    self._sleeps = False
            if len(self._groups) == 1:
                self._groups.append(_Group(group.segment))
            # Left in the row until it is finished, so that `settle` sees it.
            return group

    def _rest(self) -> float:
        """For how many seconds more the first group may grow."""
        group = self._groups[0]
        if self._closing or len(self._groups) > 1 or (group.bodies and group.begun == 0.0):
            return 0.0
        if self.keeping == "strict":
            return 0.0 if len(group.bodies) >= self._awaited else self._paced_until - monotonic()
        # Half of the time is for the disk.
        return group.begun + self.plan.buffer_s / 2 - monotonic() if group.bodies else 0.0

    def _begun(self, number: int) -> Segment:
        if self._segment is not None and self._segment.number != number:
            self._segment.close()
            self._segment = None
        if self._segment is None and self.plan.folder is not None:
            limit = None if self.plan.most_bytes is None else self.plan.most_bytes - self.plan.segment_bytes
            self._segment = Segment.begin(self.plan.folder, number, self._now(), limit)
        if self._segment is None:
            raise OSError("no folder")
        return self._segment

    def _finish(self, group: _Group, error: OSError | None) -> None:
        if error is not None:
            log_fault(error, what="decision log")
        with self._changed:
            ended = [group] if error is None else list(self._groups)
            if error is None:
                self._groups.popleft()
            else:
                if self._segment is not None:
                    self._segment.leave()
                    self._segment = None
                self._broken_until = monotonic() + _RETRY_S
                self._groups.clear()
                self._next_segment()
            for each in ended:
                self._waiting_bytes -= each.bytes
                each.done, each.error = True, error
        waiting: dict[asyncio.AbstractEventLoop, list[Callable[[], object]]] = {}
        for loop, call in (waiter for each in ended for waiter in each.waiters):
            waiting.setdefault(loop, []).append(call)
        for loop, calls in waiting.items():
            try:
                loop.call_soon_threadsafe(_call_all, calls)
            except RuntimeError:  # the loop is closed: nobody waits any more
                continue

    def _next_segment(self) -> None:
        self._groups.append(_Group(randbits(32)))
        self._offset = 0


def _wake(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)


def _call_all(calls: Sequence[Callable[[], object]]) -> None:
    for call in calls:
        call()


def _unavailable(error: BaseException) -> LogUnavailable:
    why = getattr(error, "strerror", None) or "暂不可写 cannot be written now"
    return LogUnavailable(
        f"决策日志不可写，故不作答 no answer without its record in the decision log: {why}", hint=_HINT
    )
