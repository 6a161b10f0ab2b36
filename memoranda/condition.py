"""The condition language (CONTRACT §4, R4, G8): parse and type-check, vet, compile to closures, three-valued.

A condition is true, false, or unknown (`None`): strong Kleene logic, where `and`, `or` and `not` give a value only
where the unknown parts cannot change it. It sees the values it is given and nothing else: no clock, no store (P7).
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from functools import lru_cache
from typing import Any, TypeAlias

from graph_model.nodes import FactType, Scalar
from memoranda.condition_code import written_out
from memoranda.condition_grammar import (
    Arithmetic,
    Comparison,
    Constant,
    Junction,
    Match,
    Membership,
    Negative,
    Node,
    Not,
    Symbol,
    parse,
)
from memoranda.condition_pattern import vetted_pattern
from memoranda.condition_types import check_types, check_with_rule_engine, parts_of

Values: TypeAlias = Mapping[str, Scalar | None]
"""What is known, by full symbol name (`fact.a`): text, bool, `Decimal`, `date`; absent or `None` is missing."""
Truth: TypeAlias = Callable[[Values], bool | None]
Value: TypeAlias = Callable[[Values], Any]

ARITHMETIC = Context(prec=100, traps=[DivisionByZero, InvalidOperation, Overflow])
"""Sums, differences and products of ordinary amounts are exact; a quotient has 100 digits."""
_STEPS: Mapping[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": ARITHMETIC.add,
    "-": ARITHMETIC.subtract,
    "*": ARITHMETIC.multiply,
    "/": ARITHMETIC.divide,
}
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled condition.

    text      as it was written
    symbols   the full names it mentions, sorted
    holds     gives true, false, or `None` for unknown, from the known values; it never raises
    """

    text: str
    symbols: tuple[str, ...]
    holds: Truth
    _sums: tuple[Value, ...] = ()

    def reasons(self, values: Values) -> tuple[str, ...]:
        """Say why the condition is unknown (G8): what is missing of all it mentions, and whether a part fails.

        >>> compile_condition("fact.a > 1 / 0", {"a": "number"}).reasons({})
        ('condition_error', 'fact_missing: fact.a')

        """
        missing = [name for name in self.symbols if values.get(name) is None]
        failed = ("condition_error",) if any(_fails(part, values) for part in self._sums) else ()
        return (*failed, f"fact_missing: {', '.join(missing)}") if missing else failed


ALL_ROOTS = frozenset({"fact", "designation", "subject", "role", "list"})


def compile_condition(text: str, facts: Mapping[str, FactType], *, roots: frozenset[str] = ALL_ROOTS) -> Condition:
    """Read a condition over a list's declared `facts` and the symbols of `roots`.

    Raises:
        RulebookRefused: it is not of the grammar, does not type-check, or exceeds a limit.

    >>> condition = compile_condition("fact.paid or fact.owed > 100", {"paid": "boolean", "owed": "number"})
    >>> condition.symbols
    ('fact.owed', 'fact.paid')
    >>> condition.holds({"fact.paid": True}), condition.holds({"fact.paid": False})
    (True, None)

    """
    return _agreed(text, frozenset(facts.items()), roots)


def recompile_condition(text: str, facts: Mapping[str, FactType], *, roots: frozenset[str] = ALL_ROOTS) -> Condition:
    """Read a condition that was checked when its rulebook was read, without asking rule-engine again."""
    return _compiled(text, frozenset(facts.items()), roots)


# Ten thousand inline rulebooks share a few dozen conditions, and to compile one takes longer than all else of reading
# a small rulebook.
@lru_cache(maxsize=20_000)
def _agreed(text: str, facts: frozenset[tuple[str, FactType]], roots: frozenset[str]) -> Condition:
    condition = _compiled(text, facts, roots)
    check_with_rule_engine(text, condition.symbols, dict(facts))
    return condition


@lru_cache(maxsize=20_000)
def _compiled(text: str, facts: frozenset[tuple[str, FactType]], roots: frozenset[str]) -> Condition:
    tree = parse(text)
    types = check_types(tree, dict(facts), roots)
    return Condition(text, tuple(sorted(types)), _fast(tree, _truth(tree)), tuple(_sums(tree)))


