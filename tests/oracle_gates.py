"""The ten gates on one day, one plain function each (SEMANTICS §4). Each gives (true | false | `None`, reasons)."""

from datetime import date
from typing import Any

from graph_model.nodes import Attributes, Designation, Relation
from memoranda.model import Measure, Memorandum, Target
from tests.oracle_condition import judge_condition
from tests.oracle_world import (
    Law,
    World,
    covers,
    effective_from,
    ending,
    is_annulled,
    months_after,
    origin,
    status_on,
    within,
)

Gate = tuple[bool | None, tuple[str, ...]]
TRUE: Gate = (True, ())
FALSE: Gate = (False, ())
RESTRICTIVE = ("bar", "limit", "weigh")
RESTRICTING_KINDS = (
    "law",
    "administrative_regulation",
    "judicial_interpretation",
    "party_state_policy",
    "local_regulation",
)
HELD_DAY = {"at_conduct": "conduct_on", "at_event": "event_on", "at_decision": "decided_on"}
HELD_REASON = {
    "at_conduct": "conduct_day_missing",
    "at_event": "event_day_missing",
    "at_decision": "decision_day_missing",
}


def g1_in_effect(law: Law, designation: Designation, day: date) -> Gate:
    start = effective_from(designation)
    end, unsaid = ending(law, designation)
    if is_annulled(designation) or status_on(designation, day) != "in_effect":
        return FALSE
    if start is None or not within(start, day, end):
        return FALSE
    return (None, ("until_missing",)) if unsaid else TRUE


def g2_duly_listed(law: Law, designation: Designation) -> Gate:
    official = law.lists[designation.list]
    reasons = []
    if official.notice_required and origin(law, designation) == "local":
        by = designation.decided_on if designation.decided_on is not None else effective_from(designation)
        served = designation.notice_served_on
        if served is None or by is None or served > by:
            reasons.append("notice_missing")
    if official.id in law.defects:
        defective, _ = judge_condition(law.defects[official.id], listing_values(law, designation))
        if defective is True:
            reasons.append("listing_defective")
    if designation.authority in law.departments and official.authority not in law.line_of_department(
        designation.authority
    ):
        reasons.append("authority_not_competent")
    return (None, tuple(reasons)) if reasons else TRUE


def g3_memorandum_in_force(memorandum: Memorandum, measure: Measure, day: date) -> Gate:
    if not within(memorandum.from_, day, memorandum.until) or not within(measure.from_, day, measure.until):
        return FALSE
    if measure.withdrawn is not None and (measure.withdrawn.on is None or day >= measure.withdrawn.on):
        return FALSE
    return TRUE


def g4_list_covered(memorandum: Memorandum, measure: Measure, designation: Designation) -> Gate:
    lists = memorandum.lists if measure.lists is None else measure.lists
    return TRUE if designation.list in lists else FALSE


def g5_role_reached(
    designation: Designation, target: Target, path: Relation | None, paths: list[Relation | None], day: date
) -> Gate:
    """One path's reach; `paths` are all records of the same role."""
    if path is None:
        return TRUE
    if target.held == "now":
        return TRUE if within(path.held_from, day, path.held_until) else FALSE
    of_designation: date | None = getattr(designation, HELD_DAY[target.held])
    if of_designation is None:
        return None, (HELD_REASON[target.held],)
    if not within(path.held_from, of_designation, path.held_until):
        return FALSE
    if path.held_from is None:
        started = [
            other
            for other in paths
            if other is not None
            and other.held_from is not None
            and within(other.held_from, of_designation, other.held_until)
        ]
        return TRUE if started else (None, ("role_start_missing",))
    return TRUE


def basis_is_good(law: Law, basis: str, role: str, department: str, day: date) -> bool:
    """Whether an article is verified, in force, binds the role, and (a territorial one) covers the department."""
    article = law.bases[basis]
    if article.verified is None or not within(article.from_, day, article.until) or role not in article.binds:
        return False
    return article.territory is None or covers(article.territory, law.departments[department].region)


def g6_basis_holds(law: Law, measure: Measure, target: Target, department: str, day: date) -> Gate:
    for basis in target.bases:
        admissible = measure.effect not in RESTRICTIVE or law.bases[basis].kind in RESTRICTING_KINDS
        if admissible and basis_is_good(law, basis, target.role, department, day):
            return TRUE
    return FALSE


def g7_department_bound(law: Law, memorandum: Memorandum, measure: Measure, department: str) -> Gate:
    if not any(one in measure.departments for one in law.line_of_department(department)):
        return FALSE
    if memorandum.region is not None and not covers(memorandum.region, law.departments[department].region):
        return FALSE
    return TRUE


