"""The engine over the slice against the oracle over everything, and how often each kind of answer came up."""

import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from engine.judge import judge
from engine.question import Check, Decision, Duty, WhyNotQuestion
from engine.standing import standing_of
from engine.why_not import why_not as engine_why_not
from graph_model.neighbourhood import neighbourhood_of
from graph_model.nodes import Neighbourhood
from memoranda.rulebook import Rulebook
from tests.oracle import RESTRICTIVE, Answer, DutyFound, ProofFound, Question, answer
from tests.oracle_why_not import WhyQuestion, why_not
from tests.worlds import WORLDS_PER_BOOK, RandomWorld, check_row, scenario_line, stated_fields, world_of
from tests.worlds_shrink import smallest

VERDICTS = ("bar", "limit", "weigh", "unknown", "unresolved", "watch", "favour", "clear")
REASONS = (
    "until_missing",
    "notice_missing",
    "listing_defective",
    "authority_not_competent",
    "conduct_day_missing",
    "event_day_missing",
    "decision_day_missing",
    "role_start_missing",
    "fact_missing",
    "condition_error",
    "term_anchor_missing",
)
SINGLE_GATES = (
    "in_effect",
    "in_effect?",
    "duly_listed?",
    "memorandum_in_force",
    "list_covered",
    "role_reached",
    "role_reached?",
    "basis_holds",
    "department_bound",
    "condition_true",
    "condition_true?",
    "within_term",
    "within_term?",
    "not_exempt",
    "matter_covered",
    "not_elsewhere",
    "not_withheld",
    "no_candidate",
    "(a duty)",
)
DRAWERS = ("withheld", "left_out", "disputed", "could_be", "narrower")
EXPECTED = (
    *(f"verdict {name}" for name in VERDICTS),
    *(f"reason {name}" for name in REASONS),
    *(f"single gate {name}" for name in SINGLE_GATES),
    *(f"drawer {name}" for name in DRAWERS),
    *(f"if lifted {name}" for name in ("unresolved", "watch", "favour", "clear")),
)
TOLD = 5
SLICE = 1_000
"""Worlds that one process takes at a time; a multiple of `WORLDS_PER_BOOK`, so that no rulebook is read twice."""
assert SLICE % WORLDS_PER_BOOK == 0


@dataclass
class Outcome:
    """What a run of worlds gave."""

    tally: Counter[str] = field(default_factory=Counter)
    disagreements: list[str] = field(default_factory=list)
    disagreed: int = 0

    def note(self, told: str) -> None:
        """Count a disagreement; the first few are told, since a broken engine would tell of thousands."""
        self.disagreed += 1
        if len(self.disagreements) < TOLD:
            self.disagreements.append(told)

    def missing(self) -> list[str]:
        """What never came up."""
        return [name for name in EXPECTED if not self.tally[name]]


def as_answer(decision: Decision) -> Answer:
    """A decision of the engine in the oracle's terms."""
    return Answer(
        verdict=decision.verdict,
        could_be=decision.could_be,
        verdict_if_lifted=decision.verdict_if_lifted,
        duties=frozenset(
            DutyFound(
                measure=duty.measure,
                department=duty.department,
                designation=duty.designation,
                role=duty.role,
                effect=duty.effect,
                start=duty.from_,
                end=duty.until,
                never_after=expiry_of(duty.remedies) if duty.effect in RESTRICTIVE else None,
                disputed=duty.disputed,
                proof=proof_of(duty),
            )
            for duty in decision.duties
        ),
        withheld=frozenset((w.measure, w.department, w.designation, w.withheld_by) for w in decision.withheld),
        unresolved=frozenset(
            (u.measure, u.department, u.designation, u.role, u.effect, frozenset(u.reasons))
            for u in decision.unresolved
        ),
        left_out=frozenset((one.measure, one.department, one.designation) for one in decision.left_out),
        lifting_set=frozenset(decision.lifting_set),
        narrower=frozenset(decision.narrower),
    )


def proof_of(duty: Duty) -> ProofFound:
    """What a duty's proof says of its path, its articles and the gates that bound it; those of the paths aside."""
    path = None
    if duty.proof["path"]:
        hop = duty.proof["path"][0]
        start, end = (None if hop[name] is None else as_day(hop[name]) for name in ("held_from", "held_until"))
        path = start, end, None if hop["share"] is None else Decimal(str(hop["share"]))
    bounds = duty.proof["bounds"]
    begins_by, ends_by = (
        frozenset(bounds[side]["gates"]) - {"role_reached", "condition_true"} if bounds.get(side) else frozenset()
        for side in ("from", "until")
    )
    return ProofFound(path, frozenset(basis["id"] for basis in duty.proof["basis"]), begins_by, ends_by)


def as_day(value: date | str) -> date:
    """A day, whichever way it is written."""
    return value if isinstance(value, date) else date.fromisoformat(value)


def expiry_of(remedies: Iterable[dict[str, Any]]) -> date | None:
    """The day on which a duty ends by itself, where its remedies name one (J6)."""
    for remedy in remedies:
        if remedy["kind"] == "expiry" and remedy.get("on") is not None:
            return as_day(remedy["on"])
    return None


