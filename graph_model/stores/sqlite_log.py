"""The change log: who wrote what and why, the keys that were used, and the chain of hashes."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import apsw

from graph_model.errors import ChangeConflict
from graph_model.nodes import SubjectId, Version
from graph_model.store import Receipt
from graph_model.stores.sqlite_rows import Row, compact

KNOWN_KEY = "SELECT version, content_digest, opened, closed, unchanged FROM change WHERE key = :key"
LAST_ENTRY = "SELECT version, chain FROM change ORDER BY version DESC LIMIT 1"
NOW = "SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"
LOG = f"INSERT INTO change VALUES ({', '.join('?' * 14)})"
KEPT_RULEBOOK = "SELECT content, vocabulary FROM rulebook WHERE digest = ?"
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
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return f"sha256:{digest.hexdigest()}"


def digest_of_rows(kind: str, spelled: Sequence[Row]) -> str:
    """Give the digest of the rows of one kind, in their canonical order.

    Taken column by column: most are all text, and joining texts takes a third of the time that JSON takes.
    """
    columns = [_column(cells) for cells in zip(*spelled, strict=True)]
    lengths = compact([kind, len(spelled), *(len(column) for column in columns)])
    return digest_of(lengths.encode(), *columns)


def _column(cells: tuple[Any, ...]) -> bytes:
    """Spell a column so that no other column is spelled alike: where all cells are text as joined text, else as JSON.

    Joined text begins with a separator, which JSON never does, and has one between any two texts and no other.
    """
    try:
        joined = _SEPARATOR.join(cells)
    except TypeError:
        return compact(cells).encode()
    return (_SEPARATOR + joined if joined.count(_SEPARATOR) == len(cells) - 1 else compact(cells)).encode()


def digest_of_steps(steps: Iterable[tuple[str, str]]) -> str:
    """Give the digest of what was done: pairs of a step (`facts`, `closed`, …) and the digest of its rows."""
    return digest_of(compact(list(steps)).encode())


@lru_cache(maxsize=4)
def digest_of_rulebook(content: bytes, vocabulary: str) -> str:
    """Give the digest of a rulebook as it is kept; remembered, for thousands of scenarios publish the same one."""
    return digest_of(content, vocabulary.encode())


def digest_of_kept(connection: apsw.Connection, rulebook: str) -> str:
    """Give the digest of a rulebook that is kept already."""
    kept = connection.execute(KEPT_RULEBOOK, (rulebook,)).fetchone()
    return digest_of_rulebook(*kept) if kept is not None else ""


def receipt_of(connection: apsw.Connection, key: str, digest: str) -> Receipt | None:
    """The receipt of the first time this key was used; `None` where it is new.

    Raises:
        ChangeConflict: it was used with other content.

    """
    known = connection.execute(KNOWN_KEY, {"key": key}).fetchone()
    if known is None:
        return None
    version, first_digest, opened, closed, unchanged = known
    if first_digest != digest:
        raise ChangeConflict(
            f"幂等键已用于其他内容 / idempotency key `{key}` was used for version {version} with other content",
            hint="use a new key for new content; nothing was written",
        )
    return Receipt(version, opened, closed, unchanged, repeated=True)


def next_entry(connection: apsw.Connection) -> tuple[Version, str]:
    """The version of the next change, and the chain it continues."""
    last = connection.execute(LAST_ENTRY).fetchone()
    return (1, "") if last is None else (last[0] + 1, last[1])


def log(
    connection: apsw.Connection, entry: Entry, receipt: Receipt, subjects: tuple[SubjectId, ...], chain: str
) -> None:
    """Write one entry of the change log, chained to the one before."""
    columns = (
        receipt.version,
        entry.kind,
        entry.actor,
        entry.reason,
        entry.key,
        connection.execute(NOW).get,
        entry.rulebook,
        entry.content_digest,
        entry.written_digest,
        receipt.opened,
        receipt.closed,
        receipt.unchanged,
    )
    listed = compact(subjects)
    connection.execute(LOG, (*columns, link(chain, columns, listed), listed))


def link(chain: str, columns: Row, subjects: str) -> str:
    """Chain an entry to the one before it."""
    return digest_of(f"{chain}\n{compact(columns)}\n{subjects}".encode())
