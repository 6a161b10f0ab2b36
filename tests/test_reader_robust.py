"""Whatever comes in, the reader and the condition language answer or refuse: they never fall over."""

import contextlib
import random
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph_model.errors import RulebookRefused
from graph_model.nodes import FactType
from memoranda.condition import compile_condition
from memoranda.reader import read_inline, read_rulebook
from memoranda.rulebook import Rulebook
from tests.random_conditions import FACTS, Writer
from tests.test_reader import inline

BASE = (Path(__file__).parent / "bad_rulebooks" / "beside" / "base.yaml").read_text(encoding="utf-8")
ODD: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    3.5,
    float("nan"),
    "",
    "self",
    "中",
    "\ud800",
    [],
    {},
    [None],
    {"": ""},
    {"x-a": {"x-b": []}},
    {1: 2},
    date(2024, 1, 1),
    datetime(2024, 1, 1, 12),  # noqa: DTZ001  # YAML gives times without a zone
    b"bytes",
    {"a", "set"},
    "9" * 5000,
    10**30,
)
WORDS = [
    *("fact.n", "fact.b", "fact.t", "fact.d", "fact.z", "and", "or", "not", "in", "==", "!=", "<", "=~", "+", "-"),
    *("*", "/", "(", ")", "[", "]", ",", "1", "0", "2.5", "true", "'a'", '"(a+)+"', 'd"2024-01-31"', "$now", "**"),
    *("null", "if", "#", ".", "\\", '"'),
]
DAMAGE = ["", ":", "-", "{", "}", "[", "&", "*", "!", "\t", "'", '"', "\n", "\x00", "%", "? ", "<<: ", "|", "@"]


def accepted_or_refused(read: Any, *arguments: Any) -> Any:
    with contextlib.suppress(RulebookRefused):
        return read(*arguments)
    return None


def spots(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) of a nest of mappings and lists."""
    pairs = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    return [(value, key) for key, _ in pairs] + [spot for _, item in pairs for spot in spots(item)]


def test_an_odd_value_in_any_place_is_taken_or_refused() -> None:
    taken = refused = 0
    for place in range(len(spots(inline()))):
        for odd in ODD:
            rulebook = inline()
            container, key = spots(rulebook)[place]
            container[key] = odd
            book = accepted_or_refused(read_inline, rulebook)
            if book is None:
                refused += 1
            else:
                taken += 1
                assert Rulebook.from_content(book.content).digest == book.digest, (place, odd)
    assert taken > 50
    assert refused > 500


@pytest.mark.parametrize("seed", range(6))
def test_a_damaged_file_is_taken_or_refused(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    file = tmp_path / "damaged.yaml"
    for _ in range(25):
        text = BASE
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(text))
            text = text[:at] + chance.choice(DAMAGE) + text[at + chance.randint(0, 20) :]
        file.write_text(text, encoding="utf-8")
        accepted_or_refused(read_rulebook, tmp_path)


@given(st.text(max_size=60))
@settings(max_examples=400, deadline=None)
def test_any_text_is_a_condition_or_refused(text: str) -> None:
    accepted_or_refused(compile_condition, text, FACTS)


@given(st.lists(st.sampled_from(WORDS), max_size=14), st.sampled_from([" ", ""]))
@settings(max_examples=1_500, deadline=None)
def test_any_words_are_a_condition_or_refused(words: list[str], between: str) -> None:
    condition = accepted_or_refused(compile_condition, between.join(words), FACTS)
    if condition is not None:
        assert condition.holds({}) in (True, False, None)
        assert all(name.startswith("fact.") for name in condition.symbols)


@given(st.text(max_size=40))
@settings(max_examples=400, deadline=None)
def test_any_pattern_is_vetted_or_refused(pattern: str) -> None:
    quoted = pattern.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    condition = accepted_or_refused(compile_condition, f'fact.t =~ "{quoted}"', FACTS)
    if condition is not None:
        assert condition.holds({"fact.t": "厦市监列严〔2023〕1号"}) in (True, False)


def test_a_condition_cut_anywhere_is_a_condition_or_refused() -> None:
    facts: dict[str, FactType] = dict(FACTS)
    writer = Writer(seed=9)
    for _ in range(300):
        text, _ = writer.condition()
        at = writer.random.randrange(len(text) + 1)
        accepted_or_refused(compile_condition, text[:at], facts)
        accepted_or_refused(compile_condition, text[at:], facts)
