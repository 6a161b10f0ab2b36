"""The second opinion: decides over the whole graph, day by day, in plain loops (SEMANTICS §4, §5).

Written from SEMANTICS and CONTRACT alone, apart from the engine. It answers what can be compared: who must do what,
what stays open and why, what would lift it, when it ends, and why a measure does not bind.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from memoranda.model import Effect
from tests.oracle_gates import g10_not_exempt, withholding_on
from tests.oracle_items import ONE_DAY, Item, days_that_matter, items_of, run_of_duty
from tests.oracle_world import World

ORDER = ("bar", "limit", "weigh", "unresolved", "watch", "favour", "clear")
BATCH_ORDER = ("bar", "limit", "weigh", "unknown", "unresolved", "watch", "favour", "clear")
RESTRICTIVE = ("bar", "limit", "weigh")


@dataclass(frozen=True)
class Question:
    """A check; the version is the world's."""

    subject: str
    matter: str
    on: date
    department: str | None = None
    concerning: str | None = None


@dataclass(frozen=True)
class DutyFound:
    """A duty with the days of its run, the day from which it never returns, and whether it is disputed."""

    measure: str
    department: str
    designation: str
    role: str
    effect: Effect
    start: date | None
    end: date | None
    never_after: date | None
    disputed: bool
    proof: "ProofFound | None" = None


@dataclass(frozen=True)
class ProofFound:
    """What a proof must say (J5): the path that carries it (its days and share), the articles that hold that day, and
    the gates that are not true just before it begins and where it ends, those of the paths aside."""

    path: tuple[date | None, date | None, Decimal | None] | None
    bases: frozenset[str]
    begins_by: frozenset[str]
    ends_by: frozenset[str]


@dataclass(frozen=True)
class Answer:
    """The parts of a decision that can be compared. Named parts are sets of (measure, department, designation, …)."""

    verdict: str
    could_be: str | None = None
    verdict_if_lifted: str | None = None
    duties: frozenset[DutyFound] = frozenset()
    withheld: frozenset[tuple[str, str, str, tuple[str, ...]]] = frozenset()
    unresolved: frozenset[tuple[str, str, str, str, Effect, frozenset[str]]] = frozenset()
    left_out: frozenset[tuple[str, str, str]] = frozenset()
    lifting_set: frozenset[str] = frozenset()
    narrower: frozenset[str] = frozenset()


@dataclass
class Sorted:
    """The items of one question, each in the first drawer that fits (J2)."""

    left_out: list[Item] = field(default_factory=list)
    unresolved: list[tuple[Item, frozenset[str]]] = field(default_factory=list)
    withheld: list[tuple[Item, tuple[str, ...]]] = field(default_factory=list)
    duties: list[Item] = field(default_factory=list)


def answer(world: World, question: Question, *, with_days: bool = True) -> Answer:
    """Decide one check (J1–J8)."""
    if not world.is_registered(question.subject):
        return Answer("unknown")
    drawers = sort_items(world, question)
    verdict = verdict_of(drawers)
    lifting = frozenset(i.designation.id for i in drawers.duties if i.measure.effect in RESTRICTIVE)
    return Answer(
        verdict=verdict,
        could_be=could_be(drawers, verdict, question.on),
        verdict_if_lifted=verdict_of(sort_items(world.without(set(lifting)), question)) if lifting else None,
        duties=duties_found(world, drawers.duties, question.on, with_days=with_days),
        withheld=frozenset((i.measure.id, i.department, i.designation.id, by) for i, by in drawers.withheld),
        unresolved=frozenset(
            (i.measure.id, i.department, i.designation.id, i.target.role, i.measure.effect, why)
            for i, why in drawers.unresolved
        ),
        left_out=frozenset((i.measure.id, i.department, i.designation.id) for i in drawers.left_out),
        lifting_set=lifting,
        narrower=narrower(world, question),
    )


def sort_items(world: World, question: Question) -> Sorted:
    """Put every item into its drawer (J2)."""
    drawers = Sorted()
    for item in items_of(world, question.subject, question.department):
        if not is_relevant(world, item, question):
            continue
        value, reasons = item.state(question.on)
        if value is False:
            continue
        if item.measure.elsewhere_only and item.designation.subject == question.concerning:
            drawers.left_out.append(item)
        elif value is None:
            drawers.unresolved.append((item, reasons))
        elif by := withheld_by(item, question.on):
            drawers.withheld.append((item, by))
        else:
            drawers.duties.append(item)
    return drawers


