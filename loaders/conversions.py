"""What a mapping file may do to one source value on its way into a column: small, named, and never a guess."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

from loaders.cells import number, refused, text

Values: TypeAlias = Sequence[Any]
Getter: TypeAlias = Callable[[Values], Any]
"""A source row's values → one column's value; `None` is missing."""
Step: TypeAlias = Callable[[str, Any], Any]
"""(column, value that is not missing) → value, or `None`."""

_TOKENS = {"YYYY": r"(?P<y>[0-9]{4})", "MM": r"(?P<m>[0-9]{2})", "DD": r"(?P<d>[0-9]{2})"}
_TOKENS |= {"M": r"(?P<m>[0-9]{1,2})", "D": r"(?P<d>[0-9]{1,2})"}
_TOKEN = re.compile(r"YYYY|MM|DD|M|D")
SERIAL = "SERIAL"
"""The format word for a spreadsheet's day numbers: 1 is 1900-01-01."""
_SERIAL_ZERO = date(1899, 12, 30)


def source_value(index: int, blanks: frozenset[str]) -> Getter:
    """Take a source column as it is, stripped; what `blanks` names is missing."""

    def take(values: Values) -> Any:
        value = values[index]
        if isinstance(value, str):
            value = value.strip()
            if not value or value in blanks:
                return None
        return value

    return take


def then(column: str, first: Getter, step: Step) -> Getter:
    """Apply one step to what `first` gives, where it is not missing."""

    def take(values: Values) -> Any:
        value = first(values)
        return None if value is None else step(column, value)

    return take


def characters(start: int, end: int) -> Step:
    """Cut characters out of a text, counted from 1, `end` included; a shorter text is refused.

    >>> characters(3, 8)("region", "91350502156214611X")
    '350502'
    """

    def cut(column: str, value: Any) -> str:
        whole = text(column, value)
        if len(whole) < end:
            raise refused(column, whole, f"不足 {end} 个字符（too short）", "核对来源列")
        return whole[start - 1 : end]

    return cut


def table(entries: Mapping[str, Any], otherwise: tuple[Any] | None) -> Step:
    """Look a value up in a code table; what it lacks is `otherwise`, or refused where nothing is said."""

    def look_up(column: str, value: Any) -> Any:
        key = text(column, value)
        if key in entries:
            return entries[key]
        if otherwise is not None:
            return otherwise[0]
        raise refused(column, key, "不在映射文件的代码表中（not in the mapping's table）", "补入代码表，或改正该值")

    return look_up


def days(formats: Sequence[str]) -> Step:
    """Read days written in one of `formats` (YYYY, MM, DD, M, D, or SERIAL); two different readings are refused.

    >>> days(["YYYY年M月D日"])("registered_on", "1989年1月31日")
    datetime.date(1989, 1, 31)
    """
    patterns = [_day_pattern(each) for each in formats if each != SERIAL]
    serial = SERIAL in formats

    def read(column: str, value: Any) -> Any:
        if isinstance(value, date | datetime):
            return value
        spelt = text(column, value)
        found = {day for pattern in patterns if (day := _day_of(pattern.fullmatch(spelt)))}
        if serial and spelt.isdecimal() and len(spelt) < 7:
            found.add(_SERIAL_ZERO + timedelta(days=int(spelt)))
        if len(found) == 1:
            return found.pop()
        why = "不是所列格式的日期（in none of the formats）" if not found else "可读成不同的日期（ambiguous）"
        raise refused(column, spelt, why, f"格式：{'、'.join(formats)}")

    return read


def _day_pattern(spelt: str) -> re.Pattern[str]:
    place, pattern = 0, ""
    for token in _TOKEN.finditer(spelt):
        pattern += re.escape(spelt[place : token.start()]) + _TOKENS[token[0]]
        place = token.end()
    return re.compile(pattern + re.escape(spelt[place:]), re.ASCII)


def is_day_format(spelt: str) -> bool:
    """Whether a format names a year, a month and a day, each once.

    >>> is_day_format("YYYY/M/D"), is_day_format("YYYY-MM"), is_day_format("%Y-%m-%d")
    (True, False, False)
    """
    return spelt == SERIAL or sorted(t[0] for t in _TOKEN.findall(spelt)) == ["D", "M", "Y"]


def _day_of(match: re.Match[str] | None) -> date | None:
    if match is None:
        return None
    try:
        return date(int(match["y"]), int(match["m"]), int(match["d"]))
    except ValueError:
        return None


def percent(column: str, value: Any) -> Decimal:
    """Read a percentage, with or without its sign, as a share.

    >>> percent("share", "12.5%")
    Decimal('0.125')
    """
    bare = value.rstrip("%％").strip() if isinstance(value, str) else value
    return number(column, bare) / 100


def upper(column: str, value: Any) -> str:
    """Turn small letters into capitals, for sources that write codes carelessly."""
    return text(column, value).upper()


def template(column: str, spelt: str, sources: Mapping[str, Getter]) -> Getter:
    """Fill `{来源列}` places of a text; missing where one of them is."""
    parts = re.split(r"\{([^{}]+)\}", spelt)

    def fill(values: Values) -> Any:
        found: list[str] = []
        for place, part in enumerate(parts):
            if place % 2 == 0:
                found.append(part)
                continue
            value = sources[part](values)
            if value is None:
                return None
            found.append(text(column, value))
        return "".join(found)

    return fill


def names_in(spelt: str) -> tuple[str, ...]:
    """Give the source columns that a template names.

    >>> names_in("tax-{案号}-{代码}")
    ('案号', '代码')
    """
    return tuple(re.findall(r"\{([^{}]+)\}", spelt))
