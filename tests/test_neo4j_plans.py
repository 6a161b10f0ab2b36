"""Every statement of the graph store finds what it needs by an index or along a relationship, in any city."""

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import pairwise
from types import ModuleType

import pytest

from graph_model.neighbourhood import neighbourhood_of
from graph_model.nodes import Designation, Facts, Objection, Registration, Relation
from graph_model.store import ChangeSet, Store
from graph_model.stores import neo4j_archive, neo4j_read, neo4j_schema, neo4j_slice, neo4j_write
from graph_model.stores.neo4j_statements import PIECES
from tests.neo4j_place import Place
from tests.neo4j_plans import Operator, plan
from tests.store_acts import publish, registration

DAY = date(2024, 1, 1)
COMPANIES = 500
MAY_SCAN = {
    "neo4j_write.IN_FORCE": "once per publication, over the rulebooks",
    "neo4j_write.LAST_PUBLICATION": "the end of an index: it stops at the first entry",
    "neo4j_archive.LAST_CHANGE": "the end of an index: it stops at the first entry",
    "neo4j_archive.DIGESTS": "asks for every rulebook",
    "neo4j_archive.IS_EMPTY": "stops at the first rulebook",
    "neo4j_archive.END": "once, when a store was filled",
    "neo4j_archive.NAME_LISTS": "once, when a store was filled",
    "neo4j_schema.ANY_NODE": "stops at the first node",
}
PARTS = {f"neo4j_write.{name}" for name in ("STORE", "LOCKED", "HEAD", "UNCHANGED")} | {"neo4j_archive.FILL"}
"""No statements yet; the whole ones are put together below."""


def statements() -> Iterator[tuple[str, str]]:
    """Every statement that a module names, and those that are put together from parts."""
    modules: tuple[ModuleType, ...] = (neo4j_read, neo4j_slice, neo4j_write, neo4j_archive, neo4j_schema)
    for module in modules:
        for name, value in vars(module).items():
            if not name.isupper() or name.startswith("_"):
                continue
            of = f"{module.__name__.rpartition('.')[2]}.{name}"
            each = value.items() if isinstance(value, Mapping) else [("", value)]
            for key, text in each:
                if (
                    isinstance(text, str)
                    and text.startswith(("MATCH", "OPTIONAL", "UNWIND", "CALL"))
                    and of not in PARTS
                ):
                    yield f"{of} {getattr(key, '__name__', key)}".strip(), text
    everything = {keys: ["some"] for keys in neo4j_write.asked_of(ChangeSet("clerk", "test", "key"))}
    yield "reading under the lock", f"{neo4j_write.LOCKED} {neo4j_write.HEAD}, {neo4j_write.reading(everything)}"
    yield "reading without", f"{neo4j_write.STORE} {neo4j_write.HEAD}, {neo4j_write.reading(everything)}"
    for name, piece in PIECES.items():
        yield f"writing {name}", f"{neo4j_write.UNCHANGED} CALL () {{ {piece} }} {neo4j_write.LOG}"
        yield f"filling {name}", f"{neo4j_archive.FILL} CALL () {{ {piece} }} RETURN true"


STATEMENTS = dict(statements())


def hub_facts() -> Facts:
    """One person and 500 companies, each with a listing and some with more; and two shareholders of every company."""
    ids = [f"O{n:04}" for n in range(COMPANIES)]
    return Facts(
        registrations=(*(registration(id_, name=f"公司{id_}") for id_ in ids), registration("P", kind="person")),
        relations=(
            *(Relation("director", "P", id_, held_from=DAY) for id_ in ids),
            *(Relation("shareholder", "P", id_, held_from=DAY) for id_ in ids[::2]),
            *(Relation("shareholder", one, other) for one, other in pairwise(ids)),
            Relation("directly_responsible", "P", designation="D0003", responsible=True),
        ),
        designations=tuple(
            Designation(f"D{id_[1:]}", id_, "black", "xiamen", decided_on=DAY, document_no=f"{id_}号") for id_ in ids
        ),
        objections=tuple(Objection(f"J{id_[1:]}", filed_on=DAY, designation=f"D{id_[1:]}") for id_ in ids[::50]),
    )


@pytest.fixture(scope="module")
def hub(neo4j_place: Place) -> Iterator[tuple[Place, Store, Facts]]:
    facts = hub_facts()
    with neo4j_place.opened() as store:
        publish(store)
        store.commit(ChangeSet("clerk", "test", "hub", facts))
        # Plans rest on what the server knows of the sizes, which it would look at again only in a while.
        neo4j_place.read("CALL db.prepareForReplanning(60)")
        yield neo4j_place, store, facts


