"""The typed cells of one row → its fact, kind by kind (CONTRACT §3).

Each builder takes what it needs out of the cells; a cell that is not there is missing.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from graph_model.errors import FactsRefused
from graph_model.identifiers import IdentityKeyer, is_uscc
from graph_model.nodes import (
    Attributes,
    Designation,
    Exemption,
    Move,
    Objection,
    Registration,
    Relation,
    Scalar,
    SubjectId,
)
from graph_model.store import Fact, Vocabulary
from loaders.cells import KEYED, LOOKS_LIKE_IDENTITY, RowRefused, present, refused, shown, typed_fact, word
from loaders.columns import COLUMNS, unknown_columns

Cells: TypeAlias = dict[str, Any]


@dataclass(slots=True)
class Context:
    """What the rows of one run are read with; `unnamed` counts the ids given to rows that state none (lenient)."""

    vocabulary: Vocabulary
    keyer: IdentityKeyer | None
    lenient: bool
    unnamed: int = 0

    def subject_of(self, id_type: str, number: str) -> SubjectId:
        """Key an identity number.

        Raises:
            FactsRefused: the number is malformed, or there is no key; the number is never echoed.

        """
        if KEYED.fullmatch(number):
            # A reject file holds the keyed id where the number stood, so that no number is ever written.
            return number
        if self.keyer is None:
            what = "给出了证件号码，但此处没有密钥（no key for identity numbers）"
            raise FactsRefused(what, hint="改用 `p-…` 标识", detail_code="identity.no-key")
        return self.keyer.keyed_id(id_type, number)


def organisation(cells: Cells, context: Context) -> Registration:
    """A statement about an organisation, from its `valid_from` on."""
    code = _needed(cells, "code")
    del cells["code"]
    if not context.lenient and not is_uscc(code):
        why = "不是有效的统一社会信用代码（fails the USCC check, GB 32100）"
        raise refused("code", code, why, "核对登记机关的原始代码", "uscc.invalid")
    return Registration(code, Attributes(**cells))


def person(cells: Cells, context: Context) -> Registration:
    """A person, by identity number or by an already keyed id."""
    if "id_number" in cells:
        if "person" in cells:
            raise _contradiction("person", "同时给出了 `person` 和 `id_number`（both given）", "只保留一个")
        who = _keyed("id_number", _needed(cells, "id_type"), cells["id_number"], context)
    else:
        who = _subject("person", _needed(cells, "person"), None, context)
        if not context.lenient and not KEYED.fullmatch(who):
            raise _not_a_subject("person", who)
    return Registration(who, Attributes(name=cells.get("name"), kind="person"))


def relation(cells: Cells, context: Context) -> Relation:
    """One dated record: holder → organisation, or, for `directly_responsible`, → designation."""
    kind = _needed(cells, "type")
    cells["holder"] = _subject("holder", _needed(cells, "holder"), cells.pop("holder_id_type", None), context)
    linked = kind == "directly_responsible"
    wanted, other = ("designation", "organisation") if linked else ("organisation", "designation")
    _needed(cells, wanted)
    if other in cells:
        raise refused(other, cells[other], f"不适用于 `{kind}`（does not go with this type）", f"只填 `{wanted}`")
    if linked:
        cells.setdefault("responsible", True)
    else:
        cells["organisation"] = _subject("organisation", cells["organisation"], None, context)
        if "responsible" in cells:
            value, why = cells["responsible"], "只适用于 `directly_responsible`（only for that type）"
            raise refused("responsible", value, why, "留空")
    return Relation(**cells)


def designation(cells: Cells, context: Context) -> Designation:
    """One subject put on one list, with the list's own facts typed as the list declares them."""
    of = _needed(cells, "id")
    cells["subject"] = _subject("subject", _needed(cells, "subject"), cells.pop("subject_id_type", None), context)
    list_id = _needed(cells, "list")
    _needed(cells, "authority")
    terms = context.vocabulary.lists.get(list_id)
    if terms is None:
        why = "不是规则手册中的名单（unknown list）"
        raise refused("list", list_id, why, "改正名单，或先发布含该名单的手册", "list.unknown")
    facts: dict[str, Scalar] = {}
    for column, name, value in _stated_facts(cells):
        if name in facts:  # then it is a declared one
            raise _contradiction(column, f"事实 `{name}` 给出了两次（given twice）", "只给一次")
        if name not in terms.facts:
            why, known = f"：名单 `{list_id}` 未声明此事实（undeclared）", "、".join(terms.facts) or "无"
            # A column's name may be anything, and so hold a number that must not be echoed.
            named = column if shown(column) == f"`{column}`" else "facts"
            raise refused(named, value, why, f"已声明：{known}", "fact.undeclared")
        facts[name] = typed_fact(column, value, terms.facts[name])
    moves = _own_moves(of, cells, context)
    return Designation(facts=facts, moves=moves, **cells)


