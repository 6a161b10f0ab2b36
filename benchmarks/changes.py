"""One change, acknowledged and visible, against a bare durable commit: `python -m benchmarks.changes BASE.db CITY.db`.

A change is one new designation of some organisation: admitted, logged, synced to the disk, and taken into the index
before `Service.apply` returns. The control is one row into one table, synced in the same way, on the same disk. BASE
is a small city: it, the control and CITY are written by turns. Both cities are changed: give copies.
"""

import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from uuid import uuid4

import apsw

from engine.index import Index
from engine.question import Check
from engine.service import Service
from graph_model.nodes import Designation, Facts
from graph_model.store import ChangeSet
from graph_model.stores import open_store

ROUNDS, WARMING = 150, 30
DAY = date(2026, 11, 24)
Figures = dict[str, float]
Write = Callable[[], None]


def measured(base: Path, city: Path) -> Figures:
    """Write by turns; times in milliseconds, medians, and medians of ratios within a turn."""
    with (
        TemporaryDirectory(dir=city.parent) as folder,
        bare(Path(folder) / "bare.db") as commit,
        applying(base) as small,
        applying(city) as large,
    ):
        turns = [tuple(took(write) for write in (commit, small, large)) for _ in range(WARMING + ROUNDS)][WARMING:]
    return {
        "bare_ms": median(control for control, _, _ in turns) * 1e3,
        "base_ms": median(first for _, first, _ in turns) * 1e3,
        "change_ms": median(ours for _, _, ours in turns) * 1e3,
        "ratio": median(ours / control for control, _, ours in turns),
        "ratio_to_base": median(ours / first for _, first, ours in turns),
    }


def took(write: Write) -> float:
    began = perf_counter()
    write()
    return perf_counter() - began


@contextmanager
def bare(file: Path) -> Iterator[Write]:
    """Give a write of one row, about as long as a designation, that is on the disk when it returns."""
    connection = apsw.Connection(str(file))
    connection.pragma("journal_mode", "wal")
    connection.pragma("synchronous", "FULL")
    connection.execute("CREATE TABLE row (id TEXT PRIMARY KEY, said TEXT) STRICT")
    said = "x" * 300

    def write() -> None:
        connection.execute("INSERT INTO row VALUES (?, ?)", (uuid4().hex, said))

    yield write
    connection.close()


@contextmanager
def applying(city: Path) -> Iterator[Write]:
    """Give a change of a city that is served from memory; each is looked for once it is acknowledged."""
    chance = random.Random(city.stat().st_size)
    with open_store(f"sqlite:///{city}") as store:
        index = Index(store)
        index.build()
        service = Service(store, index)
        organisations = [s for s in store.subjects(store.latest_version()) if not s.startswith("p-")]

        def change() -> None:
            number, subject = uuid4().hex, chance.choice(organisations)
            new = Designation(
                number, subject, "djd", "spc", document_no=number, decided_on=DAY, effective_from=DAY,
                facts={"ground": "2"},
            )  # fmt: skip
            receipt = service.apply(ChangeSet("benchmark", "benchmark", number, Facts(designations=(new,))))
            if index.version != receipt.version:
                raise AssertionError("the change is acknowledged and cannot be seen")

        change()
        decision = service.check(Check(chance.choice(organisations), "gov-subsidy", DAY))
        if decision.version != index.version:
            raise AssertionError("a check does not see the change")
        yield change


if __name__ == "__main__":
    for name, figure in measured(Path(sys.argv[1]), Path(sys.argv[2])).items():
        print(f"{name:24} {figure:10.3f}")
