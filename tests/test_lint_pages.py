"""Each code of lint has a page with a bad example that it finds and a good one that it does not."""

import re

import pytest

from memoranda.cleaning import read_until
from memoranda.lint import CODES, lint
from memoranda.reader import SHIPPED, read_rulebook
from memoranda.rulebook import Rulebook
from tests.lint_pages import DAY, PAGES, examples, findings, text_of
from tests.lint_shipped import NO_REASON, page_of, reasons_in


def test_each_code_has_a_page_and_each_page_a_code() -> None:
    assert {path.stem for path in PAGES.glob("*.*.md")} == set(CODES)


def test_the_table_names_each_code_with_its_level_and_words() -> None:
    words = {"error": "错误 error", "warning": "提醒 warning"}
    rows = re.findall(r"^\| \[`([a-z.-]+)`\]\(\1\.md\) \| (.+?) \| (.+?) \|$", text_of("README"), flags=re.MULTILINE)
    assert rows == [(code, words[level], says) for code, (level, says) in CODES.items()]


def test_the_pages_state_the_day_of_their_examples() -> None:
    assert f"当日是 {DAY}" in text_of("README")


def test_nothing_is_found_in_the_sample() -> None:
    assert findings({}) == ()


@pytest.mark.parametrize("code", CODES)
def test_the_bad_example_is_found_alone_and_the_good_one_is_not(code: str) -> None:
    bad, good = examples(code)
    assert {(finding.code, finding.level) for finding in findings(bad)} == {(code, CODES[code][0])}
    assert findings(good) == ()


@pytest.mark.parametrize("code", CODES)
def test_a_page_says_level_and_meaning_and_why(code: str) -> None:
    level, says = CODES[code]
    text = text_of(code)
    assert text.startswith(f"# `{code}`\n**{'错误' if level == 'error' else '提醒'} {level}** · {says}\n")
    assert re.search(r"## 为什么\n.{20,}", text)


@pytest.fixture(scope="module")
def book() -> Rulebook:
    """The shipped rulebook, read once."""
    return read_rulebook(SHIPPED)


def test_the_page_of_the_shipped_rulebook_is_current(book: Rulebook) -> None:
    text = text_of("shipped")
    assert text == page_of(book, reasons_in(text)), "运行 run: python -m tests.lint_shipped"


def test_each_warning_of_the_shipped_rulebook_has_its_reason(book: Rulebook) -> None:
    reasons = reasons_in(text_of("shipped"))
    found = {finding.code for finding in lint(book, read_until(book))}
    assert found
    assert {code for code in found if len(reasons[code]) < 30 or NO_REASON in reasons[code]} == set()


def test_writing_the_page_anew_keeps_the_reasons(book: Rulebook) -> None:
    reasons = {code: f"理由 {code}\n\n第二段 {number}" for number, code in enumerate(CODES)}
    found = {finding.code for finding in lint(book, read_until(book))}
    assert reasons_in(page_of(book, reasons)) == {code: reasons[code] for code in found}
