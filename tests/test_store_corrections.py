"""Corrections and retractions, whatever the adapter: the past stays as it was (F1)."""

from dataclasses import replace
from decimal import Decimal

import pytest

from graph_model.nodes import Designation, Exemption, Facts, Move, Objection
from graph_model.store import Store
from tests.store_acts import D1, DAY, DIRECTOR, LATER, LINK, change, put, refusal, registration


def test_a_correction_leaves_the_past_as_it_was(furnished: Store) -> None:
    put(furnished, designations=(D1,))
    furnished.commit(change(furnished, corrections=Facts(designations=(replace(D1, until=LATER),))))
    before, after = furnished.neighbourhood("ORG", 3), furnished.neighbourhood("ORG", 4)
    assert before is not None
    assert after is not None
    assert [d.until for d in (*before.designations, *after.designations)] == [None, LATER]


def test_correcting_a_designation_keeps_its_moves_unless_it_states_them(furnished: Store) -> None:
    moved = Move("D1", "suspended", LATER)
    put(furnished, designations=(D1,), moves=(moved,))
    furnished.commit(change(furnished, corrections=Facts(designations=(replace(D1, severity="minor"),))))
    assert furnished.find(D1, 4) == replace(D1, severity="minor", moves=(moved,))
    other = replace(moved, on=DAY)
    furnished.commit(change(furnished, corrections=Facts(designations=(replace(D1, moves=(other,)),))))
    assert furnished.find(D1, 5) == replace(D1, moves=(other,))


def test_correcting_a_relation_by_its_start_gives_it_an_end(furnished: Store) -> None:
    put(furnished, relations=(DIRECTOR,))
    ended = replace(DIRECTOR, held_until=LATER)
    furnished.commit(change(furnished, corrections=Facts(relations=(ended,))))
    assert furnished.find(DIRECTOR, 3) == DIRECTOR
    assert furnished.find(DIRECTOR, 4) is None
    assert furnished.find(ended, 4) == ended


def test_a_correction_that_could_mean_two_records_is_refused(furnished: Store) -> None:
    two = tuple(replace(DIRECTOR, share=Decimal(share)) for share in ("0.1", "0.2"))
    put(furnished, relations=two)
    sent = change(furnished, corrections=Facts(relations=(replace(DIRECTOR, share=Decimal("0.3")),)))
    assert refusal(furnished, sent).detail_code == "fact.ambiguous"


def test_of_records_that_differ_in_one_value_the_right_one_is_retracted(furnished: Store) -> None:
    share = replace(DIRECTOR, type="shareholder", share=Decimal("0.10"))
    records = (
        share,
        replace(share, held_from=None),
        replace(share, held_until=LATER),
        replace(share, share=None),
        replace(share, share=Decimal("0.2")),
        replace(share, type="director"),
        replace(share, holder="ORG", organisation="P"),
    )
    put(furnished, relations=records)
    for gone in records:
        left = furnished.latest_version()
        furnished.commit(change(furnished, retractions=Facts(relations=(replace(gone, document_no="any"),))))
        found = [r for r in records if furnished.find(r, left + 1)]
        assert found == [r for r in records if furnished.find(r, left) and r != gone]


def test_correcting_a_move_corrects_its_reason_and_keeps_its_place(furnished: Store) -> None:
    removed = Move("D1", "removed", LATER, reason="expired")
    put(furnished, designations=(D1,), moves=(Move("D1", "suspended", DAY), removed))
    furnished.commit(change(furnished, corrections=Facts(moves=(replace(removed, reason="revoked"),))))
    now = furnished.find(D1, 4)
    assert isinstance(now, Designation)
    assert [(m.to, m.reason) for m in now.moves] == [("suspended", None), ("removed", "revoked")]
    assert furnished.find(removed, 3) == removed


def test_of_equal_moves_on_one_day_the_last_is_corrected(furnished: Store) -> None:
    suspended, resumed = Move("D1", "suspended", LATER), Move("D1", "in_effect", LATER)
    put(furnished, designations=(D1,), moves=(suspended, resumed, suspended))
    corrected = replace(suspended, document_no="文")
    furnished.commit(change(furnished, corrections=Facts(moves=(corrected,))))
    assert furnished.find(D1, 4) == replace(D1, moves=(suspended, resumed, corrected))


def test_a_correction_to_what_another_record_says_is_refused(furnished: Store) -> None:
    put(furnished, relations=(DIRECTOR,))
    furnished.commit(change(furnished, corrections=Facts(relations=(replace(DIRECTOR, held_until=LATER),))))
    put(furnished, relations=(replace(DIRECTOR, share=Decimal("0.1")),))
    sent = change(furnished, corrections=Facts(relations=(replace(DIRECTOR, share=Decimal("0.2")),)))
    assert refusal(furnished, sent).detail_code == "fact.ambiguous"


def test_one_change_set_may_add_repeat_correct_and_retract(furnished: Store) -> None:
    other, third = replace(D1, id="D2", document_no="2号"), replace(D1, id="D3", document_no="3号")
    put(furnished, designations=(D1, other, third))
    corrected = replace(other, severity="minor")
    receipt = furnished.commit(
        change(
            furnished,
            designations=(D1,),
            corrections=Facts(designations=(corrected,)),
            retractions=Facts(designations=(third,)),
        )
    )
    assert (receipt.opened, receipt.closed, receipt.unchanged) == (1, 2, 1)
    assert list(furnished.entries("black", 4)) == [D1, corrected]
    assert list(furnished.entries("black", 3)) == [D1, other, third]


