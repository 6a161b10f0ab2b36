"""A load accounts for every row: read = loaded + unchanged + rejected, and a second load changes nothing."""

import gc
import json
import tracemalloc
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from graph_model.errors import FactsRefused
from graph_model.nodes import Attributes, Move, Registration
from graph_model.store import Store
from loaders.load import load
from loaders.report import LoadOrder
from tests.load_files import (
    DIRECTOR,
    KEYER,
    LISTED,
    NUMBERS,
    ORGANISATIONS,
    PERSONS,
    VOCABULARY,
    code,
    designation,
    known,
    load_file,
    load_rows,
    new_store,
    numbers,
    person,
    write,
)

ROWS = 10_000
"""Rows of one change set, where a test needs several."""


@pytest.fixture
def store() -> Iterator[Store]:
    with new_store() as empty:
        yield empty


@pytest.fixture
def city(store: Store, tmp_path: Path) -> Store:
    """A store with a few organisations and persons."""
    load_rows(store, tmp_path, "organisations", ORGANISATIONS)
    load_rows(store, tmp_path, "persons", PERSONS)
    return store


def test_every_row_is_loaded_once_and_the_second_load_changes_nothing(store: Store, tmp_path: Path) -> None:
    assert numbers(load_rows(store, tmp_path, "organisations", ORGANISATIONS)) == (6, 6, 0, 0)
    version = store.latest_version()
    again = load_rows(store, tmp_path, "organisations", ORGANISATIONS)
    assert numbers(again) == (6, 0, 6, 0)
    assert (again.first_version, again.rejects) == (None, None)
    assert store.latest_version() == version
    assert sorted(store.subjects(version)) == sorted(row["code"] for row in ORGANISATIONS)


def test_a_file_that_grew_adds_only_what_is_new(store: Store, tmp_path: Path) -> None:
    load_rows(store, tmp_path, "organisations", ORGANISATIONS[1:4])
    assert numbers(load_rows(store, tmp_path, "organisations", ORGANISATIONS)) == (6, 3, 3, 0)


def test_all_kinds_load_from_csv_and_a_second_load_changes_nothing(city: Store, tmp_path: Path) -> None:
    rows: dict[str, list[dict[str, Any]]] = {
        "designations": [
            LISTED | {"fact.owed": "12.50", "fact.minor": "否"},
            LISTED
            | {"id": "D2", "document_no": "2号", "status": "removed"}
            | {"removed_on": "2024-01-01", "removed_reason": "repaired"},
        ],
        "relations": [DIRECTOR, {"type": "directly_responsible", "holder": person(2), "designation": "D1"}],
        "moves": [{"designation": "D1", "to": "suspended", "on": "2023-08-01", "actor": "spc", "document_no": "3号"}],
        "exemptions": [
            {"id": "E1", "subject": code(1), "list": "djd", "ground": "court_stay", "document_no": "4号"}
            | {"from": "2024-01-01", "until": "2024-06-01"}
        ],
        "objections": [
            {"id": "O1", "designation": "D1", "filed_on": "2023-06-01"},
            {"id": "O2", "relation_type": "director", "relation_holder": person(1)}
            | {"relation_organisation": code(1), "filed_on": "2023-06-01", "closed_on": "2023-07-01"},
        ],
    }
    for kind, bag in rows.items():
        assert numbers(load_rows(city, tmp_path, kind, bag)) == (len(bag), len(bag), 0, 0), kind
    version = city.latest_version()
    for kind, bag in rows.items():
        assert numbers(load_rows(city, tmp_path, kind, bag)) == (len(bag), 0, len(bag), 0), kind
    assert city.latest_version() == version
    first = designation(city, "D1")
    assert first.facts == {"owed": Decimal("12.50"), "minor": False}
    assert first.moves == (Move("D1", "suspended", date(2023, 8, 1), actor="spc", document_no="3号"),)
    assert designation(city, "D2").moves == (Move("D2", "removed", date(2024, 1, 1), "repaired", actor="spc"),)


