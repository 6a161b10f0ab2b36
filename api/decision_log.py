"""The decision log: every decision is recorded before it leaves (`strict`), or within a stated time (`buffered`).

Whatever was noted while records were made durable goes into the next write as one group, so that many answers share one
`fdatasync`. The event loop never waits for a disk (`Writer`).
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from itertools import accumulate, repeat
from secrets import randbits
from time import monotonic
from typing import NamedTuple

from api.chance import Chance, fetched
from api.decision_record import Asker, id_at, length_of, named, unnamed
from api.decision_scribe import Scribe
from api.decision_writer import Group, Plan, ScribeOn, Writer
from api.observe import log_fault
from api.problems import LogUnavailable
from api.settings import Keeping
from engine.question import Json

HEADER = "Xinheng-Decision-Log"
UNLOGGED = "unlogged"
_MORE_BYTES = length_of(b"")
"""Of a line, besides the record as it is noted."""
_RETRY_S = 1.0
LONGEST_WAIT_S = 10.0
"""For a disk that hangs; then the answer is refused."""
_MOST_WAITING_BYTES = 64 << 20
_HINT = "请检查决策日志所在磁盘与权限（docs/audit.md） check disk and rights of the decision log"


class Noted(NamedTuple):
    """A decision that was noted: the id of its asking, and what is to be waited for before it leaves."""

    check_id: str
    group: Group | None


class DecisionLog:
    """Keeps decisions as `plan` says. For one thread: `noted`, and on its loop `kept`, before the answer leaves."""

    def __init__(self, plan: Plan, now: Callable[[], datetime], scribe_on: ScribeOn = Scribe.begun_on) -> None:
        self.plan = plan
        self.keeping: Keeping = plan.keeping if plan.folder is not None else "none"
        """How decisions are kept; `none` where there is no folder for them."""
        self.kept_as = self.keeping if self.keeping != "buffered" else f"buffered; within={plan.buffer_s:g}"
        """What the header of an answer says, unless the log fails."""
        self._now = now
        self._chance = Chance()
        self._groups: deque[Group] = deque()
        self._offset = 0
        self._waiting_bytes = 0
        self._broken_until = 0.0
        self._writer = Writer(plan, now, scribe_on)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._due: asyncio.Handle | None = None
        """When the first group is to be written, where that is settled."""
        self._busy: Group | None = None
        """The group that is being written and made durable."""
        self._next_segment()

    def open(self) -> None:
        """Begin the first segment now, so that whoever starts the service learns that it cannot be written.

        Raises:
            LogUnavailable: it cannot, and decisions would be refused.

        """
        if self.keeping == "none":
            return
        try:
            self._writer.begin(self._groups[-1].segment)
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
        noted = [self._one(record) for record in records]
        self._wake()
        return [Noted(check_id.decode(), group) for check_id, group in noted]

    def put_many(self, records: Sequence[bytes], *, more_to_come: bool) -> tuple[list[bytes], list[Noted]]:
        """Note decisions as `put`, at a third of its cost; gives their ids, and those that are to be waited for.

        `more_to_come`: which will be waited for, too, and are to share the sync.
        """
        lengths = [len(record) + _MORE_BYTES for record in records]
        group = self._groups[-1]
        fits = self._offset + sum(lengths) <= self.plan.segment_bytes
        if not records or self.keeping == "none" or not fits or self._is_failing():
            noted = self.put(records)
            return [one.check_id.encode() for one in noted], noted
        offsets = accumulate(lengths[:-1], initial=self._offset)
        ids = [*map(id_at, repeat(group.segment), offsets, fetched(len(records)))]
        self._add(group, map(named, ids, records), sum(lengths))
        if not more_to_come:
            self._wake()
        return ids, [Noted(ids[-1].decode(), group)]

    def put_one(self, record: bytes, call: Callable[[], object]) -> tuple[bytes, Group | None, str | None]:
        """Note one decision; gives its id, what `leaving` is to be asked with, and what that says now.

        Where the decision is to wait, `call` is called later.

        Raises:
            LogUnavailable: as `leaving`.

        """
        check_id, group = self._one(record)
        if self._due is None and self._busy is None:
            self._wake()
        kept = self.leaving(group)
        if kept is None and group is not None:
            group.waiters.append(call)
        return check_id, group, kept

    def _one(self, record: bytes) -> tuple[bytes, Group | None]:
        if self.keeping == "none":
            return id_at(self._groups[-1].segment, 0, self._chance.bits()), None
        length = len(record) + _MORE_BYTES
        if self._offset and self._offset + length > self.plan.segment_bytes:
            self._next_segment()
        group = self._groups[-1]
        check_id = id_at(group.segment, self._offset, self._chance.bits())
        if self._is_failing():
            failed = Group(group.segment)
            failed.done, failed.error = True, OSError("the decision log cannot be written now")
            return check_id, failed
        self._add(group, (named(check_id, record),), length)
        return check_id, group

    def _is_failing(self) -> bool:
        return self._waiting_bytes > _MOST_WAITING_BYTES or monotonic() < self._broken_until

    def _add(self, group: Group, bodies: Iterable[bytes], length: int) -> None:
        group.add(bodies, length, monotonic())
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

    def leaving(self, group: Group | None) -> str | None:
        """Give what the header of an answer says, where its decision may leave now; `None`: not yet.

        Raises:
            LogUnavailable: it could not be recorded, and is not to leave.

        """
        if group is None:
            return self.kept_as
        if group.error is not None:
            return self._not_kept(group.error)
        if group.done or (self.keeping == "buffered" and monotonic() - group.begun <= self.plan.buffer_s):
            return self.kept_as
        return None

    async def settle(self) -> None:
        """Wait until all that was noted is written, so that it can be read back. Failures are told elsewhere."""
        groups = [group for group in self._groups if group.bodies]
        for group in groups:
            group.begun = 0.0  # do not wait for the buffer's time
        self._wake(at_once=True)
        for group in groups:
            try:
                await self._settled(group)
            except TimeoutError:
                return

    def close(self) -> None:
        """Write what was noted, make it durable, and end."""
        self._writer.finish()
        if self._due is not None:
            self._due.cancel()
        under_way = [group for group in self._groups if group.bodies]
        self._next_segment()
        for group in under_way:
            self._ended(group, self._writer.written(group))
        self._writer.close()

    async def _settled(self, group: Group) -> None:
        self._wake()
        future = asyncio.get_running_loop().create_future()
        if not group.done:
            group.waiters.append(partial(_told, future))
            async with asyncio.timeout(LONGEST_WAIT_S):
                await future

    def _not_kept(self, error: Exception) -> str:
        if self.plan.unlogged_on_failure:
            return UNLOGGED
        raise _unavailable(error) from error

    # --- writing --------------------------------------------------------------------------------------------------

    def _wake(self, *, at_once: bool = False) -> None:
        """See to it that the first group is written when it is due, or now; without a loop whoever waits does."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        if loop is not self._loop:
            self._move_to(loop)
        if self._busy is not None or (self._due is not None and not at_once) or self.keeping == "none":
            return
        if self._due is not None:
            self._due.cancel()
        rest = 0.0 if at_once else self._rest()
        self._due = loop.call_later(rest, self._write) if rest > 0 else loop.call_soon(self._write)

    def _move_to(self, loop: asyncio.AbstractEventLoop) -> None:
        """Work on another loop from now on: the one before has ended, and what it left under way is ended first."""
        self._loop, self._due = loop, None
        self._writer.pause()
        if self._busy is not None:
            self._ended(self._busy, self._writer.written(self._busy))

    def _rest(self) -> float:
        """For how many seconds more the first group may grow: half of a buffer's time is for the disk."""
        group = self._groups[0]
        if self.keeping == "strict" or len(self._groups) > 1 or not group.bodies:
            return 0.0
        return group.begun + self.plan.buffer_s / 2 - monotonic()

    def _write(self) -> None:
        self._due = None
        while not self._groups[0].bodies and len(self._groups) > 1:
            self._groups.popleft()
        group = self._groups[0]
        if not group.bodies or self._loop is None:
            return
        self._busy = group
        if len(self._groups) == 1:
            self._groups.append(Group(group.segment))
        # Left in the row until it is ended, so that `settle` sees it.
        self._writer.write(group, self._loop, partial(self._ended, group))

    def _ended(self, group: Group, error: Exception | None) -> None:
        """Go on behind a group that is durable, or that has failed, and with it all that was noted since."""
        if group.done:
            return  # by whoever closed the log, or moved it
        self._busy = None
        ended = [group] if error is None else [*self._groups]
        if error is None:
            self._groups.popleft()
        else:
            log_fault(error, what="decision log")
            self._writer.leave()
            self._broken_until = monotonic() + _RETRY_S
            self._groups.clear()
            self._next_segment()
        for each in ended:
            self._waiting_bytes -= each.bytes
            each.done, each.error = True, error
        if self._groups[0].bodies and self._due is None:
            self._wake()
        for each in ended:
            for call in each.waiters:
                call()

    def _next_segment(self) -> None:
        self._groups.append(Group(randbits(32)))
        self._offset = 0


def _told(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)


def _unavailable(error: BaseException) -> LogUnavailable:
    why = getattr(error, "strerror", None) or "暂不可写 cannot be written now"
    return LogUnavailable(
        f"决策日志不可写，故不作答 no answer without its record in the decision log: {why}", hint=_HINT
    )
