"""Files for `neo4j-admin` become, by the real tool, a graph that holds and answers what the store did."""

import gzip
import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

import pytest

from graph_model.errors import FactsRefused
from graph_model.nodes import Facts, Relation
from graph_model.store import ChangeSet
from graph_model.stores import migrate_store, open_store
from graph_model.stores.neo4j_schema import SCHEMA_VERSION
from graph_model.stores.sqlite import SqliteStore
from loaders.neo4j_admin import SCRIPT, export_admin
from loaders.neo4j_csv import BETWEEN, Shape, Tables, field_of
from loaders.transfer import copy, digests
from tests.neo4j_java import ServerMissing, line
from tests.neo4j_place import Place
from tests.neo4j_server import Server
from tests.not_tested import not_tested
from tests.store_acts import LATER, put, registration
from tests.transfer_city import fill, shipped

ON_SERVER = pytest.mark.xdist_group("neo4j")
AWKWARD = ('a "quoted", name\\', "line\nbreak\r\n2", "  spaces  ", "", "'", "é😀\U00020000　", "\ttab", "NULL", "1;2")
"""Names that a careless CSV would lose."""


@pytest.fixture(scope="module")
def city() -> Iterator[SqliteStore]:
    with SqliteStore(":memory:") as store:
        fill(store)
        put(store, registrations=tuple(registration(f"X{n}", name=name) for n, name in enumerate(AWKWARD)))
        latest = store.latest_version()
        listed = next(d for name in shipped().lists for d in store.entries(name, latest) if d.facts)
        share = Relation("shareholder", "X1", "X2", share=Decimal("0.10"), held_from=LATER)
        moved = replace(listed, subject="X3", moves=())
        put(store, relations=(share,))
        store.commit(ChangeSet("clerk", "corrected", "moved", corrections=Facts(designations=(moved,))))
        yield store


def imported(server: Server, folder: Path, command: list[str]) -> str:
    """Run the command that the export gave by the real tool."""
    words = [word.partition("=") for word in command[5:]]
    options = [f"{name}={folder / value if value.endswith('.gz') else value}" for name, _, value in words]
    return server.admin(*command[1:5], *options)


