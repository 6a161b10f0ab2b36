"""What one fact by itself may not say (F2, F3, F5): against itself and against the rulebook's words.

Pure. Each question gives a `Refusal`, or `None` where nothing speaks against the fact. Only what the semantics
forbid or what cannot be true is refused: a strange fact of an authority is still its fact.
"""

from datetime import date, datetime
from decimal import Decimal

from graph_model.admission.refusals import Refusal, place_of
from graph_model.nodes import (
    LEGAL_MOVES,
    Designation,
    Exemption,
    FactType,
    Move,
    Objection,
    Origin,
    Registration,
    Relation,
    Scalar,
)
from graph_model.store import Vocabulary


def origin_by_level(region: str | None) -> Origin:
    """Give the origin of what a department decides, by its level (F2).

    >>> origin_by_level(None), origin_by_level("350000"), origin_by_level("350200")
    ('national', 'provincial', 'local')
    """
    if region is None:
        return "national"
    return "provincial" if region.endswith("0000") else "local"


def in_registration(fact: Registration) -> Refusal | None:
    """A subject's id is a word: not empty, without white space (J1 could never ask for another)."""
    if fact.subject.split() != [fact.subject]:
        return Refusal(
            "subject.malformed", "主体标识为空或含空格 / a subject's id is empty or has white space", "give its code"
        )
    return None


def in_relation(fact: Relation) -> Refusal | None:
    """A relation has one far end of the right sort, days in order, and a share between 0 and 1."""
    links = fact.type == "directly_responsible"
    if links != (fact.designation is not None) or links == (fact.organisation is not None):
        wanted = "a designation and no organisation" if links else "an organisation and no designation"
        return Refusal("relation.ends", f"关联关系的一端不对 / {place_of(fact)}: needs {wanted}", f"give {wanted}")
    if links != (fact.responsible is not None):
        what = f"{place_of(fact)}: `responsible` belongs to directly_responsible, and only there"
        return Refusal(
            "relation.ends", f"“responsible”用错 / {what}", "state true or false for such links, nothing else"
        )
    if fact.held_from is not None and fact.held_until is not None and fact.held_until <= fact.held_from:
        return Refusal(
            "interval.empty",
            f"关联期间为空 / {place_of(fact)}: ends {fact.held_until}, not after its start",
            "the end day is the first day without the relation; correct one of the two",
        )
    # `not (0 <= share <= 1)` also catches NaN, which no order reaches; a signalling one raises, so ask first.
    if fact.share is not None and not (fact.share.is_finite() and 0 <= fact.share <= 1):
        return Refusal("share.range", f"持股比例超出 0–1 / {place_of(fact)}: share {fact.share}", "write 0.25 for 25 %")
    return None


def in_designation(fact: Designation, vocabulary: Vocabulary) -> Refusal | None:
    """A designation names a known list, states declared facts of the declared types, and the right origin (F2).

    Its moves are judged apart (`in_moves`).
    """
    terms = vocabulary.lists.get(fact.list)
    if terms is None:
        return Refusal(
            "list.unknown",
            f"名单未知 / {place_of(fact)}: no list `{fact.list}` in the rulebook in force",
            "correct the list's id, or publish a rulebook that has it first",
        )
    if fact.status == "removed":
        return Refusal(
            "designation.status",
            f"不能以“removed”状态录入 / {place_of(fact)}: status `removed` needs its day and reason",
            "enter it as in_effect with a move to removed",
        )
    for name, value in fact.facts.items():
        declared = terms.facts.get(name)
        if declared is None:
            known = ", ".join(sorted(terms.facts)) or "none"
            return Refusal(
                "fact.undeclared",
                f"名单未声明该事实 / {place_of(fact)}: list `{fact.list}` declares no fact `{name}`",
                f"leave it out, or use one of: {known}",
            )
        if not _has_type(value, declared):
            return Refusal(
                "fact.type", f"事实类型不符 / {place_of(fact)}: fact `{name}` is not a {declared}", f"give a {declared}"
            )
    if fact.origin is not None and fact.authority in vocabulary.departments:
        origin = origin_by_level(vocabulary.departments[fact.authority])
        if fact.origin != origin:
            return Refusal(
                "origin.contradicts",
                f"来源与机关层级不符 / {place_of(fact)}: origin `{fact.origin}`, but `{fact.authority}` is {origin}",
                f"leave the origin out, or write {origin}",
            )
    return _undated(fact, fact) if fact.status == "in_effect" else None


