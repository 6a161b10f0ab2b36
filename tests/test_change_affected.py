"""Whom something can affect, and nobody beyond (C3): changes of law by the lists they touch, and many ids in order."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.change import differences, sight_of
from engine.change_affected import Gathered, Rosters, everything, lists_reaching, lists_read_differently, on_lists
from engine.service import Service
from graph_model.neighbourhood import neighbourhood_of
from graph_model.stores import open_store
from tests.change_histories import begun, little_change
from tests.worlds import SUBJECTS, WORLDS_PER_BOOK, book_of, world_of


def test_a_change_of_law_alters_nothing_but_near_the_lists_it_reads_differently() -> None:
    tally: Counter[str] = Counter()
    for number in range(60):
        book, chance = book_of(number % 20), Random(number)
        old, new = book.rulebook, little_change(book, chance, "departments" if number % 3 == 0 else None)
        lists = lists_read_differently(old, new)
        tally["some lists, not all"] += 0 < len(lists) < len(old.lists)
        for facts in (world_of(number % 20 * WORLDS_PER_BOOK + further).facts for further in range(8)):
            for subject in SUBJECTS:
                around = neighbourhood_of(subject, facts)
                altered = list(differences(subject, sight_of(around, old), sight_of(around, new)))
                tally["altered"] += bool(altered)
                if altered:
                    assert around is not None
                    assert lists & {designation.list for designation in around.designations}
                    assert all(item.cause for item in altered)
                    departments = {department for item in altered for department in item.departments}
                    assert not any(
                        lists.isdisjoint(lists_reaching(department, old) | lists_reaching(department, new))
                        for department in departments
                    )
    assert tally["altered"] > 50
    assert tally["some lists, not all"] > 10


@given(
    blocks=st.lists(st.lists(st.sampled_from(("a", "b", "乙", "甲", "\ud800", "", "z\n")), max_size=6)),
    kept=st.integers(0, 4),
)
def test_ids_come_back_sorted_and_once_however_few_are_kept_in_memory(blocks: list[list[str]], kept: int) -> None:
    gathered = Gathered(kept)
    for block in blocks:
        gathered.put(block)
    try:
        expected = sorted({id_ for block in blocks for id_ in block})
        assert list(gathered) == expected
        assert list(gathered) == expected
    finally:
        gathered.close()


@pytest.mark.parametrize("seed", range(30))
def test_everybody_with_an_item_is_found(seed: int) -> None:
    with open_store("sqlite:///:memory:") as store:
        history = begun(Service(store), seed, 6)
        service, rosters = history.service, Rosters(store)
        for version in range(store.latest_version() + 1):
            book = service.book_at(version)
            items = {s: sight_of(store.neighbourhood(s, version), book).items for s in SUBJECTS}
            assert {s for s in SUBJECTS if items[s]} <= {*everything(store, version, version)}
            for list_id in book.lists if book is not None else ():
                near = {s for s in SUBJECTS if any(item.listing.official.id == list_id for item in items[s])}
                assert near <= {s for block in on_lists(store, version, frozenset({list_id})) for s in block}
                made_on = rosters.of(version, frozenset({list_id}))
                assert near <= {*made_on}
                assert list(made_on) == sorted({*made_on})
