"""What is asked in the benchmarks: checks of subjects that nothing is near, and checks that a proof may answer.

Near a designation is not enough: in most matters nothing of it can show, and such a check is answered as quickly as
one of a subject that nothing is near. So "affected" are pairs of subject and matter in which something could show.
"""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from engine.change_affected import BLOCK, in_blocks, on_lists
from engine.plan import plan_of
from engine.roles import ways_of
from engine.service import Service
from graph_model.nodes import SubjectId
from graph_model.store import Store

Pair = tuple[SubjectId, str]
MOST = 20_000
"""Affected subjects that are looked at; each has several matters."""


@dataclass(frozen=True, slots=True)
class Questions:
    """Of one city. `affected` are in no order, each once."""

    chance: random.Random
    matters: list[str]
    organisations: list[SubjectId]
    persons: list[SubjectId]
    affected: list[Pair]

    @classmethod
    def of(cls, store: Store) -> Self:
        """Read a city, at its latest version."""
        chance = random.Random(1)
        version, book = Service(store).rulebook_in_force()
        near = sorted({subject for block in on_lists(store, version, None) for subject in block})
        pairs: list[Pair] = []
        plan, matters = plan_of(book), sorted(book.matters)
        for block in in_blocks(chance.sample(near, min(MOST, len(near))), BLOCK):
            for around in store.neighbourhoods(block, version):
                if around is not None and (ways := ways_of(around)):
                    pairs += ((around.subject.id, matter) for matter in matters if plan.concerns(ways, matter))
        chance.shuffle(pairs)
        held = frozenset(near)
        others = [subject for subject in store.subjects(version) if subject not in held]
        organisations = [subject for subject in others if not subject.startswith("p-")]
        persons = [subject for subject in others if subject.startswith("p-")]
        return cls(chance, matters, organisations, persons, pairs)

    def clear(self) -> Pair:
        """Choose one that nothing is near, as often a person as an organisation."""
        pool = self.persons if self.chance.random() < 0.5 else self.organisations
        return self.chance.choice(pool), self.chance.choice(self.matters)


def fresh(subjects: Iterable[SubjectId]) -> list[SubjectId]:
    """Spell each anew: whoever asks does not hold the text that is kept, nor its hash."""
    return [subject.encode().decode() for subject in subjects]


def spelled(pairs: Iterable[Pair]) -> list[dict[str, str]]:
    """Spell checks as they are read from a request, each text anew."""
    return [{"subject": subject.encode().decode(), "matter": matter.encode().decode()} for subject, matter in pairs]
