"""A condition as a Chinese sentence: the same words in the same order, for those who do not read the language of rules.

What facts and their values are called in Chinese is said by `x-words` beside the sections of a file, or of one list:
`{penalty_kind: 处罚种类, penalty_kind=fine: 罚款}`. No rule reads these; without them the names stand for themselves.
"""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from graph_model.nodes import Scalar
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
from memoranda.condition_types import SYMBOLS, symbols_of
from memoranda.model import Measure, OfficialList
from memoranda.rulebook import Rulebook

WORDS = "x-words"
Words = Mapping[str, str]
"""The Chinese of a symbol by its full name (`fact.amount`), and of a value by `fact.penalty_kind=fine`."""
COMMON: Words = {
    "subject.kind": "主体类型",
    "subject.kind=person": "自然人",
    "subject.kind=enterprise": "企业",
    "subject.kind=individual_business": "个体工商户",
    "subject.kind=farmers_cooperative": "农民专业合作社",
    "subject.kind=social_organisation": "社会组织",
    "subject.kind=public_institution": "事业单位",
    "subject.kind=government": "国家机关",
    "subject.kind=other": "其他组织",
    "subject.id": "主体标识",
    "subject.region": "所在地区",
    "subject.status": "登记状态",
    "subject.status=active": "存续",
    "subject.status=revoked": "吊销",
    "subject.status=deregistered": "注销",
    "subject.industry": "行业",
    "subject.foreign_invested": "外商投资",
    "subject.registered_on": "登记日",
    "role.type": "身份",
    "role.held_from": "任职起日",
    "role.held_until": "任职止日",
    "role.share": "持股比例",
    "role.responsible": "对此负有个人责任",
    "designation.id": "认定标识",
    "designation.authority": "认定机关",
    "designation.document_no": "认定文号",
    "designation.origin": "认定层级",
    "designation.origin=local": "地方",
    "designation.origin=provincial": "省级",
    "designation.origin=national": "国家",
    "designation.severity": "严重程度",
    "designation.severity=minor": "轻微",
    "designation.severity=general": "一般",
    "designation.severity=serious": "严重",
    "designation.decided_on": "决定作出之日",
    "designation.conduct_on": "违法行为之日",
    "designation.event_on": "触发事项之日",
    "designation.effective_from": "生效之日",
    "designation.until": "止日",
    "list.id": "名单",
    "list.kind": "名单种类",
}
_NUMBERS = {"==": "等于", "!=": "不等于", "<": "低于", "<=": "不超过", ">": "超过", ">=": "不低于"}
_DAYS = {"==": "即", "!=": "不是", "<": "早于", "<=": "不晚于", ">": "晚于", ">=": "不早于"}


def condition_zh(text: str, words: Words, days: frozenset[str] = frozenset()) -> str:
    """Say a condition in Chinese.

    Args:
        text: The condition.
        words: What its symbols and values are called, beside the common ones.
        days: Full names of the facts that are days; they compare as earlier and later.

    >>> condition_zh('subject.kind == "person" and not (fact.a or fact.n > 3)', {"fact.a": "已提供担保"})
    '主体类型为自然人，且不属于（已提供担保，或 n 超过 3）的情形'

    """
    return _Speaker({**COMMON, **words}, days).whole(parse(text))


def measure_condition_zh(book: Rulebook, measure: Measure) -> str:
    """Say a measure's condition in the words of its lists; empty where it has none."""
    if measure.condition is None:
        return ""
    lists = [book.lists[id_] for id_ in book.lists_of(measure.id)]
    words = {key: said for official in lists for key, said in words_of(book, official).items()}
    return condition_zh(measure.condition, words, _day_facts(lists[0]))


def symbol_zh(book: Rulebook, official: OfficialList, symbol: str) -> str:
    """Say what a symbol of conditions on this list is called; its own name where nobody says."""
    return _said(book, official.id).get(symbol, symbol)


def value_zh(book: Rulebook, official: OfficialList, symbol: str, value: Scalar | None) -> str:
    """Say a symbol's value: yes and no, a word that the book has for it, or as it is written."""
    if value is None:
        return "不明"
    if isinstance(value, bool):
        return "是" if value else "否"
    return _said(book, official.id).get(f"{symbol}={value}", str(value))


