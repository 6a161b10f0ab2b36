"""A snapshot is a whole list as it stands: what it no longer has is closed, once, and never by mistake."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from graph_model.errors import FactsRefused
from graph_model.nodes import Designation, Move
from graph_model.store import Store
from loaders.report import LoadOrder, LoadReport
from loaders.snapshot import Snapshot, end_of, load_snapshot
from memoranda.model import OfficialList
from tests.load_files import KEYER, VOCABULARY, code, load_rows, new_store, numbers, read, write

DAY = date(2024, 7, 1)
DJD = OfficialList.model_validate({"id": "djd", "name": "名单", "kind": "restriction", "authority": "spc"})
SIZE = 10


def row(place: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"D{place}",
        "subject": code(place),
        "list": "djd",
        "authority": "spc",
        "document_no": f"{place}号",
        "decided_on": "2023-01-01",
        **changes,
    }


ROWS = [row(n) for n in range(SIZE)]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store with a list of ten entries."""
    with new_store() as empty:
        load_rows(empty, tmp_path, "organisations", [{"code": code(n)} for n in range(2 * SIZE)])
        load_rows(empty, tmp_path, "designations", ROWS)
        yield empty


def snapshot(
    store: Store, folder: Path, rows: list[dict[str, Any]], *, of: OfficialList = DJD, on: date = DAY, **options: Any
) -> LoadReport:
    order_options = {name: options.pop(name) for name in ("dry_run", "kind") if name in options}
    path = write(folder / "snapshot.csv", rows)
    kind = order_options.pop("kind", "designations")
    order = LoadOrder(kind, path, "clerk", "test", rejects=folder / "rejects.csv", **order_options)
    return load_snapshot(store, order, Snapshot(of, on, **options), VOCABULARY, KEYER)


def refusal(store: Store, folder: Path, rows: list[dict[str, Any]], **options: Any) -> FactsRefused:
    version = store.latest_version()
    with pytest.raises(FactsRefused) as caught:
        snapshot(store, folder, rows, **options)
    assert store.latest_version() == version
    return caught.value


def moves(store: Store, of: str) -> tuple[Move, ...]:
    found = store.find(Designation(of, "", "", ""), store.latest_version())
    assert isinstance(found, Designation)
    return found.moves


def test_what_the_list_no_longer_has_is_closed_and_what_is_new_is_loaded_in_one_change_set(
    store: Store, tmp_path: Path
) -> None:
    version = store.latest_version()
    report = snapshot(store, tmp_path, [*ROWS[2:], row(11)])
    assert (numbers(report), report.closed) == ((9, 1, 8, 0), {"delisted": 2})
    assert store.latest_version() == version + 1
    for of in ("D0", "D1"):
        assert moves(store, of) == (Move(of, "removed", DAY, "delisted", actor="clerk"),)
    assert moves(store, "D2") == ()


def test_the_same_snapshot_again_changes_nothing(store: Store, tmp_path: Path) -> None:
    snapshot(store, tmp_path, ROWS[1:])
    version = store.latest_version()
    report = snapshot(store, tmp_path, ROWS[1:])
    assert (numbers(report), report.closed, store.latest_version()) == ((9, 0, 9, 0), {}, version)


def test_an_entry_whose_end_has_come_is_closed_as_expired(store: Store, tmp_path: Path) -> None:
    load_rows(store, tmp_path, "designations", [row(10, until="2024-07-01"), row(11, until="2024-07-02")])
    assert snapshot(store, tmp_path, ROWS).closed == {"expired": 1, "delisted": 1}
    assert [moves(store, of)[0].reason for of in ("D10", "D11")] == ["expired", "delisted"]


def test_the_end_follows_the_lists_term_where_the_document_states_none(store: Store, tmp_path: Path) -> None:
    term = DJD.model_copy(update={"term_months": 18})
    assert snapshot(store, tmp_path, ROWS[1:], of=term).closed == {"expired": 1}


@pytest.mark.parametrize(
    ("term", "ground", "expected"),
    [
        ({"by": "ground", "1": None, "else": 24}, "1", None),
        ({"by": "ground", "1": None, "else": 24}, "2", date(2025, 1, 1)),
        ({"by": "ground", "1": None, "else": 24}, None, None),
        ({"by": "ground", "1": 6}, "2", None),
        ({"by": "ground", "1": 6}, "1", date(2023, 7, 1)),
        (12, None, date(2024, 1, 1)),
        (None, None, None),
    ],
)
def test_a_term_may_depend_on_a_fact(term: Any, ground: str | None, expected: date | None) -> None:
    stated = {"id": "djd", "name": "名单", "kind": "restriction", "authority": "spc", "term_months": term}
    official = OfficialList.model_validate(stated)
    facts = {} if ground is None else {"ground": ground}
    assert end_of(Designation("D", "S", "djd", "spc", decided_on=date(2023, 1, 1), facts=facts), official) == expected


