"""The reject file: the rows that were not taken, as they came, each with its row number, the column and the reason.

It can be loaded again as it is: its own columns stand first and are ignored by a load. It is CSV, or JSON Lines where
the source was, and readable by its owner only. Identity numbers are not written to it: where a number can be keyed,
the keyed id stands in its place (and loads as well), else a remark.
"""

import csv
import json
import os
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

from graph_model.errors import FactsRefused
from graph_model.identifiers import is_uscc
from loaders.cells import LOOKS_LIKE_IDENTITY, Distorted
from loaders.chunks import RejectedRow
from loaders.columns import REJECT_COLUMNS
from loaders.reading import IDENTITY_COLUMNS, Reading

REMARK = "（证件号码，不写出；见原文件该行）"


class RejectFile:
    """Writes rejected rows to `path`; nothing appears there until it is closed, nor where no row was rejected."""

    def __init__(self, path: Path, reading: Reading) -> None:
        self.path = path
        self.written = 0
        self._source = reading.source
        self._redact = _redaction(reading)
        self._draft = path.with_name(f".{path.name}.draft")
        self._file = self._opened()
        self._write = self._json_writer() if self._source.form == "jsonl" else self._csv_writer()

    def _opened(self) -> IO[str]:
        # Excel takes CSV for the system's encoding unless a BOM says UTF-8; plain UTF-8 sources get plain UTF-8 back.
        encoding = "utf-8" if self._source.encoding == "utf-8" or self._source.form == "jsonl" else "utf-8-sig"
        try:
            descriptor = os.open(self._draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        except OSError as error:
            what = f"不能写拒收文件 {self.path}（{error.strerror}）"
            raise FactsRefused(what, hint="换一个可写的位置", detail_code="file.unwritable") from None
        return os.fdopen(descriptor, "w", encoding=encoding, newline="")

    def add(self, row: RejectedRow) -> None:
        """Write one rejected row."""
        self.written += 1
        self._write(row)

    def _csv_writer(self) -> Callable[[RejectedRow], None]:
        writer = csv.writer(self._file)
        columns = self._source.columns
        kept = [place for place, column in enumerate(columns) if column not in REJECT_COLUMNS]
        writer.writerow((*REJECT_COLUMNS, *(columns[place] for place in kept)))

        def write(row: RejectedRow) -> None:
            values = self._redact(row.values)
            if len(values) == len(columns):
                values = [values[place] for place in kept]
            writer.writerow((row.number, row.column, row.reason, *map(_spelled, values)))

        return write

    def _json_writer(self) -> Callable[[RejectedRow], None]:
        columns = self._source.columns

        def write(row: RejectedRow) -> None:
            about = dict(zip(REJECT_COLUMNS, (row.number, row.column, row.reason), strict=True))
            given = dict(zip(columns, self._redact(row.values), strict=False))
            stated = {column: value for column, value in given.items() if value is not None}
            line = {**about, **{c: v for c, v in stated.items() if c not in REJECT_COLUMNS}}
            self._file.write(json.dumps(line, ensure_ascii=False, default=_json_number) + "\n")

        return write

    def close(self) -> None:
        """Put the file in its place, if a row was rejected."""
        self._file.close()
        if self.written:
            self._draft.replace(self.path)
        else:
            self._draft.unlink()


def _spelled(value: Any) -> str:
    if value is None or isinstance(value, Distorted):
        return ""
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else str(value)


def _json_number(value: Any) -> float:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(type(value).__name__)


def _redaction(reading: Reading) -> Callable[[Sequence[Any]], Sequence[Any]]:
    """Make the function that takes identity numbers out of a row's values."""
    identity, id_type = IDENTITY_COLUMNS.get(reading.kind, ("", ""))
    if identity not in reading.columns:
        return lambda values: values
    header = reading.source.columns
    origins = reading.mapping.sources_of(identity) if reading.mapping else {identity}
    places = [header.index(origin) for origin in origins]
    select = reading.selected([c for c in (id_type,) if c in reading.columns])

    def redact(values: Sequence[Any]) -> Sequence[Any]:
        if len(values) != len(header):
            # The cells do not stand under their columns: any of them may be the number.
            return [REMARK if _looks_like_identity(value) else value for value in values]
        found = list(values)
        stated_type = _stated_type(select, values)
        for place in places:
            if stated_type:
                found[place] = _keyed(reading, stated_type, found[place])
            elif _looks_like_identity(found[place]):
                found[place] = REMARK
        return found

    return redact


def _stated_type(select: Callable[[Sequence[Any]], Sequence[Any]], values: Sequence[Any]) -> str:
    try:
        selected = select(values)
    except FactsRefused:
        return "unreadable"
    return str(selected[0]).strip() if selected and selected[0] is not None else ""


def _looks_like_identity(value: Any) -> bool:
    spelt = str(value).strip()
    return LOOKS_LIKE_IDENTITY.fullmatch(spelt) is not None and not is_uscc(spelt)


def _keyed(reading: Reading, id_type: str, value: Any) -> Any:
    if value is None or not str(value).strip():
        return value
    try:
        return reading.keyed(id_type, str(value).strip())
    except FactsRefused:
        return REMARK
