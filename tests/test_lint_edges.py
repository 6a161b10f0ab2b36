"""Where findings begin and end: the last case that is told and the first that is not."""

from typing import Any

import pytest

from tests.lint_pages import findings

TWIN = {
    "id": "deny-again",
    "effect": "bar",
    "departments": ["mof"],
    "matters": ["grant"],
    "lists": ["serious"],
    "targets": [{"role": "self", "bases": ["law"]}],
}
READ = {"verified": {"on": "2025-06-01", "by": "article text read"}}


def codes(**change: Any) -> set[str]:
    return {finding.code for finding in findings(change)}


def measure(id_: str, **said: Any) -> list[dict[str, Any]]:
    return [{"id": "memo", "measures": [{"id": id_, **said}]}]


@pytest.mark.parametrize(("months", "found"), [(36, set()), (37, {"term.longer-than-list"})])
def test_a_term_as_long_as_the_lists_is_not_longer(months: int, found: set[str]) -> None:
    assert codes(memoranda=measure("deny", term={"months": months, "from": "decided_on"})) == found


@pytest.mark.parametrize(("parent", "found"), [("shop", {"bar.interpretation-alone"}), ("grant", set())])
def test_what_a_licence_contains_is_a_licence(parent: str, found: set[str]) -> None:
    memoranda = measure("deny", matters=["stall"], targets=[{"role": "self", "bases": ["interpretation"]}])
    assert codes(matters=[{"id": "stall", "name": "摊位", "parent": parent}], memoranda=memoranda) == found


@pytest.mark.parametrize(
    ("effect", "bases", "found"),
    [
        ("bar", ["interpretation"], {"bar.interpretation-alone"}),
        ("weigh", ["interpretation"], set()),
        ("bar", ["interpretation", "hearsay"], {"bar.interpretation-alone"}),  # what nobody has read adds nothing
        ("bar", ["interpretation", "law"], set()),
    ],
)
def test_an_interpretation_bars_alone_where_no_other_article_was_read(
    effect: str, bases: list[str], found: set[str]
) -> None:
    memoranda = measure("deny", effect=effect, matters="any", targets=[{"role": "self", "bases": bases}])
    assert codes(memoranda=memoranda) == found


def test_a_favour_that_is_over_by_that_day_needs_no_article_to_withhold_it() -> None:
    withheld = {"withheld_by": {"lists": "restriction", "bases": ["old-law"]}}
    assert codes(memoranda=measure("praise", **withheld, until="2026-01-01")) == set()
    assert codes(memoranda=measure("praise", **withheld, until="2026-01-02")) == {"withholding.not-in-force"}


@pytest.mark.parametrize(("start", "found"), [("2026-01-01", {"memorandum.older-than-law"}), ("2026-01-02", set())])
def test_a_change_that_is_still_to_come_makes_no_memorandum_old(start: str, found: set[str]) -> None:
    law = {
        "id": "next",
        "document": "某法",
        "article": "第九条",
        "kind": "law",
        "from": start,
        "binds": ["self"],
        **READ,
    }
    assert codes(legal_bases=[law]) == found


def test_measures_of_two_regions_or_times_are_no_twins() -> None:
    def second(**said: Any) -> set[str]:
        memo = {"id": "other", "kind": "memorandum", "from": "2016-01-01", "lists": ["serious"], "measures": [TWIN]}
        south = {"id": "south", "name": "某市财政局", "region": "350200", "counterpart_of": "mof"}
        return codes(departments=[south], memoranda=[memo | said])

    assert second() == {"measure.twin"}
    assert second(region="350200") == set()
    assert second(**{"from": "2017-01-01"}) == set()


def test_a_watch_list_that_can_be_repaired_has_a_way_out() -> None:
    assert codes(lists=[{"id": "attention", "ends_by": None, "repair": {}}]) == set()


@pytest.mark.parametrize(("article", "found"), [("law", set()), ("old-law", {"list.end-unfounded"})])
def test_an_article_that_sets_no_end_must_be_law_that_day(article: str, found: set[str]) -> None:
    assert codes(lists=[{"id": "serious", "term_months": None, "ends_by": "law", "ends_article": article}]) == found


def test_only_a_person_is_directly_responsible() -> None:
    said = {"targets": [{"role": "directly_responsible", "bases": ["law"]}]}
    law = [{"id": "law", "binds": ["directly_responsible"]}]
    for kind, found in (("enterprise", {"condition.never-true"}), ("person", set())):
        memoranda = measure("deny", **said, condition=f'subject.kind == "{kind}"')
        assert codes(legal_bases=law, memoranda=memoranda) == found
