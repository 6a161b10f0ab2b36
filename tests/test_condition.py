"""The condition language: its grammar, its types, its three values (CONTRACT §4, R4, G8)."""

from datetime import date
from decimal import Decimal

import pytest

from graph_model.errors import RulebookRefused
from graph_model.nodes import FactType
from memoranda.condition import Values, compile_condition
from memoranda.condition_types import DEFECT_ROOTS, SYMBOLS

FACTS: dict[str, FactType] = {"n": "number", "m": "number", "b": "boolean", "t": "text", "d": "day", "if": "boolean"}


def holds(text: str, values: Values | None = None) -> bool | None:
    return compile_condition(text, FACTS).holds(values or {})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "end"),
        ("   ", "end"),
        ("fact", "bare name"),
        ("true or", "end"),
        ("$now > fact.d", "`$now`"),
        ('$today == d"2024-01-01"', "`$today`"),
        ("$random(1) > 0", "`$random`"),
        ("fact.n ** 2 > 1", "power"),
        ("fact.n // 2 > 1", "floor division"),
        ("fact.n % 2 > 1", "remainder"),
        ("fact.n & 1 > 0", "bitwise"),
        ("fact.n ^ 1 > 0", "bitwise"),
        ("fact.n << 1 > 0", "bit shift"),
        ("fact.n < 1 < 2", "chained comparison"),
        ("fact.b == fact.b == fact.b", "chained comparison"),
        ("fact.n > 1 in [true]", "chained comparison"),
        ("fact.n not in [1]", "not x in"),
        ("fact.n in (1)", "list of literals"),
        ("fact.n in fact.m", "list of literals"),
        ("fact.n in {1}", "set or mapping"),
        ("fact.n in []", "only literals"),
        ("fact.n in [1,]", "only literals"),
        ("fact.n in [fact.m]", "only literals"),
        ("fact.n in [1 + 1]", "unexpected"),
        ('fact.t in [-"a"]', "only literals"),
        ("[n for n in fact.t]", "comprehension"),
        ("not not fact.b", "not not"),
        ("fact.b == not fact.b", "unexpected"),
        ("- -1 > 0", "unexpected"),
        ("fact.b ? true : false", "ternary"),
        ("fact.b ?? true", "null coalescing"),
        ("fact&.b", "safe navigation"),
        ("fact.t[0] == 'a'", "item access"),
        ("fact.t.length > 1", "two names"),
        ("fact.t.upper()", "two names"),
        ("fact.b()", "function call"),
        ("any([true])", "function call"),
        ("fact.b && fact.b", "&&"),
        ("fact.b || fact.b", "||"),
        ("!fact.b", "请写 not"),
        ("fact.b AND fact.b", "lower-case"),
        ("fact.b == True", "lower-case"),
        ("fact.b = true", "single ="),
        ("fact.b == null", "null"),
        ("fact.n == inf", "inf"),
        ("fact.n == nan", "nan"),
        ("fact.n == 1e5", "exponent"),
        ("fact.n == 0x10", "exponent, prefix"),
        ("fact.n == 1.", "trailing dot"),
        ("fact.n == .5", "lone dot"),
        ('fact.t == r"a"', "prefixed literal"),
        ('fact.t == b"a"', "prefixed literal"),
        ('fact.d == t"P1D"', "prefixed literal"),
        ('fact.d == d"2024-1-1"', "not a day"),
        ('fact.d == d"2024-02-30"', "not a day"),
        ('fact.d == d"2024-01-01T00:00"', "not a day"),
        ('fact.t == "a', "unclosed text"),
        ('fact.t == "a\nb"', "unclosed text"),
        ('fact.t == "\\0"', "escape not allowed"),
        ("fact.b # because", "comment"),
        ("fact.名 == 1", "bare name"),
        ("事实 == 1", "illegal character"),
        ("fact.B", "bare name"),
        ("Fact.b", "malformed symbol"),
        ("fact.b fact.b", "unexpected"),
        ("fact.b)", "unexpected"),
        ("(fact.b", "end"),
        ('fact.t =~~ "a"', "fuzzy search"),
        ('fact.t !~ "a"', "fuzzy operator"),
    ],
)
def test_what_the_grammar_lacks_is_refused_by_name(text: str, said: str) -> None:
    with pytest.raises(RulebookRefused) as refusal:
        compile_condition(text, FACTS)
    assert said in str(refusal.value)
    assert refusal.value.detail_code == "condition.refused"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("fact.n", "the whole is not boolean"),
        ("fact.t", "the whole is not boolean"),
        ("1 + 1", "the whole is not boolean"),
        ("fact.n == 'a'", "type mismatch"),
        ("fact.d == '2024-01-01'", "type mismatch"),
        ("fact.b == 1", "type mismatch"),
        ("fact.n in ['a']", "type mismatch"),
        ("fact.n in [1, 'a']", "type mismatch"),
        ("fact.t > 'a'", "no order"),
        ("fact.b < true", "no order"),
        ("fact.t + 'a' == 'b'", "type mismatch"),
        ("fact.d - fact.d > 0", "type mismatch"),
        ("-fact.t == 'a'", "type mismatch"),
        ("not fact.n", "type mismatch"),
        ("fact.b and fact.t", "type mismatch"),
        ("fact.n =~ 'a'", "type mismatch"),
        ("fact.t =~ fact.t", "literal pattern"),
        ("fact.absent", "unknown symbol"),
        ("store.size > 1", "unknown symbol"),
        ("subject.name == 'a'", "unknown symbol"),
    ],
)
def test_what_does_not_type_check_is_refused(text: str, said: str) -> None:
    with pytest.raises(RulebookRefused, match=said):
        compile_condition(text, FACTS)


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("(a+)+", "nested repetition"),
        ("(a*)*", "nested repetition"),
        ("(a?)*", "nested repetition"),
        ("((a+)b)+", "nested repetition"),
        ("(a|b+){2,}", "nested repetition"),
        ("(?:a{2}){3}", "nested repetition"),
        ("a++", "nested repetition"),
        ("(?=a)", "look-around"),
        ("(?!a)", "look-around"),
        ("(?<=a)b", "look-around"),
        ("(?<!a)b", "look-around"),
        (r"(a)\\1", "back-reference"),
        ("(?P<x>a)(?P=x)", "back-reference"),
        ("(a)?(?(1)b|c)", "back-reference"),
        ("(?>a)", "group not allowed"),
        ("(?x)a", "group not allowed"),
        ("a(", "not a pattern"),
        ("[a", "not a pattern"),
        ("*a", "not a pattern"),
        ("a" * 201, "too long"),
    ],
)
def test_a_pattern_that_could_run_away_is_refused(pattern: str, said: str) -> None:
    with pytest.raises(RulebookRefused, match=said):
        compile_condition(f"fact.t =~ '{pattern}'", FACTS)


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("厦市监", "厦市监列严〔2023〕1号", True),
        ("市监", "厦市监列严〔2023〕1号", False),
        (r"厦市监.*\d+号$", "厦市监列严〔2023〕1号", True),
        (r"\\d{4}(-\\d{2})?$", "2023-05", True),
        ("(ab|c)+d", "abcabd", True),
        ("[(+*]+", "+*(", True),
        (r"[\]+]+x", "]+x", True),
        ("(?i)abc", "ABCD", True),
        ("(?:a|b)(?P<last>c)", "bc", True),
        ("a{}", "a{}", True),
        ("a.c", "a\nc", False),
        ("a" * 200, "a" * 200, True),
    ],
)
def test_a_pattern_matches_at_the_start(pattern: str, text: str, expected: bool) -> None:
    assert holds(f"fact.t =~ '{pattern}'", {"fact.t": text}) is expected


