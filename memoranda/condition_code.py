"""The fast form of a condition: its tree written out as one Python function.

Closures call each other once per node, and that call is most of what a condition costs. The text that is compiled
here is made of our own words only: names of temporaries, symbols that passed the grammar, and constants handed over as
values, so nothing of a rulebook is ever run as code.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

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
)

LONGEST_CHAIN = 12
"""Terms of a sum or product that are written as nested calls; Python's own parser has a limit for those."""
DEEPEST = 60
"""Brackets inside each other that Python's parser takes for sure."""


def written_out(
    tree: Node, steps: Mapping[str, Callable[..., Any]], matcher: Callable[[str, int], Any]
) -> Callable[[Any], Any] | None:
    """Compile a type-checked tree to one function of the values; `None` where it is too deep to be written out.

    The function raises `ArithmeticError` where a part fails: what that means is for the caller.
    """
    writing = _Writing(steps, matcher)
    body = writing.truth(tree)
    if body is None or _depth(body) > DEEPEST:
        return None
    names = ", ".join(writing.constants)
    source = f"def made({names}):\n def holds(values):\n  return {body}\n return holds\n"
    namespace: dict[str, Any] = {}
    exec(compile(source, "<condition>", "exec"), namespace)  # noqa: S102  # our own words only, see above
    holds: Callable[[Any], Any] = namespace["made"](*writing.constants.values())
    return holds


class _TooLong(Exception):  # never leaves this module
    """A chain that is not written out."""


class _Writing:
    def __init__(self, steps: Mapping[str, Callable[..., Any]], matcher: Callable[[str, int], Any]) -> None:
        self.constants: dict[str, Any] = {}
        self._steps = steps
        self._matcher = matcher
        self._temporaries = 0

    def truth(self, tree: Node) -> str | None:
        try:
            return self._truth(tree)
        except _TooLong:
            return None

    def _truth(self, tree: Node) -> str:
        match tree:
            case Symbol(name):
                return f"values.get({name!r})"
            case Constant(value):
                return repr(bool(value))
            case Not(operand):
                kept = self._temporary()
                return f"(None if ({kept} := {self._truth(operand)}) is None else not {kept})"
            case Junction(word, parts):
                return self._junction(word, parts)
            case Comparison(op, left, right):
                left_checks, left_value = self._operand(left)
                right_checks, right_value = self._operand(right)
                return _guarded(left_checks + right_checks, f"{left_value} {op} {right_value}")
            case Membership(operand, options):
                checks, value = self._operand(operand)
                return _guarded(checks, f"{value} in {self._constant(frozenset(o.value for o in options))}")
            case Match(operand, Constant(str() as pattern, at)):
                checks, value = self._operand(operand)
                return _guarded(checks, f"{self._constant(self._matcher(pattern, at))}({value}) is not None")
            case _:
                raise AssertionError(f"not boolean, and yet it passed the type check: {tree}")

    def _junction(self, word: str, parts: tuple[Node, ...]) -> str:
        settled, otherwise = ("True", "False") if word == "or" else ("False", "True")
        kept = [(self._temporary(), self._truth(part)) for part in parts]
        settles = " or ".join(f"({name} := {text}) is {settled}" for name, text in kept)
        unknown = " or ".join(f"{name} is None" for name, _ in kept)
        return f"({settled} if {settles} else None if {unknown} else {otherwise})"

    def _operand(self, tree: Node) -> tuple[list[str], str]:
        """Give the checks that its value is known, which also keep it, and the text that then gives the value."""
        match self._worked_out(tree):
            case Constant(value):
                return [], self._constant(value)
            case Negative(operand):
                checks, value = self._operand(operand)
                return checks, f"{value}.copy_negate()"
            case Arithmetic(first, rest):
                if len(rest) > LONGEST_CHAIN:
                    raise _TooLong
                checks, value = self._operand(first)
                for op, node in rest:
                    more, other = self._operand(node)
                    checks, value = checks + more, f"{self._constant(self._steps[op])}({value}, {other})"
                return checks, value
            case _:
                kept = self._temporary()
                return [f"({kept} := {self._truth(tree)}) is None"], kept

    def _worked_out(self, tree: Node) -> Node:
        """Work out what is made of constants alone, once for all; what fails stays, to fail when it is asked."""
        match tree:
            case Negative(Constant(Decimal() as value), at):
                return Constant(value.copy_negate(), at)
            case Arithmetic(Constant(found), rest, at) if all(isinstance(node, Constant) for _, node in rest):
                try:
                    for op, node in rest:
                        found = self._steps[op](found, node.value if isinstance(node, Constant) else None)
                except ArithmeticError:
                    return tree
                return Constant(found, at)
        return tree

    def _temporary(self) -> str:
        self._temporaries += 1
        return f"t{self._temporaries}"

    def _constant(self, value: Any) -> str:
        name = f"k{len(self.constants)}"
        self.constants[name] = value
        return name


def _guarded(checks: list[str], value: str) -> str:
    return f"(None if {' or '.join(checks)} else {value})" if checks else f"({value})"


def _depth(text: str) -> int:
    deepest = depth = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        deepest = max(deepest, depth)
    return deepest
