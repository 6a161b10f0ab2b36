"""The question and the answer (SEMANTICS §1, §5; CONTRACT §6): plain frozen values, ready to be written as JSON.

Field names are those of the HTTP contract, in its order. All tuples are sorted as their field says, so that the
same question always gives the same bytes (J10).
"""

from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal, TypeAlias

from graph_model.errors import XinhengError
from memoranda.model import Effect, Role

Verdict = Literal["bar", "limit", "weigh", "unknown", "unresolved", "watch", "favour", "clear"]
STRENGTH: tuple[Verdict, ...] = ("bar", "limit", "weigh", "unknown", "unresolved", "watch", "favour", "clear")
"""Strongest first (J4, J9). `unknown` stands alone in a check and only competes in a batch."""
VERDICT_ZH: dict[str, str] = {
    "bar": "禁止",
    "limit": "限制",
    "weigh": "审慎",
    "unresolved": "待核",
    "watch": "关注",
    "favour": "激励",
    "clear": "无",
    "unknown": "查无此主体",
}
Json: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Check:
    """A question: may this be granted to `subject` in `matter` on day `on`.

    on            a day, or its text: it is read after subject, matter and department, so that the first fault is named
    department    one department; `None`: all of the rulebook
    concerning    the organisation the grant concerns (R8); one that is unknown matches nothing
    version       a past version; `None`: the latest
    min_version   at least that fresh, or a refusal (C2)
    rulebook      digest of a published rulebook; `None`: the one published last at the version (R1)
    """

    subject: str
    matter: str
    on: date | str
    department: str | None = None
    concerning: str | None = None
    version: int | None = None
    min_version: int | None = None
    rulebook: str | None = None


@dataclass(frozen=True, slots=True)
class Duty:
    """One measure that a department must apply to the subject, with its proof (J5) and ways out (J6)."""

    measure: str
    effect: Effect
    department: str
    role: Role
    from_: date | None
    until: date | None
    disputed: bool
    sentence_zh: str
    designation: str
    proof: Json
    remedies: tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class Withheld:
    """A favour that other designations withhold (R10, J3)."""

    measure: str
    department: str
    designation: str
    withheld_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unresolved:
    """An item that cannot be told: why, and what the officer should ask of whom (J4)."""

    measure: str
    effect: Effect
    department: str
    role: Role
    designation: str
    reasons: tuple[str, ...]
    ask: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An item that does not bind here, because the law says *other* enterprises (R8, J2)."""

    measure: str
    department: str
    designation: str


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to one check (J1–J8)."""

    version: int
    rulebook: str
    on: date
    subject: str
    matter: str
    department: str | None
    concerning: str | None
    verdict: Verdict
    could_be: Verdict | None = None
    duties: tuple[Duty, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    unresolved: tuple[Unresolved, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    lifting_set: tuple[str, ...] = ()
    verdict_if_lifted: Verdict | None = None
    narrower: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    """The answers to a batch in order (J9): each is a decision, or the error of that check alone."""

    results: tuple[Decision | XinhengError, ...]
    overall: Verdict
    incomplete: bool


@dataclass(frozen=True, slots=True)
class WhyNotQuestion:
    """Why does `measure` not bind `subject` on day `on`. The rest as in `Check`, all optional."""

    subject: str
    measure: str
    on: date | str
    matter: str | None = None
    department: str | None = None
    concerning: str | None = None
    version: int | None = None
    rulebook: str | None = None


@dataclass(frozen=True, slots=True)
class CandidateGates:
    """The gates of one candidate (designation × target) towards one department, for "why not".

    `gates` maps every gate's name to `true`, `false` or `unknown`, in the order G1…G10 and then the question's own
    (`matter_covered`, `not_elsewhere`, `not_withheld`); `failing` names the false ones, and the unknown with `?`.
    """

    measure: str
    designation: str
    role: Role
    department: str
    held: bool
    gates: dict[str, str]
    reasons: tuple[str, ...]
    failing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Why a measure does not bind: the closest candidate's failing gates, and all candidates.

    `failing` is `("no_candidate",)` where there is none, and empty where the measure is a duty.
    """

    version: int
    rulebook: str
    subject: str
    measure: str
    on: date
    failing: tuple[str, ...]
    candidates: tuple[CandidateGates, ...]


@lru_cache(maxsize=128)
def _fields(kind: type) -> tuple[tuple[str, str], ...]:
    """Give a dataclass's field names and their names in JSON."""
    return tuple((field.name, field.name.rstrip("_")) for field in fields(kind))


def as_json(value: Any) -> Any:
    """Give any value of this module as JSON values, in field order: days as text, `from_` as `from`.

    >>> as_json(LeftOut("m", "mof", "D1"))
    {'measure': 'm', 'department': 'mof', 'designation': 'D1'}
    """
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is dict:  # what is plain needs no call of its own: most is
        return {key: item if type(item) in _PLAIN else as_json(item) for key, item in value.items()}
    if kind is list or kind is tuple:
        return [item if type(item) in _PLAIN else as_json(item) for item in value]
    if kind is date:
        return value.isoformat()
    if kind is Duty:
        return duty_json(value)
    if is_dataclass(kind):
        told = ((name, getattr(value, field)) for field, name in _fields(kind))
        return {name: item if type(item) in _PLAIN else as_json(item) for name, item in told}
    return _seldom_as_json(value)


def duty_json(duty: Duty) -> Json:
    """Give a duty as JSON values; its proof and its remedies are that already."""
    return {
        "measure": duty.measure,
        "effect": duty.effect,
        "department": duty.department,
        "role": duty.role,
        "from": written(duty.from_),
        "until": written(duty.until),
        "disputed": duty.disputed,
        "sentence_zh": duty.sentence_zh,
        "designation": duty.designation,
        "proof": duty.proof,
        "remedies": [*duty.remedies],
    }


def written(day: date | None) -> str | None:
    """Write a day as JSON has it."""
    return None if day is None else day.isoformat()


_PLAIN = frozenset({str, bool, int, type(None)})


def _seldom_as_json(value: Any) -> Any:
    if isinstance(value, str | int):
        return value
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, XinhengError):
        return {"code": value.code, "detail_code": value.detail_code, "detail": value.what, "hint": value.hint}
    raise TypeError(f"{type(value).__name__} has no form in JSON")
