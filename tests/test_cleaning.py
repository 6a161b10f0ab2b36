"""依据清理: each measure has one standing on each day; what lacks a confirmed article is in no decision that day."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest

from engine.judge import judge, sort_items
from engine.plan import plan_of
from engine.question import Check
from engine.standing import Standing, standing_of
from engine.timeline import at
from graph_model.nodes import RELATION_TYPES, Attributes, Designation, Neighbourhood, Relation, Subject
from memoranda.cleaning import (
    SILENT,
    STANDINGS,
    Cleaned,
    cleaned,
    course,
    days_of_change,
    read_until,
    standings,
    without_slot,
)
from memoranda.model import RESTRICTIONS, ROLES
from memoranda.reader import SHIPPED, read_inline, read_rulebook
from memoranda.rulebook import Rulebook
from tests.worlds import book_of

TODAY = date(2026, 1, 1)
FAR = date(2090, 1, 1)


@pytest.fixture(scope="module")
def book() -> Rulebook:
    return read_rulebook(SHIPPED)


def small(
    measure: dict[str, Any] | None = None,
    basis: dict[str, Any] | None = None,
    memorandum: dict[str, Any] | None = None,
    list_kind: str = "restriction",
    public: bool = True,
) -> Rulebook:
    """One measure on one list, resting on one article."""
    article = {"id": "b", "document": "某法", "article": "第一条", "kind": "law", "binds": ["self"]}
    verified = {"verified": {"on": "2025-01-01", "by": "article text read"}}
    said = {
        "id": "m",
        "effect": "bar",
        "departments": ["d"],
        "matters": ["x"],
        "targets": [{"role": "self", "bases": ["b"]}],
    }
    return read_inline(
        {
            "departments": [{"id": "d", "name": "某局", "public": public}, {"id": "a", "name": "某机关"}],
            "matters": [{"id": "x", "name": "某事项"}],
            "lists": [{"id": "l", "name": "某名单", "kind": list_kind, "authority": "a", "ends_by": "removal"}],
            "legal_bases": [article | verified | (basis or {})],
            "memoranda": [
                {"id": "M", "kind": "statutory", "title": "某法", "lists": ["l"], "measures": [said | (measure or {})]}
                | (memorandum or {})
            ],
        }
    )


@pytest.mark.parametrize(
    ("said", "standing", "reason"),
    [
        ({}, "enforceable", None),
        ({"measure": {"effect": "limit", "limits_to": "只可"}}, "enforceable", None),
        ({"measure": {"effect": "favour"}, "list_kind": "incentive"}, "enforceable", None),
        (
            {"measure": {"effect": "favour"}, "list_kind": "incentive", "basis": {"kind": "memorandum"}},
            "enforceable",
            None,
        ),
        ({"measure": {"effect": "weigh"}}, "weigh-only", None),
        ({"measure": {"effect": "watch"}}, "information-only", None),
        ({"measure": {"effect": "watch"}, "basis": {"verified": None}}, "information-only", None),
        ({"basis": {"verified": None}}, "unverified", None),
        ({"measure": {"effect": "weigh"}, "basis": {"verified": None}}, "unverified", None),
        ({"measure": {"effect": "favour"}, "list_kind": "incentive", "basis": {"verified": None}}, "unverified", None),
        ({"measure": {"withdrawn": {"reason": "错"}}}, "no-basis", "withdrawn"),
        ({"measure": {"withdrawn": {"on": TODAY, "reason": "错"}}}, "no-basis", "withdrawn"),
        ({"measure": {"withdrawn": {"on": TODAY + timedelta(1), "reason": "错"}}}, "enforceable", None),
        ({"measure": {"effect": "watch", "withdrawn": {"reason": "错"}}}, "no-basis", "withdrawn"),
        ({"measure": {"from": TODAY + timedelta(1)}}, "no-basis", "not-yet"),
        ({"measure": {"from": TODAY}}, "enforceable", None),
        ({"measure": {"until": TODAY}}, "no-basis", "ended"),
        ({"memorandum": {"until": TODAY}}, "no-basis", "ended"),
        ({"memorandum": {"from": TODAY + timedelta(1)}}, "no-basis", "not-yet"),
        ({"memorandum": {"region": "350200"}}, "no-basis", "no-department"),
        ({"basis": {"kind": "departmental_rule"}}, "no-basis", "inadmissible-kind"),
        ({"basis": {"kind": "normative_document"}}, "no-basis", "inadmissible-kind"),
        ({"basis": {"kind": "memorandum"}}, "no-basis", "inadmissible-kind"),
        ({"basis": {"binds": ["principal"]}}, "no-basis", "other-role"),
        ({"basis": {"until": TODAY}}, "no-basis", "article-not-in-force"),
        ({"basis": {"from": TODAY + timedelta(1)}}, "no-basis", "article-not-in-force"),
        ({"basis": {"from": TODAY}}, "enforceable", None),
        ({"basis": {"kind": "local_regulation", "territory": "350200"}}, "no-basis", "other-territory"),
        ({"public": False}, "not-a-public-body", None),
        ({"public": False, "measure": {"effect": "watch"}}, "not-a-public-body", None),
        ({"public": False, "measure": {"withdrawn": {"reason": "错"}}}, "not-a-public-body", None),
        ({"public": False, "basis": {"verified": None}}, "not-a-public-body", None),
    ],
)
def test_each_measure_has_the_standing_that_its_data_give_it(
    said: dict[str, Any], standing: str, reason: str | None
) -> None:
    found = cleaned(small(**said), "m", TODAY)
    assert (found.standing, found.reason) == (standing, reason)


def test_a_withdrawal_is_told_in_its_own_words_and_only_once_it_has_come() -> None:
    law = small({"withdrawn": {"on": TODAY, "reason": "没有条文"}, "from": TODAY - timedelta(9)})
    assert cleaned(law, "m", TODAY).note == "没有条文"
    assert cleaned(law, "m", TODAY - timedelta(10)) == Cleaned("no-basis", "not-yet")


def test_one_public_body_among_others_is_enough_to_command() -> None:
    law = small({"departments": ["a", "d"]}, public=False)
    assert cleaned(law, "m", TODAY).standing == "enforceable"


def test_the_articles_are_told_for_each_role_that_they_reach_and_no_other() -> None:
    targets = [{"role": "self", "bases": ["b"]}, {"role": "principal", "bases": ["b"]}]
    found = cleaned(small({"targets": targets}), "m", TODAY)
    assert [(one.target.role, [basis.id for basis in one.carrying]) for one in found.targets] == [("self", ["b"])]


def test_the_course_tells_each_day_on_which_a_standing_changes() -> None:
    law = small({"from": date(2020, 1, 1), "until": date(2030, 1, 1)}, {"from": date(2021, 1, 1)})
    assert [(day, one.standing) for day, one in course(law, "m")] == [
        (None, "no-basis"),
        (date(2021, 1, 1), "enforceable"),
        (date(2030, 1, 1), "no-basis"),
    ]


def test_the_end_of_an_article_ends_what_rests_on_it() -> None:
    law = small(basis={"until": date(2028, 1, 1)})
    assert [(day, one.standing) for day, one in course(law, "m")] == [
        (None, "enforceable"),
        (date(2028, 1, 1), "no-basis"),
    ]


def test_the_reason_is_that_of_the_article_that_comes_closest() -> None:
    # The first cited is of too low a rank for ever; the other would carry it, were it still law.
    law = small(basis={"until": TODAY})
    low = law.bases["b"].model_copy(update={"id": "a", "kind": "memorandum", "until": None})
    memorandum = law.memoranda["M"]
    target = memorandum.measures[0].targets[0].model_copy(update={"bases": ("a", "b")})
    measure = memorandum.measures[0].model_copy(update={"targets": (target,)})
    both = Rulebook(
        departments=law.departments.values(),
        matters=law.matters.values(),
        lists=law.lists.values(),
        legal_bases=[low, law.bases["b"]],
        memoranda=[memorandum.model_copy(update={"measures": (measure,)})],
    )
    assert cleaned(both, "m", TODAY) == Cleaned("no-basis", "article-not-in-force")


def around(days: Sequence[date]) -> list[date]:
    """Each day with the one before it; something must be asked where nothing ever changes, too."""
    return sorted({other for day in days for other in (day - timedelta(1), day)}) or [TODAY]


def test_between_the_days_of_change_nothing_changes(book: Rulebook) -> None:
    for measure in book.measures:
        days = days_of_change(book, measure)
        for first, last in zip(days, [*(day - timedelta(1) for day in days[1:]), FAR], strict=True):
            assert cleaned(book, measure, first) == cleaned(book, measure, last), (measure, first)


def test_every_shipped_measure_has_exactly_one_standing_and_all_but_the_last_occur(book: Rulebook) -> None:
    found = standings(book, read_until(book))
    assert found.keys() == book.measures.keys()
    assert {one.standing for one in found.values()} >= {*STANDINGS} - {"not-a-public-body"}
    assert all((one.reason is None) == (one.standing != "no-basis") for one in found.values())


def compared_with_the_engine(book: Rulebook) -> Iterator[tuple[str, str]]:
    """Hold every standing to what the engine makes of the law before it meets a fact, both ways, role by role.

    Gives each measure's effect and standing on each of its days of change.
    """
    for id_, measure in book.measures.items():
        planned = [p for p in plan_of(book).on_list(book.lists_of(id_)[0]) if p.measure.id == id_]
        for day in around(days_of_change(book, id_)):
            found = cleaned(book, id_, day)
            yield measure.effect, found.standing
            if found.standing == "not-a-public-body":
                continue  # the engine does not ask who is public; lint refuses such a restriction (R9)
            bound = {p.target.role for p in planned if any(at(reach.settled, day) == () for reach in p.reaches)}
            assert bound == {one.target.role for one in found.targets if one.carrying}, (id_, day, found)
            if measure.effect in RESTRICTIONS:
                assert bool(bound) == (found.standing not in SILENT), (id_, day, found)


def test_a_standing_of_the_shipped_law_agrees_with_the_engine(book: Rulebook) -> None:
    seen = {standing for effect, standing in compared_with_the_engine(book) if effect in RESTRICTIONS}
    assert seen >= {"enforceable", "weigh-only", "unverified", "no-basis"}


def test_a_standing_under_random_laws_agrees_with_the_engine() -> None:
    seen = {told for number in range(80) for told in compared_with_the_engine(book_of(number).rulebook)}
    assert {standing for _, standing in seen} >= {*STANDINGS} - {"not-a-public-body"}
    assert {effect for effect, _ in seen} == {"bar", "limit", "weigh", "watch", "favour"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A subject that stands in every role to designations on one list, and the days on which to ask about it."""

    standing: Standing
    days: list[date]
    matters: list[str]


