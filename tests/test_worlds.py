"""A random world can be written as a scenario file, and says the same there: so a disagreement can become a case."""

from pathlib import Path

from api.scenario_files import read_scenarios
from api.scenario_stores import stores_like
from api.scenarios import Runner
from tests.oracle import answer
from tests.oracle_why_not import why_not
from tests.worlds import RandomWorld, check_row, scenario_line, stated_fields, world_of
from tests.worlds_shrink import smallest

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


def test_a_world_is_made_as_small_as_what_is_true_of_it_allows() -> None:
    def is_barred(one: RandomWorld) -> bool:
        return any(answer(one.whole, question).verdict == "bar" for question in one.checks)

    world = next(one for seed in range(6_000_000, 6_001_000) if is_barred(one := world_of(seed)))
    small = smallest(world, is_barred)
    assert is_barred(small)
    assert (len(small.facts.designations), len(small.book.law.rows)) == (1, 1)
    assert len(small.facts.relations) <= 1
    assert (small.facts.exemptions, small.facts.objections) == ((), ())
