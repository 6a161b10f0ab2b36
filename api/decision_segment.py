"""A segment of the decision log: one file, written by one process, one line a record, each chained to the one before.

A line is `CHAIN BODY`: the SHA-256 (hexadecimal) of the chain before and the body, a space, and JSON. The first line
says what the records mean, and the heads of other segments: where they ended when this one began, so that nobody takes
away what another has seen. A name is `BEGAN-PID-SEGMENT.log`.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from errno import EEXIST, ENOSPC
from fcntl import LOCK_EX, LOCK_NB, LOCK_UN, flock
from pathlib import Path

from api.decision_record import START, form, lines_of, link
from api.json_text import json_bytes, read_json
from engine.question import Json
from graph_model.errors import XinhengError

FORMAT = 1
_NAME = re.compile(r"[0-9TZ]+-[0-9]+-([0-9a-f]{8})\.log")
_CHAIN = re.compile(rb"[0-9a-f]{64} ")
_BLOCK = 65_536
_DEPTH = 64
_LOCK = ".lock"


@dataclass(frozen=True, slots=True)
class Head:
    """How far a segment goes: its bytes up to the end of a record, and the chain there."""

    segment: int
    size: int
    chain: str

    def as_plain(self) -> Json:
        """Give it as JSON."""
        return {"segment": f"{self.segment:08x}", "size": self.size, "chain": self.chain}


def head_of(plain: Json) -> Head:
    """Read a head. Raises `ValueError`, `KeyError` or `TypeError` where it is none."""
    return Head(int(plain["segment"], 16), int(plain["size"]), str(plain["chain"]))


def segments_in(folder: Path) -> Mapping[int, Path]:
    """Give the segments of a folder by number, in the order of their names."""
    found = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if named := _NAME.fullmatch(path.name):
            found[int(named[1], 16)] = path
    return found


def parted(line: bytes) -> tuple[str, bytes] | None:
    """Part a line, without its line feed, into chain and body; `None` where it is no line of ours."""
    return (line[:64].decode(), line[65:]) if _CHAIN.match(line) else None


def first_line(path: Path) -> tuple[Json, int] | None:
    """Give what the first line says, and its length; `None` where it is damaged."""
    with path.open("rb") as file:
        line = file.readline()
    parts = parted(line[:-1])
    if parts is None or not line.endswith(b"\n") or parts[0] != link(START, parts[1]):
        return None
    try:
        said: Json = read_json(parts[1], depth_limit=_DEPTH)
        return (said, len(line)) if isinstance(said, dict) and said["format"] == FORMAT else None
    except (XinhengError, KeyError):
        return None


class Segment:
    """The segment that this process writes. Every method may raise `OSError`; then the segment is to be left."""

    def __init__(self, number: int, descriptor: int, chain: str) -> None:
        self.number = number
        self.descriptor = descriptor
        self._chain = chain

    @classmethod
    def begin(cls, folder: Path, number: int, at: datetime, most_bytes: int | None = None) -> "Segment":
        """Begin a segment; what others left torn when they died is cut first.

        `most_bytes`: refuse (`ENOSPC`) where the folder already holds more.
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone(folder):
            others = segments_in(folder)
            if number in others:
                raise OSError(EEXIST, "the number of the segment is taken")
            if most_bytes is not None and sum(path.stat().st_size for path in others.values()) > most_bytes:
                raise OSError(ENOSPC, "the decision log has reached its limit")
            heads = [head.as_plain() for head in _heads(others)]
            said = {"format": FORMAT, "segment": f"{number:08x}", "began": at.isoformat(), **form(), "heads": heads}
            body = json_bytes(said)
            chain = link(START, body)
            line = chain.encode() + b" " + body + b"\n"
            name = f"{at:%Y%m%dT%H%M%S%f}Z-{os.getpid()}-{number:08x}.log"
            return cls(number, _made(folder, name, line), chain)

    def chained(self, bodies: Sequence[bytes]) -> bytes:
        """Give the lines of records that are to be written next."""
        lines, self._chain = lines_of(self._chain, bodies)
        return lines

    def write(self, lines: bytes) -> None:
        """Write lines behind the last; they are not durable yet."""
        ahead = memoryview(lines)
        while ahead:
            ahead = ahead[os.write(self.descriptor, ahead) :]

    def sync(self) -> None:
        """Make all of it durable."""
        os.fdatasync(self.descriptor)

    def leave(self) -> None:
        """Close it after a failure: a record that is there in part is cut."""
        with suppress(OSError):
            _cut(self.descriptor)
        self.close()

    def close(self) -> None:
        """Close the file."""
        with suppress(OSError):
            os.close(self.descriptor)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        flock(lock, LOCK_EX)
        yield
    finally:
        os.close(lock)


