"""Seconds and memory of a whole city: `python -m benchmarks.city_figures [--organisations 100000] [--folder KEPT]`.

Each step runs in a process of its own, so that its peak memory is its own. Absolute figures: they say what this
machine did today, and are for a closing note; ratios against a control are in the `bench_*.py` files. In a folder that
is named the city stays, and a single `--step` can be done there again; the last step writes into it.
"""

import argparse
import gc
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from statistics import median
from uuid import uuid4

from benchmarks.cities import loaded, written
from benchmarks.process import own_resident_mb
from engine.change_feed import Place
from engine.index import Index
from engine.question import Check
from engine.service import Service
from graph_model.nodes import Designation, Facts
from graph_model.store import ChangeSet
from graph_model.stores import open_store
from memoranda.reader import SHIPPED, read_rulebook

CHECKS, CHANGES = 10_000, 41
DAY = date(2026, 11, 24)


def write(folder: Path, organisations: int) -> str:
    written(folder, organisations)
    return f"{organisations:,} organisations"


def fill(folder: Path, _: int) -> str:
    rows = loaded(folder, read_rulebook(SHIPPED), url(folder))
    size = (folder / "city.db").stat().st_size
    return f"{sum(rows.values()):,} rows, {size / 1e6:,.0f} MB on the disk, {written_mb():,.0f} MB written for it"


def opening(folder: Path, _: int) -> str:
    with open_store(url(folder)) as store:
        return f"version {Service(store).rulebook_in_force()[0]}"


def checks(folder: Path, _: int) -> str:
    with open_store(url(folder)) as store:
        service = Service(store)
        every = list(store.subjects(store.latest_version()))
        asked = every[:: max(1, len(every) // CHECKS)][:CHECKS]
        started = time.perf_counter()
        for subject in asked:
            service.check(Check(subject, "gov-procurement-supplier", DAY, department="xm-finance"))
        return f"{len(asked):,} checks, {len(asked) / (time.perf_counter() - started):,.0f} a second"


def index(folder: Path, _: int) -> str:
    with open_store(url(folder)) as store:
        before = own_resident_mb()
        found = Index(store)
        found.build()
        gc.collect()
        return f"{own_resident_mb():,.0f} MB resident with the index, {before:,.0f} MB without"


def changes(folder: Path, _: int) -> str:
    """Designate organisations one by one, and ask the feed after each what that did."""
    commits, tellings = list[float](), list[float]()
    with open_store(url(folder)) as store:
        service = Service(store)
        every = [s for s in store.subjects(store.latest_version()) if not s.startswith("p-")]
        for subject in every[:: len(every) // CHANGES][:CHANGES]:
            key = uuid4().hex
            new = Designation(key, subject, "djd", "spc", document_no=key, decided_on=DAY, facts={"ground": "2"})
            with taking(commits):
                version = service.apply(ChangeSet("benchmark", "benchmark", key, Facts(designations=(new,)))).version
            with taking(tellings):
                service.feed(Place(version - 1), most=1)
    took = [f"{median(times) * 1e3:.1f} ms" for times in (commits, tellings)]
    return f"{len(commits)} changes, median: commit {took[0]}, re-evaluation {took[1]}"


@contextmanager
def taking(times: list[float]) -> Iterator[None]:
    started = time.perf_counter()
    yield
    times.append(time.perf_counter() - started)


def written_mb() -> float:
    """Give what this process has had written to the disk so far."""
    lines = Path("/proc/self/io").read_text(encoding="ascii").splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("write_bytes"))) / 1e6


STEPS = {"write": write, "load": fill, "open": opening, "check": checks, "index": index, "change": changes}


def url(folder: Path) -> str:
    return f"sqlite:///{folder / 'city.db'}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--organisations", type=int, default=100_000)
    parser.add_argument("--step", choices=STEPS)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    if given.step:
        started = time.perf_counter()
        done = STEPS[given.step](given.folder, given.organisations)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{given.step:6} {time.perf_counter() - started:8.1f} s {peak:8.0f} MB  {done}")
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for step in STEPS:
            own = ["--step", step, "--folder", str(folder), "--organisations", str(given.organisations)]
            subprocess.run([sys.executable, "-m", "benchmarks.city_figures", *own], check=True)


if __name__ == "__main__":
    main()
