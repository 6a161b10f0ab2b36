"""Compare what a scenario's check expects with what was found (CONTRACT §5). What is left out is not compared."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from engine.question import Batch, Decision, WhyNot
from graph_model.errors import FactsRefused, XinhengError

Answer: TypeAlias = Decision | WhyNot | Batch | XinhengError
Found: TypeAlias = dict[str, Any]

ONE_VALUE = ("verdict", "could_be", "verdict_if_lifted")
SETS = ("duties", "withheld", "unresolved", "left_out", "disputed", "lifting_set", "narrower")
BY_MEASURE = ("reasons", "until")
OF_A_CHECK = frozenset({*ONE_VALUE, *SETS, *BY_MEASURE})
OF_A_BATCH = frozenset({"overall", "incomplete"})


class MalformedExpectationError(Exception):
    """What a check expects cannot be read, so that nothing could ever fail it or pass it."""


def compare(check: Mapping[str, Any], answer: Answer) -> tuple[Found, Found]:
    """Give (expected, found) in the same shape: the check passes exactly where they are equal.

    Raises:
        MalformedExpectationError: an unknown key, none of `expect`, `error`, `why_not`, or more than one.

    """
    said = [key for key in ("expect", "error", "why_not") if key in check]
    if len(said) != 1:
        raise MalformedExpectationError(
            f"a check says one of `expect`, `error`, `why_not`; this one says {said or 'none'}"
        )
    if said == ["error"]:
        code = str(check["error"])
        return {"error": code}, {"error": code} if code in _codes(answer) else _plainly(answer)
    expected = _expected_of(check)
    if isinstance(answer, XinhengError):
        return expected, _plainly(answer)
    found = _found(answer)
    return expected, {key: _as_far_as_named(key, value, found.get(key)) for key, value in expected.items()}


def _codes(answer: Answer) -> set[str]:
    """All words by which an error may be called: its code, the more detailed one, and that of facts refused.

    The store refuses facts as `change.refused`; to whoever writes a scenario they are his facts (CONTRACT §5).
    """
    if not isinstance(answer, XinhengError):
        return set()
    codes = {answer.code, answer.detail_code or answer.code}
    return codes | {FactsRefused.code} if isinstance(answer, FactsRefused) else codes


def _plainly(answer: Answer) -> Found:
    if isinstance(answer, XinhengError):
        return {"error": answer.code, "detail_code": answer.detail_code, "detail": answer.what}
    if isinstance(answer, Decision):
        return {"verdict": answer.verdict}
    return {"why_not": list(answer.failing)} if isinstance(answer, WhyNot) else {"overall": answer.overall}


def _expected_of(check: Mapping[str, Any]) -> Found:
    if "why_not" in check:
        return {"why_not": _as_set("why_not", check["why_not"])}
    if "measure" in check:
        raise MalformedExpectationError("a check of a `measure` says `why_not`, not `expect`")
    expect, known = check["expect"], OF_A_BATCH if "batch" in check else OF_A_CHECK
    if not isinstance(expect, Mapping):
        raise MalformedExpectationError("`expect` must be a mapping")
    unknown = sorted(str(key) for key in expect if key not in known)
    if unknown:
        raise MalformedExpectationError(f"`expect` has no key `{unknown[0]}`; it may have {', '.join(sorted(known))}")
    return {key: _expected_value(key, value) for key, value in expect.items()}


def _expected_value(key: str, value: Any) -> Any:
    if key in SETS:
        return _as_set(key, value)
    if key not in BY_MEASURE:
        return value
    if not isinstance(value, Mapping):
        raise MalformedExpectationError(f"`{key}` must be a mapping of measures")
    if key == "reasons":
        return {str(measure): _as_set(key, reasons) for measure, reasons in value.items()}
    return {str(measure): "none" if day is None else str(day) for measure, day in value.items()}


def _as_set(key: str, values: Any) -> list[str]:
    if not isinstance(values, list | tuple):
        raise MalformedExpectationError(f"`{key}` must be a list")
    return sorted({str(value) for value in values})


def _found(answer: Decision | WhyNot | Batch) -> Found:
    if isinstance(answer, WhyNot):
        return {"why_not": sorted(set(answer.failing))}
    if isinstance(answer, Batch):
        return {"overall": answer.overall, "incomplete": answer.incomplete}
    return {
        "verdict": answer.verdict,
        "could_be": answer.could_be,
        "verdict_if_lifted": answer.verdict_if_lifted,
        "duties": sorted({duty.measure for duty in answer.duties}),
        "withheld": sorted({item.measure for item in answer.withheld}),
        "unresolved": sorted({item.measure for item in answer.unresolved}),
        "left_out": sorted({item.measure for item in answer.left_out}),
        "disputed": sorted({duty.measure for duty in answer.duties if duty.disputed}),
        "lifting_set": sorted(set(answer.lifting_set)),
        "narrower": sorted(set(answer.narrower)),
        "reasons": _reasons(answer),
        "until": _latest_ends(answer),
    }


def _reasons(decision: Decision) -> dict[str, list[str]]:
    reasons: dict[str, set[str]] = {}
    for item in decision.unresolved:
        words = {reason.split(":", 1)[0] for reason in item.reasons}  # `fact_missing` without the names
        reasons.setdefault(item.measure, set()).update(words)
    return {measure: sorted(words) for measure, words in reasons.items()}


def _latest_ends(decision: Decision) -> dict[str, str]:
    ends: dict[str, str] = {}
    for duty in decision.duties:
        end = "none" if duty.until is None else duty.until.isoformat()
        ends[duty.measure] = max(ends.get(duty.measure, ""), end)  # "none" sorts behind every day
    return ends


def _as_far_as_named(key: str, expected: Any, found: Any) -> Any:
    if key not in BY_MEASURE:
        return found
    nothing: list[str] | None = [] if key == "reasons" else None  # a measure with nothing unresolved has no reasons
    return {measure: (found or {}).get(measure, nothing) for measure in expected}
