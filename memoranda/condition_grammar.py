"""The grammar of conditions (CONTRACT §4), read by recursive descent: a text becomes a tree, or is refused by name."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from graph_model.errors import RulebookRefused
from graph_model.nodes import Scalar
from memoranda.condition_words import Word, refused, words_of

DEEPEST_NESTING = 30
"""Levels of parentheses, `not` and `-` that may stand inside each other."""
_COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})
_STARTS_COMPARISON = _COMPARISONS | {"=~", "in"}


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal: boolean, number, text or day."""

    value: Scalar
    at: int


@dataclass(frozen=True, slots=True)
class Symbol:
    """`root.name`."""

    name: str
    at: int


@dataclass(frozen=True, slots=True)
class Negative:
    """`-operand`."""

    operand: "Node"
    at: int


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`first op node op node …`, of one precedence, from left to right."""

    first: "Node"
    rest: tuple[tuple[str, "Node"], ...]
    at: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """`left op right` with one of `== != < <= > >=`."""

    op: str
    left: "Node"
    right: "Node"
    at: int


@dataclass(frozen=True, slots=True)
class Match:
    """`operand =~ "pattern"`."""

    operand: "Node"
    pattern: "Node"
    at: int


@dataclass(frozen=True, slots=True)
class Membership:
    """`operand in [literal, …]`."""

    operand: "Node"
    options: tuple[Constant, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Not:
    """`not operand`."""

    operand: "Node"
    at: int


@dataclass(frozen=True, slots=True)
class Junction:
    """Parts joined by `and`, or by `or`."""

    word: str
    parts: tuple["Node", ...]
    at: int


Node: TypeAlias = Constant | Symbol | Negative | Arithmetic | Comparison | Match | Membership | Not | Junction
_Part: TypeAlias = Callable[[], Node]


def parse(text: str) -> Node:
    """Read a whole condition.

    Raises:
        RulebookRefused: the text is not of the grammar; the message names what, and the character.

    >>> parse("not fact.a")
    Not(operand=Symbol(name='fact.a', at=5), at=1)

    """
    return _Reading(words_of(text)).whole()


class _Reading:
    """The place in the words, and one method per line of the grammar."""

    def __init__(self, words: list[Word]) -> None:
        self._words = words
        self._next = 0
        self._depth = 0

    def whole(self) -> Node:
        tree = self._or()
        if self._word.kind != "end":
            raise self._unexpected()
        return tree

    @property
    def _word(self) -> Word:
        return self._words[self._next]

    def _take(self, *operators: str) -> Word | None:
        """Step over the next word where it is one of these operators."""
        word = self._word
        if word.kind != "operator" or word.text not in operators:
            return None
        self._next += 1
        return word

    def _enter(self, word: Word) -> None:
        self._depth += 1
        if self._depth > DEEPEST_NESTING:
            raise refused(
                f"第 {word.at} 个字符处嵌套超过 {DEEPEST_NESTING} 层 (nested too deep)", hint="拆成几项措施，或简化括号"
            )

    def _or(self) -> Node:
        return self._junction("or", self._and)

    def _and(self) -> Node:
        return self._junction("and", self._not)

    def _junction(self, word: str, part: _Part) -> Node:
        first = part()
        parts = [first]
        while self._take(word):
            parts.append(part())
        return first if len(parts) == 1 else Junction(word, tuple(parts), first.at)

    def _not(self) -> Node:
        word = self._take("not")
        if word is None:
            return self._compare()
        self._enter(word)
        if second := self._take("not"):
            raise refused(f"第 {second.at} 个字符处连写了 not (not not)", hint="请加括号：not (not …)，或删去两个 not")
        operand = self._compare()
        self._depth -= 1
        return Not(operand, word.at)

    def _compare(self) -> Node:
        left = self._sum()
        if self._word.text == "not" and self._word.kind == "operator":
            raise refused(
                f"第 {self._word.at} 个字符处用了 not in (`not in` is not of the grammar)", hint="请写 not x in […]"
            )
        word = self._take(*_STARTS_COMPARISON)
        if word is None:
            return left
        tree: Node
        if word.text == "in":
            tree = Membership(left, self._options(), word.at)
        elif word.text == "=~":
            tree = Match(left, self._sum(), word.at)
        else:
            tree = Comparison(word.text, left, self._sum(), word.at)
        if chained := self._take(*_STARTS_COMPARISON):
            raise refused(
                f"第 {chained.at} 个字符处连写了比较 (chained comparison) `{chained.text}`", hint="请拆开，用 and 连接"
            )
        return tree

    def _sum(self) -> Node:
        return self._arithmetic(("+", "-"), self._product)

    def _product(self) -> Node:
        return self._arithmetic(("*", "/"), self._unary)

    def _arithmetic(self, operators: tuple[str, ...], part: _Part) -> Node:
        first = part()
        rest: list[tuple[str, Node]] = []
        while word := self._take(*operators):
            rest.append((word.text, part()))
        return Arithmetic(first, tuple(rest), first.at) if rest else first

    def _unary(self) -> Node:
        word = self._take("-")
        if word is None:
            return self._atom()
        self._enter(word)
        operand = self._atom()
        self._depth -= 1
        return Negative(operand, word.at)

    def _atom(self) -> Node:
        word = self._word
        if opening := self._take("("):
            self._enter(opening)
            tree = self._or()
            if not self._take(")"):
                raise self._unexpected()
            self._depth -= 1
            return tree
        if word.kind == "symbol":
            self._next += 1
            return Symbol(word.text, word.at)
        if word.kind == "literal" and word.value is not None:
            self._next += 1
            return Constant(word.value, word.at)
        raise self._unexpected()

    def _options(self) -> tuple[Constant, ...]:
        if not self._take("["):
            raise refused(
                f"第 {self._word.at} 个字符处，in 的右边须是字面值列表 (`in` takes a list of literals)",
                hint='请写 x in ["a", "b"]',
            )
        options = [self._literal()]
        while self._take(","):
            options.append(self._literal())
        if not self._take("]"):
            raise self._unexpected()
        return tuple(options)

    def _literal(self) -> Constant:
        minus = self._take("-")
        word = self._word
        if word.kind != "literal" or word.value is None or (minus and not isinstance(word.value, Decimal)):
            raise self._unexpected("列表里只能是字面值 (only literals)")
        self._next += 1
        value = word.value
        return Constant(value.copy_negate() if minus and isinstance(value, Decimal) else value, word.at)

    def _unexpected(self, why: str = "此处不合语法 (unexpected)") -> RulebookRefused:
        word = self._word
        shown = f"`{word.text}`" if word.kind != "end" else "结尾 (end)"
        return refused(f"第 {word.at} 个字符{shown}：{why}", hint="语法见 docs/rulebook.md 的条件语言一节")