@pytest.fixture(scope="module")
def graph(city: SqliteStore, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of its own, filled by the admin tool and prepared by `migrate`."""
    folder = tmp_path_factory.mktemp("admin") / "files"
    _, command = export_admin(city, folder)
    try:
        server = Server(tmp_path_factory.mktemp("home"), line(os.environ, None), token_urlsafe(24))
    except ServerMissing as missing:
        not_tested(f"Neo4j: NOT TESTED, needs {missing.needs}", remedy=missing.remedy)
    assert "IMPORT DONE" in imported(server, folder, command)
    server.start()
    try:
        assert migrate_store(server.uri, server.access) == (0, SCHEMA_VERSION)
        yield server
    finally:
        server.stop()


@ON_SERVER
def test_what_was_imported_holds_and_answers_the_same_and_goes_on(city: SqliteStore, graph: Server) -> None:
    latest = city.latest_version()
    everybody = list(city.subjects(latest))
    with open_store(graph.uri, graph.access) as store:
        assert digests(store) == digests(city)
        for version in (latest, latest // 2):
            assert store.neighbourhoods(everybody, version) == city.neighbourhoods(everybody, version)
            assert store.counts(version) == city.counts(version)
            assert store.rulebook_at(version) == city.rulebook_at(version)
        for name in AWKWARD:
            assert store.named(name.strip()[:4], 99) == city.named(name.strip()[:4], 99)
        log = city.changes(0, 100)
        assert store.changes(0, 100) == log
        assert store.commit(ChangeSet("clerk", "next", "next", Facts())).version == latest + 1
        assert store.commit(replace(ChangeSet("clerk", "next", "next", Facts()))).repeated


@ON_SERVER
def test_the_graph_is_the_one_that_the_store_itself_would_write(
    city: SqliteStore, graph: Server, neo4j_place: Place
) -> None:
    with neo4j_place.opened() as store:
        copy(city, store)
        expected = drawn(neo4j_place)
    place = Place(graph.uri, graph.access, graph)
    try:
        found = drawn(place)
        for part, there in found.items():
            assert there
            assert (there - expected[part], expected[part] - there) == (Counter(), Counter())
    finally:
        place.close()


def drawn(place: Place) -> dict[str, Counter[str]]:
    """Everything in a database but what the store keeps for itself, and the change that the test above added."""
    nodes = place.read(
        "MATCH (n) WHERE NOT n:Store AND NOT coalesce(n.key = 'next', false) RETURN labels(n) AS l, properties(n) AS p"
    )
    ties = place.read(
        "MATCH (a)-[r]->(z) RETURN labels(a) AS a, coalesce(a.id, a.digest) AS i, type(r) AS t, properties(r) AS p,"
        " labels(z) AS z, coalesce(z.id, z.digest) AS j"
    )
    return {
        "nodes": Counter(spelled(sorted(row["l"]), row["p"]) for row in nodes),
        "ties": Counter(
            spelled(sorted(row["a"]), row["i"], row["t"], row["p"], sorted(row["z"]), row["j"]) for row in ties
        ),
    }


def spelled(*parts: Any) -> str:
    """One text for equal things, whatever the order of their properties; an empty list is none."""
    return repr([sorted((k, v) for k, v in p.items() if v != []) if isinstance(p, dict) else p for p in parts])


# --- the files -------------------------------------------------------------------------------------------------------


def test_the_same_store_gives_the_same_files(city: SqliteStore, tmp_path: Path) -> None:
    assert export_admin(city, tmp_path / "one") == export_admin(city, tmp_path / "two")
    contents = [{file.name: file.read_bytes() for file in (tmp_path / name).iterdir()} for name in ("one", "two")]
    assert contents[0] == contents[1]


def test_the_script_runs_the_tool_in_its_folder_with_all_files(city: SqliteStore, tmp_path: Path) -> None:
    _, command = export_admin(city, tmp_path / "files")
    tool = tmp_path / "tool"
    tool.write_text('#!/bin/sh\npwd\nprintf "%s\\n" "$@"\n')
    tool.chmod(0o755)
    run = subprocess.run(
        [tmp_path / "files" / SCRIPT, "--overwrite-destination=true"],
        env={**os.environ, "NEO4J_ADMIN": str(tool)},
        capture_output=True,
        text=True,
        check=True,
    )
    place, *words = run.stdout.splitlines()
    assert Path(place) == (tmp_path / "files").resolve()
    assert [*words[:4], *words[5:]] == command[1:]
    assert words[4] == "--overwrite-destination=true"


def test_values_of_several_types_under_one_name_are_in_files_of_their_own(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [{"a": 1, "b": "x"}, {"a": "1"}, {"b": "y"}, {"a": 2}]
    shape = Shape()
    for row in rows:
        shape.learn(row)
    with Tables(tmp_path) as tables:
        for row in rows:
            tables.add("nodes.x", {":LABEL": "X"}, row, shape)
    files = [gzip.decompress(file.read_bytes()).decode() for file in sorted(tmp_path.iterdir())]
    assert files == [
        ':LABEL,a:long,b:string\n"X",1,"x"\n"X",2,\n',
        ':LABEL,a:string,b:string\n"X","1",\n',
        ':LABEL,b:string\n"X","y"\n',
    ]


@pytest.mark.parametrize("parts", [[f"a{BETWEEN}b"], [""]])
def test_a_list_that_would_come_back_as_another_is_refused(parts: list[str]) -> None:
    with pytest.raises(FactsRefused) as caught:
        field_of(parts)
    assert caught.value.detail_code == "text.malformed"
