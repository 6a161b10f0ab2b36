"""Rows of a file that are written together."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from graph_model.statements import StatementRow, Statements
from graph_model.store import Fact


class ReadRow(NamedTuple):
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


class CleanRows(NamedTuple):
    """Rows that were all read at once: their numbers, their values and what they state."""

    numbers: Sequence[int]
    values: Sequence[Sequence[Any]]
    statements: Sequence[StatementRow]


class Chunk:
    """Rows in the order of the file. Clean ones stay plain rows until one of the chunk's rows needs a closer look."""

    def __init__(self) -> None:
        self._parts: list[CleanRows | list[ReadRow | RejectedRow]] = []
        self._size = 0

    def add(self, part: CleanRows | list[ReadRow | RejectedRow]) -> None:
        """Put the rows that come next."""
        self._parts.append(part)
        self._size += len(part.numbers if isinstance(part, CleanRows) else part)

    def __len__(self) -> int:
        return self._size

    def rows(self) -> Iterator[ReadRow | RejectedRow]:
        """Give each row by itself."""
        for part in self._parts:
            if isinstance(part, CleanRows):
                yield from map(ReadRow, part.numbers, part.values, Statements(part.statements))
            else:
                yield from part

    def statements(self) -> Statements | None:
        """Give what the rows state, where all of them are clean."""
        clean = [part for part in self._parts if isinstance(part, CleanRows)]
        if len(clean) < len(self._parts):
            return None
        return Statements([row for part in clean for row in part.statements])

    def place(self) -> str:
        """Name the rows by the first and the last number."""
        numbers = list(self.numbers())
        return f"{numbers[0]}-{numbers[-1]}"

    def numbers(self) -> Iterator[int]:
        """Give the rows' numbers."""
        for part in self._parts:
            yield from part.numbers if isinstance(part, CleanRows) else (row.number for row in part)
