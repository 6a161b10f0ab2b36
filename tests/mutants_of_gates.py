"""Deliberate misreadings of the semantics, each one line of the engine: the tests must notice every one of them."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
GATES = "engine/gates.py"


@dataclass(frozen=True)
class Mutant:
    """One line of one file, written wrongly; `means` says in words what the engine then believes."""

    file: str
    means: str
    old: str
    new: str

    def apply(self, folder: Path) -> None:
        """Write the wrong line into a copy of the packages."""
        path = folder / self.file
        text = path.read_text(encoding="utf-8")
        assert text.count(self.old) == 1, f"{self.file}: not exactly once: {self.old}"
        path.write_text(text.replace(self.old, self.new), encoding="utf-8")


GATE_MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        GATES,
        "annulment works forward only (F3)",
        "if listing.starts is None or any(move.reason in ANNULLING for move in designation.moves):",
        "if listing.starts is None:",
    ),
    Mutant(
        GATES,
        "the first move of a day counts, not the last (F3)",
        "last_of_day = {move.on: move.to for move in designation.moves}",
        "last_of_day = {move.on: move.to for move in reversed(designation.moves)}",
    ),
    Mutant(
        GATES,
        "a suspended designation goes on (G1)",
        'else designation.status) == "in_effect" else None,',
        'else designation.status) in ("in_effect", "suspended") else None,',
    ),
    Mutant(
        GATES,
        "a designation that was only proposed binds (G1)",
        'return days if designation.status == "in_effect" else FALSE',
        "return days",
    ),
    Mutant(
        GATES,
        "a missing end is no doubt (G1)",
        'truth: Truth = ("until_missing",) if listing.until_missing else ()',
        "truth: Truth = ()",
    ),
    Mutant(
        GATES,
        "the notice is ignored (G2)",
        "if served is None or due is None or served > due:",
        "if False:",
    ),
    Mutant(
        GATES,
        "notice on the very day is too late (G2)",
        "if served is None or due is None or served > due:",
        "if served is None or due is None or served >= due:",
    ),
    Mutant(
        GATES,
        "notice is asked of provincial and national designations too (G2)",
        'if official.notice_required and listing.origin == "local":',
        "if official.notice_required:",
    ),
    Mutant(
        GATES,
        "notice is due by the day of effect, not of decision (G2)",
        "due = designation.decided_on or designation.effective_from",
        "due = designation.effective_from or designation.decided_on",
    ),
    Mutant(
        GATES,
        "an undecided defect counts as one (G2)",
        "if defect is not None and defect.holds(listing.values) is True:",
        "if defect is not None and defect.holds(listing.values) is not False:",
    ),
    Mutant(
        GATES,
        "counterparts are not competent (G2)",
        "if known and official.authority not in book.counterpart_chain(designation.authority):",
        "if known and official.authority != designation.authority:",
    ),
    Mutant(
        GATES,
        "the memorandum's own days do not matter (G3)",
        "days = [within(memorandum.from_, memorandum.until), within(measure.from_, measure.until)]",
        "days = [within(measure.from_, measure.until)]",
    ),
    Mutant(
        GATES,
        "a withdrawal without a day does nothing (G3)",
        "if measure.withdrawn.on else FALSE)",
        "if measure.withdrawn.on else TRUE)",
    ),
    Mutant(
        GATES,
        "a measure reaches all lists of its memorandum (G4)",
        "return TRUE if listing.official.id in book.lists_of(measure.id) else FALSE",
        "return TRUE if listing.official.id in book.memorandum_of[measure.id].lists else FALSE",
    ),
    Mutant(
        GATES,
        "`at_event` is read as now (G5)",
        'if target.held == "now":',
        'if target.held in ("now", "at_event"):',
    ),
    Mutant(
        GATES,
        "a missing conduct day reaches nobody, instead of being in doubt (G5)",
        "return always((missing,))",
        "return FALSE",
    ),
    Mutant(
        GATES,
        "the role's end day still counts (G5)",
        "if relation.held_until is not None and relation.held_until <= day:",
        "if relation.held_until is not None and relation.held_until < day:",
    ),
    Mutant(
        GATES,
        "the role's first day does not count (G5)",
        "return TRUE if relation.held_from <= day else FALSE",
        "return TRUE if relation.held_from < day else FALSE",
    ),
    Mutant(
        GATES,
        "a role without a start is taken as held all along (G5)",
        'return TRUE if any(_surely_covers(other, day) for other in records) else always(("role_start_missing",))',
        "return TRUE",
    ),
    Mutant(
        GATES,
        "an unverified article carries a restriction (P1, G6)",
        "if basis.verified is not None",
        "if True",
    ),
    Mutant(
        GATES,
        "an article binds roles that it does not name (P2, G6)",
        "and role in basis.binds",
        "and basis.binds",
    ),
    Mutant(
        GATES,
        "a departmental rule is enough for a restriction (R7)",
        "and (effect not in RESTRICTIONS or basis.kind in ADMISSIBLE_FOR_RESTRICTIONS)",
        "",
    ),
    Mutant(
        GATES,
        "a local regulation binds national departments (§1, G6)",
        "and (basis.territory is None or region_covers(basis.territory, region))",
        "and (basis.territory is None or region is None or region_covers(basis.territory, region))",
    ),
    Mutant(
        GATES,
        "a lapsed article still carries (G6)",
        "within(basis.from_, basis.until)",
        "within(basis.from_, None)",
    ),
    Mutant(
        GATES,
        "conditions are two-valued: what cannot be told is false (G8)",
        "return condition.reasons(values)",
        "return None",
    ),
    Mutant(
        GATES,
        "an attribute changes a day late (F1, G8)",
        "if attributes.valid_from is None or (day is not None and attributes.valid_from <= day):",
        "if attributes.valid_from is None or (day is not None and attributes.valid_from < day):",
    ),
    Mutant(
        GATES,
        "personal responsibility is presumed (G8)",
        "return said.pop() if len(said) == 1 else None",
        "return False not in said",
    ),
    Mutant(
        GATES,
        "a term without its first day has run out (G9)",
        'return always(("term_anchor_missing",))',
        "return FALSE",
    ),
    Mutant(
        GATES,
        "a term runs from the day of effect whatever it says (R5)",
        "anchor = listing.day(measure.term.from_)",
        "anchor = listing.starts",
    ),
    Mutant(
        GATES,
        "an exemption for one matter frees from all (F5, G10)",
        "freeing = [e for e in exemptions if e.matter is None and frees(e, measure, listing)]",
        "freeing = [e for e in exemptions if frees(e, measure, listing)]",
    ),
    Mutant(
        GATES,
        "an exemption's end day still counts (F5)",
        "day < exemption.end)",
        "day <= exemption.end)",
    ),
    Mutant(
        GATES,
        "an exemption takes away a favour (F5)",
        'if measure.effect == "favour" or (exemption.ground == "commitment_accepted" and measure.effect == "bar"):',
        'if exemption.ground == "commitment_accepted" and measure.effect == "bar":',
    ),
    Mutant(
        GATES,
        "a commitment frees from a bar (F5)",
        'if measure.effect == "favour" or (exemption.ground == "commitment_accepted" and measure.effect == "bar"):',
        'if measure.effect == "favour":',
    ),
    Mutant(
        GATES,
        "an exemption from a list and a measure frees where either matches (F5)",
        "return exemption.list in (None, listing.official.id) and exemption.measure in (None, measure.id)",
        "return exemption.list == listing.official.id or exemption.measure == measure.id",
    ),
)
