"""Random histories of a city's facts and law in a real store, and a reader of the feed who keeps what he is told.

What holds at each (version, day) is said by the oracle, over the whole graph.
"""

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from random import Random
from typing import Any

from engine.change_feed import Place
from engine.question import Json
from engine.service import Service
from graph_model.errors import ChangeRefused, RulebookRefused
from graph_model.nodes import Facts
from graph_model.store import ChangeSet
from memoranda.reader import read_inline
from memoranda.rulebook import Rulebook
from tests.histories import Standing
from tests.oracle import withheld_by
from tests.oracle_items import Item, items_of
from tests.oracle_world import Law, World, within
from tests.test_store_histories import taken
from tests.worlds import SUBJECTS, WORLDS_PER_BOOK, Book, book_of
from tests.worlds_facts import CALENDAR, facts_for

ItemKey = tuple[str, str, str, str, str]
"""(subject, measure, department, designation, role)."""
State = tuple[frozenset[str], frozenset[str], frozenset[str], frozenset[str]]
"""Why an item is unresolved (nothing: a duty), what withholds it, the matters it is exempt in, and open objections."""


@dataclass
class History:
    """What was written to one store, step by step; `worlds` holds what the oracle sees at each version."""

    service: Service
    chance: Random
    number: int
    standings: list[Standing] = field(default_factory=lambda: [Standing()])
    laws: list[Law | None] = field(default_factory=lambda: [None])

    def step(self) -> None:
        """Write one thing: a rulebook or a change of it, facts, corrections, or retractions."""
        chance = self.chance
        kind = chance.choice(("law", "facts", "facts", "facts", "corrections", "retractions", "retractions"))
        if kind == "law" or self.laws[-1] is None:
            self.publish(
                self.other_law() if self.chance.random() < 0.3 else little_change(book_of(self.number), self.chance)
            )
            return
        bag = part_of(chance, facts_for(chance, self.laws[-1]))
        if kind == "retractions":
            bag = part_of(chance, self.standings[-1].facts(), most=2)
        self.write(kind, bag)

    def write(self, kind: str, bag: Facts) -> None:
        """Write as much of a bag as may be; nothing of corrections or retractions where one may not be."""
        version = self.service.store.latest_version()
        change = ChangeSet("clerk", "test", f"change {version}", **{kind: bag})
        if kind == "facts":
            change = taken(self.service.store, bag, change.key)
        elif kind == "corrections":
            change = ChangeSet("clerk", "test", change.key, corrections=Facts(designations=bag.designations))
        try:
            self.service.apply(change)
        except ChangeRefused:
            return
        self.standings.append(self.standings[-1].after(change))
        self.laws.append(self.laws[-1])

    def publish(self, book: Rulebook) -> None:
        """Put a rulebook in force."""
        version = self.service.store.latest_version()
        if not self.service.publish(book, actor="clerk", reason="test", key=f"book {version}").repeated:
            self.standings.append(self.standings[-1])
            self.laws.append(Law(book))

    def other_law(self) -> Rulebook:
        """A wholly other rulebook; its lists have the same names."""
        return book_of(self.number + self.chance.randrange(2)).rulebook

    def table(self, version: int, day: date) -> dict[ItemKey, State]:
        """What each department has to do with each subject, by the oracle."""
        law = self.laws[version]
        if law is None:
            return {}
        world = World(self.standings[version].facts(), law)
        return dict(states_of(world, day))


def little_change(book: Book, chance: Random, of: str | None = None) -> Rulebook:
    """The rulebook with one entry missing something, or saying what another says; one that can be read."""
    while True:
        mapping = copy.deepcopy(dict(book.mapping))
        section = of or chance.choice(("departments", "lists", "legal_bases", "legal_bases", "memoranda", "memoranda"))
        entry = chance.choice(mapping[section])
        others = mapping[section]
        if section == "memoranda" and chance.random() < 0.8:
            others = [measure for memorandum in others for measure in memorandum["measures"]]
            entry = chance.choice(others)
        name = chance.choice([name for name in entry if name not in ("id", "facts")])
        given = [other[name] for other in others if name in other and other[name] != entry[name]]
        if given and chance.random() < 0.7:
            entry[name] = chance.choice(given)
        else:
            del entry[name]
        try:
            return read_inline(mapping)
        except RulebookRefused:
            continue


