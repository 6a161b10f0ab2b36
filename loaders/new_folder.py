"""A folder of files that is there whole or not at all."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from graph_model.errors import XinhengError


@contextmanager
def new_folder(place: Path) -> Iterator[Path]:
    """Give a folder to fill; where the block ends well it is synced to the disk and becomes `place`.

    Raises:
        XinhengError: `place` is there already and holds something (`archive.exists`).

    """
    refuse_existing(place)
    place.parent.mkdir(parents=True, exist_ok=True)
    unfinished = place.with_name(f".{place.name}.unfinished-{os.getpid()}")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    try:
        yield unfinished
        for file in unfinished.iterdir():
            _sync(file)
        _sync(unfinished)
        refuse_existing(place)
        unfinished.rename(place)  # onto an empty folder at most; never onto another export
        _sync(place.parent)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def refuse_existing(place: Path) -> None:
    """Raise `XinhengError` where a place is taken."""
    if place.exists() and not (place.is_dir() and not any(place.iterdir())):
        raise XinhengError(
            f"{place} 已存在 / {place} is there already",
            hint="name a folder that is not there yet; nothing was written over",
            detail_code="archive.exists",
        )


def _sync(place: Path) -> None:
    descriptor = os.open(place, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
