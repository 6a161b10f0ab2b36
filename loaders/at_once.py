"""Many clean rows at once: the fast way for files of organisations, which are the largest.

Cells of one column repeat (kinds, regions, days), so each spelling is converted once. Rows that this cannot take, for
whatever reason, are read one by one by `RowReader`, which says why: both ways give the same facts.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import repeat
from typing import Any

from graph_model.identifiers import is_uscc
from graph_model.statements import StatementRow
from loaders.cells import Convert, RowRefused
from loaders.columns import COLUMNS

_STATED = ("valid_from", "name", "kind", "region", "status", "industry", "foreign_invested", "registered_on")
"""The columns after the code, in the order of a `StatementRow`."""
_MISSING = {"valid_from": ""}
_MOST_SPELLINGS = 20_000


class _Spellings(dict[str, Any]):
    """What a statement's row holds for each spelling of a column, worked out when it is first met."""

    def __init__(self, column: str, convert: Convert) -> None:
        super().__init__()
        self._column = column
        self._convert = convert

    def __missing__(self, spelt: str) -> Any:
        stripped = spelt.strip()
        value = self._convert(self._column, stripped) if stripped else _MISSING.get(self._column)
        if isinstance(value, date):
            value = value.isoformat()
        elif isinstance(value, bool):
            value = int(value)
        if len(self) >= _MOST_SPELLINGS:
            self.clear()
        self[spelt] = value
        return value


class StatementsAtOnce:
    """Reads rows of an organisations file whose cells are all text, under one header that has a `code`."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._code = columns.index("code")
        self._places = {column: place for place, column in enumerate(columns)}
        self._spellings = {c: _Spellings(c, COLUMNS["organisations"][c]) for c in _STATED if c in columns}

    def read(self, rows: Sequence[Sequence[str]]) -> list[StatementRow] | None:
        """Turn rows into statements; `None` where any is not clean: then nothing is said of the others either."""
        columns = list(zip(*rows, strict=True))
        codes = [code.strip() for code in columns[self._code]]
        if not all(map(is_uscc, codes)):
            return None
        try:
            stated = [self._stated(name, columns) for name in _STATED]
        except RowRefused:
            return None
        return list(zip(codes, *stated, strict=False))  # what no column states goes on for ever

    def _stated(self, name: str, columns: Sequence[Sequence[str]]) -> Iterable[Any]:
        if name not in self._places:
            return repeat(_MISSING.get(name))
        cells = columns[self._places[name]]
        if name == "name":
            # Names hardly repeat; and any text is a name.
            return [cell.strip() or None for cell in cells]
        spellings = self._spellings[name]
        return [spellings[cell] for cell in cells]
