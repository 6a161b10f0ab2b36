"""Files → rows with their place: CSV, XLSX and JSON Lines, gzipped or not, in memory that does not grow with the file.

A source can be read several times. What is wrong with the file as a whole is said when it is opened, before any of
its rows is used; what is wrong with one row only comes out as a `Broken` in the place of its values.
"""

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any, Literal, TypeAlias

from graph_model.errors import FactsRefused
from loaders.encodings import OPENING_ERRORS, open_bytes, open_text, recognised_encoding
from loaders.spreadsheets import sheet_rows

Form = Literal["csv", "xlsx", "jsonl"]


@dataclass(frozen=True, slots=True)
class Broken:
    """A row that does not fit the header, or cannot be taken apart: why, and its cells as far as there are any."""

    why: str
    hint: str
    cells: Sequence[Any] = ()


Values: TypeAlias = Sequence[Any] | Broken
"""A row's values, one for each column of the header."""
Numbered: TypeAlias = tuple[int, Values]


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows that stand together in a file, and their numbers; `is_whole` where none of them is known to be broken."""

    numbers: Sequence[int]
    rows: Sequence[Values]
    is_whole: bool = False

    def numbered(self) -> Iterator[Numbered]:
        """Give each row with its number."""
        return zip(self.numbers, self.rows, strict=True)


BATCH_ROWS = 500
"""Rows that are read and handed on together: so few that they stay in the processor's cache, which halves the time."""


@dataclass(frozen=True, slots=True)
class Source:
    """One file: its header, and its rows as often as they are wanted.

    Rows are numbered as a spreadsheet shows them: the header is row 1; in JSON Lines, the number is the line's.
    Blank rows have a number and are left out. `encoding` is `None` for XLSX.
    """

    path: Path
    form: Form
    columns: tuple[str, ...]
    encoding: str | None
    _batches: Callable[[], Iterator[Batch]]

    def batches(self) -> Iterator[Batch]:
        """Read the file from its first row again, `BATCH_ROWS` rows at most together."""
        return self._batches()

    def rows(self) -> Iterator[Numbered]:
        """Read the file from its first row again: (row number, values)."""
        return chain.from_iterable(map(Batch.numbered, self._batches()))


def open_source(path: Path, *, sheet: str | None = None) -> Source:
    """Recognise a file's format and encoding, and read its header.

    Args:
        path: the file; its format is told by its content, CSV and JSON Lines also by the name.
        sheet: the sheet of an XLSX file, needed where several hold rows.

    Raises:
        FactsRefused: `file.unreadable`, `file.broken`, `file.encoding`, `file.format` or `file.header`.

    """
    try:
        form = _form_of(path)
        if form == "xlsx":
            return _spreadsheet(path, sheet)
        encoding = recognised_encoding(path)
        return _json_lines(path, encoding) if form == "jsonl" else _csv(path, encoding)
    except OPENING_ERRORS as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: Exception) -> FactsRefused:
    if isinstance(error, FileNotFoundError | IsADirectoryError | PermissionError):
        what = f"读不到文件 {path}（{error.strerror}）"
        return FactsRefused(what, hint="核对路径和读取权限", detail_code="file.unreadable")
    what = f"文件 {path} 已损坏或不完整（broken or cut short: {error}）"
    return FactsRefused(what, hint="重新导出或重新下载该文件", detail_code="file.broken")


def _form_of(path: Path) -> Form:
    with open_bytes(path) as file:
        head = file.read(4096)
    name = path.name.lower().removesuffix(".gz")
    if head.startswith(b"PK\x03\x04"):
        return "xlsx"
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise _format(path, "是旧式 XLS（old binary Excel）", "另存为 XLSX 或 CSV")
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start:
        raise FactsRefused(f"文件 {path} 是空的（empty）", hint="至少要有表头", detail_code="file.header")
    if name.endswith((".jsonl", ".ndjson", ".json")) or start.startswith(b"{"):
        if start.startswith(b"["):
            raise _format(path, "是 JSON 数组（a JSON array）", "改为 JSON Lines：每行一个对象")
        return "jsonl"
    return "csv"


def _format(path: Path, what: str, hint: str) -> FactsRefused:
    return FactsRefused(f"文件 {path} {what}", hint=hint, detail_code="file.format")


