"""One cell → one typed value, or a refusal that names the column, the value and what to do.

A converter takes the column's name and a value that is not missing: text (already stripped), or a value that a
spreadsheet, YAML or JSON has typed. Nothing is guessed: what cannot be read one way only is refused.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, TypeAlias

from graph_model.errors import FactsRefused
from graph_model.nodes import FactType, Scalar

Convert: TypeAlias = Callable[[str, Any], Any]

REGION = re.compile(r"[0-9]{6}", re.ASCII)
KEYED = re.compile(r"p-[0-9a-f]{40}", re.ASCII)
NUMBER = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?", re.ASCII)
LOOKS_LIKE_IDENTITY = re.compile(r"[0-9]{15}|[0-9]{17}[0-9Xx]", re.ASCII)
HOLDS_IDENTITY = re.compile(
    r"[0-9]{6}(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx]|(?<![0-9A-Za-z])[0-9]{15}(?![0-9A-Za-z])",
    re.ASCII,
)
"""A resident identity number, 18 characters with a day of birth, or 15 digits of the old kind, anywhere in a text."""
_PASSPORT_SHAPED = re.compile(r"(?<![0-9A-Za-z])[A-Za-z]{1,3}[0-9]{6,10}(?![0-9A-Za-z])", re.ASCII)
_SPACERS = re.compile(r"[\s\-‐–—]+")
TRUE_WORDS = frozenset({"true", "是", "1"})
FALSE_WORDS = frozenset({"false", "否", "0"})


class RowRefused(FactsRefused):
    """One row cannot be taken as it stands: `column` is where, `what` says why without the row's place."""

    def __init__(self, column: str, what: str, *, hint: str, detail_code: str) -> None:
        super().__init__(what, hint=hint, detail_code=detail_code)
        self.column = column


class Distorted:
    """A spreadsheet cell that held a long number as a number: its last digits are lost for good."""


DISTORTED = Distorted()


def shown(value: Any) -> str:
    """Quote a value for a message, shortened; never a text that could be an identity number.

    >>> shown("35020"), shown("110101199003070000")
    ('`35020`', '（疑似证件号码，不显示）')
    """
    if isinstance(value, Distorted):
        return "（以数字存放的长号码）"
    text = str(value)[:200]  # of a list or a mapping too: a number may stand anywhere in it
    joined = _SPACERS.sub("", unicodedata.normalize("NFKC", text))
    if HOLDS_IDENTITY.search(joined) or _PASSPORT_SHAPED.search(joined):
        return "（疑似证件号码，不显示）"
    return f"`{text[:40]}…`" if len(text) > 40 else f"`{text}`"


def refused(column: str, value: Any, why: str, hint: str, detail_code: str = "value.malformed") -> RowRefused:
    """Build the refusal of one value: `列 c 的值 v why`."""
    return RowRefused(column, f"列 `{column}` 的值 {shown(value)} {why}", hint=hint, detail_code=detail_code)


def text(column: str, value: Any) -> str:
    """Any text; a whole number as its digits, a day as YYYY-MM-DD.

    >>> text("document_no", 2023)
    '2023'
    """
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, datetime):
        return day(column, value).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Distorted):
        raise refused(column, value, "已失真（distorted by the spreadsheet）", "把该列改为文本格式后重新导出")
    raise refused(column, value, "不是文本（not text）", "写成文本，例如加引号")


def word(column: str, value: Any) -> str:
    """An id: text without white space."""
    found = text(column, value)
    if len(found.split()) != 1:
        raise refused(column, found, "含有空白字符（has white space）", "去掉空格")
    return found


def day(column: str, value: Any) -> date:
    """A day: strictly `YYYY-MM-DD`, or a day that the source has typed (at midnight).

    >>> day("on", "2024-02-29")
    datetime.date(2024, 2, 29)
    """
    if isinstance(value, str):
        if len(value) == 10 and value[4] == "-" and value[7] == "-":
            try:
                return date.fromisoformat(value)
            except ValueError:
                pass
        raise refused(column, value, "不是日期（not a day YYYY-MM-DD）", "写成 2024-01-31 这样，或用映射文件转换")
    if isinstance(value, datetime):
        if value.time() == time.min:
            return value.date()
        raise refused(column, value, "带有时刻（has a time of day）", "只写日期 YYYY-MM-DD")
    if isinstance(value, date):
        return value
    raise refused(column, value, "不是日期（not a day YYYY-MM-DD）", "写成 2024-01-31 这样")


def number(column: str, value: Any) -> Decimal:
    """An exact decimal, without exponent or thousands separators.

    >>> number("share", "0.50")
    Decimal('0.50')
    """
    if isinstance(value, bool):
        raise refused(column, value, "不是数字（not a number）", "写成 12.5 这样")
    if isinstance(value, int):
        value = str(value)
    elif isinstance(value, float | Decimal):
        # repr gives the shortest decimal that reads back as the same float: the one that was written.
        value = format(Decimal(repr(float(value))) if isinstance(value, float) else value, "f")
    if isinstance(value, str) and NUMBER.fullmatch(value):
        return Decimal(value)
    raise refused(column, value, "不是数字（not a number）", "写成 12.5 这样，不带千分位和单位")


def boolean(column: str, value: Any) -> bool:
    """A boolean: true/false, 是/否, 1/0.

    >>> boolean("foreign_invested", "否")
    False
    """
    if isinstance(value, bool):
        return value
    spelt = str(value).lower() if isinstance(value, str | int | float) else ""
    spelt = spelt.removesuffix(".0") if isinstance(value, float) else spelt
    if spelt in TRUE_WORDS:
        return True
    if spelt in FALSE_WORDS:
        return False
    raise refused(column, value, "不是布尔值（not a boolean）", "写 true/false、是/否 或 1/0")


def share(column: str, value: Any) -> Decimal:
    """A share of an organisation, 0 to 1."""
    found = number(column, value)
    if not 0 <= found <= 1:
        raise refused(column, value, "不在 0 到 1 之间（not within 0 to 1）", "百分数请除以 100")
    return found


def region(column: str, value: Any) -> str:
    """A six-digit GB/T 2260 code."""
    found = text(column, value)
    if not REGION.fullmatch(found):
        raise refused(column, found, "不是六位行政区划代码（not a six-digit region code）", "例如 350200")
    return found


def one_of(words: tuple[str, ...]) -> Convert:
    """Make the converter of a column that takes one of `words`."""
    known = {each: each for each in words}

    def convert(column: str, value: Any) -> str:
        found = known.get(value) if isinstance(value, str) else None
        if found is None:
            raise refused(column, value, "不在可用的词中（not one of the known words）", f"可用：{'、'.join(words)}")
        return found

    return convert


def present(value: Any) -> Any:
    """Strip a value; `None` where it is missing: blank, or not given.

    >>> present("　 "), present(" a "), present(False)
    (None, 'a', False)
    """
    if isinstance(value, str):
        return value.strip() or None
    return value


def as_given(_column: str, value: Any) -> Any:
    """No conversion: the row's own reader types it later."""
    return value


FACT_CONVERTERS: dict[FactType, Convert] = {"text": text, "number": number, "boolean": boolean, "day": day}


def typed_fact(column: str, value: Any, fact_type: FactType) -> Scalar:
    """Type a list-specific fact as its list declares it."""
    try:
        found: Scalar = FACT_CONVERTERS[fact_type](column, value)
    except RowRefused as refusal:
        raise RowRefused(column, refusal.what, hint=refusal.hint, detail_code="fact.type") from None
    return found
