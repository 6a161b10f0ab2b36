"""The graph store: a Neo4j server, Community or larger, 5.26 LTS or newer (docs/neo4j.md, docs/graph-schema.md)."""

from collections.abc import Iterator, Mapping, Sequence
from threading import Lock
from types import TracebackType
from typing import Self
from uuid import uuid4

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
from graph_model.stores import neo4j_archive, neo4j_schema, neo4j_slice, rows
from graph_model.stores import neo4j_read as read
from graph_model.stores import neo4j_write as write
from graph_model.stores.access import Access
from graph_model.stores.neo4j_connect import Line, Run
from graph_model.stores.rows import is_text
from graph_model.stores.versions import there

_ROWS_A_SECOND = 500
"""What a slow server writes while it is cold; a change set may take that much longer than its share of a small one."""


def migrate(url: str, access: Access) -> tuple[int, int]:
    """Bring a database to the schema of this code; give the schema version before and after."""
    line = Line(url, access)
    try:
        return neo4j_schema.migrate(line)
    finally:
        line.close()


class Neo4jStore:
    """The port over one database of a Neo4j server. Safe for several threads and processes.

    Readers never wait for a writer. Change sets are written one after the other, each of them durable on the server
    before it is acknowledged; where the connection breaks before that, it is sent again, and its key keeps it from
    being written twice.
    """

    rows_at_once = 10_000
    """The server holds a whole transaction in its heap."""

    def __init__(self, url: str, access: Access, *, filling: bool = False) -> None:
        """Connect to the database named in `url`; `filling`: also to one whose restoring was stopped half-way.

        Raises:
            StoreUnavailable: it cannot be reached, is not prepared (`migrate`), newer than this code, or not whole.

        """
        self._line = Line(url, access)
        self._latest = 0
        self._writer = Lock()
        self._vocabularies: dict[str, Vocabulary] = {}
        self._rulebooks: dict[Version, str | None] = {}
        try:
            neo4j_schema.check_schema(self._line, filling=filling)
        except BaseException:
            self._line.close()
            raise

    def _standing(self, version: Version) -> Version:
        """Refuse a version that is not there; the latest known is remembered, for versions only grow."""
        return there(version, self._latest, self.latest_version)

    # --- writing ----------------------------------------------------------------------------------------------

    def latest_version(self) -> Version:
        """The last committed version, by any process."""
        latest = read.latest_version(self._line)
        self._latest = max(latest, self._latest)
        return latest

    def commit(self, change: ChangeSet) -> Receipt:
        """Write `change` as the next version; when this returns, it is on the server's disk."""
        try:
            writing = write.Writing(change, uuid4().hex, self._vocabulary)
            seconds = self._line.access.transaction + writing.size / _ROWS_A_SECOND
            receipt = self._at_once(writing, seconds) or self._line.write(writing.locked, seconds=seconds)
        except UnicodeEncodeError:
            raise _half_a_character() from None
        self._latest = max(self._latest, receipt.version)
        return receipt

    def commit_and_tell(self, change: ChangeSet) -> tuple[Receipt, News | None]:
        """`commit`; what was written stays with the server, and is read of its log."""
        return self.commit(change), None

    def _at_once(self, writing: write.Writing, seconds: float) -> Receipt | None:
        # Of several threads one tries, the others go the long way and wait for each other on the server.
        if not self._writer.acquire(blocking=False):
            return None
        try:
            return self._line.each_by_itself(lambda run: writing.at_once(run, self._latest), seconds=seconds)
        finally:
            self._writer.release()

    def publish(self, publication: Publication) -> Receipt:
        """Put a rulebook in force from the next version on, and draw its nodes."""
        token = uuid4().hex
        try:
            # Drawing a rulebook for the first time writes thousands of nodes; a server that was just started is slow.
            receipt = self._line.write(
                lambda run: write.publish(run, publication, token), seconds=self._line.access.bulk
            )
        except UnicodeEncodeError:
            raise _half_a_character() from None
        self._latest = max(self._latest, receipt.version)
        self._vocabularies = {publication.digest: publication.vocabulary}
        return receipt

    def assess(self, change: ChangeSet) -> tuple[Assessment, ...]:
        """Say what `commit` would do."""
        rulebook = read.rulebook_at(self._line, self.latest_version())
        vocabulary = self._vocabulary(self._line.read, rulebook)
        try:
            asked = write.asked_of(change)
            [found] = self._line.read(f"RETURN {write.reading(asked)}", {"asked": asked})
        except UnicodeEncodeError:
            raise _half_a_character() from None
        return write.assess(found, change, vocabulary).assessments()

    def _vocabulary(self, run: Run, digest: str | None) -> Vocabulary:
        if digest is None:
            return Vocabulary()
        known = self._vocabularies.get(digest)
        if known is None:
            known = rows.vocabulary_of(run(write.VOCABULARY, {"digest": digest})[0][0])
            self._vocabularies = {digest: known}
        return known

    # --- reading ----------------------------------------------------------------------------------------------

    def rulebook_at(self, version: Version) -> str | None:
        """The digest of the rulebook published last at `version`."""
        # What was in force at a version never changes, and a service asks for the same one in every check.
        known = self._rulebooks
        if version not in known:
            self._rulebooks = known = {version: read.rulebook_at(self._line, self._standing(version))}
        return known[version]

    def rulebook_content(self, digest: str) -> bytes | None:
        """The canonical content of a published rulebook."""
        return read.rulebook_content(self._line, digest) if is_text(digest) else None

    def neighbourhood(self, subject: SubjectId, version: Version) -> Neighbourhood | None:
        """Everything that the subject's standing can depend on, at `version`, in one round trip."""
        version = self._standing(version)
        return neo4j_slice.neighbourhood(self._line, subject, version) if is_text(subject) else None

    def neighbourhoods(self, subjects: Sequence[SubjectId], version: Version) -> Sequence[Neighbourhood | None]:
        """The neighbourhoods of many, in their order."""
        version = self._standing(version)
        sound = {subject for subject in subjects if is_text(subject)}
        found = dict(zip(sound, neo4j_slice.neighbourhoods(self._line, list(sound), version), strict=True))
        return [found.get(subject) for subject in subjects]

    def affected_by(
        self, subjects: Sequence[SubjectId], version: Version, before: Version | None = None
    ) -> tuple[SubjectId, ...]:
        """The registered subjects whose standing can depend on facts of `subjects`."""
        sound = [s for s in subjects if is_text(s)]
        versions = {self._standing(v) for v in (version, before) if v is not None}
        return tuple(sorted({one for v in versions for one in read.affected_by(self._line, sound, v)}))

    def is_registered(self, subject: SubjectId, version: Version) -> bool:
        """Whether the subject is registered at `version`."""
        version = self._standing(version)
        return is_text(subject) and read.is_registered(self._line, subject, version)

    def subjects(self, version: Version) -> Iterator[SubjectId]:
        """Every registered subject, sorted."""
        return read.subjects(self._line, self._standing(version))

    def entries(self, list_id: str, version: Version) -> Iterator[Designation]:
        """Every designation on one list, sorted by id."""
        version = self._standing(version)
        return read.entries(self._line, list_id, version) if is_text(list_id) else iter(())

    def held_by(self, holders: Sequence[SubjectId], version: Version) -> tuple[Relation, ...]:
        """Every relation record of these holders."""
        return read.held_by(self._line, [h for h in holders if is_text(h)], self._standing(version))

    def find(self, key: Fact, version: Version) -> Fact | None:
        """The recorded fact with the key of `key`."""
        version = self._standing(version)
        try:
            return read.find(self._line, key, version)
        except UnicodeEncodeError:  # a key with half a character cannot have been recorded
            return None

    def named(self, text: str, limit: int) -> Found:
        """Subjects whose present name contains the text."""
        return read.named(self._line, text, limit) if is_text(text) else Found((), more=False)

    def changes(self, since: Version, limit: int) -> tuple[Change, ...]:
        """The change log after `since`."""
        # Numbers beyond the database's integers are questions too: nothing comes after one, all fits in the other.
        return read.changes(self._line, max(-1, min(since, read.OPEN)), max(0, min(limit, read.OPEN)))

    def counts(self, version: Version) -> Mapping[str, int]:
        """How many facts of each kind stand at `version`."""
        return read.counts(self._line, self._standing(version))

    # --- as a whole -------------------------------------------------------------------------------------------

    def archive(self, table: str) -> Iterator[ArchivedRow]:
        """Every row of one table, streamed."""
        return neo4j_archive.archive(self._line, table)

    def restore(self, archive: Archive) -> None:
        """Fill an empty store; it can be opened again by others when it is whole."""
        neo4j_archive.restore(self._line, archive)

    def close(self) -> None:
        """Close every connection."""
        self._rulebooks = {}
        self._line.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _half_a_character() -> ChangeRefused:
    return ChangeRefused(
        "文字含无效字符 / a text has half a character (a lone surrogate)",
        hint="repair the text at its source; nothing was written",
        detail_code="text.malformed",
    )
