"""The columns of each kind of file, and how a value of each is read (CONTRACT §3)."""

from collections.abc import Mapping, Sequence
from typing import get_args

from graph_model.nodes import RELATION_TYPES, Ground, Origin, RemovalReason, Severity, Status
from loaders.cells import Convert, as_given, boolean, day, one_of, region, share, text, word

KINDS = ("organisations", "persons", "relations", "designations", "moves", "exemptions", "objections")
ORGANISATION_KINDS = (
    "enterprise",
    "individual_business",
    "farmers_cooperative",
    "social_organisation",
    "public_institution",
    "government",
    "other",
)
_status = one_of(get_args(Status))
_reason = one_of(get_args(RemovalReason))
_relation_type = one_of(RELATION_TYPES)

COLUMNS: Mapping[str, Mapping[str, Convert]] = {
    "organisations": {
        "code": word,
        "name": text,
        "kind": one_of(ORGANISATION_KINDS),
        "region": region,
        "status": one_of(("active", "revoked", "deregistered")),
        "registered_on": day,
        "industry": text,
        "foreign_invested": boolean,
        "valid_from": day,
    },
    "persons": {"id_type": text, "id_number": text, "person": word, "name": text},
    "relations": {
        "type": _relation_type,
        "holder": text,
        "holder_id_type": text,
        "organisation": word,
        "held_from": day,
        "held_until": day,
        "share": share,
        "designation": word,
        "responsible": boolean,
        "document_no": text,
        "authority": text,
    },
    "designations": {
        "id": word,
        "subject": text,
        "subject_id_type": text,
        "list": text,
        "authority": text,
        "document_no": text,
        "decided_on": day,
        "conduct_on": day,
        "event_on": day,
        "effective_from": day,
        "until": day,
        "severity": one_of(get_args(Severity)),
        "status": _status,
        "removed_on": day,
        "removed_reason": _reason,
        "notice_served_on": day,
        "notice_document_no": text,
        "origin": one_of(get_args(Origin)),
        "facts": as_given,
        "moves": as_given,
    },
    "moves": {
        "designation": word,
        "to": _status,
        "on": day,
        "reason": _reason,
        "actor": text,
        "document_no": text,
    },
    "exemptions": {
        "id": word,
        "subject": text,
        "subject_id_type": text,
        "list": text,
        "measure": text,
        "matter": text,
        "ground": one_of(get_args(Ground)),
        "document_no": text,
        "from": day,
        "until": day,
    },
    "objections": {
        "id": word,
        "designation": word,
        "relation_type": _relation_type,
        "relation_holder": text,
        "relation_organisation": word,
        "filed_on": day,
        "closed_on": day,
        "document_no": text,
    },
}
"""The columns of each kind of file and how a value of each is read; besides, designations take `fact.*`."""

NESTED = frozenset({"facts", "moves"})
"""Columns that hold a mapping or a list: only in scenario files, JSON and JSON Lines."""


NEEDED: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "organisations": (("code",),),
    "persons": (("person",), ("id_type", "id_number")),
    "relations": (("type", "holder"),),
    "designations": (("id", "subject", "list", "authority"),),
    "moves": (("designation", "to", "on"),),
    "exemptions": (("id", "subject", "ground"),),
    "objections": (("id", "filed_on"),),
}
"""The columns without which no row of a file can be taken; where there are several ways, one of them is enough."""

REJECT_COLUMNS = ("reject_row", "reject_column", "reject_reason")
"""The columns that a reject file puts before the original ones; a load ignores them."""


def unknown_columns(kind: str, columns: Sequence[str]) -> tuple[str, ...]:
    """Name the columns that a file of `kind` does not have."""
    known = COLUMNS[kind]
    facts_allowed = kind == "designations"
    return tuple(c for c in columns if c not in known and not (facts_allowed and c.startswith("fact.")))
