"""Why a measure does not bind: the gates of every candidate, and the one that comes closest (CONTRACT §5)."""

from dataclasses import dataclass
from datetime import date

from engine import gates
from engine.judge import askable
from engine.listing import Listing, listing_of
from engine.plan import withholding_holds
from engine.question import CandidateGates, WhyNot, WhyNotQuestion
from engine.roles import Ties
from engine.standing import Listed, listed_of, paths_of, withholding
from engine.timeline import FALSE, TRUE, Timeline, at
from graph_model.errors import UnknownMeasure
from graph_model.nodes import Neighbourhood
from memoranda.model import Measure, Target
from memoranda.rulebook import Rulebook

Said = dict[str, Timeline]
"""What each gate says, by name, in the order G1…G10 and then the question's own."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What all candidates of one question share."""

    neighbourhood: Neighbourhood
    question: WhyNotQuestion
    day: date
    measure: Measure
    ties: Ties
    own: tuple[Listed, ...]
    book: Rulebook


def why_not(neighbourhood: Neighbourhood | None, question: WhyNotQuestion, book: Rulebook, version: int) -> WhyNot:
    """Say which gates keep `question.measure` from being a duty.

    Args:
        neighbourhood: The subject's at `version`; `None` where it is not registered.
        question: The measure, the day, and what else is asked.
        book: The rulebook.
        version: The version read.

    Raises:
        MalformedSubject, UnknownMeasure, UnknownMatter, UnknownDepartment, MalformedDay.

    """
    registered = neighbourhood is not None
    if question.measure not in book.measures:
        askable(question.subject, None, None, date.min, book, registered=registered)
        raise UnknownMeasure(f"没有措施 `{question.measure}` no such measure", hint="see `xinheng rulebook search`")
    day = askable(question.subject, question.matter, question.department, question.on, book, registered=registered)
    candidates = _candidates(neighbourhood, question, day, book) if neighbourhood is not None else ()
    return WhyNot(
        version=version,
        rulebook=book.digest,
        subject=question.subject,
        measure=question.measure,
        on=day,
        failing=candidates[0].failing if candidates else ("no_candidate",),
        candidates=candidates,
    )


def _candidates(
    neighbourhood: Neighbourhood, question: WhyNotQuestion, day: date, book: Rulebook
) -> tuple[CandidateGates, ...]:
    """Give every candidate, the closest first: role held or once held, fewest failing gates, designation, target."""
    subject = neighbourhood.subject
    listings = [listing for d in neighbourhood.designations if (listing := listing_of(d, book)) is not None]
    own = tuple(listed_of(listing, book) for listing in listings if listing.designation.subject == subject.id)
    ties = Ties(subject.id, neighbourhood.relations)
    scene = Scene(neighbourhood, question, day, book.measures[question.measure], ties, own, book)
    found = [
        (place, _candidate(scene, listing, target))
        for listing in listings
        for place, target in enumerate(scene.measure.targets)
    ]
    found.sort(key=lambda p: (not p[1].held, len(p[1].failing), p[1].designation, p[0]))
    return tuple(candidate for _, candidate in found)


def _candidate(scene: Scene, listing: Listing, target: Target) -> CandidateGates:
    """Give one candidate towards the department asked, or the one that comes closest."""
    records = scene.ties.paths_to(listing.designation).get(target.role, [])
    departments = [scene.question.department] if scene.question.department else sorted(scene.book.departments)
    subject, links = scene.neighbourhood.subject, scene.ties.links.get(listing.id, ())
    paths = [
        {"role_reached": path.role_reached if records else FALSE, "condition_true": path.condition_true}
        for path in paths_of(scene.measure, target, records or [None], listing, subject, links, scene.book)
    ]
    path = min(paths, key=lambda said: len(_failing(said, scene.day)))
    shared = _shared(scene, listing)
    by_region = {
        region: _of_region(scene, target, region)
        for region in {scene.book.departments[department].region for department in departments}
    }
    closest: tuple[str, Said] | None = None
    for department in departments:
        bound = {"department_bound": gates.department_bound(scene.measure, department, scene.book)}
        said = {**shared, **path, **by_region[scene.book.departments[department].region], **bound}
        if closest is None or len(_failing(said, scene.day)) < len(_failing(closest[1], scene.day)):
            closest = department, said
    if closest is None:
        closest = "", {**shared, **path, "basis_holds": FALSE, "department_bound": FALSE}
    department, said = closest
    ordered = {name: said[name] for name in (*gates.GATES, *(n for n in said if n not in gates.GATES))}
    return CandidateGates(
        measure=scene.measure.id,
        designation=listing.id,
        role=target.role,
        department=department,
        held=bool(records),
        gates={name: _word(timeline, scene.day) for name, timeline in ordered.items()},
        reasons=tuple(sorted({r for timeline in ordered.values() for r in at(timeline, scene.day) or ()})),
        failing=tuple(_failing(ordered, scene.day)),
    )


def _shared(scene: Scene, listing: Listing) -> Said:
    """Give the gates that hang neither on the path nor on the department."""
    measure, question, book = scene.measure, scene.question, scene.book
    exemptions = scene.neighbourhood.exemptions
    said = {
        "in_effect": gates.in_effect(listing),
        "duly_listed": gates.duly_listed(listing, book),
        "memorandum_in_force": gates.memorandum_in_force(measure, book),
        "list_covered": gates.list_covered(measure, listing, book),
        "within_term": gates.within_term(measure, listing),
        "not_exempt": gates.not_exempt(measure, listing, exemptions),
    }
    if question.matter is not None:
        matters = set(book.ancestors(question.matter))
        covered = measure.matters == "any" or not matters.isdisjoint(measure.matters)
        said["matter_covered"] = TRUE if covered else FALSE
        freeing = (e for e in exemptions if e.matter in matters and gates.frees(e, measure, listing))
        if any(gates.exempt_on(e, scene.day) for e in freeing):
            said["not_exempt"] = FALSE
    if question.concerning is not None:
        elsewhere = measure.elsewhere_only and question.concerning == listing.designation.subject
        said["not_elsewhere"] = FALSE if elsewhere else TRUE
    return said


def _of_region(scene: Scene, target: Target, region: str | None) -> Said:
    """Give the gates that hang on the department's region only: G6, and whether the favour is withheld there."""
    measure, book = scene.measure, scene.book
    bases = [book.bases[basis] for basis in target.bases]
    said = {"basis_holds": gates.basis_holds(bases, target.role, measure.effect, region)}
    if measure.effect == "favour":
        allowed = withholding_holds(measure, region, book)
        by = withholding(measure, scene.own, scene.neighbourhood.exemptions, allowed, book)
        said["not_withheld"] = FALSE if any(at(days, scene.day) == () for _, days in by) else TRUE
    return said


def _failing(said: Said, day: date) -> list[str]:
    return [name + ("?" if at(t, day) else "") for name, t in said.items() if at(t, day) != ()]


def _word(timeline: Timeline, day: date) -> str:
    truth = at(timeline, day)
    return "false" if truth is None else "unknown" if truth else "true"
