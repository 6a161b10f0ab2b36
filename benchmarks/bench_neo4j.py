"""The graph store against the bare driver in the same run: compare medians within a group.

`pytest benchmarks/bench_neo4j.py` (pytest-benchmark) starts a real server. Wanted: a neighbourhood in at most 1.3 times
the time of its bare Cypher; filling and streaming at 0.7 times the rate of the bare driver or better; the commit of one
designation in at most twice the time of a bare one-node transaction. Checks on both stores are shown side by side.
"""

import itertools
import os
from collections.abc import Iterator
from datetime import date
from typing import Any

import neo4j
import pytest

from benchmarks.bench_store import DAY, VOCABULARY, designations, organisations, relations
from engine.question import Check
from engine.service import Service
from graph_model.collector import seldom_collected
from graph_model.nodes import Designation, Facts
from graph_model.store import ARCHIVE_TABLES, Archive, ArchivedRow, ChangeSet, Publication, RulebookGraph, Store
from graph_model.stores import neo4j_archive, neo4j_read, neo4j_slice, open_store
from graph_model.stores.neo4j_rows import record_text
from graph_model.stores.neo4j_statements import PIECES, add_node, batched
from memoranda.reader import SHIPPED, read_rulebook
from tests.neo4j_place import Place, place

FACTS = 20_000
numbers = itertools.count()


@pytest.fixture(scope="module")
def server() -> Iterator[Place]:
    with place(os.environ) as found:
        yield found


@pytest.fixture(scope="module")
def bare(server: Place) -> Iterator[neo4j.Driver]:
    address = server.url.rpartition("/")[0] if server.url.count("/") > 2 else server.url
    with neo4j.GraphDatabase.driver(
        address, auth=(server.access.user, server.access.password), notifications_min_severity="OFF"
    ) as driver:
        yield driver


def fill(store: Store) -> None:
    subjects = organisations(FACTS)
    store.publish(Publication("sha256:x", b"{}", VOCABULARY, "bench", "bench", "rulebook"))
    bags = {
        "registrations": Facts(registrations=subjects),
        "relations": Facts(relations=relations(subjects)),
        "designations": Facts(designations=designations(subjects)[::7]),
    }
    for kind, facts in bags.items():
        store.commit(ChangeSet("bench", "bench", kind, facts))


@pytest.fixture(scope="module")
def archived() -> dict[str, list[ArchivedRow]]:
    with open_store("sqlite:///:memory:") as store:
        fill(store)
        return {table: list(store.archive(table)) for table in ARCHIVE_TABLES}


@pytest.fixture(scope="module")
def city(server: Place, archived: dict[str, list[ArchivedRow]]) -> Iterator[tuple[Store, list[str]]]:
    with server.opened() as store:
        store.restore(Archive(archived, lambda _: RulebookGraph()))
        yield store, [r.subject for r in organisations(FACTS)]


@pytest.mark.parametrize("way", ["bare driver", "restore"])
def test_fill(
    benchmark: Any, server: Place, bare: neo4j.Driver, archived: dict[str, list[ArchivedRow]], way: str
) -> None:
    benchmark.group = f"fill an empty graph with {FACTS} organisations"
    kept = {"changes", "rulebooks", "registrations"}
    tables = {name: rows if name in kept else [] for name, rows in archived.items()}
    nodes: dict[str, list[Any]] = {}
    for row in archived["registrations"]:
        given: dict[str, list[Any]] = {"organisations": []}
        add_node("registrations", row[0], [record_text(row[:-2], row[-2], row[-1])], given, is_new=True)
        nodes.setdefault("organisations", []).extend(given["organisations"])

    def prepare() -> None:
        server.empty()

    def by_driver() -> None:
        for batch in batched(nodes["organisations"], neo4j_archive.BATCH):
            bare.execute_query(PIECES["organisations"], given={"organisations": batch}, database_="neo4j")

    def by_store() -> None:
        with open_store(server.url, server.access) as store:
            store.restore(Archive(tables, lambda _: RulebookGraph()))

    benchmark.pedantic(by_driver if way == "bare driver" else by_store, setup=prepare, rounds=5, warmup_rounds=1)
    server.empty()


