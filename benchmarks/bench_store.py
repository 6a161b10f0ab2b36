"""The embedded store against bare SQLite in the same run: compare medians within a group.

`pytest benchmarks/bench_store.py` (pytest-benchmark). Wanted: loading at least 0.3 times the rate of a bare
`executemany` of the same rows; a neighbourhood in a few times the statements it needs.
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import apsw
import pytest

from graph_model.nodes import Attributes, Designation, Facts, Registration, Relation
from graph_model.store import ChangeSet, ListTerms, Publication, Vocabulary
from graph_model.stores import rows, sqlite_neighbourhood, sqlite_write
from graph_model.stores.sqlite import SqliteStore

FACTS = 20_000
DAY = date(2024, 1, 1)
VOCABULARY = Vocabulary(lists={"black": ListTerms("restriction", {"amount": "number"})})


def organisations(count: int = FACTS) -> tuple[Registration, ...]:
    # Codes as they come in a register: in no order.
    return tuple(
        Registration(
            f"9135{n * 7919 % 100_000_007:09}MA2Y{n % 10}",
            Attributes(
                name=f"厦门第{n}贸易有限公司", kind="enterprise", region="350203", status="active", registered_on=DAY
            ),
        )
        for n in range(count)
    )


def relations(subjects: tuple[Registration, ...]) -> tuple[Relation, ...]:
    ids = [r.subject for r in subjects]
    return tuple(
        Relation("shareholder", ids[n - 1], ids[n], held_from=DAY, share=Decimal("0.25")) for n in range(len(ids))
    )


def designations(subjects: tuple[Registration, ...]) -> tuple[Designation, ...]:
    return tuple(
        Designation(
            f"D{n}", r.subject, "black", "xm", document_no=f"{n}号", decided_on=DAY, facts={"amount": Decimal(n)}
        )
        for n, r in enumerate(subjects)
    )


KINDS: dict[str, Callable[[tuple[Registration, ...]], tuple[Any, ...]]] = {
    "registrations": lambda subjects: subjects,
    "relations": relations,
    "designations": designations,
}


def new_store(folder: Path, prepared: tuple[Registration, ...] = ()) -> SqliteStore:
    store = SqliteStore(str(folder / "city.db"))
    store.publish(Publication("sha256:x", b"{}", VOCABULARY, "bench", "bench", "rulebook"))
    if prepared:
        store.commit(ChangeSet("bench", "bench", "prepared", Facts(registrations=prepared)))
    return store


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", ["bare executemany", "commit"])
def test_load(benchmark: Any, tmp_path_factory: pytest.TempPathFactory, kind: str, way: str) -> None:
    benchmark.group = f"load {FACTS} {kind}"
    subjects = organisations()
    facts = KINDS[kind](subjects)
    spelled = [(*row, 3) for row in map(rows.RECORDS[kind].row, facts)]

    def prepare() -> tuple[tuple[SqliteStore], dict[str, Any]]:
        return (new_store(tmp_path_factory.mktemp("load"), () if kind == "registrations" else subjects),), {}

    def bare(store: SqliteStore) -> None:
        # The same tables and indexes, the same durability, one transaction.
        connection = apsw.Connection(store._connections.place)
        connection.execute("PRAGMA synchronous = FULL; PRAGMA cache_size = -64000")
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(sqlite_write.INSERTS[kind], spelled)
        connection.execute("COMMIT")
        connection.close()

    def commit(store: SqliteStore) -> None:
        store.commit(ChangeSet("bench", "bench", "facts", Facts(**{kind: facts})))

    def close(store: SqliteStore) -> None:
        store.close()

    benchmark.pedantic(bare if way == "bare executemany" else commit, setup=prepare, teardown=close, rounds=5)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> tuple[SqliteStore, list[str]]:
    subjects = organisations()
    store = new_store(tmp_path_factory.mktemp("city"), subjects)
    store.commit(ChangeSet("bench", "bench", "relations", Facts(relations=relations(subjects))))
    # One in seven is designated, as in a real city.
    store.commit(ChangeSet("bench", "bench", "designations", Facts(designations=designations(subjects)[::7])))
    return store, [r.subject for r in subjects]


@pytest.mark.parametrize("way", ["bare statements", "neighbourhood"])
def test_neighbourhood(benchmark: Any, city: tuple[SqliteStore, list[str]], way: str) -> None:
    benchmark.group = "one neighbourhood: two relations, one designation"
    store, ids = city
    version = store.latest_version()
    subject = ids[7]
    connection = apsw.Connection(store._connections.place)
    near = f'["{ids[6]}","{ids[7]}","{ids[8]}"]'

    def bare() -> None:
        about = {"subject": subject, "version": version}
        among = {"keys": near, "version": version}
        connection.execute("BEGIN")
        connection.execute(sqlite_neighbourhood.STATEMENTS_OF, about).fetchall()
        connection.execute(sqlite_neighbourhood.RELATIONS_OF, about).fetchall()
        connection.execute(sqlite_neighbourhood.DESIGNATIONS_NEAR, among).fetchall()
        connection.execute(sqlite_neighbourhood.NAMES_OF, among).fetchall()
        connection.execute(sqlite_neighbourhood.EXEMPTIONS_OF, about).fetchall()
        connection.execute(
            sqlite_neighbourhood.OBJECTIONS_TO_DESIGNATIONS, {"keys": '["D7"]', "version": version}
        ).fetchall()
        connection.execute(sqlite_neighbourhood.OBJECTIONS_TO_RELATIONS, about).fetchall()
        connection.execute("COMMIT")

    def neighbourhood() -> None:
        store.neighbourhood(subject, version)

    benchmark(bare if way == "bare statements" else neighbourhood)


@pytest.mark.parametrize("question", ["is_registered", "latest_version", "rulebook_at"])
def test_small_questions(benchmark: Any, city: tuple[SqliteStore, list[str]], question: str) -> None:
    benchmark.group = "small questions"
    store, ids = city
    version = store.latest_version()
    asked: dict[str, Callable[[], object]] = {
        "is_registered": lambda: store.is_registered(ids[5], version),
        "latest_version": store.latest_version,
        "rulebook_at": lambda: store.rulebook_at(version),
    }
    benchmark(asked[question])
