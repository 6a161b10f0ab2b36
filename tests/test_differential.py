"""The engine, which sees one hop, and the oracle, which sees everything, give the same answer."""

from dataclasses import replace
from datetime import timedelta
from random import Random

from engine.question import WhyNot
from engine.service import Service
from engine.standing import standing_of
from engine.timeline import at
from graph_model.neighbourhood import neighbourhood_of
from graph_model.nodes import Facts
from graph_model.store import ChangeSet
from graph_model.stores import open_store
from tests.differential import (
    Outcome,
    as_answer,
    check_of,
    comparable,
    compare_many,
    why_not_of,
)
from tests.oracle import answer, overall, withheld_by
from tests.oracle_items import days_that_matter, items_of
from tests.oracle_why_not import why_not
from tests.oracle_world import World
from tests.worlds import world_of

WORLDS = 20_000
STORED_WORLDS = 300


def test_engine_and_oracle_agree_on_20000_random_worlds_and_every_kind_of_answer_comes_up() -> None:
    outcome: Outcome = compare_many(0, WORLDS, processes=2)
    assert outcome.disagreements == [], outcome.disagreements[0]
    assert outcome.missing() == []


def test_engine_over_a_real_store_agrees_with_the_oracle() -> None:
    for seed in range(1_000_000, 1_000_000 + STORED_WORLDS):
        world = world_of(seed)
        with open_store("sqlite:///:memory:") as store:
            service = Service(store)
            service.publish(world.book.rulebook, actor="法规处", reason="试验", key="law")
            service.apply(ChangeSet("登记处", "试验", "facts", facts=world.facts))
            for question in world.checks:
                expected = comparable(answer(world.whole, question))
                assert as_answer(service.check(check_of(question))) == expected, (seed, question)
            asked = [check_of(question) for question in world.checks]
            batch = service.check_batch([*asked, replace(asked[0], matter="no such matter")])
            assert list(batch.results[:-1]) == [service.check(one) for one in asked]
            verdicts: list[str | None] = [answer(world.whole, question).verdict for question in world.checks]
            assert (batch.overall, batch.incomplete) == overall([*verdicts, None])
            for why in world.why_nots:
                found: WhyNot = service.why_not(why_not_of(why))
                assert frozenset(found.failing) == why_not(world.whole, why), (seed, why)


def test_every_past_version_is_answered_as_it_was_known_then() -> None:
    """Facts come in several change sets, some are corrected or retracted; the oracle sees what was recorded by then."""
    for seed in range(4_000_000, 4_000_000 + 100):
        world = world_of(seed)
        told = chapters(world.facts, Random(seed))
        with open_store("sqlite:///:memory:") as store:
            service = Service(store)
            service.publish(world.book.rulebook, actor="法规处", reason="试验", key="law")
            for number, (change, _) in enumerate(told):
                service.apply(replace(change, key=f"chapter {number}"))
            for version, (_, known) in enumerate(told, start=2):
                whole = World(known, world.book.law)
                for question in world.checks:
                    expected = comparable(answer(whole, question))
                    found = as_answer(service.check(replace(check_of(question), version=version)))
                    assert found == expected, (seed, version, question)


def chapters(facts: Facts, chance: Random) -> list[tuple[ChangeSet, Facts]]:
    """Tell the facts bit by bit; each change set with all that is known after it."""
    change = ChangeSet("登记处", "试验", "")
    first = replace(Facts(), registrations=facts.registrations)
    second = replace(first, designations=facts.designations, relations=facts.relations)
    told = [
        (replace(change, facts=first), first),
        (replace(change, facts=replace(second, registrations=())), second),
        (replace(change, facts=replace(facts, registrations=(), designations=(), relations=())), facts),
    ]
    if facts.exemptions:
        gone = chance.choice(facts.exemptions)
        facts = replace(facts, exemptions=tuple(one for one in facts.exemptions if one != gone))
        told.append((replace(change, retractions=Facts(exemptions=(gone,))), facts))
    old = chance.choice([one for one in facts.registrations if one.attributes.kind != "person"])
    new = replace(old, attributes=replace(old.attributes, status="revoked", region="350203", industry=None))
    facts = replace(facts, registrations=tuple(new if one == old else one for one in facts.registrations))
    told.append((replace(change, corrections=Facts(registrations=(new,))), facts))
    return told


def test_a_standing_says_of_every_item_on_every_day_what_the_oracle_says() -> None:
    """Also what no question asked about: each item with its state, its reasons and what withholds it."""
    for seed in range(3_000_000, 3_000_000 + 150):
        world, chance = world_of(seed), Random(seed)
        whole, subject = world.whole, world.checks[0].subject
        around = neighbourhood_of(subject, world.facts)
        if around is None:
            continue
        standing = standing_of(around, world.book.rulebook)
        items = items_of(whole, subject)
        days = [day for day in days_that_matter(whole) if 2022 < day.year < 2032]
        for day in chance.sample(days, 8):
            expected = {}
            for item in items:
                value, reasons = item.state(day)
                if value is not False:
                    key = (item.measure.id, item.department, item.designation.id, item.target.role)
                    expected[key] = (reasons, withheld_by(item, day))
            found = {
                (one.measure.id, department, one.listing.id, one.target.role): (frozenset(truth), one.withheld_by(day))
                for one in standing.items
                if (truth := at(one.holds, day)) is not None
                for department in one.departments
            }
            assert found == expected, (seed, subject, day)


def test_the_oracle_s_days_that_matter_are_all_the_days_that_matter() -> None:
    """Day by day, every item keeps its state from one such day to the next, so the oracle may skip the others."""
    for seed in range(2_000_000, 2_000_010):
        world = world_of(seed).whole
        days = [day for day in days_that_matter(world) if day.year in (2023, 2024)]
        for item in items_of(world, "P1") + items_of(world, "O1"):
            state = item.state(days[0])
            for number in range((days[-1] - days[0]).days):
                day = days[0] + timedelta(days=number)
                found = item.state(day)
                assert found == state or day in days, (seed, item, day)
                state = found


def test_random_facts_are_of_every_kind() -> None:
    kinds = {name for seed in range(50) for name in Facts.__dataclass_fields__ if getattr(world_of(seed).facts, name)}
    assert kinds >= {"registrations", "relations", "designations", "exemptions", "objections"}
