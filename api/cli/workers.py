"""Several processes that answer on one socket: `xinheng serve --workers N`."""

import logging
import os
import signal
import socket
from collections.abc import Callable
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from threading import Thread
from time import monotonic, sleep
from typing import Self

from api.cli.exits import Exit
from api.cli.guard import guarded
from api.observe import log_event
from api.settings import Settings

Work = Callable[[Settings, socket.socket], int]
_PATIENCE_S = 15.0
_PAUSE_S = 0.5
"""Before another takes the place of one that was killed, maybe for want of memory."""


class Workers:
    """Workers on one socket, as a context: all are stopped on leaving it, however that comes."""

    def __init__(self, settings: Settings, count: int, work: Work, at: socket.socket) -> None:
        self._settings = settings
        self._count = count
        self._work = work
        self._at = at
        self._at_work: list[BaseProcess] = []

    def __enter__(self) -> Self:
        """Begin; nothing is started yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop them: as one should, and those that do not by force."""
        for worker in self._at_work:
            worker.terminate()
        end = monotonic() + _PATIENCE_S
        for worker in self._at_work:
            worker.join(max(0.0, end - monotonic()))
            if worker.exitcode is None:
                worker.kill()
                worker.join()

    def watch(self) -> Exit:
        """Start them, and another in the place of one that was killed, until one ends by itself: it cannot go on."""
        for _ in range(self._count):
            self._start()
        while True:
            wait([worker.sentinel for worker in self._at_work])
            for worker in [each for each in self._at_work if each.exitcode is not None]:
                self._at_work.remove(worker)
                log_event("worker.ended", logging.ERROR, code=worker.exitcode)
                if (worker.exitcode or 0) > 0:
                    return Exit.NOT_DONE  # it has said why; another would say the same
                sleep(_PAUSE_S)
                self._start()

    def _start(self) -> None:
        # A new process and no copy of this one: threads and stores do not survive a fork.
        worker = get_context("spawn").Process(target=_worker, args=(self._work, self._settings, self._at))
        worker.start()
        self._at_work.append(worker)


def _worker(work: Work, settings: Settings, at: socket.socket) -> None:
    Thread(target=_end_with_parent, name="parent", daemon=True).start()
    raise SystemExit(guarded(lambda: work(settings, at)))


def _end_with_parent() -> None:
    """Stop as if told to, once nobody is left to tell: a worker alone would hold the port for ever."""
    if (parent := parent_process()) is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
