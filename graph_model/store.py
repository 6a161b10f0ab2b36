"""The port: what the engine and the loaders may ask of a graph.

Synchronous and small. Facts are dated twice (F1): valid days are in the facts themselves; the recorded version is
the store's. Nothing is overwritten: any past version can be read as it was. A version is one change set (C1).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Any, Literal, Protocol, Self, TypeAlias

from graph_model.nodes import (
    Designation,
    Exemption,
    Facts,
    FactType,
    ListKind,
    Move,
    Neighbourhood,
    Objection,
    Registration,
    Relation,
    SubjectId,
    Version,
)

Fact: TypeAlias = Registration | Relation | Designation | Move | Exemption | Objection


@dataclass(frozen=True, slots=True)
class ListTerms:
    """What facts must agree with on one list: its kind and the types of its declared facts."""

    kind: ListKind
    facts: Mapping[str, FactType] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of a rulebook that facts may use. Facts naming others are refused as dangling.

    `departments` maps each department's id to its region (`None`: national).
    """

    lists: Mapping[str, ListTerms] = field(default_factory=dict)
    departments: Mapping[str, str | None] = field(default_factory=dict)
    measures: frozenset[str] = frozenset()
    matters: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """One atomic write (C1).

    facts        new; a fact whose key is known with the same content is `unchanged`, with other content refused
    corrections  each closes the record with its key and opens another (F1); a key that is not known is refused.
                 A relation corrects the one record of the same (type, holder, organisation, designation, held_from)
    retractions  facts that never were: each closes its record and opens none; registrations and moves cannot be
    """

    actor: str
    reason: str
    key: str
    facts: Facts = field(default_factory=Facts)
    corrections: Facts = field(default_factory=Facts)
    retractions: Facts = field(default_factory=Facts)


