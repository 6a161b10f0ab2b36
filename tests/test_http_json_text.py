"""JSON text at the edge: strict on the way in, never repeating what was sent."""

import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.json_text import json_bytes, read_json
from graph_model.errors import MalformedRequest, RequestTooLarge


def test_numbers_with_a_fraction_come_as_exact_decimals() -> None:
    assert read_json(b'{"share": 0.1, "n": 3}', depth_limit=4) == {"share": Decimal("0.1"), "n": 3}


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"{'a': 1}",
        b'{"a": 1,}',
        b'{"a": 1} {"b": 2}',
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": 1, "a": 2}',
        b'{"a": {"b": 1, "b": 1}}',
        b'{"a": "\xff"}',
        b"\xef\xbb\xbf{}",
        b'{"a": "\\ud800"}',
        b'{"\\udc00": 1}',
        b'{"a": "\\u0000"}',
        b'{"a": 1e9999}',
        b'{"a": 0.1e-500}',
        b'{"a": 1e99999999999999999999}',
        b"9" * 5000,
    ],
)
def test_what_is_no_strict_json_is_refused_without_repeating_it(text: bytes) -> None:
    with pytest.raises(MalformedRequest) as caught:
        read_json(text, depth_limit=16)
    assert caught.value.detail_code == "request.not-json"


@pytest.mark.parametrize("text", [b"[" * 17 + b"]" * 17, b'{"a":' * 17 + b"1" + b"}" * 17, b"[" * 200_000])
def test_deep_nesting_is_refused_as_too_large_or_as_no_json(text: bytes) -> None:
    with pytest.raises((RequestTooLarge, MalformedRequest)):
        read_json(text, depth_limit=16)


def test_the_deepest_nesting_allowed_is_read() -> None:
    assert read_json(b"[" * 16 + b"]" * 16, depth_limit=16) is not None


def test_one_value_has_one_text() -> None:
    assert json_bytes({"b": "禁止", "a": [1, None]}) == '{"b":"禁止","a":[1,null]}'.encode()


_PLAIN = st.none() | st.booleans() | st.integers() | st.text()
_VALUES = st.recursive(_PLAIN, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))


@given(_VALUES)
def test_a_value_is_written_as_the_standard_library_writes_it(value: object) -> None:
    assert json_bytes(value) == json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


@dataclass
class _NoJson:
    name: str = "x"


@pytest.mark.parametrize("value", [date(2026, 1, 1), _NoJson(), Decimal(1)], ids=["day", "dataclass", "decimal"])
def test_what_is_no_json_value_is_not_turned_into_one(value: object) -> None:
    with pytest.raises(TypeError):
        json_bytes([value])


names = st.sampled_from(["subject", "a", "a:b", "甲", '"', "[{"])
scalars = (
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["", ":", "x", '":"', "[", "{}", "\\", 2**70])
)


class Members(tuple[tuple[str, Any], ...]):
    """An object as it is written: one name may stand in it more than once."""


def objects(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Members]:
    return st.lists(st.tuples(names, values), max_size=3).map(Members)


values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | objects(inner), max_leaves=12)
batches = objects(st.lists(objects(scalars), max_size=4) | values)


def spelled(value: Any) -> str:
    if isinstance(value, Members):
        return "{" + ",".join(f"{json.dumps(n, ensure_ascii=False)}: {spelled(v)}" for n, v in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(spelled, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def is_apart(value: Any) -> bool:
    if isinstance(value, Members):
        return len({name for name, _ in value}) == len(value) and all(is_apart(inner) for _, inner in value)
    return not isinstance(value, list) or all(map(is_apart, value))


def depth_of(value: Any) -> int:
    if isinstance(value, Members):
        return 1 + max((depth_of(inner) for _, inner in value), default=0)
    return 1 + max(map(depth_of, value), default=0) if isinstance(value, list) else 0


@given(batches | values, st.integers(1, 8))
def test_a_text_is_read_just_where_no_name_stands_twice_and_nothing_is_too_deep(value: Any, limit: int) -> None:
    text = spelled(value)
    if is_apart(value) and depth_of(value) <= limit:
        assert read_json(text.encode(), depth_limit=limit) == json.loads(text)
    else:
        with pytest.raises((MalformedRequest, RequestTooLarge)):
            read_json(text.encode(), depth_limit=limit)
