"""Many clean rows at once: the fast way for files of organisations, which are the largest.

Cells of one column repeat (kinds, regions, days), so each spelling is converted once. Rows that this cannot take, for
whatever reason, are read one by one by `RowReader`, which says why: both ways give the same facts.
"""

from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import Any

from graph_model.identifiers import is_uscc
from graph_model.nodes import Attributes, Registration
from loaders.cells import Convert, RowRefused
from loaders.columns import COLUMNS

_ATTRIBUTES = ("valid_from", "name", "kind", "region", "status", "industry", "foreign_invested", "registered_on")
_MOST_SPELLINGS = 20_000


class _Spellings(dict[str, Any]):
    """The value of each spelling of a column, converted when it is first met."""

    def __init__(self, column: str, convert: Convert) -> None:
        super().__init__()
        self._column = column
        self._convert = convert

    def __missing__(self, spelt: str) -> Any:
        stripped = spelt.strip()
        value = self._convert(self._column, stripped) if stripped else None
        if len(self) >= _MOST_SPELLINGS:
            self.clear()
        self[spelt] = value
        return value


class RegistrationsAtOnce:
    """Reads rows of an organisations file whose cells are all text, under one header that has a `code`."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._code = columns.index("code")
        self._places = {column: place for place, column in enumerate(columns)}
        self._spellings = {c: _Spellings(c, COLUMNS["organisations"][c]) for c in _ATTRIBUTES if c in columns}

    def read(self, rows: Sequence[Sequence[str]]) -> list[Registration] | None:
        """Turn rows into facts; `None` where any of them is not clean: then nothing is said of the others either."""
        columns = list(zip(*rows, strict=True))
        codes = [code.strip() for code in columns[self._code]]
        if not all(map(is_uscc, codes)):
            return None
        try:
            stated = [self._stated(name, columns) for name in _ATTRIBUTES]
        except RowRefused:
            return None
        return list(map(Registration, codes, map(Attributes, *stated)))

    def _stated(self, name: str, columns: Sequence[Sequence[str]]) -> Iterable[Any]:
        if name not in self._places:
            return repeat(None)
        cells = columns[self._places[name]]
        if name == "name":
            # Names hardly repeat; and any text is a name.
            return [cell.strip() or None for cell in cells]
        spellings = self._spellings[name]
        return [spellings[cell] for cell in cells]
