"""The ten gates G1…G10 (SEMANTICS §4), one function each: what the gate says on every day.

Each returns a timeline. A false gate settles the item; an unknown one makes it unresolved, with its reasons.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache

from engine.listing import Listing
from engine.timeline import FALSE, TRUE, Timeline, Truth, all_of, always, any_of, by_days, within
from graph_model.calendar import add_months
from graph_model.identifiers import region_covers
from graph_model.nodes import ANNULLING, Attributes, Exemption, Relation, Scalar, Subject
from memoranda.model import ADMISSIBLE_FOR_RESTRICTIONS, RESTRICTIONS, LegalBasis, Measure, Target
from memoranda.rulebook import Rulebook

GATES = (
    "in_effect",
    "duly_listed",
    "memorandum_in_force",
    "list_covered",
    "role_reached",
    "basis_holds",
    "department_bound",
    "condition_true",
    "within_term",
    "not_exempt",
)
AT_DAY = {
    "at_conduct": ("conduct_on", "conduct_day_missing"),
    "at_event": ("event_on", "event_day_missing"),
    "at_decision": ("decided_on", "decision_day_missing"),
}


def in_effect(listing: Listing) -> Timeline:
    """G1: the status is `in_effect` and the day lies in the designation's days; unknown where its end is not stated."""
    designation = listing.designation
    if listing.starts is None or any(move.reason in ANNULLING for move in designation.moves):
        return FALSE
    truth: Truth = ("until_missing",) if listing.until_missing else ()
    days = within(listing.starts, listing.until, truth)
    if not designation.moves:
        return days if designation.status == "in_effect" else FALSE
    last_of_day = {move.on: move.to for move in designation.moves}
    status = by_days(
        last_of_day,
        lambda day: () if (last_of_day[day] if day is not None else designation.status) == "in_effect" else None,
    )
    return all_of([status, days])


def duly_listed(listing: Listing, book: Rulebook) -> Timeline:
    """G2: notice served, an entry the law allows, a competent authority; each doubt makes it unknown, none false."""
    designation, official = listing.designation, listing.official
    reasons = []
    if official.notice_required and listing.origin == "local":
        due = designation.decided_on or designation.effective_from
        served = designation.notice_served_on
        if served is None or due is None or served > due:
            reasons.append("notice_missing")
    defect = book.defect_of.get(official.id)
    if defect is not None and defect.holds(listing.values) is True:
        reasons.append("listing_defective")
    known = designation.authority in book.departments
    if known and official.authority not in book.counterpart_chain(designation.authority):
        reasons.append("authority_not_competent")
    return always(tuple(sorted(reasons)))


def memorandum_in_force(measure: Measure, book: Rulebook) -> Timeline:
    """G3: the day lies in the memorandum's and the measure's days, and before its withdrawal."""
    memorandum = book.memorandum_of[measure.id]
    days = [within(memorandum.from_, memorandum.until), within(measure.from_, measure.until)]
    if measure.withdrawn is not None:
        days.append(within(None, measure.withdrawn.on) if measure.withdrawn.on else FALSE)
    return all_of(days)


def list_covered(measure: Measure, listing: Listing, book: Rulebook) -> Timeline:
    """G4: the designation's list is one the measure attaches to."""
    return TRUE if listing.official.id in book.lists_of(measure.id) else FALSE


def role_reached(
    target: Target, relation: Relation | None, records: Sequence[Relation | None], listing: Listing
) -> Timeline:
    """G5: the subject has the role, by this record, when it must (R3).

    Args:
        target: The role and when it must be held.
        relation: The record of this path; `None` for `self`.
        records: All records by which the subject has this role towards the designation.
        listing: The designation.

    """
    if relation is None:
        return TRUE
    if target.held == "now":
        return within(relation.held_from, relation.held_until)
    field, missing = AT_DAY[target.held]
    day = listing.day(field)
    if day is None:
        return always((missing,))
    if relation.held_until is not None and relation.held_until <= day:
        return FALSE
    if relation.held_from is not None:
        return TRUE if relation.held_from <= day else FALSE
    return TRUE if any(_surely_covers(other, day) for other in records) else always(("role_start_missing",))


def _surely_covers(record: Relation | None, day: date) -> bool:
    return (
        record is not None
        and record.held_from is not None
        and record.held_from <= day
        and (record.held_until is None or day < record.held_until)
    )


def basis_holds(bases: Iterable[LegalBasis], role: str, effect: str, region: str | None) -> Timeline:
    """G6: an article is verified, in force, of an admissible kind (R7), binds the role, and covers the region."""
    return any_of(
        within(basis.from_, basis.until)
        for basis in bases
        if basis.verified is not None
        and role in basis.binds
        and (effect not in RESTRICTIONS or basis.kind in ADMISSIBLE_FOR_RESTRICTIONS)
        and (basis.territory is None or region_covers(basis.territory, region))
    )


