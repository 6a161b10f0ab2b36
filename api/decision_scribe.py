"""A process that writes behind an open file and makes it durable, while the event loop goes on.

A thread would have to take turns with the event loop for the interpreter, three times for each sync: that costs more
than the sync. Where there can be no such process (`begun_on` gives `None`), or it has ended, a thread has to.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from errno import EPIPE
from pathlib import Path
from socket import AF_UNIX, SOCK_SEQPACKET, send_fds, socket, socketpair
from typing import Self

from api.decision_segment import Segment

Ended = Callable[[OSError | None], object]
_PROGRAM = Path(__file__).with_name("decision_scribe_at_work.py")
_LONGEST_NUMBER_BYTES = 16
_PATIENCE_S = 5.0


class Scribe:
    """Writes one text at a time, for one event loop and on its thread. Made by `begun_on`."""

    def __init__(self, loop: asyncio.AbstractEventLoop, to: socket, process: "subprocess.Popen[bytes]") -> None:
        self._loop = loop
        self._to = to
        self._process = process
        self._segment: Segment | None = None
        self._ended: Ended | None = None
        self.has_ended = False
        """Whether nobody is there any more."""
        self.has_served = False
        """Whether it has answered at all: one that has not, another would not either."""
        loop.add_reader(to, self._heard)

    @classmethod
    def begun_on(cls, loop: asyncio.AbstractEventLoop) -> Self | None:
        """Start the process; `None` where that cannot be done."""
        try:
            ours, theirs = socketpair(AF_UNIX, SOCK_SEQPACKET)
        except OSError:
            return None
        with theirs:
            ours.settimeout(0)
            try:
                process = subprocess.Popen(  # noqa: S603 - our own program
                    [sys.executable, "-I", "-S", str(_PROGRAM), str(theirs.fileno())],
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                )
                return cls(loop, ours, process)
            except OSError:
                ours.close()
                return None

    def writes(self, segment: Segment, lines: bytes, ended: Ended) -> bool:
        """Have lines written behind a segment, and call `ended` with what went wrong; say whether they will be."""
        try:
            if segment is self._segment:
                self._to.send(lines)
            else:
                send_fds(self._to, [lines], [segment.descriptor])
        except OSError:  # longer than a message may be, or nobody is there any more
            return False
        self._segment, self._ended = segment, ended
        return True

    def close(self) -> None:
        """Wait for what is under way, and end the process."""
        self._unwatch()
        self._to.settimeout(_PATIENCE_S)
        if self._ended is not None:
            self._heard()
        self._to.close()
        with suppress(subprocess.TimeoutExpired):  # a disk that hangs
            self._process.wait(_PATIENCE_S)

    def _heard(self) -> None:
        try:
            said = self._to.recv(_LONGEST_NUMBER_BYTES)
        except BlockingIOError:
            return
        except OSError:
            said = b""
        if not said:
            self.has_ended = True
            self._unwatch()
        else:
            self.has_served = True
        number = int(said or EPIPE)
        ended, self._ended = self._ended, None
        if ended is not None:
            ended(OSError(number, os.strerror(number)) if number else None)

    def _unwatch(self) -> None:
        if not self._loop.is_closed():
            self._loop.remove_reader(self._to)
