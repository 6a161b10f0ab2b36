"""What becomes of a change set, fact by fact and as a whole."""

from dataclasses import dataclass, fields
from typing import Literal, TypeAlias

from graph_model.admission.refusals import Refusal, raise_refusal
from graph_model.nodes import Facts, SubjectId
from graph_model.store import Assessment, Fact

Outcome: TypeAlias = Refusal | Literal["new", "unchanged"]
KINDS: tuple[str, ...] = tuple(f.name for f in fields(Facts))


@dataclass(frozen=True, slots=True)
class Admitted:
    """What becomes of a change set.

    outcomes  what becomes of each new fact, by kind
    refused   the first refusal of all, of a retraction, a correction or a new fact: then nothing may be written
    closed    the records to close; designations whole, with their moves, and no moves apart
    opened    the records to open, likewise
    subjects  the subjects whose own facts are touched, sorted; not their neighbours
    """

    outcomes: dict[str, list[tuple[Fact, Outcome]]]
    refused: Refusal | None
    closed: Facts
    opened: Facts
    corrected: int
    retracted: int
    subjects: tuple[SubjectId, ...]

    def assessments(self) -> tuple[Assessment, ...]:
        """Say of each new fact what becomes of it, in the order of the fields of `Facts`."""
        return tuple(_assessment(fact, outcome) for kind in KINDS for fact, outcome in self.outcomes[kind])

    def count(self, outcome: Literal["new", "unchanged"]) -> int:
        """How many of the new facts have this outcome."""
        return sum(found == outcome for outcomes in self.outcomes.values() for _, found in outcomes)

    def or_raise(self) -> None:
        """Raise the first refusal, if there is one.

        Raises:
            ChangeRefused: with the refusal's words and detail code.

        """
        if self.refused is not None:
            raise_refusal(self.refused)


def _assessment(fact: Fact, outcome: Outcome) -> Assessment:
    if isinstance(outcome, Refusal):
        return Assessment(fact, "refused", outcome.what, outcome.hint, outcome.detail_code)
    return Assessment(fact, outcome)
