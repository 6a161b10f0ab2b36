"""Random worlds from a seed: a small rulebook, a few facts, questions near the days where answers change.

Everything follows from the seed by `random.Random`, so that a number names a world. Neighbouring seeds share a
rulebook, because reading one costs far more than judging by it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from random import Random
from typing import Any

from hypothesis import strategies as st

from graph_model.nodes import Designation, Facts
from memoranda.model import Measure
from memoranda.reader import read_inline
from memoranda.rulebook import Rulebook
from tests.oracle import Answer, Question
from tests.oracle_items import days_that_matter
from tests.oracle_why_not import WhyQuestion
from tests.oracle_world import Law
from tests.oracle_world import World as WholeWorld
from tests.worlds_facts import CALENDAR, facts_for, near
from tests.worlds_law import MATTERS, rulebook

WORLDS_PER_BOOK = 50
SUBJECTS = ("P1", "P2", "O1", "O2", "O3")


@dataclass(frozen=True)
class Book:
    """One random rulebook in its three forms: as a mapping, as the engine reads it, as the oracle does."""

    mapping: Mapping[str, Any]
    rulebook: Rulebook
    law: Law


@dataclass(frozen=True)
class RandomWorld:
    """One world: its law, its facts, and what is asked of it."""

    seed: int
    book: Book
    facts: Facts
    checks: tuple[Question, ...]
    why_nots: tuple[WhyQuestion, ...]

    @property
    def whole(self) -> WholeWorld:
        """What the oracle looks at."""
        return WholeWorld(self.facts, self.book.law)


@lru_cache(maxsize=8)
def book_of(number: int) -> Book:
    """The rulebook of that number."""
    mapping = rulebook(Random(f"book {number}"))
    read = read_inline(mapping)
    return Book(mapping, read, Law(read))


def world_of(seed: int, *, checks: int = 3, why_nots: int = 1) -> RandomWorld:
    """The world of that seed. All questions but one are about one subject, so that its standing is worth its cost."""
    chance = Random(f"world {seed}")
    book = book_of(seed // WORLDS_PER_BOOK)
    facts = facts_for(chance, book.law)
    reached = pairs_of(facts, book.law)
    subject = chance.choice([subject for subject, _, _ in reached] if reached and chance.random() < 0.9 else SUBJECTS)
    aim = Aim(chance, WholeWorld(facts, book.law), subject, [pair for pair in reached if pair[0] == subject])
    return RandomWorld(
        seed=seed,
        book=book,
        facts=facts,
        checks=tuple(aim.check() for _ in range(checks)),
        why_nots=tuple(aim.why_not() for _ in range(why_nots)),
    )


def pairs_of(facts: Facts, law: Law) -> list[tuple[str, Designation, Measure]]:
    """Every subject that has a role which a measure on a designation's list reaches, with both; as often as it has."""
    whole = WholeWorld(facts, law)
    return [
        (subject, designation, measure)
        for designation in facts.designations
        for memo, measure in law.rows
        if designation.list in (measure.lists or memo.lists)
        for target in measure.targets
        for subject in SUBJECTS
        if whole.paths(subject, designation, target.role)
    ]


class Aim:
    """Asks mostly about what a measure on some designation's list is about, near a day on which something happens."""

    def __init__(
        self, chance: Random, whole: WholeWorld, subject: str, pairs: list[tuple[str, Designation, Measure]]
    ) -> None:
        self.chance = chance
        self.whole = whole
        self.subject = subject
        self.measures = [measure for _, measure in whole.law.rows]
        self.pairs = pairs

    def check(self) -> Question:
        """One check."""
        measure, day = self.measure_and_day()
        return Question(matter=self.matter(measure), on=day, **self.rest(measure))

    def why_not(self) -> WhyQuestion:
        """One why-not."""
        measure, day = self.measure_and_day()
        matter = self.matter(measure) if self.chance.random() < 0.5 else None
        return WhyQuestion(measure=measure.id, matter=matter, on=day, **self.rest(measure))

    def measure_and_day(self) -> tuple[Measure, date]:
        """Mostly one that reaches the subject from a designation, and some days into that designation."""
        chance = self.chance
        if self.pairs and chance.random() < 0.9:
            _, one, measure = chance.choice(self.pairs)
            if chance.random() < 0.6:
                start = one.effective_from or one.decided_on or CALENDAR[0]
                return measure, start + timedelta(days=chance.choice((-1, 0, 1, 14, 14, 29, 40)))
        else:
            measure = chance.choice(self.measures)
        if chance.random() < 0.7:
            return measure, near(chance, chance.choice(CALENDAR))
        days = days_that_matter(self.whole)
        return measure, near(chance, chance.choice([day for day in days if 2022 < day.year < 2027]))

    def matter(self, measure: Measure) -> str:
        """One that the measure is about, mostly."""
        if measure.matters == "any" or self.chance.random() < 0.25:
            return self.chance.choice(MATTERS)
        return self.chance.choice(measure.matters)

    def rest(self, measure: Measure) -> dict[str, Any]:
        """What a check and a why-not both may name."""
        chance = self.chance
        departments = sorted(self.whole.law.departments) if chance.random() < 0.3 else sorted(measure.departments)
        return {
            "subject": "NOBODY" if chance.random() < 0.01 else self.subject,
            "department": chance.choice(departments) if chance.random() < 0.4 else None,
            "concerning": chance.choice(("O1", "O2", "P1", "X9")) if chance.random() < 0.4 else None,
        }


