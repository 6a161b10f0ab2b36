"""The hot index: everything that checks need, in memory, at the latest version and those shortly before (J10).

It holds what every subject that a designation reaches rests on, and the ids of all others; no rulebook, so that a
publication changes nothing in it. Facts are dated by versions here too: a reader takes one version first and sees
nothing of a later one, while a writer adds the next. A version that it cannot answer is answered by the store.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from threading import Lock
from time import monotonic
from typing import TypeAlias

from engine.change_affected import MANY, Gathered, affected_by, in_blocks, on_lists
from engine.index_known import Known
from engine.index_reach import reached_part, together
from engine.plan import plan_of
from engine.roles import Ways, reached_by
from engine.standing import Standing, standing_of
from graph_model.collector import seldom_collected
from graph_model.neighbourhood import neighbourhood_of
from graph_model.nodes import DesignationId, Facts, Neighbourhood, SubjectId, Version
from graph_model.packing import Packer
from graph_model.store import News, Store
from graph_model.stores.rows import Row
from memoranda.rulebook import Rulebook


class Absent(Enum):
    """What is known of a subject without a neighbourhood."""

    CLEAR = "registered, and nothing near it that could bind anybody, or show in what is asked"
    UNKNOWN = "not registered"
    ELSEWHERE = "the index does not hold that version; ask the store"


_CLEAR = Absent.CLEAR
"""Looked up once: the shortest way is asked for nearly every check."""


@dataclass(slots=True)
class Entry:
    """Since which version, what is held (`None`: no designation reaches it), its ways, and what was before.

    held  packed, or, of what was just written, as it came: worked out when it is asked for, and packed when somebody
          has time for it
    """

    since: Version
    held: "bytes | Neighbourhood | Brought | None"
    ways: Ways
    before: "Entry | None" = None


@dataclass(frozen=True, slots=True)
class Brought:
    """What new designations brought a subject (`News.brought`) besides what was held of it; its ways are open."""

    subject: SubjectId
    facts: Facts


Progress: TypeAlias = Callable[[int], None]
_OLD_ENTRIES = 20_000
"""Superseded neighbourhoods that are kept for readers of versions shortly before."""
_AS_THEY_CAME = 1_000
"""Neighbourhoods that may wait to be packed; whoever looks what others wrote packs them meanwhile."""
_SPELLED = 20_000
"""Designations whose rows are kept while neighbourhoods are packed, for their next neighbour."""
_SAMPLE = 40
"""Neighbourhoods that show the packer what they have in common."""


class Index:
    """Build it once, then `follow` the store. Safe for several threads; readers never wait.

    version  the latest version it answers; grows by `follow` alone
    """

    def __init__(self, store: Store) -> None:
        self.version: Version = -1
        self._store = store
        self._oldest: Version = 0
        self._packer = Packer()
        self._near: dict[SubjectId, Entry] = {}
        self._known = Known(())
        self._joined: dict[SubjectId, Version] = {}
        self._superseding: deque[Entry] = deque()
        self._unpacked: deque[Entry] = deque()
        self._ways: dict[Ways, Ways] = {}
        self._rulebooks: list[tuple[Version, str | None]] = []
        self._followed = Lock()
        self._working_out = Lock()
        self._seen_at = monotonic()

    # --- writing ----------------------------------------------------------------------------------------------

    def build(self, progress: Progress = lambda _: None) -> None:
        """Read the store at its latest version. `progress`: told how many subjects were read so far.

        Raises:
            StoreUnavailable: it cannot be read now; the index stays as it was.

        """
        with self._followed, seldom_collected():
            self._seen_at = monotonic()
            version = self._store.latest_version()
            known = Known(_told(self._store.subjects(version), progress))
            near: dict[SubjectId, Entry] = {}
            packer, spelled = None, dict[DesignationId, Row]()
            gathered = Gathered()
            try:
                for designated in on_lists(self._store, version, None):
                    gathered.put(designated)
                for block in in_blocks(gathered, MANY):
                    around = self._store.neighbourhoods(block, version)
                    found = [(ways, part) for ways, part in map(reached_part, filter(None, around)) if ways]
                    packer = packer or Packer(part for _, part in found[:_SAMPLE])
                    if len(spelled) > _SPELLED:
                        spelled.clear()
                    for ways, part in found:
                        near[part.subject.id] = Entry(version, packer.packed(part, spelled), self._one(ways))
                    progress(len(known) + len(near))
            finally:
                gathered.close()
            # What is told of older versions ends before anything of theirs is taken away.
            self._oldest = version
            self._rulebooks = [(version, self._store.rulebook_at(version))]
            self._packer = packer or Packer()
            self._near, self._known, self._joined = near, known, {}
            self._superseding.clear()
            self._unpacked.clear()
            self.version = version

    def follow(self, until: Version | None = None, told: News | None = None) -> Version:
        """Take in what was written since, version by version; give the latest version, or at least `until`.

        `until`: one that is known to be written; nobody asks for a later one then. `told`: what is known of one of the
        versions, so that it need not be read again.

        Raises:
            StoreUnavailable: it cannot be read now; what was taken in stays.

        """
        with self._followed:
            seen_at = monotonic()
            latest = self._store.latest_version() if until is None else max(until, self.version)
            while self.version < latest and (news := self._next(told)) is not None:
                if news.change.kind == "facts":
                    self._take(news)
                    self._forget()
                else:
                    self._rulebooks.append((news.change.version, news.change.rulebook))
                self.version = news.change.version
            if until is None:
                self._seen_at = seen_at
        if until is None:
            self._pack(0)
        return latest

    def _next(self, told: News | None) -> News | None:
        """Give what the next version wrote: as it was told, or as the log says; `None`: the log has no such version."""
        if told is not None and told.change.version == self.version + 1:
            return told
        # One by one: a change of a load names thousands of subjects.
        entries = self._store.changes(self.version, 1)
        return News(entries[0]) if entries else None

    def _take(self, news: News) -> None:
        version = news.change.version
        if news.brought is not None:
            for subject in reached_by(news.brought.designations, news.brought.relations):
                brought = Brought(subject, news.brought)
                self._put(subject, Entry(version, brought, frozenset(), self._near.get(subject)))
            return
        for around in self._affected(news):
            subject = around.subject.id
            if subject not in self._known and subject not in self._joined:
                self._joined[subject] = version
            before = self._near.get(subject)
            ways, part = reached_part(around)
            if ways or before is not None:
                self._put(subject, Entry(version, part if ways else None, self._one(ways), before))

    def _put(self, subject: SubjectId, entry: Entry) -> None:
        self._near[subject] = entry
        self._superseding.append(entry)
        self._unpacked.append(entry)
        self._pack(_AS_THEY_CAME)

    def _forget(self) -> None:
        while len(self._superseding) > _OLD_ENTRIES:
            oldest = self._superseding.popleft()
            self._work_out(oldest)
            # First said, then dropped: a reader looks at what is there first, and then at whether it still is told.
            self._oldest = max(self._oldest, oldest.since)
            oldest.before = None

    def _affected(self, news: News) -> Iterator[Neighbourhood]:
        if news.around is not None:
            yield from news.around
            return
        for block in in_blocks(affected_by(news.change, self._store), MANY):
            yield from filter(None, self._store.neighbourhoods(block, news.change.version))

    def _pack(self, but: int) -> None:
        """Pack what is held as it came, but the last so many. Holds up nobody who takes in more meanwhile."""
        with suppress(IndexError):  # another thread packed the last one
            while len(self._unpacked) > but:
                entry = self._unpacked.popleft()
                self._work_out(entry)
                if isinstance(entry.held, Neighbourhood):
                    entry.held = self._packer.packed(entry.held)

    def _work_out(self, entry: Entry) -> None:
        """Put what was brought together with what was held before, where nobody has done so yet."""
        with self._working_out:  # of two who ask at once one does it; and what was before is not forgotten meanwhile
            waiting: list[tuple[Entry, Brought]] = []
            one: Entry | None = entry
            while one is not None and isinstance(one.held, Brought):
                waiting.append((one, one.held))
                one = one.before
            for one, brought in reversed(waiting):
                # In this order: whoever sees what is held knows its ways.
                one.ways, one.held = self._with_what_was_held(brought, one.before)

    def _with_what_was_held(self, brought: Brought, before: Entry | None) -> tuple[Ways, Neighbourhood | None]:
        around = neighbourhood_of(brought.subject, brought.facts)
        if around is None:
            return frozenset(), None
        ways, part = reached_part(around)
        if before is not None and before.held is not None:
            ways, part = ways | before.ways, together(self._whole(before), part)
        return self._one(ways), part

    def _whole(self, entry: Entry) -> Neighbourhood:
        match entry.held:
            case bytes() as packed:
                return self._packer.unpacked(packed)
            case Neighbourhood() as whole:
                return whole
            case _:
                raise LookupError("nothing that was worked out reaches the subject")

    def _one(self, ways: Ways) -> Ways:
        """Give the one object for all that have the same ways."""
        return self._ways.setdefault(ways, ways)

    # --- reading ----------------------------------------------------------------------------------------------

    @property
    def age(self) -> float:
        """For how many seconds nobody has looked into the store: how old an answer may be."""
        return monotonic() - self._seen_at

    def near(self, subject: SubjectId, version: Version, book: Rulebook, matter: str | None = None) -> Entry | Absent:
        """Give what reaches a subject at a version, or why nothing does; the same object as long as it is the same.

        `matter`: the one that is asked about, where nothing else is to be known.
        """
        if not self._oldest <= version <= self.version:
            return Absent.ELSEWHERE
        entry = self._near.get(subject)
        if entry is None and subject in self._known:  # most of a city: the shortest way
            return _CLEAR if self._oldest <= version else Absent.ELSEWHERE
        while entry is not None and entry.since > version:
            entry = entry.before
        found: Entry | Absent
        if entry is not None and isinstance(entry.held, Brought):
            self._work_out(entry)
        if entry is not None and entry.held is not None:
            shows = matter is None or plan_of(book).concerns(entry.ways, matter)
            found = entry if shows else Absent.CLEAR
        elif self._joined.get(subject, version + 1) <= version or subject in self._known:
            found = Absent.CLEAR
        else:
            found = Absent.UNKNOWN
        return found if self._oldest <= version else Absent.ELSEWHERE

    def clear_among(self, subjects: Sequence[SubjectId], version: Version) -> list[bool]:
        """Say of each whether it surely is clear at a version, whatever is asked; for the others ask `near`."""
        near, known = self._near, self._known
        found = [subject in known and subject not in near for subject in subjects]
        return found if self._oldest <= version <= self.version else [False] * len(subjects)

    def standing(
        self, subject: SubjectId, version: Version, book: Rulebook, matter: str | None = None
    ) -> Standing | Absent:
        """Give the standing of a subject at a version under a rulebook, or why there is none here; as `near`.

        With `matter`, no more of it than a check of that shows.
        """
        found = self.near(subject, version, book, matter)
        return found if isinstance(found, Absent) else self.derived(found, book, matter)

    def derived(self, entry: Entry, book: Rulebook, matter: str | None = None) -> Standing:
        """Give the standing that follows from what reaches a subject; `matter`: see `standing_of`."""
        return standing_of(self._whole(entry), book, matter=matter)

    def rulebook_at(self, version: Version) -> str | Absent | None:
        """Give the digest of the rulebook published last at a version."""
        found = next((digest for since, digest in reversed(self._rulebooks) if since <= version), None)
        return found if self._oldest <= version <= self.version else Absent.ELSEWHERE


def _told(subjects: Iterable[SubjectId], progress: Progress) -> Iterator[SubjectId]:
    for n, subject in enumerate(subjects, start=1):
        if n % 10_000 == 0:
            progress(n)
        yield subject
