"""Random conditions, made by the grammar itself: each as its text and, beside it, as a tree of plain tuples.

The tree comes from the productions, not from a parser, so that a test can say what the text must mean.
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any, TypeAlias

from graph_model.nodes import FactType, Scalar

Tree: TypeAlias = tuple[Any, ...]
Written: TypeAlias = tuple[str, Tree]

FACTS: dict[str, FactType] = {"n": "number", "m": "number", "b": "boolean", "c": "boolean", "t": "text", "d": "day"}
DOMAINS: dict[str, tuple[Scalar, ...]] = {
    "fact.n": (Decimal(0), Decimal("1.5"), Decimal(-2)),
    "fact.m": (Decimal(0), Decimal(3), Decimal("0.1")),
    "fact.b": (True, False),
    "fact.c": (True, False),
    "fact.t": ("", "厦市监1号", 'a"b\\c'),
    "fact.d": (date(2023, 12, 31), date(2024, 2, 29), date(2025, 1, 1)),
}
_NAMES = {
    kind: [f"fact.{name}" for name, found in FACTS.items() if found == kind]
    for kind in ("number", "boolean", "text", "day")
}
_TEXTS = {'""': "", "'厦市监1号'": "厦市监1号", r'"a\"b\\c"': 'a"b\\c', r"'\u53a6'": "厦"}
_NUMBERS = ("0", "1", "2", "1.5", "0.1", "3.00")
_DAYS = ("2023-12-31", "2024-02-29", "2024-03-01")
_PATTERNS = {r'"厦市监\\d+号"': r"厦市监\d+号", "'a.b'": "a.b", '"(厦|门)?市"': "(厦|门)?市", r"'\w*$'": r"\w*$"}


class Writer:
    """Writes one condition after another; small enough for rule-engine, odd enough to be of use."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def condition(self, depth: int = 3) -> Written:
        """Write a whole condition: `or`s of `and`s."""
        return self._joined("or", lambda: self._joined("and", lambda: self._not(depth)))

    def _joined(self, word: str, part: Callable[[], Written]) -> Written:
        parts = [part() for _ in range(self.random.choice((1, 1, 1, 2, 2, 3)))]
        if len(parts) == 1:
            return parts[0]
        return f" {word} ".join(text for text, _ in parts), (word, *(tree for _, tree in parts))

    def _not(self, depth: int) -> Written:
        text, tree = self._compare(depth)
        return (f"not {text}", ("not", tree)) if self.random.random() < 0.25 else (text, tree)

    def _compare(self, depth: int) -> Written:
        chance = self.random.random()
        if chance < 0.3:
            return self._boolean(depth)
        if chance < 0.45:
            return self._membership(depth)
        if chance < 0.5:
            (text, tree), (written, pattern) = self._atom("text"), self.random.choice(list(_PATTERNS.items()))
            return f"{text} =~ {written}", ("=~", tree, pattern)
        kind = self.random.choice(("number", "number", "text", "day", "boolean"))
        op = self.random.choice(("==", "!=") if kind in {"text", "boolean"} else ("==", "!=", "<", "<=", ">", ">="))
        (left, left_tree), (right, right_tree) = self._operand(kind, depth), self._operand(kind, depth)
        return f"{left} {op} {right}", (op, left_tree, right_tree)

    def _membership(self, depth: int) -> Written:
        kind = self.random.choice(("number", "text", "day"))
        text, tree = self._operand(kind, depth)
        options = [self._literal(kind) for _ in range(self.random.randint(1, 3))]
        return f"{text} in [{', '.join(option for option, _ in options)}]", ("in", tree, *(t for _, t in options))

    def _operand(self, kind: str, depth: int) -> Written:
        if kind == "number":
            return self._sum(depth)
        return self._boolean(depth) if kind == "boolean" else self._atom(kind)

    def _boolean(self, depth: int) -> Written:
        if depth and self.random.random() < 0.3:
            text, tree = self.condition(depth - 1)
            return f"({text})", tree
        return self._atom("boolean")

    def _sum(self, depth: int) -> Written:
        return self._left_to_right(("+", "-"), lambda: self._left_to_right(("*", "/"), lambda: self._unary(depth)))

    def _left_to_right(self, operators: tuple[str, str], part: Callable[[], Written]) -> Written:
        text, tree = part()
        while self.random.random() < 0.2:
            op = self.random.choice(operators)
            other, other_tree = part()
            text, tree = f"{text} {op} {other}", (op, tree, other_tree)
        return text, tree

    def _unary(self, depth: int) -> Written:
        if depth and self.random.random() < 0.15:
            text, tree = self._sum(depth - 1)
            text = f"({text})"
        else:
            text, tree = self._atom("number")
        return (f"-{text}", ("negative", tree)) if self.random.random() < 0.2 else (text, tree)

    def _atom(self, kind: str) -> Written:
        if self.random.random() < 0.6:
            name = self.random.choice(_NAMES[kind])
            return name, ("symbol", name)
        text, tree = self._literal(kind, signed=False)
        return text, tree

    def _literal(self, kind: str, *, signed: bool = True) -> Written:
        if kind == "number":
            text = self.random.choice(_NUMBERS)
            sign = "-" if signed and self.random.random() < 0.3 else ""
            return sign + text, ("constant", Decimal(sign + text))
        if kind == "boolean":
            return self.random.choice((("true", ("constant", True)), ("false", ("constant", False))))
        if kind == "day":
            text = self.random.choice(_DAYS)
            return f'd"{text}"', ("constant", date.fromisoformat(text))
        text, value = self.random.choice(list(_TEXTS.items()))
        return text, ("constant", value)
