"""One walk through a change set, over the records that it mentions."""

from collections.abc import Iterable
from dataclasses import dataclass, field

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
            subjects=tuple(sorted(self._touched(closed) | self._touched(opened))),
        )

    def _subjects_and_designations(self, corrections: Facts, facts: Facts) -> None:
        ledger = self.ledger
        self._correct(_registration_corrected(r, ledger) for r in corrections.registrations)
        self._note("registrations", ((r, _registration_outcome(r, ledger)) for r in facts.registrations))
        self._correct(designation_corrected(d, ledger) for d in corrections.designations)
        self._note("designations", ((d, designation_outcome(d, ledger)) for d in facts.designations))
        self._correct(move_corrected(m, ledger) for m in corrections.moves)
        self._note("moves", move_outcomes(facts.moves, ledger))

    def _relations(self, corrections: Facts, facts: Facts) -> None:
        ledger = self.ledger
        if corrections.relations:
            starts = starts_of(ledger)
            self._correct(relation_corrected(r, ledger, starts) for r in corrections.relations)
        self._note("relations", ((r, relation_outcome(r, ledger)) for r in facts.relations))

    def _exemptions_and_objections(self, corrections: Facts, facts: Facts) -> None:
        ledger = self.ledger
        self._correct(_exemption_corrected(e, ledger) for e in corrections.exemptions)
        self._note("exemptions", ((e, _exemption_outcome(e, ledger)) for e in facts.exemptions))
        if corrections.objections or facts.objections:
            ties = ties_of(ledger)
            self._correct(objection_corrected(o, ledger, ties) for o in corrections.objections)
            self._note("objections", ((o, objection_outcome(o, ledger, ties)) for o in facts.objections))

    def _take_back(self, facts: Facts) -> None:
        ledger = self.ledger
        self._retract(irrevocable(r) for r in facts.registrations)
        self._retract(irrevocable(m) for m in facts.moves)
        self._retract(designation_retracted(d, ledger) for d in facts.designations)
        self._retract(relation_retracted(r, ledger) for r in facts.relations)
        for kind, given in (("exemptions", facts.exemptions), ("objections", facts.objections)):
            self._retract(_retracted(kind, fact, ledger) for fact in given)

    def _note(self, kind: str, outcomes: Iterable[tuple[Fact, Outcome]]) -> None:
        noted = self.outcomes[kind]
        noted.extend(outcomes)
        if self.refused is None:
            self.refused = next((outcome for _, outcome in noted if isinstance(outcome, Refusal)), None)

    def _correct(self, refusals: Iterable[Refusal | None]) -> None:
        for refusal in refusals:
            self.corrected += refusal is None
            self._refuse(refusal)

    def _retract(self, refusals: Iterable[Refusal | None]) -> None:
        for refusal in refusals:
            self.retracted += refusal is None
            self._refuse(refusal)

    def _refuse(self, refusal: Refusal | None) -> None:
        if self.refused is None:
            self.refused = refusal

    def _touched(self, facts: Facts) -> set[SubjectId]:
        subjects = {r.subject for r in facts.registrations}
        subjects.update(r.holder for r in facts.relations)
        subjects.update(r.organisation for r in facts.relations if r.organisation is not None)
        subjects.update(d.subject for d in facts.designations)
        subjects.update(e.subject for e in facts.exemptions)
        for objection in facts.objections:
            subjects.update(s for s in (objection.relation_holder, objection.relation_organisation) if s is not None)
            of = self.ledger.view.designations.get(objection.designation or "")
            if of is not None and objection.relation_type is None:
                subjects.add(of.subject)
        return subjects


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
