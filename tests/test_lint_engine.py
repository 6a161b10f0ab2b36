"""What lint says cannot bind anybody binds nobody in random worlds, so its findings are about the engine's own law."""

import re
from collections.abc import Iterator
from functools import lru_cache

from engine.standing import Item, standing_of
from engine.timeline import at
from graph_model.neighbourhood import neighbourhood_of
from memoranda.lint import CODES, lint
from tests.worlds import SUBJECTS, WORLDS_PER_BOOK, RandomWorld, book_of, pairs_of, world_of
from tests.worlds_facts import CALENDAR

BOOKS, WORLDS_OF_EACH = 40, 6
NO_DUTY_EVER = {
    "restriction.inadmissible",
    "restriction.role-not-bound",
    "restriction.unverified",
    "basis.never-in-force",
    "basis.covers-nobody",
    "role.wider",
    "department.nobody",
    "measure.never-in-force",
    "condition.never-true",
}
NO_DUTY_THAT_DAY = {"basis.lapsed", "basis.not-yet"}
DAYS = CALENDAR[::4]


def worlds_of(number: int) -> Iterator[RandomWorld]:
    """Give some worlds of a random book."""
    return (world_of(number * WORLDS_PER_BOOK + extra) for extra in range(WORLDS_OF_EACH))


def items_of(number: int) -> Iterator[Item]:
    """Give the items of all subjects in these."""
    for world in worlds_of(number):
        for subject in SUBJECTS:
            around = neighbourhood_of(subject, world.facts)
            if around is not None:
                yield from standing_of(around, world.book.rulebook).items


@lru_cache(maxsize=1)
def days_of_duty() -> list[tuple[int, str, str, frozenset[str]]]:
    """Give each item's book, measure, role, and those of `DAYS` on which it is a duty."""
    return [
        (number, item.measure.id, item.target.role, frozenset(str(day) for day in DAYS if at(item.holds, day) == ()))
        for number in range(BOOKS)
        for item in items_of(number)
    ]


def named(place: str) -> tuple[str, str]:
    """Give the measure that a place names, and the role, empty where it names all."""
    found = re.fullmatch(r"措施 measure `(.+)`(?: / (\w+))?", place)
    assert found is not None, place
    return found[1], found[2] or ""


def test_a_measure_or_role_that_lint_calls_dead_is_no_duty_on_any_day() -> None:
    dead = {
        (number, *named(finding.place)): finding.code
        for number in range(BOOKS)
        for finding in lint(book_of(number).rulebook)
        if finding.code in NO_DUTY_EVER
    }
    for number, measure, role, days in days_of_duty():
        codes = [dead[key] for key in ((number, measure, role), (number, measure, "")) if key in dead]
        assert not (codes and days), (number, measure, role, codes, sorted(days))
    # Somebody has such a role towards a designation on such a list; the finding alone is why there is no duty.
    candidates = {
        (number, measure.id)
        for number in range(BOOKS)
        for world in worlds_of(number)
        for _, _, measure in pairs_of(world.facts, world.book.law)
    }
    assert len({key[:2] for key in dead} & candidates) > 50


def test_what_has_lapsed_or_is_awaited_is_no_duty_that_day() -> None:
    idle = {
        (number, *named(finding.place), str(day))
        for number in range(BOOKS)
        for day in DAYS
        for finding in lint(book_of(number).rulebook, day)
        if finding.code in NO_DUTY_THAT_DAY
    }
    wrong = [(*item[:3], day) for item in days_of_duty() for day in item[3] if (*item[:3], day) in idle]
    assert wrong == []
    assert len({item[:3] for item in days_of_duty()} & {found[:3] for found in idle}) > 5


def test_lint_takes_any_book_that_can_be_read() -> None:
    found = {finding.code for number in range(BOOKS) for day in DAYS for finding in lint(book_of(number).rulebook, day)}
    assert found <= set(CODES)
    assert len(found) > 10
