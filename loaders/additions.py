"""What a row adds to a fact that is known otherwise: an end, further moves, or a correction of its attributes (F1, F3).

Anything else that differs is a conflict: it is reported, and nobody guesses which is right.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from graph_model.nodes import Designation, Exemption, Facts, Objection, Registration, Relation, Version
from graph_model.store import Assessment, Fact, Store


@dataclass(frozen=True, slots=True)
class Addition:
    """What to write for a row: new facts, or corrections. Neither: a conflict where `why` is given, else nothing."""

    facts: Facts = field(default_factory=Facts)
    corrections: Facts = field(default_factory=Facts)
    why: str | None = None
    hint: str | None = None


def added_by(assessment: Assessment, store: Store, version: Version) -> Addition | None:
    """Say what a row adds whose fact the store would refuse as known with other content; `None`: nothing."""
    fact = assessment.fact
    if assessment.outcome != "refused" or assessment.detail_code != "fact.conflict":
        return None
    match fact:
        case Registration():
            # A later file states the attributes otherwise: what was believed stays visible by version.
            return Addition(corrections=Facts(registrations=(fact,)))
        case Designation():
            return _moves_added(fact, store.find(fact, version))
        case Objection():
            known = store.find(fact, version)
            if isinstance(known, Objection) and known.closed_on is None and replace(fact, closed_on=None) == known:
                return Addition(corrections=Facts(objections=(fact,)))
        case Exemption():
            known = store.find(fact, version)
            if isinstance(known, Exemption) and known.end is None and replace(fact, end=None) == known:
                return Addition(corrections=Facts(exemptions=(fact,)))
    return None


def _moves_added(given: Designation, known: Fact | None) -> Addition | None:
    """A row that says the same decision again with more moves enters these moves."""
    if not isinstance(known, Designation) or replace(given, moves=()) != replace(known, moves=()):
        return None
    more = given.moves[len(known.moves) :]
    if known.moves == given.moves[: len(known.moves)]:
        return Addition(facts=Facts(moves=more))
    if len(given.moves) > 1 or not given.moves or given.moves[0].to != "removed":
        return None
    # A `removed` row tells the end alone; the moves between are known from elsewhere.
    end, last = given.moves[0], known.moves[-1]
    if last.to != "removed":
        return Addition(facts=Facts(moves=given.moves))
    return Addition() if (last.on, last.reason) == (end.on, end.reason) else None


def added_to_relations(given: Relation, same: Iterable[Relation]) -> Addition:
    """Say what becomes of a relation row that no record has the key of, given the records with the same start.

    A row that only adds `held_until` to the one open record ends it; one that leaves out the end of a record that
    has one says less than is known, and is in conflict with it.
    """
    for record in same:
        if given.held_until is not None and record.held_until is None:
            if any(
                _differ(a, b) for a, b in ((given.document_no, record.document_no), (given.authority, record.authority))
            ):
                return Addition(
                    why="已有未结束的同一记录，但文号或机关不同（an open record of another document）",
                    hint="核实后按已登记的文号和机关填写，或留空",
                )
            ended = replace(record, held_until=given.held_until)
            return Addition(corrections=Facts(relations=(ended,)))
        if given.held_until is None and record.held_until is not None:
            return Addition(
                why=f"已登记该关系于 {record.held_until} 结束（is recorded as ended）",
                hint="若又重新开始，请填写新的 held_from",
            )
    return Addition(facts=Facts(relations=(given,)))


def start_of(relation: Relation) -> tuple[object, ...]:
    """Give what a relation row shares with the record that it may end."""
    r = relation
    return (r.type, r.holder, r.organisation, r.designation, r.held_from, r.share, r.responsible)


def _differ(given: str | None, known: str | None) -> bool:
    return given is not None and given != known
