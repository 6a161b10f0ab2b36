"""A load accounts for every row: read = loaded + unchanged + rejected, and what is rejected can be loaded again."""

import json
import stat
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from graph_model.errors import FactsRefused
from graph_model.nodes import Attributes, Designation, Move, Objection, Registration, Relation
from graph_model.store import Fact, Store
from loaders.load import CHUNK_ROWS, load
from loaders.report import LoadOrder
from tests.load_files import (
    KEYER,
    NUMBERS,
    VOCABULARY,
    code,
    load_file,
    load_rows,
    new_store,
    numbers,
    person,
    read,
    write,
)

ORGANISATIONS = [{"code": code(n), "name": f"公司{n}", "kind": "enterprise", "region": "350203"} for n in range(6)]
PERSONS = [{"person": person(n), "name": f"人{n}"} for n in range(4)]
DIRECTOR = {"type": "director", "holder": person(1), "organisation": code(1), "held_from": "2020-01-01"}
LISTED = {
    "id": "D1",
    "subject": code(1),
    "list": "djd",
    "authority": "spc",
    "document_no": "1号",
    "decided_on": "2023-05-20",
}


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


def known(store: Store, key: Fact) -> Any:
    return store.find(key, store.latest_version())


def relation(**changes: Any) -> Relation:
    return replace(Relation("director", person(1), code(1), held_from=date(2020, 1, 1)), **changes)


def designation(store: Store, of: str) -> Designation:
    found = known(store, Designation(of, "", "", ""))
    assert isinstance(found, Designation)
    return found


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


def test_rejected_rows_stand_in_a_file_with_number_column_and_reason(store: Store, tmp_path: Path) -> None:
    rows = [ORGANISATIONS[0], ORGANISATIONS[1] | {"code": "91350203MA000001"}, ORGANISATIONS[2] | {"region": "35"}]
    report = load_rows(store, tmp_path, "organisations", rows)
    assert numbers(report) == (3, 1, 0, 2)
    assert report.rejects is not None
    assert stat.S_IMODE(report.rejects.stat().st_mode) == 0o600
    first, second = read(report.rejects)
    assert (first["reject_row"], first["reject_column"], first["name"]) == ("3", "code", "公司1")
    assert "GB 32100" in first["reject_reason"]
    assert (second["reject_row"], second["reject_column"], second["region"]) == ("4", "region", "35")
    assert [(row.number, row.column) for row in report.shown] == [(3, "code"), (4, "region")]
    assert report.reasons == {"uscc.invalid": 1, "value.malformed": 1}


def test_rejected_rows_come_in_the_order_of_the_file(city: Store, tmp_path: Path) -> None:
    rows = [LISTED | {"subject": code(9)}, LISTED | {"list": "none"}, LISTED | {"subject": code(8)}]
    report = load_rows(city, tmp_path, "designations", [row | {"id": f"D{n}"} for n, row in enumerate(rows)])
    assert [(row.number, row.column) for row in report.shown] == [(2, "subject"), (3, "list"), (4, "subject")]


def test_what_dangles_is_rejected_with_its_reason_and_loads_later_as_it_is(store: Store, tmp_path: Path) -> None:
    cases: list[tuple[str, dict[str, Any], str, str]] = [
        ("relations", DIRECTOR, "holder", person(1)),
        ("designations", LISTED, "subject", code(1)),
        ("relations", {"type": "directly_responsible", "holder": person(1), "designation": "D1"}, "holder", person(1)),
        (
            "moves",
            {"designation": "D1", "to": "suspended", "on": "2024-01-01"} | {"actor": "spc", "document_no": "2号"},
            "designation",
            "D1",
        ),
        ("objections", {"id": "O1", "designation": "D1", "filed_on": "2024-01-01"}, "designation", "D1"),
        (
            "exemptions",
            {"id": "E1", "subject": code(1), "list": "djd", "ground": "court_stay", "document_no": "3号"},
            "subject",
            code(1),
        ),
    ]
    waiting: list[tuple[str, Path]] = []
    for place, (kind, row, column, named) in enumerate(cases):
        report = load_file(store, kind, write(tmp_path / f"{place}.csv", [row]))
        assert numbers(report) == (1, 0, 0, 1), kind
        assert report.rejects is not None
        (rejected,) = read(report.rejects)
        assert rejected["reject_column"] == column
        assert named in rejected["reject_reason"]
        waiting.append((kind, report.rejects))
    load_rows(store, tmp_path, "organisations", ORGANISATIONS)
    load_rows(store, tmp_path, "persons", PERSONS)
    for kind, path in waiting:
        assert numbers(load_file(store, kind, path)) == (1, 1, 0, 0), kind


