"""Connections to the embedded database: how they are opened, shared among threads, and what their errors mean."""

import threading
import time
from collections import deque
from importlib.resources import files
from typing import ClassVar, Protocol

import apsw

from graph_model.errors import StoreUnavailable

SCHEMA_VERSION = 1
"""`PRAGMA user_version` of the schema that this code reads and writes."""
APPLICATION_ID = 0x58484E47
"""`PRAGMA application_id`: XHNG. Another program's database is not touched."""
BUSY_TIMEOUT_MS = 30_000
"""How long a writer waits for another process's change set before it gives up."""
TABLES = ("change", "rulebook", "registration", "relation", "designation", "exemption", "objection")
"""All tables of schema.sql."""
_IDLE_READERS = 8
_SPARE_MEMORIES = 2

_READER_PRAGMAS = "PRAGMA mmap_size = 0; PRAGMA cache_size = -8000; PRAGMA query_only = 1;"
_WRITER_PRAGMAS = (
    "PRAGMA synchronous = FULL; PRAGMA mmap_size = 0; PRAGMA cache_size = -64000; PRAGMA journal_size_limit = 67108864;"
)


def unavailable(error: apsw.Error, place: str) -> StoreUnavailable:
    """Say what a driver's error means for the store, and what to do."""
    match error:
        case apsw.BusyError() | apsw.LockedError():
            reason, hint = "another process holds it locked", "wait for the other load to end, then try again"
        case apsw.NotADBError():
            reason, hint = "the file is not a database", "name another file; this one is left as it is"
        case apsw.ReadOnlyError() | apsw.PermissionsError():
            reason, hint = "it may only be read", "give this user the right to write the file and its folder"
        case apsw.FullError():
            reason, hint = "the disk is full", "free some space and try again; nothing of this change was written"
        case apsw.CorruptError():
            reason, hint = "the file is damaged", "restore the last backup; do not go on with this file"
        case apsw.CantOpenError():
            reason, hint = "the file cannot be opened or made", "see that its folder exists and may be written"
        case apsw.ConnectionClosedError() | apsw.CursorClosedError():
            reason, hint = "it is closed", "open it again"
        case apsw.IOError():
            reason, hint = "reading or writing the disk failed", "look at the disk's space and health, then try again"
        case _:
            reason, hint = f"{type(error).__name__}: {error}", "try again; if it stays, restore the last backup"
    return StoreUnavailable(f"存储不可用 / store {place}: {reason}", hint=hint)


def closed(place: str) -> StoreUnavailable:
    """The store was closed by its owner."""
    return StoreUnavailable(f"存储已关闭 / store {place} is closed", hint="open it again")


def prepare(connection: apsw.Connection, place: str) -> None:
    """Make the tables in a new database; refuse one that is not ours, or newer than this code.

    Raises:
        StoreUnavailable: another program's database, or a newer schema.

    """
    if _is_ready(connection, place):
        return
    with Immediately(connection):
        # Another process may have been faster between the question and the lock.
        if not _is_ready(connection, place):
            connection.execute(files("graph_model.stores").joinpath("schema.sql").read_text(encoding="utf-8"))
            connection.pragma("application_id", APPLICATION_ID)
            connection.pragma("user_version", SCHEMA_VERSION)


def _is_ready(connection: apsw.Connection, place: str) -> bool:
    schema, application = connection.pragma("user_version"), connection.pragma("application_id")
    if application == APPLICATION_ID:
        if schema > SCHEMA_VERSION:
            raise StoreUnavailable(
                f"存储版本较新 / store {place} has schema {schema}, this program knows {SCHEMA_VERSION}",
                hint="install the newer Xinheng, or restore a backup made with this one",
                detail_code="store.newer",
            )
        return True
    if connection.execute("SELECT count(*) FROM sqlite_schema").get:
        raise StoreUnavailable(
            f"不是信衡的数据库 / store {place} is the database of another program",
            hint="name another file; this one is left as it is",
            detail_code="store.foreign",
        )
    return False


class Immediately:
    """One write transaction: all or nothing."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            try:
                self._connection.execute("COMMIT")
            except apsw.Error:
                self._roll_back()
                raise
        else:
            self._roll_back()

    def _roll_back(self) -> None:
        # A full disk may have rolled back already.
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")


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

    def empty(self) -> None:
        """Forget everything, where that is possible at all."""
        ...

    def close(self) -> None:
        """Close all; closing twice does no harm."""
        ...


class FileConnections:
    """One writing connection, and as many readers as threads read at once; readers never wait for the writer."""

    def __init__(self, path: str) -> None:
        self.place = path
        self._path = path
        self._is_closed = False
        self._idle: deque[apsw.Connection] = deque()
        self._turn = threading.Lock()
        self._writer = self._open(_WRITER_PRAGMAS)
        try:
            _use_write_ahead_log(self._writer)
            prepare(self._writer, path)
        except BaseException:
            self._writer.close()
            raise

    def _open(self, pragmas: str, flags: int = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE) -> apsw.Connection:
        connection = apsw.Connection(self._path, flags=flags)
        connection.set_busy_timeout(BUSY_TIMEOUT_MS)
        connection.execute(pragmas)
        return connection

    def take(self) -> apsw.Connection:
        """Lend a connection to read with."""
        if self._is_closed:
            raise closed(self.place)
        try:
            return self._idle.pop()
        except IndexError:
            return self._open(_READER_PRAGMAS, apsw.SQLITE_OPEN_READWRITE)

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

    def empty(self) -> None:
        """Refuse: what was recorded in a file stays recorded (F1)."""
        raise StoreUnavailable(
            f"文件存储不能清空 / store {self.place} is a file and is not emptied",
            hint="use another file, or sqlite:///:memory:",
            detail_code="store.keeps",
        )

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

    def empty(self) -> None:
        """Forget everything."""
        connection = self.take()
        try:
            with Immediately(connection):
                for table in TABLES:
                    connection.execute(f"DELETE FROM {table}")
        finally:
            self._turn.release()

    def close(self) -> None:
        """Forget everything; further calls are refused."""
        with self._turn:
            if self._is_closed:
                return
            if len(self._spare) < _SPARE_MEMORIES:
                self.empty()
                self._spare.append(self._connection)
            else:
                self._connection.close()
            self._is_closed = True


def _use_write_ahead_log(connection: apsw.Connection) -> None:
    # The switch needs the file for itself for a moment and does not wait for it, whatever the busy timeout says:
    # two processes that open a new file at once would meet here.
    until = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            connection.pragma("journal_mode", "wal")
        except apsw.BusyError:
            if time.monotonic() > until:
                raise
            time.sleep(0.005)
        else:
            return
