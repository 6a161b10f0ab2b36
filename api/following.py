"""The hot index of a service, built and kept up to date on a thread of its own while the service answers."""

import gc
import logging
from threading import Event, Thread
from time import monotonic

from api.observe import log_event, log_fault
from engine.index import Index
from engine.service import Service
from graph_model.collector import seldom_collected
from graph_model.errors import XinhengError

_LOOK_S = 0.02
"""How often it looks whether another process wrote something: well under the 50 ms that are promised."""
_RETRY_S = 0.5
_TOLD_EVERY_S = 5.0
_LASTING = {"store.damaged"}
"""What a second look half a second later would not find otherwise."""


class Following:
    """Builds the index of `service`, hands it over when it is whole, and follows the store from then on.

    Until it is whole the service answers from the store, and `is_ready` is false. A store that cannot be read is tried
    again until it can: the index then takes in what it missed.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self.trouble: XinhengError | None = None
        """Why it could not be built when that was tried last; tried again until it can."""
        self._ended = Event()
        self._ready = Event()
        self._thread = Thread(target=self._run, name="xinheng-index", daemon=True)

    @property
    def is_ready(self) -> bool:
        """Whether checks are answered from memory."""
        return self._ready.is_set()

    def start(self) -> None:
        """Begin to build."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread; the index stays as it is."""
        self._ended.set()
        self._thread.join()

    def wait(self, seconds: float) -> bool:
        """Wait until it is ready, at most so long; say whether it is."""
        return self._ready.wait(seconds)

    def _run(self) -> None:
        index = Index(self._service.store)
        began, told = monotonic(), [0.0]

        def progress(subjects: int) -> None:
            if self._ended.is_set():
                raise _EndedError
            if monotonic() - told[0] > _TOLD_EVERY_S:
                told[0] = monotonic()
                log_event("index.building", subjects=subjects)

        while not self._ended.is_set():
            try:
                index.build(progress)
                break
            except _EndedError:
                return
            except XinhengError as error:
                if self.trouble is None:
                    log_event("index.store-away", logging.WARNING, reason=error.detail_code or error.code)
                self.trouble = error
                self._ended.wait(_RETRY_S if (error.detail_code or "") not in _LASTING else _TOLD_EVERY_S)
            except Exception as error:
                # Checks go on from the store; nobody would know why it never gets ready if the thread just ended.
                log_fault(error)
                self._ended.wait(_TOLD_EVERY_S)
        if self._ended.is_set():
            return
        # What is in memory now stays: a collector that goes through millions of objects would hold up every check.
        gc.collect()
        gc.freeze()
        self._service.index = index
        self._ready.set()
        log_event("index.ready", version=index.version, seconds=round(monotonic() - began, 1))
        # What checks make is of no cycle either.
        with seldom_collected():
            self._follow(index)

    def _follow(self, index: Index) -> None:
        is_away = False
        while not self._ended.wait(_RETRY_S if is_away else _LOOK_S):
            try:
                index.follow()
            except XinhengError as error:
                if not is_away:
                    log_event(
                        "index.store-away",
                        logging.WARNING,
                        version=index.version,
                        reason=error.detail_code or error.code,
                    )
                is_away = True
            except Exception as error:
                # A fault of ours must not end the following: answers would grow old, and nobody would know why.
                log_fault(error)
                is_away = True
            else:
                if is_away:
                    log_event("index.store-back", version=index.version)
                is_away = False


class _EndedError(Exception):
    """Whoever builds was told to stop."""