def test_a_correction_and_a_move_of_one_designation_make_one_record(furnished: Store) -> None:
    put(furnished, designations=(D1,))
    moved = Move("D1", "suspended", LATER)
    corrected = replace(D1, severity="minor")
    furnished.commit(change(furnished, moves=(moved,), corrections=Facts(designations=(corrected,))))
    assert furnished.find(D1, 4) == replace(corrected, moves=(moved,))
    assert furnished.find(D1, 3) == D1


def test_what_is_retracted_and_entered_again_alike_is_as_it_was(furnished: Store) -> None:
    put(furnished, designations=(D1,))
    furnished.commit(change(furnished, designations=(D1,), retractions=Facts(designations=(D1,))))
    assert furnished.find(D1, 4) == D1
    assert furnished.changes(3, 1)[0].subjects == (), "nothing was touched"


def test_of_two_corrections_of_one_record_the_later_remains(furnished: Store) -> None:
    put(furnished, designations=(D1,), relations=(DIRECTOR,))
    twice = Facts(
        relations=(replace(DIRECTOR, held_until=LATER), replace(DIRECTOR, share=Decimal("0.1"))),
        designations=(replace(D1, severity="minor"), replace(D1, severity="serious")),
    )
    furnished.commit(change(furnished, corrections=twice))
    now = furnished.neighbourhood("ORG", 4)
    assert now is not None
    assert now.relations == (replace(DIRECTOR, share=Decimal("0.1")),)
    assert now.designations == (replace(D1, severity="serious"),)


def test_what_was_retracted_can_be_entered_anew(furnished: Store) -> None:
    put(furnished, designations=(D1,))
    furnished.commit(change(furnished, retractions=Facts(designations=(D1,))))
    assert furnished.find(D1, 4) is None
    put(furnished, designations=(replace(D1, list="record"),))
    assert furnished.find(D1, 5) == replace(D1, list="record")
    assert furnished.find(D1, 3) == D1


@pytest.mark.parametrize(
    "facts",
    [
        Facts(registrations=(registration("NOBODY"),)),
        Facts(designations=(D1,)),
        Facts(relations=(DIRECTOR,)),
        Facts(moves=(Move("D1", "suspended", DAY),)),
        Facts(exemptions=(Exemption("E", "P", "court_stay", list="black"),)),
        Facts(objections=(Objection("O", DAY, designation="D1"),)),
    ],
)
def test_nothing_is_corrected_that_is_not_recorded(furnished: Store, facts: Facts) -> None:
    assert refusal(furnished, change(furnished, corrections=facts)).detail_code == "fact.unknown"


@pytest.mark.parametrize(
    "facts",
    [
        Facts(designations=(D1,)),
        Facts(relations=(DIRECTOR,)),
        Facts(exemptions=(Exemption("E", "P", "court_stay", list="black"),)),
        Facts(objections=(Objection("O", DAY, designation="D1"),)),
    ],
)
def test_nothing_is_retracted_that_is_not_recorded(furnished: Store, facts: Facts) -> None:
    assert refusal(furnished, change(furnished, retractions=facts)).detail_code == "fact.unknown"


def test_registrations_and_moves_are_not_retracted(furnished: Store) -> None:
    put(furnished, designations=(D1,), moves=(Move("D1", "suspended", DAY),))
    for facts in (
        Facts(registrations=(registration("P", kind="person"),)),
        Facts(moves=(Move("D1", "suspended", DAY),)),
    ):
        assert refusal(furnished, change(furnished, retractions=facts)).detail_code == "fact.cannot-be-retracted"


def test_what_others_rest_on_is_retracted_only_together_with_them(furnished: Store) -> None:
    to_designation, to_relation = (
        Objection("O1", DAY, designation="D1"),
        Objection("O2", DAY, relation_type="director", relation_holder="P", relation_organisation="ORG"),
    )
    put(furnished, designations=(D1,), relations=(LINK, DIRECTOR), objections=(to_designation, to_relation))
    for facts in (
        Facts(designations=(D1,)),
        Facts(designations=(D1,), relations=(LINK,)),
        Facts(designations=(D1,), objections=(to_designation,)),
        Facts(relations=(DIRECTOR,)),
    ):
        assert refusal(furnished, change(furnished, retractions=facts)).detail_code == "fact.in-use"
    furnished.commit(
        change(
            furnished,
            retractions=Facts(designations=(D1,), relations=(LINK, DIRECTOR), objections=(to_designation, to_relation)),
        )
    )
    assert dict(furnished.counts(4)) | {"registrations": 0} == dict.fromkeys(furnished.counts(4), 0)


def test_one_of_two_records_of_a_relation_may_go_while_it_is_objected_to(furnished: Store) -> None:
    again = replace(DIRECTOR, held_from=LATER)
    objection = Objection("O", DAY, relation_type="director", relation_holder="P", relation_organisation="ORG")
    put(furnished, relations=(DIRECTOR, again), objections=(objection,))
    furnished.commit(change(furnished, retractions=Facts(relations=(again,))))
    assert furnished.find(objection, 4) == objection
