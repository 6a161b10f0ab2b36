"""Random bits of the operating system, fetched many at a time: each fetch costs as much as a whole check."""

from os import urandom

_BLOCK_BYTES = 8_192


class Chance:
    """Gives random bytes, none of them twice. For one thread, and not to be shared with a forked process."""

    def __init__(self) -> None:
        self._block = b""
        self._used = 0

    def bytes(self, count: int) -> bytes:
        """Give that many bytes."""
        if count > _BLOCK_BYTES:
            return urandom(count)
        if self._used + count > len(self._block):
            self._block, self._used = urandom(_BLOCK_BYTES), 0
        start, self._used = self._used, self._used + count
        return self._block[start : self._used]
