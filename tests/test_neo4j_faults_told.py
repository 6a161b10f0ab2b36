"""Whatever is wrong with a graph server, the refusal says what, and what to do; nothing is changed by it."""

import resource
import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from threading import Thread
from time import monotonic, sleep

import pytest
from neo4j import GraphDatabase

from graph_model.errors import StoreUnavailable
from graph_model.nodes import Facts
from graph_model.store import ChangeSet, Store
from graph_model.stores import migrate_store, open_store
from graph_model.stores.access import Access
from graph_model.stores.neo4j_schema import SCHEMA_VERSION
from tests.neo4j_load import begin, change
from tests.neo4j_server import Server
from tests.store_acts import publish, registration


def refused(url: str, access: Access) -> StoreUnavailable:
    with pytest.raises(StoreUnavailable) as caught:
        open_store(url, access).close()
    told = caught.value
    assert told.hint
    assert " / " in told.what, "in both languages"
    assert not access.password or access.password not in str(told)
    return told


def asked(server: Server, statement: str) -> list[dict[str, object]]:
    with GraphDatabase.driver(f"bolt://{server.address}", auth=("neo4j", server.password)) as driver:
        return [record.data() for record in driver.execute_query(statement, database_="neo4j").records]  # type: ignore[arg-type]  # statements of ours only


@pytest.fixture
def server(neo4j_server: Server) -> Iterator[Server]:
    """The module's server, running, its database empty before and after."""
    if not neo4j_server.running:
        neo4j_server.start()
    asked(neo4j_server, "MATCH (n) DETACH DELETE n")
    yield neo4j_server
    if neo4j_server.running:
        asked(neo4j_server, "MATCH (n) DETACH DELETE n")


def test_a_wrong_password_is_told_and_so_is_one_too_many(server: Server) -> None:
    wrong = replace(server.access, password="not the password")  # noqa: S106 (a wrong one)
    told = refused(server.uri, wrong)
    assert (told.detail_code, "XINHENG_NEO4J_PASSWORD" in (told.hint or "")) == ("store.credentials", True)
    for _ in range(5):
        assert refused(server.uri, wrong).detail_code == "store.credentials"
    assert "wait" in (refused(server.uri, wrong).hint or "")
    assert refused(server.uri, replace(server.access, user="nobody")).detail_code == "store.credentials"
    end = monotonic() + 20
    while refused(server.uri, server.access).detail_code == "store.credentials":  # else it is unprepared
        assert monotonic() < end, "the right password is taken again after some seconds"
        sleep(0.5)


def test_a_database_that_is_not_there_is_told(server: Server) -> None:
    told = refused(f"neo4j://{server.address}/elsewhere", server.access)
    assert (told.detail_code, "after the last slash" in (told.hint or "")) == ("store.database", True)


def test_an_unprepared_database_says_which_command_prepares_it_and_stays_empty(server: Server) -> None:
    told = refused(server.uri, server.access)
    assert (told.detail_code, "xinheng store migrate" in (told.hint or "")) == ("store.unprepared", True)
    assert asked(server, "MATCH (n) RETURN n") == []
    assert migrate_store(server.uri, server.access) == (0, SCHEMA_VERSION)
    assert migrate_store(server.uri, server.access) == (SCHEMA_VERSION, SCHEMA_VERSION)
    with open_store(server.uri, server.access) as store:
        assert store.latest_version() == 0


def test_another_program_s_database_is_left_as_it_is(server: Server) -> None:
    asked(server, "CREATE (:Theirs {id: 1})")
    with pytest.raises(StoreUnavailable) as caught:
        migrate_store(server.uri, server.access)
    assert caught.value.detail_code == "store.foreign"
    assert asked(server, "MATCH (n) RETURN labels(n) AS of") == [{"of": ["Theirs"]}]


@pytest.mark.parametrize(
    ("property_", "detail_code"),
    [(f"schema: {SCHEMA_VERSION + 1}", "store.newer"), ("restoring: true", "store.incomplete")],
)
def test_a_newer_store_and_one_that_is_not_whole_are_refused(server: Server, property_: str, detail_code: str) -> None:
    asked(server, f"CREATE (:Store {{id: 'xinheng', version: 0, {property_}}})")
    assert refused(server.uri, server.access).detail_code == detail_code


@pytest.mark.parametrize(
    ("url", "detail_code"),
    [
        ("neo4j://neo4j:secret@127.0.0.1:7687/neo4j", "store.address"),
        ("neo4j:///neo4j", "store.address"),
        ("neo4j://127.0.0.1:port/neo4j", "store.address"),
        ("neo4j://127.0.0.1:99999/neo4j", "store.address"),
        ("neo4j://no-such-host.invalid:7687/neo4j", "store.down"),
        ("bolt://127.0.0.1:1", "store.down"),
    ],
)
def test_an_address_that_leads_nowhere_is_told_without_repeating_a_password(url: str, detail_code: str) -> None:
    told = refused(url, Access())
    assert told.detail_code == detail_code
    assert "secret" not in str(told)


def test_something_else_that_listens_there_is_no_server() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def answer() -> None:
            while True:
                try:
                    caller, _ = listener.accept()
                except OSError:
                    return
                with caller:
                    caller.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        Thread(target=answer, daemon=True).start()
        url = f"bolt://127.0.0.1:{listener.getsockname()[1]}/neo4j"
        assert refused(url, Access()).detail_code in {"store.down", "store.failed"}
        listener.shutdown(socket.SHUT_RDWR)


def test_a_database_that_may_only_be_read_answers_and_refuses_to_be_written(server: Server) -> None:
    migrate_store(server.uri, server.access)
    with open_store(server.uri, server.access) as store:
        publish(store)
        begin(store)
    server.stop()
    server.more["server.databases.default_to_read_only"] = "true"
    try:
        server.start()
        with open_store(server.uri, server.access) as store:
            assert store.latest_version() == 2
            with pytest.raises(StoreUnavailable) as caught:
                store.commit(change("one"))
            assert caught.value.detail_code == "store.read-only"
            assert store.latest_version() == 2
        server.stop()
    finally:
        server.more.clear()
    server.start()
    with open_store(server.uri, server.access) as store:
        assert store.commit(change("one")).version == 3


def test_a_full_disk_loses_nothing_that_was_acknowledged(server: Server) -> None:
    """The server's files may not grow any more, as on a disk without room."""
    migrate_store(server.uri, server.access)
    with open_store(server.uri, server.access) as store:
        publish(store)
        begin(store)
        acknowledged = {"first": store.commit(change("first")).version}
        unlimited = resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (16_384, resource.RLIM_INFINITY))
        try:
            with pytest.raises(StoreUnavailable) as caught:
                fill(store, acknowledged)
            assert caught.value.detail_code in {"store.disk", "store.down", "store.failed"}, str(caught.value)
        finally:
            resource.prlimit(server.pid, resource.RLIMIT_FSIZE, unlimited)
    server.kill9()
    server.start()
    with open_store(server.uri, server.access) as store:
        after = store.commit(change("after")).version
        versions = {entry.key: entry.version for entry in store.changes(0, 10_000)}
        assert {key: versions.get(key) for key in acknowledged} == acknowledged
        assert sorted(versions.values()) == list(range(1, after + 1))


def fill(store: Store, acknowledged: dict[str, int]) -> None:
    """Write until it is refused."""
    for n in range(500):
        many = Facts(registrations=tuple(registration(f"big{n}_{i}", name="大" * 200) for i in range(50)))
        acknowledged[f"big{n}"] = store.commit(ChangeSet("writer", "load", f"big{n}", many)).version
