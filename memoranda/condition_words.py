"""Cut the text of a condition into the words of its grammar (CONTRACT §4); anything else is refused by its name."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from graph_model.errors import RulebookRefused
from graph_model.nodes import Scalar

LONGEST_TEXT = 1000
"""Characters a condition may have."""

WordKind = Literal["symbol", "literal", "operator", "end"]


@dataclass(frozen=True, slots=True)
class Word:
    """One word: a symbol (`fact.a`), a literal with its value, an operator or bracket, or the end."""

    kind: WordKind
    text: str
    at: int
    """The character where it begins, counted from 1."""
    value: Scalar | None = None


_SPACE = re.compile(r"[ \t\r\n]*")
_OPERATOR = re.compile(r"==|!=|<=|>=|=~|[-+*/<>()\[\],]")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FIELD = re.compile(r"\.([a-z][a-z0-9_]*)(?![A-Za-z0-9_])")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_QUOTED = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ESCAPE = re.compile(r"\\(x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)")
_PLAIN_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", '"': '"', "'": "'"}
_REFUSED_ESCAPES = frozenset("abfvNxuU0123456789")
"""Python and rule-engine read these as control characters, octal or by name; in a pattern one means something else."""

_LONGER: tuple[tuple[re.Pattern[str], str, str], ...] = tuple(
    (re.compile(pattern), name, hint)
    for pattern, name, hint in (
        (r"=~~", "模糊查找 fuzzy search", "只有 =~（从头匹配）"),
        (r"\*\*", "乘方 power", "只有 + - * /"),
        (r"//", "整除 floor division", "只有 + - * /"),
        (r"<<|>>", "移位 bit shift", "只有 + - * /"),
    )
)
"""What the grammar lacks but begins like one of its operators: looked for first."""
_FOREIGN: tuple[tuple[re.Pattern[str], str, str], ...] = tuple(
    (re.compile(pattern), name, hint)
    for pattern, name, hint in (
        (r"\$[A-Za-z_]*", "内置符号 built-in symbol", "条件看不到时钟和其他内置值（P7），请改用 fact. 等符号"),
        (r"!~~?", "模糊比较 fuzzy operator", "取反请写 not (… =~ …)"),
        (r"%", "取余 remainder", "只有 + - * /"),
        (r"\?\?", "空值合并 null coalescing", "缺失的事实由三值逻辑处理（G8），请删去"),
        (r"\?|:", "三元式 ternary", "请改用 and / or"),
        (r"&\.|&\[", "安全取值 safe navigation", "缺失的事实由三值逻辑处理（G8），请用普通的 ."),
        (r"&&", "逻辑与 &&", "请写 and"),
        (r"\|\|", "逻辑或 ||", "请写 or"),
        (r"&|\||\^|~", "位运算 bitwise operator", "只有 + - * / 与 and / or / not"),
        (r"\{|\}", "集合或映射 set or mapping", "成员判断请写 x in [a, b]"),
        (r"#", "注释 comment", "请把说明写成 YAML 注释"),
        (r"=", "赋值 single =", "比较请写 =="),
        (r"!", "逻辑非 !", "请写 not"),
        (r"\.", "单独的点 lone dot", "小数请写 0.5；符号写作 root.name"),
        (r"\"|'", "未闭合的文本 unclosed text", "文本写作 \"…\" 或 '…'，不得跨行"),
    )
)
_AFTER_NAME: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (re.compile(r"[&?]\.|&\["), "安全取值 safe navigation", "缺失的事实由三值逻辑处理（G8），请用普通的 ."),
    (re.compile(r"[ \t]+for\b"), "推导式 comprehension", "成员判断请写 x in [a, b]"),
)
_FOREIGN_NAMES = {
    "null": ("空值 null", "缺失由三值逻辑处理（G8），不能比较"),
    "inf": ("无穷 inf", "请写普通数字"),
    "nan": ("非数 nan", "请写普通数字"),
    "for": ("推导式 comprehension", "成员判断请写 x in [a, b]"),
    "if": ("三元式 ternary", "请改用 and / or"),
    "else": ("三元式 ternary", "请改用 and / or"),
}
_OPERATOR_NAMES = frozenset({"and", "or", "not", "in"})


def refused(what: str, *, hint: str) -> RulebookRefused:
    """Make the refusal of a condition; the reader puts file and line before it."""
    return RulebookRefused(what, hint=hint, detail_code="condition.refused")


def words_of(text: str) -> list[Word]:
    """Give the words of `text`, the last of kind `end`.

    Raises:
        RulebookRefused: too long, or something that the grammar does not have.

    >>> [word.text for word in words_of('not fact.a in ["x", -1]')]
    ['not', 'fact.a', 'in', '[', '"x"', ',', '-', '1', ']', '']

    """
    if len(text) > LONGEST_TEXT:
        raise refused(
            f"条件有 {len(text)} 个字符，超过 {LONGEST_TEXT} (condition too long)",
            hint="拆成几项措施，或先声明一个布尔事实",
        )
    words: list[Word] = []
    position = _after_space(text, 0)
    while position < len(text):
        word, position = _word_at(text, position)
        words.append(word)
        position = _after_space(text, position)
    words.append(Word("end", "", len(text) + 1))
    return words


def _after_space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _word_at(text: str, position: int) -> tuple[Word, int]:
    at = position + 1
    if match := _QUOTED.match(text, position):
        return Word("literal", match[0], at, _unescaped(match[0][1:-1], at)), match.end()
    if match := _NAME.match(text, position):
        return _named(text, match)
    if match := _NUMBER.match(text, position):
        if re.match(r"[A-Za-z_.]", text[match.end() :]):
            raise refused(
                f"第 {at} 个字符处的数字写法不允许 (number with exponent, prefix or trailing dot): "
                f"`{text[position : match.end() + 2]}`",
                hint="数字写作 12 或 12.5，不带指数",
            )
        return Word("literal", match[0], at, Decimal(match[0])), match.end()
    _refuse_foreign(text, position, _LONGER)
    if match := _OPERATOR.match(text, position):
        return Word("operator", match[0], at), match.end()
    _refuse_foreign(text, position, _FOREIGN)
    raise refused(
        f"第 {at} 个字符 `{text[position]}` 不属于条件语言 (illegal character)", hint="中文只能出现在引号里的文本中"
    )


def _refuse_foreign(text: str, position: int, foreign: tuple[tuple[re.Pattern[str], str, str], ...]) -> None:
    for pattern, name, hint in foreign:
        if found := pattern.match(text, position):
            raise refused(f"第 {position + 1} 个字符处用了{name} `{found[0]}`", hint=hint)


def _named(text: str, match: re.Match[str]) -> tuple[Word, int]:
    name, at, end = match[0], match.start() + 1, match.end()
    following = text[end : end + 1]
    if following in {'"', "'"} and (quoted := _QUOTED.match(text, end)):
        if name != "d":
            raise refused(
                f"第 {at} 个字符处用了带前缀的文本 prefixed literal `{name}{quoted[0]}`",
                hint='只有日期前缀 d"2024-01-31" 与普通文本',
            )
        return Word("literal", name + quoted[0], at, _day(quoted[0][1:-1], at)), quoted.end()
    if field := _FIELD.match(text, end):
        return _symbol(text, name, field, at)
    if name in _OPERATOR_NAMES:
        return Word("operator", name, at), end
    if name in {"true", "false"}:
        return Word("literal", name, at, name == "true"), end
    if name in _FOREIGN_NAMES:
        what, hint = _FOREIGN_NAMES[name]
        raise refused(f"第 {at} 个字符处用了{what}", hint=hint)
    if name.lower() in _OPERATOR_NAMES | {"true", "false"}:
        raise refused(f"第 {at} 个字符处的 `{name}` 须小写 (keywords are lower-case)", hint=f"请写 {name.lower()}")
    _refuse_foreign(text, end, _AFTER_NAME)
    if text[_after_space(text, end) :].startswith("("):
        raise refused(f"第 {at} 个字符处调用了函数 function call `{name}(…)`", hint="条件语言没有函数")
    raise refused(
        f"第 {at} 个字符处的 `{name}` 不是完整的符号 (bare name; a symbol is root.name)",
        hint="符号写作 fact.NAME、designation.…、subject.…、role.…、list.…；文本请加引号",
    )


def _symbol(text: str, root: str, field: re.Match[str], at: int) -> tuple[Word, int]:
    name = root + field[0]
    if not re.fullmatch(r"[a-z][a-z0-9_]*", root):
        raise refused(
            f"第 {at} 个字符处的符号 `{name}` 不合写法 (malformed symbol)", hint="符号只用小写字母、数字和下划线"
        )
    following = text[field.end() : field.end() + 1]
    if following == ".":
        raise refused(f"第 {at} 个字符处的 `{name}.…` 层数过多 (a symbol has two names)", hint="符号写作 root.name")
    if following == "(":
        raise refused(f"第 {at} 个字符处调用了函数 function call `{name}(…)`", hint="条件语言没有函数")
    if following == "[":
        raise refused(f"第 {at} 个字符处用了下标 item access `{name}[…]`", hint="条件语言没有下标")
    return Word("symbol", name, at), field.end()


def _day(written: str, at: int) -> date:
    try:
        if _DAY.fullmatch(written):
            return date.fromisoformat(written)
    except ValueError:
        pass
    raise refused(f'第 {at} 个字符处的 d"{written}" 不是日期 (not a day)', hint='日期写作 d"2024-01-31"')


def _unescaped(written: str, at: int) -> str:
    r"""Read backslash escapes as rule-engine does; an unknown one keeps its backslash (`\d` in a pattern)."""

    def one(match: re.Match[str]) -> str:
        mark = match[1]
        if len(mark) > 1:
            return chr(int(mark[1:], 16))
        if mark in _REFUSED_ESCAPES:
            raise refused(
                f"第 {at} 个字符处的文本含有不允许的转义 `\\{mark}` (escape not allowed)",
                hint=f"若要写反斜杠本身，请写 `\\\\{mark}`",
            )
        return _PLAIN_ESCAPES.get(mark, match[0])

    try:
        return _ESCAPE.sub(one, written)
    except (ValueError, OverflowError):
        raise refused(f"第 {at} 个字符处的文本含有不存在的字符 (no such character)", hint="请核对 \\U 转义") from None
