"""Read a scenario's check as a question, and put it to whoever answers: the engine, or the oracle (CONTRACT §5)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from engine.question import Batch, Check, Decision, WhyNot, WhyNotQuestion
from engine.service import overall_of
from graph_model.errors import (
    FactsRefused,
    InvalidQuestion,
    MalformedDay,
    MalformedRequest,
    MalformedSubject,
    XinhengError,
)

ASKED = frozenset({"subject", "matter", "department", "concerning", "on"})
CHECK_KEYS = ASKED | {"expect", "error", "measure", "why_not", "batch"}
_SOME_DAY = date(2000, 1, 1)


class Answers(Protocol):
    """Whoever answers checks. `engine.service.Service` does, and so does the oracle behind a small adapter."""

    def check(self, question: Check, /) -> Decision:
        """Answer one check, or raise `InvalidQuestion`."""
        ...

    def check_batch(self, checks: Sequence[Check], /) -> Batch:
        """Answer each as `check` would; an item's error is that item's alone (J9)."""
        ...

    def why_not(self, question: WhyNotQuestion, /) -> WhyNot:
        """Say which gates keep a measure from binding, or raise `InvalidQuestion`."""
        ...


@dataclass(frozen=True, slots=True)
class Keyed:
    """Turns a subject given as `{id_type, id_number}` into a keyed id."""

    keyer: Any

    def subject(self, value: Any) -> str:
        """Give the subject's id as text; a missing one is empty, which no store takes (J1)."""
        if isinstance(value, Mapping):
            try:
                return str(self.keyer.keyed_id(str(value.get("id_type", "")), str(value.get("id_number", ""))))
            except FactsRefused as refusal:  # of a question, a number that is none is a malformed subject (J1)
                raise MalformedSubject(refusal.what, hint=refusal.hint, detail_code=refusal.detail_code) from None
        return "" if value is None else str(value)


def ask(answers: Answers, question: Mapping[str, Any], keyed: Keyed) -> Decision | WhyNot | Batch:
    """Put one check of a scenario to `answers`.

    Raises:
        InvalidQuestion: it cannot be asked; the first of subject malformed, measure, matter, department, day (J2).

    """
    unknown = sorted(str(key) for key in question if key not in CHECK_KEYS and not str(key).startswith("x-"))
    if unknown:
        raise MalformedRequest(
            f"a check has no key `{unknown[0]}`", hint=f"it may have {', '.join(sorted(CHECK_KEYS))}"
        )
    if "batch" in question:
        return _ask_batch(answers, question, keyed)
    if "measure" in question or "why_not" in question:
        return _ask_why_not(answers, question, keyed)
    return _ask_check(answers, question, keyed)


def read_day(value: Any) -> date | None:
    """Read a day written YYYY-MM-DD; nothing else is one.

    >>> read_day("2024-02-29"), read_day("2023-02-29"), read_day("20240229")
    (datetime.date(2024, 2, 29), None, None)
    """
    if type(value) is date:
        return value
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _ask_check(answers: Answers, question: Mapping[str, Any], keyed: Keyed) -> Decision:
    asked = _as_check(question, keyed)
    if isinstance(asked, Check):
        return answers.check(asked)
    answers.check(asked.otherwise)  # whatever else is wrong is refused before the day (J2)
    raise asked.error


def _as_check(question: Mapping[str, Any], keyed: Keyed) -> "Check | _Dayless":
    on = read_day(question.get("on"))
    asked = Check(
        subject=keyed.subject(question.get("subject")),
        matter=_text(question.get("matter")) or "",
        on=on or _SOME_DAY,
        department=_text(question.get("department")),
        concerning=_text(question.get("concerning")),
    )
    return asked if on else _Dayless(asked, _malformed_day(question))


@dataclass(frozen=True, slots=True)
class _Dayless:
    otherwise: Check
    error: MalformedDay


def _ask_why_not(answers: Answers, question: Mapping[str, Any], keyed: Keyed) -> WhyNot:
    on = read_day(question.get("on"))
    asked = WhyNotQuestion(
        subject=keyed.subject(question.get("subject")),
        measure=_text(question.get("measure")) or "",
        on=on or _SOME_DAY,
        matter=_text(question.get("matter")),
        department=_text(question.get("department")),
        concerning=_text(question.get("concerning")),
    )
    found = answers.why_not(asked)
    if on is None:
        raise _malformed_day(question)
    return found


def _ask_batch(answers: Answers, question: Mapping[str, Any], keyed: Keyed) -> Batch:
    members = question["batch"]
    if not isinstance(members, Sequence) or isinstance(members, str) or not members:
        raise MalformedRequest("`batch` must be a list of at least one check", hint="give its members as a list")
    shared = {key: value for key, value in question.items() if key in ASKED}
    read = [_read_member(answers, shared, member, keyed) for member in members]
    checks = [member for member in read if isinstance(member, Check)]
    if len(checks) == len(read):
        return answers.check_batch(checks)
    answered = iter(answers.check_batch(checks).results if checks else ())
    results = tuple(next(answered) if isinstance(member, Check) else member for member in read)
    return Batch(results, *overall_of(results))


def _read_member(answers: Answers, shared: Mapping[str, Any], member: Any, keyed: Keyed) -> Check | XinhengError:
    try:
        if not isinstance(member, Mapping):
            raise MalformedRequest("a member of `batch` must be a mapping", hint="write {subject, matter, on, …}")
        unknown = sorted(str(key) for key in member if key not in ASKED)
        if unknown:
            raise MalformedRequest(f"a member of `batch` has no key `{unknown[0]}`", hint=", ".join(sorted(ASKED)))
        asked = _as_check({**shared, **member}, keyed)
        if isinstance(asked, Check):
            return asked
        answers.check(asked.otherwise)
        return asked.error
    except InvalidQuestion as error:
        return error


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _malformed_day(question: Mapping[str, Any]) -> MalformedDay:
    given = question.get("on")
    what = "`on` is missing" if given is None else f"`on` is `{given}`, which is no day"
    return MalformedDay(what, hint="write it as YYYY-MM-DD")
