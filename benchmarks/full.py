"""Everything re-evaluated against one SQL statement that finds the same: `python -m benchmarks.full CITY.db [ROUNDS]`.

Both are those of `bench_full.py`; here they go by turns on a city of any size, and their results are compared.
"""

import sys
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks.bench_full import by_engine, by_statement

Figures = dict[str, float]


def measured(city: Path, rounds: int = 3) -> Figures:
    """Measure; seconds, medians, and the median of the ratios within a round."""
    statement = by_statement(city)
    found = []
    for _ in range(rounds):
        began = perf_counter()
        triples = statement()
        between = perf_counter()
        same = by_engine(city) == triples
        found.append((perf_counter() - between, between - began))
        if not same:
            raise AssertionError("the statement finds other triples")
    return {
        "triples": len(triples),
        "rounds": rounds,
        "engine_s": median(ours for ours, _ in found),
        "statement_s": median(bare for _, bare in found),
        "ratio": median(ours / bare for ours, bare in found),
    }


if __name__ == "__main__":
    for name, figure in measured(Path(sys.argv[1]), *map(int, sys.argv[2:])).items():
        print(f"{name:24} {figure:12,.3f}")
