"""What no store takes (F2, F3, F5, dangling, duplicate), and what looks strange and is taken all the same."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from graph_model.nodes import LEGAL_MOVES, Designation, Exemption, Facts, Move, Objection, Registration, Relation
from graph_model.store import ChangeSet, Store
from tests.store_acts import D1, DAY, DIRECTOR, LATER, LINK, change, put, refusal, registration

RECORD = replace(D1, id="R1", list="record")
SHARE = replace(DIRECTOR, type="shareholder")
EXEMPT = Exemption("E", "P", "court_stay", list="black")
TO_DESIGNATION = Objection("O", DAY, designation="D1")
TO_RELATION = Objection("O", DAY, relation_type="director", relation_holder="P", relation_organisation="ORG")
TO_LINK = Objection("O", DAY, designation="D1", relation_type="directly_responsible", relation_holder="P")
EARLIER = date(2023, 1, 1)


def kind_of(fact: Any) -> str:
    kinds = {Registration: "registrations", Relation: "relations", Designation: "designations"}
    return (kinds | {Move: "moves", Exemption: "exemptions", Objection: "objections"})[type(fact)]


@pytest.mark.parametrize(
    ("fact", "detail_code", "words"),
    [
        # dangling: each names what is not there
        (replace(DIRECTOR, holder="X"), "subject.unknown", "director X → ORG from 2024-01-01: subject `X`"),
        (replace(DIRECTOR, organisation="X"), "organisation.unknown", "organisation `X` is not registered"),
        (LINK, "designation.unknown", "no designation `D1`"),
        (replace(D1, subject="X"), "subject.unknown", "designation D1: subject `X`"),
        (replace(D1, list="X"), "list.unknown", "no list `X`"),
        (Move("X", "suspended", DAY), "designation.unknown", "no designation `X`"),
        (replace(EXEMPT, subject="X"), "subject.unknown", "exemption E: subject `X`"),
        (replace(EXEMPT, list="X"), "list.unknown", "no list `X`"),
        (replace(EXEMPT, measure="X"), "measure.unknown", "no measure `X`"),
        (replace(EXEMPT, matter="X"), "matter.unknown", "no matter `X`"),
        (TO_DESIGNATION, "designation.unknown", "objection O: no designation `D1`"),
        (TO_RELATION, "relation.unknown", "no director P → ORG"),
        # what contradicts itself
        (registration(""), "subject.malformed", "white space"),
        (registration("a b"), "subject.malformed", "white space"),
        (registration("a\u3000b"), "subject.malformed", "white space"),
        (replace(DIRECTOR, organisation=None), "relation.ends", "an organisation and no designation"),
        (replace(DIRECTOR, designation="D1"), "relation.ends", "an organisation and no designation"),
        (replace(LINK, organisation="ORG"), "relation.ends", "a designation and no organisation"),
        (replace(LINK, designation=None), "relation.ends", "a designation and no organisation"),
        (replace(LINK, responsible=None), "relation.ends", "`responsible`"),
        (replace(DIRECTOR, responsible=False), "relation.ends", "`responsible`"),
        (replace(DIRECTOR, held_until=DAY), "interval.empty", "ends 2024-01-01"),
        (replace(SHARE, share=Decimal("1.01")), "share.range", "share 1.01"),
        (replace(SHARE, share=Decimal("-0.1")), "share.range", "share -0.1"),
        (replace(SHARE, share=Decimal("NaN")), "share.range", "NaN"),
        (replace(SHARE, share=Decimal("sNaN")), "share.range", "sNaN"),
        (replace(D1, id=""), "designation.malformed", "no id"),
        (replace(D1, status="removed"), "designation.status", "removed"),
        (replace(D1, decided_on=None), "effective.missing", "effective_from"),
        (replace(D1, facts={"colour": "red"}), "fact.undeclared", "amount, due, ground, minor"),
        (replace(RECORD, facts={"amount": Decimal(1)}), "fact.undeclared", "declares no fact `amount`"),
        (replace(D1, facts={"amount": "1"}), "fact.type", "`amount` is not a number"),
        (replace(D1, facts={"amount": True}), "fact.type", "`amount` is not a number"),
        (replace(D1, facts={"amount": Decimal("NaN")}), "fact.type", "`amount` is not a number"),
        (replace(D1, facts={"amount": Decimal("sNaN")}), "fact.type", "`amount` is not a number"),
        (replace(D1, facts={"ground": DAY}), "fact.type", "`ground` is not a text"),
        (replace(D1, facts={"minor": "true"}), "fact.type", "`minor` is not a boolean"),
        (replace(D1, facts={"due": datetime(2024, 1, 1)}), "fact.type", "`due` is not a day"),  # noqa: DTZ001  (a moment is no day)
        (replace(D1, origin="national"), "origin.contradicts", "`xiamen` is local"),
        (replace(D1, authority="centre", origin="local"), "origin.contradicts", "`centre` is national"),
        (replace(D1, authority="fujian", origin="local"), "origin.contradicts", "`fujian` is provincial"),
        (replace(EXEMPT, list=None), "exemption.scope", "no list and no measure"),
        (replace(EXEMPT, ground="court_permission"), "exemption.scope", "court_permission"),
        (replace(EXEMPT, start=DAY, end=DAY), "interval.empty", "ends 2024-01-01"),
        (replace(TO_DESIGNATION, designation=None), "objection.target", "one designation"),
        (replace(TO_DESIGNATION, relation_holder="P"), "objection.target", "one designation"),
        (replace(TO_RELATION, relation_organisation=None), "objection.target", "one relation"),
        (replace(TO_RELATION, designation="D1"), "objection.target", "one relation"),
        (replace(TO_LINK, relation_organisation="ORG"), "objection.target", "one link"),
        (replace(TO_DESIGNATION, closed_on=EARLIER), "interval.empty", "before it was filed"),
    ],
)
def test_a_fact_that_cannot_be_is_refused_by_name(furnished: Store, fact: Any, detail_code: str, words: str) -> None:
    refused = refusal(furnished, change(furnished, **{kind_of(fact): (fact,)}))
    assert refused.code == "change.refused"
    assert refused.detail_code == detail_code
    assert words in str(refused)


@pytest.mark.parametrize(
    "fact",
    [
        replace(D1, until=EARLIER),  # ends before it began: it never has an effect
        replace(D1, status="proposed", decided_on=None),
        replace(D1, status="suspended", decided_on=None),
        replace(D1, status="dropped"),
        replace(D1, decided_on=None, effective_from=DAY),
        replace(D1, facts={"amount": Decimal("-1.10"), "ground": "", "minor": False, "due": DAY}),
        replace(D1, origin="local"),
        replace(D1, authority="centre", origin="national"),
        replace(D1, authority="fujian", origin="provincial"),
        replace(D1, authority="某法院", origin="national"),
        replace(D1, notice_served_on=LATER),
        replace(RECORD, moves=(Move("R1", "removed", LATER, reason="expired"),)),
        Relation("director", "P", "P"),
        replace(SHARE, share=Decimal(0)),
        replace(SHARE, share=Decimal(1)),
        replace(DIRECTOR, held_from=None, held_until=DAY),
        replace(EXEMPT, measure="m/1", matter="procurement", document_no="文"),
        replace(EXEMPT, list=None, measure="m/1", ground="court_permission", matter="procurement"),
        registration("deregistered", status="deregistered", registered_on=LATER, valid_from=DAY),
    ],
)
def test_a_strange_fact_is_still_a_fact(furnished: Store, fact: Any) -> None:
    assert put(furnished, **{kind_of(fact): (fact,)}).opened == 1
    assert furnished.find(fact, 3) == fact


@pytest.mark.parametrize("objection", [TO_DESIGNATION, TO_RELATION, TO_LINK, replace(TO_LINK, closed_on=DAY)])
def test_an_objection_may_be_to_a_designation_a_relation_or_a_link(furnished: Store, objection: Objection) -> None:
    put(furnished, designations=(D1,), relations=(DIRECTOR, LINK), objections=(objection,))
    assert furnished.find(objection, 3) == objection


def test_an_objection_to_a_link_needs_that_link(furnished: Store) -> None:
    put(furnished, designations=(D1,))
    assert refusal(furnished, change(furnished, objections=(TO_LINK,))).detail_code == "relation.unknown"


def test_facts_of_one_change_set_may_rest_on_each_other_in_any_order(furnished: Store) -> None:
    put(
        furnished,
        objections=(replace(TO_LINK, id="O1", relation_holder="N"), replace(TO_RELATION, id="O2", relation_holder="N")),
        relations=(replace(LINK, holder="N"), replace(DIRECTOR, holder="N")),
        moves=(Move("D1", "suspended", DAY),),
        designations=(D1,),
        exemptions=(replace(EXEMPT, subject="N"),),
        registrations=(registration("N"),),
    )
    assert furnished.affected_by(["ORG"], 3) == ("N", "ORG")


# --- duplicates (F2) -----------------------------------------------------------------------------------------------


def test_a_second_designation_by_the_same_document_is_a_duplicate_whatever_became_of_the_first(
    furnished: Store,
) -> None:
    put(furnished, designations=(D1,))
    again = replace(D1, id="D2", decided_on=LATER)
    refused = refusal(furnished, change(furnished, designations=(again,)))
    assert (refused.detail_code, "use D1" in refused.hint) == ("designation.duplicate", True)
    put(furnished, moves=(Move("D1", "removed", LATER, reason="revoked"),))
    assert refusal(furnished, change(furnished, designations=(again,))).detail_code == "designation.duplicate"


def test_two_in_one_change_set_are_duplicates_too(furnished: Store) -> None:
    sent = change(furnished, designations=(D1, replace(D1, id="D2")))
    assert [a.outcome for a in furnished.assess(sent)] == ["new", "refused"]
    assert refusal(furnished, sent).detail_code == "designation.duplicate"


@pytest.mark.parametrize(
    "other",
    [
        {"document_no": "2号"},
        {"list": "record"},
        {"authority": "fujian"},
        {"subject": "P"},
    ],
)
def test_any_difference_in_subject_list_authority_or_document_makes_another_designation(
    furnished: Store, other: dict[str, str]
) -> None:
    put(furnished, designations=(D1, replace(D1, id="D2", **other)))
    assert furnished.counts(furnished.latest_version())["designations"] == 2


def test_without_a_document_number_nothing_is_a_duplicate(furnished: Store) -> None:
    unnumbered = replace(D1, document_no=None)
    put(furnished, designations=(unnumbered, replace(unnumbered, id="D2")))
    assert furnished.counts(furnished.latest_version())["designations"] == 2


def test_a_correction_makes_no_duplicate_either_and_frees_the_old_document(furnished: Store) -> None:
    put(furnished, designations=(D1, replace(D1, id="D2", document_no="2号")))
    clash = change(furnished, corrections=Facts(designations=(replace(D1, document_no="2号"),)))
    assert refusal(furnished, clash).detail_code == "designation.duplicate"
    furnished.commit(change(furnished, corrections=Facts(designations=(replace(D1, document_no="3号"),))))
    put(furnished, designations=(replace(D1, id="D3"),))


def test_a_retraction_frees_the_document_at_once(furnished: Store) -> None:
    put(furnished, designations=(D1,))
    anew = replace(D1, id="D2")
    furnished.commit(change(furnished, designations=(anew,), retractions=Facts(designations=(D1,))))
    assert list(furnished.entries("black", 4)) == [anew]


def test_an_id_names_one_designation_for_good(furnished: Store) -> None:
    put(furnished, designations=(D1,))
    other = refusal(furnished, change(furnished, designations=(replace(D1, document_no="2号"),)))
    assert other.detail_code == "designation.id-taken"
    told_otherwise = refusal(furnished, change(furnished, designations=(replace(D1, until=LATER),)))
    assert told_otherwise.detail_code == "fact.conflict"


@pytest.mark.parametrize(
    ("recorded", "other"),
    [
        (registration("ORG", name="公司"), registration("ORG", name="别的")),
        (DIRECTOR, replace(DIRECTOR, document_no="文")),
        (EXEMPT, replace(EXEMPT, end=LATER)),
        (TO_RELATION, replace(TO_RELATION, closed_on=LATER)),
        (Move("D1", "suspended", DAY), Move("D1", "suspended", DAY, document_no="文")),
    ],
)
def test_the_same_key_with_other_content_is_a_conflict_not_a_merge(furnished: Store, recorded: Any, other: Any) -> None:
    put(furnished, designations=(D1,), relations=(replace(DIRECTOR, held_from=LATER),))
    put(furnished, **{kind_of(recorded): (recorded,)})
    assert put(furnished, **{kind_of(recorded): (recorded,)}).unchanged == 1
    assert refusal(furnished, change(furnished, **{kind_of(other): (other,)})).detail_code == "fact.conflict"


def test_a_designation_said_again_after_its_moves_is_unchanged(furnished: Store) -> None:
    moves = (Move("D1", "suspended", DAY), Move("D1", "in_effect", LATER))
    put(furnished, designations=(D1,), moves=moves)
    for again in (D1, replace(D1, moves=moves[:1]), replace(D1, moves=moves)):
        assert put(furnished, designations=(again,)).unchanged == 1
    longer = replace(D1, moves=(*moves, Move("D1", "suspended", LATER)))
    assert refusal(furnished, change(furnished, designations=(longer,))).detail_code == "fact.conflict"


# --- status moves (F3) ---------------------------------------------------------------------------------------------

WAYS: dict[str, tuple[str, ...]] = {
    "proposed": (),
    "notified": ("notified",),
    "in_effect": ("notified", "in_effect"),
    "suspended": ("notified", "in_effect", "suspended"),
    "removed": ("notified", "in_effect", "removed"),
    "dropped": ("dropped",),
}


def move(to: str, on: date = DAY, of: str = "D1") -> Move:
    return Move(of, to, on, reason="expired" if to == "removed" else None)  # type: ignore[arg-type]  # any word, also wrong


@pytest.mark.parametrize("state", WAYS)
@pytest.mark.parametrize("to", LEGAL_MOVES)
def test_a_status_moves_only_along_the_legal_ways(furnished: Store, state: str, to: str) -> None:
    put(furnished, designations=(replace(D1, status="proposed"),), moves=tuple(move(m) for m in WAYS[state]))
    sent = change(furnished, moves=(move(to, LATER),))
    if to in LEGAL_MOVES[state]:
        furnished.commit(sent)
        return
    refused = refusal(furnished, sent)
    assert refused.detail_code == "move.illegal"
    assert f"is `{state}`; allowed from there: {', '.join(sorted(LEGAL_MOVES[state])) or 'nothing'}" in refused.what


def test_moves_come_in_the_order_of_their_days(furnished: Store) -> None:
    put(furnished, designations=(D1,), moves=(move("suspended", LATER),))
    assert refusal(furnished, change(furnished, moves=(move("in_effect", DAY),))).detail_code == "move.order"
    put(furnished, moves=(move("in_effect", LATER),))


def test_the_same_move_may_come_twice_on_one_day_and_is_known_again(furnished: Store) -> None:
    to_and_fro = tuple(move(to) for to in ("suspended", "in_effect", "suspended", "in_effect", "removed"))
    assert put(furnished, designations=(D1,), moves=to_and_fro).opened == 6
    assert put(furnished, moves=to_and_fro).unchanged == 5
    whole = furnished.find(D1, 3)
    assert isinstance(whole, Designation)
    assert whole.moves == to_and_fro


@pytest.mark.parametrize("wrong", [Move("D1", "removed", DAY), Move("D1", "suspended", DAY, reason="expired")])
def test_a_reason_is_given_exactly_where_a_designation_is_removed(furnished: Store, wrong: Move) -> None:
    put(furnished, designations=(D1,))
    assert refusal(furnished, change(furnished, moves=(wrong,))).detail_code == "move.reason"


@pytest.mark.parametrize("reason", ["repaired", "delisted"])
def test_a_decision_on_record_is_neither_repaired_nor_delisted(furnished: Store, reason: Any) -> None:
    put(furnished, designations=(RECORD, D1))
    wrong = Move("R1", "removed", DAY, reason=reason)
    assert refusal(furnished, change(furnished, moves=(wrong,))).detail_code == "move.illegal"
    put(furnished, moves=(replace(wrong, designation="D1"),))


def test_what_comes_into_effect_by_a_move_needs_its_day(furnished: Store) -> None:
    undated = replace(D1, status="notified", decided_on=None)
    put(furnished, designations=(undated,))
    assert refusal(furnished, change(furnished, moves=(move("in_effect"),))).detail_code == "effective.missing"
    put(furnished, moves=(move("dropped"),))


def test_moves_held_by_a_designation_are_judged_like_those_that_come_apart(furnished: Store) -> None:
    illegal = replace(D1, moves=(move("notified"),))
    assert refusal(furnished, change(furnished, designations=(illegal,))).detail_code == "move.illegal"
    foreign = replace(D1, moves=(move("suspended", of="D2"),))
    assert refusal(furnished, change(furnished, designations=(foreign,))).detail_code == "move.illegal"
    corrected = Facts(designations=(illegal,))
    put(furnished, designations=(D1,))
    assert refusal(furnished, change(furnished, corrections=corrected)).detail_code == "move.illegal"


def test_a_refused_fact_carries_nothing_that_rests_on_it(furnished: Store) -> None:
    bad = replace(D1, facts={"amount": "many"})
    sent = ChangeSet("c", "r", "k", Facts(designations=(bad,), relations=(LINK,), moves=(move("suspended"),)))
    assert [(type(a.fact).__name__, a.detail_code) for a in furnished.assess(sent)] == [
        ("Relation", "designation.unknown"),
        ("Designation", "fact.type"),
        ("Move", "designation.unknown"),
    ]
    for assessment in furnished.assess(sent):
        assert assessment.why
        assert assessment.hint
