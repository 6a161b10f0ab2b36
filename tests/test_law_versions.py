"""The law has its days: a past day is answered from its article, a future day from the announced one (F1)."""

from datetime import date

import pytest

from memoranda.cleaning import cleaned
from memoranda.model import Role
from memoranda.reader import SHIPPED, read_rulebook
from memoranda.rulebook import Rulebook

DAYS: list[tuple[str, Role, str, set[str], set[str]]] = [
    # measure, role, day, articles among those that carry it, articles that do not yet or no longer
    (
        "posts/revoked-company-officer",
        "legal_representative",
        "2024-06-30",
        {"company-law-2018 146"},
        {"company-law-2023 178(1)(4)"},
    ),
    (
        "posts/revoked-company-officer",
        "legal_representative",
        "2024-07-01",
        {"company-law-2023 178(1)(4)"},
        {"company-law-2018 146"},
    ),
    (
        "enterprise-info/legal-representative-elsewhere",
        "legal_representative",
        "2024-04-30",
        {"enterprise-info-2014 17"},
        {"enterprise-info-2024 18"},
    ),
    (
        "enterprise-info/legal-representative-elsewhere",
        "principal",
        "2024-05-01",
        {"enterprise-info-2024 18"},
        {"enterprise-info-2014 17"},
    ),
    (
        "enterprise-info/public-resources",
        "self",
        "2024-04-30",
        {"enterprise-info-2014 18"},
        {"enterprise-info-2024 19"},
    ),
    (
        "enterprise-info/public-resources",
        "self",
        "2024-05-01",
        {"enterprise-info-2024 19"},
        {"enterprise-info-2014 18"},
    ),
    (
        "exit/court",
        "self",
        "2021-12-31",
        {"civil-procedure-law 255"},
        {"civil-procedure-law 262", "civil-procedure-law 266"},
    ),
    (
        "exit/court",
        "self",
        "2023-12-31",
        {"civil-procedure-law 262"},
        {"civil-procedure-law 255", "civil-procedure-law 266"},
    ),
    (
        "exit/court",
        "self",
        "2024-01-01",
        {"civil-procedure-law 266"},
        {"civil-procedure-law 255", "civil-procedure-law 262"},
    ),
    ("decided-ban/eia", "self", "2026-08-15", {"eco-code 1097"}, set()),
    ("medical-fund/manager", "principal", "2026-12-31", {"med-fund-reg 43"}, {"medical-security-law 50"}),
    ("medical-fund/manager", "legal_representative", "2027-01-01", {"medical-security-law 50"}, set()),
    ("consumption-2010/officers", "legal_representative", "2015-07-21", {"consumption-2010 3"}, set()),
    ("consumption-order/transport", "legal_representative", "2015-07-22", {"consumption-2015 3"}, set()),
]


@pytest.fixture(scope="module")
def book() -> Rulebook:
    """The shipped rulebook, read once."""
    return read_rulebook(SHIPPED)


@pytest.mark.parametrize(
    ("measure", "role", "day", "there", "gone"),
    DAYS,
    ids=lambda value: " ".join(sorted(value)) if isinstance(value, set) else str(value)[:40],
)
def test_a_day_is_answered_from_the_article_of_that_day(
    book: Rulebook, measure: str, role: Role, day: str, there: set[str], gone: set[str]
) -> None:
    found = cleaned(book, measure, date.fromisoformat(day))
    carrying = {basis.id for one in found.targets if one.target.role == role for basis in one.carrying}
    assert there <= carrying
    assert carrying.isdisjoint(gone)


def test_nothing_is_carried_by_a_law_before_its_first_day(book: Rulebook) -> None:
    before = cleaned(book, "decided-ban/eia", date(2026, 8, 14))
    assert before.standing == "no-basis"
    assert before.reason == "article-not-in-force"


@pytest.mark.parametrize(
    ("document", "first"),
    [
        ("eco-code", date(2026, 8, 15)),
        ("medical-security-law", date(2027, 1, 1)),
        ("quanzhou-credit-reg", date(2026, 1, 1)),
        ("company-law-2023", date(2024, 7, 1)),
        ("enterprise-info-2024", date(2024, 5, 1)),
        ("customs-order282", date(2026, 4, 1)),
        ("ndrc-order36", date(2026, 4, 1)),
    ],
)
def test_a_document_is_law_from_its_announced_day(book: Rulebook, document: str, first: date) -> None:
    days = {basis.from_ for basis in book.bases.values() if basis.id.split(" ")[0] == document}
    assert days == {first}


def test_what_replaces_an_article_begins_on_the_day_that_it_ends(book: Rulebook) -> None:
    for old, new in [
        ("company-law-2018 146", "company-law-2023 178(1)(4)"),
        ("civil-procedure-law 255", "civil-procedure-law 262"),
        ("civil-procedure-law 262", "civil-procedure-law 266"),
        ("enterprise-info-2014 17", "enterprise-info-2024 18"),
        ("enterprise-info-2014 18", "enterprise-info-2024 19"),
        ("consumption-2010 3", "consumption-2015 3"),
        ("customs-order251 口径", "customs-order282 等级"),
        ("ndrc-order58 全文", "ndrc-order36 期限"),
    ]:
        assert book.bases[old].until == book.bases[new].from_, old


def test_a_verified_article_is_cited_by_its_own_number(book: Rulebook) -> None:
    """Two numbers of one document never stand for one article on one day."""
    assert book.bases["company-law-2018 146"].article == "第一百四十六条"
    numbers = [book.bases[f"civil-procedure-law {no}"].article for no in ("255", "262", "266")]
    assert numbers == ["第二百五十五条", "第二百六十二条", "第二百六十六条"]
