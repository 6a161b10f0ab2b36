"""What is wanted of the figures, row by row, and whether it is reached. Nothing is judged that was not measured."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

CHECKS, MEMORY, CHANGES, FULL = "checks over HTTP", "checks in memory", "changes", "full"
EMPTY = "an empty FastAPI route, one worker"
LOOK_UP = "a dictionary look-up of the same key"


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that is wanted. `place`: where its figure is among those of a size; `short`: its name in a plot."""

    what: str
    control: str
    place: tuple[str, ...]
    way: Literal["at least", "at most"]
    bound: float
    short: str

    def figure(self, size: Mapping[str, Any]) -> float | None:
        """Give the figure of one size; `None` where it was not measured."""
        return figure(size, *self.place)

    def is_reached(self, found: float) -> bool:
        """Whether a figure is as wanted."""
        return found >= self.bound if self.way == "at least" else found <= self.bound

    def times_better(self, found: float) -> float:
        """How many times better than wanted a figure is: 1 just reaches it."""
        return found / self.bound if self.way == "at least" else self.bound / found


def figure(size: Mapping[str, Any], *place: str) -> float | None:
    """Find a figure by its place."""
    found: Any = size
    for step in place:
        found = found.get(step) if isinstance(found, Mapping) else None
    return found if isinstance(found, int | float) else None


def _http(asked: str, rate: float) -> list[Row]:
    rows = []
    for connections in (16, 64):
        place, at = (CHECKS, f"{asked} affected/{connections}/strict"), f"{connections} connections"
        what = f"`POST /v1/checks`, {asked} affected, {at}: throughput"
        rows.append(Row(what, EMPTY, (*place, "rate_ratio"), "at least", rate, f"HTTP, {asked}, {at}: rate"))
        if asked == "5 %":
            rows.append(
                Row("99th percentile of the same", EMPTY, (*place, "p99_ms_ratio"), "at most", 1, f"HTTP, {at}: p99")
            )
            what = "the server's processor time for a check, of the same"
            rows.append(Row(what, EMPTY, (*place, "cpu_us_ratio"), "at most", 0.6, f"HTTP, {at}: CPU"))
    return rows


def _two_workers(connections: int) -> Row:
    at = f"{connections} connections"
    place = (CHECKS, f"two workers/{connections}", "ratio")
    return Row(f"two workers, {at}: throughput", "one worker", place, "at least", 1.6, f"two workers, {at}")


def _memory(name: str, what: str, bound: float, short: str) -> Row:
    return Row(what, LOOK_UP, (MEMORY, f"{name}_ratio"), "at most", bound, short)


ROWS = (
    *_http("5 %", 2),
    *_http("50 %", 1.2),
    _two_workers(16),
    _two_workers(64),
    Row("batches of 1,000: checks a second", "single checks over HTTP, 16 connections",
        (CHECKS, "batches", "to_singles"), "at least", 20, "batch to singles"),
    Row("the same", EMPTY, (CHECKS, "batches", "rate_ratio"), "at least", 15, "batch to empty route"),
    _memory("standing", "the index alone, of a subject not affected", 10, "index, not affected"),
    _memory("clear", "a check of a subject not affected, decision and log record as bytes", 10, "check, not affected"),
    _memory("affected_again", "a check of one affected, whole proof, the decision kept ready as bytes", 60,
            "check, affected, kept"),
    _memory("affected", "the same, asked for the first time", 60, "check, affected, first"),
    Row("a change, acknowledged and visible", "a bare durable SQLite commit", (CHANGES, "ratio"),
        "at most", 2, "change"),
    Row("the same", "a city of 10,000 organisations", (CHANGES, "ratio_to_base"), "at most", 1.5, "change to 10,000"),
    Row("everything re-evaluated", "one SQL statement with the same triples", (FULL, "ratio"), "at most", 3,
        "everything re-evaluated"),
)  # fmt: skip
