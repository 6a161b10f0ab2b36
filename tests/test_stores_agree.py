"""The same questions on Neo4j and on the embedded store: the same bytes (J10)."""

import json
from functools import partial
from typing import Any

import pytest

from api.cli.main import main
from api.scenario_files import read_scenarios
from api.scenario_stores import NewStore, stores_like
from api.scenarios import Outcome, Runner
from engine.question import as_json
from graph_model.errors import XinhengError
from tests.neo4j_place import PASSWORD, USER, Place
from tests.stores_apart import differences
from tests.test_scenarios import FILES

WORLDS = 150
"""As many as a minute allows; `python -m tests.run_stores_apart` tells as many as one likes."""


def told(outcome: Outcome) -> str:
    answer: Any = outcome.answer
    if isinstance(answer, XinhengError):
        answer = [answer.code, answer.detail_code, str(answer)]
    return json.dumps([outcome.passed, as_json(answer)], ensure_ascii=False)


def test_every_scenario_is_answered_in_the_same_bytes(neo4j_place: Place) -> None:
    def answers(new_store: NewStore) -> list[str]:
        runner = Runner(new_store)
        return [told(outcome) for file in FILES for one in read_scenarios(file) for outcome in runner.run(one)]

    with stores_like(None) as in_memory:
        expected = answers(in_memory)
    assert len(expected) > 500
    assert answers(partial(neo4j_place.opened, drawn=True)) == expected


def test_random_worlds_with_their_histories_are_answered_in_the_same_bytes(neo4j_place: Place) -> None:
    for seed, there, here in differences(neo4j_place, 7_000_000, WORLDS):
        assert len(here) > 40
        assert there == here, seed


def test_the_command_runs_scenarios_on_an_empty_graph_and_leaves_it_empty(
    neo4j_place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    env = {USER: neo4j_place.access.user, PASSWORD: neo4j_place.access.password, "XINHENG_LANG": "en"}
    run = ["scenario", "run", str(next(file for file in FILES if file.suffix == ".yaml")), "--store", neo4j_place.url]
    neo4j_place.empty()
    assert main(run, env) == 0, capsys.readouterr()
    assert neo4j_place.read("MATCH (n) RETURN labels(n)[0] AS label, n.version AS version") == [
        {"label": "Store", "version": 0}
    ]
    neo4j_place.read("CREATE (:Subject {id: 'S'})")
    assert main(run, env) == 1
    assert "store.not-empty" in capsys.readouterr().err
    assert neo4j_place.read("MATCH (n:Subject) RETURN n.id AS id") == [{"id": "S"}]
