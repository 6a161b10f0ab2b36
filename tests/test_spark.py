"""Spark re-evaluates as one machine does: the same diff, the same digest, from Parquet to Parquet."""

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest

from api.cli.main import main
from engine.reevaluate import Span, outcomes, step_of, subjects_of
from engine.service import Service
from engine.spark import DIFF
from engine.spread import Near, altered
from graph_model.store import ARCHIVE_TABLES
from graph_model.stores import open_store
from graph_model.stores.rows import DESIGNATION, EXEMPTION, OBJECTION, REGISTRATION, RELATION
from loaders.parquet import COLUMNS
from tests.change_histories import a_day, begun
from tests.not_tested import not_tested
from tests.transfer_city import fill
from tests.worlds import SUBJECTS

XINHENG = [sys.executable, "-c", "from api.cli.main import run; run()"]
SMALL = ["--master", "local[1]"]
for _setting in ("driver.memory=600m", "ui.enabled=false", "sql.shuffle.partitions=3", "driver.bindAddress=127.0.0.1"):
    SMALL += ["--conf", f"spark.{_setting}"]
FACTS = {
    "registrations": REGISTRATION,
    "relations": RELATION,
    "designations": DESIGNATION,
    "exemptions": EXEMPTION,
    "objections": OBJECTION,
}


@pytest.mark.parametrize("seed", range(30))
def test_rows_in_no_order_give_what_the_store_gives(seed: int) -> None:
    # What Spark brings, here all of it, in any order and twice: more than is near, never less.
    chance = Random(seed)
    with open_store("sqlite:///:memory:") as store:
        service = begun(Service(store), seed, 8).service
        latest = store.latest_version()
        since, day = chance.randrange(latest + 1), a_day(chance)
        step = step_of(Span(since, latest, chance.choice([None, (day, day)])), service.book_at)

        def stands(row: tuple[Any, ...], version: int) -> bool:
            return row[-2] <= version and (row[-1] is None or version < row[-1])

        def texts(row: tuple[Any, ...]) -> tuple[str | None, ...]:
            return tuple(None if cell is None else str(cell) for cell in row[:-2])

        rows = [
            (kind, stands(row, since), stands(row, latest), texts(row)) for kind in FACTS for row in store.archive(kind)
        ]
        rows += chance.sample(rows, len(rows) // 2)
        chance.shuffle(rows)
        near: list[Near] = [(subject, *row) for subject in sorted(SUBJECTS) for row in rows]
        told = {subject: items for subject, items in altered(near, step) if items}
        gathered = subjects_of(Span(since, latest, step.days), store, service.book_at, all_of_them=True)
        assert told == {o.subject: list(o.items) for o in outcomes(step, store, gathered) if o.items}


def test_the_columns_are_those_of_the_archive() -> None:
    with open_store("sqlite:///:memory:") as store:
        fill(store)
        assert {table: len(next(store.archive(table))) for table in ARCHIVE_TABLES} == {
            table: len(COLUMNS[table]) for table in ARCHIVE_TABLES
        }


class Line:
    """Runs commands in this process and reads their JSON."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys, self.error = capsys, ""

    def __call__(self, *argv: str, code: int = 0) -> Any:
        self.capsys.readouterr()
        assert main([*argv, "--json"], {"XINHENG_LANG": "en"}) == code
        out, self.error = self.capsys.readouterr()
        return json.loads(out) if out else None


@pytest.fixture
def line(capsys: pytest.CaptureFixture[str]) -> Line:
    return Line(capsys)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = f"sqlite:///{tmp_path_factory.mktemp('city')}/city.db"
    with open_store(url) as store:
        fill(store)
    return url


def needs_spark() -> None:
    lacking = [name for name in ("pandas", "pyarrow", "pyspark") if importlib.util.find_spec(name) is None]
    if lacking:
        not_tested(f"re-evaluation on Spark: no {', '.join(lacking)}", remedy="make spark")
    if shutil.which("java") is None:
        not_tested("re-evaluation on Spark: no Java", remedy="apt-get install openjdk-17-jre-headless")


def test_spark_gives_the_digest_that_one_machine_gives(line: Line, city: str, tmp_path: Path) -> None:
    needs_spark()
    exported = line("store", "export", str(tmp_path / "parquet"), "--format", "parquet", "--store", city)
    assert exported == {k: v for k, v in line("store", "info", "--digests", "--store", city).items() if k in exported}
    said = ["--engine", "spark", "--from", str(tmp_path / "parquet"), "--out", str(tmp_path / "diff"), *SMALL]
    # From a version on: records that were closed since, both rulebooks, and what was never before.
    since = ["--since", str(exported["version"] - 3)]
    run = subprocess.run([*XINHENG, "reevaluate", "--json", *since, *said], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    spark, single = json.loads(run.stdout), line("reevaluate", *since, "--store", city)
    assert single["totals"]["closed"] + single["totals"]["altered"] > 0
    for name in ("digest", "changed", "totals", "measures", "since", "until"):
        assert spark[name] == single[name]
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(tmp_path / "diff")
    assert table.column_names == [column.split(" ")[0] for column in DIFF.split(", ")]
    assert sum(len(departments) for departments in table["departments"].to_pylist()) == sum(single["totals"].values())
    line("reevaluate", *since, *said, code=1)
    assert "archive.exists" in line.error, "a diff is never written over"


def test_options_that_do_not_go_together_and_folders_that_are_none_are_refused(line: Line, tmp_path: Path) -> None:
    for argv in (
        ["--engine", "spark"],
        ["--engine", "spark", "--from", str(tmp_path), "--out", str(tmp_path / "new"), "--verify"],
        ["--from", str(tmp_path)],
        ["--conf", "spark.ui.enabled=false"],
        ["--engine", "spark", "--from", str(tmp_path), "--out", str(tmp_path / "new"), "--conf", "nothing"],
    ):
        line("reevaluate", *argv, code=1)
        assert "[reevaluate.options]" in line.error
    line("reevaluate", "--engine", "spark", "--from", str(tmp_path), "--out", str(tmp_path / "new"), code=1)
    assert "[archive.none]" in line.error