def every_role(book: Rulebook, list_id: str, kind: str | None) -> Asked:
    """Put a subject and an organisation that it has every relation to on a list, from each day of change on.

    No fact is stated: so no condition, notice or anchor settles an item, and whatever the law lets through shows.
    """
    subject, other = "S", "O"
    days = around([day for m in book.measures_on(list_id) for day in days_of_change(book, m.id)])
    designations = tuple(
        Designation(
            id=f"{whose}-{day}",
            subject=whose,
            list=list_id,
            authority=book.lists[list_id].authority,
            effective_from=day,
            until=FAR,
        )
        for whose in (subject, other)
        for day in days
    )
    to_organisation = [kind for kind in RELATION_TYPES if kind != "directly_responsible"]
    relations = [Relation(type=kind, holder=subject, organisation=other) for kind in to_organisation]
    relations += [Relation(type=kind, holder=other, organisation=subject) for kind in ("branch_of", "operator")]
    relations += [
        Relation(type="directly_responsible", holder=subject, designation=d.id, responsible=True) for d in designations
    ]
    around_it = Neighbourhood(Subject(subject, (Attributes(kind=kind),)), tuple(relations), designations)
    standing = standing_of(around_it, book)
    named = {matter for item in standing.items for matter in item.measure.matters if item.measure.matters != "any"}
    return Asked(standing, days, sorted({*named, min(book.matters)}))


