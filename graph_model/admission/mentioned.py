"""What a change set speaks of, and the records of it that stand: what an adapter reads before it may write."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import date
from typing import TypeAlias

from graph_model.nodes import Designation, DesignationId, Exemption, Objection, Registration, Relation, SubjectId
from graph_model.store import ChangeSet

RelationKey: TypeAlias = tuple[Hashable, ...]
RegistrationKey: TypeAlias = tuple[SubjectId, date | None]
Document: TypeAlias = tuple[SubjectId, str, str, str]
"""What makes a designation a duplicate (F2): subject, list, authority and stated document number."""


@dataclass(frozen=True, slots=True)
class Mentioned:
    """What a change set speaks of, so that an adapter knows what to read.

    subjects       every subject that must be registered, or is stated of
    stated         subjects of registrations: read all their statements
    holders        read all their relation records
    designated     subjects of designations: read all their designations, for duplicates
    designations   ids to read whole
    retracted      ids of designations taken back: read the links and objections that rest on them
    unrelated      holders of relations taken back: read the objections that rest on those
    """

    subjects: frozenset[SubjectId]
    stated: frozenset[SubjectId]
    holders: frozenset[SubjectId]
    designated: frozenset[SubjectId]
    designations: frozenset[DesignationId]
    exemptions: frozenset[str]
    objections: frozenset[str]
    retracted: frozenset[DesignationId]
    unrelated: frozenset[SubjectId]


def mentioned(change: ChangeSet) -> Mentioned:
    """Say what must be read to admit `change`."""
    given = (change.facts, change.corrections, change.retractions)
    relations = [r for facts in given for r in facts.relations]
    designations = [d for facts in given for d in facts.designations]
    exemptions = [e for facts in given for e in facts.exemptions]
    objections = [o for facts in given for o in facts.objections]
    stated = {r.subject for facts in given for r in facts.registrations}
    designated = {d.subject for d in designations}
    ids = {d.id for d in designations}
    ids.update(m.designation for facts in given for m in facts.moves)
    ids.update(r.designation for r in relations if r.designation is not None)
    ids.update(o.designation for o in objections if o.designation is not None)
    holders = {r.holder for r in relations}
    return Mentioned(
        subjects=frozenset(
            {*stated, *designated, *holders, *(e.subject for e in exemptions)}
            | {r.organisation for r in relations if r.organisation is not None}
        ),
        stated=frozenset(stated),
        holders=frozenset(holders | {o.relation_holder for o in objections if o.relation_holder is not None}),
        designated=frozenset(designated),
        designations=frozenset(ids),
        exemptions=frozenset(e.id for e in exemptions),
        objections=frozenset(o.id for o in objections),
        retracted=frozenset(d.id for d in change.retractions.designations),
        unrelated=frozenset(r.holder for r in change.retractions.relations),
    )


@dataclass(slots=True)
class Recorded:
    """The records that stand and that a change set mentions. `admit` works on it: it is used up.

    `registered` holds those of `Mentioned.subjects` that are registered; `documents` the id of the designation
    that has them.
    """

    registered: set[SubjectId] = field(default_factory=set)
    registrations: dict[RegistrationKey, Registration] = field(default_factory=dict)
    relations: dict[RelationKey, Relation] = field(default_factory=dict)
    designations: dict[DesignationId, Designation] = field(default_factory=dict)
    documents: dict[Document, DesignationId] = field(default_factory=dict)
    exemptions: dict[str, Exemption] = field(default_factory=dict)
    objections: dict[str, Objection] = field(default_factory=dict)


def document_of(designation: Designation) -> Document:
    """What makes it a duplicate of another designation (F2), where a document number is stated."""
    return (designation.subject, designation.list, designation.authority, designation.document_no or "")
