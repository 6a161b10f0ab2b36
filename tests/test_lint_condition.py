"""What lint calls never true is never true, and the contradictions that people write are found."""

from collections.abc import Mapping

import pytest

from graph_model.nodes import FactType
from memoranda.condition import compile_condition
from memoranda.lint_condition import MOST_CASES, can_be_true
from tests.lint_pages import findings
from tests.test_condition_laws import conditions, some_values

FACTS: Mapping[str, FactType] = {
    "a": "number", "b": "number", "t": "text", "s": "text", "yes": "boolean", "day": "day", "end": "day",
}  # fmt: skip


def never(text: str) -> bool:
    return not can_be_true(compile_condition(text, FACTS), {})


@pytest.mark.parametrize(
    "text",
    [
        "false",
        "fact.a > 5 and fact.a < 3",
        "fact.a > 5 and fact.a <= 5",
        'fact.t == "x" and fact.t == "y"',
        'fact.t in ["x", "y"] and not (fact.t in ["y", "x", "z"])',
        "fact.yes and not fact.yes",
        'fact.day < d"2024-01-01" and fact.day > d"2024-01-01"',
        'fact.day > d"2024-01-01" and fact.day < d"2024-01-02"',
        'fact.a > fact.b and fact.t == "x" and fact.t == "y"',
        "not (fact.a == 1 or fact.a != 1)",
    ],
)
def test_a_contradiction_is_never_true(text: str) -> None:
    assert never(text)


@pytest.mark.parametrize(
    "text",
    [
        "true",
        "fact.a > 5 and fact.a < 5.1",
        "fact.a < 5 and fact.a > -1000000",
        'fact.t != "x" and fact.t != "y"',
        'fact.day > d"2024-01-01" and fact.day < d"2024-01-03"',
        "fact.day < fact.end",
        "fact.a > fact.b and fact.b > fact.a",  # never true, but symbols compared with each other are left alone
        "fact.yes == fact.yes",
        'fact.t =~ "x.*" and fact.t != "x"',
        "fact.a + fact.b > 5",
    ],
)
def test_what_may_be_true_is_left_alone(text: str) -> None:
    assert not never(text)


def test_a_condition_with_too_many_cases_is_left_alone() -> None:
    names = [f"n{number}" for number in range(12)]
    text = " and ".join(f"fact.{name} in [1, 2]" for name in names) + " and fact.n0 > 2 and fact.n0 < 2"
    assert 5 ** len(names) > MOST_CASES
    assert can_be_true(compile_condition(text, dict.fromkeys(names, "number")), {})


def test_what_is_called_never_true_is_true_of_no_facts() -> None:
    called = 0
    for condition, _, writer in conditions(seed=20, count=800):
        if can_be_true(condition, {}):
            continue
        called += 1
        assert all(condition.holds(some_values(writer, missing=0.2)) is not True for _ in range(40)), condition.text
    assert called > 15


def test_a_condition_is_asked_for_each_role_and_list() -> None:
    def found(condition: str, role: str = "self", binds: str = "self") -> set[str]:
        target = {"role": role, "bases": ["law"]}
        deny = {"id": "deny", "condition": condition, "targets": [target]}
        bases = [{"id": "law", "binds": [binds]}]
        return {f.code for f in findings({"legal_bases": bases, "memoranda": [{"id": "memo", "measures": [deny]}]})}

    assert found('list.id == "penalty"') == {"condition.never-true"}
    assert found('list.id == "serious"') == set()
    assert found('role.type == "director"') == {"condition.never-true"}
    assert found('role.type == "director"', "director", "director") == set()
    assert found('subject.kind == "person"', "branch_of", "branch_of") == {"condition.never-true"}
    assert found('designation.severity == "grave"') == {"condition.never-true"}
    assert found('subject.status == "revoked"') == set()
