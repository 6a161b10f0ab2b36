"""A later file corrects, ends or contradicts what is known; what was believed stays visible (F1)."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from graph_model.nodes import Attributes, Objection, Registration
from graph_model.store import Store
from tests.load_files import (
    DIRECTOR,
    LISTED,
    ORGANISATIONS,
    PERSONS,
    code,
    designation,
    known,
    load_rows,
    new_store,
    numbers,
    relation,
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
