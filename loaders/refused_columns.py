"""Which column of a row a store's refusal speaks of: the store knows facts, the sender knows columns."""

from collections.abc import Mapping

_BY_KIND: Mapping[str, Mapping[str, str]] = {
    "organisations": {"row.repeated": "code", "fact.conflict": "code"},
    "persons": {"row.repeated": "name", "fact.conflict": "name"},
    "relations": {
        "row.repeated": "holder",
        "subject.unknown": "holder",
        "organisation.unknown": "organisation",
        "designation.unknown": "designation",
        "interval.empty": "held_until",
        "fact.conflict": "document_no",
        "fact.ambiguous": "held_from",
        "share.range": "share",
        "relation.ends": "organisation",
    },
    "designations": {
        "row.repeated": "id",
        "subject.unknown": "subject",
        "list.unknown": "list",
        "designation.duplicate": "document_no",
        "designation.id-taken": "id",
        "designation.malformed": "id",
        "designation.status": "status",
        "effective.missing": "effective_from",
        "origin.contradicts": "origin",
        "interval.empty": "until",
        "fact.conflict": "id",
        "move.illegal": "status",
        "move.order": "removed_on",
    },
    "moves": {
        "designation.unknown": "designation",
        "move.illegal": "to",
        "move.order": "on",
        "move.reason": "reason",
        "effective.missing": "to",
        "fact.conflict": "to",
    },
    "exemptions": {
        "row.repeated": "id",
        "subject.unknown": "subject",
        "list.unknown": "list",
        "measure.unknown": "measure",
        "matter.unknown": "matter",
        "exemption.scope": "list",
        "interval.empty": "until",
        "fact.conflict": "id",
    },
    "objections": {
        "row.repeated": "id",
        "designation.unknown": "designation",
        "relation.unknown": "relation_holder",
        "objection.target": "designation",
        "interval.empty": "closed_on",
        "fact.conflict": "id",
    },
}


def column_refused(kind: str, detail_code: str) -> str:
    """Name the column; blank where the refusal is of the row as a whole.

    >>> column_refused("relations", "organisation.unknown")
    'organisation'
    """
    return _BY_KIND[kind].get(detail_code, "")
