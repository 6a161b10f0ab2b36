"""The types of conditions (CONTRACT §4): what each symbol is, and that every part fits, by our rules and rule-engine's.

rule-engine is the language that ours is a part of. Each condition is read by both; one that rule-engine's parser or
types do not take is refused, so that a condition never means something here that it does not mean there.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal

from graph_model.nodes import FactType, Scalar
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
from memoranda.condition_words import Word, refused, words_of

SYMBOLS: Mapping[str, Mapping[str, FactType]] = {
    "designation": {
        "id": "text",
        "authority": "text",
        "document_no": "text",
        "origin": "text",
        "severity": "text",
        "decided_on": "day",
        "conduct_on": "day",
        "event_on": "day",
        "effective_from": "day",
        "until": "day",
    },
    "subject": {
        "id": "text",
        "kind": "text",
        "region": "text",
        "status": "text",
        "industry": "text",
        "foreign_invested": "boolean",
        "registered_on": "day",
    },
    "role": {"type": "text", "held_from": "day", "held_until": "day", "share": "number", "responsible": "boolean"},
    "list": {"id": "text", "kind": "text"},
}
"""The symbols beside `fact.NAME`, with their types."""
MEASURE_ROOTS: frozenset[str] = frozenset({"fact", *SYMBOLS})
"""What a measure's condition may speak of (R4)."""
DEFECT_ROOTS: frozenset[str] = frozenset({"fact", "designation", "list"})
"""What a list's `defective_if` may speak of (G2): it is true of the designation, whoever is reached."""

_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})
_ZH = {"text": "文本 text", "number": "数字 number", "boolean": "布尔 boolean", "day": "日期 day"}


def check_types(tree: Node, facts: Mapping[str, FactType], roots: frozenset[str]) -> Mapping[str, FactType]:
    """Type-check a whole condition; give the type of every symbol it mentions.

    Raises:
        RulebookRefused: an unknown symbol, operands that do not fit, or a whole that is not boolean.

    """
    types = {symbol.name: _symbol_type(symbol, facts, roots) for symbol in symbols_of(tree)}
    found = _type_of(tree, types)
    if found != "boolean":
        raise refused(f"整个条件须是布尔值，而这是{_ZH[found]} (the whole is not boolean)", hint="写成比较，例如 … > 0")
    return types


def symbols_of(tree: Node) -> Iterator[Symbol]:
    """Give every symbol of a tree, as often as it stands there."""
    if isinstance(tree, Symbol):
        yield tree
    for part in parts_of(tree):
        yield from symbols_of(part)


def parts_of(tree: Node) -> tuple[Node, ...]:
    """Give what a node is directly made of."""
    match tree:
        case Constant() | Symbol():
            return ()
        case Negative(operand) | Not(operand) | Membership(operand):
            return (operand,)
        case Arithmetic(first, rest):
            return (first, *(node for _, node in rest))
        case Comparison(_, left, right) | Match(left, right):
            return (left, right)
        case Junction(_, parts):
            return parts


