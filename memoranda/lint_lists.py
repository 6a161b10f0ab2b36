"""How a listing ends, and whom that frees (P4, F5)."""

from collections.abc import Iterator
from datetime import date

from memoranda.lint_codes import Finding, found, place_of
from memoranda.model import RESTRICTIONS, Measure, OfficialList, TermBy
from memoranda.rulebook import Rulebook


def of_list(book: Rulebook, official: OfficialList, on: date | None) -> Iterator[Finding]:
    """Look at one list with the measures that attach to it."""
    place = place_of(book, "lists", official.id)
    standing = [m for m in book.measures_on(official.id) if m.withdrawn is None]
    restrictions = [m for m in standing if m.effect in RESTRICTIONS]
    ended = official.until_required or official.ends_by is not None
    endless = [m.id for m in restrictions if m.term is None]
    if official.kind == "record" and endless and not ended and official.term_months is None:
        what = f"措施 {'、'.join(endless)} 没有终点（P4）"
        yield found("list.no-exit", place, what, "写明措施的 term，或名单的 ends_by")
    if official.ends_article is not None and restrictions:
        article = book.bases[official.ends_article]
        if article.verified is None or not (on is None or article.in_force.covers(on)):
            why = "未核实" if article.verified is None else f"{on} 不在施行"
            yield found(
                "list.end-unfounded", place, f"不设终点的条文 `{article.id}` {why}（P4）", "核实，或改引现行条文"
            )
    if official.kind == "watch" and standing and not ended and official.term_months is None and official.repair is None:
        yield found("list.watch-endless", place, "一经列入便不再移出", "写明 term_months、ends_by 或 repair")
    if isinstance(official.term_months, TermBy) and not ended and restrictions:
        months = official.term_months
        if months.otherwise is None or None in months.months.values():
            yield found("list.term-open", place, "有些取值没有期限，也没有别的终点（P4）", "写明 ends_by")
    if restrictions and official.repair is None and official.objection is None:
        yield found("list.no-remedy", place, "既无修复也无异议途径（P4）", "写明 repair 或 objection")
    yield from _of_stay(official, restrictions, place)


def _of_stay(official: OfficialList, restrictions: list[Measure], place: str) -> Iterator[Finding]:
    """Say whom a court's stay leaves bound: an exemption frees only who would bear the duty (F5)."""
    if "court_stay" not in official.exemption_grounds:
        return
    reached = {m.id: [t.role for t in m.targets if t.role != "self"] for m in restrictions}
    left = {id_: roles for id_, roles in reached.items() if roles}
    if left:
        roles = "、".join(sorted({role for found_roles in left.values() for role in found_roles}))
        what = f"法院中止只豁免本人，措施 {'、'.join(left)} 仍及于 {roles}（F5）"
        remedy = "登记中止时把认定移为 suspended（对所有人停止），或逐人登记豁免"
        yield found("list.stay-leaves-relatives", place, what, remedy)


def longest_months(official: OfficialList) -> int | None:
    """Give the longest term that the list sets; `None` where some designation has none by months."""
    term = official.term_months
    if not isinstance(term, TermBy):
        return term
    lengths = [*term.months.values(), term.otherwise]
    return None if None in lengths else max(months for months in lengths if months is not None)