def test_limits_of_length_and_nesting_are_exact() -> None:
    assert holds("true" + " " * 996) is True
    with pytest.raises(RulebookRefused, match="1001"):
        holds("true" + " " * 997)
    assert holds("(" * 30 + "true" + ")" * 30) is True
    with pytest.raises(RulebookRefused, match="30"):
        holds("(" * 31 + "true" + ")" * 31)
    assert holds("not (" * 15 + "true" + ")" * 15) is False
    with pytest.raises(RulebookRefused, match="30"):
        holds("not (" * 16 + "true" + ")" * 16)
    assert holds("-(" * 15 + "1" + ")" * 15 + " < 0") is True
    with pytest.raises(RulebookRefused, match="30"):
        holds("-(" * 16 + "1" + ")" * 16 + " < 0")
    for beside in ("(true) and ", "not false and ", "-1 < 0 and "):
        assert holds(beside * 70 + "true") is True, "nesting counts what stands inside, not what stands beside"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("true or false and false", True),
        ("not false and false", False),
        ("not 1 == 2", True),
        ("not 1 in [2]", True),
        ("1 + 2 * 3 == 7", True),
        ("(1 + 2) * 3 == 9", True),
        ("10 - 4 - 3 == 3", True),
        ("24 / 4 / 2 == 3", True),
        ("-2 * -3 == 6", True),
        ("1 - -1 == 2", True),
        ("-(1 + 2) == 0 - 3", True),
        ("0.1 + 0.2 == 0.3", True),
        ("1 == 1.0", True),
        ("007 == 7", True),
        ("12345678901234567890123456789012345 + 1 == 12345678901234567890123456789012346", True),
        ("1 / 3 * 3 < 1", True),
        ('d"2024-01-31" < d"2024-02-01"', True),
        ("'a' == \"a\"", True),
        (r"'it\'s' == " + '"it\'s"', True),
        (r"'\u5382' == '厂'", True),
        (r"'\x41\t' == 'A\t'", True),
        (r"'\d' == '\\d'", True),
        ("true == (1 == 1)", True),
        ("true in [false, true]", True),
        ("-1 in [-1]", True),
        ("'a' in ['b', 'c']", False),
        ('d"2024-01-31" in [d"2024-01-31"]', True),
    ],
)
def test_a_condition_of_constants_says_what_arithmetic_and_logic_say(text: str, expected: bool) -> None:
    assert holds(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fact.b", None),
        ("not fact.b", None),
        ("fact.n > 1", None),
        ("fact.n != fact.n", None),
        ("fact.n * 0 == 0", None),
        ("fact.t in ['a']", None),
        ("fact.t =~ 'a'", None),
        ("true or fact.b", True),
        ("fact.b or true", True),
        ("false and fact.b", False),
        ("fact.b and false", False),
        ("fact.b or false", None),
        ("fact.b and true", None),
        ("fact.b or not fact.b", None),
        ("(fact.n > 1 or true) and not (fact.b and false)", True),
        ("1 / 0 > 1", None),
        ("1 / 0 > 1 or true", True),
        ("1 / 0 in [1] and false", False),
        ("1 / (1 - 1) == 0", None),
    ],
)
def test_what_is_missing_or_fails_is_unknown_unless_it_cannot_matter(text: str, expected: bool | None) -> None:
    assert holds(text) is expected
    assert holds(text, dict.fromkeys(("fact.b", "fact.n", "fact.t"))) is expected, "None is missing, too"