def type_of_value(value: Scalar) -> FactType:
    """Say which of the four types a value has."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, Decimal):
        return "number"
    return "day" if isinstance(value, date) else "text"


def _symbol_type(symbol: Symbol, facts: Mapping[str, FactType], roots: frozenset[str]) -> FactType:
    root, _, name = symbol.name.partition(".")
    if root not in roots:
        raise refused(
            f"第 {symbol.at} 个字符处的 `{symbol.name}` 在这里不可用 (unknown symbol)",
            hint=f"可用的是 {'、'.join(f'{known}.…' for known in sorted(roots))}",
        )
    known = facts if root == "fact" else SYMBOLS[root]
    if name not in known:
        hint = f"{root} 有 {'、'.join(sorted(known))}" if known else "请先在名单的 facts 里声明"
        raise refused(f"第 {symbol.at} 个字符处的 `{symbol.name}` 没有声明 (unknown symbol)", hint=hint)
    return known[name]


def _type_of(tree: Node, types: Mapping[str, FactType]) -> FactType:
    match tree:
        case Constant(value):
            return type_of_value(value)
        case Symbol(name):
            return types[name]
        case Negative() | Arithmetic():
            for part in parts_of(tree):
                _expect("number", part, types, "算术 arithmetic")
            return "number"
        case Comparison(op, left, right, at):
            _check_comparison(op, _type_of(left, types), _type_of(right, types), at)
        case Match(operand, pattern, at):
            _expect("text", operand, types, "=~")
            if not isinstance(pattern, Constant) or not isinstance(pattern.value, str):
                raise refused(
                    f"第 {at} 个字符处 =~ 的右边须是引号里的模式 (literal pattern)", hint='请写 … =~ "厦市监.*"'
                )
        case Membership(operand, options):
            wanted = _type_of(operand, types)
            for option in options:
                _expect(wanted, option, types, "in")
        case Not() | Junction():
            for part in parts_of(tree):
                _expect("boolean", part, types, "and / or / not")
    return "boolean"


def _check_comparison(op: str, left: FactType, right: FactType, at: int) -> None:
    if left != right:
        raise refused(
            f"第 {at} 个字符处 `{op}` 的两边类型不同：{_ZH[left]} 与 {_ZH[right]} (type mismatch)",
            hint='两边须是同一类型；日期写作 d"2024-01-31"',
        )
    if op not in {"==", "!="} and left not in {"number", "day"}:
        raise refused(f"第 {at} 个字符处 `{op}` 不能比较{_ZH[left]} (no order)", hint="大小只能比较数字或日期")


def _expect(wanted: FactType, node: Node, types: Mapping[str, FactType], where: str) -> None:
    found = _type_of(node, types)
    if found != wanted:
        raise refused(
            f"第 {node.at} 个字符处，{where} 需要{_ZH[wanted]}，而这是{_ZH[found]} (type mismatch)", hint="请核对类型"
        )


def check_with_rule_engine(text: str, symbols: Iterable[str], facts: Mapping[str, FactType]) -> None:
    """Let rule-engine parse and type-check the same words.

    A constant that fails (`1/0`) it refuses to parse and we take as unknown (CONTRACT §4); a chain that is longer
    than it can recurse we have checked ourselves.

    Raises:
        RulebookRefused: it does not take the condition.

    """
    # It builds the tables of its parser when it is imported, which takes longer than all else of answering a check
    # on the command line; and what a store holds was checked when it was read.
    import rule_engine

    engine_types = {
        "text": rule_engine.DataType.STRING,
        "number": rule_engine.DataType.FLOAT,
        "boolean": rule_engine.DataType.BOOLEAN,
        "day": rule_engine.DataType.DATETIME,
    }
    types = {_flat(name): engine_types[_declared(name, facts)] for name in symbols}
    context = rule_engine.Context(type_resolver=rule_engine.type_resolver_from_dict(types), default_timezone="utc")
    try:
        rule_engine.Rule(as_rule_engine_writes(text), context=context)
    except (rule_engine.errors.ArithmeticError, RecursionError):
        return
    except rule_engine.errors.EngineError as error:
        raise refused(
            f"rule-engine 不接受此条件：{error.message}", hint="请改写条件；语法见 docs/rulebook.md"
        ) from None


def _declared(name: str, facts: Mapping[str, FactType]) -> FactType:
    root, _, field = name.partition(".")
    return facts[field] if root == "fact" else SYMBOLS[root][field]


def as_rule_engine_writes(text: str) -> str:
    r"""Write the words of a condition so that rule-engine reads what we read.

    Symbols become one word, since its keywords may be names of facts here; numbers lose leading zeros and texts
    unknown escapes, which it deprecates.

    >>> as_rule_engine_writes(r'fact.if =~ "\d" and fact.n > 007')
    'fact_if =~ "\\\\d" and fact_n > 7'

    """
    return " ".join(_rewritten(word) for word in words_of(text)).rstrip()


def _rewritten(word: Word) -> str:
    if word.kind == "symbol":
        return _flat(word.text)
    if isinstance(word.value, Decimal):
        return format(word.value, "f")
    if isinstance(word.value, str):
        return f'"{word.value.translate(_ESCAPES)}"'
    return word.text


def _flat(symbol: str) -> str:
    return symbol.replace(".", "_")