def comparable(found: Answer) -> Answer:
    """Only restrictions have remedies, so the day a favour never returns after is not compared."""
    return replace(
        found,
        duties=frozenset(d if d.effect in RESTRICTIVE else replace(d, never_after=None) for d in found.duties),
    )


def check_of(question: Question) -> Check:
    """The oracle's question as the engine takes it."""
    return Check(question.subject, question.matter, question.on, question.department, question.concerning)


def why_not_of(question: WhyQuestion) -> WhyNotQuestion:
    """The oracle's why-not as the engine takes it."""
    return WhyNotQuestion(
        question.subject, question.measure, question.on, question.matter, question.department, question.concerning
    )


def decided(around: Neighbourhood | None, check: Check, book: Rulebook, matter: str | None = None) -> Decision:
    """Judge a check by the standing that follows from a neighbourhood; `matter`: of that alone."""
    return judge(None if around is None else standing_of(around, book, matter=matter), check, book, 1)


def compare_world(world: RandomWorld, outcome: Outcome) -> None:
    """Ask both everything of one world; a disagreement is written as a scenario that reproduces it."""
    whole, book = world.whole, world.book.rulebook
    near: dict[str, Neighbourhood | None] = {}
    for question in world.checks:
        if question.subject not in near:
            near[question.subject] = neighbourhood_of(question.subject, world.facts)
        asked = check_of(question), book
        decision = decided(near[question.subject], *asked)
        expected, found = comparable(answer(whole, question)), as_answer(decision)
        note_answer(outcome.tally, expected)
        if expected != found:
            line = scenario_line(world, [check_row(question, expected)])
            outcome.note(f"{differences(expected, found)}\n{line}")
        elif decided(near[question.subject], *asked, question.matter) != decision:
            outcome.note(f"of the matter alone, another\n{scenario_line(world, [check_row(question, expected)])}")
    for why in world.why_nots:
        around = neighbourhood_of(why.subject, world.facts)
        gates = why_not(whole, why)
        failing = frozenset(engine_why_not(around, why_not_of(why), book, 1).failing)
        if len(gates) <= 1:
            outcome.tally[f"single gate {next(iter(gates), '(a duty)')}"] += 1
        if gates != failing:
            line = scenario_line(world, [{**stated_fields(why), "why_not": sorted(gates)}])
            outcome.note(f"why not: oracle {sorted(gates)}, engine {sorted(failing)}\n{line}")


def differences(expected: Answer, found: Answer) -> str:
    """Field by field where two answers differ."""
    lines = []
    for name in Answer.__dataclass_fields__:
        mine, theirs = getattr(expected, name), getattr(found, name)
        if mine != theirs and isinstance(mine, frozenset):
            lines.append(f"{name}: only oracle {list(mine - theirs)}, only engine {list(theirs - mine)}")
        elif mine != theirs:
            lines.append(f"{name}: oracle {mine}, engine {theirs}")
    return "\n".join(lines)


def note_answer(tally: Counter[str], found: Answer) -> None:
    """Count what an answer shows."""
    tally[f"verdict {found.verdict}"] += 1
    for *_, reasons in found.unresolved:
        for reason in reasons:
            tally[f"reason {reason.partition(':')[0]}"] += 1
    for name in ("withheld", "left_out", "could_be", "narrower"):
        tally[f"drawer {name}"] += bool(getattr(found, name))
    tally["drawer disputed"] += any(duty.disputed for duty in found.duties)
    if found.verdict_if_lifted is not None:
        tally[f"if lifted {found.verdict_if_lifted}"] += 1


def compare_slice(first: int, count: int) -> Outcome:
    """Worlds `first` to `first + count`, in this process; the first disagreement is made small before it is told."""
    outcome = Outcome()
    for seed in range(first, first + count):
        world = world_of(seed)
        before = len(outcome.disagreements)
        compare_world(world, outcome)
        if not before and outcome.disagreements:
            small = Outcome()
            compare_world(smallest(world, disagrees), small)
            outcome.disagreements[:] = small.disagreements or outcome.disagreements
    return outcome


def disagrees(world: RandomWorld) -> bool:
    """Whether the two still say different things of it."""
    outcome = Outcome()
    compare_world(world, outcome)
    return bool(outcome.disagreements)


def compare_many(seed: int, count: int, processes: int, done: Callable[[int, Outcome], None] | None = None) -> Outcome:
    """Worlds `seed` to `seed + count`, spread over processes; `done` hears how many are behind us, and what came."""
    whole = Outcome()
    slices = [(first, min(SLICE, seed + count - first)) for first in range(seed, seed + count, SLICE)]
    # Spawned, not forked: a fork of a threaded test runner may hang, and warns from Python 3.12 on.
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        for (first, size), part in zip(slices, pool.map(compare_slice, *zip(*slices, strict=True)), strict=True):
            whole.tally.update(part.tally)
            whole.disagreements.extend(part.disagreements)
            whole.disagreed += part.disagreed
            if done is not None:
                done(first + size - seed, whole)
    return whole
