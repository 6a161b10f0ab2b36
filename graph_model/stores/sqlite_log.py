"""The change log: who wrote what and why, the keys that were used; chained by `digests.link`."""

from datetime import datetime
from typing import NamedTuple

import apsw

from graph_model.nodes import SubjectId, Version
from graph_model.store import Change, Receipt
from graph_model.stores.digests import Entry, digest_of_rulebook, link
from graph_model.stores.drafts import repeated_receipt
from graph_model.stores.rows import Row, compact

KNOWN_KEY = "SELECT version, content_digest, opened, closed, unchanged FROM change WHERE key = :key"
LAST_ENTRY = """SELECT max(version), chain, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'),
    (SELECT rulebook FROM change WHERE rulebook IS NOT NULL ORDER BY version DESC LIMIT 1) FROM change"""
LOG = f"INSERT INTO change VALUES ({', '.join('?' * 14)})"
KEPT_RULEBOOK = "SELECT content, vocabulary FROM rulebook WHERE digest = ?"


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
    return None if known is None else repeated_receipt(known, key, digest)


class Place(NamedTuple):
    """Where the log goes on: the next version, the chain it continues, the time; the rulebook in force."""

    version: Version
    chain: str
    now: str
    rulebook: str | None


def next_place(connection: apsw.Connection) -> Place:
    """All that is to be known of the log before it is written, at once."""
    row: Row = connection.execute(LAST_ENTRY).fetchall()[0]
    last, chain, now, rulebook = row
    return Place((last or 0) + 1, chain or "", now, rulebook)


def log(
    connection: apsw.Connection, entry: Entry, receipt: Receipt, subjects: tuple[SubjectId, ...], place: Place
) -> Change:
    """Write one entry of the change log, chained to the one before; give it as it will be read."""
    columns = (
        receipt.version,
        entry.kind,
        entry.actor,
        entry.reason,
        entry.key,
        place.now,
        entry.rulebook,
        entry.content_digest,
        entry.written_digest,
        receipt.opened,
        receipt.closed,
        receipt.unchanged,
    )
    listed = compact(subjects)
    connection.execute(LOG, (*columns, link(place.chain, columns, listed), listed))
    about = (entry.kind, entry.actor, entry.reason, entry.key)
    return Change(receipt.version, *about, datetime.fromisoformat(place.now), subjects, entry.rulebook)
