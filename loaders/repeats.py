"""Rows of one file that speak of the same fact: reported, never merged by guess (CONTRACT §3).

Which of two contradicting rows is right nobody can tell from the file, so none of them is taken; of rows that say
the same the first is. The file is read ahead of the load with a filter of fixed size, so memory does not grow with
a large file: only rows whose key may have been met before are looked at again.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import TypeAlias

from graph_model.neighbourhood import relation_key
from graph_model.nodes import Designation, Exemption, Move, Objection, Registration, Relation
from graph_model.store import Fact

Key: TypeAlias = Hashable
NumberedFact: TypeAlias = tuple[int, Fact]

FILTER_BITS = 27
"""Two to this power is the filter's size in bits: 16 MiB. At a million rows it errs for 1 row in 5,000."""
EXACT_KEYS = 150_000
"""As many keys are kept as they are before the filter is used: they take no more memory than it does."""

SHOWN_OTHERS = 5
"""Rows that are named in the reason of one that contradicts them: naming all would grow with their square."""


def key_of(fact: Fact) -> Key | None:
    """Give what two rows must share to speak of the same fact; `None` where a fact may lawfully come twice.

    Relations share a key where one may end the other (a record has one end day); moves have none: a designation may
    be suspended twice.
    """
    match fact:
        case Registration():
            return (fact.subject, fact.attributes.valid_from)
        case Relation():
            return (fact.type, fact.holder, fact.organisation, fact.designation, fact.held_from)
        case Designation() | Exemption() | Objection():
            return fact.id
        case Move():
            return None


def repeated(keys: Iterable[list[int | None]]) -> tuple[int, frozenset[int]]:
    """Count the rows, and give the keys (as hashes) that come more than once, and now and then one that does not.

    The first keys are kept as they are, which is exact and fast; those of a larger file go through a filter.
    """
    rows = 0
    seen: set[int] = set()
    suspects: set[int] = set()
    seen_before: _Filter | None = None
    for together in keys:
        rows += len(together)
        stated = [key for key in together if key is not None]
        if seen_before is not None:
            suspects.update(key for key in stated if seen_before.has_met(key))
            continue
        new = set(stated)
        if len(new) < len(stated):
            suspects.update(key for key, times in Counter(stated).items() if times > 1)
        suspects |= new & seen
        seen |= new
        if len(seen) >= EXACT_KEYS:
            seen_before = _Filter(seen)
            seen = set()
    return rows, frozenset(suspects)


class _Filter:
    """A Bloom filter with two places to a key, written out: it sees every row of a large file."""

    def __init__(self, keys: Iterable[int]) -> None:
        self._bits = bytearray(1 << (FILTER_BITS - 3))
        for key in keys:
            self.has_met(key)

    def has_met(self, key: int) -> bool:
        """Say whether a key may have come before, and remember it."""
        seen, mask = self._bits, (1 << FILTER_BITS) - 1
        first, second = key & mask, (key >> FILTER_BITS) & mask
        bit, other = 1 << (first & 7), 1 << (second & 7)
        if seen[first >> 3] & bit and seen[second >> 3] & other:
            return True
        seen[first >> 3] |= bit
        seen[second >> 3] |= other
        return False


def refusals_of_repeats(facts: Iterable[NumberedFact]) -> dict[int, str]:
    """Say of each row that cannot be taken because of another row of the file, why: by row number.

    Args:
        facts: all rows with a key that may come more than once, with their row numbers.

    """
    groups: dict[Key, list[NumberedFact]] = defaultdict(list)
    for number, fact in facts:
        groups[key_of(fact)].append((number, fact))
    refusals: dict[int, str] = {}
    for group in groups.values():
        for rows in _speaking_of_one(group):
            refusals.update(_refused(rows))
    return refusals


def _speaking_of_one(group: Sequence[NumberedFact]) -> Iterator[list[NumberedFact]]:
    """Split rows with one key into those that speak of the same fact: for relations, the same record or its end."""
    if not isinstance(group[0][1], Relation):
        yield list(group)
        return
    by_share: dict[Key, list[tuple[int, Relation]]] = defaultdict(list)
    for number, fact in group:
        assert isinstance(fact, Relation)  # noqa: S101  (one load reads one kind)
        by_share[(fact.share, fact.responsible)].append((number, fact))
    for rows in by_share.values():
        if any(fact.held_until is None for _, fact in rows):
            yield list(rows)
            continue
        by_record: dict[Key, list[NumberedFact]] = defaultdict(list)
        for number, fact in rows:
            by_record[relation_key(fact)].append((number, fact))
        yield from by_record.values()


def _refused(rows: Sequence[NumberedFact]) -> Iterator[tuple[int, str]]:
    first, fact = rows[0]
    if all(other == fact for _, other in rows):
        for number, _ in rows[1:]:
            yield number, f"与第 {first} 行重复（duplicate of row {first}）；删去其一"
        return
    for number, _ in rows:
        shown = [str(other) for other, _ in rows[: SHOWN_OTHERS + 1] if other != number][:SHOWN_OTHERS]
        more = f" 等 {len(rows) - 1}" if len(rows) - 1 > SHOWN_OTHERS else ""
        others = f"{'、'.join(shown)}{more}"
        yield (
            number,
            f"与第 {others} 行矛盾（contradicts row {others}: same key, other content）；核实后只留正确的一行",
        )
