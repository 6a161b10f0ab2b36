"""What may be written, given what stands (F2, F3, F5, C1): pure, and the same for every adapter.

An adapter asks `mentioned` what a change set speaks of, reads those records (`Recorded`), and asks `admit` what
becomes of each fact and which records to open and to close. Nothing else decides about facts.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from typing import Any, Literal, TypeAlias

from graph_model.contradictions import (
    in_designation,
    in_exemption,
    in_move,
    in_objection,
    in_registration,
    in_relation,
)
from graph_model.mentioned import Recorded, document_of
from graph_model.neighbourhood import relation_key
from graph_model.nodes import Designation, Exemption, Facts, Move, Objection, Registration, Relation, SubjectId
from graph_model.refusals import Refusal, differs, needed, place_of, raise_refusal, unrecorded
from graph_model.store import Assessment, ChangeSet, Fact, Vocabulary

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


def admit(change: ChangeSet, recorded: Recorded, vocabulary: Vocabulary) -> Admitted:
    """Say what becomes of each fact of `change`, given the records that stand. Uses `recorded` up.

    Retractions come first, then each kind's corrections before its new facts, in an order in which nothing rests
    on what comes later: subjects, designations, moves, relations, exemptions, objections.
    """
    walk = _Walk(recorded, vocabulary)
    walk.take_back(change.retractions)
    walk.take(change.corrections, change.facts)
    walk.see_what_dangles(change.retractions)
    return walk.result()


@dataclass(slots=True)
class _Walk:
    """One walk through a change set over the records it mentions; `view` is how they would stand after it."""

    view: Recorded
    vocabulary: Vocabulary
    before: dict[str, dict[Hashable, Any]] = field(default_factory=lambda: {kind: {} for kind in KINDS})
    outcomes: dict[str, list[tuple[Fact, Outcome]]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    refused: Refusal | None = None
    corrected: int = 0
    retracted: int = 0

    # --- the walk ---------------------------------------------------------------------------------------------

    def take(self, corrections: Facts, facts: Facts) -> None:
        for registration in corrections.registrations:
            self._correct(registration, self._registration_corrected)
        for registration in facts.registrations:
            self._note("registrations", registration, self._registration(registration))
        for designation in corrections.designations:
            self._correct(designation, self._designation_corrected)
        for designation in facts.designations:
            self._note("designations", designation, self._designation(designation))
        for move in corrections.moves:
            self._correct(move, self._move_corrected)
        self._moves(facts.moves)
        starts = self._starts() if corrections.relations else {}
        for relation in corrections.relations:
            self._correct(relation, lambda r: self._relation_corrected(r, starts))
        for relation in facts.relations:
            self._note("relations", relation, self._relation(relation))
        for exemption in corrections.exemptions:
            self._correct(exemption, self._exemption_corrected)
        for exemption in facts.exemptions:
            self._note("exemptions", exemption, self._exemption(exemption))
        if corrections.objections or facts.objections:
            ties = self._ties()
            for objection in corrections.objections:
                self._correct(objection, lambda o: self._objection_corrected(o, ties))
            for objection in facts.objections:
                self._note("objections", objection, self._objection(objection, ties))

    def _note(self, kind: str, fact: Fact, outcome: Outcome) -> None:
        self.outcomes[kind].append((fact, outcome))
        if self.refused is None and isinstance(outcome, Refusal):
            self.refused = outcome

    def _correct(self, fact: Any, correction: Callable[[Any], Refusal | None]) -> None:
        refusal = correction(fact)
        if refusal is None:
            self.corrected += 1
        elif self.refused is None:
            self.refused = refusal

    def _put(self, kind: str, records: dict[Any, Any], key: Hashable, fact: Any) -> None:
        self.before[kind].setdefault(key, records.get(key))
        if fact is None:
            del records[key]
        else:
            records[key] = fact

    # --- subjects ---------------------------------------------------------------------------------------------

    def _registration(self, given: Registration) -> Outcome:
        key = (given.subject, given.attributes.valid_from)
        known = self.view.registrations.get(key)
        if known is not None:
            return "unchanged" if known == given else differs(given, "give other days, or send a correction")
        if (refusal := in_registration(given)) is not None:
            return refusal
        self._put("registrations", self.view.registrations, key, given)
        self.view.registered.add(given.subject)
        return "new"

    def _registration_corrected(self, given: Registration) -> Refusal | None:
        key = (given.subject, given.attributes.valid_from)
        if key not in self.view.registrations:
            return unrecorded(given)
        self._put("registrations", self.view.registrations, key, given)
        return None

    def _unregistered(self, fact: Fact, subject: SubjectId, word: str = "subject") -> Refusal | None:
        if subject in self.view.registered:
            return None
        return Refusal(
            f"{word}.unknown",
            f"主体未登记 / {place_of(fact)}: {word} `{subject}` is not registered",
            "load the organisation or person first; the row can be loaded again as it is",
        )

    # --- designations and their moves -------------------------------------------------------------------------

    def _designation(self, given: Designation) -> Outcome:
        known = self.view.designations.get(given.id)
        if known is not None:
            if _is_the_same(given, known):
                return "unchanged"
            # Another document under the id is another designation; else it is this one, told otherwise.
            if document_of(given) != document_of(known):
                return Refusal(
                    "designation.id-taken",
                    f"认定编号已被使用 / {place_of(given)}: the id is that of another designation",
                    "give this one an id of its own",
                )
            return differs(given, "enter a change of status as a move, anything else as a correction")
        refusal = self._designation_refused(given)
        if refusal is None:
            self._put_designation(given)
        return refusal or "new"

    def _designation_refused(self, given: Designation) -> Refusal | None:
        if not given.id:
            return Refusal("designation.malformed", "认定缺少编号 / a designation has no id", "give it an id")
        refusal = in_designation(given, self.vocabulary) or self._unregistered(given, given.subject)
        if refusal is not None:
            return refusal
        holder = self.view.documents.get(document_of(given)) if given.document_no is not None else None
        if holder is not None and holder != given.id:
            return Refusal(
                "designation.duplicate",
                f"重复认定 / {place_of(given)}: {holder} has the same subject, list, authority and document",
                f"use {holder}, or correct the document number",
            )
        return self._chain_refused(given)

    def _chain_refused(self, given: Designation) -> Refusal | None:
        so_far = replace(given, moves=())
        for move in given.moves:
            if move.designation != given.id:
                what = f"变更属于另一认定 / {place_of(given)}: holds a move of `{move.designation}`"
                return Refusal("move.illegal", what, "give the move with its own designation")
            if (refusal := in_move(move, so_far, self.vocabulary)) is not None:
                return refusal
            so_far = replace(so_far, moves=(*so_far.moves, move))
        return None

    def _put_designation(self, given: Designation) -> None:
        known = self.view.designations.get(given.id)
        if known is not None:
            self.view.documents.pop(document_of(known), None)
        self._put("designations", self.view.designations, given.id, given)
        if given.document_no is not None:
            self.view.documents[document_of(given)] = given.id

    def _designation_corrected(self, given: Designation) -> Refusal | None:
        known = self.view.designations.get(given.id)
        if known is None:
            return unrecorded(given)
        # Without moves it corrects what the document says; the moves that were recorded stay.
        whole = given if given.moves else replace(given, moves=known.moves)
        refusal = self._designation_refused(whole)
        if refusal is None:
            self._put_designation(whole)
        return refusal

    def _moves(self, given: Iterable[Move]) -> None:
        # The same move may lawfully come twice on one day (suspended, resumed, suspended): each recorded one
        # stands for one that is given.
        standing: dict[str, Counter[Move]] = {}
        for move in given:
            of = self.view.designations.get(move.designation)
            if of is None:
                self._note("moves", move, self._undesignated(move, move.designation))
                continue
            if move.designation not in standing:
                standing[move.designation] = Counter(of.moves)
            if standing[move.designation][move]:
                standing[move.designation][move] -= 1
                self._note("moves", move, "unchanged")
                continue
            refusal = in_move(move, of, self.vocabulary)
            if refusal is None:
                self._put_designation(replace(of, moves=(*of.moves, move)))
            elif any((m.to, m.on) == (move.to, move.on) for m in of.moves):
                refusal = differs(move, "send a correction")
            self._note("moves", move, refusal or "new")

    def _move_corrected(self, given: Move) -> Refusal | None:
        of = self.view.designations.get(given.designation)
        places = [i for i, m in enumerate(of.moves) if (m.to, m.on) == (given.to, given.on)] if of is not None else []
        if of is None or not places:
            return unrecorded(given)
        whole = replace(of, moves=(*of.moves[: places[-1]], given, *of.moves[places[-1] + 1 :]))
        refusal = self._chain_refused(whole)
        if refusal is None:
            self._put_designation(whole)
        return refusal

    def _undesignated(self, fact: Fact, designation: str) -> Refusal:
        return Refusal(
            "designation.unknown",
            f"认定不存在 / {place_of(fact)}: no designation `{designation}`",
            "load the designation first; the row can be loaded again as it is",
        )

    # --- relations --------------------------------------------------------------------------------------------

    def _relation(self, given: Relation) -> Outcome:
        refusal = in_relation(given) or self._relation_dangles(given)
        if refusal is not None:
            return refusal
        key = relation_key(given)
        known = self.view.relations.get(key)
        if known is not None:
            return "unchanged" if known == given else differs(given, "send a correction of its document or authority")
        self._put("relations", self.view.relations, key, given)
        return "new"

    def _relation_dangles(self, given: Relation) -> Refusal | None:
        if (refusal := self._unregistered(given, given.holder)) is not None:
            return refusal
        if given.organisation is not None:
            return self._unregistered(given, given.organisation, "organisation")
        designation = given.designation or ""
        return None if designation in self.view.designations else self._undesignated(given, designation)

    def _starts(self) -> dict[tuple[Hashable, ...], list[Hashable]]:
        starts: dict[tuple[Hashable, ...], list[Hashable]] = defaultdict(list)
        for key, relation in self.view.relations.items():
            starts[_since(relation)].append(key)
        return starts

    def _relation_corrected(
        self, given: Relation, starts: dict[tuple[Hashable, ...], list[Hashable]]
    ) -> Refusal | None:
        refusal = in_relation(given) or self._relation_dangles(given)
        if refusal is not None:
            return refusal
        known = starts[_since(given)]
        if not known:
            return unrecorded(given)
        if len(known) > 1:
            what = f"有多条同起始日的记录 / {place_of(given)}: {len(known)} records have the same start"
            return Refusal("fact.ambiguous", what, "retract the wrong one by all its values and enter the right one")
        key = relation_key(given)
        if key != known[0]:
            self._put("relations", self.view.relations, known[0], None)
        self._put("relations", self.view.relations, key, given)
        starts[_since(given)] = [key]
        return None

    # --- exemptions and objections ----------------------------------------------------------------------------

    def _exemption(self, given: Exemption) -> Outcome:
        known = self.view.exemptions.get(given.id)
        if known is not None:
            return "unchanged" if known == given else differs(given, "give another id, or send a correction")
        refusal = in_exemption(given, self.vocabulary) or self._unregistered(given, given.subject)
        if refusal is None:
            self._put("exemptions", self.view.exemptions, given.id, given)
        return refusal or "new"

    def _exemption_corrected(self, given: Exemption) -> Refusal | None:
        if given.id not in self.view.exemptions:
            return unrecorded(given)
        refusal = in_exemption(given, self.vocabulary) or self._unregistered(given, given.subject)
        if refusal is None:
            self._put("exemptions", self.view.exemptions, given.id, given)
        return refusal

    def _ties(self) -> set[tuple[str, ...]]:
        return {_tie(r.type, r.holder, r.organisation, r.designation) for r in self.view.relations.values()}

    def _objection(self, given: Objection, ties: set[tuple[str, ...]]) -> Outcome:
        known = self.view.objections.get(given.id)
        if known is not None:
            return "unchanged" if known == given else differs(given, "give another id, or send a correction")
        refusal = in_objection(given) or self._objection_dangles(given, ties)
        if refusal is None:
            self._put("objections", self.view.objections, given.id, given)
        return refusal or "new"

    def _objection_corrected(self, given: Objection, ties: set[tuple[str, ...]]) -> Refusal | None:
        if given.id not in self.view.objections:
            return unrecorded(given)
        refusal = in_objection(given) or self._objection_dangles(given, ties)
        if refusal is None:
            self._put("objections", self.view.objections, given.id, given)
        return refusal

    def _objection_dangles(self, given: Objection, ties: set[tuple[str, ...]]) -> Refusal | None:
        if given.designation is not None and given.designation not in self.view.designations:
            return self._undesignated(given, given.designation)
        if given.relation_type is not None and _objected(given) not in ties:
            end = given.relation_organisation or given.designation
            return Refusal(
                "relation.unknown",
                f"关联关系不存在 / {place_of(given)}: no {given.relation_type} {given.relation_holder} → {end}",
                "load the relation first; the row can be loaded again as it is",
            )
        return None

    # --- facts that never were --------------------------------------------------------------------------------

    def take_back(self, facts: Facts) -> None:
        irrevocable: tuple[Fact, ...] = (*facts.registrations, *facts.moves)
        for fact in irrevocable:
            self._refuse(
                Refusal(
                    "fact.cannot-be-retracted",
                    f"主体登记和状态变更不能撤回 / {place_of(fact)}: registrations and moves cannot be retracted",
                    "correct it instead",
                )
            )
        for designation in facts.designations:
            known = self.view.designations.get(designation.id)
            if known is not None:
                self.view.documents.pop(document_of(known), None)
            self._take_back("designations", self.view.designations, designation.id, designation)
        for relation in facts.relations:
            refusal = in_relation(relation)
            if refusal is not None:
                self._refuse(refusal)
            else:
                self._take_back("relations", self.view.relations, relation_key(relation), relation)
        for exemption in facts.exemptions:
            self._take_back("exemptions", self.view.exemptions, exemption.id, exemption)
        for objection in facts.objections:
            self._take_back("objections", self.view.objections, objection.id, objection)

    def _take_back(self, kind: str, records: dict[Any, Any], key: Hashable, fact: Fact) -> None:
        if key not in records:
            self._refuse(unrecorded(fact))
            return
        self._put(kind, records, key, None)
        self.retracted += 1

    def _refuse(self, refusal: Refusal) -> None:
        if self.refused is None:
            self.refused = refusal

    def see_what_dangles(self, retractions: Facts) -> None:
        """Refuse to take back what other facts still rest on."""
        gone = {d.id for d in retractions.designations} - self.view.designations.keys()
        cut = {_tie(r.type, r.holder, r.organisation, r.designation) for r in retractions.relations}
        if not gone and not cut:
            return
        cut -= self._ties()
        for relation in self.view.relations.values():
            if relation.designation in gone:
                self._refuse(needed(relation))
        for objection in self.view.objections.values():
            if objection.designation in gone or (objection.relation_type is not None and _objected(objection) in cut):
                self._refuse(needed(objection))

    # --- what comes of it -------------------------------------------------------------------------------------

    def result(self) -> Admitted:
        records: dict[str, dict[Any, Any]] = {
            "registrations": self.view.registrations,
            "relations": self.view.relations,
            "designations": self.view.designations,
            "exemptions": self.view.exemptions,
            "objections": self.view.objections,
        }
        closed: dict[str, list[Any]] = defaultdict(list)
        opened: dict[str, list[Any]] = defaultdict(list)
        for kind, standing in records.items():
            for key, old in self.before[kind].items():
                new = standing.get(key)
                if new == old:
                    continue
                if old is not None:
                    closed[kind].append(old)
                if new is not None:
                    opened[kind].append(new)
        touched = Facts(**{k: (*closed[k], *opened[k]) for k in records})
        return Admitted(
            outcomes=self.outcomes,
            refused=self.refused,
            closed=Facts(**{k: tuple(v) for k, v in closed.items()}),
            opened=Facts(**{k: tuple(v) for k, v in opened.items()}),
            corrected=self.corrected,
            retracted=self.retracted,
            subjects=tuple(sorted(self._subjects_of(touched))),
        )

    def _subjects_of(self, facts: Facts) -> set[SubjectId]:
        subjects = {r.subject for r in facts.registrations}
        subjects.update(r.holder for r in facts.relations)
        subjects.update(r.organisation for r in facts.relations if r.organisation is not None)
        subjects.update(d.subject for d in facts.designations)
        subjects.update(e.subject for e in facts.exemptions)
        for objection in facts.objections:
            subjects.update(s for s in (objection.relation_holder, objection.relation_organisation) if s is not None)
            of = self.view.designations.get(objection.designation or "")
            if of is not None and objection.relation_type is None:
                subjects.add(of.subject)
        return subjects


def _since(relation: Relation) -> tuple[Hashable, ...]:
    return (relation.type, relation.holder, relation.organisation, relation.designation, relation.held_from)


def _tie(kind: str, holder: str | None, organisation: str | None, designation: str | None) -> tuple[str, ...]:
    return (kind, holder or "", organisation or "", designation or "")


def _objected(objection: Objection) -> tuple[str, ...]:
    return _tie(
        objection.relation_type or "", objection.relation_holder, objection.relation_organisation, objection.designation
    )


def _is_the_same(given: Designation, known: Designation) -> bool:
    """Whether a designation says again what is recorded; moves that came later are no difference."""
    if any(isinstance(value, Decimal) and not value.is_finite() for value in given.facts.values()):
        return False
    return replace(given, moves=known.moves) == known and given.moves == known.moves[: len(given.moves)]