def _stated_facts(cells: Cells) -> Iterator[tuple[str, str, Any]]:
    """Take the list-specific facts out of the cells: (column, name, value) of each that is not missing."""
    for column in [c for c in cells if c.startswith("fact.")]:
        yield column, column.removeprefix("fact."), cells.pop(column)
    nested = cells.pop("facts", None)
    if nested is None:
        return
    if not isinstance(nested, Mapping):
        raise refused("facts", nested, "不是映射（not a mapping）", "写成 {名称: 值}")
    for name, value in nested.items():
        if (found := present(value)) is not None:
            yield f"fact.{name}", str(name), found


def _own_moves(of: str, cells: Cells, context: Context) -> tuple[Move, ...]:
    """Read a designation's own `moves`, or the one that `status: removed` stands for."""
    stated = cells.pop("moves", None)
    removal = {c: cells.pop(c, None) for c in ("removed_on", "removed_reason")}
    if cells.get("status") == "removed":
        for column, value in removal.items():
            if value is None:
                raise _missing(column, "状态 `removed` 须有移出日期和移出原因")
        if stated:
            why = "`removed` 的行不能再带 `moves`（a removed row takes no moves）"
            raise _contradiction("moves", why, "改为 status: in_effect，把移出写在 moves 里")
        cells["status"] = "in_effect"
        # The row states no actor of the removal; the list's entries are its authority's to end.
        return (Move(of, "removed", removal["removed_on"], removal["removed_reason"], actor=cells["authority"]),)
    for column, value in removal.items():
        if value is not None:
            raise refused(column, value, "只能与状态 `removed` 同用（only with that status）", "改 status，或留空")
    if stated is None:
        return ()
    if isinstance(stated, str | Mapping) or not isinstance(stated, Sequence):
        raise refused("moves", stated, "不是列表（not a list）", "写成 [{to: …, on: …}]")
    return tuple(_own_move(of, each, context) for each in stated)


def _own_move(of: str, stated: Any, context: Context) -> Move:
    if not isinstance(stated, Mapping):
        raise refused("moves", stated, "不是映射（not a mapping）", "写成 {to: …, on: …}")
    if unknown := unknown_columns("moves", tuple(map(str, stated))):
        known = "、".join(COLUMNS["moves"])
        raise RowRefused(
            "moves",
            f"`moves` 没有列 {'、'.join(map(shown, unknown))}",
            hint=f"可用：{known}",
            detail_code="column.unknown",
        )
    cells = {c: COLUMNS["moves"][c](c, found) for c, v in stated.items() if (found := present(v)) is not None}
    if cells.setdefault("designation", of) != of:
        why = f"中的 `designation` 与本行的 id `{of}` 不同（another designation's move）"
        raise refused("moves", cells["designation"], why, "删去")
    return move(cells, context)


def move(cells: Cells, context: Context) -> Move:
    """One move of a designation's status (F3)."""
    _needed(cells, "designation")
    to = _needed(cells, "to")
    _needed(cells, "on")
    if to == "removed":
        _needed(cells, "reason")
    elif "reason" in cells:
        raise refused("reason", cells["reason"], "只能与 `removed` 同用（only for removed）", "留空")
    if not context.lenient:
        _needed(cells, "actor")
        _needed(cells, "document_no")
    return Move(**cells)


