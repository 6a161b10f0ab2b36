"""A disk that keeps no more than it promised: what was synced is there after a cut, of all else any part."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import apsw

SECTOR = 512
Image = dict[str, bytes]
"""Files by their name, as they are found after a cut."""


@dataclass
class File:
    """What is safe of a file, and what was done since: bytes at an offset, or a new length."""

    safe: bytearray = field(default_factory=bytearray)
    since: list[tuple[int, bytes] | int] = field(default_factory=list)
    is_new: bool = True
    is_deleted: bool = False

    def sync(self) -> None:
        """Make safe what was done."""
        for step in self.since:
            done(self.safe, step)
        self.since.clear()

    def after_cut(self, chance: Random) -> bytes:
        """Give what may be found: each write whole, in some of its sectors, or not at all."""
        found, likely = bytearray(self.safe), chance.random()
        for step in self.since:
            if isinstance(step, int):
                if chance.random() < likely:
                    done(found, step)
                continue
            offset, data = step
            kept = likely if chance.random() < 0.2 else float(chance.random() < likely)
            for first in range(0, len(data), SECTOR):
                if chance.random() < kept:
                    done(found, (offset + first, data[first : first + SECTOR]))
        return bytes(found)


def done(content: bytearray, step: tuple[int, bytes] | int) -> None:
    """Do one step to a content; a gap is filled with zeros."""
    end = step if isinstance(step, int) else step[0] + len(step[1])
    content.extend(bytes(max(0, end - len(content))))
    if isinstance(step, int):
        del content[step:]
    else:
        content[step[0] : end] = step[1]


class Disk:
    """Keeps the files of a folder; `at_step` is called after each write, sync, truncation and deletion."""

    def __init__(self, at_step: Callable[[], None]) -> None:
        self.files: dict[str, File] = {}
        self._at_step = at_step

    def wrote(self, name: str, step: tuple[int, bytes] | int) -> None:
        self.files[name].since.append(step)
        self._at_step()

    def synced(self, name: str) -> None:
        file = self.files[name]
        file.sync()
        if file.is_new and name.endswith(("-journal", "-wal")):
            self._folder_synced()  # as SQLite does at the first sync of a journal
        file.is_new = False
        self._at_step()

    def deleted(self, name: str, *, synced: bool) -> None:
        self.files[name].is_deleted = True
        if synced:
            self._folder_synced()
        self._at_step()

    def opened(self, name: str) -> None:
        """One is opened that is there, or made, also where one of its name was deleted."""
        if self.files.setdefault(name, File()).is_deleted:
            self.files[name] = File()

    def _folder_synced(self) -> None:
        self.files = {name: file for name, file in self.files.items() if not file.is_deleted}

    def after_cut(self, chance: Random) -> Image:
        """Give what may be found; a deletion may have happened or not."""
        return {
            name: file.after_cut(chance)
            for name, file in self.files.items()
            if not (file.is_deleted and chance.random() < 0.5)
        }


@contextmanager
def on(disk: Disk) -> Iterator[None]:
    """Have SQLite use this disk, and tell it of everything that it does to the real one."""
    files = _Files(disk)
    try:
        yield
    finally:
        files.unregister()


class _Files(apsw.VFS):
    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        super().__init__("power", "unix", makedefault=True)

    def xOpen(self, name: apsw.URIFilename | str | None, flags: list[int]) -> "_File":  # noqa: N802 - SQLite's name
        return _File(self._disk, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802 - SQLite's name
        super().xDelete(filename, syncdir)
        self._disk.deleted(Path(filename).name, synced=syncdir)


class _File(apsw.VFSFile):
    def __init__(self, disk: Disk, name: apsw.URIFilename | str | None, flags: list[int]) -> None:
        self._disk = disk
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        self._name = Path(path or "temporary").name
        super().__init__("unix", name, flags)
        disk.opened(self._name)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - SQLite's name
        super().xWrite(data, offset)
        self._disk.wrote(self._name, (offset, bytes(data)))

    def xTruncate(self, newsize: int) -> None:  # noqa: N802 - SQLite's name
        super().xTruncate(newsize)
        self._disk.wrote(self._name, newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802 - SQLite's name
        super().xSync(flags)
        self._disk.synced(self._name)


def put(image: Image, folder: Path) -> None:
    """Write what was found into a folder, anew."""
    folder.mkdir(parents=True)
    for name, content in image.items():
        (folder / name).write_bytes(content)
