"""One file being read: its source, its mapping and its row reader put together; what each row says, or why not."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from operator import itemgetter
from pathlib import Path
from typing import Any

from graph_model.errors import FactsRefused
from graph_model.store import Fact
from loaders.at_once import StatementsAtOnce
from loaders.builders import Context
from loaders.cells import RowRefused
from loaders.chunks import Chunk, CleanRows, ReadRow, RejectedRow
from loaders.columns import KINDS, NEEDED, REJECT_COLUMNS
from loaders.mapping import read_mapping
from loaders.repeats import refusals_of_repeats, repeated
from loaders.rows import RowReader
from loaders.sources import Batch, Broken, Source, Values, open_source

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
        self._see_what_is_missing(path)
        self._target = self.selected(self.columns)
        clean = kind == "organisations" and self.source.form == "csv" and self.mapping is None
        self._at_once = StatementsAtOnce(self.columns) if clean and self.columns == self.source.columns else None

    def _see_what_is_missing(self, path: Path) -> None:
        """Refuse a file that lacks a column without which each of its rows would be rejected for the same reason."""
        ways = NEEDED[self.kind]
        if not any(set(way) <= set(self.columns) for way in ways):
            nearest = max(ways, key=lambda way: len(set(way) & set(self.columns)))
            missing = "、".join(f"`{column}`" for column in nearest if column not in self.columns)
            what = f"文件 {path} 缺少 {self.kind} 必需的列 {missing}（needed columns are missing）"
            hint = "核对文件种类和表头；其他来源请用映射文件"
            raise FactsRefused(what, hint=hint, detail_code="column.missing")

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

    def chunks(self, size: int | None) -> Iterator[Chunk]:
        """Read every row of the file, in order, in chunks of about `size`; `None`: in one."""
        chunk = Chunk()
        for batch in self.source.batches():
            chunk.add(self._clean(batch) or [self._row(number, values) for number, values in batch.numbered()])
            if size is not None and len(chunk) >= size:
                yield chunk
                chunk = Chunk()
        if len(chunk):
            yield chunk

    def rows(self) -> Iterator[ReadRow | RejectedRow]:
        """Read every row of the file, in order."""
        for number, values in self.source.rows():
            yield self._row(number, values)

    def _clean(self, batch: Batch) -> CleanRows | None:
        """Read a batch at once where all of its rows are clean."""
        if self._at_once is None or not batch.is_whole:
            return None
        values: Sequence[Any] = batch.rows
        statements = self._at_once.read(values)
        return CleanRows(batch.numbers, values, statements) if statements is not None else None

    def _row(self, number: int, values: Values) -> ReadRow | RejectedRow:
        if isinstance(values, Broken):
            return RejectedRow(number, values.cells, "", f"{values.why}；{values.hint}", "row.broken")
        try:
            return ReadRow(number, values, self._reader.read(self._target(values)))
        except RowRefused as refusal:
            reason = f"{refusal.what}；{refusal.hint}"
            return RejectedRow(number, values, refusal.column, reason, refusal.detail_code or "value.malformed")

    def repeats(self) -> tuple[int, dict[int, str]]:
        """Read ahead: how many rows there are, and which cannot be taken because of another row of the file."""
        rows, suspects = repeated(self._keys())
        return rows, refusals_of_repeats(self._facts_of(suspects)) if suspects else {}

    def _keys(self) -> Iterator[list[int | None]]:
        key = self._key_maker()
        columns = [column for column in _KEY_COLUMNS[self.kind] if column in self.columns]
        typed = IDENTITY_COLUMNS.get(self.kind, ("", ""))[1] in columns
        plain = self.source.form == "csv" and self.mapping is None and columns and not typed
        places = [self.source.columns.index(column) for column in columns] if plain else []
        for batch in self.source.batches():
            if places and batch.is_whole:
                rows: Sequence[Any] = batch.rows
                cells = [[row[place].strip() for row in rows] for place in places]
                yield list(map(hash, zip(*cells, strict=True)))
            else:
                yield [None if isinstance(values, Broken) else key(values) for values in batch.rows]

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


def _plain(value: Any) -> str:
    """Give a key's cell as text, the same however the source has typed it."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    return str(value.date() if isinstance(value, datetime) else value)
