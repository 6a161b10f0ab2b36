"""Admitting designations and their moves (F2, F3)."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal

from graph_model.admission.contradictions import in_designation, in_move
from graph_model.admission.ledger import Ledger
from graph_model.admission.mentioned import document_of
from graph_model.admission.outcomes import Outcome
from graph_model.admission.refusals import Refusal, differs, place_of, unrecorded
from graph_model.nodes import Designation, Move


def designation_outcome(given: Designation, ledger: Ledger) -> Outcome:
    """Take a new designation, or say what speaks against it."""
    known = ledger.view.designations.get(given.id)
    if known is None:
        refusal = _refusal_of(given, ledger)
        if refusal is None:
            _put(given, ledger)
        return refusal or "new"
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


def designation_corrected(given: Designation, ledger: Ledger) -> Refusal | None:
    """Correct a designation; without moves it corrects what the document says, and the recorded moves stay."""
    known = ledger.view.designations.get(given.id)
    if known is None:
        return unrecorded(given)
    whole = given if given.moves else replace(given, moves=known.moves)
    refusal = _refusal_of(whole, ledger)
    if refusal is None:
        _put(whole, ledger)
    return refusal


def designation_retracted(given: Designation, ledger: Ledger) -> Refusal | None:
    """Take back a designation that never was."""
    known = ledger.view.designations.get(given.id)
    if known is None:
        return unrecorded(given)
    ledger.view.documents.pop(document_of(known), None)
    ledger.put("designations", given.id, None)
    return None


def move_outcomes(given: Iterable[Move], ledger: Ledger) -> Iterator[tuple[Move, Outcome]]:
    """Take moves one after the other.

    The same move may lawfully come twice on one day (suspended, resumed, suspended): each recorded one stands for
    one that is given.
    """
    standing: dict[str, Counter[Move]] = {}
    for move in given:
        of = ledger.view.designations.get(move.designation)
        if of is None:
            yield move, ledger.undesignated(move, move.designation) or "new"
            continue
        recorded = standing.setdefault(move.designation, Counter(of.moves))
        if recorded[move]:
            recorded[move] -= 1
            yield move, "unchanged"
            continue
        refusal = in_move(move, of, ledger.vocabulary)
        if refusal is None:
            _put(replace(of, moves=(*of.moves, move)), ledger)
        elif any((m.to, m.on) == (move.to, move.on) for m in of.moves):
            refusal = differs(move, "send a correction")
        yield move, refusal or "new"


def move_corrected(given: Move, ledger: Ledger) -> Refusal | None:
    """Correct reason, actor or document of the last recorded move to this state on this day."""
    of = ledger.view.designations.get(given.designation)
    places = [i for i, m in enumerate(of.moves) if (m.to, m.on) == (given.to, given.on)] if of is not None else []
    if of is None or not places:
        return unrecorded(given)
    whole = replace(of, moves=(*of.moves[: places[-1]], given, *of.moves[places[-1] + 1 :]))
    refusal = _moves_refusal(whole, ledger)
    if refusal is None:
        _put(whole, ledger)
    return refusal


def _put(given: Designation, ledger: Ledger) -> None:
    known = ledger.view.designations.get(given.id)
    if known is not None:
        ledger.view.documents.pop(document_of(known), None)
    ledger.put("designations", given.id, given)
    if given.document_no is not None:
        ledger.view.documents[document_of(given)] = given.id


def _refusal_of(given: Designation, ledger: Ledger) -> Refusal | None:
    if not given.id:
        return Refusal("designation.malformed", "认定缺少编号 / a designation has no id", "give it an id")
    refusal = in_designation(given, ledger.vocabulary) or ledger.unregistered(given, given.subject)
    if refusal is not None:
        return refusal
    other = ledger.view.documents.get(document_of(given)) if given.document_no is not None else None
    if other is not None and other != given.id:
        return Refusal(
            "designation.duplicate",
            f"重复认定 / {place_of(given)}: {other} has the same subject, list, authority and document",
            f"use {other}, or correct the document number",
        )
    return _moves_refusal(given, ledger)


def _moves_refusal(given: Designation, ledger: Ledger) -> Refusal | None:
    if not given.moves:
        return None
    so_far = replace(given, moves=())
    for move in given.moves:
        if move.designation != given.id:
            what = f"变更属于另一认定 / {place_of(given)}: holds a move of `{move.designation}`"
            return Refusal("move.illegal", what, "give the move with its own designation")
        if (refusal := in_move(move, so_far, ledger.vocabulary)) is not None:
            return refusal
        so_far = replace(so_far, moves=(*so_far.moves, move))
    return None


def _is_the_same(given: Designation, known: Designation) -> bool:
    """Whether a designation says again what is recorded; moves that came later are no difference."""
    # A signalling NaN cannot be compared; it is refused by its type further on.
    if any(isinstance(value, Decimal) and not value.is_finite() for value in given.facts.values()):
        return False
    return replace(given, moves=known.moves) == known and given.moves == known.moves[: len(given.moves)]