@pytest.fixture(scope="module")
def asked(book: Rulebook) -> list[Asked]:
    found = [every_role(book, list_id, kind) for list_id in book.lists for kind in (None, "enterprise")]
    return [one for one in found if one.standing.items]


@pytest.fixture(scope="module")
def in_decisions(book: Rulebook, asked: Sequence[Asked]) -> set[tuple[str, str, date]]:
    """Measure, role and day of every duty and unresolved item of every decision, over all matters, days of change."""
    found: set[tuple[str, str, date]] = set()
    for one in asked:
        for day in one.days:
            holding = [item for item in one.standing.items if at(item.holds, day) is not None]
            for matter in book.matters:
                concerned = sort_items(holding, Check("S", matter, day), day, book)
                items = (*concerned.duties, *concerned.unresolved)
                found |= {(item.measure.id, item.target.role, day) for item in items}
    return found


def test_no_restriction_without_a_confirmed_article_is_in_any_decision(
    book: Rulebook, in_decisions: set[tuple[str, str, date]]
) -> None:
    restricting = {(id_, day) for id_, _, day in in_decisions if book.measures[id_].effect in RESTRICTIONS}
    assert {(id_, day) for id_, day in restricting if cleaned(book, id_, day).standing in SILENT} == set()
    assert len(restricting) > 300, "an empty loop would prove nothing"
    roles = {role for _, role, _ in in_decisions}
    assert {"self", "legal_representative", "head_office", "branch_of"} <= roles <= {*ROLES}


