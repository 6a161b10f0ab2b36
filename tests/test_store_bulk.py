"""Reading many at once, searching by name, and a whole store carried over into another: every adapter alike."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph_model.errors import ChangeRefused, UnknownVersion, VersionNotYet
from graph_model.nodes import Facts
from graph_model.store import ARCHIVE_TABLES, Archive, ArchivedRow, ChangeSet, RulebookGraph, Store
from graph_model.stores.rows import RECORDS
from graph_model.stores.sqlite import SqliteStore
from tests.conftest import Opening
from tests.histories import SETTLED, SUBJECTS, Standing
from tests.store_acts import D1, DIRECTOR, LATER, LINK, change, publish, put, registration
from tests.test_store_histories import history

BULK = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
UNKNOWN = ("nobody", "", "\ud800", "S1 ")


def whole(store: Store) -> dict[str, list[ArchivedRow]]:
    return {table: list(store.archive(table)) for table in ARCHIVE_TABLES}


def archive_of(tables: Mapping[str, Iterable[ArchivedRow]]) -> Archive:
    return Archive(tables, lambda _: RulebookGraph())


def answers(store: Store) -> list[Any]:
    """What the store answers at every version."""
    return [
        [
            store.neighbourhoods(SUBJECTS, version),
            list(store.subjects(version)),
            store.counts(version),
            store.rulebook_at(version),
            [list(store.entries(list_id, version)) for list_id in ("black", "record")],
            sorted(map(str, store.held_by(SUBJECTS, version))),
            [store.affected_by([subject], version) for subject in SUBJECTS],
        ]
        for version in range(store.latest_version() + 1)
    ]


# --- many at once --------------------------------------------------------------------------------------------------


@BULK
@given(draw=st.data())
def test_the_neighbourhoods_of_many_are_those_of_each(opening: Opening, draw: st.DataObject) -> None:
    with opening() as store:
        history(store, draw)
        asked = draw.draw(st.lists(st.sampled_from(SUBJECTS + UNKNOWN), max_size=12), label="asked")
        for version in range(store.latest_version() + 1):
            found = store.neighbourhoods(asked, version)
            assert list(found) == [store.neighbourhood(subject, version) for subject in asked]


def test_more_neighbourhoods_than_one_block_keep_their_order(store: Store) -> None:
    names = [f"S{n}" for n in range(1_203)]
    put(store, registrations=tuple(registration(name) for name in names[::-1]))
    found = store.neighbourhoods(names, 1)
    assert [near.subject.id for near in found if near is not None] == names


def test_neighbourhoods_of_a_version_that_is_not_there_are_refused(store: Store) -> None:
    with pytest.raises(VersionNotYet):
        store.neighbourhoods(["S"], 1)
    with pytest.raises(UnknownVersion):
        store.neighbourhoods(["S"], -1)
    assert store.neighbourhoods([], 0) == store.neighbourhoods((), 0)


# --- the whole -----------------------------------------------------------------------------------------------------


@BULK
@given(draw=st.data())
def test_an_archive_holds_the_facts_of_every_version(opening: Opening, draw: st.DataObject) -> None:
    with opening() as store:
        standing = history(store, draw)
        tables = whole(store)
    assert [row[0] for row in tables["changes"]] == list(range(1, len(standing)))
    assert [row[0] for row in tables["rulebooks"]] == ["sha256:one"]
    for kind, spelling in RECORDS.items():
        dated = [(spelling.order(row[:-2]), row[-2]) for row in tables[kind]]
        assert dated == sorted(dated), "rows come in the order of their keys, then of their versions"
        for version, then in enumerate(standing):
            assert standing_rows(tables[kind], version) == expected_rows(then, kind)


def standing_rows(rows: Iterable[ArchivedRow], version: int) -> list[ArchivedRow]:
    return [row[:-2] for row in rows if row[-2] <= version and (row[-1] is None or version < row[-1])]


def expected_rows(standing: Standing, kind: str) -> list[ArchivedRow]:
    spelling = RECORDS[kind]
    return sorted(map(spelling.row, standing.by_kind[kind].values()), key=spelling.order)


@BULK
@given(draw=st.data())
def test_a_restored_store_answers_as_the_first_and_goes_on(opening: Opening, draw: st.DataObject) -> None:
    with opening() as first:
        history(first, draw)
        tables, told, log, latest = whole(first), answers(first), first.changes(0, 100), first.latest_version()
        content = first.rulebook_content("sha256:one")
    with opening() as second:
        second.restore(archive_of(tables))
        assert whole(second) == tables
        assert answers(second) == told
        assert second.changes(0, 100) == log
        assert second.rulebook_content("sha256:one") == content
        again = second.commit(ChangeSet("clerk", "test", "settled", SETTLED))
        assert (again.version, again.repeated) == (2, True), "keys are known"
        assert publish(second).repeated
        further = put(second, registrations=(registration("NEW", name="新主体"),))
        assert further.version == latest + 1
        assert second.counts(latest + 1)["registrations"] == told[-1][2]["registrations"] + 1
        if isinstance(second, SqliteStore):
            assert second.verify_chain() is None


def test_an_empty_store_can_be_carried_over(opening: Opening) -> None:
    with opening() as store:
        tables = whole(store)
        assert set(map(len, tables.values())) == {0}
    with opening() as store:
        store.restore(archive_of(tables))
        assert store.latest_version() == 0
        assert publish(store).version == 1


def test_a_long_hub_and_long_tables_come_whole_and_in_order(opening: Opening) -> None:
    """More than one page of each table, and a holder with more relations than a page has."""
    with opening() as store:
        publish(store)
        names = [f"O{n:05}" for n in range(2_500)]
        put(store, registrations=tuple(registration(name) for name in ["P", "Q", *names]))
        held = [replace(DIRECTOR, holder=holder, organisation=name) for holder in ("P", "Q") for name in names]
        put(
            store, relations=tuple(held), designations=tuple(replace(D1, id=n, subject=n, document_no=n) for n in names)
        )
        tables = whole(store)
    assert [row[1:3] for row in tables["relations"]] == [(r.holder, r.organisation) for r in held]
    assert [row[0] for row in tables["designations"]] == names
    assert [row[0] for row in tables["registrations"]] == [*names, "P", "Q"]
    with opening() as store:
        store.restore(archive_of(tables))
        assert whole(store) == tables


def test_many_entries_of_the_log_come_whole_and_in_order(opening: Opening) -> None:
    with opening() as store:
        for n in range(620):
            store.commit(ChangeSet("clerk", f"{n}", f"key {n}", Facts(registrations=(registration(f"S{n}"),))))
        tables = whole(store)
    assert [(row[0], row[3], json.loads(row[13])) for row in tables["changes"]] == [
        (n + 1, f"{n}", [f"S{n}"]) for n in range(620)
    ]
    with opening() as store:
        store.restore(archive_of(tables))
        assert whole(store) == tables


def test_a_store_that_is_not_empty_is_not_filled(opening: Opening) -> None:
    with opening() as store:
        publish(store)
        tables = whole(store)
        with pytest.raises(ChangeRefused, match="holds facts already") as caught:
            store.restore(archive_of(tables))
        assert caught.value.detail_code == "store.not-empty"
        assert whole(store) == tables


# --- rows that cannot be read ----------------------------------------------------------------------------------------


def small_city(store: Store) -> None:
    publish(store)
    put(store, registrations=(registration("ORG", name="公司"), registration("P", date(2020, 1, 1), kind="person")))
    put(store, designations=(D1,), relations=(DIRECTOR,))
    put(store, relations=(LINK,))
    store.commit(change(store, corrections=Facts(relations=(replace(DIRECTOR, held_until=LATER),))))


MALFORMED: tuple[tuple[str, int, Any], ...] = (
    ("changes", 5, "yesterday"),
    ("changes", 13, "[1]"),
    ("changes", 13, "["),
    ("rulebooks", 2, "{}"),
    ("registrations", 1, "20200101x"),
    ("registrations", 8, "no day"),
    ("relations", 4, "2024-13-01"),
    ("relations", 6, "a third"),
    ("designations", 15, "{"),
    ("designations", 16, "[[1]]"),
    ("designations", 6, 7),
)


@pytest.mark.parametrize(("table", "column", "value"), MALFORMED)
def test_a_row_that_cannot_be_read_is_named_and_nothing_is_written(table: str, column: int, value: object) -> None:
    with SqliteStore(":memory:") as store:
        small_city(store)
        tables = whole(store)
    last = tables[table][-1]
    tables[table][-1] = (*last[:column], value, *last[column + 1 :])
    refused_at(table, len(tables[table]), tables)


@pytest.mark.parametrize("table", [t for t in ARCHIVE_TABLES if t not in ("exemptions", "objections")])
def test_a_row_with_a_column_less_or_twice_is_named(table: str) -> None:
    with SqliteStore(":memory:") as store:
        small_city(store)
        tables = whole(store)
    rows = tables[table]
    refused_at(table, len(rows), {**tables, table: [*rows[:-1], rows[-1][:-1]]})
    if table != "relations":  # of which two with one key may have stood, one after the other
        refused_at(table, len(rows) + 1, {**tables, table: [*rows, rows[-1]]})


@pytest.mark.parametrize("dates", [(0, None), (3, 3), (3, 2), ("3", None), (None, None)])
def test_versions_that_cannot_be_are_named(dates: tuple[Any, Any]) -> None:
    with SqliteStore(":memory:") as store:
        small_city(store)
        tables = whole(store)
    tables["relations"][0] = (*tables["relations"][0][:-2], *dates)
    refused_at("relations", 1, tables)


def refused_at(table: str, row: int, tables: Mapping[str, Iterable[ArchivedRow]]) -> None:
    with SqliteStore(":memory:") as store:
        with pytest.raises(ChangeRefused, match=f"row {row} of table `{table}`") as caught:
            store.restore(archive_of(tables))
        assert caught.value.detail_code == "archive.malformed"
        assert set(map(len, whole(store).values())) == {0}
        assert publish(store).version == 1, "it can be used as before"


# --- names -----------------------------------------------------------------------------------------------------------

LETTERS = (*"厦门鹭江贸易Ab12", "有限公司", "ab", "AB", "2024", "\uff21", "\uff11", "\U00020000")
MARKS = (*" 　（()·-*?\"'\\/:~^+😀é%_\n", "&&", "OR", "e\u0301")
texts = st.lists(st.sampled_from(LETTERS + MARKS), max_size=6).map("".join)
names = st.none() | texts


@BULK
@given(draw=st.data())
def test_search_by_name_finds_what_python_finds(opening: Opening, draw: st.DataObject) -> None:
    stated = draw.draw(st.dictionaries(st.sampled_from([f"S{n}" for n in range(12)]), names, min_size=4), label="names")
    later = draw.draw(st.dictionaries(st.sampled_from(list(stated)), names, max_size=4), label="stated later")
    asked = draw.draw(st.lists(asking(stated), min_size=3, max_size=8), label="asked")
    with opening() as store:
        put(store, registrations=tuple(registration(s, name=name) for s, name in stated.items()))
        put(store, registrations=tuple(registration(s, LATER, name=name) for s, name in later.items()))
        present = {**stated, **{s: name for s, name in later.items() if name is not None}}
        for text in asked:
            found = sorted((name, s) for s, name in present.items() if name is not None and text in name)
            expected = tuple((s, name) for name, s in found) if len(text) > 1 else ()
            for limit in (1, 3, 12):
                answer = store.named(text, limit)
                assert answer.subjects == expected[:limit]
                assert answer.more == (len(expected) > limit)


def asking(stated: Mapping[str, str | None]) -> st.SearchStrategy[str]:
    """Parts of the names that are there, and other texts."""
    there = [name for name in stated.values() if name]
    if not there:
        return texts
    spans = st.tuples(st.sampled_from(there), st.integers(0, 6), st.integers(1, 8))
    return spans.map(lambda s: s[0][s[1] : s[1] + s[2]]) | texts


def test_search_by_name_knows_the_present_name_alone(store: Store) -> None:
    first = registration("ORG", name="厦门旧名贸易")
    put(store, registrations=(first, registration("P", name="陈大文", kind="person")))
    put(store, registrations=(registration("ORG", LATER, name="厦门新名贸易"),))
    assert store.named("旧名", 9).subjects == ()
    assert store.named("新名", 9).subjects == (("ORG", "厦门新名贸易"),)
    store.commit(change(store, corrections=Facts(registrations=(registration("ORG", LATER, name="厦门改名贸易"),))))
    assert store.named("新名", 9).subjects == ()
    assert store.named("厦门", 9).subjects == (("ORG", "厦门改名贸易"),)
    assert store.named("陈大", 9).subjects == (("P", "陈大文"),)


def test_half_a_character_is_in_no_name(store: Store) -> None:
    put(store, registrations=(registration("ORG", name="公司\U00020000"),))
    assert store.named("司\ud840", 9).subjects == ()
