"""The national base list of measures is data beside the law: it says where a restriction belongs, decides nothing."""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from memoranda.cleaning import read_until, standings
from memoranda.model import BY_STATUTE, RESTRICTIONS
from memoranda.reader import SHIPPED, read_inline, read_rulebook
from memoranda.rulebook import Rulebook

BASE = Path(__file__).parent / "bad_rulebooks" / "beside" / "base.yaml"
BASE_LIST = [
    {"id": "class-a", "name": "减损权益", "evidence": "recalled"},
    {"id": "post", "name": "限制任职", "class": "class-a", "evidence": "law_text", "bases": ["gpl 22"]},
]


@pytest.fixture(scope="module")
def shipped() -> Rulebook:
    """The shipped rulebook, read once."""
    return read_rulebook(SHIPPED)


def small_book() -> dict[str, Any]:
    """A small good rulebook as a mapping, without a base list."""
    mapping: dict[str, Any] = YAML(typ="safe").load(BASE.read_text(encoding="utf-8"))
    return mapping


def with_slot(slot: str) -> Rulebook:
    """The small rulebook with the base list above, its only measure in `slot`."""
    mapping = small_book() | {"base_list": BASE_LIST}
    mapping["memoranda"][0]["measures"][0]["slot"] = slot
    return read_inline(mapping)


def test_a_book_without_a_base_list_says_nothing_of_it_in_its_content() -> None:
    book = read_inline(small_book())
    assert not book.base_list
    assert b"base_list" not in book.content
    assert b"slot" not in book.content


@pytest.mark.parametrize("slot", ["post", BY_STATUTE])
def test_the_base_list_and_the_slot_of_a_measure_outlive_writing_and_reading(slot: str) -> None:
    book = with_slot(slot)
    again = Rulebook.from_content(book.content)
    assert again.digest == book.digest != read_inline(small_book()).digest
    assert again.measures["djd-2016-141/9"].slot == slot
    assert again.base_list["post"].class_ == "class-a"
    assert again.base_list["post"].bases == ("gpl 22",)


def test_the_shipped_base_list_has_three_classes_and_fourteen_slots(shipped: Rulebook) -> None:
    classes = [entry.id for entry in shipped.base_list.values() if entry.class_ is None]
    assert len(classes) == 3
    assert len(shipped.base_list) - len(classes) == 14


def test_a_restriction_that_can_be_enforced_is_in_a_slot_or_ordered_by_a_statute_itself(shipped: Rulebook) -> None:
    found = standings(shipped, read_until(shipped))
    carried = [
        measure
        for measure in shipped.measures.values()
        if measure.effect in RESTRICTIONS and found[measure.id].standing in {"enforceable", "weigh-only"}
    ]
    assert len(carried) > 80
    assert [measure.id for measure in carried if measure.slot is None] == []


def test_what_a_statute_orders_outside_the_list_is_said_of_restrictions_only(shipped: Rulebook) -> None:
    by_statute = [measure for measure in shipped.measures.values() if measure.slot == BY_STATUTE]
    assert by_statute
    assert {measure.effect for measure in by_statute} <= RESTRICTIONS


def test_nothing_is_barred_by_a_slot_that_is_for_management_or_for_bodies_that_are_not_public(
    shipped: Rulebook,
) -> None:
    classes = {entry.id: entry.class_ for entry in shipped.base_list.values()}
    barred = {
        measure.id: classes[measure.slot]
        for measure in shipped.measures.values()
        if measure.effect in {"bar", "limit"} and measure.slot in classes
    }
    assert barred
    assert {id_: class_ for id_, class_ in barred.items() if class_ != "class-a"} == {}