def test_too_large_a_share_is_refused_unless_confirmed(store: Store, tmp_path: Path) -> None:
    error = refusal(store, tmp_path, ROWS[3:])
    assert error.detail_code == "snapshot.too-many"
    assert "10 条中的 3 条" in error.what
    assert snapshot(store, tmp_path, ROWS[2:]).closed == {"delisted": 2}
    assert snapshot(store, tmp_path, ROWS[6:], confirmed=True).closed == {"delisted": 4}


def test_the_share_that_may_close_can_be_set(store: Store, tmp_path: Path) -> None:
    assert refusal(store, tmp_path, ROWS[2:], max_share=0.1).detail_code == "snapshot.too-many"
    assert snapshot(store, tmp_path, ROWS[5:], max_share=0.5).closed == {"delisted": 5}


def test_a_record_list_takes_no_snapshot(store: Store, tmp_path: Path) -> None:
    stated = {"id": "penalty", "name": "处罚", "kind": "record", "authority": "spc"}
    assert refusal(store, tmp_path, ROWS, of=OfficialList.model_validate(stated)).detail_code == "snapshot.record-list"
    assert refusal(store, tmp_path, [{"code": code(1)}], kind="organisations").detail_code == "snapshot.kind"


def test_an_entry_whose_row_was_rejected_is_not_missing(store: Store, tmp_path: Path) -> None:
    rows = [row(0, severity="huge"), row(1, decided_on="2023"), *ROWS[2:]]
    report = snapshot(store, tmp_path, rows)
    assert (numbers(report), report.closed) == ((10, 0, 8, 2), {})
    assert [r["reject_column"] for r in read(tmp_path / "rejects.csv")] == ["severity", "decided_on"]


def test_an_entry_that_stands_under_another_id_is_not_missing(store: Store, tmp_path: Path) -> None:
    report = snapshot(store, tmp_path, [row(0, id="X0"), *ROWS[1:]])
    assert (numbers(report), report.closed) == ((10, 0, 9, 1), {})
    assert report.reasons == {"designation.duplicate": 1}


def test_a_row_without_a_readable_id_keeps_a_snapshot_from_closing_anything(store: Store, tmp_path: Path) -> None:
    rows = [row(0, id=""), *ROWS[2:]]
    assert refusal(store, tmp_path, rows).detail_code == "snapshot.unclear"
    assert snapshot(store, tmp_path, rows, confirmed=True).closed == {"delisted": 2}
    assert snapshot(store, tmp_path, [row(0, id=""), *ROWS[2:]]).closed == {}


def test_entries_that_do_not_stand_on_the_list_that_day_are_left_alone(store: Store, tmp_path: Path) -> None:
    later = [
        row(10, status="proposed"),
        row(11, decided_on="2024-08-01"),
        row(12, status="removed", removed_on="2024-01-01", removed_reason="repaired"),
        row(13, list="tax"),
    ]
    load_rows(store, tmp_path, "designations", later)
    assert snapshot(store, tmp_path, ROWS).closed == {}


def test_a_suspended_entry_is_closed_too(store: Store, tmp_path: Path) -> None:
    move = {"designation": "D0", "to": "suspended", "on": "2024-01-01", "actor": "spc", "document_no": "1号"}
    load_rows(store, tmp_path, "moves", [move])
    assert snapshot(store, tmp_path, ROWS[1:]).closed == {"delisted": 1}
    assert [m.to for m in moves(store, "D0")] == ["suspended", "removed"]


def test_a_day_before_an_entrys_last_move_is_refused(store: Store, tmp_path: Path) -> None:
    move = {"designation": "D0", "to": "suspended", "on": "2024-08-01", "actor": "spc", "document_no": "1号"}
    load_rows(store, tmp_path, "moves", [move])
    assert refusal(store, tmp_path, ROWS[1:]).detail_code == "move.order"


def test_what_has_left_the_list_cannot_come_back_under_its_id(store: Store, tmp_path: Path) -> None:
    snapshot(store, tmp_path, ROWS[1:])
    report = snapshot(store, tmp_path, ROWS)
    assert (numbers(report), report.reasons) == ((10, 0, 9, 1), {"snapshot.left": 1})


def test_rows_of_another_list_are_rejected(store: Store, tmp_path: Path) -> None:
    report = snapshot(store, tmp_path, [*ROWS, row(11, list="tax")])
    assert (numbers(report), report.reasons) == ((11, 0, 10, 1), {"snapshot.list": 1})


def test_a_dry_snapshot_says_what_it_would_close(store: Store, tmp_path: Path) -> None:
    version = store.latest_version()
    report = snapshot(store, tmp_path, [*ROWS[1:], row(11)], dry_run=True)
    assert (numbers(report), report.closed) == ((10, 1, 9, 0), {"delisted": 1})
    assert (store.latest_version(), moves(store, "D0")) == (version, ())


def test_a_snapshot_that_is_empty_but_for_its_header_is_a_list_with_nobody(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "snapshot.csv"
    path.write_text("id,subject,list,authority,decided_on\n", encoding="utf-8")
    order = LoadOrder("designations", path, "clerk", "test")
    report = load_snapshot(store, order, Snapshot(DJD, DAY, confirmed=True), VOCABULARY, KEYER)
    assert (numbers(report), report.closed) == ((0, 0, 0, 0), {"delisted": SIZE})
