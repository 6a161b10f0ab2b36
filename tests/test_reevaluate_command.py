"""`xinheng reevaluate` as it is run: all at once, night by night, stopped and gone on with, verified."""

import json
import os
import signal
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from api.cli.main import main
from engine.service import Service
from graph_model.nodes import Designation, Facts
from graph_model.store import ChangeSet
from graph_model.stores import open_store
from loaders.load import load
from loaders.report import LoadOrder
from loaders.synth import LOAD_ORDER, synthesise
from memoranda.reader import SHIPPED, read_rulebook

ORGANISATIONS = 3_000
XINHENG = [sys.executable, "-c", "from api.cli.main import run; run()"]


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A synthetic city; its store's address. Tests that write add after what others saw."""
    folder = tmp_path_factory.mktemp("city")
    book = read_rulebook(SHIPPED)
    synthesise(folder / "files", ORGANISATIONS, book, seed=11)
    url = f"sqlite:///{folder}/city.db"
    with open_store(url) as store:
        Service(store).publish(book, actor="test", reason="test", key="book")
        for kind, name in LOAD_ORDER:
            load(store, LoadOrder(kind, folder / "files" / f"{name}.csv", "test", "test"), book.vocabulary, None)
    return url


class Line:
    """Runs `reevaluate` on a store and reads its JSON."""

    def __init__(self, store: str, capsys: pytest.CaptureFixture[str]) -> None:
        self.store, self.capsys = store, capsys
        self.error = ""

    def __call__(self, *argv: str, code: int = 0) -> Any:
        assert main(["reevaluate", "--store", self.store, "--json", *argv], {"XINHENG_LANG": "en"}) == code
        out, self.error = self.capsys.readouterr()
        return json.loads(out) if out else None


@pytest.fixture
def line(city: str, capsys: pytest.CaptureFixture[str]) -> Line:
    return Line(city, capsys)


def listed(store_url: str, number: int) -> None:
    """Put one company more on a list, by one change set."""
    with open_store(store_url) as store:
        latest = store.latest_version()
        subject = next(subject for subject in store.subjects(latest) if not subject.startswith("p-"))
        one = Designation(
            f"new-{number}", subject, "djd", "xm-court", document_no=f"新{number}", decided_on=date(2026, 1, number)
        )
        store.commit(ChangeSet("test", "test", f"new {number}", Facts(designations=(one,))))


def lines(path: str | Path) -> list[Any]:
    return [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]


def test_from_nothing_every_item_is_opened_and_the_folder_holds_the_same(line: Line, tmp_path: Path) -> None:
    whole = line()
    assert whole["totals"]["opened"] > 1_000
    assert sum(whole["totals"].values()) == whole["totals"]["opened"]
    kept = line("--out", str(tmp_path))
    assert {**kept, "files": None} == whole
    changes, digests = (lines(kept["files"][kind]) for kind in ("changes", "digests"))
    assert sum(len(one["departments"]) for one in changes) == whole["totals"]["opened"]
    assert [one["subject"] for one in digests] == sorted({one["subject"] for one in digests})
    assert {one["subject"] for one in digests if one["digest"]} == {one["subject"] for one in changes}
    again = line("--out", str(tmp_path))
    assert (again["changed"], again["since"]) == (0, whole["until"])


def test_since_a_version_only_what_came_after_it_is_told(line: Line, tmp_path: Path) -> None:
    before = line("--out", str(tmp_path))["until"]
    listed(line.store, 1)
    told = line("--since", str(before))
    assert 0 < told["reevaluated"] < 50
    assert {**told, "files": None} == {**line("--out", str(tmp_path)), "files": None}
    assert line("--since", str(told["until"]))["changed"] == 0


def test_nights_and_weeks_away_tell_every_day_once(line: Line, tmp_path: Path) -> None:
    first = date(2026, 5, 1)
    nightly: list[Any] = []
    for number in range(31):
        told = line("--on", str(first + timedelta(days=number)), "--out", str(tmp_path / "nightly"))
        nightly += lines(told["files"]["changes"])
    week: list[Any] = []
    for number in (0, 1, 30, 30):
        told = line("--on", str(first + timedelta(days=number)), "--out", str(tmp_path / "week"))
        week += lines(told["files"]["changes"])

    def ordered(items: list[Any]) -> list[str]:
        return sorted(json.dumps(item, ensure_ascii=False) for item in items)

    assert ordered(nightly) == ordered(week)
    assert len({item["day"] for item in nightly}) > 3
    assert {item["what"] for item in nightly} >= {"opened", "closed", "altered"}
    assert line("--on", str(first))["since"] == line("--on", str(first))["until"]


def test_verify_says_that_few_are_all(line: Line) -> None:
    told = line("--verify")
    assert told["differing"] == 0
    assert told["subjects"] > 100
    assert line("--verify", "--since", "3")["digest"] == told["digest"]


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (("--since", "999"), "version.unknown"),
        (("--on", "2026-02-30"), "day.malformed"),
        (("--verify", "--on", "2026-01-01"), "facts.refused [reevaluate.options]"),
    ],
)
def test_what_cannot_be_asked_is_refused(line: Line, argv: tuple[str, ...], code: str) -> None:
    line(*argv, code=1)
    assert line.error.startswith(f"xinheng: {code}: ")


def test_a_folder_of_something_else_is_left_alone(line: Line, tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text('{"format": 7}')
    line("--out", str(tmp_path), code=1)
    assert "reevaluate.state" in line.error
    assert (tmp_path / "state.json").read_text() == '{"format": 7}'


def test_people_are_told_in_their_language(city: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reevaluate", "--store", city], {"XINHENG_LANG": "zh"}) == 0
    told = capsys.readouterr().out
    assert "重算主体" in told
    assert "合计" in told
    assert main(["reevaluate", "--store", city, "--verify"], {"XINHENG_LANG": "en"}) == 0
    assert "agree with everything" in capsys.readouterr().out


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_stopped_run_goes_on_and_ends_with_the_same_bytes(line: Line, tmp_path: Path, how: signal.Signals) -> None:
    expected = line("--out", str(tmp_path / "whole"))
    out = tmp_path / "stopped"
    code = stopped(line.store, out, how)
    assert code == (130 if how == signal.SIGINT else -signal.SIGKILL)
    running = json.loads((out / "state.json").read_bytes())["running"]
    assert running["subject"] is not None
    line("--out", str(out), "--since", "1", code=1)
    assert "reevaluate.other-run" in line.error
    listed(line.store, 2 if how == signal.SIGINT else 3)  # what is written meanwhile belongs to the next run
    told = line("--out", str(out))
    assert "going on" in line.error
    assert 0 < told["reevaluated"] < expected["reevaluated"]
    assert (told["digest"], told["totals"], told["until"]) == (
        expected["digest"],
        expected["totals"],
        expected["until"],
    )
    for kind in ("changes", "digests"):
        assert Path(told["files"][kind]).read_bytes() == Path(expected["files"][kind]).read_bytes()
    assert line("--out", str(out))["until"] == expected["until"] + 1


def stopped(store: str, out: Path, how: signal.Signals) -> int:
    """Start a run, and stop it once it has written down how far it came."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("XINHENG_")}
    command = [*XINHENG, "reevaluate", "--store", store, "--out", str(out)]
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = monotonic() + 60
        while not (out / "state.json").exists():
            assert process.poll() is None, "it ended before it could be stopped"
            assert monotonic() < end
            sleep(0.002)
        process.send_signal(how)
        return process.wait(timeout=60)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
