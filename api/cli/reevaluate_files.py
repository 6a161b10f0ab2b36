"""What a re-evaluation leaves in a folder: what changed, everyone's digest, and how far it came.

changes-*.jsonl  one item of the diff a line, with the departments it is alike for, by subject
digests-*.jsonl  one subject a line, with the digest of its standing now; only whom it looked at
state.json       the point up to which the folder is complete (version, day); and of a run that was stopped, where it is

A stopped run goes on behind the last block that was written down; a finished one is renamed into place at once.
"""

import json
import os
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import IO, Any

from engine.question import as_json
from engine.reevaluate import Outcome, Span, lines_of
from graph_model.errors import FactsRefused
from graph_model.nodes import SubjectId, Version

Counts = Counter[tuple[str, str, str]]
"""How many items by (measure, department, what)."""
_FORMAT = 1
_KINDS = ("changes", "digests")


@dataclass(slots=True)
class Folder:
    """One folder of re-evaluations."""

    path: Path
    finished: tuple[Version, date | None] | None = None
    running: dict[str, Any] | None = None
    counts: Counts = field(default_factory=Counter)
    _files: dict[str, IO[bytes]] = field(default_factory=dict)

    @classmethod
    def at(cls, path: Path) -> "Folder":
        """Open a folder; made where there is none.

        Raises:
            FactsRefused: its state is not of ours (`reevaluate.state`).

        """
        path.mkdir(parents=True, exist_ok=True)
        folder = cls(path)
        state = path / "state.json"
        if state.exists():
            try:
                told = json.loads(state.read_bytes())
                if told["format"] != _FORMAT:
                    raise ValueError(told["format"])
                if told["finished"] is not None:
                    version, day = told["finished"]["version"], told["finished"]["day"]
                    folder.finished = (int(version), None if day is None else date.fromisoformat(day))
                folder.running = told["running"]
                if folder.running is not None:
                    folder.span_running()
            except (ValueError, TypeError, KeyError, AttributeError):
                raise FactsRefused(
                    f"{state} 不是本程序写的状态文件 is no state of ours",
                    hint="换一个文件夹 name another folder",
                    detail_code="reevaluate.state",
                ) from None
        return folder

    def span_running(self) -> Span | None:
        """Give the span of the run that was stopped here."""
        run = self.running
        if run is None:
            return None
        days = None if run["days"] is None else tuple(date.fromisoformat(day) for day in run["days"])
        return Span(run["since"], run["until"], days)  # type: ignore[arg-type]  # a pair, as `begin` wrote it

    def begin(self, span: Span) -> SubjectId | None:
        """Begin a run, or go on with the one that was stopped; gives the last subject that is done."""
        if self.span_running() != span:
            days = None if span.days is None else [day.isoformat() for day in span.days]
            self.running = {"since": span.since, "until": span.until, "days": days, "subject": None}
            self.running |= {"bytes": dict.fromkeys(_KINDS, 0), "counts": []}
        run = self._run()
        self.counts = Counter({(measure, department, what): n for measure, department, what, n in run["counts"]})
        for kind in _KINDS:
            file = (self.path / f"{kind}.part").open("r+b" if run["subject"] is not None else "w+b")
            file.truncate(run["bytes"][kind])
            file.seek(0, os.SEEK_END)
            self._files[kind] = file
        subject: SubjectId | None = run["subject"]
        return subject

    def _run(self) -> dict[str, Any]:
        if self.running is None:
            raise RuntimeError("no run was begun")
        return self.running

    def write(self, outcome: Outcome) -> None:
        """Write down what happened to one subject."""
        for item in outcome.items:
            self.counts.update((item.measure, department, item.what) for department in item.departments)
        self._files["changes"].write(lines_of(outcome.items))
        told = json.dumps({"subject": outcome.subject, "digest": outcome.now}, ensure_ascii=False)
        self._files["digests"].write(told.encode() + b"\n")

    def keep(self, subject: SubjectId) -> None:
        """Make durable what is written, up to this subject: here a stopped run goes on."""
        run = self._run()
        for file in self._files.values():
            file.flush()
            os.fsync(file.fileno())
        run["subject"] = subject
        run["bytes"] = {kind: file.tell() for kind, file in self._files.items()}
        run["counts"] = [[*key, number] for key, number in sorted(self.counts.items())]
        self._write_state()

    def finish(self, span: Span) -> dict[str, Path]:
        """Put the files in their places; gives them by kind."""
        day = None if span.days is None else span.days[1]
        name = f"{span.since}-{span.until}" + (f"-{day}" if day else "")
        placed = {}
        for kind, file in self._files.items():
            file.flush()
            os.fsync(file.fileno())
            file.close()
            placed[kind] = self.path / f"{kind}-{name}.jsonl"
            Path(file.name).replace(placed[kind])
        self._files.clear()
        self.finished, self.running = (span.until, day), None
        self._write_state()
        return placed

    def close(self) -> None:
        """Close what is open; what was not kept is written again when the run goes on."""
        for file in self._files.values():
            file.close()
        self._files.clear()

    def _write_state(self) -> None:
        finished = None if self.finished is None else {"version": self.finished[0], "day": as_json(self.finished[1])}
        told = json.dumps({"format": _FORMAT, "finished": finished, "running": self.running}, ensure_ascii=False)
        part = self.path / "state.part"
        with part.open("wb") as file:
            file.write(told.encode())
            file.flush()
            os.fsync(file.fileno())
        part.replace(self.path / "state.json")
