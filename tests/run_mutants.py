"""Try every mutant: `python -m tests.run_mutants`. Writes docs/mutants.md; fails where one goes unnoticed."""

import argparse
import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

from tests.mutants import MUTANTS
from tests.mutants_of_gates import ROOT, Mutant

PACKAGES = ("graph_model", "memoranda", "engine", "loaders", "api", "tests")
PAGE = ROOT / "docs" / "mutants.md"
HEAD = """# Mutants: would the tests notice?

Each row is one deliberate misreading of `docs/semantics.md`, written into one line of the engine. The second and third
columns say which random world (`tests/worlds.py`) and which scenario file (`tests/scenarios/`) noticed it first; "—"
means that this half of the tests did not. Made by `python -m tests.run_mutants`; do not edit.

"""
Verdict: TypeAlias = dict[str, str | None]


def copy(source: Path, folder: Path) -> None:
    """Copy the packages and their tests."""
    for package in PACKAGES:
        shutil.copytree(source / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))


def try_one(mutant: Mutant | None, *, source: Path, worlds: int) -> Verdict:
    """Copy the packages, write the mutant in, and run the trial there; `None` is the engine as it is."""
    with TemporaryDirectory(prefix="xinheng-mutant-") as temporary:
        folder = Path(temporary)
        copy(source, folder)
        if mutant is not None:
            mutant.apply(folder)
        run = subprocess.run(
            [sys.executable, "-m", "tests.mutant_trial", str(worlds)], cwd=folder, capture_output=True, text=True
        )
    if run.returncode:
        return {"world": f"({run.stderr.strip().splitlines()[-1]})", "scenario": None}
    verdict: Verdict = json.loads(run.stdout.splitlines()[-1])
    return verdict


def page(verdicts: list[Verdict]) -> str:
    """The result as a page."""
    caught = sum(1 for verdict in verdicts if any(verdict.values()))
    lines = [f"{caught} of {len(MUTANTS)} noticed.\n", "| misreading | file | world | scenario |", "|---|---|---|---|"]
    for mutant, verdict in zip(MUTANTS, verdicts, strict=True):
        world = (verdict["world"] or "—").removeprefix("world ")
        lines.append(f"| {mutant.means} | `{mutant.file}` | {world} | {verdict['scenario'] or '—'} |")
    return HEAD + "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=4_000, help="how many worlds to try on each, at most")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    with TemporaryDirectory(prefix="xinheng-unharmed-") as temporary:
        source = Path(temporary)  # one copy for all: somebody may be editing the original
        copy(ROOT, source)
        unharmed = try_one(None, source=source, worlds=200)
        if any(unharmed.values()):
            sys.stderr.write(f"the engine itself fails, so mutants would prove nothing: {unharmed}\n")
            return 1
        with ThreadPoolExecutor(options.processes) as pool:
            verdicts = list(pool.map(partial(try_one, source=source, worlds=options.worlds), MUTANTS))
    PAGE.write_text(page(verdicts), encoding="utf-8")
    missed = [mutant for mutant, verdict in zip(MUTANTS, verdicts, strict=True) if not any(verdict.values())]
    for mutant in missed:
        sys.stdout.write(f"unnoticed: {mutant.file}: {mutant.means}\n")
    sys.stdout.write(f"{len(MUTANTS) - len(missed)} of {len(MUTANTS)} mutants noticed; {PAGE}\n")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
