"""One entry of the law on one card: everything it says and everything that hangs on it, as labelled lines."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from memoranda.cleaning import Cleaned, alive, cleaned, obstacle
from memoranda.model import LegalBasis, Measure, Target
from memoranda.reading import (
    ahead_zh,
    article_facts,
    article_zh,
    base_list_doubt_zh,
    bound_by_region,
    document_zh,
    list_term_zh,
    notes_of,
    obstacle_zh,
    reached_zh,
    region_zh,
    slot_zh,
    span_zh,
    standing_zh,
    term_zh,
    way_out_zh,
)
from memoranda.reading_condition import defect_zh, measure_condition_zh, words_of
from memoranda.rulebook import Rulebook
from memoranda.words import (
    DOCUMENT_ZH,
    EFFECT_ZH,
    FACT_ZH,
    GROUND_ZH,
    LIST_ZH,
    MEMORANDUM_ZH,
    ROLE_ZH,
    STANDING_ZH,
)


@dataclass(frozen=True, slots=True)
class Row:
    """A label and what stands beside it, line by line; a line that begins with two spaces belongs to the one above."""

    label: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """An entry as it is shown: its section, id and title, and the rows that have something to say."""

    section: str
    id: str
    title: str
    rows: tuple[Row, ...]


def cards_of(book: Rulebook, id_: str, day: date) -> tuple[Card, ...]:
    """Give a card for each entry of that id, of whatever kind; none where there is no such entry."""
    found = ((section, make) for section, entries, make in _sections(book) if id_ in entries)
    return tuple(
        Card(section, id_, title, tuple(row for row in rows if any(row.lines)))
        for section, make in found
        for title, rows in [make(book, id_, day)]
    )


_Made = tuple[str, list[Row]]


def _sections(book: Rulebook) -> Iterator[tuple[str, Iterable[str], Callable[[Rulebook, str, date], _Made]]]:
    yield "measures", book.measures, _measure
    yield "lists", book.lists, _list
    yield "memoranda", book.memoranda, _memorandum
    yield "bases", book.bases, _basis
    yield "base_list", book.base_list, _base_list_entry
    yield "matters", book.matters, _matter
    yield "departments", book.departments, _department


def _row(label: str, *lines: str) -> Row:
    return Row(label, lines)


def _measure(book: Rulebook, id_: str, day: date) -> _Made:
    measure, memorandum = book.measures[id_], book.memorandum_of[id_]
    found = cleaned(book, id_, day)
    return measure.title, [
        _row("文件", f"{document_zh(memorandum)}{measure.item or ''} [{memorandum.id}]"),
        _row("原文用语", measure.wording or ""),
        _row("效力", f"{EFFECT_ZH[measure.effect]} {measure.effect}", *_limits(measure)),
        _row("现状", f"{standing_zh(found)} {found.standing}（截至 {day}）", *ahead_zh(book, id_, day)),
        _row("及于", reach_zh(book, measure, found)),
        _row("名单", *(_named(book.lists[name].name, name) for name in book.lists_of(id_))),
        _row("依据", *(line for target in measure.targets for line in _target(book, measure, target, day))),
        _row("条件", measure_condition_zh(book, measure), measure.condition or ""),
        _row("期限", term_zh(measure)),
        _row("施行期间", span_zh(measure.from_, measure.until)),
        _row("实施部门", *_departments(book, id_)),
        _row("事项", *_matters(book, measure)),
        _row("基础清单", slot_zh(book, measure)),
        _row("停止享受", *_withheld(book, measure)),
        _row("说明", notes_of(measure)),
    ]


def _named(name: str, id_: str) -> str:
    return f"{name} [{id_}]"


def _limits(measure: Measure) -> Iterator[str]:
    if measure.limits_to:
        yield f"限于：{measure.limits_to}"
    if measure.elsewhere_only:
        yield "只约束其他企业，不约束被列入的企业自身"


def reach_zh(book: Rulebook, measure: Measure, found: Cleaned) -> str:
    """Say in one sentence whom a measure reaches that day, and under which conditions."""
    reached = [one for one in found.targets if one.carrying]
    if not reached:
        return "该日不及于任何人"
    whom = "、".join(reached_zh(one.target) for one in reached)
    condition = "，且符合所列条件" if measure.condition else ""
    lists = "、".join(f"“{book.lists[id_].name}”" for id_ in book.lists_of(measure.id))
    return f"{lists}所列主体，及于：{whom}{condition}"


def _target(book: Rulebook, measure: Measure, target: Target, day: date) -> Iterator[str]:
    yield f"{reached_zh(target)} {target.role}"
    for basis in (book.bases[id_] for id_ in target.bases):
        why = obstacle(book, measure, target, basis, day)
        state = obstacle_zh(why, basis, day) if why else ("成立" if basis.verified else "未核实，不生效")
        yield f"  {article_zh(basis)} [{basis.id}] — {state}"
        yield f"  　{article_facts(book, basis)}"


def _departments(book: Rulebook, id_: str) -> Iterator[str]:
    for region, departments in bound_by_region(book, id_).items():
        names = "、".join(_named(book.departments[name].name, name) for name in departments)
        yield names if region is None else f"{region_zh(book, region)}：{names}"


def _matters(book: Rulebook, measure: Measure) -> Iterator[str]:
    if measure.matters == "any":
        yield "所有事项 any"
    else:
        yield from (_named(book.matters[name].name, name) for name in measure.matters)


def _withheld(book: Rulebook, measure: Measure) -> Iterator[str]:
    if measure.withheld_by is not None:
        lists = measure.withheld_by.lists
        names = ["任一严重失信名单"] if lists == "restriction" else [book.lists[id_].name for id_ in lists]
        yield f"列入{'、'.join(names)}的期间"
        yield from (f"  {article_zh(book.bases[id_])}" for id_ in measure.withheld_by.bases)


def measure_lines(book: Rulebook, measures: Iterable[str], day: date) -> tuple[str, ...]:
    """Tell measures one a line, grouped by standing: what is alive comes first, what is not is only counted."""
    lines: list[str] = []
    silent: dict[str, int] = {}
    for id_ in measures:
        found = cleaned(book, id_, day)
        if alive(found):
            measure = book.measures[id_]
            lines.append(f"{EFFECT_ZH[measure.effect]}　{_named(measure.title, id_)}")
        else:
            silent[STANDING_ZH[found.standing]] = silent.get(STANDING_ZH[found.standing], 0) + 1
    lines.sort(key=lambda line: [*EFFECT_ZH.values()].index(line.partition("　")[0]))
    rest = "，".join(f"{name} {count} 项" for name, count in silent.items())
    return (*lines, f"另有：{rest}") if rest else tuple(lines)


def _list(book: Rulebook, id_: str, day: date) -> _Made:
    official = book.lists[id_]
    words = words_of(book, official)
    facts = [
        f"{name}（{FACT_ZH[kind]}）{words.get(f'fact.{name}', '')}" for name, kind in sorted(official.facts.items())
    ]
    return official.name, [
        _row("种类", f"{LIST_ZH[official.kind]} {official.kind}"),
        _row("认定机关", _named(book.departments[official.authority].name, official.authority)),
        _row("期限", list_term_zh(book, official)),
        _row("告知", "列入前须告知" if official.notice_required else ""),
        _row("不得列入", defect_zh(book, official), official.defective_if or ""),
        _row("列明事实", "；".join(facts)),
        _row("修复", way_out_zh(book, official.repair)),
        _row("异议", way_out_zh(book, official.objection)),
        _row("豁免事由", "、".join(GROUND_ZH[ground] for ground in official.exemption_grounds)),
        _row("措施", *measure_lines(book, (measure.id for measure in book.measures_on(id_)), day)),
    ]


def _memorandum(book: Rulebook, id_: str, day: date) -> _Made:
    memorandum = book.memoranda[id_]
    return memorandum.title, [
        _row("种类", f"{MEMORANDUM_ZH[memorandum.kind]} {memorandum.kind}"),
        _row("文号", memorandum.document_no or ""),
        _row("施行期间", span_zh(memorandum.from_, memorandum.until)),
        _row("地域", region_zh(book, memorandum.region) if memorandum.region else ""),
        _row("名单", *(_named(book.lists[name].name, name) for name in memorandum.lists)),
        _row("措施", *measure_lines(book, (measure.id for measure in memorandum.measures), day)),
    ]


def _basis(book: Rulebook, id_: str, day: date) -> _Made:
    basis = book.bases[id_]
    resting = (
        measure.id for measure in book.measures.values() if any(id_ in target.bases for target in measure.targets)
    )
    return article_zh(basis), [
        _row("位阶", f"{DOCUMENT_ZH[basis.kind]} {basis.kind}"),
        _row("施行期间", span_zh(basis.from_, basis.until)),
        _row("地域", region_zh(book, basis.territory) if basis.territory else ""),
        _row("约束身份", "、".join(f"{ROLE_ZH[role]} {role}" for role in basis.binds)),
        _row("核实", _verified(basis)),
        _row("所支持的措施", *measure_lines(book, resting, day)),
    ]


def _verified(basis: LegalBasis) -> str:
    if basis.verified is None:
        return "尚无人核实：不限制任何人"
    source = f"，出处 {basis.verified.source}" if basis.verified.source else ""
    return f"{basis.verified.on}，{basis.verified.by}{source}"


def _base_list_entry(book: Rulebook, id_: str, day: date) -> _Made:
    entry = book.base_list[id_]
    within = [other.id for other in book.base_list.values() if other.class_ == id_]
    mapped = (measure.id for measure in book.measures.values() if measure.slot in (id_, *within))
    gist = entry.extras.get("x-gist", "")
    return entry.name, [
        _row(
            "类别",
            _named(book.base_list[entry.class_].name, entry.class_) if entry.class_ else "全国失信惩戒措施基础清单",
        ),
        _row("各项", *(_named(book.base_list[name].name, name) for name in within)),
        _row("内容", gist if isinstance(gist, str) else ""),
        _row("凭据", base_list_doubt_zh(entry)),
        _row("所列依据", *(f"{article_zh(book.bases[name])} [{name}]" for name in entry.bases)),
        _row("归入的措施", *measure_lines(book, mapped, day)),
    ]


def _matter(book: Rulebook, id_: str, day: date) -> _Made:
    asked = frozenset(book.ancestors(id_))
    applying = (
        measure.id
        for measure in book.measures.values()
        if measure.matters == "any" or not asked.isdisjoint(measure.matters)
    )
    return book.matters[id_].name, [
        _row("上级事项", *(_named(book.matters[name].name, name) for name in book.ancestors(id_)[1:])),
        _row("下级事项", *(_named(book.matters[name].name, name) for name in sorted(book.descendants(id_)))),
        _row("适用的措施", *measure_lines(book, applying, day)),
    ]


def _department(book: Rulebook, id_: str, day: date) -> _Made:
    department = book.departments[id_]
    chain = book.counterpart_chain(id_)[1:]
    counterparts = [other.id for other in book.departments.values() if other.counterpart_of == id_]
    binding = (measure for measure in book.measures if id_ in book.bound_departments(measure))
    return department.name, [
        _row("地域", region_zh(book, department.region) if department.region else "全国"),
        _row("性质", "" if department.public else "非公共机构：不受命令"),
        _row("对口上级", *(_named(book.departments[name].name, name) for name in chain)),
        _row("地方对口", *(_named(book.departments[name].name, name) for name in counterparts)),
        _row("应实施的措施", *measure_lines(book, binding, day)),
    ]
