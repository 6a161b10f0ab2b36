"""The measures of a page: one row each, grouped by standing."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from memoranda.cleaning import STANDINGS, StandingInLaw, cleaned, obstacle
from memoranda.model import Measure, Target
from memoranda.pages_markdown import code, linked, shown, table
from memoranda.reading import (
    ahead_zh,
    article_zh,
    articles_zh,
    bound_by_region,
    document_zh,
    list_term_zh,
    matters_zh,
    notes_of,
    obstacle_zh,
    reached_zh,
    region_zh,
    slot_zh,
    span_zh,
    standing_zh,
    term_zh,
)
from memoranda.reading_condition import measure_condition_zh
from memoranda.rulebook import Rulebook
from memoranda.words import EFFECT_ZH

HEADS = ("措施", "效力", "实施部门", "依据", "适用对象", "期限", "现状")
BREAK = "<br>"


def by_standing(book: Rulebook, measures: Iterable[Measure], day: date) -> Mapping[StandingInLaw, list[Measure]]:
    """Group measures by standing, what is alive first; only standings that occur."""
    standings = {measure.id: (measure, cleaned(book, measure.id, day).standing) for measure in measures}
    grouped = {one: [measure for measure, standing in standings.values() if standing == one] for one in STANDINGS}
    return {standing: _in_order(found) for standing, found in grouped.items() if found}


def _in_order(measures: list[Measure]) -> list[Measure]:
    """Put the stronger effects first; within one, by id, numbers as numbers."""
    strength = list(EFFECT_ZH)
    return sorted(measures, key=lambda measure: (strength.index(measure.effect), _natural(measure.id)))


def _natural(id_: str) -> list[tuple[int, str]]:
    """Order ids as people count: 2 before 10, 2.9 before 2.10."""
    return [(int(part) if part.isdecimal() else -1, part) for part in re.split(r"([0-9]+)", id_)]


def measure_rows(book: Rulebook, measures: Sequence[Measure], day: date, *, in_memorandum: bool) -> str:
    """Write the table of some measures; a list's page says which memorandum each comes from."""
    rows = [_row(book, measure, day, in_memorandum=in_memorandum) for measure in measures]
    return table(HEADS, rows)


def _row(book: Rulebook, measure: Measure, day: date, *, in_memorandum: bool) -> tuple[str, ...]:
    return (
        _lines(_named(book, measure, in_memorandum=in_memorandum)),
        _lines(_effect(measure)),
        _lines(_departments(book, measure)),
        _lines(_articles(book, measure, day)),
        _lines(_reached(book, measure)),
        _lines(_term(book, measure, in_memorandum=in_memorandum)),
        _lines(_standing(book, measure, day)),
    )


def _lines(cells: Iterable[str]) -> str:
    return BREAK.join(cell for cell in cells if cell)


def _named(book: Rulebook, measure: Measure, *, in_memorandum: bool) -> Iterator[str]:
    yield f"**{shown(measure.title)}**"
    memorandum = book.memorandum_of[measure.id]
    if not in_memorandum:
        yield linked(document_zh(memorandum), "../memoranda", memorandum.id)
    elif measure.lists:
        yield "只对：" + "、".join(linked(book.lists[id_].name, "../lists", id_) for id_ in measure.lists)
    yield shown(measure.item or "")
    yield f"“{shown(measure.wording)}”" if measure.wording else ""
    yield f"事项：{shown(matters_zh(book, measure))}"
    yield code(measure.id)


def _effect(measure: Measure) -> Iterator[str]:
    yield EFFECT_ZH[measure.effect]
    yield f"限于：{shown(measure.limits_to)}" if measure.limits_to else ""
    yield "只约束其他企业" if measure.elsewhere_only else ""


def _departments(book: Rulebook, measure: Measure) -> Iterator[str]:
    yield shown("、".join(book.departments[id_].name for id_ in measure.departments))
    regions = [region_zh(book, region) for region in bound_by_region(book, measure.id) if region is not None]
    yield f"及{'、'.join(regions)}的对口部门" if regions else ""


def _articles(book: Rulebook, measure: Measure, day: date) -> Iterator[str]:
    """Name each article once, with what keeps it from carrying the measure for every role that cites it."""
    cited: dict[str, list[Target]] = {}
    for target in measure.targets:
        for id_ in target.bases:
            cited.setdefault(id_, []).append(target)
    for id_, targets in cited.items():
        basis = book.bases[id_]
        obstacles = [obstacle(book, measure, target, basis, day) for target in targets]
        why = None if None in obstacles else obstacles[0]
        state = obstacle_zh(why, basis, day) if why else ("" if basis.verified else "未核实")
        days = span_zh(basis.from_, basis.until)
        told = "；".join(part for part in (days, state) if part)
        yield shown(article_zh(basis)) + (f"（{told}）" if told else "")


def _reached(book: Rulebook, measure: Measure) -> Iterator[str]:
    """Name each role, with the articles that are not those of all roles (P2), and the condition."""
    common = frozenset.intersection(*(frozenset(target.bases) for target in measure.targets))
    for target in measure.targets:
        own = articles_zh(book.bases[id_] for id_ in target.bases if id_ not in common)
        yield shown(reached_zh(target) + (f"（依{own}）" if own else ""))
    if measure.condition:
        yield f"条件：{shown(measure_condition_zh(book, measure))}"
        yield code(measure.condition)


def _term(book: Rulebook, measure: Measure, *, in_memorandum: bool) -> Iterator[str]:
    """Say the measure's own term; without one it follows the list, whose page says its term already."""
    own = term_zh(measure)
    terms = {list_term_zh(book, book.lists[id_]): None for id_ in book.lists_of(measure.id)}
    if own:
        yield shown(own)
    elif in_memorandum and len(terms) == 1:
        yield shown(f"随名单：{next(iter(terms))}")
    else:
        yield "随名单"
    yield span_zh(measure.from_, measure.until)


def _standing(book: Rulebook, measure: Measure, day: date) -> Iterator[str]:
    yield shown(standing_zh(cleaned(book, measure.id, day)))
    yield from (shown(line) for line in ahead_zh(book, measure.id, day))
    slot = slot_zh(book, measure)
    yield f"基础清单：{shown(slot)}" if slot else ""
    yield shown(notes_of(measure))
