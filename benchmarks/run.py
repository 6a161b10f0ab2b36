"""Everything that `make bench` measures on cities of some sizes: `python -m benchmarks.run 10000 100000`.

Each part has a process of its own, one after the other; what is found is written to `docs/benchmarks/figures.json`
after each, and the page is made from it. A part that fails is told at the end, and the others go on.
"""

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

from benchmarks import changes, figures, full, http_checks, in_memory
from benchmarks.cities import loaded, written
from benchmarks.process import Others

BASE = 10_000
"""Organisations of the city that changes of a larger one are held against, by turns."""
LARGE = 200_000
"""From how many organisations on everything is re-evaluated once only."""
PARTS = ("checks in memory", "checks over HTTP", "changes", "full")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", type=int, nargs="*")
    parser.add_argument("--part", choices=PARTS, action="append", help="this alone, of the sizes")
    parser.add_argument("--groups", action="store_true", help="the groups of bench_*.py first")
    given = parser.parse_args()
    failed: list[str] = []
    stamp = figures.stamp()
    with TemporaryDirectory(dir=disk()) as place:
        if given.groups:
            groups(Path(place), stamp, failed)
        base = made(Path(place, "base"), BASE)
        for size in sorted(set(given.sizes)):
            with noting(f"{size:,} organisations", failed):
                whole_city(size, Path(place), base, given.part or PARTS, stamp, failed)
    for part in failed:
        print(f"NOT MEASURED: {part}", file=sys.stderr)
    return 1 if failed else 0


def disk() -> Path:
    """Give the folder for cities: beside the sources, for a temporary one may be in memory, where nothing is synced."""
    folder = figures.ROOT / "var"
    folder.mkdir(exist_ok=True)
    return folder


def made(folder: Path, size: int) -> Path:
    """Make a city."""
    city = folder / "city.db"
    loaded(folder / "files", written(folder / "files", size), f"sqlite:///{city}")
    shutil.rmtree(folder / "files")
    return city


def whole_city(
    size: int, place: Path, base: Path, parts: list[str] | tuple[str, ...], stamp: dict[str, Any], failed: list[str]
) -> None:
    """Measure one size; changes last, for they leave another city behind."""
    folder, others = place / str(size), Others()
    folder.mkdir()
    city = apart(made, folder, size)
    ways: dict[str, Callable[[], Any]] = {
        "checks in memory": partial(apart, in_memory.measured, city),
        "full": partial(apart, full.measured, city, 3 if size < LARGE else 1),
        "checks over HTTP": partial(apart, http_checks.measured, city),
        "changes": partial(apart, changes.measured, copied(base, folder), city),
    }
    for part in (part for part in ways if part in parts):
        with noting(f"{part}, {size:,} organisations", failed):
            found = ways[part]()
            keep(["sizes", str(size), part], found)
            keep(["sizes", str(size), "run"], {**stamp, "others": others.cores()})
    shutil.rmtree(folder)


def copied(city: Path, folder: Path) -> Path:
    """Copy a city that nobody has open."""
    return Path(shutil.copy(city, folder / "base.db"))


def apart(measure: Callable[..., Any], *given: object) -> Any:
    """Measure in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(measure, *given).result()


def groups(place: Path, stamp: dict[str, Any], failed: list[str]) -> None:
    """Run the groups of pytest-benchmark, but for those with runs of their own: `full`, and the graph store."""
    file = place / "groups.json"
    own = {"bench_full.py", "bench_neo4j.py"}
    files = sorted(str(path) for path in Path(__file__).parent.glob("bench_*.py") if path.name not in own)
    told = ["--benchmark-columns=median,iqr,rounds", f"--benchmark-json={file}"]
    others = Others()
    with noting("groups in process", failed):
        subprocess.run([sys.executable, "-m", "pytest", *files, *told], cwd=figures.ROOT, check=True)
        found = [
            {"group": one["group"], "name": one["name"], "median_s": one["stats"]["median"]}
            for one in json.loads(file.read_text(encoding="utf-8"))["benchmarks"]
        ]
        keep(["groups"], {"run": {**stamp, "others": others.cores()}, "found": found})


def keep(place: list[str], found: Any) -> None:
    """Put something found in its place among the figures."""
    every = figures.kept()
    *way, last = place
    inner = every
    for step in way:
        inner = inner.setdefault(step, {})
    inner[last] = found
    figures.keep(every)


@contextmanager
def noting(part: str, failed: list[str]) -> Iterator[None]:
    """Tell a part and how long it took; note what fails, and go on."""
    print(f"— {part}", flush=True)
    began = monotonic()
    try:
        yield
    except (Exception, SystemExit) as error:
        print(f"  failed: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
        failed.append(part)
    print(f"  {monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
