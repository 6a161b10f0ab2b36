"""Connections to the embedded database: how they are opened, and shared among threads."""

import threading
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Protocol

import apsw

from graph_model.stores.sqlite_schema import TABLES, Immediately, closed, damaged, prepare

PATIENCE_MS = 30_000
"""How long a writer waits for another process's change set before it gives up."""
_MAGIC = b"SQLite format 3\0"
_IDLE_READERS = 8
_SPARE_MEMORIES = 2

_READER: Mapping[str, str | int] = {"mmap_size": 0, "cache_size": -8_000, "query_only": 1}
_WRITER: Mapping[str, str | int] = {
    "synchronous": "FULL",
    "mmap_size": 0,
    "cache_size": -16_000,
    "journal_size_limit": 1 << 26,
}


class Connections(Protocol):
    """Where a store takes its connections from. Each one that is lent is given back."""

    place: str

    def take(self) -> apsw.Connection:
        """Lend a connection to read with."""
        ...

    def give(self, connection: apsw.Connection) -> None:
        """Take a reader back."""
        ...

    def writer(self) -> apsw.Connection:
        """Lend the writing connection; waits for its turn."""
        ...

    def give_writer(self) -> None:
        """End the writer's turn."""
        ...

    def close(self) -> None:
        """Close all; closing twice does no harm."""
        ...


class FileConnections:
    """One writing connection, and as many readers as threads read at once; readers never wait for the writer."""

    def __init__(self, path: str, patience_ms: int) -> None:
        self.place = path
        if _is_cut_off(Path(path)):
            raise damaged(path, "the file is damaged")
        self._path = path
        self._patience_ms = patience_ms
        self._is_closed = False
        self._idle: deque[apsw.Connection] = deque()
        self._turn = threading.Lock()
        self._writer = self._open(_WRITER)
        try:
            _use_write_ahead_log(self._writer, patience_ms)
            prepare(self._writer, path)
        except BaseException:
            self._writer.close()
            raise

    def _open(
        self, pragmas: Mapping[str, str | int], flags: int = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
    ) -> apsw.Connection:
        connection = apsw.Connection(self._path, flags=flags)
        connection.set_busy_timeout(self._patience_ms)
        for name, value in pragmas.items():  # one by one: the driver stops at the first that answers
            connection.pragma(name, value)
        return connection

    def take(self) -> apsw.Connection:
        """Lend a connection to read with."""
        if self._is_closed:
            raise closed(self.place)
        try:
            return self._idle.pop()
        except IndexError:
            return self._open(_READER, apsw.SQLITE_OPEN_READWRITE)

    def give(self, connection: apsw.Connection) -> None:
        """Take a reader back."""
        if self._is_closed or len(self._idle) >= _IDLE_READERS:
            connection.close()
        else:
            self._idle.append(connection)

    def writer(self) -> apsw.Connection:
        """Lend the writing connection; waits for its turn."""
        self._turn.acquire()
        if self._is_closed:
            self._turn.release()
            raise closed(self.place)
        return self._writer

    def give_writer(self) -> None:
        """End the turn of the writer."""
        self._turn.release()

    def close(self) -> None:
        """Close all; closing twice does no harm."""
        with self._turn:
            self._is_closed = True
            while self._idle:
                self._idle.pop().close()
            self._writer.close()


class MemoryConnection:
    """One connection for a database in memory, lent to one thread at a time.

    Making tables and preparing statements costs a millisecond, emptying tables a hundredth of it. So a closed
    database is emptied and kept for the next that is opened: tens of thousands of small worlds open one each.
    """

    place = ":memory:"
    _spare: ClassVar[deque[apsw.Connection]] = deque()

    def __init__(self) -> None:
        self._turn = threading.RLock()
        self._is_closed = False
        try:
            self._connection = self._spare.pop()
        except IndexError:
            self._connection = apsw.Connection(":memory:")
            prepare(self._connection, self.place)

    def take(self) -> apsw.Connection:
        """Lend the connection; waits for its turn."""
        self._turn.acquire()
        if self._is_closed:
            self._turn.release()
            raise closed(self.place)
        return self._connection

    def give(self, connection: apsw.Connection) -> None:  # noqa: ARG002 -- there is only the one
        """Take it back."""
        self._turn.release()

    def writer(self) -> apsw.Connection:
        """Lend the connection; waits for its turn."""
        return self.take()

    def give_writer(self) -> None:
        """Take it back."""
        self._turn.release()

    def close(self) -> None:
        """Forget everything; further calls are refused."""
        with self._turn:
            if self._is_closed:
                return
            if len(self._spare) < _SPARE_MEMORIES:
                with Immediately(self._connection):
                    for table in TABLES:
                        self._connection.execute(f"DELETE FROM {table}")
                self._spare.append(self._connection)
            else:
                self._connection.close()
            self._is_closed = True


def _use_write_ahead_log(connection: apsw.Connection, patience_ms: int) -> None:
    # The switch needs the file for itself for a moment and does not wait for it, whatever the busy timeout says:
    # two processes that open a new file at once would meet here.
    until = time.monotonic() + patience_ms / 1000
    while True:
        try:
            connection.pragma("journal_mode", "wal")
        except apsw.BusyError:
            if time.monotonic() > until:
                raise
            time.sleep(0.005)
        else:
            return


def _is_cut_off(path: Path) -> bool:
    """Whether the file ends within a page: the library would read the rest of it as zeros, or begin it anew."""
    ahead = path.with_name(f"{path.name}-wal")
    try:
        if not path.is_file() or (ahead.is_file() and ahead.stat().st_size):  # a kill may leave one half, kept ahead
            return False
        size = path.stat().st_size
        with path.open("rb") as file:
            header = file.read(18)
    except OSError:  # the library finds out, and it is told by what it says
        return False
    page = int.from_bytes(header[16:18], "big") if len(header) == 18 else size + 1
    return bool(header) and _MAGIC.startswith(header[:16]) and size % (65_536 if page <= 1 else page) != 0
