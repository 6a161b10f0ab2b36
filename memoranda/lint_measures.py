"""What a measure says by itself: its words, departments, condition, term, days, and its likeness to others."""

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any

from graph_model.calendar import Interval, add_months
from memoranda.lint_bases import Aim, latest, of_target, overlap
from memoranda.lint_codes import Finding, found, place_of
from memoranda.lint_condition import never_true
from memoranda.lint_lists import longest_months
from memoranda.model import RESTRICTIONS, Measure, Memorandum
from memoranda.rulebook import Rulebook
from memoranda.rulebook_content import file_form

WEAK_WORDING = ("参考", "审慎", "可以")
POINTER = "依法依规"
LONGEST_PURSUIT = 60
"""Months within which conduct can still be pursued at most (行政处罚法第三十六条: five years)."""
NAMES = frozenset({"id", "title", "item", "wording", "slot"})
"""Keys by which a measure may be called otherwise and still be the same."""


def of_measure(book: Rulebook, measure: Measure, on: date | None) -> Iterator[Finding]:
    """Look at one measure; at one that is withdrawn, not at all."""
    if measure.withdrawn is not None:
        return
    place = place_of(book, "measures", measure.id)
    days = days_of(book, measure)
    if days is None:
        yield found(
            "measure.never-in-force", place, "措施与备忘录的期间没有交集", "核对 from 与 until，或写明 withdrawn"
        )
        return
    if not measure.matters:
        yield found("measure.no-matters", place, "没有任何事项", "写明 matters，或 any")
    yield from _of_departments(book, measure, place)
    if measure.effect in {"bar", "limit"}:
        yield from _of_wording(place, _without_powers(book, measure))
        yield from _of_retroactivity(book, measure, on, place)
    if never_true(book, measure):
        what = f"条件“{measure.condition}”对任何身份、任何名单都不成立（G8）"
        yield found("condition.never-true", place, what, "核对条件里的取值，或写明 withdrawn")
    yield from _of_term(book, measure, place)
    for target in measure.targets:
        yield from of_target(Aim(book, measure, target, days, on, f"{place} / {target.role}"))
    if measure.withheld_by is not None:
        cited = [book.bases[id_] for id_ in measure.withheld_by.bases]
        withholding = [basis for basis in cited if basis.verified is not None and "self" in basis.binds]
        if not withholding:
            what = "没有已核实且约束 self 的依据，激励不会停止"
            yield found("withholding.unverified", place, what, "核实依据")
        elif on is not None and days.covers(on) and not any(basis.in_force.covers(on) for basis in withholding):
            what = f"{on}：停止激励的依据 {'、'.join(basis.id for basis in withholding)} 都不在施行"
            yield found("withholding.not-in-force", place, what, "补上现行依据")


def _of_departments(book: Rulebook, measure: Measure, place: str) -> Iterator[Finding]:
    if not book.bound_departments(measure.id):
        yield found("department.nobody", place, "没有部门受其约束", "核对 departments 与备忘录的 region")
    foreign = [id_ for id_ in measure.departments if not book.departments[id_].public]
    if foreign and measure.effect != "watch":
        code = "favour.not-public" if measure.effect == "favour" else "department.not-public"
        what = f"不能命令非公共机构 {'、'.join(foreign)}（R9）"
        yield found(code, place, what, "改为对监管部门的 watch，或写明 withdrawn")


def _without_powers(book: Rulebook, measure: Measure) -> str:
    """Give the wording; without 可以 where that is a power whose use is itself a decision on record (R9)."""
    decided = all(book.lists[id_].kind == "record" for id_ in book.lists_of(measure.id))
    wording = measure.wording or ""
    return wording.replace("可以", "") if decided and {t.role for t in measure.targets} == {"self"} else wording


def _of_wording(place: str, wording: str) -> Iterator[Finding]:
    weak = [word for word in WEAK_WORDING if word in wording]
    if weak:
        what = f"措辞“{wording}”含“{weak[0]}”，至多是 weigh（R9）"
        yield found("wording.too-weak", place, what, "把 effect 改为 weigh")
    elif POINTER in wording:
        what = f"措辞“{wording}”只是指引，单凭它至多是 weigh（R9）"
        yield found("wording.pointer", place, what, "改为 weigh，或引用具体条文")


def _of_term(book: Rulebook, measure: Measure, place: str) -> Iterator[Finding]:
    if measure.term is None:
        return
    terms = {id_: longest_months(book.lists[id_]) for id_ in book.lists_of(measure.id)}
    shorter = [f"{id_}（{months} 个月）" for id_, months in terms.items() if months and months < measure.term.months]
    if shorter:
        what = f"期限 {measure.term.months} 个月，长于名单 {'、'.join(shorter)}，多出的无效（R5）"
        yield found("term.longer-than-list", place, what, "核对哪个期限有条文；较长的对，则改挂决定记录名单")


