"""`xinheng scenario run`: run scenario files and say what failed, with its proof (CONTRACT §5)."""

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path

from tqdm import tqdm

from api.cli.exits import Exit
from api.cli.proof import tree_of
from api.cli.session import Session
from api.cli.tree import lines
from api.scenario_files import Scenario, UnreadableFileError, read_scenarios
from api.scenario_stores import stores_like
from api.scenarios import Outcome, Rulebooks, Runner


def describe_run(parser: ArgumentParser, session: Session) -> None:
    """Declare the arguments of `scenario run`."""
    told = session.say("情景文件：.yaml（可含多篇）或 .jsonl（每行一个）", "scenario files: .yaml or .jsonl")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help=told)


def run_scenarios(args: Namespace, session: Session) -> Exit:
    """Run every check of every file; a file that cannot be read stops none of the others."""
    unreadable = passed = failed = 0
    scenarios: list[Scenario] = []
    for file in args.files:
        try:
            scenarios += read_scenarios(file)
        except UnreadableFileError as error:
            unreadable += 1
            print(f"xinheng: {error}", file=sys.stderr)
    with stores_like(args.store, session.settings.access) as new_store:
        for outcome in _outcomes(scenarios, Runner(new_store, Rulebooks(session.settings.cache_folder))):
            passed, failed = passed + outcome.passed, failed + (not outcome.passed)
            _tell(outcome, session, as_json=args.json)
    print(f"{passed} passed, {failed} failed", file=sys.stderr if args.json else session.out)
    if unreadable:
        return Exit.WRONG_USAGE
    return Exit.NOT_DONE if failed else Exit.DONE


def _outcomes(scenarios: list[Scenario], runner: Runner) -> Iterator[Outcome]:
    # `disable=None`: a bar only where a person sees it.
    for scenario in tqdm(scenarios, unit="scenario", leave=False, disable=None):
        yield from runner.run(scenario)


def _tell(outcome: Outcome, session: Session, *, as_json: bool) -> None:
    if as_json:
        session.print_json(
            {
                "scenario": outcome.scenario.name,
                "check": outcome.number,
                "passed": outcome.passed,
                "expected": outcome.expected,
                "found": outcome.found if outcome.complaint is None else {"complaint": outcome.complaint},
                "question": outcome.question,
                "place": outcome.scenario.place,
            }
        )
    elif not outcome.passed:
        session.print(f"FAILED {outcome.scenario.place} · {outcome.scenario.name} · check {outcome.number}")
        session.print(f"  asked     {_flat(outcome.question)}")
        if outcome.complaint is not None:
            session.print(f"  unreadable {outcome.complaint}")
        else:
            session.print(f"  expected  {_flat(outcome.expected)}")
            session.print(f"  found     {_flat(outcome.found)}")
        session.print("\n".join(f"  {line}" for line in lines(tree_of(outcome.answer, session.say))))


def _flat(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
