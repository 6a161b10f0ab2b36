"""Compare Neo4j and the embedded store on many random worlds: `python -m tests.run_stores_apart --worlds 2000`."""

import argparse
import os
import sys
import time

from tests.neo4j_place import place
from tests.stores_apart import differences


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=7_000_000, help="number of the first world")
    options = parser.parse_args()
    started, different = time.perf_counter(), 0
    with place(os.environ) as found:
        for number, (seed, told, expected) in enumerate(differences(found, options.seed, options.worlds), start=1):
            if told != expected:
                different += 1
                pair = next(((a, b) for a, b in zip(told, expected, strict=False) if a != b), (told, expected))
                sys.stdout.write(f"--- world {seed}\nNeo4j    {pair[0]}\nembedded {pair[1]}\n")
            if number % 100 == 0:
                sys.stderr.write(f"{number:,} worlds, {different} different, {time.perf_counter() - started:.0f} s\n")
    sys.stdout.write(f"{options.worlds:,} worlds in {time.perf_counter() - started:.0f} s, {different} different\n")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