def exemption(cells: Cells, context: Context) -> Exemption:
    """An exemption (F5); what it may free from is the store's to say."""
    cells["subject"] = _subject("subject", _needed(cells, "subject"), cells.pop("subject_id_type", None), context)
    _needed(cells, "ground")
    if not context.lenient:
        _needed(cells, "document_no")
    _named(cells, "exemption", context)
    return Exemption(start=cells.pop("from", None), end=cells.pop("until", None), **cells)


_LINK = {"designation", "relation_type", "relation_holder"}
_RELATION = {"relation_type", "relation_holder", "relation_organisation"}


def objection(cells: Cells, context: Context) -> Objection:
    """An objection to a designation, to a relation, or to a `directly_responsible` link (F4)."""
    _needed(cells, "filed_on")
    _named(cells, "objection", context)
    target = cells.keys() & (_LINK | _RELATION)
    to_relation = _LINK if cells.get("relation_type") == "directly_responsible" else _RELATION
    if target not in ({"designation"}, to_relation):
        raise RowRefused(
            "designation",
            "异议的对象不明（an objection to what?）",
            hint="只填 designation；或填 relation_type、relation_holder、relation_organisation；"
            "对直接责任人员填 designation、relation_type、relation_holder",
            detail_code="objection.target",
        )
    for column in ("relation_holder", "relation_organisation"):
        if column in cells:
            cells[column] = _subject(column, cells[column], None, context)
    return Objection(**cells)


BUILDERS: Mapping[str, Callable[[Cells, Context], Fact]] = {
    "organisations": organisation,
    "persons": person,
    "relations": relation,
    "designations": designation,
    "moves": move,
    "exemptions": exemption,
    "objections": objection,
}


def _named(cells: Cells, noun: str, context: Context) -> None:
    """See that the row has an id; where it may be left out, give it one of its place."""
    if not context.lenient:
        _needed(cells, "id")
    elif "id" not in cells:
        context.unnamed += 1
        cells["id"] = f"{noun}#{context.unnamed}"


def _subject(column: str, value: str, id_type: str | None, context: Context) -> SubjectId:
    """Give the subject that a cell names: a USCC, a keyed id, or an identity number of type `id_type`."""
    if id_type is not None:
        return _keyed(column, id_type, value, context)
    if context.lenient:
        return word(column, value)
    if is_uscc(value) or KEYED.fullmatch(value):
        return value
    raise _not_a_subject(column, value)


def _keyed(column: str, id_type: str, number: str, context: Context) -> SubjectId:
    try:
        return context.subject_of(id_type, number)
    except FactsRefused as refusal:
        code = refusal.detail_code or "identity.malformed"
        raise RowRefused(column, f"列 `{column}`：{refusal.what}", hint=refusal.hint, detail_code=code) from None


def _needed(cells: Cells, column: str) -> Any:
    try:
        return cells[column]
    except KeyError:
        raise _missing(column, "此列必填") from None


def _missing(column: str, why: str) -> RowRefused:
    return RowRefused(column, f"列 `{column}` 没有值（missing）", hint=f"{why}，请补上", detail_code="value.missing")


def _contradiction(column: str, what: str, hint: str) -> RowRefused:
    return RowRefused(column, what, hint=hint, detail_code="value.contradiction")


def _not_a_subject(column: str, value: str) -> RowRefused:
    # A person's number written where an id belongs must not be echoed: only what has a code's form is shown.
    quoted = f" {shown(value)}" if len(value) == 18 and not LOOKS_LIKE_IDENTITY.fullmatch(value) else ""
    why = "不是有效的统一社会信用代码，也不是 `p-…` 标识（neither a valid USCC nor a keyed id）"
    hint = "核对代码；若是证件号码，请填写证件类型列（id type）"
    return RowRefused(column, f"列 `{column}` 的值{quoted}{why}", hint=hint, detail_code="subject.malformed")
