"""The digests of what is written, and how an entry of the change log is chained to the one before. No driver here.

Both kinds of store write the same digests, so that one chain goes on when a store is copied to the other kind.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from graph_model.stores.rows import Row, compact

_SEPARATOR = "\x1f"


@dataclass(frozen=True, slots=True)
class Entry:
    """What an entry says besides its version and counts: see schema.sql."""

    kind: Literal["facts", "rulebook"]
    actor: str
    reason: str
    key: str
    content_digest: str
    written_digest: str
    rulebook: str | None = None


def digest_of(*parts: bytes) -> str:
    """Give the digest of bytes, as it is written everywhere."""
    return f"sha256:{hashlib.sha256(b''.join(parts)).hexdigest()}"


def digest_of_rows(kind: str, spelled: Sequence[Row]) -> str:
    """Give the digest of the rows of one kind, in their canonical order.

    Taken column by column: most are all text, and joining texts takes a third of the time that JSON takes.
    """
    columns = list(map(_cell, *spelled)) if len(spelled) == 1 else list(map(_column, zip(*spelled, strict=True)))
    lengths = compact([kind, len(spelled), *(len(column) for column in columns)])
    return digest_of(lengths.encode(), *columns)


def _column(cells: tuple[Any, ...]) -> bytes:
    """Spell a column so that no other column is spelled alike: where all cells are text as joined text, else as JSON.

    Joined text begins with a separator, which JSON never does, and has one between any two texts and no other.
    """
    if cells[0] is None and cells.count(None) == len(cells):
        return _nothing(len(cells))
    try:
        joined = _SEPARATOR.join(cells)
    except TypeError:
        return compact(cells).encode()
    return (_SEPARATOR + joined if joined.count(_SEPARATOR) == len(cells) - 1 else compact(cells)).encode()


def _cell(cell: Any) -> bytes:
    """Spell a column of one row, as `_column` does: most changes write one record."""
    if cell is None:
        return b"[null]"
    if isinstance(cell, str) and _SEPARATOR not in cell:
        return (_SEPARATOR + cell).encode()
    return compact((cell,)).encode()


@lru_cache(maxsize=64)
def _nothing(rows: int) -> bytes:
    """Spell a column in which no row says anything: most columns of most designations."""
    return compact((None,) * rows).encode()


def digest_of_steps(steps: Iterable[tuple[str, str]]) -> str:
    """Give the digest of what was done: pairs of a step (`facts`, `closed`, …) and the digest of its rows."""
    return digest_of(compact(list(steps)).encode())


@lru_cache(maxsize=4)
def digest_of_rulebook(content: bytes, vocabulary: str) -> str:
    """Give the digest of a rulebook as it is kept; remembered, for thousands of scenarios publish the same one."""
    return digest_of(content, vocabulary.encode())


def link(chain: str, columns: Row, subjects: str) -> str:
    """Chain an entry to the one before it."""
    return digest_of(f"{chain}\n{compact(columns)}\n{subjects}".encode())
