"""Every scenario file holds on the engine, through the store, on the embedded store in memory."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.scenario_files import Scenario, read_scenarios
from api.scenario_stores import stores_like
from api.scenarios import Runner

SCENARIOS = Path(__file__).parent / "scenarios"
FILES = sorted(path for path in SCENARIOS.rglob("*") if path.suffix in (".yaml", ".jsonl"))
RULES = (
    *(f"F{number}" for number in range(1, 6)),
    *(f"R{number}" for number in range(2, 11)),
    *(f"G{number}" for number in range(1, 11)),
    *(f"J{number}" for number in range(1, 10)),
)


@pytest.fixture(scope="module")
def scenarios() -> dict[Path, list[Scenario]]:
    """All files, read once: YAML is slow to read."""
    return {file: read_scenarios(file) for file in FILES}


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    with stores_like(None) as new_store:
        yield Runner(new_store)


@pytest.mark.parametrize("file", FILES, ids=lambda path: str(path.relative_to(SCENARIOS)))
def test_the_engine_finds_what_the_scenario_expects(
    file: Path, scenarios: dict[Path, list[Scenario]], runner: Runner
) -> None:
    outcomes = [outcome for scenario in scenarios[file] for outcome in runner.run(scenario)]
    assert outcomes
    failed = [outcome for outcome in outcomes if not outcome.passed]
    assert [(one.scenario.name, one.number, one.expected, one.found, one.complaint) for one in failed] == []


def test_every_numbered_rule_has_a_scenario_that_is_named_for_it(scenarios: dict[Path, list[Scenario]]) -> None:
    names = [scenario.name for told in scenarios.values() for scenario in told]
    told = Counter(name.split(":")[0] for name in names)
    assert [rule for rule in RULES if not told[rule]] == []


def test_no_two_scenarios_have_the_same_name(scenarios: dict[Path, list[Scenario]]) -> None:
    names = Counter(scenario.name for told in scenarios.values() for scenario in told)
    assert [name for name, times in names.items() if times > 1] == []


def test_every_verdict_and_every_gate_is_expected_somewhere(scenarios: dict[Path, list[Scenario]]) -> None:
    checks = [check for told in scenarios.values() for scenario in told for check in scenario.checks]
    verdicts = {check["expect"].get("verdict") for check in checks if "expect" in check}
    assert verdicts >= {"bar", "limit", "weigh", "unresolved", "watch", "favour", "clear", "unknown"}
    gates = {gate.rstrip("?") for check in checks for gate in check.get("why_not", ())}
    assert gates >= {
        "in_effect",
        "duly_listed",
        "memorandum_in_force",
        "list_covered",
        "role_reached",
        "basis_holds",
        "department_bound",
        "condition_true",
        "within_term",
        "not_exempt",
        "matter_covered",
        "not_elsewhere",
        "not_withheld",
    }
