"""The synthetic city's organisations and persons, and how they hang together."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from graph_model.identifiers import USCC_ALPHABET, organisation_check_character, uscc_check_character
from loaders.synth_names import DISTRICTS, INDUSTRIES, organisation_name, person_name

FIRST_DAY = date(1995, 1, 1)
LAST_DAY = date(2026, 10, 31)
"""The city is as it stands on this day: a constant, for the same seed must give the same bytes on any day."""

_KINDS = (
    ("enterprise", "91", 0.60),
    ("individual_business", "92", 0.30),
    ("farmers_cooperative", "93", 0.04),
    ("social_organisation", "51", 0.03),
    ("public_institution", "12", 0.02),
    ("government", "11", 0.01),
)
_LETTERS = USCC_ALPHABET[:-1]
_BODIES = len(_LETTERS) ** 6
_STRIDE = 104_729_357
"""Prime to the number of bodies, so that no two organisations of a city share one."""
_HUB_EVERY = 2_000
_HUB_SHARE = 0.08


def uscc(prefix: str, region: str, place: int, seed: int) -> str:
    """Give the valid USCC of the organisation at `place`, unlike that of any other place below 729 million.

    >>> uscc("91", "350203", 0, 7) == uscc("91", "350203", 0, 7) != uscc("91", "350203", 1, 7)
    True
    """
    left = (place * _STRIDE + seed * 7_919) % _BODIES
    body = ""
    for _ in range(6):
        left, digit = divmod(left, len(_LETTERS))
        body += _LETTERS[digit]
    first17 = prefix + region + "MA" + body + organisation_check_character("MA" + body)
    return first17 + uscc_check_character(first17)


def day_between(first: date, last: date, chance: Random) -> date:
    """A day in [first, last]; `first` where the interval is empty."""
    span = (last - first).days
    return first + timedelta(days=int(chance.random() * (span + 1))) if span > 0 else first


@dataclass(frozen=True, slots=True)
class Organisation:
    """One organisation and what its registration says; `people` are those who run it, the first one its head."""

    code: str
    name: str
    kind: str
    region: str
    status: str
    registered_on: date
    industry: str
    foreign_invested: bool
    people: tuple[str, ...]
    branch_of: str | None

    def row(self) -> tuple[object, ...]:
        """Its row in organisations.csv."""
        foreign = "true" if self.foreign_invested else "false"
        return (
            self.code,
            self.name,
            self.kind,
            self.region,
            self.status,
            self.registered_on,
            self.industry,
            foreign,
            "",
        )


class City:
    """Makes organisations one after the other, and the persons they bring with them. Holds only the last few.

    Most persons run one thing, in one or two capacities; a few, one to every 2,000 organisations, hold hundreds.
    """

    def __init__(self, seed: int, organisations: int) -> None:
        self._seed = seed
        self._chance = Random(f"{seed}:subjects")  # noqa: S311  (a made-up city, not a secret)
        self._size = organisations
        self.persons = 0
        self._hubs = max(1, organisations // _HUB_EVERY)
        self._last: Organisation | None = None
        self._last_company: Organisation | None = None

    def hubs(self) -> Iterator[tuple[str, str]]:
        """The persons who hold very many things: (keyed id, name)."""
        for _ in range(self._hubs):
            yield self._new_person()

    def _new_person(self) -> tuple[str, str]:
        self.persons += 1
        return self._person_id(self.persons), person_name(self._chance)

    def _person_id(self, number: int) -> str:
        return f"p-{hashlib.sha256(f'{self._seed}:person:{number}'.encode()).hexdigest()[:40]}"

    def organisation(self, place: int) -> tuple[Organisation, list[tuple[str, str]]]:
        """Make the organisation at `place`, counted from 0; gives it and the persons who are new with it."""
        chance = self._chance
        kind, prefix = self._kind()
        region = self._region()
        industry = chance.choice(tuple(INDUSTRIES))
        parent = self._last_company if kind == "enterprise" and chance.random() < 0.08 else None
        people, new = self._people(kind)
        name = organisation_name(kind, region, industry, chance)
        if parent is not None:
            name = f"{parent.name}{DISTRICTS[region]}分公司"
        lot = chance.random()
        made = Organisation(
            code=uscc(prefix, region, place, self._seed),
            name=name,
            kind=kind,
            region=region,
            status="deregistered" if lot < 0.06 else "revoked" if lot < 0.10 else "active",
            registered_on=day_between(parent.registered_on if parent else FIRST_DAY, date(2025, 12, 31), chance),
            industry=industry,
            foreign_invested=kind == "enterprise" and chance.random() < 0.06,
            people=people,
            branch_of=parent.code if parent else None,
        )
        self._last = made
        if kind == "enterprise" and parent is None:
            self._last_company = made
        return made, new

    def _kind(self) -> tuple[str, str]:
        lot = self._chance.random()
        for kind, prefix, share in _KINDS:
            lot -= share
            if lot < 0:
                return kind, prefix
        return _KINDS[0][:2]

    def _region(self) -> str:
        regions = tuple(DISTRICTS)
        return self._chance.choice(regions[:6] if self._chance.random() < 0.85 else regions[6:])

    def _people(self, kind: str) -> tuple[tuple[str, ...], list[tuple[str, str]]]:
        """Choose who runs it: mostly new persons, at times the head of the one before, now and then a hub."""
        chance = self._chance
        wanted = 1 if kind == "individual_business" else 1 + int(chance.random() * 2.2)
        people: list[str] = []
        new: list[tuple[str, str]] = []
        for _ in range(wanted):
            lot = chance.random()
            if lot < _HUB_SHARE:
                # The square makes some hubs larger than others.
                person = self._person_id(1 + int(self._hubs * chance.random() ** 2))
            elif lot < 0.15 and self._last is not None:
                person = self._last.people[0]
            else:
                new.append(self._new_person())
                person = new[-1][0]
            if person not in people:
                people.append(person)
        return tuple(people), new


def relations_of(
    organisation: Organisation, before: Organisation | None, chance: Random
) -> Iterator[tuple[object, ...]]:
    """The rows of relations.csv for one organisation; `before` is the one made before it, a possible shareholder."""
    code, start = organisation.code, organisation.registered_on
    head, *others = organisation.people

    def row(
        kind: str, holder: str, held_from: object, held_until: object = "", share: object = ""
    ) -> tuple[object, ...]:
        return (kind, holder, "", code, held_from, held_until, share, "", "", "", "")

    if organisation.kind == "individual_business":
        yield row("operator", head, start)
        return
    if organisation.branch_of is not None:
        yield row("principal", head, start)
        yield ("branch_of", code, "", organisation.branch_of, start, "", "", "", "", "", "")
        return
    if organisation.kind in ("public_institution", "government"):
        yield row("principal", head, start)
        return
    changed = day_between(start, LAST_DAY, chance) if others and chance.random() < 0.2 else None
    if changed is not None and changed > start:
        yield row("legal_representative", others[-1], start, changed)
        yield row("legal_representative", head, changed)
    else:
        yield row("legal_representative", head, start)
    if organisation.kind == "social_organisation":
        return
    shares = ("1",) if not others else ("0.6", "0.4", "0.2")
    owners = [head, *others]
    if organisation.kind == "enterprise" and before is not None and chance.random() < 0.1:
        owners[-1] = before.code
    for owner, share in zip(owners, shares, strict=False):
        yield row("shareholder", owner, start, share=share)
    if others:
        yield row("supervisor", others[0], start)
    if organisation.kind == "enterprise" and chance.random() < 0.4:
        yield row("director", head, start)
    if chance.random() < 0.05:
        yield row("actual_controller", head, start)
    if chance.random() < 0.05:
        yield row("senior_manager", owners[0], start, day_between(start + timedelta(days=1), LAST_DAY, chance))
