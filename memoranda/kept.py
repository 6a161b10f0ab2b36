"""A rulebook kept in a form that is read in a fraction of the time, for as long as its files stay as they are.

What is kept is the canonical content (`Rulebook.content`), named by a digest of every byte that it follows from: the
names and bytes of all files of the folder, and this package's own code. So a changed file, or a changed reader, has
another name and never meets an old copy. A copy that is cut, damaged or unreadable is no copy: the files are read
again, and they alone say what is wrong with them. The folder of copies may be deleted at any time.
"""

import os
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path

from graph_model.errors import RulebookRefused
from memoranda.reader import files_of, read_rulebook
from memoranda.rulebook import Rulebook
from memoranda.rulebook_content import digest_of

MOST = 8
"""Copies that are kept: each change of a file makes a new one, and old ones are seldom asked for again."""


def read_kept(folder: Path, copies: Path | None) -> Rulebook:
    """Read a rulebook as `read_rulebook` does, from a copy where there is a good one; else keep one.

    Args:
        folder: Where the files lie, or one file.
        copies: Where copies are kept; `None`, or a place that cannot be written, keeps none.

    Raises:
        RulebookRefused: as for `read_rulebook`.

    """
    if copies is None:
        return read_rulebook(folder)
    try:
        place = copies / f"rulebook-{name_of(folder)}.json"
    except OSError:
        return read_rulebook(folder)  # which says what cannot be read
    book = _from_copy(place)
    if book is None:
        book = read_rulebook(folder)
        with suppress(OSError):
            _keep(place, book)
    return book


def name_of(folder: Path) -> str:
    """Name what a rulebook follows from: the names and bytes of its files, and the code that reads them.

    Raises:
        OSError: a file cannot be read.

    """
    digest = sha256(_code_name().encode())
    for path in files_of(folder):
        content = path.read_bytes()
        name = path.relative_to(folder).as_posix()
        digest.update(f"\0{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


@cache
def _code_name() -> str:
    """Name this package's code: within a process it does not change."""
    digest = sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def _from_copy(place: Path) -> Rulebook | None:
    """Read a copy: the digest of its content on the first line, then the content."""
    try:
        told, _, content = place.read_bytes().partition(b"\n")
        return Rulebook.from_content(content) if told.decode() == digest_of(content) else None
    except (OSError, UnicodeDecodeError, RulebookRefused):
        return None


def _keep(place: Path, book: Rulebook) -> None:
    """Write a copy whole or not at all: others may be reading, and a process may die while it writes."""
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = place.with_name(f"{place.name}.{os.getpid()}")
    try:
        unfinished.write_bytes(book.digest.encode() + b"\n" + book.content)
        unfinished.replace(place)
    finally:
        unfinished.unlink(missing_ok=True)
    newest_first = sorted(place.parent.glob("rulebook-*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in newest_first[MOST:]:
        old.unlink(missing_ok=True)