def department_bound(measure: Measure, department: str, book: Rulebook) -> Timeline:
    """G7: the department, or one whose counterpart it is, is the measure's, and it lies in the memorandum's region."""
    return TRUE if department in book.bound_departments(measure.id) else FALSE


def condition_true(
    measure: Measure,
    listing: Listing,
    role: str,
    relation: Relation | None,
    subject: Subject,
    links: Sequence[Relation],
    book: Rulebook,
) -> Timeline:
    """G8: the measure's condition, in strong Kleene logic, with what is known of subject and role on each day."""
    condition = book.condition_of.get(measure.id)
    if condition is None:
        return TRUE
    fixed: dict[str, Scalar | None] = {**listing.values, "subject.id": subject.id, "role.type": role}
    if relation is not None:
        fixed |= {
            "role.held_from": relation.held_from,
            "role.held_until": relation.held_until,
            "role.share": relation.share,
        }

    asks_subject, asks_links = _dated(condition.symbols)

    def say(day: date | None) -> Truth:
        values = {**fixed, **subject_values(subject, day)} if asks_subject else fixed
        if asks_links:
            values = {**values, "role.responsible": responsible_on(links, day)}
        holds = condition.holds(values)
        if holds is None:
            return condition.reasons(values)
        return () if holds else None

    changes: list[date | None] = []
    if asks_subject:
        changes += [attributes.valid_from for attributes in subject.attributes]
    if asks_links:
        changes += [day for link in links for day in (link.held_from, link.held_until)]
    return by_days(changes, say) if changes else always(say(None))


@lru_cache(maxsize=4096)
def _dated(symbols: tuple[str, ...]) -> tuple[bool, bool]:
    """Whether a condition asks for what is stated of the subject, and for links: what may be another on another day."""
    return any(symbol.startswith("subject.") for symbol in symbols), "role.responsible" in symbols


def subject_values(subject: Subject, day: date | None) -> Mapping[str, Scalar | None]:
    """Give the symbols `subject.*` as stated on `day` (`None`: before every dated statement)."""
    stated: Attributes | None = None
    for attributes in subject.attributes:
        if attributes.valid_from is None or (day is not None and attributes.valid_from <= day):
            stated = attributes
    if stated is None:
        return {}
    return {
        "subject.kind": stated.kind,
        "subject.region": stated.region,
        "subject.status": stated.status,
        "subject.industry": stated.industry,
        "subject.foreign_invested": stated.foreign_invested,
        "subject.registered_on": stated.registered_on,
    }


def responsible_on(links: Sequence[Relation], day: date | None) -> bool | None:
    """Say what the links between subject and designation in force on `day` say of personal responsibility.

    `None` without one, or where they disagree: it is never presumed (G8).
    """
    said = {
        link.responsible is not False
        for link in links
        if (link.held_from is None or (day is not None and link.held_from <= day))
        and (link.held_until is None or day is None or day < link.held_until)
    }
    return said.pop() if len(said) == 1 else None


def within_term(measure: Measure, listing: Listing) -> Timeline:
    """G9: the day lies in the measure's own term (R5); unknown where its first day is missing."""
    if measure.term is None:
        return TRUE
    anchor = listing.day(measure.term.from_)
    if anchor is None:
        return always(("term_anchor_missing",))
    return within(anchor, add_months(anchor, measure.term.months))


def not_exempt(measure: Measure, listing: Listing, exemptions: Iterable[Exemption]) -> Timeline:
    """G10: no exemption frees the subject in all matters that day (one for some matters is settled at J2)."""
    freeing = [e for e in exemptions if e.matter is None and frees(e, measure, listing)]
    if not freeing:
        return TRUE
    changes = [day for e in freeing for day in (e.start, e.end)]

    def say(day: date | None) -> Truth:
        return None if any(exempt_on(e, day) for e in freeing) else ()

    return by_days(changes, say)


def exempt_on(exemption: Exemption, day: date | None) -> bool:
    """Whether the exemption's days hold `day` (`None`: before every dated start and end)."""
    begun = exemption.start is None or (day is not None and exemption.start <= day)
    return begun and (exemption.end is None or day is None or day < exemption.end)


def frees(exemption: Exemption, measure: Measure, listing: Listing) -> bool:
    """Whether the exemption is from this measure on this list at all (F5), whatever the day and the matter."""
    if measure.effect == "favour" or (exemption.ground == "commitment_accepted" and measure.effect == "bar"):
        return False
    return exemption.list in (None, listing.official.id) and exemption.measure in (None, measure.id)
