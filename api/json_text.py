"""JSON text in and out: strict on the way in, the same bytes for the same value on the way out."""

import json
from decimal import Decimal
from itertools import chain
from typing import Any, NoReturn

import orjson

from graph_model.errors import MalformedRequest, RequestTooLarge

SHORT_BYTES = 262_144
"""A text of that many is read in half a millisecond, where it is plain."""
_PLAIN_LEVELS = 3
_SCALARS = {str, int, bool, type(None)}
_HINT = "正文须为 UTF-8 编码的 JSON，见 /openapi.json; send UTF-8 JSON as /openapi.json describes"


def json_bytes(value: Any) -> bytes:
    """Write a JSON value compactly, in the order of its members, as UTF-8. Exact decimals are texts by then."""
    try:
        return orjson.dumps(value, option=_AS_THEY_ARE)
    except orjson.JSONEncodeError:  # what is JSON nevertheless: a number of more than 64 bits
        return _encode(value).encode()


def read_json(text: bytes, *, depth_limit: int) -> Any:
    """Read one JSON value; numbers with a fraction or an exponent come as exact decimals.

    Raises:
        MalformedRequest: (`request.not-json`) no UTF-8, no JSON, a name twice in one object, NaN or Infinity, a NUL
            or half a surrogate pair in a text. What was sent is never repeated.
        RequestTooLarge: nested deeper than `depth_limit`.

    """
    try:
        if len(text) <= SHORT_BYTES and (plain := _plain(text, depth_limit)) is not None:
            return plain
        value = _value_of(text.decode())
    except RecursionError:
        raise _too_deep(depth_limit) from None
    except ValueError as error:  # a UnicodeDecodeError and a JSONDecodeError are ValueErrors, too
        raise _not_json(_why(error)) from None
    # Only what is escaped can be a NUL or half a pair, and no nesting is deeper than its brackets are many.
    if b"\\u" in text or text.count(b"[") + text.count(b"{") > depth_limit:
        _vet(value, depth_limit)
    return value


def _plain(text: bytes, depth_limit: int) -> dict[str, Any] | None:
    """Read an object of scalars, and of lists of such objects; `None`: it is another value, or may have to be refused.

    Each member has a colon in the text: where as many were read as there are colons, no name stands twice.
    """
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    if type(value) is not dict or depth_limit < _PLAIN_LEVELS or b"\\u" in text:
        return None
    members, types = len(value), {*map(type, value.values())}
    if list in types:
        types.remove(list)
        for inner in value.values():
            if type(inner) is list:
                if any(type(item) is not dict for item in inner):
                    return None
                members += sum(map(len, inner))
                types.update(map(type, chain.from_iterable(map(dict.values, inner))))
    # A number that is not exact is a float here, and is read anew.
    return value if members == text.count(b":") and types <= _SCALARS else None


def _value_of(source: str) -> Any:
    # Most texts are a value and nothing more: then nobody looks for white space around it.
    try:
        value, end = _decoder.raw_decode(source)
    except json.JSONDecodeError:
        return _decoder.decode(source)
    return value if end == len(source) else _decoder.decode(source)


class _Refused(ValueError):
    """Our own words for why a text is no JSON for us."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise _Refused("同一对象中有重名 a name stands twice in one object")
    return value


def _no_constant(_: str) -> NoReturn:
    raise _Refused("NaN 与 Infinity 不是 JSON NaN and Infinity are no JSON")


def _exact_number(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except ArithmeticError:  # an exponent of more digits than even a decimal can hold
        number = Decimal("inf")
    if not number.is_finite() or abs(number.adjusted()) > 100:
        raise _Refused("数的量级超出范围 a number is out of range")
    return number


def _vet(value: Any, depth_limit: int) -> None:
    """Walk without recursion, level by level, so that no nesting can hurt."""
    level, depth = [value], 0
    while level:
        deeper: list[Any] = []
        for item in level:
            if isinstance(item, str):
                _vet_text(item)
            elif isinstance(item, dict):
                for name in item:
                    _vet_text(name)
                deeper.extend(item.values())
            elif isinstance(item, list):
                deeper.extend(item)
        depth += any(isinstance(item, dict | list) for item in level)
        if depth > depth_limit:
            raise _too_deep(depth_limit)
        level = deeper


def _vet_text(text: str) -> None:
    if "\0" in text or (not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text)):
        raise _not_json("文本含空字符或半个代理对 a text holds NUL or half a surrogate pair")


def _why(error: ValueError) -> str:
    if isinstance(error, _Refused):
        return str(error)
    if isinstance(error, json.JSONDecodeError):
        return (
            f"第 {error.lineno} 行第 {error.colno} 字符处不是 JSON no JSON at line {error.lineno} column {error.colno}"
        )
    return "编码不是 UTF-8，或数字过长 not UTF-8, or a number too long"


def _not_json(why: str) -> MalformedRequest:
    return MalformedRequest(why, hint=_HINT, detail_code="request.not-json")


def _too_deep(depth_limit: int) -> RequestTooLarge:
    return RequestTooLarge(
        f"嵌套超过 {depth_limit} 层 nested deeper than {depth_limit} levels",
        hint="减少嵌套 nest less",
        detail_code="request.too-deep",
    )


_AS_THEY_ARE = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME
"""What is no JSON value is refused, and not turned into one."""

# Made once: `json.loads` and `json.dumps` make one anew in every call that says how.
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
_decoder = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_constant, parse_float=_exact_number)
