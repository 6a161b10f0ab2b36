"""Two readings of the condition language, each with its own parser and evaluator, say the same (CONTRACT §4, G8)."""

import pytest

from memoranda.condition import compile_condition
from tests.oracle_condition import GrammarError, judge_condition, parse
from tests.random_conditions import DOMAINS, FACTS, Writer


def test_engine_and_oracle_judge_conditions_alike_whatever_is_missing() -> None:
    writer = Writer(20_240_229)
    unknown = 0
    for _ in range(1_500):
        text, _ = writer.condition()
        if len(text) > 1_000:
            continue
        compiled, tree = compile_condition(text, FACTS), parse(text)
        for _ in range(3):
            values = {name: writer.random.choice(d) for name, d in DOMAINS.items() if writer.random.random() < 0.7}
            holds = compiled.holds(values)
            reasons = set(compiled.reasons(values)) if holds is None else set()
            expected, why = judge_condition(tree, values)
            assert (holds, reasons) == (expected, set(why)), (text, values)
            unknown += expected is None
    assert unknown > 500


@pytest.mark.parametrize("text", ["", "fact.a ==", "(true", "true)", "not not true", "1 < 2 < 3", "fact", "a in []"])
def test_the_oracle_refuses_what_the_grammar_does_not_have(text: str) -> None:
    with pytest.raises(GrammarError):
        parse(text)