def _has_type(value: Scalar, declared: FactType) -> bool:
    match declared:
        case "text":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "number":
            return isinstance(value, Decimal) and value.is_finite()
        case "day":
            return isinstance(value, date) and not isinstance(value, datetime)


def _undated(of: Designation, fact: Designation | Move) -> Refusal | None:
    if of.effective_from is None and of.decided_on is None:
        return Refusal(
            "effective.missing",
            f"缺少生效日 / {place_of(fact)}: in effect, but neither `effective_from` nor `decided_on` is stated",
            "state one of the two days",
        )
    return None


def in_move(fact: Move, of: Designation, vocabulary: Vocabulary) -> Refusal | None:
    """The next move of a designation is a legal one, not before the last, with a reason exactly where removed (F3)."""
    status = of.moves[-1].to if of.moves else of.status
    allowed = LEGAL_MOVES[status]
    if fact.to not in allowed:
        may = ", ".join(sorted(allowed)) or "nothing: it is an end state"
        return Refusal(
            "move.illegal",
            f"状态变更不合法 / {place_of(fact)}: the designation is `{status}`; allowed from there: {may}",
            "enter the moves that are missing before it, or correct the designation",
        )
    if of.moves and fact.on < of.moves[-1].on:
        return Refusal(
            "move.order",
            f"状态变更须按日期先后 / {place_of(fact)}: the move before it is of {of.moves[-1].on}",
            "give moves in the order of their days; to insert one, correct the designation with all its moves",
        )
    if (fact.to == "removed") != (fact.reason is not None):
        return Refusal(
            "move.reason",
            f"移出须有原因，其他变更不得有 / {place_of(fact)}: a reason is given exactly with a move to `removed`",
            "give expired, repaired, delisted, revoked, corrected or appeal_upheld with `removed`",
        )
    terms = vocabulary.lists.get(of.list)
    if terms is not None and terms.kind == "record" and fact.reason in ("repaired", "delisted"):
        return Refusal(
            "move.illegal",
            f"决定记录不能修复或除名 / {place_of(fact)}: `{of.list}` is a record list; it cannot be `{fact.reason}`",
            "a decision ends by expired, or is undone by revoked, corrected or appeal_upheld",
        )
    return _undated(of, fact) if fact.to == "in_effect" else None


def in_exemption(fact: Exemption, vocabulary: Vocabulary) -> Refusal | None:
    """An exemption names a known list or measure, one matter where the court permitted one, and some day (F5)."""
    if fact.list is None and fact.measure is None:
        return Refusal(
            "exemption.scope",
            f"豁免范围缺失 / {place_of(fact)}: names no list and no measure",
            "name at least one of them",
        )
    if fact.ground == "court_permission" and fact.matter is None:
        return Refusal(
            "exemption.scope",
            f"法院准许须指明事项 / {place_of(fact)}: court_permission without its one matter",
            "name the matter",
        )
    for word, name, known in (
        ("list", fact.list, vocabulary.lists),
        ("measure", fact.measure, vocabulary.measures),
        ("matter", fact.matter, vocabulary.matters),
    ):
        if name is not None and name not in known:
            return Refusal(
                f"{word}.unknown",
                f"规则库中没有 / {place_of(fact)}: no {word} `{name}` in the rulebook in force",
                f"correct the {word}'s id, or publish a rulebook that has it first",
            )
    if fact.start is not None and fact.end is not None and fact.end <= fact.start:
        return Refusal(
            "interval.empty",
            f"豁免期间为空 / {place_of(fact)}: ends {fact.end}, not after its start",
            "the end day is the first day without the exemption; correct one of the two",
        )
    return None


def in_objection(fact: Objection) -> Refusal | None:
    """An objection is against one thing, and is not closed before it is filed (F4)."""
    if fact.relation_type is None:
        sound = fact.designation is not None and fact.relation_holder is None and fact.relation_organisation is None
    elif fact.relation_type == "directly_responsible":
        sound = fact.designation is not None and fact.relation_holder is not None and fact.relation_organisation is None
    else:
        sound = fact.designation is None and fact.relation_holder is not None and fact.relation_organisation is not None
    if not sound:
        return Refusal(
            "objection.target",
            f"异议对象不明确 / {place_of(fact)}: must be against one designation, one relation, or one link",
            "give a designation; or relation type, holder and organisation; or designation, type and holder of a link",
        )
    if fact.closed_on is not None and fact.closed_on < fact.filed_on:
        return Refusal(
            "interval.empty",
            f"异议期间为空 / {place_of(fact)}: closed {fact.closed_on}, before it was filed",
            "correct one of the two",
        )
    return None
