"""The law in sentences and phrases that a lawyer reads: what an entry says, made from the entry alone.

Whoever shows the law (command line, pages) takes the words from here, so that all of them say the same.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date

from memoranda.cleaning import Cleaned, Reason, cleaned, days_of_change
from memoranda.model import (
    BY_STATUTE,
    BaseListEntry,
    LegalBasis,
    Measure,
    Memorandum,
    ObjectionRight,
    OfficialList,
    Repair,
    Target,
    TermBy,
)
from memoranda.reading_condition import words_of
from memoranda.rulebook import Rulebook
from memoranda.words import (
    DAY_ZH,
    DOCUMENT_ZH,
    ENDS_ZH,
    EVIDENCE_ZH,
    HELD_ZH,
    REASON_ZH,
    ROLE_ZH,
    STANDING_ZH,
)


def article_zh(basis: LegalBasis) -> str:
    """Name an article as it is cited.

    >>> article_zh(LegalBasis(id="b", document="中华人民共和国政府采购法", article="第二十二条", kind="law"))
    '《中华人民共和国政府采购法》第二十二条'
    """
    return f"《{basis.document}》{'' if basis.article == '全文' else basis.article}"


def articles_zh(bases: Iterable[LegalBasis]) -> str:
    """Name several articles, a document that several lie in only once.

    >>> law = {"document": "某法", "kind": "law"}
    >>> articles_zh([LegalBasis(id="1", article="第一条", **law), LegalBasis(id="2", article="第二条", **law)])
    '《某法》第一条、第二条'
    """
    by_document: dict[str, dict[str, None]] = {}
    for basis in bases:
        by_document.setdefault(basis.document, {})[basis.article] = None
    return "、".join(
        f"《{document}》{'、'.join(article for article in articles if article != '全文')}"
        for document, articles in by_document.items()
    )


def span_zh(start: date | None, end: date | None, *, without: str = "") -> str:
    """Say from when until when, the end day not counted; `without` where neither is stated.

    >>> span_zh(date(2024, 7, 1), None), span_zh(None, date(2024, 7, 1))
    ('2024-07-01 起', '至 2024-07-01（当日不计）')
    """
    parts = [f"{start} 起" if start else "", f"至 {end}（当日不计）" if end else ""]
    return "，".join(part for part in parts if part) or without


def article_facts(book: Rulebook, basis: LegalBasis) -> str:
    """Say of what rank an article is, when it is law, where, and who confirmed it."""
    territory = f"限{region_zh(book, basis.territory)}" if basis.territory else ""
    read = f"{basis.verified.on} 已核实" if basis.verified else "未核实"
    parts = [DOCUMENT_ZH[basis.kind], span_zh(basis.from_, basis.until), territory, read]
    return " · ".join(part for part in parts if part)


def reached_zh(target: Target) -> str:
    """Say whom a target reaches.

    >>> reached_zh(Target(role="legal_representative", held="at_event", bases=("b",)))
    '触发事项时在任的法定代表人'
    """
    if target.role in ("self", "directly_responsible", "head_office", "branch_of", "own_business"):
        return ROLE_ZH[target.role]
    return HELD_ZH[target.held] + ROLE_ZH[target.role]


def term_zh(measure: Measure) -> str:
    """Say how long a measure lasts by itself; empty where it lasts as long as the designation."""
    if measure.term is None:
        return ""
    anchor = measure.term.from_
    since = f"事实 {anchor.removeprefix('fact.')} 所载之日" if anchor.startswith("fact.") else DAY_ZH[anchor]
    return f"自{since}起 {months_zh(measure.term.months)}"


def months_zh(months: int) -> str:
    """Say a number of months in years where it is one.

    >>> months_zh(36), months_zh(18)
    ('3 年', '18 个月')
    """
    return f"{months // 12} 年" if months % 12 == 0 else f"{months} 个月"


def list_term_zh(book: Rulebook, official: OfficialList) -> str:
    """Say how long an entry of a list stays, and what ends it (F2, P4)."""
    term = official.term_months
    ended = ENDS_ZH[official.ends_by] if official.ends_by else ""
    if isinstance(term, TermBy):
        endless = f"无期限，{ended}" if ended else "无期限"  # an act ends only what no day ends
        words, by = words_of(book, official), f"fact.{term.by}"
        told = [
            f"{words.get(by, term.by)}为{words.get(f'{by}={value}', value)}：{months_zh(m) if m else endless}"
            for value, m in sorted(term.months.items())
        ]
        other = f"其余：{months_zh(term.otherwise) if term.otherwise else endless}"
        days, ended = "；".join([*told, other]), ""
    else:
        days = f"自生效之日起 {months_zh(term)}" if term else ""
    required = "止日须由决定载明，未载明的待核" if official.until_required else ""
    return "；".join(part for part in (days, required, ended) if part) or "由各决定载明"


def way_out_zh(book: Rulebook, way: Repair | ObjectionRight | None) -> str:
    """Say how to have an entry repaired or to object to it; empty where the list knows no such way."""
    if way is None:
        return ""
    body = book.departments[way.body].name
    if isinstance(way, Repair):
        wait = f"{DAY_ZH[way.from_]}起满 {months_zh(way.after_months)}后" if way.after_months else ""
        return f"{wait}向{body}申请" + (f"：{way.conditions}" if way.conditions else "")
    days = f"{DAY_ZH[way.from_]}起 {way.days} 日内" if way.days is not None else ""
    return f"{days}向{body}提出"


def document_zh(memorandum: Memorandum) -> str:
    """Name a document with its number."""
    return memorandum.title + (f"（{memorandum.document_no}）" if memorandum.document_no else "")


def standing_zh(found: Cleaned) -> str:
    """Say a standing, with the reason where there is no basis."""
    told = STANDING_ZH[found.standing]
    if found.standing == "information-only" and not any(one.carrying for one in found.targets):
        return f"{told}（依据未核实，不作提示）"
    if found.reason is None:
        return told
    return f"{told}：{REASON_ZH[found.reason]}" + (f"，{found.note}" if found.note else "")


def obstacle_zh(why: Reason, basis: LegalBasis, day: date) -> str:
    """Say what keeps an article from carrying a measure; of one not in force, whether it is over or still to come."""
    if why != "article-not-in-force":
        return REASON_ZH[why]
    return "该日尚未施行" if basis.from_ is not None and day < basis.from_ else "该日已不施行"


def ahead_zh(book: Rulebook, measure_id: str, day: date) -> tuple[str, ...]:
    """Say what is announced for after `day`: another standing, or other articles for the same."""
    told = []
    before = cleaned(book, measure_id, day)
    for since in (later for later in days_of_change(book, measure_id) if later > day):
        now = cleaned(book, measure_id, since)
        if now.standing != before.standing:
            told.append(f"{since} 起{standing_zh(now)}")
        elif _articles(now) != _articles(before):
            told.append(f"{since} 起依{_articles(now)}")
        before = now
    return tuple(told)


def _articles(found: Cleaned) -> str:
    return articles_zh(basis for one in found.targets for basis in one.carrying)


def region_zh(book: Rulebook, region: str) -> str:
    """Name a region as the departments in it do, else by its code."""
    names = [d.name for d in book.departments.values() if d.region == region]
    found = [match.group() for name in names if (match := re.match(r".{2,8}?[省市州区县]", name))]
    return Counter(found).most_common(1)[0][0] if found else f"地区 {region}"


def bound_by_region(book: Rulebook, measure_id: str) -> Mapping[str | None, tuple[str, ...]]:
    """Give the departments that a measure binds by region, the national ones (`None`) first."""
    found: dict[str | None, list[str]] = defaultdict(list)
    for id_ in book.bound_departments(measure_id):
        found[book.departments[id_].region].append(id_)
    return {region: tuple(found[region]) for region in sorted(found, key=lambda region: region or "")}


def matters_zh(book: Rulebook, measure: Measure) -> str:
    """Name the matters of a measure."""
    if measure.matters == "any":
        return "所有事项"
    return "、".join(book.matters[id_].name for id_ in measure.matters)


def slot_zh(book: Rulebook, measure: Measure) -> str:
    """Say where in the national base list a measure belongs; empty where it names no place."""
    if measure.slot is None:
        return ""
    return "法律法规直接规定，不凭基础清单" if measure.slot == BY_STATUTE else book.base_list[measure.slot].name


def base_list_doubt_zh(entry: BaseListEntry) -> str:
    """Say how an entry of the national base list is known, and what is doubted."""
    return EVIDENCE_ZH[entry.evidence] + ("" if entry.confirmed else "；有无此项尚未确认")


def notes_of(measure: Measure) -> str:
    """Give what its author noted beside a measure, for people alone."""
    note = measure.extras.get("x-note", "")
    return note if isinstance(note, str) else ""
