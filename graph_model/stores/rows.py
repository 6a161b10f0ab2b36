"""Facts as rows and back: the columns of schema.sql, in its order, without the two versions.

The only file that knows how a value is spelled in the database; registrations are spelled as all over the project
(`graph_model.statements`). No driver here.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from operator import itemgetter
from typing import Any, NamedTuple, TypeAlias

import orjson

from graph_model.nodes import (
    Designation,
    Exemption,
    Facts,
    Move,
    Objection,
    Relation,
    Scalar,
)
from graph_model.statements import Statements, statement_row
from graph_model.store import ListTerms, Vocabulary

Row: TypeAlias = tuple[Any, ...]

REGISTRATION = "subject, valid_from, name, kind, region, status, industry, foreign_invested, registered_on"
RELATION = "type, holder, organisation, designation, held_from, held_until, share, responsible, document_no, authority"
DESIGNATION = (
    "id, subject, list, authority, status, document_no, decided_on, conduct_on, event_on, effective_from, until, "
    "severity, notice_served_on, notice_document_no, origin, facts, moves"
)
EXEMPTION = 'id, subject, ground, list, measure, matter, document_no, start, "end"'
OBJECTION = "id, filed_on, closed_on, designation, relation_type, relation_holder, relation_organisation, document_no"

_day = date.fromisoformat


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


_canonical = json.JSONEncoder(separators=(",", ":"))


def compact(value: object) -> str:
    """Write JSON in one canonical spelling: ASCII, no spaces, keys in the order given."""
    return _canonical.encode(value)


def relation_row(fact: Relation) -> Row:
    """Spell a relation record."""
    return (
        fact.type,
        fact.holder,
        fact.organisation,
        fact.designation,
        _text(fact.held_from),
        _text(fact.held_until),
        None if fact.share is None else str(fact.share),
        None if fact.responsible is None else int(fact.responsible),
        fact.document_no,
        fact.authority,
    )


def relation_of(row: Sequence[Any]) -> Relation:
    """Read a relation record."""
    kind, holder, organisation, designation, held_from, held_until, share, responsible, document_no, authority = row
    return Relation(
        kind,
        holder,
        organisation,
        designation,
        _day(held_from) if held_from else None,
        _day(held_until) if held_until else None,
        Decimal(share) if share else None,
        None if responsible is None else responsible != 0,
        document_no,
        authority,
    )


def _spelled(value: Scalar) -> tuple[str, str]:
    if isinstance(value, bool):
        return ("boolean", "true" if value else "false")
    if isinstance(value, date):
        return ("day", value.isoformat())
    if isinstance(value, Decimal):
        return ("number", str(value))
    return ("text", str(value))


def _scalar(spelled: list[str]) -> Scalar:
    if type(spelled) is list and len(spelled) == 2:
        kind, text = spelled
        if kind == "text":
            return text
        if kind == "number":
            return Decimal(text)
        if kind == "day":
            return _day(text)
        if kind == "boolean" and text in ("true", "false"):
            return text == "true"
    # A damaged record: a number must not be read as a text, nor a third word as `false`.
    raise ValueError("no value of a fact")


def designation_row(fact: Designation) -> Row:
    """Spell a designation with its moves."""
    facts = {name: _spelled(fact.facts[name]) for name in sorted(fact.facts)}
    moves = [move_row(m)[1:] for m in fact.moves]
    return (
        fact.id,
        fact.subject,
        fact.list,
        fact.authority,
        fact.status,
        fact.document_no,
        _text(fact.decided_on),
        _text(fact.conduct_on),
        _text(fact.event_on),
        _text(fact.effective_from),
        _text(fact.until),
        fact.severity,
        _text(fact.notice_served_on),
        fact.notice_document_no,
        fact.origin,
        compact(facts) if facts else None,
        compact(moves) if moves else None,
    )


def move_row(fact: Move) -> Row:
    """Spell a move; inside a designation's row, without its first column."""
    return (fact.designation, fact.to, fact.on.isoformat(), fact.reason, fact.actor, fact.document_no)


