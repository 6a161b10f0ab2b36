"""A clock that is set back changes times that people read, and nothing else: order is by version and chain."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from api.app import build_app
from api.decision_reading import found
from api.decision_segment import segments_in
from api.decision_verify import verified
from graph_model.stores import open_store
from graph_model.stores.sqlite import SqliteStore
from tests.faults.load import change, check
from tests.http_city import KEY, SETTINGS, TODAY, City, fill

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Clock:
    """Goes back an hour whenever it is looked at."""

    def __init__(self, begin: datetime) -> None:
        self.moment = begin

    def __call__(self) -> datetime:
        self.moment -= timedelta(hours=1)
        return self.moment


@contextmanager
def town_at(folder: Path, begin: datetime) -> Iterator[City]:
    """The application over the same files, started by that clock."""
    settings = replace(SETTINGS, store=f"sqlite:///{folder}/city.db", id_key=KEY, decision_log_segment_bytes=6_000)
    with open_store(settings.store) as store:
        if store.latest_version() == 0:
            fill(store, settings)
        town = City(store, settings)
        town.app = build_app(settings, store, today=lambda: TODAY, clock=Clock(begin))
        yield town
        town.app.state.decision_log.close()


def test_chains_ids_and_order_do_not_depend_on_the_clock(tmp_path: Path) -> None:
    decided, versions = {}, []
    # Each start finds the clock years before the last one.
    for number, year in enumerate((2026, 2019, 2031, 2001, 1970)):
        with town_at(tmp_path, NOON.replace(year=year)) as town:
            answer = town.post("/v1/changes", change(number))
            versions.append(answer.json()["version"])
            for _ in range(12):
                told = town.post("/v1/checks", check(number, min_version=versions[-1])).json()
                decided[told["check_id"]] = told["decision"]
            assert town.get(f"/v1/checks/{told['check_id']}?replay=true").json()["replay"]["same"] is True
    assert versions == list(range(3, 8))
    log = tmp_path / "city-decisions"
    assert {each: found(log, each).decision for each in decided} == decided
    result = verified([log])
    assert (result.records, result.faults, result.torn, result.newest) == (len(decided), (), (), 7)
    with SqliteStore(str(tmp_path / "city.db")) as store:
        assert store.verify_chain() is None


def test_what_was_taken_away_is_found_though_the_names_of_files_are_in_another_order(tmp_path: Path) -> None:
    for year in (2026, 2019, 2001):
        with town_at(tmp_path, NOON.replace(year=year)) as town:
            for _ in range(12):
                town.post("/v1/checks", check(-1))
    log = tmp_path / "city-decisions"
    newest = min(segments_in(log).values(), key=lambda path: path.name)
    written_last = max(segments_in(log).values(), key=lambda path: path.stat().st_mtime_ns)
    assert written_last == newest, "the clock went back: the last file has the first name"
    for path in segments_in(log).values():
        if path != written_last:
            whole = path.read_bytes()
            path.unlink()
            assert any(fault.line is None for fault in verified([log]).faults), path.name
            path.write_bytes(whole)
    assert verified([log]).faults == ()
