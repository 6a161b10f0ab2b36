"""Random bits of the operating system for ids of checks, fetched many at a time: a fetch costs as much as a check."""

from collections.abc import Iterator
from os import urandom
from struct import unpack

Bits = tuple[int, bytes]
"""A number of 16 bits, and 48 more in hexadecimal."""
_AT_ONCE = 1_024


class Chance:
    """Gives random bits, none of them twice. For one thread, and not to be shared with a forked process."""

    def __init__(self) -> None:
        self._ahead: list[Bits] = []

    def bits(self) -> Bits:
        """Give what one id needs."""
        if not self._ahead:
            self._ahead.extend(fetched(_AT_ONCE))
        return self._ahead.pop()


def fetched(count: int) -> Iterator[Bits]:
    """Give what so many ids need."""
    chance = urandom(8 * count)
    firsts = unpack(f">{count}H", chance[: 2 * count])
    return zip(firsts, chance[2 * count :].hex(" ", 6).encode().split(), strict=True)
