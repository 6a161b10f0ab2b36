"""What the nodes of a rulebook's graph say (docs/graph-schema.md): the words of the files, as plain values.

Days are text. What is not stated is absent; a mark that is not set is absent, too.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, TypeAlias

from memoranda.model import Department, Entry, LegalBasis, Matter, Measure, Memorandum, OfficialList, TermBy

Property: TypeAlias = str | int | bool | Sequence[str]


def of_department(department: Department) -> Mapping[str, Property]:
    """A body. `public` is there in either case: who is not public is commanded by no one (R9)."""
    return {**_said(department, "name", "region"), "public": department.public}


def of_matter(matter: Matter) -> Mapping[str, Property]:
    """What is being granted."""
    return _said(matter, "name", "cannot_see")


def of_basis(basis: LegalBasis) -> Mapping[str, Property]:
    """An article. `verified` is there in either case: one that is not carries nothing (P1)."""
    return {
        **_said(basis, "document", "article", "kind", "from_", "until", "binds", "territory", "matters"),
        **_said(basis.verified, "on", "by", "source", prefix="verified_"),
        "verified": basis.verified is not None,
    }


def of_list(official: OfficialList) -> Mapping[str, Property]:
    """What a list is called, whatever the rulebook."""
    return _said(official, "name", "kind")


def of_terms(official: OfficialList) -> Mapping[str, Property]:
    """How one rulebook knows a list.

    A term by a fact is `term_by` (its name), `term_values` with `term_values_months` (the same length; `none`: no
    term), and `term_otherwise`. `facts` are texts "NAME TYPE".
    """
    term = official.term_months
    by = term if isinstance(term, TermBy) else None
    cases = sorted(by.months.items()) if by is not None else ()
    return {
        **_said(official, "name", "kind", "authority", "until_required", "ends_by", "ends_article", "defective_if"),
        **_said(official, "notice_required", "exemption_grounds"),
        **_plain("term_months", None if by is not None else term),
        **_said(by, "by", "otherwise", prefix="term_"),
        **_plain("term_values", [value for value, _ in cases]),
        **_plain("term_values_months", [str(months or "none") for _, months in cases]),
        **_plain("facts", [f"{name} {kind}" for name, kind in sorted(official.facts.items())]),
        **_said(official.repair, "after_months", "from_", "body", "conditions", prefix="repair_"),
        **_said(official.objection, "days", "from_", "body", prefix="objection_"),
    }


def of_measure(measure: Measure) -> Mapping[str, Property]:
    """An incentive or restriction. `roles`: of its targets, in order; `withdrawn` without a day: from the start."""
    return {
        **_said(measure, "title", "item", "wording", "effect", "limits_to", "from_", "until", "condition"),
        **_said(measure, "elsewhere_only", "slot"),
        **_plain("any_matter", measure.matters == "any"),
        **_plain("roles", [target.role for target in measure.targets]),
        **_said(measure.term, "months", "from_", prefix="term_"),
        **_plain("withdrawn", measure.withdrawn is not None),
        **_said(measure.withdrawn, "on", "reason", prefix="withdrawn_"),
    }


def of_memorandum(memorandum: Memorandum) -> Mapping[str, Property]:
    """A document that holds measures."""
    return _said(memorandum, "title", "kind", "document_no", "from_", "until", "region")


def _said(entry: Entry | None, *names: str, prefix: str = "") -> dict[str, Property]:
    """Give some fields of an entry under the files' own names (`from`, not `from_`)."""
    found: dict[str, Property] = {}
    for name in names if entry is not None else ():
        found |= _plain(prefix + name.rstrip("_"), getattr(entry, name))
    return found


def _plain(name: str, value: Any) -> dict[str, Property]:
    """Give one property, or none where there is nothing to say."""
    if value is None or value is False or value in ((), []):
        return {}
    if isinstance(value, date):
        return {name: value.isoformat()}
    return {name: list(value) if isinstance(value, tuple) else value}
