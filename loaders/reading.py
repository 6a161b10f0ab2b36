"""One file being read: its source, its mapping and its row reader put together; what each row says, or why not."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from pathlib import Path
from typing import Any

from graph_model.errors import FactsRefused
from graph_model.store import Fact
from loaders.builders import Context
from loaders.cells import RowRefused
from loaders.columns import KINDS, REJECT_COLUMNS
from loaders.mapping import read_mapping
from loaders.repeats import refusals_of_repeats, repeated
from loaders.rows import RowReader
from loaders.sources import Broken, Source, open_source

_KEY_COLUMNS = {
    "organisations": ("code", "valid_from"),
    "persons": ("person", "id_type", "id_number"),
    "relations": ("type", "holder", "holder_id_type", "organisation", "designation", "held_from"),
    "designations": ("id",),
    "moves": (),
    "exemptions": ("id",),
    "objections": ("id",),
}
"""The columns that make the key of a row's fact (`repeats.key_of`)."""

IDENTITY_COLUMNS = {
    "persons": ("id_number", "id_type"),
    "relations": ("holder", "holder_id_type"),
    "designations": ("subject", "subject_id_type"),
    "exemptions": ("subject", "subject_id_type"),
}
"""The column that may hold an identity number, and the one that says its type."""


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row that became a fact."""

    number: int
    values: Sequence[Any]
    fact: Fact


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that was not taken: where and why, in words."""

    number: int
    values: Sequence[Any]
    column: str
    reason: str
    detail_code: str


class Reading:
    """A file of one kind, to be read as facts as often as wanted.

    Raises:
        FactsRefused: the file or its mapping cannot be used at all (see `open_source`, `read_mapping`, `RowReader`).

    """

    def __init__(self, kind: str, path: Path, mapping: Path | None, context: Context) -> None:
        if kind not in KINDS:
            what, hint = f"没有 `{kind}` 这类文件（unknown kind）", f"可用：{'、'.join(KINDS)}"
            raise FactsRefused(what, hint=hint, detail_code="kind.unknown")
        self.kind = kind
        self.mapping = read_mapping(mapping, kind) if mapping is not None else None
        self.source: Source = open_source(path, sheet=self.mapping.sheet if self.mapping else None)
        self.columns = tuple(self.mapping.rules) if self.mapping else self._own(self.source.columns)
        self._context = context
        self._reader = RowReader(kind, self.columns, context)
        self._target = self.selected(self.columns)

    @staticmethod
    def _own(header: Sequence[str]) -> tuple[str, ...]:
        return tuple(column for column in header if column not in REJECT_COLUMNS)

    def selected(self, columns: Sequence[str]) -> Callable[[Sequence[Any]], Sequence[Any]]:
        """Make the function from a source row to its values of some of this reading's columns."""
        header = self.source.columns
        if self.mapping is not None:
            return self.mapping.bind(header, columns)
        if tuple(columns) == header:
            return lambda values: values
        places = [header.index(column) for column in columns]
        if len(places) == 1:
            return lambda values: (values[places[0]],)
        return itemgetter(*places) if places else lambda _: ()

    def rows(self) -> Iterator[ReadRow | RejectedRow]:
        """Read every row of the file, in order."""
        read, target = self._reader.read, self._target
        for number, values in self.source.rows():
            if isinstance(values, Broken):
                yield RejectedRow(number, values.cells, "", f"{values.why}；{values.hint}", "row.broken")
                continue
            try:
                yield ReadRow(number, values, read(target(values)))
            except RowRefused as refusal:
                reason = f"{refusal.what}；{refusal.hint}"
                yield RejectedRow(number, values, refusal.column, reason, refusal.detail_code or "value.malformed")

    def repeats(self) -> tuple[int, dict[int, str]]:
        """Read ahead: how many rows there are, and which cannot be taken because of another row of the file."""
        hashes = _Counted(self._keys())
        suspects = repeated(hashes)
        if not suspects:
            return hashes.rows, {}
        return hashes.rows, refusals_of_repeats(self._facts_of(suspects))

    def _keys(self) -> Iterator[int | None]:
        key = self._key_maker()
        for _, values in self.source.rows():
            yield None if isinstance(values, Broken) else key(values)

    def _facts_of(self, hashes: frozenset[int]) -> Iterator[tuple[int, Fact]]:
        key, read, target = self._key_maker(), self._reader.read, self._target
        for number, values in self.source.rows():
            if isinstance(values, Broken) or key(values) not in hashes:
                continue
            try:
                yield number, read(target(values))
            except RowRefused:
                continue

    def _key_maker(self) -> Callable[[Sequence[Any]], int | None]:
        columns = [column for column in _KEY_COLUMNS[self.kind] if column in self.columns]
        select = self.selected(columns)
        identity = IDENTITY_COLUMNS.get(self.kind, ("", ""))
        place, type_place = (columns.index(c) if c in columns else None for c in identity)

        def key(values: Sequence[Any]) -> int | None:
            try:
                cells = [_plain(value) for value in select(values)]
                if place is not None and type_place is not None and cells[type_place] and cells[place]:
                    # One number may be spelt in two ways; the keyed id is the same.
                    cells[place], cells[type_place] = self.keyed(cells[type_place], cells[place]), ""
            except FactsRefused:
                return None
            return hash(tuple(cells)) if cells else None

        return key

    def keyed(self, id_type: str, number: str) -> str:
        """Key an identity number, as the rows do.

        Raises:
            FactsRefused: it is malformed, or there is no key.

        """
        return self._context.subject_of(id_type, number)

    def digest(self) -> str:
        """The SHA-256 of the file's bytes and of its mapping's: what makes a load the same load."""
        digest = hashlib.sha256()
        for path in (self.source.path, self.mapping.path if self.mapping else None):
            if path is not None:
                with path.open("rb") as file:
                    digest.update(hashlib.file_digest(file, "sha256").digest())
        return digest.hexdigest()


class _Counted:
    """The keys of a file's rows, counting the rows on the way."""

    def __init__(self, keys: Iterator[int | None]) -> None:
        self.rows = 0
        self._keys = keys

    def __iter__(self) -> Iterator[int]:
        for key in self._keys:
            self.rows += 1
            if key is not None:
                yield key


def _plain(value: Any) -> str:
    """Give a key's cell as text, the same however the source has typed it."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    return str(value.date() if isinstance(value, datetime) else value)