def _header(path: Path, cells: Sequence[Any]) -> tuple[str, ...]:
    """Give the header's names, blank cells at its end left out."""
    names = ["" if cell is None else str(cell).strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    why = None
    if not names:
        why = "第一行没有列名（no header）"
    elif "" in names:
        why = f"表头第 {names.index('') + 1} 列没有列名（a column without a name）"
    elif len(set(names)) < len(names):
        why = f"表头重复：{'、'.join(sorted({n for n in names if names.count(n) > 1}))}（a column named twice）"
    if why:
        raise FactsRefused(f"文件 {path} {why}", hint="第一行须是列名，且各不相同", detail_code="file.header")
    return tuple(names)


# --- CSV


def _csv(path: Path, encoding: str) -> Source:
    with open_text(path, encoding) as file:
        first = file.readline()
        delimiter = "\t" if first.count("\t") > first.count(",") else ","
    with open_text(path, encoding) as file:
        try:
            columns = _header(path, next(csv.reader(file, delimiter=delimiter, strict=True)))
        except (csv.Error, StopIteration):
            raise _quotes(path, 1) from None

    def batches() -> Iterator[Batch]:
        try:
            with open_text(path, encoding) as file:
                yield from _csv_batches(path, file, delimiter, len(columns))
        except OPENING_ERRORS as error:
            raise _unreadable(path, error) from None

    return Source(path, "csv", columns, encoding, batches)


def _quotes(path: Path, line: int) -> FactsRefused:
    what = f"文件 {path} 自第 {line} 行起引号不成对（quotes do not match）"
    return FactsRefused(what, hint="改正该行的引号", detail_code="file.broken")


def _csv_batches(path: Path, file: IO[str], delimiter: str, width: int) -> Iterator[Batch]:
    reader = csv.reader(file, delimiter=delimiter, strict=True)
    next(reader)
    number = 2
    while True:
        batch: list[list[str]] = []
        line, is_broken = reader.line_num, False
        try:
            batch.extend(islice(reader, BATCH_ROWS))  # not `list(…)`, which would lose what came before an error
        except csv.Error:
            is_broken = True
            # A quote that swallowed further lines hides rows: nobody could account for them.
            line += sum(1 + sum(cell.count("\n") for cell in cells) for cells in batch)
            if reader.line_num > line + 1:
                raise _quotes(path, line + 1) from None
        if batch:
            yield _batch(batch, number, width)
            number += len(batch)
        if is_broken:
            yield Batch((number,), (Broken("引号不成对（quotes do not match）", "改正引号"),))
            number += 1
        elif not batch:
            return


def _batch(rows: list[list[str]], first: int, width: int) -> Batch:
    if set(map(len, rows)) == {width}:
        return Batch(range(first, first + len(rows)), rows, is_whole=True)
    numbers = [number for number, cells in enumerate(rows, start=first) if cells]
    return Batch(numbers, [cells if len(cells) == width else _fitted(cells, width) for cells in rows if cells])


def _fitted(cells: list[str], width: int) -> Values:
    if len(cells) > width and not any(cell.strip() for cell in cells[width:]):
        return cells[:width]
    why = f"有 {len(cells)} 格，表头有 {width} 列（{len(cells)} cells, {width} columns）"
    return Broken(why, "补齐或删去单元格；含逗号的值要加引号", cells)


# --- XLSX


def _spreadsheet(path: Path, sheet: str | None) -> Source:
    with sheet_rows(path, sheet) as found:
        columns = _header(path, next(found, ()))
    width = len(columns)

    def rows() -> Iterator[Numbered]:
        try:
            with sheet_rows(path, sheet) as found:
                next(found, None)
                for number, cells in enumerate(found, start=2):
                    if any(cell is not None for cell in cells):
                        # Cells that a sheet does not store are blank, not lost.
                        yield number, _fitted_cells(cells, width)
        except OPENING_ERRORS as error:
            raise _unreadable(path, error) from None

    return Source(path, "xlsx", columns, None, lambda: _batched(rows()))


def _fitted_cells(cells: tuple[Any, ...], width: int) -> Values:
    if any(cell is not None for cell in cells[width:]):
        return Broken(f"表头只有 {width} 列，此行更多（more cells than columns）", "给多出的列加上列名", cells)
    return (cells + (None,) * width)[:width]


# --- JSON Lines


def _json_lines(path: Path, encoding: str) -> Source:
    seen: dict[str, None] = {}
    for _, row in _json_objects(path, encoding):
        if not isinstance(row, Broken):
            seen.update(dict.fromkeys(row))
    columns = tuple(seen)

    def rows() -> Iterator[Numbered]:
        for number, row in _json_objects(path, encoding):
            yield number, row if isinstance(row, Broken) else tuple(map(row.get, columns))

    return Source(path, "jsonl", columns, encoding, lambda: _batched(rows()))


def _batched(rows: Iterator[Numbered]) -> Iterator[Batch]:
    while batch := list(islice(rows, BATCH_ROWS)):
        yield Batch([number for number, _ in batch], [values for _, values in batch])


def _json_objects(path: Path, encoding: str) -> Iterator[tuple[int, Mapping[str, Any] | Broken]]:
    try:
        with open_text(path, encoding) as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield number, _json_object(line)
    except OPENING_ERRORS as error:
        raise _unreadable(path, error) from None


def _json_object(line: str) -> Mapping[str, Any] | Broken:
    try:
        found = json.loads(line, parse_float=Decimal, parse_constant=_no_number, object_pairs_hook=_distinct)
    except (ValueError, ArithmeticError, RecursionError):
        return Broken("不是合规的 JSON 对象（not well-formed JSON, or a name given twice）", "每行写一个 JSON 对象")
    if not isinstance(found, dict):
        return Broken("不是 JSON 对象（not an object）", "每行写一个 JSON 对象")
    return found


def _no_number(word: str) -> Any:
    raise ValueError(word)


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found