def test_a_relation_to_an_unknown_organisation_or_designation_is_rejected_naming_it(
    city: Store, tmp_path: Path
) -> None:
    unknown = code(77)
    for row, column, named in [
        (DIRECTOR | {"organisation": unknown}, "organisation", unknown),
        ({"type": "directly_responsible", "holder": person(1), "designation": "D77"}, "designation", "D77"),
    ]:
        report = load_rows(city, tmp_path, "relations", [row, DIRECTOR])
        assert report.rejected == 1
        assert (report.shown[0].column, named in report.shown[0].reason) == (column, True)


def test_one_refused_row_does_not_hold_back_the_others_of_its_change_set(city: Store, tmp_path: Path) -> None:
    rows = [
        LISTED,
        LISTED | {"id": "D2"},
        LISTED | {"id": "D3", "document_no": "3号"},
        LISTED | {"id": "D4", "list": "none"},
    ]
    report = load_rows(city, tmp_path, "designations", rows)
    assert numbers(report) == (4, 2, 0, 2)
    assert report.reasons == {"designation.duplicate": 1, "list.unknown": 1}


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
    rows = [{"code": code(n), "name": "甲"} for n in range(CHUNK_ROWS + 10)]
    rows.append({"code": code(3), "name": "乙"})
    for _ in range(2):
        report = load_rows(store, tmp_path, "organisations", rows)
        assert numbers(report)[0] == CHUNK_ROWS + 11
        assert [row.number for row in report.shown] == [5, CHUNK_ROWS + 12]
    assert (report.loaded, report.unchanged) == (0, CHUNK_ROWS + 9)
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


def test_other_attributes_from_the_same_day_are_a_correction_that_stays_visible(store: Store, tmp_path: Path) -> None:
    load_rows(store, tmp_path, "organisations", ORGANISATIONS)
    believed = store.latest_version()
    report = load_rows(store, tmp_path, "organisations", [ORGANISATIONS[0] | {"name": "更名公司"}, ORGANISATIONS[1]])
    assert (numbers(report), report.corrected) == ((2, 1, 1, 0), 1)
    key = Registration(code(0), Attributes())
    assert known(store, key).attributes.name == "更名公司"
    before = store.find(key, believed)
    assert isinstance(before, Registration)
    assert before.attributes.name == "公司0"


def test_a_file_loaded_again_after_a_correction_is_looked_at_anew(store: Store, tmp_path: Path) -> None:
    key = Registration(code(0), Attributes())
    for name in ("甲", "乙", "甲", "乙"):
        report = load_rows(store, tmp_path, "organisations", [{"code": code(0), "name": name}])
        assert report.loaded == 1
        assert known(store, key).attributes.name == name


def test_a_row_that_only_adds_an_end_ends_the_open_relation(city: Store, tmp_path: Path) -> None:
    load_rows(city, tmp_path, "relations", [DIRECTOR | {"document_no": "任1号"}])
    report = load_rows(city, tmp_path, "relations", [DIRECTOR | {"held_until": "2023-06-01"}])
    assert (numbers(report), report.corrected) == ((1, 1, 0, 0), 1)
    assert known(city, relation()) is None
    assert known(city, relation(held_until=date(2023, 6, 1))).document_no == "任1号"
    assert city.counts(city.latest_version())["relations"] == 1


def test_a_row_without_the_end_that_is_known_is_in_conflict(city: Store, tmp_path: Path) -> None:
    load_rows(city, tmp_path, "relations", [DIRECTOR | {"held_until": "2023-06-01"}])
    report = load_rows(city, tmp_path, "relations", [DIRECTOR])
    assert (numbers(report), "2023-06-01" in report.shown[0].reason) == ((1, 0, 0, 1), True)


def test_an_end_by_another_document_is_in_conflict(city: Store, tmp_path: Path) -> None:
    load_rows(city, tmp_path, "relations", [DIRECTOR | {"document_no": "任1号"}])
    row = DIRECTOR | {"held_until": "2023-06-01", "document_no": "免9号"}
    assert numbers(load_rows(city, tmp_path, "relations", [row])) == (1, 0, 0, 1)


