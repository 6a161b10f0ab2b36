"""CSV files as `neo4j-admin database import` reads them: each named by a header with types, gzip.

A missing value is an empty field, an empty text a quoted one; an empty list cannot be told from a missing one. Parts of
a list are joined by U+001F, which no text of ours holds: ids have no white space, and JSON escapes it.
"""

import gzip
from collections.abc import Mapping, Sequence
from io import BufferedWriter
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

from graph_model.errors import FactsRefused

BETWEEN = "\x1f"


def type_of(value: object) -> str | None:
    """Give the type of a column that holds such values; `None` for a missing one, as which an empty list comes."""
    match value:
        case None:
            return None
        case bool():
            return "boolean"
        case int():
            return "long"
        case float():
            return "double"
        case bytes():
            return "byte[]"
        case str():
            return "string"
        case _:
            parts = cast("Sequence[object]", value)
            return f"{type_of(parts[0])}[]" if parts else None


def field_of(value: object) -> str:
    r"""Spell one value.

    >>> field_of(None), field_of(""), field_of(True), field_of(["a", "b"])
    ('', '""', 'true', '"a\x1fb"')
    """
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case bytes():
            return BETWEEN.join(str(byte - 256 if byte > 127 else byte) for byte in value)
        case str():
            return '"' + value.replace('"', '""') + '"'
        case _:
            parts = [str(part) for part in cast("Sequence[object]", value)]
            if parts == [""] or any(BETWEEN in part for part in parts):
                raise FactsRefused(
                    f"此列表不能写入 CSV / the list {parts} cannot be told from another one in such a file",
                    hint="no list of one empty text, and no text in a list with U+001F; use `store copy` instead",
                    detail_code="text.malformed",
                )
            return '"' + BETWEEN.join(parts).replace('"', '""') + '"'


class Shape:
    """The columns of one kind of rows. A name that has values of several types is in a file of its own for each."""

    def __init__(self, types: Mapping[str, str] | None = None) -> None:
        """Begin with the columns that are known beforehand."""
        self._types: dict[str, set[str]] = {name: {kind} for name, kind in (types or {}).items()}

    def learn(self, properties: Mapping[str, object]) -> None:
        """Take note of a row's columns; all rows must have been seen before the first is written."""
        for name, value in properties.items():
            if (kind := type_of(value)) is not None:
                self._types.setdefault(name, set()).add(kind)

    def of(self, properties: Mapping[str, object]) -> dict[str, str]:
        """Give the columns, with types, of the file that a row goes into."""
        columns = {}
        for name, kinds in self._types.items():
            kind = next(iter(kinds)) if len(kinds) == 1 else type_of(properties.get(name))
            if kind is not None:
                columns[name] = kind
        return columns


class Tables:
    """The files of one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[tuple[str, ...], _File] = {}
        self._names: dict[str, int] = {}
        self.has_line_breaks = False
        """Whether any field has one, which the importer must be told."""
        self.longest = 0
        """The longest line, in bytes, which the importer must be able to hold."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in self._files.values():
            file.close()

    def add(self, kind: str, keys: Mapping[str, object], properties: Mapping[str, object], shape: Shape) -> None:
        """Write one row.

        Args:
            kind: `nodes` or `relationships`, a dot, and what they are; the file is named for it.
            keys: the columns that the importer asks for (`:LABEL`, `id:ID(Subject)`, …), with their values.
            properties: the other columns; those of the shape that are missing are empty.
            shape: of all rows of this kind.

        """
        columns = shape.of(properties)
        header = (*keys, *(f"{name}:{column}" for name, column in columns.items()))
        file = self._files.get((kind, *header))
        if file is None:
            number = self._names[kind] = self._names.get(kind, 0) + 1
            file = self._files[kind, *header] = _File(self._folder / f"{kind}.{number}.csv.gz", header)
        line = ",".join(map(field_of, (*keys.values(), *map(properties.get, columns))))
        self.has_line_breaks = self.has_line_breaks or "\n" in line or "\r" in line
        self.longest = max(self.longest, file.write(line))

    def options(self) -> list[str]:
        """Name every file as the importer asks for it."""
        return sorted(f"--{file.name.split('.')[0]}={file.name}" for file in self._files.values())


class _File:
    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self.name = path.name
        self._raw = path.open("wb")
        self._packed = gzip.GzipFile("", "wb", compresslevel=4, fileobj=self._raw, mtime=0)
        self._out = BufferedWriter(cast("Any", self._packed), 1 << 16)
        self.write(",".join(columns))

    def write(self, line: str) -> int:
        return self._out.write(line.encode() + b"\n")

    def close(self) -> None:
        self._out.close()
        self._packed.close()
        self._raw.close()