def is_relevant(world: World, item: Item, question: Question) -> bool:
    """Whether the measure speaks of the matter, and no exemption for the matter frees the subject that day (J2)."""
    line = world.law.line_of_matter(question.matter)
    if item.measure.matters != "any" and not any(matter in item.measure.matters for matter in line):
        return False
    free = g10_not_exempt(world, question.subject, item.designation, item.measure, question.on, line)
    # An exemption in all matters is G10's own and has been counted there: here it only makes the item irrelevant.
    return free[0] is True


def withheld_by(item: Item, day: date) -> tuple[str, ...]:
    """The designations that withhold a favour that day (R10)."""
    if item.measure.effect != "favour":
        return ()
    return withholding_on(item.world, item.subject, item.measure, item.department, day)


def verdict_of(drawers: Sorted) -> str:
    """The strongest (J4)."""
    found: set[str] = {item.measure.effect for item in drawers.duties}
    if any(item.measure.effect in RESTRICTIVE for item, _ in drawers.unresolved):
        found.add("unresolved")
    return strongest(found, ORDER)


def could_be(drawers: Sorted, verdict: str, day: date) -> str | None:
    """The strongest verdict that the unresolved items could lead to, where it is stronger than the verdict (J4)."""
    possible = {item.measure.effect for item, _ in drawers.unresolved if not withheld_by(item, day)}
    best = strongest(possible, ORDER)
    return best if ORDER.index(best) < ORDER.index(verdict) else None


def strongest(found: Iterable[str], order: tuple[str, ...]) -> str:
    """The first of `order` that was found; `clear` where none was."""
    return next((one for one in order if one in set(found)), "clear")


def duties_found(world: World, duties: list[Item], day: date, *, with_days: bool) -> frozenset[DutyFound]:
    """Each duty with its days and proof, where they are wanted."""
    days = days_that_matter(world) if duties and with_days else []
    found = set()
    for item in duties:
        start, end, never_after = run_of_duty(item, day, days) if with_days else (None, None, None)
        found.add(
            DutyFound(
                item.measure.id,
                item.department,
                item.designation.id,
                item.target.role,
                item.measure.effect,
                start,
                end,
                never_after,
                item.is_disputed(day),
                proof_found(item, day, start, end) if with_days else None,
            )
        )
    return frozenset(found)


def proof_found(item: Item, day: date, start: date | None, end: date | None) -> ProofFound:
    """The first true path, the good articles, and the gates that bound the run."""
    path = item.carrying_path(day)
    return ProofFound(
        path=None if path is None else (path.held_from, path.held_until, path.share),
        bases=frozenset(b for b in item.target.bases if item.basis_carries(b, day)),
        begins_by=frozenset() if start is None else item.gates_not_true(start - ONE_DAY),
        ends_by=frozenset() if end is None else item.gates_not_true(end),
    )


def narrower(world: World, question: Question) -> frozenset[str]:
    """The descendants of the matter that some item is about which is not about the matter itself (J2, P5)."""
    found = set()
    items = items_of(world, question.subject, question.department)
    asked_line = world.law.line_of_matter(question.matter)
    for matter in world.law.matters:
        if matter == question.matter or question.matter not in world.law.line_of_matter(matter):
            continue
        for item in items:
            matters = item.measure.matters
            if matters == "any" or matter not in matters or any(one in matters for one in asked_line):
                continue
            asked = Question(question.subject, matter, question.on, question.department, question.concerning)
            if is_relevant(world, item, asked) and item.state(question.on)[0] is not False:
                found.add(matter)
    return frozenset(found)


def overall(verdicts: list[str | None]) -> tuple[str, bool]:
    """The verdict of a batch and whether it is incomplete; `None` stands for an error (J9)."""
    incomplete = None in verdicts
    best = strongest([verdict for verdict in verdicts if verdict is not None], BATCH_ORDER)
    if incomplete and BATCH_ORDER.index(best) > BATCH_ORDER.index("unresolved"):
        best = "unresolved"
    return best, incomplete
