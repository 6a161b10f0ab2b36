"""Does anything notice? Runs worlds and scenarios on the packages of the working directory; one JSON line says what.

`tests/run_mutants.py` runs this inside a copy of the project into which it has written one mutant.
"""

import json
import sys
from pathlib import Path

import engine
from api.scenario_files import read_scenarios
from api.scenario_stores import stores_like
from api.scenarios import Runner
from tests.differential import Outcome, compare_world
from tests.worlds import world_of

SCENARIOS = Path("tests/scenarios")


def first_world(most: int) -> str | None:
    """The first world on which engine and oracle disagree, or on which the engine breaks."""
    outcome = Outcome()
    for seed in range(most):
        try:
            compare_world(world_of(seed), outcome)
        except Exception as error:  # a mutant may break anywhere, and that is noticing it
            return f"world {seed} ({type(error).__name__})"
        if outcome.disagreements:
            return f"world {seed}"
    return None


def first_scenario() -> str | None:
    """The first scenario that fails."""
    with stores_like(None) as new_store:
        runner = Runner(new_store)
        for file in sorted(path for path in SCENARIOS.rglob("*") if path.suffix in (".yaml", ".jsonl")):
            for scenario in read_scenarios(file):
                try:
                    failed = [outcome.number for outcome in runner.run(scenario) if not outcome.passed]
                except Exception as error:  # the same
                    return f"{file.relative_to(SCENARIOS)} ({type(error).__name__})"
                if failed:
                    return str(file.relative_to(SCENARIOS))
    return None


def main() -> int:
    here = Path.cwd()
    if not Path(engine.__file__ or "").is_relative_to(here):
        sys.stderr.write(f"this would try {engine.__file__}, not the packages of {here}\n")
        return 2
    found = {"world": first_world(int(sys.argv[1])), "scenario": first_scenario()}
    sys.stdout.write(json.dumps(found) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
