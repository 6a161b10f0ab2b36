"""Conditions: compiled here against rule-engine's own evaluation, in the same run (goal: at least 50 times faster).

Run: `pytest benchmarks/bench_condition.py --benchmark-columns=median,rounds`.
Compare the medians (of a hundred evaluations) of each group; alone they say little on a shared machine.
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
import rule_engine

from memoranda.condition import compile_condition
from memoranda.condition_types import MEASURE_ROOTS, SYMBOLS, as_rule_engine_writes

FACTS = {"amount_owed": "number", "secured": "boolean", "licence_revoked_on": "day", "ground": "text"}
SHAPES = {
    "responsible": "role.responsible",
    "amount": 'fact.amount_owed > 0 and subject.kind != "government"',
    "grounds": 'fact.ground in ["fraud", "flight"] or not fact.secured and fact.amount_owed >= 100000',
    "arithmetic": 'fact.amount_owed * 2 - 500 > 1000 / 4 and fact.licence_revoked_on >= d"2020-01-01"',
}
VALUES: dict[str, Any] = {
    "fact.amount_owed": Decimal(250000),
    "fact.secured": False,
    "fact.licence_revoked_on": date(2024, 5, 20),
    "fact.ground": "other",
    "subject.kind": "enterprise",
    "role.responsible": True,
}


def ours(text: str) -> Callable[[], object]:
    holds = compile_condition(text, FACTS, roots=MEASURE_ROOTS).holds  # type: ignore[arg-type]  # the types of FACTS, as text
    return partial(holds, VALUES)


def rule_engines(text: str) -> Callable[[], object]:
    types = {
        "text": rule_engine.DataType.STRING,
        "number": rule_engine.DataType.FLOAT,
        "boolean": rule_engine.DataType.BOOLEAN,
        "day": rule_engine.DataType.DATETIME,
    }
    names = {f"fact_{name}": types[kind] for name, kind in FACTS.items()}
    names |= {f"{root}_{name}": types[kind] for root, found in SYMBOLS.items() for name, kind in found.items()}
    context = rule_engine.Context(type_resolver=rule_engine.type_resolver_from_dict(names), default_timezone="utc")
    rule = rule_engine.Rule(as_rule_engine_writes(text), context=context)
    values = {name.replace(".", "_"): value for name, value in VALUES.items()}
    return partial(rule.matches, values)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("evaluator", [ours, rule_engines], ids=["ours", "rule-engine"])
def test_evaluation(benchmark: Any, shape: str, evaluator: Callable[[str], Callable[[], object]]) -> None:
    benchmark.group = f"a condition a hundred times: {shape}"
    evaluate = evaluator(SHAPES[shape])
    assert evaluate() is ours(SHAPES[shape])()

    def hundred_times() -> None:  # one call is hardly longer than what the benchmark adds to it
        for _ in range(100):
            evaluate()

    benchmark(hundred_times)
