"""The law as pages that a lawyer reads: one for each memorandum and each list, with an index, as Markdown.

They follow from the rulebook alone: standings are told as of the day on which an article was last confirmed
(`read_until`), with the changes announced for later days. So the same law always gives the same bytes.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path

from memoranda.cleaning import STANDINGS, alive, cleaned, read_until
from memoranda.model import BY_STATUTE, RESTRICTIONS, Measure, Memorandum, OfficialList
from memoranda.pages_markdown import code, file_of, linked, shown, table
from memoranda.pages_measures import by_standing, measure_rows
from memoranda.reading import base_list_doubt_zh, list_term_zh, region_zh, span_zh, way_out_zh
from memoranda.reading_condition import defect_zh, words_of
from memoranda.rulebook import Rulebook
from memoranda.words import FACT_ZH, GROUND_ZH, LIST_ZH, MEMORANDUM_ZH, STANDING_ZH

MARK = "<!-- 由 xinheng rulebook pages 生成，请勿手改；改 memoranda/ 里的文件，再运行 make law-pages -->"
"""The first line of every page: what bears it may be replaced or taken away."""


def pages_of(book: Rulebook) -> Mapping[str, str]:
    """Give every page by its path within the folder of pages."""
    day = read_until(book)
    pages = {"README.md": _index(book, day)}
    pages |= {f"memoranda/{file_of(id_)}": _memorandum(book, one, day) for id_, one in book.memoranda.items()}
    pages |= {f"lists/{file_of(id_)}": _list(book, one, day) for id_, one in book.lists.items()}
    return pages


def write_pages(book: Rulebook, folder: Path) -> Mapping[str, str]:
    """Write the pages into a folder, and take away those pages in it that are no more. Gives what was written."""
    pages = pages_of(book)
    for path in stale_in(folder, pages):
        path.unlink()
    for place, text in pages.items():
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return pages


def stale_in(folder: Path, pages: Iterable[str]) -> tuple[Path, ...]:
    """Give the generated pages in a folder that are none of `pages`."""
    kept = {folder / place for place in pages}
    found = sorted(path for path in folder.rglob("*.md") if path not in kept)
    return tuple(path for path in found if path.read_text(encoding="utf-8").startswith(MARK))


def _page(title: str, *parts: str) -> str:
    return "\n\n".join((MARK, f"# {shown(title)}", *(part for part in parts if part))) + "\n"


def _index(book: Rulebook, day: date) -> str:
    standings = {id_: cleaned(book, id_, day).standing for id_ in book.measures}
    totals = Counter(standings.values())
    heads = ("文件", "文号", "名单", *(STANDING_ZH[standing] for standing in STANDINGS))

    def counts(measures: Iterable[Measure]) -> Iterator[str]:
        counted = Counter(standings[measure.id] for measure in measures)
        return (str(counted[standing] or "") for standing in STANDINGS)

    parts = [
        f"{len(book.memoranda)} 份文件、{len(book.measures)} 项措施、{len(book.lists)} 个名单。"
        f"现状截至 {day}（最近一次核实条文之日）。"
        "名词与规则见 [semantics.md](../semantics.md)，取舍见 [law.md](../law.md)。",
        "*English: every measure of the shipped law with its departments, articles, reach, term and standing, one page "
        "for each memorandum and each list. Rebuilt by `make law-pages`.*",
        "## 现状怎么读",
        table(("现状", "说的是", "措施"), [(STANDING_ZH[s], _MEANS[s], str(totals[s])) for s in STANDINGS]),
    ]
    for kind, name in MEMORANDUM_ZH.items():
        found = [one for one in book.memoranda.values() if one.kind == kind]
        rows = [
            (
                linked(one.title, "memoranda", one.id),
                shown(one.document_no or ""),
                "、".join(linked(book.lists[id_].name, "lists", id_) for id_ in one.lists),
                *counts(one.measures),
            )
            for one in found
        ]
        parts += [f"## {name}", table(heads, rows)] if rows else []
    for kind, name in LIST_ZH.items():
        rows = [
            (
                linked(one.name, "lists", one.id),
                shown(book.departments[one.authority].name),
                shown(list_term_zh(book, one)),
                *counts(book.measures_on(one.id)),
            )
            for one in book.lists.values()
            if one.kind == kind
        ]
        parts += [f"## {name}", table(("名单", "认定机关", "期限", *heads[3:]), rows)] if rows else []
    return _page("随附的法律：逐份文件、逐个名单", *parts, *_base_list(book, day))


def _base_list(book: Rulebook, day: date) -> Iterator[str]:
    """Tell the national base list, class by class, with how many living restrictions belong to each slot."""
    if not book.base_list:
        return
    living = [
        measure.slot
        for measure in book.measures.values()
        if measure.effect in RESTRICTIONS and alive(cleaned(book, measure.id, day))
    ]
    counted = Counter(living)
    yield "## 全国失信惩戒措施基础清单"
    yield (
        f"清单只汇编已有依据，不创设措施。生效的限制（可执行的禁止、限制与审慎考量）共 {len(living)} 项："
        f"归入清单 {len(living) - counted[BY_STATUTE] - counted[None]} 项，"
        f"法律法规直接规定 {counted[BY_STATUTE]} 项，两者皆非 {counted[None]} 项。"
    )
    entries = book.base_list.values()
    rows = [
        (shown(book.base_list[one.class_].name), shown(one.name), base_list_doubt_zh(one), str(counted[one.id] or ""))
        for one in sorted(entries, key=lambda entry: (entry.class_ or "", entry.id))
        if one.class_
    ]
    yield table(("类别", "项目", "凭据", "生效的限制"), rows)


_MEANS = {
    "enforceable": "已核实的条文该日约束该身份：禁止、限制或激励生效",
    "weigh-only": "已核实的条文要求审慎考量并说明理由，不得据此一概拒绝",
    "information-only": "只供关注，不减损任何权益",
    "unverified": "列有条文，尚无人核实：核实之前不限制任何人",
    "no-basis": "该日没有可依的条文，或已撤下、已停止施行：不限制任何人",
    "not-a-public-body": "对象是银行、协会、征信机构或媒体：行政机关无权命令",
}


def _memorandum(book: Rulebook, memorandum: Memorandum, day: date) -> str:
    lists = "、".join(linked(book.lists[id_].name, "../lists", id_) for id_ in memorandum.lists)
    facts = [
        ("种类", MEMORANDUM_ZH[memorandum.kind]),
        ("文号", shown(memorandum.document_no or "")),
        ("施行", span_zh(memorandum.from_, memorandum.until)),
        ("地域", region_zh(book, memorandum.region) if memorandum.region else "全国"),
        ("名单", lists),
        ("标识", f"`{memorandum.id}`"),
    ]
    caution = "备忘录本身不是限制的依据，只指向依据；限制以所引条文为限。" if memorandum.kind == "memorandum" else ""
    return _page(
        memorandum.title,
        _back(),
        table(("", ""), [(label, value) for label, value in facts if value]),
        caution,
        *_measures(book, memorandum.measures, day, in_memorandum=True),
    )


def _list(book: Rulebook, official: OfficialList, day: date) -> str:
    grounds = "、".join(GROUND_ZH[ground] for ground in official.exemption_grounds)
    source = official.extras.get("x-source", "")
    facts = [
        ("种类", LIST_ZH[official.kind]),
        ("认定机关", shown(book.departments[official.authority].name)),
        ("期限", shown(list_term_zh(book, official))),
        ("告知", "列入前须告知；地方认定而未告知的，待核" if official.notice_required else ""),
        (
            "不得列入",
            f"{shown(defect_zh(book, official))}<br>{code(official.defective_if)}" if official.defective_if else "",
        ),
        ("列明事实", "、".join(_facts(book, official))),
        ("修复", shown(way_out_zh(book, official.repair))),
        ("异议", shown(way_out_zh(book, official.objection))),
        ("豁免事由", grounds),
        ("出处", shown(source) if isinstance(source, str) else ""),
        ("标识", f"`{official.id}`"),
    ]
    return _page(
        official.name,
        _back(),
        table(("", ""), [(label, value) for label, value in facts if value]),
        *_measures(book, book.measures_on(official.id), day, in_memorandum=False),
    )


def _facts(book: Rulebook, official: OfficialList) -> Iterator[str]:
    words = words_of(book, official)
    for name, kind in sorted(official.facts.items()):
        yield f"{shown(words.get(f'fact.{name}', ''))} `{name}`（{FACT_ZH[kind]}）".strip()


def _back() -> str:
    return "[← 目录](../README.md)"


def _measures(book: Rulebook, measures: Iterable[Measure], day: date, *, in_memorandum: bool) -> Iterator[str]:
    found = by_standing(book, measures, day)
    if not found:
        yield "没有措施：列入本身没有法律后果。"
        return
    yield f"现状截至 {day}：" + "，".join(
        f"{STANDING_ZH[standing]} {len(group)} 项" for standing, group in found.items()
    )
    for standing, group in found.items():
        yield f"## {STANDING_ZH[standing]}"
        yield measure_rows(book, group, day, in_memorandum=in_memorandum)
