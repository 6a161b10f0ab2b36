"""Exit codes: part of the interface (CONTRACT §2)."""

from enum import IntEnum


class Exit(IntEnum):
    """What a command says by its exit code."""

    DONE = 0
    """Done; for `check`: nothing binds (`clear`, `favour`, `watch`)."""
    NOT_DONE = 1
    """Not done, the message says why; for `scenario run`: a check failed."""
    WRONG_USAGE = 2
    """Wrong usage (argparse exits with it, too); for `scenario run`: a file could not be read."""
    BINDS = 3
    """`check`: `bar`, `limit` or `weigh`."""
    CANNOT_TELL = 4
    """`check`: `unresolved` or `unknown`."""
    INTERRUPTED = 130
    """Stopped by Ctrl-C, as shells write it."""
    READER_GONE = 141
    """Whoever read the output has gone (`| head`), as shells write it."""
