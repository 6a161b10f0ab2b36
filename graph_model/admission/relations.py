"""Admitting relations, and objections, which may be to relations (F4)."""

from collections import defaultdict
from collections.abc import Hashable, Iterator
from typing import TypeAlias

from graph_model.admission.contradictions import in_objection, in_relation
from graph_model.admission.ledger import Ledger
from graph_model.admission.outcomes import Outcome
from graph_model.admission.refusals import Refusal, differs, needed, place_of, unrecorded
from graph_model.neighbourhood import relation_key
from graph_model.nodes import Facts, Objection, Relation
from graph_model.store import Fact

Tie: TypeAlias = tuple[str, str | None, str | None, str | None]
"""What an objection to a relation names: its type and ends, whatever its days."""
Starts: TypeAlias = dict[tuple[Hashable, ...], list[Hashable]]
"""The keys of relation records, by type, ends and first day."""


def relation_outcome(given: Relation, ledger: Ledger) -> Outcome:
    """Take a new relation record, or say what speaks against it."""
    if (refusal := in_relation(given) or _dangling(given, ledger)) is not None:
        return refusal
    key = relation_key(given)
    known = ledger.view.relations.get(key)
    if known is not None:
        return "unchanged" if known == given else differs(given, "send a correction of its document or authority")
    ledger.put("relations", key, given)
    return "new"


def starts_of(ledger: Ledger) -> Starts:
    """Arrange the relations for corrections, which name a record by its start."""
    starts: Starts = defaultdict(list)
    for key, relation in ledger.view.relations.items():
        starts[_start(relation)].append(key)
    return starts


def relation_corrected(given: Relation, ledger: Ledger, starts: Starts) -> Refusal | None:
    """Correct the one record with the same ends and start."""
    if (refusal := in_relation(given) or _dangling(given, ledger)) is not None:
        return refusal
    known = starts[_start(given)]
    if not known:
        return unrecorded(given)
    if len(known) > 1:
        what = f"有多条同起始日的记录 / {place_of(given)}: {len(known)} records have the same start"
        return Refusal("fact.ambiguous", what, "retract the wrong one by all its values and enter the right one")
    key = relation_key(given)
    ledger.put("relations", known[0], None)
    ledger.put("relations", key, given)
    starts[_start(given)] = [key]
    return None


def relation_retracted(given: Relation, ledger: Ledger) -> Refusal | None:
    """Take back a relation record that never was."""
    if (refusal := in_relation(given)) is not None:
        return refusal
    key = relation_key(given)
    if key not in ledger.view.relations:
        return unrecorded(given)
    ledger.put("relations", key, None)
    return None


def objection_outcome(given: Objection, ledger: Ledger, ties: set[Tie]) -> Outcome:
    """Take a new objection, or say what speaks against it."""
    known = ledger.view.objections.get(given.id)
    if known is not None:
        return "unchanged" if known == given else differs(given, "give another id, or send a correction")
    refusal = in_objection(given) or _objects_to_nothing(given, ledger, ties)
    if refusal is None:
        ledger.put("objections", given.id, given)
    return refusal or "new"


def objection_corrected(given: Objection, ledger: Ledger, ties: set[Tie]) -> Refusal | None:
    """Correct an objection; closing one is such a correction."""
    if given.id not in ledger.view.objections:
        return unrecorded(given)
    refusal = in_objection(given) or _objects_to_nothing(given, ledger, ties)
    if refusal is None:
        ledger.put("objections", given.id, given)
    return refusal


def ties_of(ledger: Ledger) -> set[Tie]:
    """What an objection may name."""
    return {_tie(relation) for relation in ledger.view.relations.values()}


def left_dangling(retractions: Facts, ledger: Ledger) -> Iterator[Refusal]:
    """Say which facts still rest on what is taken back."""
    gone = {d.id for d in retractions.designations} - ledger.view.designations.keys()
    cut = {_tie(relation) for relation in retractions.relations}
    if not gone and not cut:
        return
    cut -= ties_of(ledger)
    yield from (needed(r) for r in ledger.view.relations.values() if r.designation in gone)
    for objection in ledger.view.objections.values():
        if objection.designation in gone or (objection.relation_type is not None and _objected(objection) in cut):
            yield needed(objection)


def _dangling(given: Relation, ledger: Ledger) -> Refusal | None:
    fact: Fact = given
    if (refusal := ledger.unregistered(fact, given.holder)) is not None:
        return refusal
    if given.organisation is not None:
        return ledger.unregistered(fact, given.organisation, "organisation")
    return ledger.undesignated(fact, given.designation or "")


def _objects_to_nothing(given: Objection, ledger: Ledger, ties: set[Tie]) -> Refusal | None:
    if given.designation is not None and (refusal := ledger.undesignated(given, given.designation)) is not None:
        return refusal
    if given.relation_type is None or _objected(given) in ties:
        return None
    end = given.relation_organisation or given.designation
    return Refusal(
        "relation.unknown",
        f"关联关系不存在 / {place_of(given)}: no {given.relation_type} {given.relation_holder} → {end}",
        "load the relation first; the row can be loaded again as it is",
    )


def _start(relation: Relation) -> tuple[Hashable, ...]:
    return (*_tie(relation), relation.held_from)


def _tie(relation: Relation) -> Tie:
    return (relation.type, relation.holder, relation.organisation, relation.designation)


def _objected(objection: Objection) -> Tie:
    return (
        objection.relation_type or "",
        objection.relation_holder,
        objection.relation_organisation,
        objection.designation,
    )