def designation_of(row: Sequence[Any]) -> Designation:
    """Read a designation with its moves."""
    facts, moves = row[15], row[16]
    identity = row[0]
    return Designation(
        identity,
        row[1],
        row[2],
        row[3],
        row[4],
        row[5],
        _day(row[6]) if row[6] else None,
        _day(row[7]) if row[7] else None,
        _day(row[8]) if row[8] else None,
        _day(row[9]) if row[9] else None,
        _day(row[10]) if row[10] else None,
        row[11],
        _day(row[12]) if row[12] else None,
        row[13],
        row[14],
        {} if facts is None else {name: _scalar(value) for name, value in orjson.loads(facts).items()},
        ()
        if moves is None
        else tuple(
            Move(identity, to, _day(on), reason, actor, document_no)
            for to, on, reason, actor, document_no in orjson.loads(moves)
        ),
    )


def exemption_row(fact: Exemption) -> Row:
    """Spell an exemption."""
    return (
        fact.id,
        fact.subject,
        fact.ground,
        fact.list,
        fact.measure,
        fact.matter,
        fact.document_no,
        _text(fact.start),
        _text(fact.end),
    )


def exemption_of(row: Sequence[Any]) -> Exemption:
    """Read an exemption."""
    identity, subject, ground, list_id, measure, matter, document_no, start, end = row
    return Exemption(
        identity,
        subject,
        ground,
        list_id,
        measure,
        matter,
        document_no,
        _day(start) if start else None,
        _day(end) if end else None,
    )


def objection_row(fact: Objection) -> Row:
    """Spell an objection."""
    return (
        fact.id,
        fact.filed_on.isoformat(),
        _text(fact.closed_on),
        fact.designation,
        fact.relation_type,
        fact.relation_holder,
        fact.relation_organisation,
        fact.document_no,
    )


def objection_of(row: Sequence[Any]) -> Objection:
    """Read an objection."""
    identity, filed_on, closed_on, *target = row
    return Objection(identity, _day(filed_on), _day(closed_on) if closed_on else None, *target)


def vocabulary_text(vocabulary: Vocabulary) -> str:
    """Spell a vocabulary as JSON."""
    return json.dumps(
        {
            "lists": {name: [terms.kind, dict(terms.facts)] for name, terms in vocabulary.lists.items()},
            "departments": dict(vocabulary.departments),
            "measures": sorted(vocabulary.measures),
            "matters": sorted(vocabulary.matters),
        },
        ensure_ascii=False,
        separators=(",", ":"),
        sort_keys=True,
    )


def vocabulary_of(text: str) -> Vocabulary:
    """Read a vocabulary."""
    spelled: Mapping[str, Any] = json.loads(text)
    return Vocabulary(
        lists={name: ListTerms(kind, facts) for name, (kind, facts) in spelled["lists"].items()},
        departments=spelled["departments"],
        measures=frozenset(spelled["measures"]),
        matters=frozenset(spelled["matters"]),
    )


def _relation_order(row: Row) -> tuple[object, ...]:
    kind, holder, organisation, designation, held_from, held_until, share, responsible, *_ = row
    ends = (holder, kind, organisation or "", designation or "")
    return (*ends, held_from or "", held_until or "", share or "", -1 if responsible is None else responsible)


class Spelling(NamedTuple):
    """How the facts of one kind are written as rows, and in which order, whatever order they were given in."""

    row: Callable[[Any], Row]
    order: Callable[[Row], Any]


RECORDS: Mapping[str, Spelling] = {
    "registrations": Spelling(statement_row, itemgetter(0, 1)),
    "relations": Spelling(relation_row, _relation_order),
    "designations": Spelling(designation_row, itemgetter(0)),
    "exemptions": Spelling(exemption_row, itemgetter(0)),
    "objections": Spelling(objection_row, itemgetter(0)),
}
"""The kinds of facts that have a table of records; moves are in their designation's."""


def spelled(facts: Facts) -> dict[str, list[Row]]:
    """Spell facts as rows in their canonical order, by kind; a kind without facts is left out.

    Moves stay in the order in which they were given, for that order means something (F3).
    """
    found = {
        kind: sorted(given.rows if isinstance(given, Statements) else map(spelling.row, given), key=spelling.order)
        for kind, spelling in RECORDS.items()
        if (given := getattr(facts, kind))
    }
    if facts.moves:
        found["moves"] = [move_row(move) for move in facts.moves]
    return found


def is_text(word: str) -> bool:
    """Whether a word could be recorded at all: a JSON string may hold half a character, UTF-8 may not."""
    if word.isascii():
        return True
    return not any("\ud800" <= letter <= "\udfff" for letter in word)
