"""依据清理: the one legal standing of each measure on a given day, derived from its data alone (R2, R6, R7, R9).

======================  =======================================================================================
standing                says
======================  =======================================================================================
``enforceable``         可执行: a `bar`, `limit` or `favour`, and an article carries it for a role it names
``weigh-only``          仅供审慎考量: the same for a `weigh` (R9)
``information-only``    仅供关注: a `watch`; it takes nothing from anybody, whether its article was read or not
``unverified``          依据待核实: an article would carry it, but nobody has confirmed that article (P1)
``no-basis``            无依据: nothing would carry it that day, even were all articles confirmed; with the reason
``not-a-public-body``   非公共机构: it addresses none but banks, associations, bureaus or media (R9)
======================  =======================================================================================

An article *would carry* a measure for a role on a day where measure and memorandum are in force (G3), and the article
is in force, of an admissible kind (R7), binds that role, and, if territorial, covers a bound department (G6). It
*carries* it where it is verified, too.

Order of precedence, the first that is true: `not-a-public-body`; `no-basis`; `information-only`; `unverified`; then
`weigh-only` or `enforceable` by effect. So each measure has exactly one, and a restriction with one of `unverified`,
`no-basis` and `not-a-public-body` is in no decision of that day (a property test holds the engine to it).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, get_args

from graph_model.calendar import Interval
from graph_model.identifiers import region_covers
from memoranda.model import ADMISSIBLE_FOR_RESTRICTIONS, RESTRICTIONS, LegalBasis, Measure, Target
from memoranda.rulebook import Rulebook

StandingInLaw = Literal["enforceable", "weigh-only", "information-only", "unverified", "no-basis", "not-a-public-body"]
STANDINGS: tuple[StandingInLaw, ...] = get_args(StandingInLaw)
SILENT: frozenset[StandingInLaw] = frozenset({"unverified", "no-basis", "not-a-public-body"})
"""Standings with which a restriction is in no decision."""
Reason = Literal[
    "withdrawn", "not-yet", "ended", "no-department", "inadmissible-kind", "other-role", "article-not-in-force",
    "other-territory",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Carried:
    """A target with the articles that carry it on a day, and those that would if somebody confirmed them."""

    target: Target
    carrying: tuple[LegalBasis, ...]
    unverified: tuple[LegalBasis, ...]


@dataclass(frozen=True, slots=True)
class Cleaned:
    """One measure's standing on one day.

    reason   why there is no basis; `None` for every other standing
    note     the words of the withdrawal, where that is the reason
    targets  every target that an article carries or would carry, in the measure's order
    """

    standing: StandingInLaw
    reason: Reason | None = None
    note: str | None = None
    targets: tuple[Carried, ...] = ()


def cleaned(book: Rulebook, measure_id: str, day: date) -> Cleaned:
    """Give the standing of a measure on a day.

    >>> from memoranda.reader import read_inline
    >>> book = read_inline({
    ...     "departments": [{"id": "mof", "name": "财政部"}], "lists": [
    ...         {"id": "l", "name": "名单", "kind": "restriction", "authority": "mof", "ends_by": "removal"}],
    ...     "legal_bases": [{"id": "b", "document": "某法", "article": "第一条", "kind": "law", "binds": ["self"]}],
    ...     "memoranda": [{"id": "M", "kind": "statutory", "title": "某法", "lists": ["l"], "measures": [
    ...         {"id": "m", "effect": "bar", "departments": ["mof"], "matters": "any",
    ...          "targets": [{"role": "self", "bases": ["b"]}]}]}]})
    >>> cleaned(book, "m", date(2026, 1, 1)).standing
    'unverified'

    """
    measure = book.measures[measure_id]
    if not any(book.departments[id_].public for id_ in measure.departments):
        return Cleaned("not-a-public-body")
    if (stopped := _stopped(book, measure, day)) is not None:
        return Cleaned(
            "no-basis", stopped, measure.withdrawn.reason if measure.withdrawn and _void(measure, day) else None
        )
    targets = tuple(_carried(book, measure, target, day) for target in measure.targets)
    found = tuple(one for one in targets if one.carrying or one.unverified)
    if not found:
        return Cleaned("no-basis", _why_none(book, measure, day))
    return Cleaned(_by_effect(measure, carried=any(one.carrying for one in found)), targets=found)


def _by_effect(measure: Measure, *, carried: bool) -> StandingInLaw:
    if measure.effect == "watch":
        return "information-only"
    if not carried:
        return "unverified"
    return "weigh-only" if measure.effect == "weigh" else "enforceable"


def _void(measure: Measure, day: date) -> bool:
    return measure.withdrawn is not None and (measure.withdrawn.on is None or measure.withdrawn.on <= day)


def _stopped(book: Rulebook, measure: Measure, day: date) -> Reason | None:
    """Say why G3 or G7 keeps the measure from binding anybody that day; `None` where neither does."""
    if _void(measure, day):
        return "withdrawn"
    memorandum = book.memorandum_of[measure.id]
    spans = (Interval(memorandum.from_, memorandum.until), Interval(measure.from_, measure.until))
    if any(span.end is not None and span.end <= day for span in spans):
        return "ended"
    if not all(span.covers(day) for span in spans):
        return "not-yet"
    return None if book.bound_departments(measure.id) else "no-department"


def _carried(book: Rulebook, measure: Measure, target: Target, day: date) -> Carried:
    fitting = [b for b in _cited(book, target) if obstacle(book, measure, target, b, day) is None]
    return Carried(
        target,
        tuple(basis for basis in fitting if basis.verified is not None),
        tuple(basis for basis in fitting if basis.verified is None),
    )


def _cited(book: Rulebook, target: Target) -> Iterator[LegalBasis]:
    return (book.bases[id_] for id_ in target.bases)


_OBSTACLES: tuple[Reason, ...] = ("inadmissible-kind", "other-role", "article-not-in-force", "other-territory")
"""What can keep an article from carrying a measure, in the order in which it is looked at."""


def alive(found: Cleaned) -> bool:
    """Whether a measure takes something from somebody or gives it: it is enforceable, or to be weighed."""
    return found.standing in ("enforceable", "weigh-only")


def without_slot(book: Rulebook, found: Mapping[str, Cleaned]) -> tuple[str, ...]:
    """Give the living restrictions that name neither a slot of the national base list nor a statute of their own."""
    return tuple(
        id_
        for id_, one in found.items()
        if alive(one) and book.measures[id_].effect in RESTRICTIONS and book.measures[id_].slot is None
    )


def obstacle(book: Rulebook, measure: Measure, target: Target, basis: LegalBasis, day: date) -> Reason | None:
    """Say what keeps an article from carrying the measure for that role (G6), verification aside."""
    if measure.effect in RESTRICTIONS and basis.kind not in ADMISSIBLE_FOR_RESTRICTIONS:
        return "inadmissible-kind"
    if target.role not in basis.binds:
        return "other-role"
    if not basis.in_force.covers(day):
        return "article-not-in-force"
    regions = [book.departments[id_].region for id_ in book.bound_departments(measure.id)]
    if basis.territory is not None and not any(region_covers(basis.territory, region) for region in regions):
        return "other-territory"
    return None


def _why_none(book: Rulebook, measure: Measure, day: date) -> Reason:
    """Give the obstacle of the article that came closest."""
    found = {
        obstacle(book, measure, target, basis, day) for target in measure.targets for basis in _cited(book, target)
    }
    return next(reason for reason in reversed(_OBSTACLES) if reason in found)


def days_of_change(book: Rulebook, measure_id: str) -> tuple[date, ...]:
    """Give every day on which the standing of a measure may become another one, ascending."""
    measure, memorandum = book.measures[measure_id], book.memorandum_of[measure_id]
    days = {measure.from_, measure.until, memorandum.from_, memorandum.until}
    days |= {measure.withdrawn.on} if measure.withdrawn is not None else set()
    for target in measure.targets:
        for basis in _cited(book, target):
            days |= {basis.from_, basis.until}
    return tuple(sorted(day for day in days if day is not None))


def course(book: Rulebook, measure_id: str) -> tuple[tuple[date | None, Cleaned], ...]:
    """Give the standings of a measure over time: each from its first day on, the first from ever (`None`)."""
    days = days_of_change(book, measure_id)
    before = days[0] - timedelta(days=1) if days and days[0] > date.min else date.min
    found: list[tuple[date | None, Cleaned]] = [(None, cleaned(book, measure_id, before))]
    for day in days:
        now = cleaned(book, measure_id, day)
        if now.standing != found[-1][1].standing:
            found.append((day, now))
    return tuple(found)


def read_until(book: Rulebook) -> date:
    """Give the day up to which the law of this book was last confirmed: the latest verification of an article.

    Pages tell standings as of this day, so that they follow from the files alone and never from a clock (P7).
    A book in which nothing is verified gives the first of all days.
    """
    return max((basis.verified.on for basis in book.bases.values() if basis.verified), default=date.min)


def standings(book: Rulebook, day: date, measures: Iterable[str] | None = None) -> dict[str, Cleaned]:
    """Give the standing of every measure, or of those named, by id."""
    return {id_: cleaned(book, id_, day) for id_ in (book.measures if measures is None else sorted(measures))}