def _fast(tree: Node, careful: Truth) -> Truth:
    """Give the written-out form; where a part fails, the closures say what the others still decide."""
    written = written_out(tree, _STEPS, lambda pattern, at: vetted_pattern(pattern, at).match)
    if written is None:
        return careful
    if not _sums(tree):
        return written

    def truth(values: Values) -> bool | None:
        try:
            return written(values)  # type: ignore[no-any-return]  # a boolean expression by the type check
        except ArithmeticError:
            return careful(values)

    return truth


def _sums(tree: Node) -> list[Value]:
    """Give every arithmetic part: only these can fail with what is known."""
    found = [_value(tree)] if isinstance(tree, Arithmetic) else []
    return found + [part for child in parts_of(tree) for part in _sums(child)]


def _fails(part: Value, values: Values) -> bool:
    try:
        part(values)
    except ArithmeticError:
        return True
    return False


def _truth(tree: Node) -> Truth:
    """Compile a boolean node."""
    match tree:
        case Symbol(name):
            return lambda values: values.get(name)  # type: ignore[return-value]  # its type is declared boolean
        case Constant(value):
            return lambda _: bool(value)
        case Not(operand):
            return _negation(_truth(operand))
        case Junction(word, parts):
            return _junction(tuple(_truth(part) for part in parts), settles=word == "or")
        case Comparison(op, left, right):
            return _comparison(_COMPARE[op], left, right)
        case Match(operand, Constant(str() as pattern, at)):
            return _match(vetted_pattern(pattern, at).match, _value(operand))
        case Membership(operand, options):
            return _membership(_value(operand), frozenset(option.value for option in options))
        case _:
            raise AssertionError(f"not boolean, and yet it passed the type check: {tree}")


def _negation(operand: Truth) -> Truth:
    def truth(values: Values) -> bool | None:
        found = operand(values)
        return None if found is None else not found

    return truth


def _junction(parts: tuple[Truth, ...], *, settles: bool) -> Truth:
    """`or` is settled by a true part, `and` by a false one; else one unknown part makes the whole unknown."""

    def truth(values: Values) -> bool | None:
        unknown = False
        for part in parts:
            found = part(values)
            if found is settles:
                return settles
            if found is None:
                unknown = True
        return None if unknown else not settles

    return truth


def _comparison(compare: Callable[[Any, Any], bool], left: Node, right: Node) -> Truth:
    if isinstance(left, Symbol) and isinstance(right, Constant):
        return _comparison_with_constant(compare, left.name, right.value)
    value_left, value_right = _value(left), _value(right)

    def truth(values: Values) -> bool | None:
        try:
            a, b = value_left(values), value_right(values)
            return None if a is None or b is None else compare(a, b)
        except ArithmeticError:
            return None

    return truth


def _comparison_with_constant(compare: Callable[[Any, Any], bool], name: str, constant: Scalar) -> Truth:
    """The form that nearly every condition of the law has."""

    def truth(values: Values) -> bool | None:
        found = values.get(name)
        return None if found is None else compare(found, constant)

    return truth


def _match(match: Callable[[str], object], operand: Value) -> Truth:
    def truth(values: Values) -> bool | None:
        found = operand(values)
        return None if found is None else match(found) is not None

    return truth


def _membership(operand: Value, options: frozenset[Scalar]) -> Truth:
    def truth(values: Values) -> bool | None:
        try:
            found = operand(values)
        except ArithmeticError:
            return None
        return None if found is None else found in options

    return truth


def _value(tree: Node) -> Value:
    """Compile a node that is compared: it gives its value, `None` where missing, and raises where it fails."""
    match tree:
        case Symbol(name):
            return lambda values: values.get(name)
        case Constant(value):
            return lambda _: value
        case Negative(operand):
            return _negative(_value(operand))
        case Arithmetic(first, rest):
            return _arithmetic(_value(first), tuple((_STEPS[op], _value(node)) for op, node in rest))
        case _:
            return _truth(tree)


def _negative(operand: Value) -> Value:
    def value(values: Values) -> Any:
        found = operand(values)
        return None if found is None else found.copy_negate()

    return value


def _arithmetic(first: Value, rest: tuple[tuple[Callable[[Decimal, Decimal], Decimal], Value], ...]) -> Value:
    def value(values: Values) -> Any:
        found = first(values)
        for step, operand in rest:
            other = operand(values)
            if found is None or other is None:
                return None
            found = step(found, other)
        return found

    return value