def test_an_objection_or_exemption_that_is_told_again_with_its_end_is_ended(city: Store, tmp_path: Path) -> None:
    load_rows(city, tmp_path, "designations", [LISTED])
    objection = {"id": "O1", "designation": "D1", "filed_on": "2023-06-01"}
    exemption = {"id": "E1", "subject": code(1), "list": "djd", "ground": "court_stay", "document_no": "3号"}
    for kind, row, ended in [
        ("objections", objection, {"closed_on": "2023-07-01"}),
        ("exemptions", exemption, {"until": "2024-01-01"}),
    ]:
        load_rows(city, tmp_path, kind, [row])
        report = load_rows(city, tmp_path, kind, [row | ended])
        assert (numbers(report), report.corrected) == ((1, 1, 0, 0), 1)
        assert numbers(load_rows(city, tmp_path, kind, [row | ended])) == (1, 0, 1, 0)
        assert numbers(load_rows(city, tmp_path, kind, [row])) == (1, 0, 0, 1)
    assert known(city, Objection("O1", date(2023, 6, 1))).closed_on == date(2023, 7, 1)


def test_a_designation_told_again_as_removed_is_moved(city: Store, tmp_path: Path) -> None:
    removed = LISTED | {"status": "removed", "removed_on": "2024-01-01", "removed_reason": "repaired"}
    move = {"designation": "D1", "to": "suspended", "on": "2023-08-01", "actor": "spc", "document_no": "2号"}
    load_rows(city, tmp_path, "designations", [LISTED])
    load_rows(city, tmp_path, "moves", [move])
    assert numbers(load_rows(city, tmp_path, "designations", [removed])) == (1, 1, 0, 0)
    assert [m.to for m in designation(city, "D1").moves] == ["suspended", "removed"]
    assert numbers(load_rows(city, tmp_path, "designations", [removed])) == (1, 0, 1, 0)
    assert numbers(load_rows(city, tmp_path, "designations", [removed | {"removed_on": "2024-02-01"}])) == (1, 0, 0, 1)
    assert numbers(load_rows(city, tmp_path, "designations", [LISTED | {"severity": "serious"}])) == (1, 0, 0, 1)


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
    path = write(tmp_path / "organisations.csv", [{"code": code(n)} for n in range(CHUNK_ROWS + 1)])
    with path.open("a", encoding="utf-8") as file:
        file.write('"' + code(1) + "\nA\nB\n")
    version = store.latest_version()
    with pytest.raises(FactsRefused) as caught:
        load_file(store, "organisations", path)
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
    path = write(tmp_path / "organisations.csv", [{"code": code(n)} for n in range(2 * CHUNK_ROWS)])
    order = LoadOrder("organisations", path, "clerk", "test")

    def cut_off(done: int, total: int) -> None:
        raise KeyboardInterrupt(f"{done} of {total}")

    with pytest.raises(KeyboardInterrupt):
        load(store, order, VOCABULARY, KEYER, progress=cut_off)
    assert numbers(load(store, order, VOCABULARY, KEYER)) == (2 * CHUNK_ROWS, CHUNK_ROWS, CHUNK_ROWS, 0)


def test_memory_does_not_grow_with_the_file(store: Store, tmp_path: Path) -> None:
    peaks: list[int] = []
    for chunks in (1, 3):
        rows = [{"code": code(n if n % 50 else 0), "name": f"公司{n}"} for n in range(chunks * CHUNK_ROWS)]
        path = write(tmp_path / f"{chunks}.csv", rows)
        tracemalloc.start()
        load_file(store, "organisations", path)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.3 * peaks[0]


def test_progress_is_told_in_rows_done_of_rows_in_all(store: Store, tmp_path: Path) -> None:
    path = write(tmp_path / "organisations.csv", [{"code": code(n)} for n in range(CHUNK_ROWS + 1)])
    told: list[tuple[int, int]] = []
    order = LoadOrder("organisations", path, "clerk", "test")
    load(store, order, VOCABULARY, KEYER, progress=lambda done, total: told.append((done, total)))
    assert told == [(CHUNK_ROWS, CHUNK_ROWS + 1), (CHUNK_ROWS + 1, CHUNK_ROWS + 1)]


def test_a_reject_file_can_take_the_place_of_the_file_it_came_from(store: Store, tmp_path: Path) -> None:
    path = write(tmp_path / "organisations.csv", [ORGANISATIONS[0], {"code": "x", "name": "甲"}])
    for expected in [(2, 1, 0, 1), (1, 0, 0, 1), (1, 0, 0, 1)]:
        report = load_file(store, "organisations", path, rejects=path)
        assert numbers(report) == expected
    (row,) = read(path)
    assert (row["code"], row["name"], row["reject_row"]) == ("x", "甲", "2")


def test_a_reject_file_that_cannot_be_written_is_said_before_anything_is(store: Store, tmp_path: Path) -> None:
    version = store.latest_version()
    with pytest.raises(FactsRefused) as caught:
        load_rows(store, tmp_path, "organisations", ORGANISATIONS, rejects=tmp_path / "none" / "rejects.csv")
    assert caught.value.detail_code == "file.unwritable"
    assert store.latest_version() == version


