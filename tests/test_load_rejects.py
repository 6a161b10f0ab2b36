"""Rejected rows stand in a file with their reasons, load again as they are, and hold no identity number."""

import json
import stat
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from graph_model.errors import FactsRefused
from graph_model.store import Store
from tests.load_files import (
    DIRECTOR,
    KEYER,
    LISTED,
    NUMBERS,
    ORGANISATIONS,
    PERSONS,
    code,
    designation,
    known,
    load_file,
    load_rows,
    new_store,
    numbers,
    person,
    read,
    relation,
    write,
)


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
