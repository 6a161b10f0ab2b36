"""Which subjects are registered, in a third of the memory of a set of their names, and as exactly."""

from array import array
from collections.abc import Iterable
from typing import TypeAlias

from graph_model.nodes import SubjectId

_Table: TypeAlias = tuple[bytes, "array[int]", int]
"""Words of one length, one after the other; the numbers of words, counted from 1, at open addresses by the hash of
their id (0: empty); and the mask of addresses."""


class Known:
    """Membership of subject ids. Whole ids are compared, never hashes alone: a collision changes no answer (P5).

    An id takes its letters, a byte each, and 8 to 16 bytes for finding it; one that is not ASCII is kept as it is.
    """

    __slots__ = ("_count", "_others", "_tables")

    def __init__(self, ids: Iterable[SubjectId]) -> None:
        words: dict[int, bytearray] = {}
        hashes: dict[int, array[int]] = {}
        others = set()
        self._count = 0
        for id_ in ids:
            self._count += 1
            length = len(id_)
            if not id_.isascii() or not length:
                others.add(id_)
            elif length in words:
                words[length] += id_.encode()
                hashes[length].append(hash(id_))
            else:
                words[length] = bytearray(id_.encode())
                hashes[length] = array("q", [hash(id_)])
        # What is not needed any more goes before the next table is made.
        self._tables: dict[int, _Table] = {length: _table(words.pop(length), hashes.pop(length)) for length in [*words]}
        self._others = frozenset(others)

    def __contains__(self, id_: SubjectId) -> bool:
        # Written out in one piece, for nearly every check asks it.
        length = len(id_)
        table = self._tables.get(length)
        if table is None or not id_.isascii():
            return id_ in self._others
        words, places, mask = table
        at = hash(id_) & mask
        word = id_.encode()
        while place := places[at]:
            if words.startswith(word, place * length - length):
                return True
            at = (at + 1) & mask
        return False

    def __len__(self) -> int:
        return self._count


def _table(words: bytearray, hashes: "array[int]") -> _Table:
    mask = (1 << max(1, (2 * len(hashes) - 1).bit_length())) - 1
    places = array("I", bytes(4 * (mask + 1)))
    for number, hashed in enumerate(hashes, start=1):
        at = hashed & mask
        while places[at]:
            at = (at + 1) & mask
        places[at] = number
    return bytes(words), places, mask
