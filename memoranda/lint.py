"""What is wrong with a rulebook that can be read: law that over-reaches, or cannot bite.

Errors must be mended before a book is published; warnings are to be known.

==============================  =======  ====================================================================
code                            level    says
==============================  =======  ====================================================================
``restriction.inadmissible``    error    a target of a restriction cites only kinds that may not carry one (R7)
``restriction.role-not-bound``  error    its verified, admissible bases all bind other roles than the target's (G6)
``restriction.unverified``      warning  nobody has verified an admissible basis of a target: it restricts nobody (P1)
``basis.never-in-force``        error    no basis of a target is in force while the measure is (G6)
``basis.lapses``                warning  the measure goes on after the last basis of a target has ended (G6)
``basis.covers-nobody``         warning  a target rests on local regulations alone that cover no department (R6)
``wording.too-weak``            error    参考, 审慎 or 可以 as `bar` or `limit` (R9)
``wording.pointer``             warning  a pointer clause (依法依规予以…) as `bar` or `limit` (R9)
``department.not-public``       error    a restriction commands a bank, association or bureau (R9)
``department.nobody``           error    no department is bound: none lies in the memorandum's region (G7)
``measure.never-in-force``      error    the measure's days and its memorandum's do not meet (G3)
``measure.no-matters``          error    a measure for no matter at all (J2)
``withholding.unverified``      warning  nothing verified and binding `self` lets the favour be withheld (R10)
``list.no-exit``                error    a restriction rests on a record list, and neither ends (P4)
``list.term-open``              warning  a term by a fact leaves some values without end, and nothing else ends it (P4)
``list.no-remedy``              warning  restrictions, but neither repair nor objection (P4)
==============================  =======  ====================================================================

A measure that is withdrawn is not looked at.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from graph_model.calendar import Interval
from graph_model.identifiers import region_covers
from memoranda.model import (
    ADMISSIBLE_FOR_RESTRICTIONS,
    RESTRICTIONS,
    LegalBasis,
    Measure,
    OfficialList,
    Target,
    TermBy,
)
from memoranda.rulebook import Rulebook

WEAK_WORDING = ("参考", "审慎", "可以")
POINTER = "依法依规"


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing to mend: `place` names the entry (`file:line` first, where it came from a file), `remedy` what to do.

    Codes never change meaning.
    """

    code: str
    level: Literal["error", "warning"]
    place: str
    what: str
    remedy: str


def lint(book: Rulebook) -> tuple[Finding, ...]:
    """Look through a whole book; errors first, then by code and place."""
    found = [finding for measure in book.measures.values() for finding in _of_measure(book, measure)]
    found += [finding for official in book.lists.values() for finding in _of_list(book, official)]
    return tuple(sorted(found, key=lambda finding: (finding.level, finding.code, finding.place, finding.what)))


def _of_measure(book: Rulebook, measure: Measure) -> Iterator[Finding]:
    if measure.withdrawn is not None:
        return
    place = _place(book, "measures", measure.id)
    restricts = measure.effect in RESTRICTIONS
    days = _days(book, measure)
    if days is None:
        yield Finding(
            "measure.never-in-force",
            "error",
            place,
            "措施与备忘录的期间没有交集",
            "核对 from 与 until，或写明 withdrawn",
        )
        return
    if not measure.matters:
        yield Finding("measure.no-matters", "error", place, "没有任何事项", "写明 matters，或 any")
    if not book.bound_departments(measure.id):
        yield Finding("department.nobody", "error", place, "没有部门受其约束", "核对 departments 与备忘录的 region")
    if measure.effect in {"bar", "limit"}:
        yield from _of_wording(place, _without_powers(book, measure))
    foreign = [id_ for id_ in measure.departments if not book.departments[id_].public]
    if restricts and foreign:
        yield Finding(
            "department.not-public",
            "error",
            place,
            f"不能命令非公共机构 {'、'.join(foreign)}（R9）",
            "改为对监管部门的 watch，或写明 withdrawn",
        )
    for target in measure.targets:
        yield from _of_target(book, measure, target, days, f"{place} / {target.role}")
    if measure.withheld_by is not None:
        bases = [book.bases[id_] for id_ in measure.withheld_by.bases]
        if not any(basis.verified is not None and "self" in basis.binds for basis in bases):
            yield Finding(
                "withholding.unverified", "warning", place, "没有已核实且约束 self 的依据，激励不会停止", "核实依据"
            )


def _without_powers(book: Rulebook, measure: Measure) -> str:
    """Give the wording; without 可以 where that is a power whose use is itself a decision on record (R9)."""
    decided = all(book.lists[id_].kind == "record" for id_ in book.lists_of(measure.id))
    wording = measure.wording or ""
    return wording.replace("可以", "") if decided and {t.role for t in measure.targets} == {"self"} else wording


