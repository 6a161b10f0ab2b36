"""The pages docs/errors.md and docs/http.md name all that the code has, and nothing that it has not."""

import ast
import re
from pathlib import Path

import pytest

from api.problems import KINDS
from graph_model.errors import XinhengError
from memoranda.condition_types import SYMBOLS
from memoranda.lint_codes import CODES
from tests.test_http_openapi import PROMISED

ROOT = Path(__file__).parent.parent
ERRORS = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
HTTP = (ROOT / "docs" / "http.md").read_text(encoding="utf-8")
CODE = re.compile(r"[a-z]+\.[a-z]+(?:-[a-z]+)*")
NOT_CODES = {
    *("check.html", "style.css", "schema.sql", "store.db", "state.json", "state.part", "manifest.json", "digests.json"),
    *("nodes.changes", "nodes.lists", "nodes.rulebooks", "nodes.store", "import.sh"),
    *("relationships.contains", "relationships.law", "relationships.relations"),
    *(
        "uvicorn.error",
        "worker.ended",
        "index.ready",
        "index.store-away",
        "index.store-back",
        "http.request",
        "parquet.json",
    ),
}
"""Words of the same form that are names of files, loggers and logged events."""
SYMBOL_NAMES = {f"{root}.{name}" for root, names in SYMBOLS.items() for name in names}
"""Words of conditions, which are no codes; lint's codes have a page each in docs/lint, held by test_lint_pages."""
COMPOSED = {"subject.unknown", "organisation.unknown", "name.short"}
"""Put together by the admission from the word and `.unknown`; and the one detail code of the engine's own."""


def kinds_of(error: type[XinhengError]) -> set[str]:
    return {error.code, *(code for below in error.__subclasses__() for code in kinds_of(below))} - {"xinheng"}


def codes_in_the_source() -> set[str]:
    found: set[str] = set()
    # The engine refuses with codes only; the words of that form in it and in the demo are symbols of conditions.
    for package in ("graph_model", "memoranda", "loaders", "api"):
        for path in sorted((ROOT / package).rglob("*.py")):
            if path.name == "demo.py":
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
                    found.add(node.value)
    assert len(found) > 50, "an empty search would prove nothing"
    return found - NOT_CODES - SYMBOL_NAMES - CODES.keys()


def test_every_error_of_the_tree_has_a_status_and_a_title() -> None:
    assert kinds_of(XinhengError) == KINDS.keys()


def test_the_page_of_errors_names_every_code_and_detail_code() -> None:
    told = set(re.findall(r"^\| `([^`]+)` \|", ERRORS, flags=re.MULTILINE))
    assert (codes_in_the_source() | KINDS.keys() | COMPOSED) - told == set()


def test_the_page_of_errors_names_no_code_that_is_gone() -> None:
    told = set(re.findall(r"^\| `([^`]+)` \|", ERRORS, flags=re.MULTILINE))
    assert told - codes_in_the_source() - KINDS.keys() - COMPOSED == set()


@pytest.mark.parametrize("code", KINDS)
def test_the_page_of_errors_tells_the_status_of_each_code(code: str) -> None:
    row = next(line for line in ERRORS.splitlines() if line.startswith(f"| `{code}` |"))
    assert str(KINDS[code].status) in row or code == "settings.refused"


def test_the_page_of_http_names_every_route() -> None:
    assert [path for path in PROMISED if f"`{path}`" not in HTTP and f" {path}`" not in HTTP] == []
