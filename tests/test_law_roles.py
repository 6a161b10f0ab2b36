"""The page on roles tells the truth: what it says is reached is carried by that article, the rest by none (P2)."""

from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import pytest

from memoranda.model import ADMISSIBLE_FOR_RESTRICTIONS, RESTRICTIONS, LegalBasis, Measure, Role, Target
from memoranda.reader import SHIPPED, read_rulebook
from memoranda.rulebook import Rulebook

PAGE = Path(__file__).parent.parent / "docs" / "law-roles.md"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table of the page; `measure` and `basis` are empty where nothing reaches."""

    list_id: str
    role: str
    matter: str
    answer: str
    measure: str
    basis: str
    why: str


def rows() -> list[Row]:
    """Read every row that begins with the id of a list."""
    lines = (line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `"))
    return [Row(*(cell.strip().strip("`") for cell in line.strip("|").split(" |"))) for line in lines]


ROWS = rows()
REACHED = [row for row in ROWS if row.answer == "及"]
NOT_REACHED = [row for row in ROWS if row.answer == "不及"]


@pytest.fixture(scope="module")
def book() -> Rulebook:
    """The shipped rulebook, read once."""
    return read_rulebook(SHIPPED)


def covers(book: Rulebook, measure: Measure, matter: str) -> bool:
    """Whether a measure speaks of a matter, or of one that contains it or lies in it (J2)."""
    if measure.matters == "any":
        return True
    spoken = {matter, *book.ancestors(matter), *book.descendants(matter)}
    return not spoken.isdisjoint(measure.matters)


def carries(basis: LegalBasis, target: Target) -> bool:
    """Whether an article carries a restriction for the target's role on the days when it is law (G6)."""
    admissible = basis.kind in ADMISSIBLE_FOR_RESTRICTIONS
    return admissible and basis.verified is not None and target.role in basis.binds


def test_every_row_gives_an_answer_and_names_what_there_is(book: Rulebook) -> None:
    assert len(REACHED) >= 20
    assert len(NOT_REACHED) >= 20
    assert sorted(ROWS, key=lambda row: row.answer == "不及") == REACHED + NOT_REACHED
    for row in ROWS:
        assert row.list_id in book.lists, row
        assert row.role in get_args(Role), row
        assert row.matter in book.matters, row
        assert row.why, row


@pytest.mark.parametrize("row", REACHED, ids=lambda row: f"{row.list_id}-{row.role}-{row.basis}")
def test_what_is_said_to_be_reached_is_carried_by_that_article_for_that_role(book: Rulebook, row: Row) -> None:
    measure = book.measures[row.measure]
    assert measure.effect in RESTRICTIONS
    assert measure.withdrawn is None
    assert row.list_id in book.lists_of(measure.id)
    assert covers(book, measure, row.matter)
    target = next(target for target in measure.targets if target.role == row.role)
    assert row.basis in target.bases
    assert carries(book.bases[row.basis], target)


@pytest.mark.parametrize("row", NOT_REACHED, ids=lambda row: f"{row.list_id}-{row.role}-{row.matter}")
def test_what_is_said_not_to_be_reached_is_carried_by_nothing(book: Rulebook, row: Row) -> None:
    assert row.measure == row.basis == ""
    reaching = {
        measure.id
        for measure in book.measures_on(row.list_id)
        if measure.effect in RESTRICTIONS and measure.withdrawn is None and covers(book, measure, row.matter)
        for target in measure.targets
        if target.role == row.role and any(carries(book.bases[id_], target) for id_ in target.bases)
    }
    assert reaching == set()


def test_each_role_but_the_listed_one_has_its_own_confirmed_article_or_restricts_nobody(book: Rulebook) -> None:
    """A relation is never reached in the shadow of an article for somebody else."""
    shadows = [
        (measure.id, target.role)
        for measure in book.measures.values()
        if measure.effect in {"bar", "limit"} and measure.withdrawn is None
        for target in measure.targets
        if target.role != "self" and not any(carries(book.bases[id_], target) for id_ in target.bases)
    ]
    assert shadows == []
