"""The pages of `docs/lint/`: the sample rulebook, the examples made on it, and the table of codes."""

import copy
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from memoranda.lint import Finding, lint
from memoranda.reader import read_inline

PAGES = Path(__file__).parent.parent / "docs" / "lint"
DAY = date(2026, 1, 1)
"""The day of the examples, as the pages say."""


def text_of(name: str) -> str:
    return (PAGES / f"{name}.md").read_text(encoding="utf-8")


def examples(name: str) -> list[Any]:
    """Give the YAML blocks of a page, in order."""
    blocks = re.findall(r"```yaml\n(.*?)```", text_of(name), flags=re.DOTALL)
    return [YAML(typ="safe").load(block) for block in blocks]


def sample() -> dict[str, Any]:
    """Give a new copy of the rulebook that all examples change."""
    (book,) = examples("README")
    assert isinstance(book, dict)
    return book


def changed(book: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """Give the book with entries of the same id changed key by key, `null` taking a key away, and new ones added."""
    result = copy.deepcopy(dict(book))
    for section, entries in change.items():
        result[section] = _merged(result[section], entries)
    return result


def _merged(before: list[Any], entries: list[Any]) -> list[Any]:
    by_id = {entry["id"]: entry for entry in before}
    for entry in entries:
        known = by_id.setdefault(entry["id"], {})
        for key, value in entry.items():
            if value is None:
                known.pop(key, None)
            elif key == "measures" and key in known:
                known[key] = _merged(known[key], value)
            else:
                known[key] = value
    return list(by_id.values())


def findings(change: Mapping[str, Any]) -> tuple[Finding, ...]:
    return lint(read_inline(changed(sample(), change)), DAY)
