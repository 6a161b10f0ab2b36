"""The change log: who wrote what and why, the keys that were used; chained by `digests.link`."""

from datetime import datetime

import apsw

from graph_model.nodes import SubjectId, Version
from graph_model.store import Change, Receipt
from graph_model.stores.digests import Entry, digest_of_rulebook, link
from graph_model.stores.drafts import repeated_receipt
from graph_model.stores.rows import compact

KNOWN_KEY = "SELECT version, content_digest, opened, closed, unchanged FROM change WHERE key = :key"
LAST_ENTRY = "SELECT version, chain FROM change ORDER BY version DESC LIMIT 1"
NOW = "SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"
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


def next_entry(connection: apsw.Connection) -> tuple[Version, str]:
    """The version of the next change, and the chain it continues."""
    last = connection.execute(LAST_ENTRY).fetchone()
    return (1, "") if last is None else (last[0] + 1, last[1])


def log(
    connection: apsw.Connection, entry: Entry, receipt: Receipt, subjects: tuple[SubjectId, ...], chain: str
) -> Change:
    """Write one entry of the change log, chained to the one before; give it as it will be read."""
    now: str = connection.execute(NOW).get
    columns = (
        receipt.version,
        entry.kind,
        entry.actor,
        entry.reason,
        entry.key,
        now,
        entry.rulebook,
        entry.content_digest,
        entry.written_digest,
        receipt.opened,
        receipt.closed,
        receipt.unchanged,
    )
    listed = compact(subjects)
    connection.execute(LOG, (*columns, link(chain, columns, listed), listed))
    about = (entry.kind, entry.actor, entry.reason, entry.key)
    return Change(receipt.version, *about, datetime.fromisoformat(now), subjects, entry.rulebook)
