"""The rules that an entry breaks by what it says (R2–R10, P4), refused when the rulebook is read."""

from datetime import date

from graph_model.errors import RulebookRefused
from graph_model.nodes import FactType
from memoranda.condition import compile_condition
from memoranda.condition_types import DEFECT_ROOTS, MEASURE_ROOTS
from memoranda.model import RESTRICTIONS, LegalBasis, Measure, Memorandum, OfficialList, TermBy
from memoranda.reader_entries import Draft, PlacedMeasure
from memoranda.reader_source import Origin, Step


def check_rules(draft: Draft) -> None:
    """Refuse what the semantics do not allow; all ids are known to be defined.

    Raises:
        RulebookRefused: with the place and the number of the rule.

    """
    for official in draft.lists.values():
        _check_list(official.entry, official.origin)
    for basis in draft.legal_bases.values():
        _check_basis(basis.entry, basis.origin)
    for memorandum in draft.memoranda.values():
        _check_interval(memorandum.entry, memorandum.origin)
    for measure in draft.measures.values():
        _check_measure(measure.entry, measure.origin)
        _check_attachment(draft, measure)


def _check_list(entry: OfficialList, origin: Origin) -> None:
    if isinstance(entry.term_months, TermBy) and entry.facts.get(entry.term_months.by) != "text":
        raise origin.refused(
            f"名单 `{entry.id}` 的期限取决于 `{entry.term_months.by}`，它不是已声明的文本事实 (not a text fact)",
            "term_months",
            hint=f"在 facts 里声明 {entry.term_months.by}: text",
            code="rulebook.term-fact",
        )
    ended = entry.term_months is not None or entry.until_required or entry.ends_by is not None
    if entry.kind == "restriction" and not ended:
        raise origin.refused(
            f"名单 `{entry.id}` 没有终点 (P4: nothing ends this restriction list)",
            hint="写明 term_months、until_required: true，或 ends_by: performance | removal | law",
            code="rulebook.endless",
        )
    if (entry.ends_by == "law") != (entry.ends_article is not None):
        raise origin.refused(
            f"名单 `{entry.id}`：`ends_by: law` 与 `ends_article` 须同时写明 (both or neither, P4)",
            "ends_by" if entry.ends_by is not None else "ends_article",
            hint="由法律规定不设终点的，写 ends_by: law 和 ends_article；否则删去 ends_article",
            code="rulebook.ends-article",
        )
    if entry.defective_if is not None:
        _check_condition(entry.defective_if, entry, DEFECT_ROOTS, origin, "defective_if")


def _check_basis(entry: LegalBasis, origin: Origin) -> None:
    _check_interval(entry, origin)
    if (entry.kind == "local_regulation") != (entry.territory is not None):
        raise origin.refused(
            f"依据 `{entry.id}`：地方性法规、且只有地方性法规，须写明 territory (R6: exactly the local regulations)",
            "territory" if entry.territory is not None else "kind",
            hint='写 kind: local_regulation 和 territory: "350200"，或删去 territory',
            code="rulebook.territory",
        )


def _check_interval(entry: LegalBasis | Memorandum | Measure, origin: Origin) -> None:
    start: date | None = entry.from_
    if start is not None and entry.until is not None and entry.until <= start:
        raise origin.refused(
            f"`{entry.id}` 的期间是空的：{start} 至 {entry.until}，止日不计入 (empty interval)",
            "until",
            hint="until 须晚于 from",
            code="rulebook.empty-interval",
        )


