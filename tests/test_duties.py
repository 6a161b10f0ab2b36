"""A department's duties are those that checks of everybody would name, however they are paged (J2, J3, P5)."""

from datetime import date
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.duties import DutiesPlace
from engine.question import Json
from engine.service import Service
from graph_model.errors import MalformedRequest, UnknownDepartment, UnknownVersion, VersionNotYet
from graph_model.stores import open_store
from tests.change_histories import History, a_day, begun
from tests.conftest import Opening
from tests.oracle import withheld_by
from tests.oracle_items import items_of
from tests.oracle_world import World
from tests.worlds import SUBJECTS

SEEDS = st.integers(min_value=0, max_value=2**20)
Row = tuple[str, str, str, str, str, frozenset[str], frozenset[str]]


def expected(history: History, version: int, department: str, day: date) -> list[Row]:
    """Every item of the department by the oracle: (subject, measure, designation, role, status, reasons, by)."""
    law = history.laws[version]
    assert law is not None
    world = World(history.standings[version].facts(), law)
    rows: list[Row] = []
    for subject in (s for s in SUBJECTS if world.is_registered(s)):
        for item in items_of(world, subject, department):
            value, reasons = item.state(day)
            if value is not False:
                by = frozenset(withheld_by(item, day))
                status = "unresolved" if value is None else "withheld" if by else "duty"
                rows.append(
                    (subject, item.measure.id, item.designation.id, item.target.role, status, frozenset(reasons), by)
                )
    return sorted(rows, key=lambda row: row[:4])


def row_of(duty: Json) -> Row:
    told = tuple(duty[name] for name in ("subject", "measure", "designation", "role", "status"))
    return *told, frozenset(duty["reasons"]), frozenset(duty["withheld_by"])


def read_all(service: Service, place: DutiesPlace, chance: Random) -> list[Json]:
    """All pages, of whatever size, cut whenever there is enough; nothing is said complete before the end."""
    found: list[Json] = []
    for _ in range(10_000):
        enough = chance.random() < 0.5
        page = service.duties(place, chance.choice((1, 2, 3, 1_000)), lambda enough=enough: enough)  # type: ignore[misc]  # a default binds it
        found += page["duties"]
        assert page["complete"] == (page["next"] is None)
        if page["complete"]:
            return found
        place = DutiesPlace.read(page["next"])
    raise AssertionError("no end")


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS)
def test_the_pages_hold_what_the_oracle_finds_each_item_once(seed: int) -> None:
    chance = Random(seed)
    with open_store("sqlite:///:memory:") as store:
        history = begun(Service(store), seed, 7)
        latest = store.latest_version()
        for version in {chance.randint(1, latest), latest}:
            for department in ("nat", "city", "other"):
                day = a_day(chance)
                found = read_all(history.service, DutiesPlace(department, version, day), chance)
                rows = [row_of(duty) for duty in found]
                assert sorted(rows, key=lambda row: row[:4]) == expected(history, version, department, day)
                assert [row[0] for row in rows] == sorted(row[0] for row in rows)


def test_all_pages_are_of_the_first_ones_version() -> None:
    cut = 0
    for seed in range(60):
        chance = Random(seed)
        with open_store("sqlite:///:memory:") as store:
            history = begun(Service(store), seed, 7)
            version, day = store.latest_version(), date(2024, 2, 1)
            first = history.service.duties(DutiesPlace("nat", version, day), 1)
            found = first["duties"]
            if not first["complete"]:
                cut += 1
                for _ in range(3):
                    history.step()
                found += read_all(history.service, DutiesPlace.read(first["next"]), chance)
            rows = sorted(map(row_of, found), key=lambda row: row[:4])
            assert rows == expected(history, version, "nat", day)
    assert cut > 5


@pytest.mark.parametrize("seed", [1, 4])
def test_every_store_gives_the_same_pages(opening: Opening, seed: int) -> None:
    pages = []
    for opened in (lambda: open_store("sqlite:///:memory:"), opening):
        with opened() as store:
            service = begun(Service(store), seed, 7).service
            place = DutiesPlace("nat", store.latest_version(), date(2024, 2, 1))
            pages.append([service.duties(place, most) for most in (1, 1_000)])
    assert pages[0] == pages[1]


def test_what_cannot_be_told_is_refused() -> None:
    with open_store("sqlite:///:memory:") as store:
        service = begun(Service(store), 3, 3).service
        latest = store.latest_version()
        day = date(2024, 1, 1)
        for place, refusal in (
            (DutiesPlace("nobody", latest, day), UnknownDepartment),
            (DutiesPlace("nat", latest + 1, day), VersionNotYet),
            (DutiesPlace("nat", 0, day), UnknownVersion),
        ):
            with pytest.raises(refusal):
                service.duties(place, 10)


def test_a_place_is_a_word_and_back_and_nothing_else_is_one() -> None:
    place = DutiesPlace("某局", 7, date(2026, 1, 1), "主体", 3)
    assert DutiesPlace.read(place.text) == place
    for word in ("", place.text[:-4], "bnVsbA"):
        with pytest.raises(MalformedRequest) as caught:
            DutiesPlace.read(word)
        assert caught.value.detail_code == "cursor.malformed"
