"""Places of readers as words that can stand in an address: written by us, sent back as they are."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import date
from typing import Any

from graph_model.errors import MalformedRequest

MOST = 2**53
"""The largest whole number in one: every reader of JSON keeps it exact."""


def written(*parts: str | int | date | None) -> str:
    """Write the parts of a place."""
    told = [part.isoformat() if isinstance(part, date) else part for part in parts]
    return urlsafe_b64encode(json.dumps(told).encode()).decode().rstrip("=")


def read(text: str, kinds: str) -> list[Any]:
    """Read the parts back; `kinds` has a letter for each: `t`ext, `n`umber, `d`ay; a capital: or nothing.

    Raises:
        MalformedRequest: it is no such word (`cursor.malformed`).

    >>> read(written(3, date(2026, 1, 1), None), "nDT")
    [3, datetime.date(2026, 1, 1), None]

    """
    try:
        parts = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return [_part(part, kind) for part, kind in zip(parts, kinds, strict=True)]
    except (ValueError, TypeError, RecursionError):
        raise MalformedRequest(
            "游标不合规则 the cursor is malformed",
            hint="原样送回上一页的 next send back `next` of the last page as it is",
            detail_code="cursor.malformed",
        ) from None


def _part(part: Any, kind: str) -> Any:
    if part is None and kind.isupper():
        return None
    match kind.lower(), part:
        case "n", int() if 0 <= part <= MOST and not isinstance(part, bool):
            return part
        case "t", str():
            return part
        case "d", str():
            return date.fromisoformat(part)
    raise ValueError(kind)