@dataclass(frozen=True, slots=True)
class RulebookNode:
    """One thing of a rulebook as a node: `label` (docs/graph-schema.md), its id, and plain properties to read."""

    label: str
    id: str
    properties: Mapping[str, str | int | bool | Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RulebookEdge:
    """One relationship between two nodes of the same rulebook, each named by label and id."""

    type: str
    start: tuple[str, str]
    end: tuple[str, str]
    properties: Mapping[str, str | int | bool | Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RulebookGraph:
    """A rulebook as nodes and relationships, for people to read; no decision is drawn from it."""

    nodes: tuple[RulebookNode, ...] = ()
    edges: tuple[RulebookEdge, ...] = ()


@dataclass(frozen=True, slots=True)
class Publication:
    """A rulebook to be published (R1): its digest (`sha256:…`), canonical content, and the words facts may use.

    `graph` draws the same content as nodes; asked only by a store that keeps a graph and has not drawn this one yet.
    """

    digest: str
    content: bytes
    vocabulary: Vocabulary
    actor: str
    reason: str
    key: str
    graph: Callable[[], RulebookGraph] = RulebookGraph


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a commit did. `repeated`: the key was known with the same content; `version` is that of the first time."""

    version: Version
    opened: int = 0
    closed: int = 0
    unchanged: int = 0
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Assessment:
    """What would become of one fact of a change set: `new`, `unchanged`, or `refused` and why.

    `detail_code` is a stable word for the refusal (docs/errors.md), e.g. `designation.duplicate`.
    """

    fact: Fact
    outcome: Literal["new", "unchanged", "refused"]
    why: str | None = None
    hint: str | None = None
    detail_code: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the change log. `recorded_at` is the clock's, for people; no answer depends on it (P7)."""

    version: Version
    kind: Literal["facts", "rulebook"]
    actor: str
    reason: str
    key: str
    recorded_at: datetime
    subjects: tuple[SubjectId, ...]
    """The subjects whose own facts it touched, sorted; not their neighbours. Empty for a rulebook."""
    rulebook: str | None = None
    """The digest it published, for a rulebook."""


@dataclass(frozen=True, slots=True)
class News:
    """What was just written, as whoever follows the store would read it next: told by the writer, who has it at hand.

    change   its entry of the log
    around   the neighbourhoods, at its version, of all whose standing it can affect (C3)
    brought  where nothing but new designations was written: these, the relations of their subjects, the objections to
             these, and the statements and exemptions of all at either end. Nothing else reaches anybody than before

    Neither is there where they are many: then they are to be read.
    """

    change: Change
    around: tuple[Neighbourhood, ...] | None = None
    brought: Facts | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """Subjects found by name, sorted by name and id; `more`: there are others beyond the limit."""

    subjects: tuple[tuple[SubjectId, str], ...]
    more: bool


ArchivedRow: TypeAlias = tuple[Any, ...]
"""A row as it is kept: text, whole numbers, bytes and `None`."""

ARCHIVE_TABLES: tuple[str, ...] = (
    "changes",
    "rulebooks",
    "registrations",
    "designations",
    "relations",
    "exemptions",
    "objections",
)
"""Everything that a store holds, in an order in which nothing rests on what comes later.

changes        version, kind, actor, reason, key, recorded_at, rulebook, content_digest, written_digest, opened, closed,
               unchanged, chain, subjects (JSON array); sorted by version
rulebooks      digest, content (bytes), vocabulary (JSON); sorted by digest
the others     the columns of `graph_model.stores.rows`, then recorded_from, recorded_until (`None`: it stands);
               sorted: registrations by subject, valid_from; relations by holder, type, organisation, designation,
               then the rest of their key; the others by id; and in the end all by recorded_from
"""


@dataclass(frozen=True, slots=True)
class Archive:
    """A whole store to be restored: the rows of each table, in the order of the tables, and how to draw a rulebook.

    `name` tells it from others: a store that is filled in several steps goes on after a stop only with the same one.
    """

    tables: Mapping[str, Iterable[ArchivedRow]]
    graph_of: Callable[[bytes], RulebookGraph]
    """Draws the content of a rulebook; asked only by a store that keeps a graph."""
    name: str = ""


class Store(Protocol):
    """A graph of facts. All methods raise `StoreUnavailable` when the store cannot answer now.

    A `version` beyond the latest is `VersionNotYet`, a negative one `UnknownVersion`. Safe to use from several
    threads; reads never wait for a writer. Closing twice does no harm.

    rows_at_once  how many rows of a load it takes best as one change set: whoever follows takes one in whole
    """

    rows_at_once: int

    def latest_version(self) -> Version:
        """The last committed version; 0 where nothing was ever written."""
        ...

    def commit(self, change: ChangeSet) -> Receipt:
        """Write all of `change` durably as the next version, or nothing.

        The same key and content again: the receipt of the first time, marked `repeated`, nothing written.

        Raises:
            ChangeRefused: a fact is dangling, duplicate, contradicts itself, or moves illegally (F2, F3, F5).
            ChangeConflict: the key is known with other content.

        """
        ...

    def commit_and_tell(self, change: ChangeSet) -> tuple[Receipt, News | None]:
        """`commit`, and tell what was written; `None`: nothing was, or it is to be read of the log."""
        ...

    def assess(self, change: ChangeSet) -> tuple[Assessment, ...]:
        """Say of each fact of `change.facts` what `commit` would do; in the order of the fields of `Facts`.

        Writes nothing. A fact may rest on others of the same change set that are not themselves refused.
        """
        ...

    def publish(self, publication: Publication) -> Receipt:
        """Put a rulebook in force from the next version on (R1); the last one's digest again: `repeated`."""
        ...

    def rulebook_at(self, version: Version) -> str | None:
        """The digest of the rulebook published last at `version`; `None` where none was."""
        ...

    def rulebook_content(self, digest: str) -> bytes | None:
        """The canonical content of a published rulebook; `None` where it never was published."""
        ...

    def neighbourhood(self, subject: SubjectId, version: Version) -> Neighbourhood | None:
        """Everything the subject's standing can depend on; `None` where it is not registered at `version`."""
        ...

    def neighbourhoods(self, subjects: Sequence[SubjectId], version: Version) -> Sequence[Neighbourhood | None]:
        """`neighbourhood` of each of the subjects, in their order; for thousands at once."""
        ...

    def affected_by(
        self, subjects: Sequence[SubjectId], version: Version, before: Version | None = None
    ) -> tuple[SubjectId, ...]:
        """The registered subjects whose standing can depend on facts of `subjects` (C3), sorted.

        That is: the subjects themselves, those one relation record away in either direction, and the holders of
        links to their designations, at `version`. With `before`, an earlier version: those of either.
        """
        ...

    def is_registered(self, subject: SubjectId, version: Version) -> bool:
        """Whether the subject is registered at `version` (whatever its status)."""
        ...

    def subjects(self, version: Version) -> Iterator[SubjectId]:
        """Every registered subject, sorted, streamed in bounded memory."""
        ...

    def entries(self, list_id: str, version: Version) -> Iterator[Designation]:
        """Every designation on one list with its moves, sorted by id, streamed."""
        ...

    def held_by(self, holders: Sequence[SubjectId], version: Version) -> tuple[Relation, ...]:
        """Every relation record of these holders, links to designations too, each once, in no order.

        For thousands of holders at once; as large as what they hold. Who is not registered holds nothing.
        """
        ...

    def find(self, key: Fact, version: Version) -> Fact | None:
        """The recorded fact with the same key as `key` (other fields ignored); a designation comes with its moves."""
        ...

    def named(self, text: str, limit: int) -> Found:
        """Subjects whose present name (the last stated one, at the latest version) contains `text`, letter for letter.

        At most `limit` (≥ 1), the first by name and id. `text` has two characters or more, or nothing is found.
        """
        ...

    def archive(self, table: str) -> Iterator[ArchivedRow]:
        """Every row of one of `ARCHIVE_TABLES`, streamed in bounded memory in its order.

        What is written meanwhile may or may not be seen; whoever needs one version leaves out what is later.
        """
        ...

    def restore(self, archive: Archive) -> None:
        """Fill an empty store with another's archive, versions and chain included; its rows are taken as they are.

        Raises:
            ChangeRefused: this store is not empty (`store.not-empty`), or a row cannot be read (`archive.malformed`).

        """
        ...

    def changes(self, since: Version, limit: int) -> tuple[Change, ...]:
        """The change log after `since`, oldest first, at most `limit` entries."""
        ...

    def counts(self, version: Version) -> Mapping[str, int]:
        """How many facts of each kind stand at `version`, by the field names of `Facts`."""
        ...

    def close(self) -> None:
        """Free everything; further calls raise `StoreUnavailable`."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