def worlds() -> st.SearchStrategy[RandomWorld]:
    """Worlds for hypothesis: seeds up to 24 bits, beyond which it would mostly draw small ones, of a few rulebooks."""
    return st.integers(min_value=0, max_value=2**24 - 1).map(world_of)


def rows_of(facts: Facts) -> dict[str, list[dict[str, Any]]]:
    """Facts in the names of CONTRACT §5."""
    rows: dict[str, list[dict[str, Any]]] = {"organisations": [], "persons": []}
    for registration in facts.registrations:
        stated = registration.attributes
        if stated.kind == "person":
            rows["persons"].append({"person": registration.subject, "name": stated.name})
        else:
            rows["organisations"].append({"code": registration.subject, **stated_fields(stated)})
    rows["relations"] = [stated_fields(relation) for relation in facts.relations]
    rows["designations"] = []
    for one in facts.designations:
        row = stated_fields(one)
        row["moves"] = [
            {key: value for key, value in stated_fields(move).items() if key != "designation"}
            for move in (*one.moves, *(move for move in facts.moves if move.designation == one.id))
        ]
        rows["designations"].append(row)
    rows["exemptions"] = [renamed(stated_fields(one)) for one in facts.exemptions]
    rows["objections"] = [stated_fields(one) for one in facts.objections]
    return rows


def renamed(row: dict[str, Any]) -> dict[str, Any]:
    """An exemption's days as the files call them."""
    names = {"start": "from", "end": "until"}
    return {names.get(key, key): value for key, value in row.items()}


def stated_fields(value: Any) -> dict[str, Any]:
    """The fields of a fact that state something, ready for JSON."""
    found = {field.name: getattr(value, field.name) for field in fields(value)}
    return {key: as_json(one) for key, one in found.items() if one is not None and one not in ((), {})}


def as_json(value: Any) -> Any:
    """Days as text; numbers as JSON numbers, or as text where JSON would round them."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        if value == value.to_integral_value():
            return int(value)
        return float(value) if Decimal(str(float(value))) == value else str(value)
    if isinstance(value, dict):
        return {key: as_json(one) for key, one in value.items()}
    return value


def check_row(question: Question, answer: Answer) -> dict[str, Any]:
    """One check of a scenario file with what the oracle expects."""
    until: dict[str, str] = {}
    for measure in {duty.measure for duty in answer.duties}:
        ends = [duty.end for duty in answer.duties if duty.measure == measure]
        until[measure] = "none" if None in ends else max(end for end in ends if end is not None).isoformat()
    expected = {
        "verdict": answer.verdict,
        "could_be": answer.could_be,
        "verdict_if_lifted": answer.verdict_if_lifted,
        "duties": sorted({duty.measure for duty in answer.duties}),
        "withheld": sorted({one[0] for one in answer.withheld}),
        "unresolved": sorted({one[0] for one in answer.unresolved}),
        "left_out": sorted({one[0] for one in answer.left_out}),
        "disputed": sorted({duty.measure for duty in answer.duties if duty.disputed}),
        "lifting_set": sorted(answer.lifting_set),
        "reasons": {
            measure: sorted({why.partition(":")[0] for one in answer.unresolved if one[0] == measure for why in one[5]})
            for measure in sorted({one[0] for one in answer.unresolved})
        },
        "until": until,
    }
    return {**stated_fields(question), "expect": expected}


def scenario_line(world: RandomWorld, rows: list[dict[str, Any]]) -> str:
    """A scenario of CONTRACT §5 on one line: this world with these checks."""
    scenario = {
        "scenario": f"random world {world.seed}",
        "rulebook": world.book.mapping,
        "facts": rows_of(world.facts),
        "checks": rows,
    }
    return json.dumps(scenario, ensure_ascii=False)
