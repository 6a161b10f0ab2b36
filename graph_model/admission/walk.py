"""One walk through a change set, over the records that it mentions."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from graph_model.admission.contradictions import in_exemption, in_registration
from graph_model.admission.designations import (
    designation_corrected,
    designation_outcome,
    designation_retracted,
    move_corrected,
    move_outcomes,
)
from graph_model.admission.ledger import Ledger
from graph_model.admission.outcomes import KINDS, Admitted, Outcome
from graph_model.admission.refusals import Refusal, differs, irrevocable, unrecorded
from graph_model.admission.relations import (
    left_dangling,
    objection_corrected,
    objection_outcome,
    relation_corrected,
    relation_outcome,
    relation_retracted,
    starts_of,
    ties_of,
)
from graph_model.nodes import Exemption, Facts, Registration, SubjectId
from graph_model.store import ChangeSet, Fact

F = TypeVar("F", bound=Fact)


@dataclass(slots=True)
class Walk:
    """Notes what becomes of each fact, in an order in which nothing rests on what comes later."""

    ledger: Ledger
    outcomes: dict[str, list[tuple[Fact, Outcome]]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    refused: Refusal | None = None
    corrected: int = 0
    retracted: int = 0

    def through(self, change: ChangeSet) -> Admitted:
        """Walk: retractions first, then each kind's corrections before its new facts."""
        self._take_back(change.retractions)
        self._subjects_and_designations(change.corrections, change.facts)
        self._relations(change.corrections, change.facts)
        self._exemptions_and_objections(change.corrections, change.facts)
        for refusal in left_dangling(change.retractions, self.ledger):
            self._refuse(refusal)
        closed, opened = self.ledger.closed_and_opened()
        return Admitted(
            outcomes=self.outcomes,
            refused=self.refused,
            closed=closed,
            opened=opened,
            corrected=self.corrected,
            retracted=self.retracted,
            subjects=tuple(sorted({*self._touched(closed), *self._touched(opened)})),
        )

    def _subjects_and_designations(self, corrections: Facts, facts: Facts) -> None:
        self._correct(corrections.registrations, _registration_corrected)
        self._note("registrations", facts.registrations, _registration_outcome)
        self._correct(corrections.designations, designation_corrected)
        self._note("designations", facts.designations, designation_outcome)
        self._correct(corrections.moves, move_corrected)
        for move, outcome in move_outcomes(facts.moves, self.ledger) if facts.moves else ():
            self._note_one("moves", move, outcome)

    def _relations(self, corrections: Facts, facts: Facts) -> None:
        if corrections.relations:
            starts = starts_of(self.ledger)
            self._correct(corrections.relations, lambda r, ledger: relation_corrected(r, ledger, starts))
        self._note("relations", facts.relations, relation_outcome)

    def _exemptions_and_objections(self, corrections: Facts, facts: Facts) -> None:
        self._correct(corrections.exemptions, _exemption_corrected)
        self._note("exemptions", facts.exemptions, _exemption_outcome)
        if corrections.objections or facts.objections:
            ties = ties_of(self.ledger)
            self._correct(corrections.objections, lambda o, ledger: objection_corrected(o, ledger, ties))
            self._note("objections", facts.objections, lambda o, ledger: objection_outcome(o, ledger, ties))

    def _take_back(self, facts: Facts) -> None:
        self._retract(facts.registrations, lambda r, _: irrevocable(r))
        self._retract(facts.moves, lambda m, _: irrevocable(m))
        self._retract(facts.designations, designation_retracted)
        self._retract(facts.relations, relation_retracted)
        self._retract(facts.exemptions, lambda e, ledger: _retracted("exemptions", e, ledger))
        self._retract(facts.objections, lambda o, ledger: _retracted("objections", o, ledger))

    def _note(self, kind: str, given: Iterable[F], outcome_of: Callable[[F, Ledger], Outcome]) -> None:
        for fact in given:
            self._note_one(kind, fact, outcome_of(fact, self.ledger))

    def _note_one(self, kind: str, fact: Fact, outcome: Outcome) -> None:
        self.outcomes[kind].append((fact, outcome))
        if isinstance(outcome, Refusal):
            self._refuse(outcome)

    def _correct(self, given: Iterable[F], corrected: Callable[[F, Ledger], Refusal | None]) -> None:
        for fact in given:
            refusal = corrected(fact, self.ledger)
            self.corrected += refusal is None
            self._refuse(refusal)

    def _retract(self, given: Iterable[F], retracted: Callable[[F, Ledger], Refusal | None]) -> None:
        for fact in given:
            refusal = retracted(fact, self.ledger)
            self.retracted += refusal is None
            self._refuse(refusal)

    def _refuse(self, refusal: Refusal | None) -> None:
        if self.refused is None:
            self.refused = refusal

    def _touched(self, facts: Facts) -> Iterator[SubjectId]:
        yield from (registration.subject for registration in facts.registrations)
        yield from (designation.subject for designation in facts.designations)
        yield from (exemption.subject for exemption in facts.exemptions)
        for relation in facts.relations:
            yield relation.holder
            if relation.organisation is not None:
                yield relation.organisation
        for objection in facts.objections:
            yield from (s for s in (objection.relation_holder, objection.relation_organisation) if s is not None)
            of = self.ledger.view.designations.get(objection.designation or "")
            if of is not None and objection.relation_type is None:
                yield of.subject


def _registration_outcome(given: Registration, ledger: Ledger) -> Outcome:
    key = (given.subject, given.attributes.valid_from)
    known = ledger.view.registrations.get(key)
    if known is not None:
        return "unchanged" if known == given else differs(given, "give other days, or send a correction")
    if (refusal := in_registration(given)) is not None:
        return refusal
    ledger.put("registrations", key, given)
    ledger.view.registered.add(given.subject)
    return "new"


def _registration_corrected(given: Registration, ledger: Ledger) -> Refusal | None:
    key = (given.subject, given.attributes.valid_from)
    if key not in ledger.view.registrations:
        return unrecorded(given)
    ledger.put("registrations", key, given)
    return None


def _exemption_outcome(given: Exemption, ledger: Ledger) -> Outcome:
    known = ledger.view.exemptions.get(given.id)
    if known is not None:
        return "unchanged" if known == given else differs(given, "give another id, or send a correction")
    refusal = in_exemption(given, ledger.vocabulary) or ledger.unregistered(given, given.subject)
    if refusal is None:
        ledger.put("exemptions", given.id, given)
    return refusal or "new"


def _exemption_corrected(given: Exemption, ledger: Ledger) -> Refusal | None:
    if given.id not in ledger.view.exemptions:
        return unrecorded(given)
    refusal = in_exemption(given, ledger.vocabulary) or ledger.unregistered(given, given.subject)
    if refusal is None:
        ledger.put("exemptions", given.id, given)
    return refusal


def _retracted(kind: str, given: Fact, ledger: Ledger) -> Refusal | None:
    key = getattr(given, "id", None)
    if key not in getattr(ledger.view, kind):
        return unrecorded(given)
    ledger.put(kind, key, None)
    return None