def test_json_lines_and_spreadsheets_mean_the_same_as_csv(city: Store, tmp_path: Path) -> None:
    book = Workbook()
    assert book.active is not None
    book.active.append(["type", "holder", "organisation", "held_from", "share"])
    book.active.append(["shareholder", person(2), code(2), date(2020, 1, 1), 0.25])
    book.save(tmp_path / "relations.xlsx")
    assert numbers(load_file(city, "relations", tmp_path / "relations.xlsx")) == (1, 1, 0, 0)
    line = {
        "type": "shareholder",
        "holder": person(2),
        "organisation": code(2),
        "held_from": "2020-01-01",
        "share": 0.25,
    }
    (tmp_path / "relations.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    assert numbers(load_file(city, "relations", tmp_path / "relations.jsonl")) == (1, 0, 1, 0)
    assert numbers(load_rows(city, tmp_path, "relations", [line | {"share": "0.25"}])) == (1, 0, 1, 0)


def test_a_designation_in_json_lines_may_hold_its_facts_and_moves(city: Store, tmp_path: Path) -> None:
    moves = [{"to": "suspended", "on": "2023-08-01", "actor": "spc", "document_no": "2号"}]
    (tmp_path / "d.jsonl").write_text(json.dumps(LISTED | {"facts": {"owed": 1.1}, "moves": moves}), encoding="utf-8")
    assert numbers(load_file(city, "designations", tmp_path / "d.jsonl")) == (1, 1, 0, 0)
    assert designation(city, "D1").facts == {"owed": Decimal("1.1")}


def test_rows_that_say_the_same_are_loaded_once_and_the_others_reported(store: Store, tmp_path: Path) -> None:
    rows = [ORGANISATIONS[0], ORGANISATIONS[1], ORGANISATIONS[0], ORGANISATIONS[0]]
    report = load_rows(store, tmp_path, "organisations", rows)
    assert numbers(report) == (4, 2, 0, 2)
    assert [row.number for row in report.shown] == [4, 5]
    assert "第 2 行" in report.shown[0].reason


def test_rows_that_contradict_each_other_are_all_reported_and_none_is_taken(store: Store, tmp_path: Path) -> None:
    rows = [ORGANISATIONS[0], ORGANISATIONS[1], ORGANISATIONS[0] | {"name": "另一名称"}]
    report = load_rows(store, tmp_path, "organisations", rows)
    assert numbers(report) == (3, 1, 0, 2)
    assert [(row.number, row.column) for row in report.shown] == [(2, "code"), (4, "code")]
    assert "第 4 行" in report.shown[0].reason
    assert known(store, Registration(code(0), Attributes())) is None
    assert report.rejects is not None
    version = store.latest_version()
    assert numbers(load_file(store, "organisations", report.rejects)) == (2, 0, 0, 2)
    assert store.latest_version() == version


def test_contradictions_are_found_across_change_sets_and_on_a_second_load(store: Store, tmp_path: Path) -> None:
    rows = [{"code": code(n), "name": "甲"} for n in range(ROWS + 10)]
    rows.append({"code": code(3), "name": "乙"})
    for _ in range(2):
        report = load_rows(store, tmp_path, "organisations", rows, rows_at_once=ROWS)
        assert numbers(report)[0] == ROWS + 11
        assert [row.number for row in report.shown] == [5, ROWS + 12]
    assert (report.loaded, report.unchanged) == (0, ROWS + 9)
    assert not store.is_registered(code(3), store.latest_version())


def test_two_spellings_of_one_identity_number_are_one_person(store: Store, tmp_path: Path) -> None:
    rows = [
        {"id_type": "resident_id", "id_number": NUMBERS[0], "name": "张三"},
        {"id_type": "resident_id", "id_number": NUMBERS[0].lower(), "name": "张叁"},
    ]
    assert numbers(load_rows(store, tmp_path, "persons", rows)) == (2, 0, 0, 2)


def test_statements_of_one_organisation_from_different_days_are_no_contradiction(store: Store, tmp_path: Path) -> None:
    rows = [ORGANISATIONS[0] | {"valid_from": ""}, ORGANISATIONS[0] | {"name": "新名称", "valid_from": "2024-01-01"}]
    assert numbers(load_rows(store, tmp_path, "organisations", rows)) == (2, 2, 0, 0)


def test_parallel_records_are_no_contradiction_but_an_open_and_an_ended_one_are(city: Store, tmp_path: Path) -> None:
    owner = {"type": "shareholder", "holder": person(1), "organisation": code(1), "held_from": "2020-01-01"}
    rows = [owner | {"share": "0.1"}, owner | {"share": "0.2"}]
    assert numbers(load_rows(city, tmp_path, "relations", rows)) == (2, 2, 0, 0)
    rows = [DIRECTOR, DIRECTOR | {"held_until": "2023-01-01"}]
    assert numbers(load_rows(city, tmp_path, "relations", rows)) == (2, 0, 0, 2)


def test_the_same_move_may_come_twice(city: Store, tmp_path: Path) -> None:
    load_rows(city, tmp_path, "designations", [LISTED])
    move = {"designation": "D1", "on": "2024-01-01", "actor": "spc", "document_no": "2号"}
    rows = [move | {"to": to} for to in ("suspended", "in_effect", "suspended")]
    assert numbers(load_rows(city, tmp_path, "moves", rows)) == (3, 3, 0, 0)
    assert numbers(load_rows(city, tmp_path, "moves", rows)) == (3, 0, 3, 0)


def test_a_dry_run_says_what_would_be_and_writes_nothing(city: Store, tmp_path: Path) -> None:
    load_rows(city, tmp_path, "designations", [LISTED])
    version = city.latest_version()
    rows = [ORGANISATIONS[0], ORGANISATIONS[1] | {"name": "更名"}, {"code": code(9)}, {"code": "x"}]
    report = load_rows(city, tmp_path, "organisations", rows, dry_run=True)
    assert (numbers(report), report.corrected) == ((4, 2, 1, 1), 1)
    assert (report.first_version, city.latest_version()) == (None, version)
    move = {"designation": "D1", "on": "2024-01-01", "actor": "spc", "document_no": "2号"}
    rows = [move | {"to": to} for to in ("suspended", "in_effect", "dropped")]
    assert numbers(load_rows(city, tmp_path, "moves", rows, dry_run=True)) == (3, 2, 0, 1)
    assert city.latest_version() == version


def test_a_file_that_is_broken_anywhere_changes_nothing(store: Store, tmp_path: Path) -> None:
    path = write(tmp_path / "organisations.csv", [{"code": code(n)} for n in range(ROWS + 1)])
    with path.open("a", encoding="utf-8") as file:
        file.write('"' + code(1) + "\nA\nB\n")
    version = store.latest_version()
    with pytest.raises(FactsRefused) as caught:
        load_file(store, "organisations", path, rows_at_once=ROWS)
    assert caught.value.detail_code == "file.broken"
    assert store.latest_version() == version
    assert list(tmp_path.iterdir()) == [path]


def test_an_unknown_column_or_kind_is_refused_before_anything_is_written(store: Store, tmp_path: Path) -> None:
    with pytest.raises(FactsRefused) as caught:
        load_rows(store, tmp_path, "organisations", [{"code": code(1), "colour": "red"}])
    assert caught.value.detail_code == "column.unknown"
    with pytest.raises(FactsRefused) as caught:
        load_rows(store, tmp_path, "companies", [{"code": code(1)}])
    assert caught.value.detail_code == "kind.unknown"


@pytest.mark.parametrize(
    ("kind", "row", "missing"),
    [
        ("organisations", {"name": "甲"}, "code"),
        ("persons", {"name": "甲"}, "person"),
        ("persons", {"id_number": "1", "name": "甲"}, "id_type"),
        ("relations", {"type": "director"}, "holder"),
        ("designations", {"id": "D1", "subject": code(1), "list": "djd"}, "authority"),
        ("moves", {"designation": "D1", "to": "suspended"}, "on"),
        ("exemptions", {"id": "E1", "ground": "court_stay"}, "subject"),
        ("objections", {"designation": "D1", "id": "O1"}, "filed_on"),
    ],
)
def test_a_file_without_a_needed_column_is_refused_as_a_whole(
    store: Store, tmp_path: Path, kind: str, row: dict[str, str], missing: str
) -> None:
    with pytest.raises(FactsRefused) as caught:
        load_rows(store, tmp_path, kind, [row])
    assert (caught.value.detail_code, f"`{missing}`" in caught.value.what) == ("column.missing", True)


def test_a_run_that_was_cut_off_is_simply_run_again(store: Store, tmp_path: Path) -> None:
    path = write(tmp_path / "organisations.csv", [{"code": code(n)} for n in range(2 * ROWS)])
    order = LoadOrder("organisations", path, "clerk", "test", rows_at_once=ROWS)

    def cut_off(done: int, total: int) -> None:
        raise KeyboardInterrupt(f"{done} of {total}")

    with pytest.raises(KeyboardInterrupt):
        load(store, order, VOCABULARY, KEYER, progress=cut_off)
    assert numbers(load(store, order, VOCABULARY, KEYER)) == (2 * ROWS, ROWS, ROWS, 0)


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    peaks: list[int] = []
    for chunks in (1, 3):
        rows = [{"code": code(n if n % 50 else 0), "name": f"公司{n}"} for n in range(chunks * ROWS)]
        path = write(tmp_path / f"{chunks}.csv", rows)
        with new_store() as store:
            tracemalloc.start()
            load_file(store, "organisations", path, rows_at_once=ROWS)
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    assert peaks[1] < 1.3 * peaks[0]


def test_progress_is_told_in_rows_done_of_rows_in_all(store: Store, tmp_path: Path) -> None:
    path = write(tmp_path / "organisations.csv", [{"code": code(n)} for n in range(ROWS + 1)])
    told: list[tuple[int, int]] = []
    order = LoadOrder("organisations", path, "clerk", "test", rows_at_once=ROWS)
    load(store, order, VOCABULARY, KEYER, progress=lambda done, total: told.append((done, total)))
    assert told == [(ROWS, ROWS + 1), (ROWS + 1, ROWS + 1)]


def test_change_sets_carry_actor_and_reason_and_a_key_of_their_own(store: Store, tmp_path: Path) -> None:
    since = store.latest_version()
    load_rows(store, tmp_path, "organisations", [{"code": code(n)} for n in range(2 * ROWS)], rows_at_once=ROWS)
    changes = store.changes(since, 10)
    assert [(c.actor, c.reason) for c in changes] == [("clerk", "test")] * 2
    assert len({c.key for c in changes}) == 2


def test_the_collector_runs_again_after_a_load_whether_it_went_well_or_not(store: Store, tmp_path: Path) -> None:
    before = gc.get_threshold()
    assert gc.isenabled()
    load_rows(store, tmp_path, "organisations", ORGANISATIONS)
    with pytest.raises(FactsRefused):
        load_rows(store, tmp_path, "organisations", [{"name": "甲"}])
    assert gc.isenabled()
    assert gc.get_threshold() == before