def test_rejects_of_json_lines_are_json_lines_and_load_again(city: Store, tmp_path: Path) -> None:
    waiting = LISTED | {"subject": code(9), "facts": {"owed": 12.5, "ground": "1"}}
    lines = [json.dumps(waiting, ensure_ascii=False), "{broken"]
    (tmp_path / "d.jsonl").write_text("\n".join(lines), encoding="utf-8")
    report = load_file(city, "designations", tmp_path / "d.jsonl", rejects=tmp_path / "r.jsonl")
    assert numbers(report) == (2, 0, 0, 2)
    first, second = (json.loads(line) for line in (tmp_path / "r.jsonl").read_text(encoding="utf-8").splitlines())
    assert first == {"reject_row": 1, "reject_column": "subject", "reject_reason": first["reject_reason"]} | waiting
    assert (second["reject_row"], set(second)) == (2, {"reject_row", "reject_column", "reject_reason"})
    load_rows(city, tmp_path, "organisations", [{"code": code(9)}])
    assert numbers(load_file(city, "designations", tmp_path / "r.jsonl")) == (2, 1, 0, 1)
    assert designation(city, "D1").facts["owed"] == Decimal("12.5")


def test_rejects_of_an_outside_source_load_again_with_its_mapping(store: Store, tmp_path: Path) -> None:
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(
        "kind: designations\ncolumns:\n  id: 编号\n  subject: 代码\n  list: {constant: djd}\n"
        "  authority: {constant: spc}\n  decided_on: {from: 日期, days: YYYY/M/D}\nignore: [备注]\n",
        encoding="utf-8",
    )
    source = tmp_path / "名单.csv"
    rows = [{"编号": "D1", "代码": code(1), "日期": "2023/5/20", "备注": "甲,乙"}]
    write(source, rows, encoding="gb18030")
    report = load_file(store, "designations", source, mapping=mapping)
    assert numbers(report) == (1, 0, 0, 1)
    assert report.rejects is not None
    assert report.rejects.read_bytes().startswith(b"\xef\xbb\xbf"), "for Excel, which made the source"
    (rejected,) = read(report.rejects)
    assert {column: rejected[column] for column in rows[0]} == rows[0]
    load_rows(store, tmp_path, "organisations", ORGANISATIONS)
    assert numbers(load_file(store, "designations", report.rejects, mapping=mapping)) == (1, 1, 0, 0)


@pytest.mark.parametrize("number", [NUMBERS[0], "110105194912310021", "E12345678"])
def test_no_identity_number_is_written_anywhere(store: Store, tmp_path: Path, number: str) -> None:
    id_type = "passport" if number.startswith("E") else "resident_id"
    cases: list[tuple[str, dict[str, str]]] = [
        ("relations", DIRECTOR | {"holder": number, "holder_id_type": id_type, "organisation": code(77)}),
        ("designations", LISTED | {"subject": number, "subject_id_type": id_type, "list": "none"}),
        ("persons", {"id_type": id_type, "id_number": f" {number}", "name": "甲"}),
        ("persons", {"id_type": id_type, "id_number": number, "name": "乙"}),
    ]
    for kind, row in cases:
        report = load_rows(store, tmp_path, kind, [row])
        texts = [reject.reason for reject in report.shown]
        if report.rejects is not None:
            texts.append(report.rejects.read_text(encoding="utf-8"))
        assert not any(number in text for text in texts), kind


def test_a_rejected_row_with_an_identity_number_loads_again_by_the_keyed_id(store: Store, tmp_path: Path) -> None:
    row = DIRECTOR | {"holder": NUMBERS[0], "holder_id_type": "resident_id"}
    report = load_rows(store, tmp_path, "relations", [row])
    assert report.rejects is not None
    keyed = KEYER.keyed_id("resident_id", NUMBERS[0])
    assert read(report.rejects)[0]["holder"] == keyed
    load_rows(store, tmp_path, "organisations", ORGANISATIONS)
    load_rows(store, tmp_path, "persons", [{"id_type": "resident_id", "id_number": NUMBERS[0], "name": "张三"}])
    assert numbers(load_file(store, "relations", report.rejects)) == (1, 1, 0, 0)
    assert known(store, relation(holder=keyed)) is not None


def test_change_sets_carry_actor_and_reason_and_a_key_of_their_own(store: Store, tmp_path: Path) -> None:
    since = store.latest_version()
    load_rows(store, tmp_path, "organisations", [{"code": code(n)} for n in range(2 * CHUNK_ROWS)])
    changes = store.changes(since, 10)
    assert [(c.actor, c.reason) for c in changes] == [("clerk", "test")] * 2
    assert len({c.key for c in changes}) == 2