def _made(folder: Path, name: str, line: bytes) -> int:
    """Make the file whole under another name first, so that a segment always has its first line."""
    draft = folder / f".{name}"
    descriptor = os.open(draft, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        flock(descriptor, LOCK_EX)  # as long as it is held, the writer lives
        if os.write(descriptor, line) != len(line):
            raise OSError(ENOSPC, os.strerror(ENOSPC))
        os.fsync(descriptor)
        draft.rename(folder / name)
        _sync_folder(folder)
    except OSError:
        os.close(descriptor)
        with suppress(OSError):
            draft.unlink()
        raise
    return descriptor


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _heads(segments: Mapping[int, Path]) -> Iterator[Head]:
    """Give where each segment ends, unless another has said so already; cut what a dead writer left torn."""
    told: dict[int, int] = {}
    for path in segments.values():
        said = first_line(path)
        for plain in said[0]["heads"] if said else ():
            head = head_of(plain)
            told[head.segment] = max(told.get(head.segment, 0), head.size)
    for number, path in segments.items():
        if path.stat().st_size != told.get(number):
            size, chain = _end(path)
            if size != told.get(number) and chain:
                yield Head(number, size, chain)


def _end(path: Path) -> tuple[int, str | None]:
    """Give the end of the last whole record and the chain there, durable; `None` where the file is damaged."""
    writable = os.access(path, os.W_OK)
    descriptor = os.open(path, os.O_RDWR if writable else os.O_RDONLY)
    try:
        with suppress(BlockingIOError):  # its writer lives
            flock(descriptor, LOCK_EX | LOCK_NB)
            if writable:
                _cut(descriptor)
            flock(descriptor, LOCK_UN)
        os.fsync(descriptor)
        size = _whole(descriptor)
        start = _before(descriptor, size - 1)
        return size, line[0] if (line := parted(os.pread(descriptor, size - start, start)[:-1])) else None
    finally:
        os.close(descriptor)


def _cut(descriptor: int) -> None:
    """Cut a last record that is there in part: it was never acknowledged, since it is not durable as a whole."""
    size = _whole(descriptor)
    if size != os.fstat(descriptor).st_size:
        os.ftruncate(descriptor, size)
        os.fsync(descriptor)


def _whole(descriptor: int) -> int:
    return _before(descriptor, os.fstat(descriptor).st_size)


def _before(descriptor: int, end: int) -> int:
    """Give the place behind the last line feed before `end`."""
    while end > 0:
        start = max(0, end - _BLOCK)
        if (found := os.pread(descriptor, end - start, start).rfind(b"\n")) >= 0:
            return start + found + 1
        end = start
    return 0


def line_and_chain_before(path: Path, start: int) -> tuple[bytes, str | None]:
    """Give the line that begins at `start`, and the chain of the line before it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        last = _before(descriptor, start - 1)
        before = parted(os.pread(descriptor, start - last, last)[:-1])
        line = b""
        while b"\n" not in line and (block := os.pread(descriptor, _BLOCK, start + len(line))):
            line += block
        return line.partition(b"\n")[0], before[0] if before else None
    finally:
        os.close(descriptor)