def _of_wording(place: str, wording: str) -> Iterator[Finding]:
    weak = [word for word in WEAK_WORDING if word in wording]
    if weak:
        yield Finding(
            "wording.too-weak",
            "error",
            place,
            f"措辞“{wording}”含“{weak[0]}”，至多是 weigh（R9）",
            "把 effect 改为 weigh",
        )
    elif POINTER in wording:
        yield Finding(
            "wording.pointer",
            "warning",
            place,
            f"措辞“{wording}”只是指引，单凭它至多是 weigh（R9）",
            "改为 weigh，或引用具体条文",
        )


def _of_target(book: Rulebook, measure: Measure, target: Target, days: Interval, place: str) -> Iterator[Finding]:
    restricts = measure.effect in RESTRICTIONS
    bases = [book.bases[id_] for id_ in target.bases]
    admissible = [b for b in bases if not restricts or b.kind in ADMISSIBLE_FOR_RESTRICTIONS]
    verified = [b for b in admissible if b.verified is not None]
    carrying = [b for b in verified if target.role in b.binds]
    if not admissible:
        kinds = "、".join(sorted({b.kind for b in bases}))
        yield Finding(
            "restriction.inadmissible",
            "error",
            place,
            f"只引用了 {kinds}，不足以支持限制（R7）",
            "引用法律法规，或写明 withdrawn",
        )
    elif restricts and not verified:
        yield Finding(
            "restriction.unverified", "warning", place, "没有已核实的依据，不限制任何人（P1）", "核实后写明 verified"
        )
    elif restricts and not carrying:
        yield Finding(
            "restriction.role-not-bound",
            "error",
            place,
            f"已核实的依据都不约束身份 {target.role}（G6）",
            "引用约束该身份的条文，或删去该 target",
        )
    elif carrying:
        yield from _of_carrying(book, measure, carrying, days, place)


def _of_carrying(
    book: Rulebook, measure: Measure, carrying: list[LegalBasis], days: Interval, place: str
) -> Iterator[Finding]:
    if all(_overlap(basis.in_force, days) is None for basis in carrying):
        yield Finding(
            "basis.never-in-force", "error", place, "措施有效期间，没有一条依据有效（G6）", "核对依据的 from 与 until"
        )
        return
    last = max(basis.until or date.max for basis in carrying)
    if last < (days.end or date.max):
        yield Finding(
            "basis.lapses", "warning", place, f"依据至 {last} 全部失效，措施却继续（G6）", "补上新依据，或写明 until"
        )
    regions = [book.departments[id_].region for id_ in book.bound_departments(measure.id)]
    territories = [basis.territory for basis in carrying if basis.territory is not None]
    if len(territories) == len(carrying) and not any(region_covers(t, r) for t in territories for r in regions):
        yield Finding(
            "basis.covers-nobody", "warning", place, "地方性法规不覆盖任何受约束的部门（R6）", "核对 territory"
        )


def _of_list(book: Rulebook, official: OfficialList) -> Iterator[Finding]:
    place = _place(book, "lists", official.id)
    restrictions = [m for m in book.measures_on(official.id) if m.effect in RESTRICTIONS and m.withdrawn is None]
    ended = official.until_required or official.ends_by is not None
    endless = [m.id for m in restrictions if m.term is None]
    if official.kind == "record" and endless and not ended and official.term_months is None:
        yield Finding(
            "list.no-exit",
            "error",
            place,
            f"措施 {'、'.join(endless)} 没有终点（P4）",
            "写明措施的 term，或名单的 ends_by",
        )
    if isinstance(official.term_months, TermBy) and not ended and restrictions:
        months = official.term_months
        if months.otherwise is None or None in months.months.values():
            yield Finding("list.term-open", "warning", place, "有些取值没有期限，也没有别的终点（P4）", "写明 ends_by")
    if restrictions and official.repair is None and official.objection is None:
        yield Finding("list.no-remedy", "warning", place, "既无修复也无异议途径（P4）", "写明 repair 或 objection")


def _place(book: Rulebook, section: str, id_: str) -> str:
    kind = {"measures": "措施 measure", "lists": "名单 list"}[section]
    where = book.places.get((section, id_))
    return f"{where}: {kind} `{id_}`" if where else f"{kind} `{id_}`"


def _days(book: Rulebook, measure: Measure) -> Interval | None:
    memorandum = book.memorandum_of[measure.id]
    return _overlap(Interval(measure.from_, measure.until), Interval(memorandum.from_, memorandum.until))


def _overlap(a: Interval, b: Interval) -> Interval | None:
    """Give the days that lie in both; `None` where there are none."""
    starts = [day for day in (a.start, b.start) if day is not None]
    ends = [day for day in (a.end, b.end) if day is not None]
    common = Interval(max(starts, default=None), min(ends, default=None))
    return None if common.start is not None and common.end is not None and common.end <= common.start else common
