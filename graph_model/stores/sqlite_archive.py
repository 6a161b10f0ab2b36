"""The whole database as rows, streamed in pages, and an empty database filled from such rows."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, TypeAlias

import apsw

from graph_model.errors import ChangeRefused
from graph_model.statements import registration_of
from graph_model.store import ARCHIVE_TABLES, Archive, ArchivedRow
from graph_model.stores import rows
from graph_model.stores import sqlite_read as read
from graph_model.stores.rows import RECORDS, Row

Page: TypeAlias = Callable[[str, Mapping[str, Any]], list[Row]]
"""Runs one statement on a connection of its own and gives all rows."""

_CHANGES, _PAGE = 100, 2_000
"""Rows per page: an entry of the log can name thousands of subjects, a record is small."""

CHANGES_AFTER = "SELECT * FROM change WHERE version > :after ORDER BY version LIMIT :page"
RULEBOOK_AFTER = "SELECT digest, content, vocabulary FROM rulebook WHERE digest > :after ORDER BY digest LIMIT 1"
REGISTRATIONS_AFTER = f"""SELECT {rows.REGISTRATION}, recorded_from, recorded_until FROM registration
    WHERE (subject, valid_from, recorded_until) > (:subject, :valid_from, :until)
    ORDER BY subject, valid_from, recorded_until LIMIT :page"""
LAST_HOLDER = "SELECT holder FROM relation WHERE holder > :after ORDER BY holder LIMIT 1 OFFSET :page"
RELATIONS_UP_TO = f"""SELECT {rows.RELATION}, recorded_from, recorded_until FROM relation
    WHERE holder > :after AND holder <= :last"""
VERY_LAST_HOLDER = "SELECT max(holder) FROM relation WHERE holder > :after"
RECORDS_AFTER = {
    kind: f"""SELECT {columns}, recorded_from, recorded_until FROM {table}
        WHERE (id, recorded_until) > (:id, :until) ORDER BY id, recorded_until LIMIT :page"""
    for kind, (table, columns) in read.RECORD_TABLES.items()
    if columns.startswith("id,")
}
"""The records of one fact follow each other, so those of one key are in the order of either version."""


def archive(page: Page, table: str) -> Iterator[ArchivedRow]:
    """Every row of one table, in its order; no transaction outlasts a page. Raises `ValueError`: a row is damaged."""
    match table:
        case "changes":
            after = 0
            while found := page(CHANGES_AFTER, {"after": after, "page": _CHANGES}):
                yield from found
                after = found[-1][0]
        case "rulebooks":
            digest = ""
            while found := page(RULEBOOK_AFTER, {"after": digest}):
                yield from found
                digest = found[0][0]
        case "registrations":
            key: tuple[Any, ...] = ("", "", 0)
            while found := page(
                REGISTRATIONS_AFTER, {"subject": key[0], "valid_from": key[1], "until": key[2], "page": _PAGE}
            ):
                yield from map(_open, found)
                key = (*found[-1][:2], found[-1][-1])
        case "relations":
            yield from _relations(page)
        case _:
            identity, until = "", 0
            while found := page(RECORDS_AFTER[table], {"id": identity, "until": until, "page": _PAGE}):
                yield from map(_open, found)
                identity, until = found[-1][0], found[-1][-1]


def _relations(page: Page) -> Iterator[ArchivedRow]:
    """Give relations by holder; all of one holder are in one page, for no index has the rest of their order."""
    after, order = "", RECORDS["relations"].order
    while True:
        [[last]] = page(LAST_HOLDER, {"after": after, "page": _PAGE}) or page(VERY_LAST_HOLDER, {"after": after})
        if last is None:
            return
        found = page(RELATIONS_UP_TO, {"after": after, "last": last})
        yield from map(_open, sorted(found, key=lambda row: (order(row[:-2]), row[-2])))
        after = last


def _open(row: Row) -> Row:
    if type(row[-2]) is not int or type(row[-1]) is not int:  # a flipped byte can make text of a number
        raise ValueError("a version is no number")
    return (*row[:-1], None) if row[-1] == read.OPEN else row


def _insert(table: str, columns: str) -> str:
    marks = ", ".join("?" * (columns.count(",") + 3))
    return f"INSERT INTO {table} ({columns}, recorded_from, recorded_until) VALUES ({marks})"


_INSERTS = {
    "changes": f"INSERT INTO change VALUES ({', '.join('?' * 14)})",
    "rulebooks": "INSERT INTO rulebook VALUES (?, ?, ?)",
    **{kind: _insert(*of) for kind, of in read.RECORD_TABLES.items()},
}
_COLUMNS = {table: statement.count("?") for table, statement in _INSERTS.items()}
_CELLS = frozenset({str, int, bytes, type(None)})
_READ_BACK: Mapping[str, Callable[[Row], object]] = {
    "registrations": registration_of,
    "relations": rows.relation_of,
    "designations": rows.designation_of,
    "exemptions": rows.exemption_of,
    "objections": rows.objection_of,
}


def restore(connection: apsw.Connection, given: Archive) -> None:
    """Fill an empty database inside one write transaction.

    Raises:
        ChangeRefused: it is not empty, or a row cannot be read or stands twice.

    """
    if read.latest_version(connection) or connection.execute("SELECT 1 FROM rulebook").get:
        raise ChangeRefused(
            "目标存储不为空 / the store to fill holds facts already",
            hint="name an empty one; nothing was written",
            detail_code="store.not-empty",
        )
    for table in ARCHIVE_TABLES:
        number = 0

        def counted(table: str = table) -> Iterator[Row]:
            nonlocal number
            for number, row in enumerate(given.tables[table], start=1):  # noqa: B007 -- told where a row is refused
                yield _checked(table, row)

        try:
            connection.executemany(_INSERTS[table], counted())
        except (apsw.ConstraintError, apsw.MismatchError, OverflowError, _Unreadable) as error:
            raise ChangeRefused(
                f"存档无法读取 / row {number} of table `{table}` of the archive cannot be taken: {error}",
                hint="nothing was written; export the archive anew",
                detail_code="archive.malformed",
            ) from error


class _Unreadable(Exception):
    """A row that is none; a class of its own, for whoever gives the rows may fail in any other way."""


def _checked(table: str, row: Row) -> Row:
    """Give a row as it is inserted, once it was read as the facts it holds."""
    if len(row) != _COLUMNS[table]:
        raise _Unreadable(f"it has {len(row)} columns, not {_COLUMNS[table]}")
    for cell in row:
        if type(cell) not in _CELLS or (type(cell) is str and not rows.is_text(cell)):
            raise _Unreadable("a value is neither text, nor a whole number, nor bytes")
    try:
        if table == "changes":
            datetime.fromisoformat(row[5])
            if not all(isinstance(subject, str) for subject in json.loads(row[13])):
                raise _Unreadable("its subjects are no list of texts")
            return row
        if table == "rulebooks":
            rows.vocabulary_of(row[2])
            return row
        _READ_BACK[table](row[:-2])
    except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
        raise _Unreadable(f"{type(error).__name__}: {error}") from error
    start, until = row[-2], read.OPEN if row[-1] is None else row[-1]
    if not (isinstance(start, int) and isinstance(until, int) and 0 < start < until):
        raise _Unreadable(f"it stands from version {row[-2]} to {row[-1]}")
    return (*row[:-1], until)