def defect_zh(book: Rulebook, official: OfficialList) -> str:
    """Say what keeps a subject from being listed; empty where nothing does."""
    if official.defective_if is None:
        return ""
    return condition_zh(official.defective_if, words_of(book, official), _day_facts(official))


def words_of(book: Rulebook, official: OfficialList) -> Words:
    """Give what a list's facts and their values are called, by full names: the book's words, and the list's own."""
    beside = book.extras.get(WORDS, ())
    said = [*beside] if isinstance(beside, list | tuple) else [beside]
    return {
        f"fact.{key}": word
        for words in (*said, official.extras.get(WORDS))
        if isinstance(words, Mapping)
        for key, word in words.items()
        if isinstance(word, str)
    }


# Asked for each symbol of each proof; there are as many as lists.
@lru_cache(maxsize=1024)
def _said(book: Rulebook, list_id: str) -> Words:
    return {**COMMON, **words_of(book, book.lists[list_id])}


def _day_facts(official: OfficialList) -> frozenset[str]:
    return frozenset(f"fact.{name}" for name, kind in official.facts.items() if kind == "day")


class _Speaker:
    def __init__(self, words: Words, days: frozenset[str]) -> None:
        self._words = words
        known = {f"{root}.{name}" for root, names in SYMBOLS.items() for name, kind in names.items() if kind == "day"}
        self._days = days | known

    def whole(self, tree: Node) -> str:
        """Say a tree that nothing stands around."""
        if isinstance(tree, Junction):
            joined = ("，且" if tree.word == "and" else "，或").join(self._part(part) for part in tree.parts)
            return _spaced(joined)
        return _spaced(self._part(tree))

    def _part(self, tree: Node) -> str:
        match tree:
            case Junction():
                return f"（{self.whole(tree)}）"
            case Not(operand):
                return f"不属于{self._part(operand)}的情形"
            case Comparison(op, left, right):
                return self._comparison(op, left, right)
            case Membership(operand, options):
                return f"{self._part(operand)}为{''.join(self._quoted(option, operand) for option in options)}之一"
            case Match(operand, pattern):
                return f"{self._part(operand)}的开头合于 {self._part(pattern)}"
            case Negative(operand):
                return f"-{self._part(operand)}"
            case Arithmetic(first, rest):
                more = "".join(f" {op} {self._part(part)}" for op, part in rest)
                return f"（{self._part(first)}{more}）"
            case Symbol(name):
                return self._words.get(name, f" {name.partition('.')[2]} ")
            case Constant(value):
                return _literal(value)

    def _comparison(self, op: str, left: Node, right: Node) -> str:
        if self._are_days(left, right):
            return f"{self._part(left)}{_DAYS[op]}{_after(self._part(right))}"
        text = any(isinstance(side, Constant) and isinstance(side.value, str | bool) for side in (left, right))
        if text and op in ("==", "!="):
            return f"{self._value(left, right)}{'为' if op == '==' else '不是'}{self._value(right, left)}"
        return f"{self._part(left)}{_NUMBERS[op]}{_after(self._part(right))}"

    def _are_days(self, *sides: Node) -> bool:
        return any(isinstance(side, Constant) and isinstance(side.value, date) for side in sides) or any(
            symbol.name in self._days for side in sides for symbol in symbols_of(side)
        )

    def _value(self, node: Node, beside: Node) -> str:
        """Say a value by what it is called for the symbol that it stands beside."""
        if isinstance(node, Constant) and isinstance(beside, Symbol) and isinstance(node.value, str):
            return self._words.get(f"{beside.name}={node.value}", _literal(node.value))
        return self._part(node)

    def _quoted(self, option: Constant, beside: Node) -> str:
        """Say one of several values apart from the others."""
        return f"“{self._value(option, beside).strip('“”')}”"


def _after(text: str) -> str:
    """Set what follows Chinese apart where it is a number or a Latin word."""
    return f" {text}" if text[:1].isascii() else text


def _literal(value: Scalar) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    return f"“{value}”" if isinstance(value, str) else str(value)


def _spaced(text: str) -> str:
    """Take spaces away where they stand beside Chinese marks, or twice."""
    words = " ".join(text.split())
    for mark in "，（）、“”":
        words = words.replace(f" {mark}", mark).replace(f"{mark} ", mark)
    return words
