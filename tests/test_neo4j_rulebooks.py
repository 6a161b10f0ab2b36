"""Rulebooks in Neo4j stand beside each other: which is in force, when each was published, what its lists are called."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest

from engine.service import Service
from graph_model.store import ARCHIVE_TABLES, Archive, Store
from graph_model.stores import open_store
from memoranda.graph import graph_of_content
from memoranda.reader import read_inline
from memoranda.rulebook import Rulebook

if TYPE_CHECKING:
    from tests.neo4j_place import Place


def named(name: str) -> Rulebook:
    """A rulebook whose one list is called so."""
    return read_inline(
        {
            "departments": [{"id": "d", "name": "某局"}],
            "lists": [{"id": "l", "name": name, "kind": "watch", "authority": "d"}],
        }
    )


BOOKS = {name: named(name) for name in ("甲", "乙")}
ORDERS = pytest.mark.parametrize("order", ["甲乙", "乙甲", "甲乙甲", "乙甲乙"])


def publish(store: Store, order: Sequence[str]) -> None:
    for place, name in enumerate(order):
        Service(store).publish(BOOKS[name], actor="clerk", reason="test", key=f"publish {place}")


def see(place: "Place", order: str) -> None:
    """What is expected of the graph after these were published, one after the other."""
    assert place.read("MATCH (l:List) RETURN l.id AS id, l.name AS name, l.kind AS kind") == [
        {"id": "l", "name": order[-1], "kind": "watch"}
    ]
    last = {BOOKS[name].digest: place for place, name in enumerate(order, start=1)}
    found = place.read(
        "MATCH (b:Rulebook) RETURN b.digest AS digest, b.published_at AS version, b.in_force AS in_force"
    )
    assert {row["digest"]: row["version"] for row in found} == last
    assert [row["digest"] for row in found if row["in_force"]] == [BOOKS[order[-1]].digest]
    terms = place.read("MATCH (:Rulebook)-[:CONTAINS]->(t:ListTerms)-[:OF]->(:List {id: 'l'}) RETURN t.name AS name")
    assert sorted(row["name"] for row in terms) == ["乙", "甲"]


@ORDERS
def test_published_one_after_the_other(neo4j_place: "Place", order: str) -> None:
    with neo4j_place.opened() as store:
        publish(store, order)
        see(neo4j_place, order)


@ORDERS
def test_restored_from_another_store(neo4j_place: "Place", order: str) -> None:
    with open_store("sqlite:///:memory:") as other, neo4j_place.opened() as store:
        publish(other, order)
        store.restore(Archive({name: other.archive(name) for name in ARCHIVE_TABLES}, graph_of_content))
        see(neo4j_place, order)
