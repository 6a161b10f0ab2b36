"""What is asked in the benchmarks: checks that a proof answers, and checks of subjects that nothing is near.

To be near a designation is not enough: in most matters, for most departments, nothing of it shows, and such a check is
answered as quickly as one of a subject that nothing is near. So "affected" are checks by a department that has to act,
and the others ask in the same matters, by the same departments, as the approval systems of a city would.
"""

import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Self

from api.clock import today_in_shanghai
from engine.change_affected import BLOCK, in_blocks, on_lists
from engine.index_reach import reached_part
from engine.judge import sort_items
from engine.plan import plan_of
from engine.question import Check
from engine.service import Service
from engine.standing import standing_of
from graph_model.nodes import Neighbourhood, SubjectId
from graph_model.store import Store
from memoranda.rulebook import Rulebook

Asked = tuple[SubjectId, str, str]
"""Subject, matter, department."""
MOST = 100_000
"""Subjects near a designation that are looked at; one in seven has to do with some duty today."""
DEPARTMENTS = 3
"""That ask in one matter about one subject, at most."""


@dataclass(frozen=True, slots=True)
class Questions:
    """Of one city. `affected` are in no order, each once."""

    chance: random.Random
    organisations: list[SubjectId]
    persons: list[SubjectId]
    affected: list[Asked]

    @classmethod
    def of(cls, store: Store, city: Path) -> Self:
        """Read a city, at its latest version. What takes long is kept beside it for the next measurement."""
        chance = random.Random(1)
        version = store.latest_version()
        near = {subject for block in on_lists(store, version, None) for subject in block}
        others = [subject for subject in store.subjects(version) if subject not in near]
        organisations = [subject for subject in others if not subject.startswith("p-")]
        persons = [subject for subject in others if subject.startswith("p-")]
        file = city.with_suffix(".affected.json")
        if not file.exists():
            file.write_text(json.dumps(_affected(store, sorted(near), chance)), encoding="utf-8")
        affected = [(subject, matter, department) for subject, matter, department in json.loads(file.read_bytes())]
        return cls(chance, organisations, persons, affected)

    def clear(self) -> Asked:
        """Choose one of a subject that nothing is near, as often a person as an organisation."""
        pool = self.persons if self.chance.random() < 0.5 else self.organisations
        _, matter, department = self.chance.choice(self.affected)
        return self.chance.choice(pool), matter, department


def _affected(store: Store, near: list[SubjectId], chance: random.Random) -> list[Asked]:
    version, book = Service(store).rulebook_in_force()
    found: list[Asked] = []
    for block in in_blocks(chance.sample(near, min(MOST, len(near))), BLOCK):
        for around in store.neighbourhoods(block, version):
            if around is not None:
                found += _asked_of(around, book, today_in_shanghai(), chance)
    chance.shuffle(found)
    return found


def _asked_of(around: Neighbourhood, book: Rulebook, day: date, chance: random.Random) -> Iterator[Asked]:
    ways, _ = reached_part(around)
    matters = [matter for matter in book.matters if plan_of(book).concerns(ways, matter)]
    standing = standing_of(around, book)
    for matter in matters:
        duties = sort_items(standing.items, Check(around.subject.id, matter, day), day, book).duties
        departments = sorted({department for item in duties for department in item.departments})
        for department in chance.sample(departments, min(DEPARTMENTS, len(departments))):
            yield around.subject.id, matter, department


def fresh(subjects: Iterable[SubjectId]) -> list[SubjectId]:
    """Spell each anew: whoever asks does not hold the text that is kept, nor its hash."""
    return [subject.encode().decode() for subject in subjects]


def spelled(checks: Iterable[Asked]) -> list[dict[str, str]]:
    """Spell checks as they are read from a request, each text anew."""
    names = ("subject", "matter", "department")
    return [dict(zip(names, fresh(check), strict=True)) for check in checks]
