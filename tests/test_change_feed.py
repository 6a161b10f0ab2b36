"""The feed adds up: what a reader knew, with what it is told, is what holds; each step once, from any place (C4)."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.change_affected import Rosters
from engine.change_feed import Feed, Place
from engine.question import Json
from engine.service import Service
from graph_model.errors import MalformedRequest
from graph_model.nodes import Neighbourhood
from graph_model.store import Store
from graph_model.stores import open_store
from tests.change_histories import Reader, a_day, begun, state_of
from tests.conftest import Opening

SEEDS = st.integers(min_value=0, max_value=2**20)
Page = Callable[[Place], Json]
DAYS = st.integers(min_value=0, max_value=500).map(lambda n: date(2023, 9, 1) + timedelta(days=n))


def pages_of(service: Service, today: date | None, chance: Random, department: str | None = None) -> Page:
    """Pages of all sizes: cut behind each subject, or none; each by a process that has just begun."""

    def page(place: Place) -> Json:
        store = service.store
        feed = Feed(store, Service(store).book_at, Rosters(store), block=chance.choice((1, 2, 50)))
        enough = chance.random() < 0.5
        return feed.page(place, today, department, chance.choice((1, 2, 100)), lambda: enough)

    return page


def read_all(reader: Reader, page: Page) -> None:
    while reader.read(page)["more"]:
        assert reader.told < 100_000


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS)
def test_a_reader_at_a_version_and_a_day_learns_each_step_once(seed: int) -> None:
    chance = Random(seed)
    with open_store("sqlite:///:memory:") as store:
        history = begun(Service(store), seed, chance.randrange(5))
        version, day = chance.randrange(len(history.laws)), a_day(chance)
        reader = Reader(Place(version, day), history.table(version, day))
        for _ in range(3):
            day = max(day, a_day(chance))
            for _ in range(chance.randrange(4)):
                if chance.random() < 0.7:  # others write while versions and days are being told
                    reader.read(pages_of(history.service, day, chance))
                history.step()
            read_all(reader, pages_of(history.service, day, chance))
            assert (reader.place.version, reader.place.day) == (store.latest_version(), day)
            assert reader.table == history.table(store.latest_version(), day)
        assert reader.read(pages_of(history.service, day, chance))["changes"] == []


@settings(max_examples=30, deadline=None)
@given(seed=SEEDS)
def test_over_all_days_each_item_is_told_with_its_days(seed: int) -> None:
    chance = Random(seed)
    with open_store("sqlite:///:memory:") as store:
        history = begun(Service(store), seed, 5)
        items = {}
        place = Place(0)
        page = pages_of(history.service, None, chance)
        while True:
            found = page(place)
            for item in (item for entry in found["changes"] for item in entry["items"]):
                key = tuple(item[name] for name in ("subject", "measure", "department", "designation", "role"))
                assert items.pop(key, None) == item["was"]
                if item["now"] is not None:
                    items[key] = item["now"]
            place = Place.read(found["next"])
            if not found["more"]:
                break
        for day in [a_day(chance) for _ in range(6)]:
            told = {}
            for key, now in items.items():
                kinds = ("days", "withheld", "exempt", "disputed")
                seen = {kind: [run for run in now[kind] if covers(run, day)] for kind in kinds}
                if seen["days"]:
                    told[key] = state_of(seen)
            assert told == history.table(store.latest_version(), day)


def covers(run: Json, day: date) -> bool:
    text = day.isoformat()
    return (run["from"] is None or run["from"] <= text) and (run["until"] is None or text < run["until"])


@settings(max_examples=30, deadline=None)
@given(seed=SEEDS, day=DAYS)
def test_what_a_department_is_told_is_its_part_of_what_all_are_told(seed: int, day: date) -> None:
    chance = Random(seed)
    with open_store("sqlite:///:memory:") as store:
        history = begun(Service(store), seed, 6)
        later = day + timedelta(days=chance.randrange(90))
        for place, today in ((Place(0), None), (Place(0, day), later)):
            whole = items_told(place, pages_of(history.service, today, chance))
            for department in ("nat", "city", "other"):
                part = items_told(place, pages_of(history.service, today, chance, department))
                assert part == [item for item in whole if item["department"] == department]


def items_told(place: Place, page: Page) -> list[Json]:
    found: list[Json] = []
    more = True
    while more:
        told = page(place)
        found += [item for entry in told["changes"] for item in entry["items"]]
        place, more = Place.read(told["next"]), told["more"]
    return found


@pytest.mark.parametrize("seed", range(3))
def test_every_store_tells_the_same(opening: Opening, seed: int) -> None:
    day, later = date(2024, 1, 15), date(2024, 5, 1)
    with open_store("sqlite:///:memory:") as store:
        history = begun(Service(store), seed, 6)
        expected = history.service.feed(Place(0, day), later)
    with opening() as store:
        found = begun(Service(store), seed, 6).service.feed(Place(0, day), later)
        for entry in (*expected["changes"], *found["changes"]):
            entry["recorded_at"] = None
        assert found == expected
        assert found["until"] == 6 or found["until"] == store.latest_version()


class Counting:
    """A store that counts how often subjects are read."""

    def __init__(self, store: Store) -> None:
        self.store, self.reads = store, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def neighbourhoods(self, subjects: Sequence[str], version: int) -> Sequence[Neighbourhood | None]:
        self.reads += 1
        return self.store.neighbourhoods(subjects, version)


def test_what_many_readers_come_for_is_worked_out_once() -> None:
    with open_store("sqlite:///:memory:") as store:
        begun(Service(store), 5, 6)
        counting: Any = Counting(store)
        service = Service(counting)
        page = service.feed(Place(0))
        reads = counting.reads
        assert reads > 0
        for department in ("nat", "city"):
            told = service.feed(Place(0), None, department)
            for entry, part in zip(page["changes"], told["changes"], strict=True):
                assert part["items"] == [item for item in entry["items"] if item["department"] == department]
        assert service.feed(Place(0)) == page
        assert counting.reads == reads


def test_a_place_is_a_word_and_back() -> None:
    for place in (Place(0), Place(7, date(2026, 1, 1), date(2026, 2, 1), "某主体"), Place(2**53, None, None, "")):
        assert Place.read(place.text) == place
        assert place.text.replace("-", "").replace("_", "").isalnum()


@pytest.mark.parametrize(
    "word", ["", "x", "W10", "bnVsbA", "W3RydWUsbnVsbCxudWxsLG51bGxd", "Wy0xLG51bGwsbnVsbCxudWxsXQ", "某"]
)
def test_a_word_that_is_no_place_is_refused(word: str) -> None:
    with pytest.raises(MalformedRequest) as caught:
        Place.read(word)
    assert caught.value.detail_code == "cursor.malformed"
