"""Verifying the decision log: every line of every segment, and that nothing is missing that another has seen."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from api.decision_record import START, decision_of, digest_of, link, place_of
from api.decision_segment import Head, first_line, head_of, parted, segments_in
from api.json_text import read_json
from engine.question import Json
from graph_model.errors import XinhengError

_DEPTH = 64


@dataclass(frozen=True, slots=True)
class Fault:
    """The first thing wrong with a segment. `line` counts from 1, the segment's own first line; `None`: it is gone."""

    segment: str
    line: int | None
    what: str

    def as_plain(self) -> Json:
        """Give it as JSON."""
        return {"segment": self.segment, "line": self.line, "what": self.what}


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found. `torn` names segments whose last record is there in part: written by nobody's promise.

    newest  the latest version of the store that a record was decided on; 0 where there is none
    """

    records: int
    heads: tuple[Head, ...]
    torn: tuple[str, ...]
    faults: tuple[Fault, ...]
    newest: int = 0


def verified(
    folders: Sequence[Path], anchors: Iterable[Head] = (), told: Callable[[int], object] = lambda _: None
) -> Verified:
    """Verify all segments of `folders` together, in the order of their names.

    anchors  heads of an earlier verification, kept elsewhere: what was there then must be there still
    told     is given the bytes of each record that was read, for a progress bar
    """
    segments = {number: path for folder in folders for number, path in segments_in(folder).items()}
    wanted: dict[int, dict[int, str]] = {}
    for head in (*anchors, *_heads_said(segments.values())):
        wanted.setdefault(head.segment, {})[head.size] = head.chain
    faults, heads, torn, records, newest = [], [], [], 0, 0
    for number, path in segments.items():
        reading = _Reading(number, path, dict(wanted.get(number, {})))
        if what := reading.fault(told):
            faults.append(Fault(path.name, reading.line, what))
        elif reading.torn:
            torn.append(path.name)
        heads.append(Head(number, reading.size, reading.chain))
        records += max(0, reading.line - 1)
        newest = max(newest, reading.newest)
    faults += [
        Fault(f"{number:08x}", None, "整段不见 the whole segment is gone") for number in wanted.keys() - segments.keys()
    ]
    return Verified(records, tuple(heads), tuple(torn), tuple(faults), newest)


def _heads_said(paths: Iterable[Path]) -> Iterator[Head]:
    for path in paths:
        said = first_line(path)
        try:
            yield from [head_of(plain) for plain in said[0]["heads"]] if said else []
        except (KeyError, TypeError, ValueError):
            continue  # told as a fault of that line


class _Reading:
    """One segment, read from its beginning to its end or to the first fault."""

    def __init__(self, number: int, path: Path, wanted: dict[int, str]) -> None:
        self.line, self.size, self.chain, self.torn = 0, 0, START, False
        self.newest = 0
        self._number, self._path, self._wanted = number, path, wanted
        self._first = 0
        self._said: Json = {}

    def fault(self, told: Callable[[int], object]) -> str | None:
        """Say what is wrong with the line `line`; `None` where nothing is."""
        with self._path.open("rb") as file:
            for line in file:
                self.line += 1
                if not line.endswith(b"\n"):
                    self.torn = True
                    self.line -= 1
                    break
                if what := self._of_line(line):
                    return what
                self.size += len(line)
                if (chain := self._wanted.pop(self.size, self.chain)) != self.chain:
                    return f"此前另有记载 another segment or an earlier verification has seen {chain[:12]}… here"
                told(len(line))
        if not self.line:
            self.line = 1
            return "首行不见 the first line is gone"
        if self._wanted:
            self.line += 1
            return f"其后的记录不见 {max(self._wanted) - self.size} bytes behind it are gone"
        return None

    def _of_line(self, line: bytes) -> str | None:
        parts = parted(line[:-1])
        if parts is None:
            return "不成一行 no line of a log"
        chain, body = parts
        if link(self.chain, body) != chain:
            return "链不相接 the chain does not hold: changed, removed, inserted or reordered"
        try:
            if self.line == 1:
                return self._begin(chain, len(line))
            record = read_json(body, depth_limit=_DEPTH)
            if place_of(record["id"]) != (self._number, self.size - self._first):
                return "不在其编号所指之处 not at the place that its id names"
            if digest_of(decision_of(record, self._said)) != record["digest"]:
                return "与其摘要不符 the decision is not the one of its digest"
            self.newest = max(self.newest, int(record["version"]))
        except (XinhengError, ValueError, KeyError, TypeError):
            return "读不出 cannot be read"
        self.chain = chain
        return None

    def _begin(self, chain: str, length: int) -> str | None:
        said = first_line(self._path)
        if said is None or int(said[0]["segment"], 16) != self._number:
            return "首行不属此文件 the first line is another's"
        for plain in said[0]["heads"]:
            head_of(plain)
        self._said, self._first, self.chain = said[0], length, chain
        return None
