"""What every store promises, whatever its adapter (`opening` in conftest.py)."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC
from typing import Any

import pytest

from graph_model.errors import ChangeConflict, StoreUnavailable, UnknownVersion, VersionNotYet
from graph_model.nodes import Exemption, Facts, Move, Objection, Relation
from graph_model.store import ChangeSet, Store
from tests.conftest import Opening
from tests.histories import VOCABULARY
from tests.store_acts import D1, DAY, DIRECTOR, LATER, LINK, change, publish, put, refusal, registration

# --- versions and receipts (C1) ------------------------------------------------------------------------------------


def test_an_empty_store_is_at_version_0_and_knows_nobody(store: Store) -> None:
    assert store.latest_version() == 0
    assert store.neighbourhood("ORG", 0) is None
    assert not store.is_registered("ORG", 0)
    assert list(store.subjects(0)) == []
    assert store.rulebook_at(0) is None
    assert store.changes(0, 10) == ()
    assert set(store.counts(0).values()) == {0}


def test_versions_are_gapless_and_each_change_set_has_one(store: Store) -> None:
    versions = [publish(store).version]
    versions += [put(store, registrations=(registration(f"S{n}"),)).version for n in range(3)]
    assert versions == [1, 2, 3, 4]
    assert [c.version for c in store.changes(0, 10)] == [1, 2, 3, 4]


def test_a_receipt_counts_what_was_opened_closed_and_unchanged(furnished: Store) -> None:
    first = put(furnished, designations=(D1,), registrations=(registration("ORG", name="公司"),))
    assert (first.opened, first.closed, first.unchanged, first.repeated) == (1, 0, 1, False)
    corrected = change(furnished, corrections=Facts(designations=(replace(D1, severity="minor"),)))
    second = furnished.commit(corrected)
    assert (second.opened, second.closed, second.unchanged) == (1, 1, 0)
    third = furnished.commit(change(furnished, retractions=Facts(designations=(D1,))))
    assert (third.opened, third.closed) == (0, 1)


def test_registrations_that_are_partly_known_are_told_apart(furnished: Store) -> None:
    known, new = registration("ORG", name="公司"), registration("NEW", name="新")
    receipt = put(furnished, registrations=(known, new, registration("ORG", DAY, name="改名")))
    assert (receipt.opened, receipt.unchanged) == (2, 1)
    assert furnished.changes(2, 1)[0].subjects == ("NEW", "ORG")
    assert furnished.counts(3)["registrations"] == 4
    clash = change(furnished, registrations=(registration("OTHER"), registration("NEW", name="别")))
    assert refusal(furnished, clash).detail_code == "fact.conflict"


def test_the_same_key_and_content_again_gives_the_first_receipt_and_writes_nothing(furnished: Store) -> None:
    sent = change(furnished, designations=(D1,))
    first = furnished.commit(sent)
    put(furnished, registrations=(registration("X"),))
    again = furnished.commit(sent)
    assert again == replace(first, repeated=True)
    assert furnished.latest_version() == first.version + 1


def test_the_order_of_facts_makes_no_other_content(furnished: Store) -> None:
    facts = (registration("A"), registration("B", name="乙"), registration("A", DAY))
    first = furnished.commit(ChangeSet("clerk", "test", "k", Facts(registrations=facts)))
    assert furnished.commit(ChangeSet("clerk", "test", "k", Facts(registrations=facts[::-1]))).version == first.version


def test_the_same_key_with_other_content_is_a_conflict_and_says_so(furnished: Store) -> None:
    sent = change(furnished, designations=(D1,))
    furnished.commit(sent)
    with pytest.raises(ChangeConflict, match="with other content"):
        furnished.commit(replace(sent, facts=Facts(designations=(replace(D1, id="D2"),))))
    with pytest.raises(ChangeConflict):
        furnished.commit(replace(sent, facts=Facts(), retractions=Facts(designations=(D1,))))
    with pytest.raises(ChangeConflict):
        furnished.commit(replace(sent, facts=replace(sent.facts, moves=(Move("D1", "suspended", DAY),))))
    assert furnished.latest_version() == 3


def test_moves_and_their_order_are_content(furnished: Store) -> None:
    put(furnished, designations=(D1,))
    to_and_fro = (Move("D1", "suspended", DAY), Move("D1", "in_effect", DAY))
    sent = change(furnished, moves=to_and_fro)
    furnished.commit(sent)
    for other in (to_and_fro[:1], to_and_fro[::-1], (*to_and_fro[:1], replace(to_and_fro[1], document_no="文"))):
        with pytest.raises(ChangeConflict):
            furnished.commit(replace(sent, facts=Facts(moves=other)))


def test_one_refused_fact_refuses_the_whole_change_set(furnished: Store) -> None:
    sent = change(furnished, registrations=(registration("NEW"),), designations=(replace(D1, list="no such"),))
    assert refusal(furnished, sent).detail_code == "list.unknown"
    assert not furnished.is_registered("NEW", furnished.latest_version())


def test_the_change_log_says_who_why_and_which_subjects(furnished: Store) -> None:
    furnished.commit(ChangeSet("王某", "年检", "k3", Facts(relations=(DIRECTOR,), designations=(D1,), moves=())))
    entry = furnished.changes(2, 10)[0]
    assert (entry.version, entry.kind, entry.actor, entry.reason, entry.key) == (3, "facts", "王某", "年检", "k3")
    assert entry.subjects == ("ORG", "P")
    assert entry.rulebook is None
    assert entry.recorded_at.tzinfo is UTC
    assert [c.version for c in furnished.changes(0, 2)] == [1, 2]
    assert furnished.changes(0, 1)[0].rulebook == "sha256:one"


def test_the_change_log_may_be_asked_for_any_number(furnished: Store) -> None:
    assert [c.version for c in furnished.changes(-(10**30), 10**30)] == [1, 2]
    assert furnished.changes(10**30, 10) == furnished.changes(0, 0) == furnished.changes(0, -1) == ()


@pytest.mark.parametrize(
    ("facts", "touched"),
    [
        ({"moves": (Move("D1", "suspended", LATER),)}, ("ORG",)),
        ({"relations": (LINK,)}, ("P",)),
        ({"exemptions": (Exemption("E", "P", "court_stay", list="black"),)}, ("P",)),
        ({"objections": (Objection("O", DAY, designation="D1"),)}, ("ORG",)),
    ],
)
def test_the_change_log_names_the_subjects_of_every_kind_of_fact(
    furnished: Store, facts: dict[str, Any], touched: tuple[str, ...]
) -> None:
    put(furnished, designations=(D1,))
    put(furnished, **facts)
    assert furnished.changes(3, 1)[0].subjects == touched


# --- versions as time travel (F1, C2) ------------------------------------------------------------------------------


def test_a_version_that_is_not_there_is_refused_by_every_reading(furnished: Store) -> None:
    readings: list[Callable[[int], Any]] = [
        lambda v: furnished.neighbourhood("ORG", v),
        lambda v: furnished.is_registered("ORG", v),
        lambda v: furnished.affected_by(["ORG"], v),
        lambda v: list(furnished.subjects(v)),
        lambda v: list(furnished.entries("black", v)),
        lambda v: furnished.find(registration("ORG"), v),
        lambda v: furnished.held_by(["P"], v),
        furnished.rulebook_at,
        furnished.counts,
    ]
    for reading in readings:
        with pytest.raises(VersionNotYet, match="3"):
            reading(3)
        with pytest.raises(VersionNotYet):
            reading(10**30)
        with pytest.raises(UnknownVersion):
            reading(-1)


# --- reading -------------------------------------------------------------------------------------------------------


def test_subjects_are_streamed_sorted_and_each_once(store: Store) -> None:
    many = [registration(f"S{n:05}", day) for n in range(2_500) for day in (None, DAY)]
    put(store, registrations=tuple(reversed(many)))
    assert list(store.subjects(1)) == [f"S{n:05}" for n in range(2_500)]


def test_entries_of_a_list_are_streamed_sorted_by_id(furnished: Store) -> None:
    many = tuple(replace(D1, id=f"D{n:05}", document_no=f"{n}号") for n in range(2_500))
    put(furnished, designations=(*reversed(many), replace(D1, id="R1", list="record")))
    put(furnished, moves=(Move("D00007", "suspended", DAY),))
    assert [d.id for d in furnished.entries("black", 4)] == [d.id for d in many]
    assert [d.moves for d in furnished.entries("black", 3)] == [()] * 2_500
    assert [d.id for d in furnished.entries("black", 4) if d.moves] == ["D00007"]
    assert list(furnished.entries("no such", 4)) == []


def test_a_hub_has_all_its_relations(furnished: Store) -> None:
    many = [f"O{n:04}" for n in range(3_000)]
    put(furnished, registrations=tuple(registration(o, name=o) for o in many))
    put(furnished, relations=tuple(Relation("director", "P", o) for o in many))
    hub = furnished.neighbourhood("P", 4)
    assert hub is not None
    assert [r.organisation for r in hub.relations] == many
    assert len(hub.names) == 3_000
    assert len(furnished.affected_by(["P"], 4)) == 3_001


def test_what_holders_hold_is_read_for_many_at_once_as_it_stood(furnished: Store) -> None:
    others = tuple(Relation("shareholder", "ORG", "ORG", held_from=day) for day in (DAY, LATER))
    put(furnished, relations=(DIRECTOR, *others), designations=(D1,))
    before = furnished.latest_version()
    ended = replace(DIRECTOR, held_until=LATER)
    furnished.commit(change(furnished, corrections=Facts(relations=(ended,)), relations=(LINK,)))
    now = furnished.latest_version()
    held = furnished.held_by(["P", "ORG", "nobody", "P", "\ud800"], now)
    assert (len(held), set(held)) == (4, {ended, LINK, *others})
    assert set(furnished.held_by(["P"], before)) == {DIRECTOR}
    assert furnished.held_by([], now) == furnished.held_by(["nobody"], now) == ()


def test_ids_of_any_letters_are_kept_apart(furnished: Store) -> None:
    odd = ("a'b", 'a"b', "a\x00b", "a", "A", "ａ", "é", "e\u0301", "\U00020000", "-1", "null")
    put(furnished, registrations=tuple(registration(s, name=s) for s in odd))
    assert sorted(furnished.subjects(3)) == sorted({*odd, "ORG", "P"})
    put(furnished, relations=tuple(Relation("director", s, "ORG") for s in odd))
    seen = furnished.neighbourhood("ORG", 4)
    assert seen is not None
    assert {r.holder for r in seen.relations} == set(odd)
    assert {seen.names[s] for s in odd} == set(odd)


def test_half_a_character_is_refused_in_facts_and_known_to_nobody(furnished: Store) -> None:
    assert refusal(furnished, change(furnished, registrations=(registration("X", name="\ud800"),))).detail_code == (
        "text.malformed"
    )
    assert not furnished.is_registered("\ud800", 2)
    assert furnished.neighbourhood("\ud800", 2) is None
    assert furnished.affected_by(["\ud800", "P"], 2) == ("P",)
    assert list(furnished.entries("\ud800", 2)) == []
    assert furnished.rulebook_content("\ud800") is None
    for key in (registration("\ud800"), replace(D1, id="\ud800"), replace(DIRECTOR, holder="\ud800")):
        assert furnished.find(key, 2) is None


def test_a_rulebook_is_found_by_version_and_by_digest(store: Store) -> None:
    publish(store)
    put(store, registrations=(registration("S"),))
    publish(store, "sha256:two")
    assert [store.rulebook_at(v) for v in range(4)] == [None, "sha256:one", "sha256:one", "sha256:two"]
    assert store.rulebook_content("sha256:one") == b"content of sha256:one"
    assert store.rulebook_content("sha256:none") is None


def test_publishing_the_rulebook_in_force_again_changes_nothing(store: Store) -> None:
    first = publish(store)
    assert publish(store, key="another key") == replace(first, repeated=True)
    assert store.latest_version() == 1


def test_an_earlier_rulebook_can_be_put_in_force_again(store: Store) -> None:
    publish(store)
    publish(store, "sha256:two")
    third = publish(store, key="back to the first")
    assert (third.version, third.repeated) == (3, False)
    assert store.rulebook_at(3) == "sha256:one"


def test_a_publication_is_idempotent_by_its_key_too(store: Store) -> None:
    publish(store, key="k")
    publish(store, "sha256:two")
    assert publish(store, key="k").repeated
    with pytest.raises(ChangeConflict):
        publish(store, "sha256:three", key="k")
    with pytest.raises(ChangeConflict):
        store.commit(ChangeSet("clerk", "test", "k"))


def test_facts_may_use_the_words_of_the_rulebook_published_last(furnished: Store) -> None:
    publish(furnished, "sha256:two", replace(VOCABULARY, lists={}))
    assert refusal(furnished, change(furnished, designations=(D1,))).detail_code == "list.unknown"
    publish(furnished, "sha256:three", VOCABULARY)
    put(furnished, designations=(D1,))


# --- threads and closing -------------------------------------------------------------------------------------------


def test_threads_read_past_versions_while_others_write(furnished: Store) -> None:
    expected = furnished.neighbourhood("ORG", 2)
    faults: list[BaseException] = []

    def read() -> None:
        try:
            for _ in range(60):
                assert furnished.neighbourhood("ORG", 2) == expected
                assert furnished.is_registered("P", furnished.latest_version())
        except BaseException as fault:
            faults.append(fault)

    def write(name: str) -> None:
        try:
            for n in range(15):
                key = f"{name} {n}"
                put_in = Facts(registrations=(registration(key.replace(" ", "-")),))
                furnished.commit(ChangeSet(name, "test", key, put_in))
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=read) for _ in range(4)]
    threads += [threading.Thread(target=write, args=(name,)) for name in ("a", "b", "c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert furnished.latest_version() == 2 + 45
    assert [c.version for c in furnished.changes(0, 100)] == list(range(1, 48))


def test_a_stream_that_was_begun_shows_its_version_whatever_is_written_meanwhile(store: Store) -> None:
    put(store, registrations=tuple(registration(f"S{n:05}") for n in range(2_500)))
    stream = store.subjects(1)
    first = next(stream)
    put(store, registrations=(registration("S00000x"), registration("S99999")))
    assert [first, *stream] == [f"S{n:05}" for n in range(2_500)]


def test_a_closed_store_refuses_everything_and_may_be_closed_again(opening: Opening) -> None:
    with opening() as store:
        publish(store)
        assert store.rulebook_at(1) == "sha256:one"
        stream = store.subjects(1)
    store.close()
    calls: list[Callable[[], Any]] = [
        store.latest_version,
        lambda: store.is_registered("S", 0),
        lambda: store.rulebook_at(1),
        lambda: store.commit(ChangeSet("clerk", "test", "k")),
        lambda: publish(store),
        lambda: list(stream),
    ]
    for call in calls:
        with pytest.raises(StoreUnavailable, match="closed"):
            call()
