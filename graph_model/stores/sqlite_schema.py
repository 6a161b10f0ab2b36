"""A database that is ours: its tables, its versions, its write transactions, and what the driver's errors mean."""

from importlib.resources import files

import apsw

from graph_model.errors import StoreUnavailable

SCHEMA_VERSION = 1
"""`PRAGMA user_version` of the schema that this code reads and writes."""
APPLICATION_ID = 0x58484E47
"""`PRAGMA application_id`: XHNG. Another program's database is not touched."""
_NOT_AS_MADE = ("no such table", "no such column", "no such index")
TABLES = ("change", "rulebook", "registration", "relation", "designation", "exemption", "objection")
"""All tables of schema.sql."""


def unavailable(error: apsw.Error, place: str) -> StoreUnavailable:
    """Say what a driver's error means for the store, and what to do."""
    match error:
        case apsw.BusyError() | apsw.LockedError():
            reason, hint = "another process holds it locked", "wait for the other load to end, then try again"
            detail = "store.busy"
        case apsw.NotADBError():
            reason, detail = "the file is not a database", "store.foreign"
            hint = "name another file, or restore the last backup if it was one; this one is left as it is"
        case apsw.ReadOnlyError() | apsw.PermissionsError():
            reason, hint = "it may only be read", "give this user the right to write the file and its folder"
            detail = "store.read-only"
        case apsw.FullError():
            reason, hint = "the disk is full", "free some space and try again; nothing of this change was written"
            detail = "store.disk"
        case apsw.CorruptError():
            return damaged(place, "the file is damaged")
        case apsw.SQLError() if str(error).startswith(_NOT_AS_MADE):
            # Statements are constants of ours: what they name was there when the tables were made.
            return damaged(place, "its tables are not as they were made")
        case apsw.CantOpenError():
            reason, hint = "the file cannot be opened or made", "see that its folder exists and may be written"
            detail = "store.missing"
        case apsw.ConnectionClosedError() | apsw.CursorClosedError():
            reason, hint, detail = "it is closed", "open it again", "store.closed"
        case apsw.IOError():
            reason, hint = "reading or writing the disk failed", "look at the disk's space and health, then try again"
            detail = "store.disk"
        case _:
            reason, hint = f"{type(error).__name__}: {error}", "try again; if it stays, restore the last backup"
            detail = "store.failed"
    return StoreUnavailable(f"存储不可用 / store {place}: {reason}", hint=hint, detail_code=detail)


def damaged(place: str, reason: str) -> StoreUnavailable:
    """What is in the file is not what was written."""
    return StoreUnavailable(
        f"存储不可用，文件受损 / store {place}: {reason}",
        hint="restore the last backup; do not go on with this file",
        detail_code="store.damaged",
    )


def unreadable(error: Exception, place: str) -> StoreUnavailable:
    """Say that a record is there and cannot be read as one. Its text is not shown: it may hold anything."""
    return StoreUnavailable(
        f"存储不可用，有记录读不出 / store {place}: a record cannot be read ({type(error).__name__})",
        hint="run `xinheng audit verify`: if it finds damage, restore the last backup; if not, report a fault of ours",
        detail_code="store.damaged",
    )


def closed(place: str) -> StoreUnavailable:
    """The store was closed by its owner."""
    return StoreUnavailable(f"存储已关闭 / store {place} is closed", hint="open it again", detail_code="store.closed")


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


class Reading:
    """One read transaction: several statements see the same state, and the file's locks are taken once."""

    __slots__ = ("_connection",)

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("BEGIN")

    def __exit__(self, *_: object) -> None:
        self._connection.execute("COMMIT")
