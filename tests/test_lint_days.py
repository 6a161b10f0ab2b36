"""Findings about a day change on that very day, and never decide whether a book may be published."""

from datetime import date
from typing import Any

import pytest

from memoranda.lint import lint
from memoranda.reader import SHIPPED, read_inline, read_rulebook
from memoranda.rulebook import Rulebook
from tests.lint_pages import changed, sample


def book(**basis: Any) -> Rulebook:
    """Give the sample with its law changed; the memorandum follows the law, so that only days matter."""
    change = {"legal_bases": [{"id": "law", **basis}], "memoranda": [{"id": "memo", "kind": "statutory"}]}
    return read_inline(changed(sample(), change))


def codes(rulebook: Rulebook, day: str | None) -> list[str]:
    return [finding.code for finding in lint(rulebook, None if day is None else date.fromisoformat(day))]


@pytest.mark.parametrize(
    ("day", "found"),
    [
        ("2015-12-31", ["basis.lapses"]),  # before the memorandum: nothing is amiss that day
        ("2024-06-30", ["basis.lapses"]),
        ("2024-07-01", ["basis.lapsed"]),  # the end day does not count
        (None, ["basis.lapses"]),
    ],
)
def test_an_article_lapses_on_the_day_it_ends(day: str | None, found: list[str]) -> None:
    assert codes(book(until="2024-07-01"), day) == found


@pytest.mark.parametrize(
    ("day", "found"),
    [
        ("2025-12-31", ["basis.not-yet"]),
        ("2026-01-01", ["measure.retroactive"]),
        ("2028-12-31", ["measure.retroactive"]),
        ("2029-01-01", []),  # the list's 36 months are over: conduct from before is listed no more
        (None, []),
    ],
)
def test_an_article_is_awaited_then_young_then_settled(day: str | None, found: list[str]) -> None:
    assert codes(book(**{"from": "2026-01-01"}), day) == found


@pytest.mark.parametrize(
    ("change", "silent"),
    [
        ({"condition": 'designation.conduct_on >= d"2025-01-01"'}, True),
        ({"condition": 'subject.kind == "person"'}, False),
        ({"term": {"months": 6, "from": "decided_on"}}, True),  # over by then
        ({"effect": "weigh"}, True),
    ],
)
def test_a_young_article_is_told_unless_the_measure_leaves_older_conduct_out(
    change: dict[str, Any], *, silent: bool
) -> None:
    memo = {"id": "memo", "kind": "statutory", "measures": [{"id": "deny", **change}]}
    law = {"id": "law", "from": "2025-01-01"}
    found = codes(read_inline(changed(sample(), {"legal_bases": [law], "memoranda": [memo]})), "2026-01-01")
    assert found == ([] if silent else ["measure.retroactive"])


def test_a_listing_that_lasts_until_performance_is_no_matter_of_old_conduct() -> None:
    lists = [{"id": "serious", "term_months": None, "ends_by": "performance"}]
    change = {"lists": lists, "legal_bases": [{"id": "law", "from": "2025-01-01"}]}
    change["memoranda"] = [{"id": "memo", "kind": "statutory"}]
    assert codes(read_inline(changed(sample(), change)), "2026-01-01") == []


def test_an_older_article_with_the_same_rule_settles_it() -> None:
    old = {"id": "old", "document": "旧法", "article": "第一条", "kind": "law", "from": "2001-01-01", "binds": ["self"]}
    old |= {"until": "2025-01-01", "verified": {"on": "2025-06-01", "by": "article text read"}}
    memo = {"id": "memo", "kind": "statutory", "measures": [{"id": "deny"}]}
    memo["measures"] = [{"id": "deny", "targets": [{"role": "self", "bases": ["old", "law"]}]}]
    change = {"legal_bases": [{"id": "law", "from": "2025-01-01"}, old], "memoranda": [memo]}
    assert codes(read_inline(changed(sample(), change)), "2026-01-01") == []


def test_the_errors_of_the_shipped_rulebook_do_not_depend_on_the_day() -> None:
    shipped = read_rulebook(SHIPPED)
    for day in ("1990-01-01", "2016-01-01", "2024-07-01", "2026-08-15", "2027-01-01", "2040-01-01", None):
        on = None if day is None else date.fromisoformat(day)
        assert [finding for finding in lint(shipped, on) if finding.level == "error"] == []
