"""What a neighbourhood is, in plain terms: the adapters must read exactly this (their contract suite says so)."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace
from datetime import date
from decimal import Decimal

from graph_model.nodes import (
    Attributes,
    Designation,
    Facts,
    Move,
    Neighbourhood,
    Objection,
    Relation,
    Subject,
    SubjectId,
)


def relation_key(relation: Relation) -> tuple[str | date | Decimal | bool, ...]:
    """Order relations: by type, ends, `held_from` (no start first), `held_until` (no end last), `share` (none as 0).

    Two records with one key are the same record, whatever document states them.
    """
    return (
        relation.type,
        relation.holder,
        relation.organisation or "",
        relation.designation or "",
        relation.held_from or date.min,
        relation.held_until or date.max,
        relation.share if relation.share is not None else Decimal(0),
        relation.share is not None,
        relation.responsible is not False,
    )


def attributes_key(attributes: Attributes) -> date:
    """Order a subject's statements: the earliest first, one without `valid_from` before all."""
    return attributes.valid_from or date.min


def whole_designations(facts: Facts) -> dict[str, Designation]:
    """Give every designation with its moves, those stated apart included, by id."""
    moves: dict[str, list[Move]] = defaultdict(list)
    for move in facts.moves:
        moves[move.designation].append(move)
    return {d.id: replace(d, moves=(*d.moves, *moves[d.id])) if d.id in moves else d for d in facts.designations}


def neighbourhood_of(subject: SubjectId, facts: Facts) -> Neighbourhood | None:
    """Cut one subject's neighbourhood out of all facts; `None` where no registration names it."""
    attributes = [r.attributes for r in facts.registrations if r.subject == subject]
    if not attributes:
        return None
    relations = sorted((r for r in facts.relations if subject in (r.holder, r.organisation)), key=relation_key)
    others = {r.holder for r in relations} | {r.organisation for r in relations if r.organisation}
    linked = {r.designation for r in relations if r.designation}
    near = [
        d for d in whole_designations(facts).values() if d.subject == subject or d.subject in others or d.id in linked
    ]
    designations = sorted(near, key=lambda d: d.id)
    ids = {d.id for d in designations}
    shown = {subject, *others, *(d.subject for d in designations)}
    names: dict[SubjectId, str] = {}
    for registration in sorted(facts.registrations, key=lambda r: attributes_key(r.attributes)):
        if registration.subject in shown and registration.attributes.name is not None:
            names[registration.subject] = registration.attributes.name
    return Neighbourhood(
        subject=Subject(subject, tuple(sorted(attributes, key=attributes_key))),
        relations=tuple(relations),
        designations=tuple(designations),
        exemptions=tuple(sorted((e for e in facts.exemptions if e.subject == subject), key=lambda e: e.id)),
        objections=tuple(sorted((o for o in facts.objections if touches(o, ids, relations)), key=lambda o: o.id)),
        names=dict(sorted(names.items())),
    )


def touches(objection: Objection, designations: Collection[str], relations: Collection[Relation]) -> bool:
    """Whether an objection is to one of these designations, or to one of these relations (F4)."""
    if objection.relation_type is None:
        return objection.designation in designations
    return any(
        (r.type, r.holder, r.organisation, r.designation)
        == (objection.relation_type, objection.relation_holder, objection.relation_organisation, objection.designation)
        for r in relations
    )