def test_every_role_in_a_decision_has_an_article_of_its_own(
    book: Rulebook, in_decisions: set[tuple[str, str, date]]
) -> None:
    for id_, role, day in in_decisions:
        reached = {one.target.role for one in cleaned(book, id_, day).targets if one.carrying}
        assert role in reached, (id_, role, day)


def test_every_restriction_that_the_report_calls_alive_is_in_some_decision(
    book: Rulebook, in_decisions: set[tuple[str, str, date]]
) -> None:
    alive = {
        id_
        for id_, measure in book.measures.items()
        if measure.effect in RESTRICTIONS and any(one.standing not in SILENT for _, one in course(book, id_))
    }
    assert alive
    assert alive - {id_ for id_, _, _ in in_decisions} == set()


def test_a_whole_decision_names_no_restriction_that_lacks_a_confirmed_article(
    book: Rulebook, asked: list[Asked]
) -> None:
    # The same through the judge and its rendering: for each list, the last day of change, and each matter named.
    named = 0
    for one in asked:
        day = one.days[-1]
        for matter in one.matters:
            decision = judge(one.standing, Check("S", matter, day), book, 1)
            for item in (*decision.duties, *decision.unresolved):
                named += 1
                if item.effect in RESTRICTIONS:
                    assert cleaned(book, item.measure, day).standing not in SILENT, (item.measure, day)
    assert named > 100


@pytest.mark.parametrize(
    ("said", "missing"),
    [
        ({}, ("m",)),
        ({"measure": {"effect": "weigh"}}, ("m",)),
        ({"measure": {"slot": "statute"}}, ()),
        ({"measure": {"effect": "watch"}}, ()),
        ({"measure": {"effect": "favour"}, "list_kind": "incentive"}, ()),
        ({"basis": {"verified": None}}, ()),
    ],
)
def test_a_living_restriction_without_a_place_in_the_base_list_is_named(
    said: dict[str, Any], missing: tuple[str, ...]
) -> None:
    law = small(**said)
    assert without_slot(law, standings(law, TODAY)) == missing
