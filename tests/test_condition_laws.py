"""Conditions against two second opinions: rule-engine where all is known, truth tables where something is missing."""

import re
from collections.abc import Iterator, Mapping
from decimal import Context, Decimal, DivisionByZero, InvalidOperation, Overflow, localcontext
from functools import cache
from itertools import product
from typing import Any

import rule_engine

from graph_model.nodes import Scalar
from memoranda.condition import Condition, compile_condition, recompile_condition
from tests.random_conditions import DOMAINS, FACTS, Tree, Writer

EXACT = Context(prec=100, traps=[DivisionByZero, InvalidOperation, Overflow])
ENGINE_TYPES = {
    "number": rule_engine.DataType.FLOAT,
    "boolean": rule_engine.DataType.BOOLEAN,
    "text": rule_engine.DataType.STRING,
    "day": rule_engine.DataType.DATETIME,
}
AND = {
    (a, b): False if False in (a, b) else None if None in (a, b) else True
    for a in (True, False, None)
    for b in (True, False, None)
}
OR = {
    (a, b): True if True in (a, b) else None if None in (a, b) else False
    for a in (True, False, None)
    for b in (True, False, None)
}
NOT = {True: False, False: True, None: None}


def conditions(seed: int, count: int) -> Iterator[tuple[Condition, Tree, Writer]]:
    """Random conditions that are within the limits, each with the tree it was made from; rule-engine is asked apart."""
    writer = Writer(seed)
    for _ in range(count):
        text, tree = writer.condition()
        if len(text) <= 1000:
            yield recompile_condition(text, FACTS), tree, writer


def some_values(writer: Writer, missing: float) -> dict[str, Scalar | None]:
    return {name: writer.random.choice(domain) for name, domain in DOMAINS.items() if writer.random.random() >= missing}


def by_truth_table(tree: Tree, values: Mapping[str, Scalar | None]) -> Any:
    """What strong Kleene logic says, by tables and recursion alone; `None` is unknown."""
    kind, *parts = tree
    if kind == "symbol":
        return values.get(parts[0])
    if kind == "constant":
        return parts[0]
    if kind == "=~":
        text = by_truth_table(parts[0], values)
        return None if text is None else re.match(parts[1], text) is not None
    found = [by_truth_table(part, values) for part in parts]
    if kind == "not":
        return NOT[found[0]]
    if kind in {"and", "or"}:
        table, whole = AND if kind == "and" else OR, found[0]
        for part in found[1:]:
            whole = table[whole, part]
        return whole
    if None in found:
        return None
    return applied(kind, found)


def applied(kind: str, found: list[Any]) -> Any:
    a, b = found[0], found[-1]
    with localcontext(EXACT):
        match kind:
            case "negative":
                return -a
            case "+":
                return a + b
            case "-":
                return a - b
            case "*":
                return a * b
            case "/":
                return a / b if b != 0 else None
    comparisons = {"==": a == b, "!=": a != b, "in": a in found[1:]}
    if kind in comparisons:
        return comparisons[kind]
    return {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[kind]


@cache
def engine_context() -> rule_engine.Context:
    return rule_engine.Context(
        type_resolver=rule_engine.type_resolver_from_dict({f"fact_{n}": ENGINE_TYPES[t] for n, t in FACTS.items()}),
        default_timezone="utc",
        decimal_context=EXACT,
    )


def by_rule_engine(text: str, values: Mapping[str, Scalar | None]) -> bool | None:
    """What rule-engine's own evaluator says of the text as it stands; `None` where it raises on a division by zero."""
    try:
        with localcontext(EXACT):
            rule = rule_engine.Rule(
                text.replace("fact.", "fact_").replace(r"'\w*$'", r"'\\w*$'"), context=engine_context()
            )
        found: bool = rule.evaluate({name.replace(".", "_"): value for name, value in values.items()})
    except (rule_engine.errors.ArithmeticError, ArithmeticError):
        return None
    return found


def test_where_all_is_known_it_says_what_rule_engine_says() -> None:
    agreed = 0
    for condition, _, writer in conditions(seed=1, count=13_000):
        values = some_values(writer, missing=0)
        theirs = by_rule_engine(condition.text, values)
        if theirs is None:  # it raises on a division by zero even where the rest decides
            continue
        assert condition.holds(values) is theirs, (condition.text, values)
        agreed += 1
    assert agreed >= 10_000


def test_where_something_is_missing_it_says_what_the_truth_tables_say() -> None:
    counts = dict.fromkeys((True, False, None), 0)
    for condition, tree, writer in conditions(seed=2, count=4_000):
        for missing in (0, 0.3, 0.7, 1):
            values = some_values(writer, missing)
            expected = by_truth_table(tree, values)
            assert condition.holds(values) is expected, (condition.text, values)
            counts[expected] += 1
    assert min(counts.values()) > 1_500, "each of the three values must be met often"


def test_where_it_gives_a_value_every_completion_of_the_missing_facts_gives_the_same() -> None:
    decided = 0
    for condition, _, writer in conditions(seed=3, count=4_000):
        values = some_values(writer, missing=0.5)
        missing = [name for name in condition.symbols if values.get(name) is None]
        found = condition.holds(values)
        if found is None or not 0 < len(missing) <= 4:
            continue
        decided += 1
        for completion in product(*(DOMAINS[name] for name in missing)):
            assert condition.holds({**values, **dict(zip(missing, completion, strict=True))}) is found, condition.text
    assert decided > 200


def test_it_is_unknown_for_a_stated_reason_and_only_then() -> None:
    for condition, _, writer in conditions(seed=4, count=1_500):
        values = some_values(writer, missing=0.4)
        if condition.holds(values) is not None:
            continue
        missing = sorted(name for name in condition.symbols if values.get(name) is None)
        named = [reason for reason in condition.reasons(values) if reason.startswith("fact_missing: ")]
        assert named == ([f"fact_missing: {', '.join(missing)}"] if missing else [])
        assert missing or condition.reasons(values) == ("condition_error",)


def test_symbols_are_all_that_a_condition_depends_on() -> None:
    for condition, _, writer in conditions(seed=5, count=1_000):
        values = some_values(writer, missing=0.2)
        needed = {name: value for name, value in values.items() if name in condition.symbols}
        assert condition.holds(needed) is condition.holds(values)
        assert list(condition.symbols) == sorted(set(condition.symbols))


def test_numbers_are_exact_decimals() -> None:
    tenth = compile_condition("fact.n + fact.m == 0.3", FACTS)
    assert tenth.holds({"fact.n": Decimal("0.1"), "fact.m": Decimal("0.2")}) is True
