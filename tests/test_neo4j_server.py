"""The server that tests run on is a real one: it asks for its password, keeps what it acknowledged, and goes away."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from neo4j import GraphDatabase
from neo4j.exceptions import AuthError

from tests.neo4j_home import answers
from tests.neo4j_java import LTS, NEWEST, ServerMissing, cache_folder, is_calendar, line
from tests.neo4j_place import PASSWORD, URI, GivenServerRefused, Place, place
from tests.neo4j_server import Server
from tests.one_server import is_on_neo4j
from tests.store_acts import publish


def asked(server: Server, statement: str) -> list[dict[str, object]]:
    with GraphDatabase.driver(f"bolt://{server.address}", auth=("neo4j", server.password)) as driver:
        return [record.data() for record in driver.execute_query(statement).records]  # type: ignore[arg-type]  # statements of ours only


@pytest.fixture
def server(neo4j_server: Server) -> Server:
    """The module's server, running and without a node."""
    if not neo4j_server.running:
        neo4j_server.start()
    asked(neo4j_server, "MATCH (n) DETACH DELETE n")
    return neo4j_server


def given(server: Server) -> dict[str, str]:
    return {URI: server.uri, PASSWORD: server.password}


def test_it_is_the_community_edition_of_the_version_asked_for(server: Server) -> None:
    row = asked(server, "CALL dbms.components() YIELD name, versions, edition WHERE name = 'Neo4j Kernel' RETURN *")[0]
    assert row["edition"] == "community"
    assert row["versions"] == [server.line.version]


def test_it_answers_nobody_without_the_password(server: Server) -> None:
    with (
        GraphDatabase.driver(f"bolt://{server.address}", auth=("neo4j", "neo4j")) as driver,
        pytest.raises(AuthError),
    ):
        driver.execute_query("RETURN 1")
    assert (server.home / "data" / "dbms" / "auth.ini").stat().st_mode & 0o077 == 0
    assert server.password not in repr(server.access)


def test_what_it_acknowledged_is_there_after_a_kill_on_the_same_port(server: Server) -> None:
    asked(server, "CREATE (:Kept {id: 1})")
    port, pid = server.port, server.pid
    server.kill9()
    assert not answers(port)
    server.start()
    assert (server.port, server.pid != pid) == (port, True)
    assert asked(server, "MATCH (n:Kept) RETURN n.id AS id") == [{"id": 1}]


def test_it_stops_as_it_should_and_its_tools_work_on_what_it_leaves(server: Server) -> None:
    asked(server, "CREATE (:Kept {id: 1})")
    server.stop()
    assert not server.running
    server.admin("database", "dump", "neo4j", f"--to-path={server.home}", "--overwrite-destination=true")
    assert (server.home / "neo4j.dump").stat().st_size > 0
    with pytest.raises(AssertionError, match="exit code"):
        server.admin("database", "load", "neo4j", f"--from-path={server.home / 'nowhere'}")


HOLDER = """
import sys, time
from tests.neo4j_server import Server
with Server.started() as server:
    print(server.pid, server.home, flush=True)
    time.sleep(600)
"""


@pytest.mark.neo4j
def test_it_dies_with_whoever_started_it(server: Server) -> None:
    server.stop()  # two at once would only take longer
    with subprocess.Popen([sys.executable, "-c", HOLDER], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        pid, home = holder.stdout.readline().split()
        holder.kill()
    end = time.monotonic() + 30
    with suppress(ProcessLookupError):
        while time.monotonic() < end:
            os.kill(int(pid), 0)
            time.sleep(0.1)
        os.kill(int(pid), signal.SIGKILL)
        pytest.fail("the server outlived its parent")
    assert "Stopped." in (Path(home) / "console.log").read_text(encoding="utf-8")


def test_a_given_server_is_used_where_it_is_empty_and_left_as_it_was(server: Server) -> None:
    asked(server, "CREATE CONSTRAINT theirs IF NOT EXISTS FOR (n:Theirs) REQUIRE n.id IS UNIQUE")
    with place(given(server)) as found:
        before = asked(server, "SHOW INDEXES YIELD name")
        with found.opened() as store:
            publish(store)
            assert store.latest_version() == 1
        with found.opened() as store:
            assert store.latest_version() == 0, "each opening is another store"
    assert asked(server, "MATCH (n) RETURN n") == []
    assert sorted(map(str, asked(server, "SHOW INDEXES YIELD name"))) == sorted(map(str, before))


def test_a_given_server_that_holds_anything_is_refused_and_left_alone(server: Server) -> None:
    asked(server, "CREATE (:Theirs {id: 1})")
    with pytest.raises(GivenServerRefused, match="not empty"), place(given(server)):
        pass
    with pytest.raises(GivenServerRefused), place({**given(server), PASSWORD: "wrong"}):
        pass
    assert asked(server, "MATCH (n) RETURN labels(n) AS of, n.id AS id") == [{"of": ["Theirs"], "id": 1}]


def test_only_what_tests_can_have_written_is_deleted(server: Server) -> None:
    with place(given(server)) as found:
        with found.opened() as store:
            publish(store)
        asked(server, "CREATE (:Theirs {id: 2})")
        found.empty()
    assert asked(server, "MATCH (n) RETURN labels(n) AS of") == [{"of": ["Theirs"]}]


def test_two_stores_cannot_be_open_at_once(neo4j_place: Place) -> None:
    with neo4j_place.opened(), pytest.raises(AssertionError, match="one store at a time"), neo4j_place.opened():
        pass


def test_without_maven_it_says_what_is_missing(neo4j_server: Server, tmp_path: Path) -> None:
    java = neo4j_server.line.java
    env = {"JAVA_HOME": str(java.home), "PATH": str(tmp_path), "XINHENG_CACHE_FOLDER": str(tmp_path)}
    with pytest.raises(ServerMissing, match=r"NOT TESTED, needs Maven"):
        line(env, neo4j_server.line.version)


def test_where_the_jars_are_kept_is_where_copies_are(tmp_path: Path) -> None:
    assert cache_folder({"XINHENG_CACHE_FOLDER": str(tmp_path)}) == tmp_path / "neo4j"
    assert cache_folder({"HOME": "/home/a", "XINHENG_STROE": "?"}) == Path("/home/a/.cache/xinheng/neo4j")
    assert cache_folder({"XINHENG_CACHE_FOLDER": "none"}).parts[-2:] == ("var", "neo4j")


def test_both_lines_are_told_apart() -> None:
    assert (is_calendar(NEWEST), is_calendar(LTS)) == (True, False)


def test_exactly_the_tests_on_neo4j_run_in_one_process(request: pytest.FixtureRequest) -> None:
    marked = {item.nodeid: item.get_closest_marker("neo4j") is not None for item in request.session.items}
    assert [nodeid for nodeid, on_neo4j in marked.items() if on_neo4j and not is_on_neo4j(nodeid)] == []
    assert is_on_neo4j("tests/test_store_contract.py::test_a_hub_has_all_its_relations[neo4j]")
    assert not is_on_neo4j("tests/test_store_contract.py::test_a_hub_has_all_its_relations[sqlite-file]")
