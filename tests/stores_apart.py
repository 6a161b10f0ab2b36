"""Everything that a store lets the engine say of a random world, at every version of its history, as text."""

import json
from collections.abc import Iterator
from dataclasses import replace
from random import Random

from engine.question import as_json
from engine.service import Service
from graph_model.store import Store
from graph_model.stores import open_store
from tests.differential import check_of, why_not_of
from tests.neo4j_place import Place
from tests.test_differential import chapters
from tests.worlds import RandomWorld, world_of


def differences(place: Place, first: int, worlds: int) -> Iterator[tuple[int, list[str], list[str]]]:
    """Tell each world on Neo4j and on the embedded store; gives its number and what was told there and here."""
    for seed in range(first, first + worlds):
        world = world_of(seed)
        with open_store("sqlite:///:memory:") as embedded, place.opened(drawn=True) as graph:
            yield seed, story(graph, world), story(embedded, world)


def story(store: Store, world: RandomWorld) -> list[str]:
    """Let a world happen in an empty store, bit by bit; then ask about each version of it, also by other doors."""
    service = Service(store)
    service.publish(world.book.rulebook, actor="法规处", reason="试验", key="law")
    changes = [change for change, _ in chapters(world.facts, Random(world.seed))]
    said: list[object] = [
        service.apply(replace(change, key=f"chapter {number}")) for number, change in enumerate(changes)
    ]
    latest = store.latest_version()
    for version in range(1, latest + 1):
        asked = [replace(check_of(question), version=version) for question in world.checks]
        said += [service.check(one) for one in asked]
        said += [store.neighbourhood(one.subject, version) for one in asked]
        said += [store.affected_by([one.subject], version) for one in asked]
        said += [sorted(store.counts(version).items()), list(store.subjects(version))]
    said.append(service.check_batch([check_of(question) for question in world.checks]))
    said += [service.why_not(why_not_of(why)) for why in world.why_nots]
    said += [replace(change, recorded_at=None) for change in store.changes(0, latest)]  # type: ignore[arg-type]  # the clock's
    return [json.dumps(as_json(one), ensure_ascii=False) for one in said]
