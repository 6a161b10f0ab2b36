"""A random world can be written as a scenario file, and says the same there: so a disagreement can become a case."""

from pathlib import Path

from api.scenario_files import read_scenarios
from api.scenario_stores import stores_like
from api.scenarios import Runner
from tests.oracle import answer
from tests.oracle_why_not import why_not
from tests.worlds import check_row, scenario_line, stated_fields, world_of

WORLDS = range(5_000_000, 5_000_000 + 400, 4)


def test_worlds_written_as_scenarios_pass_with_what_the_oracle_expects(tmp_path: Path) -> None:
    lines = []
    for seed in WORLDS:
        world = world_of(seed)
        rows = [check_row(question, answer(world.whole, question)) for question in world.checks]
        rows += [{**stated_fields(why), "why_not": sorted(why_not(world.whole, why))} for why in world.why_nots]
        lines.append(scenario_line(world, rows))
    file = tmp_path / "worlds.jsonl"
    file.write_text("\n".join(lines), encoding="utf-8")
    with stores_like(None) as new_store:
        runner = Runner(new_store)
        outcomes = [outcome for scenario in read_scenarios(file) for outcome in runner.run(scenario)]
    assert [(one.scenario.name, one.check, one.found) for one in outcomes if not one.passed] == []
    assert len(outcomes) == 4 * len(WORLDS)


def test_the_same_seed_is_the_same_world_and_another_seed_another() -> None:
    assert world_of(7) == world_of(7)
    assert world_of(7).facts != world_of(8).facts