def _check_measure(entry: Measure, origin: Origin) -> None:
    _check_interval(entry, origin)
    if entry.effect == "limit" and not entry.limits_to:
        raise origin.refused(
            f"措施 `{entry.id}` 的 effect 是 limit，却没有 limits_to (R2: a limit says what remains allowed)",
            "effect",
            hint="用 limits_to 写明还可以做什么",
            code="rulebook.limits-to",
        )
    if entry.withheld_by is not None and entry.effect != "favour":
        raise origin.refused(
            f"措施 `{entry.id}` 不是 favour，不能写 withheld_by (R10)",
            "withheld_by",
            hint="只有激励措施可以被停止适用；请删去 withheld_by",
            code="rulebook.withheld-by",
        )
    roles = [target.role for target in entry.targets]
    for index, target in enumerate(entry.targets):
        if target.role in roles[:index]:
            raise origin.refused(
                f"措施 `{entry.id}` 两次写了身份 `{target.role}` (R3: each role at most once)",
                "targets",
                index,
                "role",
                hint="合并成一个 target，或拆成两项措施",
                code="rulebook.role-twice",
            )
        if target.role in {"self", "directly_responsible"} and target.held != "now":
            raise origin.refused(
                f"措施 `{entry.id}`：身份 `{target.role}` 的 held 只能是 now (R3)",
                "targets",
                index,
                "held",
                hint="删去 held",
                code="rulebook.held",
            )


def _check_attachment(draft: Draft, measure: PlacedMeasure) -> None:
    """Check a measure against every list that it attaches to, and those that withhold it."""
    entry, origin = measure.entry, measure.origin
    foreign = sorted(set(entry.lists or ()) - set(measure.memorandum.lists))
    if foreign:
        raise origin.refused(
            f"措施 `{entry.id}` 的名单 `{foreign[0]}` 不在备忘录 `{measure.memorandum.id}` 的名单之中 (not a subset)",
            "lists",
            hint="先把它写进备忘录的 lists，或从措施中删去",
            code="rulebook.lists-subset",
        )
    for list_id in draft.lists_of(measure):
        official = draft.lists[list_id].entry
        if not _may_attach(entry.effect, official.kind):
            raise origin.refused(
                f"措施 `{entry.id}` 的 effect `{entry.effect}` 不能用于 `{official.kind}` 名单 `{list_id}`"
                " (R2: wrong kind of list)",
                "effect",
                hint="bar、limit、weigh 用于 restriction 和 record；favour 只用于 incentive；watch 用于其余三种",
                code="rulebook.effect-kind",
            )
        _check_term(entry, official, origin)
        if entry.condition is not None:
            _check_condition(entry.condition, official, MEASURE_ROOTS, origin, "condition")
    if entry.withheld_by is not None and entry.withheld_by.lists != "restriction":
        for list_id in entry.withheld_by.lists:
            if draft.lists[list_id].entry.kind == "incentive":
                raise origin.refused(
                    f"措施 `{entry.id}` 不能因激励名单 `{list_id}` 而停止适用 (R10)",
                    "withheld_by",
                    "lists",
                    hint="写 restriction、watch 或 record 名单",
                    code="rulebook.withheld-by",
                )


def _may_attach(effect: str, kind: str) -> bool:
    if effect in RESTRICTIONS:
        return kind in {"restriction", "record"}
    return (kind == "incentive") == (effect == "favour")


def _check_term(entry: Measure, official: OfficialList, origin: Origin) -> None:
    anchor = entry.term.from_ if entry.term is not None else ""
    name = anchor.removeprefix("fact.")
    if name == anchor or official.facts.get(name) == "day":
        return
    raise origin.refused(
        f"措施 `{entry.id}` 的期限从 `{anchor}` 起算，名单 `{official.id}` 没有把它声明为日期 (R5: not a day fact)",
        "term",
        "from",
        hint=f"在该名单的 facts 里声明 {name}: day",
        code="rulebook.term-fact",
    )


def _check_condition(text: str, official: OfficialList, roots: frozenset[str], origin: Origin, *path: Step) -> None:
    facts: dict[str, FactType] = dict(official.facts)
    try:
        compile_condition(text, facts, roots=roots)
    except RulebookRefused as error:
        raise origin.refused(
            f"对名单 `{official.id}`，{path[0]} 不成立：{error.what} (R4)",
            *path,
            hint=error.hint,
            code="rulebook.condition",
        ) from None