def test_every_statement_is_looked_at() -> None:
    names = {name.partition(" ")[0] for name in STATEMENTS}
    assert {"neo4j_read.LATEST_VERSION", "neo4j_slice.SLICE", "neo4j_slice.SLICES", "neo4j_read.NAMED"} <= names
    assert len(STATEMENTS) > 50
    assert set(MAY_SCAN) <= names


def test_no_statement_scans_or_expands_over_everything(hub: tuple[Place, Store, Facts]) -> None:
    place, _, _ = hub
    found: dict[str, list[Operator]] = {}
    for name, statement in STATEMENTS.items():
        steps = plan(place, statement)
        assert len(steps) > 1, name
        bad = [step for step in steps if step.reads_everything]
        if bad and not MAY_SCAN.get(name.partition(" ")[0]):
            found[name] = bad
    assert found == {}


def test_a_scan_and_an_untyped_expansion_are_noticed(neo4j_place: Place) -> None:
    scans = [
        "MATCH (n) RETURN n",
        "MATCH (n:Subject) RETURN n.name",
        "MATCH (n:Subject) WHERE n.id CONTAINS 'x' RETURN n",
        "MATCH (:Subject)-[r:DIRECTOR_OF]->() RETURN r",
        "MATCH ()-[r]->() RETURN r",
        "MATCH (n:Subject {id: 'S'}), (m:Subject) WHERE m.id STARTS WITH 'O' RETURN n, m",
        "MATCH (n:Subject {id: 'S'})--(m) RETURN m",
        "MATCH (n:Subject {id: 'S'})-[r]->(m) RETURN m",
    ]
    for scan in scans:
        assert any(step.reads_everything for step in plan(neo4j_place, scan)), scan
    seek = plan(neo4j_place, "MATCH (n:Subject {id: 'S'})-[:DIRECTOR_OF]->(m) RETURN m")
    assert not any(step.reads_everything for step in seek)


def hits(place: Place, statement: str, **parameters: object) -> int:
    return sum(step.hits for step in plan(place, statement, parameters))


def test_a_hub_is_read_whole_and_costs_what_it_holds(hub: tuple[Place, Store, Facts]) -> None:
    place, store, facts = hub
    version = store.latest_version()
    assert store.neighbourhood("P", version) == neighbourhood_of("P", facts)
    assert list(store.neighbourhoods(["P", "O0007", "P"], version)) == [
        neighbourhood_of(subject, facts) for subject in ("P", "O0007", "P")
    ]
    assert len(store.affected_by(["P"], version)) == COMPANIES + 1
    small = hits(place, neo4j_slice.SLICE, id="O0100", version=version)
    large = hits(place, neo4j_slice.SLICE, id="P", version=version)
    # A company of the middle has three neighbours, a listing each; the person has 500.
    assert 0 < small < 200
    assert large < COMPANIES * 60


def costs(place: Place, version: int) -> dict[str, int]:
    """What the reads of single questions and of one commit cost at a version."""
    listed = Designation("DX", "O0100", "black", "xiamen", decided_on=DAY, document_no="又一号")
    asked = neo4j_write.asked_of(ChangeSet("clerk", "test", "key", Facts(designations=(listed,))))
    reading = f"{neo4j_write.STORE} {neo4j_write.HEAD}, {neo4j_write.reading(asked)}"
    return {
        "slice": hits(place, neo4j_slice.SLICE, id="O0100", version=version),
        "registered": hits(place, neo4j_read.IS_REGISTERED, id="O0100", version=version),
        "page": hits(place, neo4j_read.SUBJECTS_AFTER, after="O0100", version=version, page=20),
        "rulebook": hits(place, neo4j_read.RULEBOOK_AT, version=version),
        "changes": hits(place, neo4j_read.CHANGES, since=0, limit=1),
        "commit": hits(place, reading, asked=asked, key="key", token="t"),  # noqa: S106 (no password),
    }


def test_what_one_question_costs_does_not_grow_with_the_city_around_it(hub: tuple[Place, Store, Facts]) -> None:
    place, store, _ = hub
    before = costs(place, 2)
    more: tuple[Registration, ...] = tuple(registration(f"Q{n:04}", name=f"新公司{n}") for n in range(3 * COMPANIES))
    store.commit(ChangeSet("clerk", "test", "more", Facts(registrations=more)))
    assert costs(place, 3) == before
    assert before["page"] < 20 * 8
    assert before["commit"] < 60
