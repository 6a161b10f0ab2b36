"""Python's collector of cycles, held back while a pass makes millions of values and not one cycle."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

_SELDOM = (50_000, 50, 100)
_turn = Lock()
_before: list[tuple[int, int, int]] = []
"""What was set when each of the blocks that run now began."""


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Let the collector look around a seventieth as often, in the whole process, until the block ends.

    It costs a pass over a city a fifth of its time, to find nothing. Blocks may overlap: the last one out sets it back.
    """
    with _turn:
        _before.append(_before[0] if _before else gc.get_threshold())
        gc.set_threshold(*_SELDOM)
    try:
        yield
    finally:
        with _turn:
            before = _before.pop()
            if not _before:
                gc.set_threshold(*before)
