"""Seconds and memory of a whole city: `python -m benchmarks.city_figures [--organisations 100000]`.

Each step runs in a process of its own, so that its peak memory is its own. Absolute figures: they say what this
machine did today, and are for a closing note; ratios against a control are in the `bench_*.py` files.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from benchmarks.cities import loaded, written
from engine.question import Check
from engine.service import Service
from graph_model.stores import open_store
from memoranda.reader import SHIPPED, read_rulebook

CHECKS = 10_000
DAY = date(2026, 11, 24)


def write(folder: Path, organisations: int) -> str:
    written(folder, organisations)
    return f"{organisations:,} organisations"


def fill(folder: Path, _: int) -> str:
    rows = loaded(folder, read_rulebook(SHIPPED), url(folder))
    return f"{sum(rows.values()):,} rows"


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


STEPS = {"write": write, "load": fill, "open": opening, "check": checks}


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
    with tempfile.TemporaryDirectory() as folder:
        for step in STEPS:
            own = ["--step", step, "--folder", folder, "--organisations", str(given.organisations)]
            subprocess.run([sys.executable, "-m", "benchmarks.city_figures", *own], check=True)


if __name__ == "__main__":
    main()