def test_the_longest_and_the_deepest_conditions_are_judged_like_the_short_ones() -> None:
    assert holds(" + ".join(["1"] * 240) + " == 240") is True
    assert holds(" - ".join(["fact.n"] * 100) + " == -98", {"fact.n": Decimal(1)}) is True
    assert holds(" - ".join(["fact.n"] * 100) + " == -98") is None
    deep = "fact.b or (fact.n > 1 and (" * 15 + "fact.if" + "))" * 15
    assert holds(deep, {"fact.b": False, "fact.n": Decimal(2), "fact.if": True}) is True
    assert holds(deep, {"fact.b": False, "fact.n": Decimal(2), "fact.if": False}) is False
    assert holds(deep, {"fact.b": False, "fact.n": Decimal(2)}) is None
    assert holds(deep, {"fact.b": True}) is True


def test_a_name_of_a_fact_may_be_a_word_of_rule_engine() -> None:
    assert holds("fact.if and true", {"fact.if": True}) is True


def test_every_symbol_of_the_contract_can_be_asked() -> None:
    literal: dict[FactType, str] = {"text": "'a'", "number": "1", "boolean": "true", "day": 'd"2024-01-01"'}
    value: dict[FactType, str | Decimal | bool | date] = {
        "text": "a",
        "number": Decimal(1),
        "boolean": True,
        "day": date(2024, 1, 1),
    }
    asked = 0
    for root, names in SYMBOLS.items():
        for name, kind in names.items():
            condition = compile_condition(f"{root}.{name} == {literal[kind]}", {})
            assert condition.symbols == (f"{root}.{name}",)
            assert condition.holds({f"{root}.{name}": value[kind]}) is True
            asked += 1
    assert asked == 24


def test_a_defect_sees_only_fact_designation_and_list() -> None:
    for text in ("fact.b", "designation.severity == 'minor'", "list.kind == 'watch'"):
        compile_condition(text, FACTS, roots=DEFECT_ROOTS)
    for text in ("subject.kind == 'person'", "role.responsible"):
        with pytest.raises(RulebookRefused, match="unknown symbol"):
            compile_condition(text, FACTS, roots=DEFECT_ROOTS)


@pytest.mark.parametrize(
    ("text", "values", "reasons"),
    [
        ("fact.b", {}, ("fact_missing: fact.b",)),
        ("fact.t == 'a' and fact.n > 1", {"fact.t": "a"}, ("fact_missing: fact.n",)),
        ("role.share > 1 and fact.n > 1 and fact.b", {}, ("fact_missing: fact.b, fact.n, role.share",)),
        ("fact.n > 1 and (true or fact.b)", {}, ("fact_missing: fact.b, fact.n",)),
        ("1 / 0 > 1", {}, ("condition_error",)),
        ("1 / fact.n > 1", {"fact.n": Decimal(0)}, ("condition_error",)),
        ("1 / fact.n > 1 and fact.b", {"fact.n": Decimal(0)}, ("condition_error", "fact_missing: fact.b")),
        ("fact.b and 1 / 0 > fact.n", {}, ("condition_error", "fact_missing: fact.b, fact.n")),
        ("fact.n + 1 / 0 > 1", {}, ("condition_error", "fact_missing: fact.n")),
        ("fact.n / 0 > 1", {}, ("fact_missing: fact.n",)),
        ("fact.n * fact.n > 1", {"fact.n": Decimal("1e999999")}, ("condition_error",)),
    ],
)
def test_an_unknown_condition_says_why(text: str, values: Values, reasons: tuple[str, ...]) -> None:
    condition = compile_condition(text, FACTS)
    assert condition.holds(values) is None
    assert condition.reasons(values) == reasons
