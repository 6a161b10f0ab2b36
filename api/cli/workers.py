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

from api.cli.exits import Exit
from api.cli.guard import guarded
from api.cli.session import Session
from api.observe import log_event, set_up_logging
from api.settings import Settings

Work = Callable[[Settings, socket.socket], int]
_BACKLOG = 2_048
_PATIENCE_S = 15.0
_PAUSE_S = 0.5
"""Before another takes the place of one that was killed, maybe for want of memory."""


class Workers:
    """Starts workers, starts another in the place of one that died, and stops them all."""

    def __init__(self, session: Session, count: int, work: Work) -> None:
        self._session = session
        self._count = count
        self._work = work
        self._at_work: list[BaseProcess] = []

    def run(self) -> Exit:
        """Serve until stopped, by Ctrl-C or a signal."""
        settings = self._session.settings
        set_up_logging(settings.log_format)
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        with socket.create_server((settings.host, settings.port), family=family, backlog=_BACKLOG) as at:
            signal.signal(signal.SIGTERM, _interrupt)
            try:
                for _ in range(self._count):
                    self._start(at)
                self._tell(at.getsockname()[1])
                return self._watch(at)
            except KeyboardInterrupt:
                self._session.print(self._session.say("\n已停止", "\nstopped"))
                return Exit.DONE
            finally:
                self._stop()

    def _start(self, at: socket.socket) -> None:
        # A new process and no copy of this one: threads and stores do not survive a fork.
        worker = get_context("spawn").Process(target=_worker, args=(self._work, self._session.settings, at))
        worker.start()
        self._at_work.append(worker)

    def _watch(self, at: socket.socket) -> Exit:
        while True:
            wait([worker.sentinel for worker in self._at_work])
            for worker in [each for each in self._at_work if each.exitcode is not None]:
                self._at_work.remove(worker)
                log_event("worker.ended", logging.ERROR, code=worker.exitcode)
                if (worker.exitcode or 0) > 0:
                    return Exit.NOT_DONE  # it has said why; another would say the same
                sleep(_PAUSE_S)
                self._start(at)

    def _stop(self) -> None:
        for worker in self._at_work:
            worker.terminate()
        end = monotonic() + _PATIENCE_S
        for worker in self._at_work:
            worker.join(max(0.0, end - monotonic()))
            if worker.exitcode is None:
                worker.kill()
                worker.join()

    def _tell(self, port: int) -> None:
        at = f"http://{self._session.settings.host}:{port}"
        say = self._session.say
        self._session.print(
            say(
                f"\n信衡已启动：{at} ，{self._count} 个进程（Ctrl-C 停止）",
                f"\nXinheng serves on {at} with {self._count} processes (Ctrl-C stops it)",
            )
        )
        self._session.out.flush()


def _worker(work: Work, settings: Settings, at: socket.socket) -> None:
    Thread(target=_end_with_parent, name="parent", daemon=True).start()
    raise SystemExit(guarded(lambda: work(settings, at)))


def _end_with_parent() -> None:
    """Stop as if told to, once nobody is left to tell: a worker alone would hold the port for ever."""
    if (parent := parent_process()) is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
