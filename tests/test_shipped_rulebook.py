"""The law we ship: it can be read, it says where each article was read, and nothing restricts without one (P1, R7)."""

import re
from pathlib import Path

import pytest

from memoranda.lint import lint
from memoranda.model import ADMISSIBLE_FOR_RESTRICTIONS, RESTRICTIONS, LegalBasis, Measure, Target
from memoranda.reader import SHIPPED, read_rulebook
from memoranda.rulebook import Rulebook

RECORD_LISTS = {
    "penalty": {"penalty_kind", "amount", "hearing_threshold_met", "permit", "industry", "ban", "major_loss"},
    "licence-revoked": {"kind"},
    "permit-revoked": {"permit"},
    "post-sanction": {"sanction", "accident_grade"},
    "tax-exit-stop": {"on_account_of", "unpaid_tax", "secured"},
    "court-exit-order": {"on_account_of", "named_as"},
    "name-struck-xm": set(),
}
"""Ids and facts that outside cases name; the list may declare more."""


@pytest.fixture(scope="module")
def book() -> Rulebook:
    """The shipped rulebook, read once."""
    return read_rulebook(SHIPPED)


def carries(basis: LegalBasis, measure: Measure, target: Target) -> bool:
    """Whether `basis` can carry the measure for the target's role on the days it is in force (G6)."""
    admissible = measure.effect not in RESTRICTIONS or basis.kind in ADMISSIBLE_FOR_RESTRICTIONS
    return admissible and basis.verified is not None and target.role in basis.binds


def enforceable(book: Rulebook, measure: Measure) -> bool:
    """Whether some target of a measure that was not withdrawn has a basis that carries it."""
    return measure.withdrawn is None and any(
        carries(book.bases[basis], measure, target) for target in measure.targets for basis in target.bases
    )


def test_the_shipped_rulebook_has_no_lint_error(book: Rulebook) -> None:
    assert [finding for finding in lint(book) if finding.level == "error"] == []


def test_at_least_twelve_measures_restrict_by_a_verified_article(book: Rulebook) -> None:
    biting = [m.id for m in book.measures.values() if m.effect in RESTRICTIONS and enforceable(book, m)]
    assert len(biting) >= 12


@pytest.mark.parametrize(
    ("measure", "effect", "reaches"),
    [
        ("posts/revoked-company-officer", "bar", {"legal_representative"}),
        ("enterprise-info/legal-representative-elsewhere", "bar", {"legal_representative", "principal"}),
        ("consumption-order/transport", "bar", {"self", "legal_representative", "principal", "actual_controller"}),
        ("exit/tax", "bar", {"self"}),
        ("exit/court", "bar", {"self"}),
        ("procurement/large-fine-hearing", "bar", {"self", "head_office", "branch_of"}),
        ("procurement/large-fine-two-million", "bar", {"self", "head_office", "branch_of"}),
        ("tender/disqualified", "bar", {"self", "head_office", "branch_of"}),
        ("procurement/good-standing", "weigh", {"self"}),
        ("xm-2021/45-procurement", "weigh", {"self"}),
        ("tax-a-2016-1467/15", "favour", {"self"}),
        ("shandong-credit-regulation/26-green-channel", "favour", {"self"}),
    ],
)
def test_the_measures_that_the_guide_tells_of_are_in_force_for_each_role_they_name(
    book: Rulebook, measure: str, effect: str, reaches: set[str]
) -> None:
    found = book.measures[measure]
    assert found.effect == effect
    assert enforceable(book, found)
    reached = {t.role for t in found.targets if any(carries(book.bases[b], found, t) for b in t.bases)}
    assert reaches <= reached


def test_personal_responsibility_is_asked_for_wherever_the_company_law_asks_for_it(book: Rulebook) -> None:
    for measure in book.measures.values():
        cited = {basis for target in measure.targets for basis in target.bases}
        if "company-law-2023 178(1)(4)" in cited and measure.withdrawn is None:
            assert measure.condition == "role.responsible", measure.id
            assert {target.held for target in measure.targets} == {"at_event"}, measure.id


def test_the_two_thresholds_of_a_large_fine_meet_without_gap_or_overlap(book: Rulebook) -> None:
    before = book.measures["procurement/large-fine-hearing"]
    after = book.measures["procurement/large-fine-two-million"]
    assert before.until == after.from_
    assert before.from_ is None
    assert after.until is None


def test_a_verified_article_says_where_it_was_read_and_which_days_it_is_law(book: Rulebook) -> None:
    verified = [basis for basis in book.bases.values() if basis.verified]
    assert verified
    for basis in verified:
        assert basis.verified is not None
        assert basis.verified.by == "article text read"
        assert basis.verified.source, basis.id
        assert basis.from_ is not None, basis.id


def test_no_memorandum_is_verified_as_if_it_were_law(book: Rulebook) -> None:
    assert [b.id for b in book.bases.values() if b.kind == "memorandum" and b.verified] == []


def test_what_rests_on_articles_nobody_has_read_restricts_nobody_and_stays_visible(book: Rulebook) -> None:
    unread = [
        measure
        for measure in book.measures.values()
        if measure.effect in RESTRICTIONS
        and not any(book.bases[basis].verified for target in measure.targets for basis in target.bases)
    ]
    assert unread, "the reference has many; an empty loop would prove nothing"
    assert [measure.id for measure in unread if enforceable(book, measure)] == []


def test_no_local_regulation_of_xiamen_is_in_force_before_its_text_was_read(book: Rulebook) -> None:
    local = [b for b in book.bases.values() if b.kind == "local_regulation" and b.territory == "350200"]
    assert local
    assert [basis.id for basis in local if basis.verified] == []


def test_no_one_commands_a_bank_or_an_association(book: Rulebook) -> None:
    private = {department.id for department in book.departments.values() if not department.public}
    commanded = {
        m.id
        for m in book.measures.values()
        if m.effect in RESTRICTIONS and enforceable(book, m) and private & {*m.departments}
    }
    assert private
    assert commanded == set()


def test_record_lists_keep_the_ids_and_facts_that_outside_cases_name(book: Rulebook) -> None:
    for name, facts in RECORD_LISTS.items():
        assert book.lists[name].kind == "record"
        assert facts <= set(book.lists[name].facts)
    assert {book.lists[name].kind for name in ("tax-grade-d", "enforcement-info")} == {"watch"}
    assert not book.measures_on("enforcement-info")


def test_schooling_is_never_reached_from_a_debt(book: Rulebook) -> None:
    for name in ("djd", "consumption-order"):
        for measure in book.measures_on(name):
            assert measure.matters != "any" or not enforceable(book, measure), measure.id
            assert "schooling" not in measure.matters, measure.id


def test_every_favour_that_is_in_force_says_what_withholds_it(book: Rulebook) -> None:
    favours = [m for m in book.measures.values() if m.effect == "favour" and enforceable(book, m)]
    assert len(favours) >= 2
    for measure in favours:
        assert measure.withheld_by is not None, measure.id
        bases = [book.bases[basis] for basis in measure.withheld_by.bases]
        assert any(basis.verified and "self" in basis.binds for basis in bases), measure.id


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*/*.yaml")), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_each_file_can_be_read_in_one_sitting_and_opens_by_saying_what_it_is(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 400
    assert re.match(r"# .*[\u4e00-\u9fff]", lines[0])
