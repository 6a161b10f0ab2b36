"""Refusals of facts: a stable word, what and where in Chinese first, and what to do."""

from dataclasses import dataclass
from typing import NoReturn

from graph_model.errors import ChangeRefused
from graph_model.nodes import Designation, Exemption, Move, Objection, Registration, Relation
from graph_model.store import Fact


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a fact is not taken: a stable word, what and where (Chinese first), and what to do."""

    detail_code: str
    what: str
    hint: str


def place_of(fact: Fact) -> str:
    """Name a fact so that its sender finds it.

    >>> place_of(Relation("director", "P1", organisation="ORG1"))
    'director P1 → ORG1'
    """
    match fact:
        case Registration():
            valid_from = fact.attributes.valid_from
            return f"subject {fact.subject}" + (f" from {valid_from}" if valid_from else "")
        case Relation():
            start = f" from {fact.held_from}" if fact.held_from else ""
            return f"{fact.type} {fact.holder} → {fact.organisation or fact.designation}{start}"
        case Designation():
            return f"designation {fact.id}"
        case Move():
            return f"move of {fact.designation} to {fact.to} on {fact.on}"
        case Exemption():
            return f"exemption {fact.id}"
        case Objection():
            return f"objection {fact.id}"


def raise_refusal(refusal: Refusal) -> NoReturn:
    """Raise what a refusal says."""
    raise ChangeRefused(refusal.what, hint=refusal.hint, detail_code=refusal.detail_code)


def differs(fact: Fact, hint: str) -> Refusal:
    """A fact with this key is recorded with other content (F1): nothing is overwritten or merged by guess."""
    return Refusal("fact.conflict", f"与已登记内容不一致 / {place_of(fact)}: is recorded with other content", hint)


def unrecorded(fact: Fact) -> Refusal:
    """There is no record with the key of a correction or retraction."""
    return Refusal(
        "fact.unknown",
        f"没有可更正或撤回的记录 / {place_of(fact)}: no such record to correct or retract",
        "check its key, or enter it as a new fact",
    )


def needed(fact: Fact) -> Refusal:
    """A fact still rests on what is to be retracted."""
    return Refusal(
        "fact.in-use",
        f"仍有事实以此为据 / {place_of(fact)} still rests on what is to be retracted",
        "retract it in the same change set",
    )


def irrevocable(fact: Fact) -> Refusal:
    """A registration or a move is not taken back."""
    return Refusal(
        "fact.cannot-be-retracted",
        f"主体登记和状态变更不能撤回 / {place_of(fact)}: registrations and moves cannot be retracted",
        "correct it instead",
    )
