"""Compare engine and oracle on many random worlds: `python -m tests.run_worlds --worlds 1000000 --seed 0`."""

import argparse
import sys
import time

from tests.differential import EXPECTED, Outcome, compare_many


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0, help="number of the first world")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--show", type=int, default=5, help="how many disagreements to print")
    options = parser.parse_args()
    started = time.perf_counter()

    def done(worlds: int, outcome: Outcome) -> None:
        if worlds % 50_000 == 0:
            seconds = time.perf_counter() - started
            sys.stderr.write(f"{worlds:,} worlds, {outcome.disagreed:,} disagreements, {seconds:.0f} s\n")

    outcome = compare_many(options.seed, options.worlds, options.processes, done)
    seconds = time.perf_counter() - started
    for name in EXPECTED:
        sys.stdout.write(f"{outcome.tally[name]:>12,}  {name}\n")
    for text in outcome.disagreements[: options.show]:
        sys.stdout.write(f"--- disagreement\n{text}\n")
    missing = outcome.missing()
    sys.stdout.write(f"{options.worlds:,} worlds in {seconds:.0f} s on {options.processes} processes; ")
    sys.stdout.write(f"{outcome.disagreed:,} disagreements; never seen: {missing or 'nothing'}\n")
    return 1 if outcome.disagreed or missing else 0


if __name__ == "__main__":
    sys.exit(main())
