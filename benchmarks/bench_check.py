"""One in-process check on the embedded store, without any index, against the raw SQLite reads it needs.

`pytest benchmarks/bench_check.py` (pytest-benchmark): compare medians within a group. Wanted: slice, standing and
judgement of a check within 5 times the bare reads. Subjects as approval systems meet them: any organisation or person
of a city; and apart from them those that are listed themselves, where a whole proof is written.
"""

import json
from collections.abc import Callable, Iterator
from datetime import date
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import apsw
import pytest

from benchmarks.cities import loaded, written
from engine.question import Check
from engine.service import Service
from graph_model.nodes import SubjectId
from graph_model.stores import open_store, sqlite_read
from graph_model.stores import sqlite_neighbourhood as hot

ORGANISATIONS = 20_000
DAY = date(2026, 11, 24)
MATTER, DEPARTMENT = "gov-procurement-supplier", "xm-finance"


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("city")
    loaded(folder, written(folder, ORGANISATIONS), f"sqlite:///{folder / 'city.db'}")
    return folder / "city.db"


@pytest.fixture(scope="module")
def service(city: Path) -> Iterator[Service]:
    with open_store(f"sqlite:///{city}") as store:
        yield Service(store)


def subjects(city: Path, which: str) -> list[SubjectId]:
    of = {"any subject": "registration", "listed subjects": "designation"}[which]
    with apsw.Connection(str(city), flags=apsw.SQLITE_OPEN_READONLY) as connection:
        found = connection.execute(f"SELECT DISTINCT subject FROM {of} ORDER BY random() LIMIT 2000").fetchall()
    return [str(subject) for (subject,) in found]


def bare_reads(connection: apsw.Connection, version: int) -> Callable[[SubjectId], None]:
    """Read the rows a check needs, by the adapter's own statements, and make nothing of them."""

    def read(subject: SubjectId) -> None:
        about = {"subject": subject, "version": version}
        connection.execute(sqlite_read.LATEST_VERSION).fetchall()
        connection.execute(sqlite_read.RULEBOOK_AT, {"version": version}).fetchall()
        connection.execute(hot.STATEMENTS_OF, about).fetchall()
        relations = connection.execute(hot.RELATIONS_OF, about).fetchall()
        connection.execute(hot.DESIGNATIONS_OF, about).fetchall()
        connection.execute(hot.EXEMPTIONS_OF, about).fetchall()
        if relations:
            near = {"keys": json.dumps([r[2] or r[1] for r in relations]), "version": version}
            connection.execute(hot.DESIGNATIONS_NEAR, near).fetchall()
            connection.execute(hot.NAMES_OF, near).fetchall()
            connection.execute(hot.OBJECTIONS_TO_RELATIONS, about).fetchall()

    return read


@pytest.mark.parametrize("which", ["any subject", "listed subjects"])
@pytest.mark.parametrize("way", ["bare reads", "check"])
def test_check(benchmark: Any, city: Path, service: Service, which: str, way: str) -> None:
    benchmark.group = f"one check of {which}"
    endless = cycle(subjects(city, which))
    connection = apsw.Connection(str(city), flags=apsw.SQLITE_OPEN_READONLY)
    read = bare_reads(connection, service.store.latest_version())

    def one() -> None:
        subject = next(endless)
        if way == "bare reads":
            read(subject)
        else:
            service.check(Check(subject, MATTER, DAY, department=DEPARTMENT))

    for _ in islice(endless, 100):
        one()
    benchmark(one)
    connection.close()