@pytest.mark.parametrize("where", ["embedded", "Neo4j"])
def test_check(benchmark: Any, server: Place, where: str) -> None:
    benchmark.group = "one check of a listed subject, without index"
    book = read_rulebook(SHIPPED)
    subject, day = organisations(1)[0].subject, date(2026, 1, 1)
    listed = Designation(
        "D", subject, "djd", "spc", document_no="1号", decided_on=DAY, effective_from=DAY, facts={"ground": "1"}
    )

    def asked(store: Store) -> None:
        service = Service(store)
        service.publish(book, actor="bench", reason="bench", key="book")
        facts = Facts(registrations=organisations(1), designations=(listed,))
        service.apply(ChangeSet("bench", "bench", "facts", facts))
        check = Check(subject, "gov-procurement-supplier", day)
        benchmark.pedantic(lambda: service.check(check), rounds=300, warmup_rounds=100)

    with open_store("sqlite:///:memory:") if where == "embedded" else server.opened() as store:
        asked(store)


@pytest.mark.parametrize("way", ["bare Cypher", "neighbourhood"])
def test_neighbourhood(benchmark: Any, bare: neo4j.Driver, city: tuple[Store, list[str]], way: str) -> None:
    benchmark.group = "one neighbourhood: two relations, one designation"
    store, ids = city
    version, turn = store.latest_version(), itertools.cycle(ids[7:7007:7])

    def by_driver() -> None:
        with bare.session(database="neo4j") as session:
            list(session.run(neo4j_slice.SLICE, {"id": next(turn), "version": version}))

    def by_store() -> None:
        store.neighbourhood(next(turn), version)

    benchmark.pedantic(by_driver if way == "bare Cypher" else by_store, rounds=400, warmup_rounds=1000)


@pytest.mark.parametrize("way", ["bare driver", "archive"])
def test_stream(benchmark: Any, bare: neo4j.Driver, city: tuple[Store, list[str]], way: str) -> None:
    benchmark.group = f"stream {FACTS} organisations"
    store, _ = city
    statement = neo4j_archive.NODES_AFTER["registrations"]

    # For both, as in `loaders.transfer`.
    @seldom_collected()
    def by_driver() -> None:
        after: str | None = ""
        with bare.session(database="neo4j") as session:
            while after is not None:
                after, _ = next(iter(session.run(statement, {"after": after, "page": neo4j_read.PAGE}))).values()

    @seldom_collected()
    def by_store() -> None:
        for _ in store.archive("registrations"):
            pass

    benchmark.pedantic(by_driver if way == "bare driver" else by_store, rounds=15, warmup_rounds=10)


@pytest.mark.parametrize("way", ["bare transaction", "commit"])
def test_commit(benchmark: Any, bare: neo4j.Driver, city: tuple[Store, list[str]], way: str) -> None:
    benchmark.group = "one durable write"
    store, ids = city

    def by_driver() -> None:
        with bare.session(database="neo4j") as session, session.begin_transaction() as transaction:
            transaction.run("CREATE (n:Bare {id: $id})", {"id": next(numbers)}).consume()
            transaction.commit()

    def by_store() -> None:
        n = next(numbers)
        new = Designation(f"N{n}", ids[n % len(ids)], "black", "xm", document_no=f"N{n}", decided_on=DAY)
        store.commit(ChangeSet("bench", "bench", f"N{n}", Facts(designations=(new,))))

    benchmark.pedantic(by_driver if way == "bare transaction" else by_store, rounds=400, warmup_rounds=1000)
    with bare.session(database="neo4j") as session:
        session.run("MATCH (n:Bare) DELETE n").consume()
