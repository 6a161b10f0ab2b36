"""Which subjects are registered, in a fifth of the memory of a set of their names, and as exactly."""

import re
from array import array
from collections.abc import Iterable

from graph_model.nodes import SubjectId

_CODE = re.compile(r"[0-9A-Z]{18}")
_PERSON = re.compile(r"p-[0-9a-f]{40}")
_CODE_BYTES, _PERSON_BYTES = 18, 20


class Known:
    """Membership of subject ids. Whole ids are compared, never hashes alone: a collision changes no answer (P5).

    A code takes 18 bytes, a person's id 20, and each 8 to 16 for finding them; any other word is kept as it is.
    """

    def __init__(self, ids: Iterable[SubjectId]) -> None:
        codes, persons, others = bytearray(), bytearray(), set()
        for id_ in ids:
            if _CODE.fullmatch(id_):
                codes += id_.encode("ascii")
            elif _PERSON.fullmatch(id_):
                persons += bytes.fromhex(id_[2:])
            else:
                others.add(id_)
        self._codes = _Table(codes, _CODE_BYTES)
        self._persons = _Table(persons, _PERSON_BYTES)
        self._others = frozenset(others)

    def __contains__(self, id_: SubjectId) -> bool:
        if len(id_) == _CODE_BYTES and _CODE.fullmatch(id_):
            return id_.encode("ascii") in self._codes
        if _PERSON.fullmatch(id_):
            return bytes.fromhex(id_[2:]) in self._persons
        return id_ in self._others

    def __len__(self) -> int:
        return len(self._codes) + len(self._persons) + len(self._others)


class _Table:
    """Words of one width, one after the other, and an open-addressed table of their places (0: empty)."""

    def __init__(self, words: bytearray, width: int) -> None:
        self._words, self._width = bytes(words), width
        self._count = len(words) // width
        size = 1 << max(1, (2 * self._count - 1).bit_length())
        self._mask = size - 1
        self._places = array("I", bytes(4 * size))
        places, mask = self._places, self._mask
        for number in range(self._count):
            at = hash(self._words[number * width : (number + 1) * width]) & mask
            while places[at]:
                at = (at + 1) & mask
            places[at] = number + 1

    def __contains__(self, word: bytes) -> bool:
        places, width = self._places, self._width
        at = hash(word) & self._mask
        while place := places[at]:
            if self._words.startswith(word, (place - 1) * width):
                return True
            at = (at + 1) & self._mask
        return False

    def __len__(self) -> int:
        return self._count
