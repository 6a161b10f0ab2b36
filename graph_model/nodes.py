"""The value types of the vocabulary (SEMANTICS §1, §2): what is known of the world, at one version.

All are frozen. A missing value is `None`; days are `datetime.date`; ids are text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal, TypeAlias, get_args

SubjectId: TypeAlias = str
"""A USCC (18 characters), or a person's keyed id; scenario files may use any word."""
DesignationId: TypeAlias = str
Version: TypeAlias = int
"""A recorded version; 0 is the empty store, each change set adds one (C1)."""
Scalar: TypeAlias = str | bool | Decimal | date
"""A list-specific fact: text, boolean, number (exact decimal) or day."""

RelationType = Literal[
    "legal_representative",
    "principal",
    "director",
    "supervisor",
    "senior_manager",
    "actual_controller",
    "shareholder",
    "operator",
    "branch_of",
    "directly_responsible",
]
Status = Literal["proposed", "notified", "in_effect", "suspended", "removed", "dropped"]
RemovalReason = Literal["expired", "repaired", "delisted", "revoked", "corrected", "appeal_upheld"]
Origin = Literal["local", "provincial", "national"]
Severity = Literal["minor", "general", "serious"]
Ground = Literal[
    "minor_first_offence",
    "commitment_accepted",
    "court_stay",
    "court_permission",
    "security_provided",
    "authority_decision",
]
ListKind = Literal["restriction", "incentive", "watch", "record"]
FactType = Literal["text", "number", "boolean", "day"]

RELATION_TYPES: tuple[RelationType, ...] = get_args(RelationType)
ANNULLING: frozenset[str] = frozenset({"revoked", "corrected", "appeal_upheld"})
"""Removal reasons that undo a designation from its beginning, in valid time (F3)."""
LEGAL_MOVES: Mapping[str, frozenset[str]] = {
    "proposed": frozenset({"notified", "dropped"}),
    "notified": frozenset({"in_effect", "dropped"}),
    "in_effect": frozenset({"suspended", "removed"}),
    "suspended": frozenset({"in_effect", "removed"}),
    "removed": frozenset(),
    "dropped": frozenset(),
}
"""The states a designation may move to, by the state it is in (F3)."""


@dataclass(frozen=True, slots=True)
class Attributes:
    """What is stated of a subject from `valid_from` on, until the next statement (F1).

    `kind` is one of enterprise, individual_business, farmers_cooperative, social_organisation,
    public_institution, government, other; `person` for persons. `status`: active, revoked, deregistered.
    """

    valid_from: date | None = None
    name: str | None = None
    kind: str | None = None
    region: str | None = None
    status: str | None = None
    industry: str | None = None
    foreign_invested: bool | None = None
    registered_on: date | None = None


@dataclass(frozen=True, slots=True)
class Registration:
    """One statement about one subject, as it is written. Its key is (subject, attributes.valid_from)."""

    subject: SubjectId
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class Subject:
    """A registered subject with all its statements, earliest first (no `valid_from` before all)."""

    id: SubjectId
    attributes: tuple[Attributes, ...]


@dataclass(frozen=True, slots=True)
class Relation:
    """One dated record of a relation: *holder* → *organisation*, or, for `directly_responsible`, → *designation*.

    Exactly one of `organisation` and `designation` is given. `responsible` is true or false for
    `directly_responsible` (named as personally responsible, or found not to be) and `None` else.
    Its key is everything but `document_no` and `authority`.
    """

    type: RelationType
    holder: SubjectId
    organisation: SubjectId | None = None
    designation: DesignationId | None = None
    held_from: date | None = None
    held_until: date | None = None
    share: Decimal | None = None
    responsible: bool | None = None
    document_no: str | None = None
    authority: str | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """One move of a designation's status, on a day (F3). `reason` is given exactly where `to` is `removed`."""

    designation: DesignationId
    to: Status
    on: date
    reason: RemovalReason | None = None
    actor: str | None = None
    document_no: str | None = None


@dataclass(frozen=True, slots=True)
class Designation:
    """One subject put on one list by one decision document of an authority (F2).

    `status` is the state at entry; it holds until the first of `moves`, which come in the order in which they
    were given (that of their days). `effective_from`, `until` and `origin` are as stated: what follows where
    they are not stated (F2) is derived with the rulebook, in the engine.
    """

    id: DesignationId
    subject: SubjectId
    list: str
    authority: str
    status: Status = "in_effect"
    document_no: str | None = None
    decided_on: date | None = None
    conduct_on: date | None = None
    event_on: date | None = None
    effective_from: date | None = None
    until: date | None = None
    severity: Severity | None = None
    notice_served_on: date | None = None
    notice_document_no: str | None = None
    origin: Origin | None = None
    facts: Mapping[str, Scalar] = field(default_factory=dict)
    moves: tuple[Move, ...] = ()


@dataclass(frozen=True, slots=True)
class Exemption:
    """Frees one subject from one list's or one measure's effect for an interval (F5). Key: `id`."""

    id: str
    subject: SubjectId
    ground: Ground
    list: str | None = None
    measure: str | None = None
    matter: str | None = None
    document_no: str | None = None
    start: date | None = None
    end: date | None = None


@dataclass(frozen=True, slots=True)
class Objection:
    """An open objection to a designation, a relation, or a `directly_responsible` link (F4). Key: `id`.

    To a designation: only `designation`. To a relation: `relation_type`, `relation_holder`,
    `relation_organisation` (all records of it). To a link: `designation`, `relation_type`, `relation_holder`.
    `closed_on` is the first day without it.
    """

    id: str
    filed_on: date
    closed_on: date | None = None
    designation: DesignationId | None = None
    relation_type: RelationType | None = None
    relation_holder: SubjectId | None = None
    relation_organisation: SubjectId | None = None
    document_no: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """A bag of facts as they are given. The order of designations' moves matters, no other order does.

    Registrations, of which there are the most, may also come as `graph_model.statements.Statements`.
    """

    registrations: Sequence[Registration] = ()
    relations: tuple[Relation, ...] = ()
    designations: tuple[Designation, ...] = ()
    moves: tuple[Move, ...] = ()
    exemptions: tuple[Exemption, ...] = ()
    objections: tuple[Objection, ...] = ()


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """Everything that the standing of `subject` can depend on, at one version: one hop and no more.

    relations     every record whose holder or organisation is the subject, and its links to designations
    designations  those of the subject, of every organisation or holder one record away, and those it is linked
                  to, with their moves
    exemptions    those of the subject
    objections    to any of these designations or relations
    names         the name of every subject that appears in it, as last stated (for the proof, never for a gate)

    Each tuple is sorted by the facts' keys, so that equal facts give equal values (J10).
    """

    subject: Subject
    relations: tuple[Relation, ...] = ()
    designations: tuple[Designation, ...] = ()
    exemptions: tuple[Exemption, ...] = ()
    objections: tuple[Objection, ...] = ()
    names: Mapping[SubjectId, str] = field(default_factory=dict)
