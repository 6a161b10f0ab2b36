"""A second reading of the condition language (CONTRACT §4, R4, G8), written from the grammar alone.

A recursive-descent parser gives nested tuples; the evaluator walks them with strong Kleene logic and looks at every
part, whatever the others say. It shares nothing with `memoranda/condition.py`. Unknown is `None`.
"""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

TOKENS = re.compile(
    r"""\s*(?:
      (?P<day>d"[0-9]{4}-[0-9]{2}-[0-9]{2}"|d'[0-9]{4}-[0-9]{2}-[0-9]{2}')
    | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<number>[0-9]+(?:\.[0-9]+)?)
    | (?P<symbol>[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*)
    | (?P<word>and\b|or\b|not\b|in\b|true\b|false\b)
    | (?P<sign>==|!=|<=|>=|=~|[<>+\-*/()\[\],])
    )""",
    re.VERBOSE,
)
COMPARISONS = ("==", "!=", "<", "<=", ">", ">=", "=~")
Tree = tuple[Any, ...]


class GrammarError(ValueError):
    """The text is no condition."""


def tokens_of(text: str) -> list[tuple[str, str]]:
    """Cut a condition into (kind, text) pairs."""
    found: list[tuple[str, str]] = []
    place, text = 0, text.rstrip()
    while place < len(text):
        match = TOKENS.match(text, place)
        if match is None:
            raise GrammarError(f"cannot read {text[place:]!r}")
        found.append((str(match.lastgroup), match.group(str(match.lastgroup))))
        place = match.end()
    return found


class Parser:
    """One method per line of the grammar."""

    def __init__(self, text: str) -> None:
        self.left = tokens_of(text)

    def peek(self) -> str:
        return self.left[0][1] if self.left else ""

    def take(self, *wanted: str) -> str | None:
        if self.left and self.left[0][0] in ("word", "sign") and self.left[0][1] in wanted:
            return self.left.pop(0)[1]
        return None

    def need(self, wanted: str) -> None:
        if self.take(wanted) is None:
            raise GrammarError(f"{wanted!r} expected before {self.peek()!r}")

    def whole(self) -> Tree:
        tree = self.either()
        if self.left:
            raise GrammarError(f"{self.peek()!r} is too much")
        return tree

    def either(self) -> Tree:
        tree = self.both()
        while self.take("or"):
            tree = ("or", tree, self.both())
        return tree

    def both(self) -> Tree:
        tree = self.negation()
        while self.take("and"):
            tree = ("and", tree, self.negation())
        return tree

    def negation(self) -> Tree:
        # The grammar has one `not` per compare; a nested one stands in parentheses.
        return ("not", self.comparison()) if self.take("not") else self.comparison()

    def comparison(self) -> Tree:
        tree = self.sum()
        sign = self.take(*COMPARISONS)
        if sign:
            return (sign, tree, self.sum())
        if self.take("in"):
            self.need("[")
            members = [self.literal()]
            while self.take(","):
                members.append(self.literal())
            self.need("]")
            return ("in", tree, tuple(members))
        return tree

    def sum(self) -> Tree:
        tree = self.product()
        while sign := self.take("+", "-"):
            tree = (sign, tree, self.product())
        return tree

    def product(self) -> Tree:
        tree = self.unary()
        while sign := self.take("*", "/"):
            tree = (sign, tree, self.unary())
        return tree

    def unary(self) -> Tree:
        return ("minus", self.atom()) if self.take("-") else self.atom()

    def atom(self) -> Tree:
        if self.take("("):
            tree = self.either()
            self.need(")")
            return tree
        if self.left and self.left[0][0] == "symbol":
            return ("symbol", self.left.pop(0)[1])
        return self.literal()

    def literal(self) -> Tree:
        if self.take("-"):
            return ("minus", self.literal())
        if not self.left:
            raise GrammarError("the condition ends too early")
        kind, text = self.left.pop(0)
        if kind == "number":
            return ("value", Fraction(text))
        if kind == "text":
            return ("value", unescaped(text[1:-1]))
        if kind == "day":
            return ("value", date.fromisoformat(text[2:-1]))
        if text in ("true", "false"):
            return ("value", text == "true")
        raise GrammarError(f"{text!r} is no value")


def unescaped(text: str) -> str:
    """Backslash escapes as in Python; a backslash before anything else stands for itself, as patterns want it."""
    known = {"\\": "\\", '"': '"', "'": "'", "n": "\n", "t": "\t", "r": "\r"}

    def meant(match: re.Match[str]) -> str:
        escape = match.group(1)
        if escape[0] in "ux" and len(escape) > 1:
            return chr(int(escape[1:], 16))
        return known.get(escape, "\\" + escape)

    return re.sub(r"\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)", meant, text)


def parse(text: str) -> Tree:
    """Read a condition."""
    return Parser(text).whole()


def symbols_of(tree: Tree) -> set[str]:
    """Every symbol a condition mentions, by full name."""
    if tree[0] == "symbol":
        return {tree[1]}
    found: set[str] = set()
    for part in tree[1:]:
        if isinstance(part, tuple):
            found |= symbols_of(part)
    return found


def value_of(tree: Tree, known: Mapping[str, Any], failures: list[str]) -> Any:
    """The value of a tree, or `None` where it is unknown. Every failing part is noted in `failures`."""
    kind = tree[0]
    if kind == "value":
        return tree[1]
    if kind == "symbol":
        value = known.get(tree[1])
        return Fraction(value) if isinstance(value, Decimal) else value
    if kind == "in":
        left = value_of(tree[1], known, failures)
        members = [value_of(member, known, failures) for member in tree[2]]
        return None if left is None else left in members
    parts = [value_of(part, known, failures) for part in tree[1:]]
    if kind == "and":
        if False in parts:
            return False
        return None if None in parts else True
    if kind == "or":
        if True in parts:
            return True
        return None if None in parts else False
    if None in parts:
        return None
    if kind == "not":
        return not parts[0]
    if kind == "minus":
        return -parts[0]
    return binary(kind, parts[0], parts[1], failures)


def binary(kind: str, left: Any, right: Any, failures: list[str]) -> Any:
    """An arithmetic operation or a comparison of two known values."""
    if kind == "/":
        if right == 0:
            failures.append("division by zero")
            return None
        return left / right
    if kind == "=~":
        return re.match(right, left) is not None
    operations = {
        "+": lambda: left + right,
        "-": lambda: left - right,
        "*": lambda: left * right,
        "==": lambda: left == right,
        "!=": lambda: left != right,
        "<": lambda: left < right,
        "<=": lambda: left <= right,
        ">": lambda: left > right,
        ">=": lambda: left >= right,
    }
    return operations[kind]()


def judge_condition(tree: Tree, known: Mapping[str, Any]) -> tuple[bool | None, tuple[str, ...]]:
    """Whether a condition holds, and, where it is unknown, why (G8)."""
    failures: list[str] = []
    value = value_of(tree, known, failures)
    if value is not None:
        return bool(value), ()
    missing = sorted(symbol for symbol in symbols_of(tree) if known.get(symbol) is None)
    reasons = ["fact_missing: " + ", ".join(missing)] if missing else []
    if failures:
        reasons.append("condition_error")
    return None, tuple(reasons)
