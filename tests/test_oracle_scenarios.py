"""Every scenario is answered by the oracle as it is by the engine (CONTRACT §5: the same files run on both)."""

from collections import OrderedDict
from functools import partial
from pathlib import Path

import pytest

from api.scenario_files import read_scenarios
from api.scenario_questions import ask
from api.scenario_stores import stores_like
from api.scenarios import Outcome, Rulebooks, Runner, outcomes, prepare
from graph_model.errors import FactsRefused, RulebookRefused
from tests.oracle_answers import OracleAnswers, passes_the_uscc_check
from tests.oracle_world import Law, World

SCENARIOS = Path(__file__).parent / "scenarios"
FILES = sorted(path for path in SCENARIOS.rglob("*") if path.suffix in (".yaml", ".jsonl"))


@pytest.fixture(scope="module")
def rulebooks() -> Rulebooks:
    """Read once for all files: the shipped rulebook is long."""
    return Rulebooks()


@pytest.mark.parametrize("file", FILES, ids=lambda path: str(path.relative_to(SCENARIOS)))
def test_the_oracle_finds_what_the_scenario_expects(file: Path, rulebooks: Rulebooks) -> None:
    failed: list[Outcome] = []
    asked = 0
    laws: dict[str, Law] = {}
    with stores_like(None) as new_store:
        runner = Runner(new_store, rulebooks)
        for scenario in read_scenarios(file):
            try:
                book = runner.rulebooks.of(scenario)
                facts = runner.facts_of(scenario, book)
                with new_store() as store:
                    prepare(store, book, facts, OrderedDict())  # what the store refuses, nobody answers
            except (RulebookRefused, FactsRefused):
                continue
            if book.digest not in laws:
                laws[book.digest] = Law(book)
            answers = OracleAnswers(World(facts, laws[book.digest]))
            for outcome in outcomes(scenario, partial(ask, answers, keyed=runner.keyed)):
                asked += 1
                if not outcome.passed:
                    failed.append(outcome)
    assert [(one.scenario.name, one.number, one.expected, one.found) for one in failed] == []
    assert asked or file.stem.startswith("r2"), "a file in which nothing was asked proves nothing"


def test_the_oracle_knows_a_credit_code_by_its_check_characters() -> None:
    assert passes_the_uscc_check("91110000802100433B")
    assert not passes_the_uscc_check("91110000802100433A")
