"""Vet the pattern of `=~` (CONTRACT §4): no nested repetition, look-around or back-reference, 200 characters at most.

That keeps out the usual ways to run away, not all: many repeats side by side can still be slow over a long text.
Patterns come from published rulebooks alone, never from a question.
"""

import re
import warnings
from dataclasses import dataclass

from graph_model.errors import RulebookRefused
from memoranda.condition_words import refused

LONGEST_PATTERN = 200

_QUANTIFIER = re.compile(r"(?:[*+?]|\{([0-9]*)(?:(,)([0-9]*))?\})(\??)")
_GROUP_OPENINGS = re.compile(r"\((?:\?:|\?P<[A-Za-z_][A-Za-z0-9_]*>|(?!\?))")
_CLASS = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)


@dataclass(slots=True)
class _Group:
    """One open parenthesis: whether something inside it repeats."""

    repeats: bool = False


def vetted_pattern(pattern: str, at: int) -> re.Pattern[str]:
    r"""Compile `pattern`, refusing what can run away; `at` is where it stands in the condition.

    Raises:
        RulebookRefused: too long, nested repetition, look-around, back-reference, or no pattern at all.

    >>> vetted_pattern(r"厦市监\d+", 1).match("厦市监2023") is not None
    True

    """
    if len(pattern) > LONGEST_PATTERN:
        raise _refused(at, f"超过 {LONGEST_PATTERN} 个字符 (too long)")
    groups = [_Group()]
    position = len("(?i)") if pattern.startswith("(?i)") else 0
    while position < len(pattern):
        position = _unit(pattern, position, groups, at)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return re.compile(pattern)
    except (re.error, OverflowError, RecursionError, Warning) as error:
        raise _refused(at, f"不是正则表达式 (not a pattern: {error})") from None


def _unit(pattern: str, position: int, groups: list[_Group], at: int) -> int:
    """Read one unit with the quantifier behind it; give the position after both."""
    inside_repeats = False
    character = pattern[position]
    if character == "\\":
        if re.match(r"\\[1-9]", pattern[position:]):
            raise _refused(at, "含有反向引用 (back-reference)")
        end = position + 2
    elif character == "[" and (found := _CLASS.match(pattern, position)):
        end = found.end()
    elif character == "(":
        groups.append(_Group())
        return _opening(pattern, position, at)
    elif character == ")":
        inside_repeats = groups.pop().repeats if len(groups) > 1 else False
        groups[-1].repeats |= inside_repeats
        end = position + 1
    else:
        end = position + 1
    quantifier = _QUANTIFIER.match(pattern, end)
    if quantifier is None or quantifier[0] == "{}":
        return end
    if inside_repeats and _may_repeat(quantifier):
        raise _refused(at, "含有嵌套的重复 (nested repetition)")
    groups[-1].repeats = True
    end = quantifier.end()
    if _QUANTIFIER.match(pattern, end):
        raise _refused(at, "含有嵌套的重复 (nested repetition)")
    return end


def _opening(pattern: str, position: int, at: int) -> int:
    found = _GROUP_OPENINGS.match(pattern, position)
    if found:
        return found.end()
    if re.match(r"\(\?<?[=!]", pattern[position:]):
        raise _refused(at, "含有环视 (look-around)")
    if re.match(r"\(\?(?:P=|\()", pattern[position:]):
        raise _refused(at, "含有反向引用 (back-reference)")
    raise _refused(at, f"含有不允许的分组 (group not allowed) `{pattern[position : position + 4]}`")


def _may_repeat(quantifier: re.Match[str]) -> bool:
    """Whether it can take its unit more than once: `?`, `{1}` and `{0,1}` cannot, so nothing is multiplied."""
    if not quantifier[0].startswith("{"):
        return not quantifier[0].startswith("?")
    most = quantifier[3] if quantifier[2] else quantifier[1]
    return most not in {"0", "1"}


def _refused(at: int, why: str) -> RulebookRefused:
    return refused(f"第 {at} 个字符处的模式{why}", hint="模式从头匹配，可用字符类、选择与单层重复；请改写得简单些")
