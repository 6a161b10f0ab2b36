"""The embedded store: one SQLite file in write-ahead mode, or a database in memory."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

import apsw

from graph_model.admission import Admitted
from graph_model.errors import ChangeRefused
from graph_model.nodes import Designation, Neighbourhood, Relation, SubjectId, Version
from graph_model.store import (
    Archive,
    ArchivedRow,
    Assessment,
    Change,
    ChangeSet,
    Fact,
    Found,
    News,
    Publication,
    Receipt,
    Vocabulary,
)
from graph_model.stores import rows, sqlite_archive, sqlite_audit, sqlite_names, sqlite_neighbourhood
from graph_model.stores import sqlite_read as read
from graph_model.stores import sqlite_write as write
from graph_model.stores.rows import is_text
from graph_model.stores.sqlite_connect import PATIENCE_MS, Connections, FileConnections, MemoryConnection
from graph_model.stores.sqlite_log import next_place
from graph_model.stores.sqlite_neighbourhoods import BLOCK, neighbourhoods
from graph_model.stores.sqlite_news import news_of
from graph_model.stores.sqlite_schema import Immediately, Reading, damaged, unavailable, unreadable
from graph_model.stores.versions import there

P = ParamSpec("P")
T = TypeVar("T")
_UNREADABLE = (ValueError, TypeError, LookupError, ArithmeticError)
"""What reading a row raises that is none any more: a byte of it is another than was written."""
_PAGE = 2_000
"""Rows per page of a streamed read; each page is one short statement, so that no reader holds up a checkpoint."""


class SqliteStore:
    """The port over SQLite. Safe for several threads and, on a file, for several processes.

    Readers have connections of their own and never wait for a writer; in memory there is one connection, lent to one
    thread at a time. Change sets are written one after the other, each synced to the disk before it is acknowledged.
    """

    rows_at_once = 50_000
    """Keys come in no order, so each row touches pages of its own: the more at once, the fewer are written again."""

    def __init__(self, path: str, *, patience_ms: int = PATIENCE_MS) -> None:
        """Open or make the database at `path` (`:memory:` for one in memory).

        A writer waits `patience_ms` for another process's change set to end before it gives up.

        Raises:
            StoreUnavailable: not a database of ours, a newer one, or a folder that cannot be written.

        """
        try:
            self._connections: Connections = (
                MemoryConnection() if path == ":memory:" else FileConnections(path, patience_ms)
            )
        except apsw.Error as error:
            raise unavailable(error, path) from error
        self._latest = 0
        self._vocabularies: dict[str, Vocabulary] = {}
        self._rulebooks: dict[Version, str | None] = {}

    # --- how a call reaches a connection ----------------------------------------------------------------------

    def _read(self, ask: Callable[Concatenate[apsw.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        connections = self._connections
        try:
            connection = connections.take()
            try:
                return ask(connection, *args, **kwargs)
            finally:
                connections.give(connection)
        except apsw.Error as error:
            raise unavailable(error, connections.place) from error
        except UnicodeEncodeError:  # of what was asked, not of what is kept
            raise
        except _UNREADABLE as error:
            raise unreadable(error, connections.place) from error

    def _write(self, ask: Callable[[apsw.Connection], T]) -> T:
        try:
            return self._transaction(ask)
        except _UNREADABLE as error:
            raise unreadable(error, self._connections.place) from error

    def _transaction(self, ask: Callable[[apsw.Connection], T]) -> T:
        connections = self._connections
        try:
            connection = connections.writer()
            try:
                with Immediately(connection):
                    return ask(connection)
            finally:
                connections.give_writer()
        except apsw.Error as error:
            raise unavailable(error, connections.place) from error
        except UnicodeEncodeError:
            raise ChangeRefused(
                "文字含无效字符 / a text has half a character (a lone surrogate)",
                hint="repair the text at its source; nothing was written",
                detail_code="text.malformed",
            ) from None

    def _standing(self, version: Version) -> Version:
        """Refuse a version that is not there; the latest known is remembered, for versions only grow."""
        return there(version, self._latest, self.latest_version)

    # --- writing ----------------------------------------------------------------------------------------------

    def latest_version(self) -> Version:
        """The last committed version, by any process."""
        latest = self._read(read.latest_version)
        self._latest = max(latest, self._latest)
        return latest

    def commit(self, change: ChangeSet) -> Receipt:
        """Write `change` as the next version; when this returns, it is on the disk."""
        receipt = self._write(lambda connection: self._commit(connection, change)).receipt
        self._latest = max(receipt.version, self._latest)
        return receipt

    def commit_and_tell(self, change: ChangeSet) -> tuple[Receipt, News | None]:
        """`commit`, and tell what was written: read before the end of its transaction, by who has the pages in hand."""

        def ask(connection: apsw.Connection) -> tuple[Receipt, News | None]:
            written = self._commit(connection, change)
            try:
                return written.receipt, news_of(connection, written)
            except (apsw.Error, *_UNREADABLE):  # a neighbour's record: no reason to refuse this one
                return written.receipt, None

        receipt, news = self._write(ask)
        self._latest = max(receipt.version, self._latest)
        return receipt, news

    def _commit(self, connection: apsw.Connection, change: ChangeSet) -> write.Written:
        place = next_place(connection)
        return write.commit(connection, change, place, self._vocabulary(connection, place.rulebook))

    def assess(self, change: ChangeSet) -> tuple[Assessment, ...]:
        """Say what `commit` would do; reads one state and waits for no writer."""
        return self._read(self._assess, change).assessments()

    def _assess(self, connection: apsw.Connection, change: ChangeSet) -> Admitted:
        with Reading(connection):
            return write.assess(connection, change, self._vocabulary(connection, next_place(connection).rulebook))

    def publish(self, publication: Publication) -> Receipt:
        """Put a rulebook in force from the next version on."""
        receipt = self._write(lambda connection: write.publish(connection, publication))
        self._vocabularies = {publication.digest: publication.vocabulary}
        return receipt

    def _vocabulary(self, connection: apsw.Connection, digest: str | None) -> Vocabulary:
        if digest is None:
            return Vocabulary()
        known = self._vocabularies.get(digest)
        if known is None:
            known = rows.vocabulary_of(connection.execute(read.VOCABULARY, {"digest": digest}).get)
            self._vocabularies = {digest: known}
        return known

    # --- reading ----------------------------------------------------------------------------------------------

    def rulebook_at(self, version: Version) -> str | None:
        """The digest of the rulebook published last at `version`."""
        # What was in force at a version never changes, and a service asks for the same one in every check.
        known = self._rulebooks
        if version not in known:
            self._rulebooks = known = {version: self._read(read.rulebook_at, self._standing(version))}
        return known[version]

    def rulebook_content(self, digest: str) -> bytes | None:
        """The canonical content of a published rulebook."""
        return self._read(read.rulebook_content, digest) if is_text(digest) else None

    def neighbourhood(self, subject: SubjectId, version: Version) -> Neighbourhood | None:
        """Everything that the subject's standing can depend on, at `version`."""
        version = self._standing(version)
        return self._read(sqlite_neighbourhood.neighbourhood, subject, version) if is_text(subject) else None

    def neighbourhoods(self, subjects: Sequence[SubjectId], version: Version) -> Sequence[Neighbourhood | None]:
        """The neighbourhoods of many, in their order."""
        version = self._standing(version)
        sound = list(dict.fromkeys(filter(is_text, subjects)))
        found: dict[SubjectId, Neighbourhood] = {}
        for first in range(0, len(sound), BLOCK):
            found |= self._read(neighbourhoods, sound[first : first + BLOCK], version)
        return [found.get(subject) for subject in subjects]

    def affected_by(
        self, subjects: Sequence[SubjectId], version: Version, before: Version | None = None
    ) -> tuple[SubjectId, ...]:
        """The registered subjects whose standing can depend on facts of `subjects`."""
        version = self._standing(version)
        return self._read(read.affected_by, subjects, version, version if before is None else self._standing(before))

    def is_registered(self, subject: SubjectId, version: Version) -> bool:
        """Whether the subject is registered at `version`."""
        version = self._standing(version)
        return is_text(subject) and self._read(read.is_registered, subject, version)

    def subjects(self, version: Version) -> Iterator[SubjectId]:
        """Every registered subject, sorted."""
        after, page = "", [""]
        self._standing(version)
        while page:
            page = self._read(read.subjects_after, after, version, _PAGE)
            yield from page
            after = page[-1] if page else ""

    def entries(self, list_id: str, version: Version) -> Iterator[Designation]:
        """Every designation on one list, sorted by id."""
        self._standing(version)
        after = ""
        if not is_text(list_id):
            return
        while page := self._read(read.entries_after, list_id, after, version, _PAGE):
            yield from page
            after = page[-1].id

    def held_by(self, holders: Sequence[SubjectId], version: Version) -> tuple[Relation, ...]:
        """Every relation record of these holders."""
        return self._read(read.held_by, [h for h in holders if is_text(h)], self._standing(version))

    def find(self, key: Fact, version: Version) -> Fact | None:
        """The recorded fact with the key of `key`."""
        version = self._standing(version)
        try:
            return self._read(read.find, key, version)
        except UnicodeEncodeError:  # a key with half a character cannot have been recorded
            return None

    def named(self, text: str, limit: int) -> Found:
        """Subjects whose present name contains the text; reads every name."""
        return self._read(sqlite_names.named, text, limit) if is_text(text) else Found((), more=False)

    def changes(self, since: Version, limit: int) -> tuple[Change, ...]:
        """The change log after `since`."""
        # Numbers beyond the database's integers are questions too: nothing comes after one, all fits in the other.
        return self._read(read.changes, max(-1, min(since, read.OPEN)), max(0, min(limit, read.OPEN)))

    def counts(self, version: Version) -> Mapping[str, int]:
        """How many facts of each kind stand at `version`."""
        return self._read(read.counts, self._standing(version))

    def verify_chain(self) -> Version | None:
        """Give the first version that was tampered with, in the log or in its records; `None` where all is whole.

        Raises:
            StoreUnavailable: (`store.damaged`) an index does not hold what its table holds, or a record cannot be read.

        """
        broken = self._read(sqlite_audit.first_broken)
        # The chain is over tables; checks are answered by indexes, which can be damaged alone.
        if broken is None and (told := self._read(sqlite_audit.first_misfit)) is not None:
            raise damaged(self._connections.place, f"the file is damaged ({told})")
        return broken

    # --- as a whole -------------------------------------------------------------------------------------------

    def archive(self, table: str) -> Iterator[ArchivedRow]:
        """Every row of one table, streamed."""
        try:
            yield from sqlite_archive.archive(lambda statement, asked: self._read(_all, statement, asked), table)
        except ValueError as error:
            raise unreadable(error, self._connections.place) from error

    def restore(self, archive: Archive) -> None:
        """Fill an empty store, in one write transaction."""
        # The rows come from elsewhere: whatever they raise is no fault of this file.
        self._transaction(lambda connection: sqlite_archive.restore(connection, archive))

    # --- closing ----------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Free everything."""
        self._rulebooks = {}
        self._connections.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _all(connection: apsw.Connection, statement: str, asked: Mapping[str, Any]) -> list[rows.Row]:
    return connection.execute(statement, asked).fetchall()