def begun(service: Service, seed: int, steps: int) -> History:
    """A history of so many steps."""
    history = History(service, Random(f"change {seed}"), seed % (2**16) // WORLDS_PER_BOOK)
    for _ in range(steps):
        history.step()
    return history


def part_of(chance: Random, facts: Facts, most: int | None = None) -> Facts:
    """Some of the facts of each kind; moves come with their designations only."""
    kinds = {f.name: list(getattr(facts, f.name)) for f in fields(Facts) if f.name != "moves"}
    some = {kind: [one for one in all_ if chance.random() < 0.7] for kind, all_ in kinds.items()}
    if most is not None:
        del some["registrations"]  # these cannot be retracted
        some = {kind: chance.sample(those, min(len(those), chance.randrange(most + 1))) for kind, those in some.items()}
    return Facts(**{kind: tuple(those) for kind, those in some.items()})


def states_of(world: World, day: date) -> Iterator[tuple[ItemKey, State]]:
    """Every item that is something on the day."""
    for subject in SUBJECTS:
        for item in items_of(world, subject) if world.is_registered(subject) else ():
            value, reasons = item.state(day)
            if value is not False:
                key = (subject, item.measure.id, item.department, item.designation.id, item.target.role)
                yield key, (reasons, frozenset(withheld_by(item, day)), exempt(item, day), objected(item, day))


def exempt(item: Item, day: date) -> frozenset[str]:
    """The matters in which the subject is exempt from the item that day (F5)."""
    measure, listed = item.measure, item.designation.list
    return frozenset(
        one.matter
        for one in item.world.facts.exemptions
        if one.subject == item.subject
        and one.matter is not None
        and one.list in (None, listed)
        and one.measure in (None, measure.id)
        and measure.effect != "favour"
        and (one.ground != "commitment_accepted" or measure.effect != "bar")
        and within(one.start, day, one.end)
    )


def objected(item: Item, day: date) -> frozenset[str]:
    """The objections open that day to the designation, or to any relation by which the subject reaches it (F4)."""
    paths = {(path.type, path.holder, path.organisation, path.designation) for path in item.paths if path is not None}
    return frozenset(
        one.id
        for one in item.world.facts.objections
        if within(one.filed_on, day, one.closed_on)
        and (
            one.designation == item.designation.id
            if one.relation_type is None
            else (one.relation_type, one.relation_holder, one.relation_organisation, one.designation) in paths
        )
    )


@dataclass
class Reader:
    """Reads the feed from a place on, and keeps a table of what it was told; each step must fit what it knows."""

    place: Place
    table: dict[ItemKey, State]
    told: int = 0

    def read(self, page: Callable[[Place], Json]) -> Json:
        """Read one page and go on."""
        found = page(self.place)
        for entry in found["changes"]:
            for item in entry["items"]:
                self.hear(item)
        self.place = Place.read(found["next"])
        return found

    def hear(self, item: Mapping[str, Any]) -> None:
        """Take one item in: opened only where there was none, closed only what was there, `was` as it is known."""
        key = (item["subject"], item["measure"], item["department"], item["designation"], item["role"])
        was, now = (None if item[side] is None else state_of(item[side]) for side in ("was", "now"))
        assert self.table.pop(key, None) == was, key
        if now is not None:
            self.table[key] = now
        assert (item["what"] == "opened") == (was is None)
        assert (item["what"] == "closed") == (now is None)
        assert item["cause"], key
        self.told += 1


def state_of(side: Mapping[str, Any]) -> State:
    """A side of an item seen on one day: it has one run, the one that this day lies in."""
    (run,) = side["days"]
    marks = (("withheld", "by"), ("exempt", "matter"), ("disputed", "objection"))
    return frozenset(run["reasons"]), *(frozenset(one[name] for one in side[kind]) for kind, name in marks)


def a_day(chance: Random) -> date:
    """One of the days around which things happen, mostly."""
    day = chance.choice(CALENDAR)
    return chance.choice((day, day, date.fromordinal(day.toordinal() + chance.randint(-3, 400))))
