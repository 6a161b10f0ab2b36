"""Writing groups of records, one after the other: by a process where that is quicker, else by a thread.

What is little, and goes behind an open file, a process writes (`Scribe`). To begin a file, or to chain what is much,
would hold up the event loop: a thread does that, and all of it where there can be no process.
"""

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import monotonic

from api.decision_scribe import Scribe
from api.decision_segment import Segment
from api.settings import Keeping

_LITTLE_BYTES = 96 << 10
"""Are chained in a fraction of a millisecond, and fit into a message."""
_AGAIN_S = 60.0
"""After a process that could not be started, or ended before it served, a thread writes for so long."""
Ended = Callable[[Exception | None], object]
ScribeOn = Callable[[asyncio.AbstractEventLoop], Scribe | None]


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


class Group:
    """Records that are written and made durable together, or fail together. `bodies`: they, but for their chain."""

    def __init__(self, segment: int) -> None:
        self.segment = segment
        self.bodies: list[bytes] = []
        self.bytes = 0
        self.begun = 0.0
        self.done = False
        self.error: Exception | None = None
        self.waiters: list[Callable[[], object]] = []
        self.lines = b""
        """They, chained to those before."""
        self.is_written = False

    def add(self, bodies: Iterable[bytes], length: int, at: float) -> None:
        """Take in records of so many bytes in all; `at`: when, for the first."""
        if not self.bodies:
            self.begun = at
        self.bodies += bodies
        self.bytes += length


class Writer:
    """Writes one group at a time. `scribe_on`: starts the process for an event loop, if it can."""

    def __init__(self, plan: Plan, now: Callable[[], datetime], scribe_on: ScribeOn) -> None:
        self._plan = plan
        self._now = now
        self._scribe_on = scribe_on
        self._scribe: Scribe | None = None
        self._no_scribe_until = 0.0
        self._segment: Segment | None = None
        self._thread = ThreadPoolExecutor(1, "decision-log")

    def begin(self, number: int) -> Segment:
        """Begin a segment, unless it is open.

        Raises:
            OSError: it cannot be written.

        """
        if self._segment is not None and self._segment.number != number:
            self._segment.close()
            self._segment = None
        if self._segment is None and self._plan.folder is not None:
            limit = None if self._plan.most_bytes is None else self._plan.most_bytes - self._plan.segment_bytes
            self._segment = Segment.begin(self._plan.folder, number, self._now(), limit)
        if self._segment is None:
            raise OSError("no folder")
        return self._segment

    def write(self, group: Group, loop: asyncio.AbstractEventLoop, ended: Ended) -> None:
        """Begin to write a group, and call `ended` on the loop, later, with what went wrong."""
        if not self._is_handed_over(group, loop, ended):
            writing = loop.run_in_executor(self._thread, self.written, group)
            writing.add_done_callback(lambda written: ended(written.result()))

    def _is_handed_over(self, group: Group, loop: asyncio.AbstractEventLoop, ended: Ended) -> bool:
        segment = self._segment
        if segment is None or segment.number != group.segment or group.bytes > _LITTLE_BYTES:
            return False
        if self._scribe is not None and self._scribe.has_ended:
            if not self._scribe.has_served:
                self._no_scribe_until = monotonic() + _AGAIN_S
            self._dismiss()
        if self._scribe is None and len(group.bodies) > 1 and monotonic() >= self._no_scribe_until:
            self._scribe = self._scribe_on(loop)  # who asks alone needs none
            if self._scribe is None:
                self._no_scribe_until = monotonic() + _AGAIN_S
        if self._scribe is None:
            return False
        group.lines = segment.chained(group.bodies)
        return self._scribe.writes(segment, group.lines, ended)

    def written(self, group: Group) -> Exception | None:
        """Write a group, unless that is done, and make it durable, on whatever thread; give what went wrong."""
        try:
            segment = self.begin(group.segment)
            if not group.is_written:
                segment.write(group.lines or segment.chained(group.bodies))
                group.is_written = True
            segment.sync()
        except Exception as error:
            # Whatever it is: nobody is to wait for ever.
            return error
        return None

    def leave(self) -> None:
        """Leave a segment after a failure."""
        segment, self._segment = self._segment, None
        if segment is not None:
            try:
                self._thread.submit(segment.leave)
            except RuntimeError:  # all is being closed
                segment.leave()

    def pause(self) -> None:
        """Wait for the end of what is under way; the process, which is for one event loop, is gone then."""
        self._dismiss()
        self._thread.submit(int).result()

    def finish(self) -> None:
        """Wait for the end of what is under way, for the last time."""
        self._dismiss()
        self._thread.shutdown()

    def close(self) -> None:
        """Close the segment."""
        if self._segment is not None:
            self._segment.close()
            self._segment = None

    def _dismiss(self) -> None:
        if self._scribe is not None:
            self._scribe.close()
            self._scribe = None