def g8_condition_true(
    world: World, subject: str, designation: Designation, measure: Measure, role: str, path: Relation | None, day: date
) -> Gate:
    if measure.id not in world.law.conditions:
        return TRUE
    known = listing_values(world.law, designation)
    known["subject.id"] = subject
    stated = attributes_on(world, subject, day)
    if stated is not None:
        for name in ("kind", "region", "status", "industry", "foreign_invested", "registered_on"):
            known["subject." + name] = getattr(stated, name)
    known["role.type"] = role
    if path is not None:
        known["role.held_from"] = path.held_from
        known["role.held_until"] = path.held_until
        known["role.share"] = path.share
    known["role.responsible"] = responsible_on(world, subject, designation, day)
    return judge_condition(world.law.conditions[measure.id], known)


def g9_within_term(measure: Measure, designation: Designation, day: date) -> Gate:
    if measure.term is None:
        return TRUE
    name = measure.term.from_
    anchor: Any
    if name == "effective_from":
        anchor = effective_from(designation)
    elif name.startswith("fact."):
        anchor = designation.facts.get(name[len("fact.") :])
    else:
        anchor = getattr(designation, name)
    if anchor is None:
        return None, ("term_anchor_missing",)
    return TRUE if within(anchor, day, months_after(anchor, measure.term.months)) else FALSE


def g10_not_exempt(
    world: World, subject: str, designation: Designation, measure: Measure, day: date, matters: list[str] | None = None
) -> Gate:
    """Exemptions in all matters; with `matters` (a matter and its ancestors) those for one of them too (J2)."""
    if measure.effect == "favour":
        return TRUE
    for exemption in world.facts.exemptions:
        if exemption.subject != subject or not within(exemption.start, day, exemption.end):
            continue
        if exemption.list is not None and exemption.list != designation.list:
            continue
        if exemption.measure is not None and exemption.measure != measure.id:
            continue
        if exemption.ground == "commitment_accepted" and measure.effect == "bar":
            continue
        if exemption.matter is None or (matters is not None and exemption.matter in matters):
            return FALSE
    return TRUE


def listing_values(law: Law, designation: Designation) -> dict[str, Any]:
    """What conditions see of a designation and its list. What is not stated is missing."""
    known: dict[str, Any] = {"fact." + name: value for name, value in designation.facts.items()}
    for name in ("id", "authority", "document_no", "severity", "decided_on", "conduct_on", "event_on"):
        known["designation." + name] = getattr(designation, name)
    known["designation.origin"] = origin(law, designation)
    known["designation.effective_from"] = effective_from(designation)
    known["designation.until"] = ending(law, designation)[0]
    known["list.id"] = designation.list
    known["list.kind"] = law.lists[designation.list].kind
    return known


def attributes_on(world: World, subject: str, day: date) -> Attributes | None:
    """The statement in force that day: the one with the latest `valid_from` that is not after it (F1)."""
    best: Attributes | None = None
    for registration in world.facts.registrations:
        stated = registration.attributes
        if registration.subject != subject or not within(stated.valid_from, day, None):
            continue
        if best is None or (stated.valid_from or date.min) > (best.valid_from or date.min):
            best = stated
    return best


def responsible_on(world: World, subject: str, designation: Designation, day: date) -> bool | None:
    """What the links between subject and designation say that day; nothing without one or where they disagree (G8)."""
    said = {
        relation.responsible is not False
        for relation in world.facts.relations
        if relation.type == "directly_responsible"
        and relation.holder == subject
        and relation.designation == designation.id
        and within(relation.held_from, day, relation.held_until)
    }
    return said.pop() if len(said) == 1 else None


def withholding_on(world: World, subject: str, measure: Measure, department: str, day: date) -> tuple[str, ...]:
    """The designations that withhold a favour from the subject that day (R10); none without a basis for it."""
    law = world.law
    rule = measure.withheld_by
    if rule is None or not any(basis_is_good(law, basis, "self", department, day) for basis in rule.bases):
        return ()
    found = []
    for designation in world.designations.values():
        if designation.subject != subject:
            continue
        kind = law.lists[designation.list].kind
        named = kind == "restriction" if rule.lists == "restriction" else designation.list in rule.lists
        if not named or g1_in_effect(law, designation, day)[0] is not True:
            continue
        if g2_duly_listed(law, designation)[0] is not True:
            continue
        freed = any(
            e.subject == subject
            and e.list == designation.list
            and e.measure is None
            and e.matter is None
            and within(e.start, day, e.end)
            for e in world.facts.exemptions
        )
        if not freed:
            found.append(designation.id)
    return tuple(sorted(found))
