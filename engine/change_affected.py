"""Which subjects something can affect (C3): a change, a new rulebook, or everything. In bounded memory where many."""

import json
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from heapq import merge
from itertools import groupby, islice
from tempfile import TemporaryFile
from threading import Lock
from typing import IO, Any

from engine.plan import plan_of
from graph_model.nodes import SubjectId, Version
from graph_model.store import Change, Store
from graph_model.stores.rows import DESIGNATION
from memoranda.rulebook import Rulebook

KEPT = 200_000
"""Ids that are held in memory; what is more waits in temporary files."""
BLOCK = 500
"""Subjects that are read of a store at once."""
MANY = 2_000
"""The same where a whole city is read: the more at once, the fewer records are read again for another neighbour."""
_SORTED_BLOCK = 5_000
"""The same where they are many and sorted: what lies side by side in a store is read together."""
_COLUMNS = (*DESIGNATION.split(", "), "recorded_from", "recorded_until")
_SUBJECT, _LIST, _FROM, _UNTIL = (
    _COLUMNS.index(name) for name in ("subject", "list", "recorded_from", "recorded_until")
)


class Gathered:
    """Ids put in in any order, and given back sorted, each once. Beyond `kept` they wait in temporary files."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._held: set[SubjectId] = set()
        self._files: list[IO[str]] = []

    def put(self, ids: Iterable[SubjectId]) -> None:
        """Take more ids."""
        self._held.update(ids)
        if len(self._held) > self._kept:
            file = TemporaryFile("w+", encoding="ascii")  # noqa: SIM115 - closed by `close`; it goes with the process
            file.writelines(json.dumps(id_) + "\n" for id_ in sorted(self._held))
            self._files.append(file)
            self._held.clear()

    def __iter__(self) -> Iterator[SubjectId]:
        """Give all ids, sorted. One reading at a time."""
        for file in self._files:
            file.seek(0)
        runs = [map(json.loads, file) for file in self._files]
        return (id_ for id_, _ in groupby(merge(sorted(self._held), *runs)))

    def close(self) -> None:
        """Free the temporary files."""
        for file in self._files:
            file.close()


def affected_by(change: Change, store: Store) -> tuple[SubjectId, ...]:
    """Give the subjects whose standing a change of facts can affect: those it names and their neighbours (C3)."""
    return store.affected_by(change.subjects, change.version, change.version - 1)


def on_lists(store: Store, version: Version, lists: frozenset[str] | None) -> Iterator[tuple[SubjectId, ...]]:
    """Give the subjects within one hop of a designation on one of the lists, block by block; `None`: on any list.

    No other subject has an item (§4). A subject may come more than once.
    """
    designated = Gathered()
    try:
        for block in in_blocks(_designated(store, version, lists), _SORTED_BLOCK):
            designated.put(block)
        for block in in_blocks(designated, _SORTED_BLOCK):
            yield store.affected_by(block, version)
    finally:
        designated.close()


def _designated(store: Store, version: Version, lists: frozenset[str] | None) -> Iterator[SubjectId]:
    for row in store.archive("designations"):
        stands = row[_FROM] <= version and (row[_UNTIL] is None or version < row[_UNTIL])
        if stands and (lists is None or row[_LIST] in lists):
            yield row[_SUBJECT]


def between(store: Store, since: Version, until: Version, books: tuple[Rulebook | None, Rulebook | None]) -> Gathered:
    """Gather the subjects that the versions after `since`, up to and with `until`, can have affected.

    `books` are the rulebooks in force at both: where they read lists differently, these lists' subjects.
    """
    found = Gathered()
    for change in changes_between(store, since, until):
        if change.kind == "facts":
            for block in in_blocks(change.subjects, BLOCK):
                found.put(store.affected_by(block, change.version, change.version - 1))
    lists = lists_read_differently(*books)
    for version in (since, until) if lists else ():
        for block in on_lists(store, version, lists):
            found.put(block)
    return found


def everything(store: Store, since: Version, until: Version) -> Gathered:
    """Gather every subject that can have an item at one of the two versions."""
    found = Gathered()
    for version in {since, until} - {0}:  # 0 is the empty store
        for block in on_lists(store, version, None):
            found.put(block)
    return found


class Rosters:
    """The subjects near designations on some lists at some version, sorted; the last few asked for are kept.

    As large as their ids. A later version's is made from an earlier one's where few changes lie between, and may then
    hold subjects that have no item any more: a reader sees that for himself.
    """

    def __init__(self, store: Store, most: int = 4, step: int = 200) -> None:
        self._store, self._most, self._step = store, most, step
        self._kept: OrderedDict[tuple[Version, frozenset[str] | None], Sequence[SubjectId]] = OrderedDict()
        self._lock = Lock()

    def of(self, version: Version, lists: frozenset[str] | None) -> Sequence[SubjectId]:
        """Give them; `None`: on any list."""
        with self._lock:
            found = self._kept.pop((version, lists), None)
            if found is None:
                found = self._made(version, lists)
            self._kept[version, lists] = found
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
            return found

    def _made(self, version: Version, lists: frozenset[str] | None) -> Sequence[SubjectId]:
        earlier = max((v for v, of in self._kept if of == lists and version - self._step <= v < version), default=None)
        ids: set[SubjectId] = set()
        if earlier is None:
            for block in on_lists(self._store, version, lists):
                ids.update(block)
        else:
            ids.update(self._kept[earlier, lists])
            for change in changes_between(self._store, earlier, version):
                ids.update(affected_by(change, self._store))
        return sorted(ids)


def changes_between(store: Store, since: Version, until: Version) -> Iterator[Change]:
    """Give the change log after `since`, up to and with `until`."""
    while since < until:
        # One by one: a change of a load names thousands of subjects.
        page = store.changes(since, 1)
        if not page:
            return
        since = page[-1].version
        yield from page


def lists_read_differently(old: Rulebook | None, new: Rulebook | None) -> frozenset[str]:
    """Give the lists whose designations two rulebooks could judge differently."""
    if old is new or (old is not None and new is not None and old.digest == new.digest):
        return frozenset()
    every = frozenset({*(old.lists if old else ()), *(new.lists if new else ())})
    if old is None or new is None or old.departments != new.departments:
        return every
    return frozenset(id_ for id_ in every if _law_of(old, id_) != _law_of(new, id_))


def lists_reaching(department: str, book: Rulebook) -> frozenset[str]:
    """Give the lists whose designations could ever give the department an item."""
    return frozenset(
        id_
        for id_ in book.lists
        if any(department in reach.departments for planned in plan_of(book).on_list(id_) for reach in planned.reaches)
    )


def _law_of(book: Rulebook, list_id: str) -> tuple[Any, ...]:
    """Give all that a rulebook says of one list's designations, to be compared."""
    said: list[Any] = []
    for measure in book.measures_on(list_id):
        memo = book.memorandum_of[measure.id]
        cited = {basis for target in measure.targets for basis in target.bases}
        cited |= {*measure.withheld_by.bases} if measure.withheld_by is not None else set()
        bases = tuple(book.bases[id_] for id_ in sorted(cited))
        said.append((measure, memo.from_, memo.until, memo.region, bases, book.withholding_lists(measure.id)))
    return (book.lists.get(list_id), *said)


def in_blocks(values: Iterable[SubjectId], size: int) -> Iterator[Sequence[SubjectId]]:
    """Cut into blocks of at most `size`."""
    rest = iter(values)
    while block := list(islice(rest, size)):
        yield block