def _of_retroactivity(book: Rulebook, measure: Measure, on: date | None, place: str) -> Iterator[Finding]:
    """Say where conduct from before the law can still be reached on that day, and no condition leaves it out."""
    start = _start(book, measure)
    if on is None or start is None or on < start or _asks_for_a_day(book, measure):
        return
    reaches = [_reach(book, measure, id_) for id_ in book.lists_of(measure.id)]
    months = max((reach for reach in reaches if reach is not None), default=0)
    until = add_months(start, months)
    if months and (until is None or on < until):
        what = f"自 {start} 起才有依据，{on} 仍可能及于此前的行为，条件未排除"
        yield found(
            "measure.retroactive", place, what, f'条件加上 designation.conduct_on >= d"{start}"，或引用此前的条文'
        )


def _start(book: Rulebook, measure: Measure) -> date | None:
    """Give the day from which every target can be reached; `None`: as far back as we know."""
    memorandum = book.memorandum_of[measure.id]
    starts = [memorandum.from_, measure.from_]
    for target in measure.targets:
        fitting = [book.bases[id_] for id_ in target.bases if target.role in book.bases[id_].binds]
        carrying = [basis.from_ for basis in fitting if basis.verified is not None]
        starts.append(min((day or date.min for day in carrying), default=None))
    start = latest(starts)
    return None if start == date.min else start


def _asks_for_a_day(book: Rulebook, measure: Measure) -> bool:
    condition = book.condition_of.get(measure.id)
    symbols = condition.symbols if condition is not None else ()
    facts = book.lists[book.lists_of(measure.id)[0]].facts
    asked = {"designation.conduct_on", "designation.event_on", "designation.decided_on"}
    return any(name in asked or facts.get(name.removeprefix("fact.")) == "day" for name in symbols)


def _reach(book: Rulebook, measure: Measure, list_id: str) -> int | None:
    """Give the months for which conduct counts, at most; `None` where the listing is about a state that goes on."""
    official = book.lists[list_id]
    if official.ends_by == "performance":
        return None
    terms = [longest_months(official), measure.term.months if measure.term is not None else None]
    return min([months for months in terms if months is not None], default=LONGEST_PURSUIT)


def twins(book: Rulebook) -> Iterator[Finding]:
    """Look for measures that differ only in name; one finding for all that are alike."""
    alike: dict[str, list[str]] = defaultdict(list)
    for measure in book.measures.values():
        if measure.withdrawn is None:
            alike[_without_names(book, measure)].append(measure.id)
    for first, *others in alike.values():
        if others:
            what = f"与 {'、'.join(others)} 只有名称不同"
            yield found(
                "measure.twin", place_of(book, "measures", first), what, "合并，或写出二者的差别（事项、部门、依据）"
            )


def _without_names(book: Rulebook, measure: Measure) -> str:
    memorandum = book.memorandum_of[measure.id]
    said: dict[str, Any] = {
        key: value for key, value in file_form(measure).items() if key not in NAMES and not key.startswith("x-")
    }
    said["lists"] = sorted(book.lists_of(measure.id))
    said["of"] = [str(memorandum.from_), str(memorandum.until), memorandum.region]
    return json.dumps(said, sort_keys=True)


def of_memorandum(book: Rulebook, memorandum: Memorandum, on: date | None) -> Iterator[Finding]:
    """Say which laws that its restrictions rest on were changed after the memorandum was signed."""
    if memorandum.from_ is None or memorandum.kind != "memorandum":
        return
    cited = {
        book.bases[id_].document
        for measure in memorandum.measures
        if measure.withdrawn is None and measure.effect in RESTRICTIONS | {"favour"}
        for target in measure.targets
        for id_ in target.bases
    }
    changed = {document: day for document in sorted(cited) if (day := _last_change(book, document, on)) is not None}
    later = [f"《{document}》{day}" for document, day in changed.items() if day > memorandum.from_]
    if later:
        what = f"签署（{memorandum.from_}）之后，所引法律有修改或新订：{'、'.join(later)}"
        place = place_of(book, "memoranda", memorandum.id)
        yield found("memorandum.older-than-law", place, what, "逐项核对各措施所引条文是否仍在、序号是否改变")


def _last_change(book: Rulebook, document: str, on: date | None) -> date | None:
    """Give the last day, up to `on`, from which the book knows an article of the document."""
    known = (basis.from_ for basis in book.bases.values() if basis.document == document)
    return latest(day for day in known if day is not None and (on is None or day <= on))


def days_of(book: Rulebook, measure: Measure) -> Interval | None:
    """Give the days on which measure and memorandum are both in force; `None` where there are none (G3)."""
    memorandum = book.memorandum_of[measure.id]
    return overlap(Interval(measure.from_, measure.until), Interval(memorandum.from_, memorandum.until))
