"""The wire: request bodies of CONTRACT §6 as models, and how they become questions and change sets of the engine.

A person given by identity number is hashed here and nowhere later; the number reaches no log, error or answer.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema

from api.problems import MalformedBody, blot
from engine.question import VERDICT_ZH, Check, Decision, Json, WhyNotQuestion, as_json, duty_json
from graph_model.errors import FactsRefused, MalformedSubject
from graph_model.identifiers import IdentityKeyer

_HINT = "请按 /openapi.json 所述的形式发送 send what /openapi.json describes"
_MOST_ERRORS = 20
MOST_KEY_CHARACTERS = 200
_PLAIN_NAME = re.compile(r"[a-z_]{1,40}(\.[a-z_]{1,40})?", re.ASCII)
"""A key that may be repeated in an error: one with digits in it could be somebody's number."""


def _day_text(value: Any) -> str | None:
    """Let anything pass: the engine refuses what is no day after the other parts of the question (J2)."""
    return value if value is None or isinstance(value, str) else ""


IdType = Literal[
    "resident_id", "passport", "hk_macao_permit", "taiwan_permit", "foreign_permanent_resident", "military_id"
]
DayText = Annotated[
    str | None, BeforeValidator(_day_text), WithJsonSchema({"type": ["string", "null"], "format": "date"})
]
WireVersion = Annotated[int, Field(ge=-(2**53), le=2**53)]
"""Whole numbers that every JSON reader keeps exact."""
FactKind = Literal["organisations", "persons", "relations", "designations", "moves", "exemptions", "objections"]
Rows = dict[FactKind, list[dict[str, Any]]]


class Wire(BaseModel):
    """A request body. An unknown key is refused: a misspelt `department` must not silently mean all of them."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


class PersonIn(Wire):
    """A person by identity document. The number is hashed at once and kept nowhere."""

    id_type: IdType
    id_number: str = Field(repr=False)


class CheckIn(Wire):
    """One check. Left out, `on` is today in Asia/Shanghai; `department` is all departments."""

    subject: str | PersonIn = Field(description="USCC, keyed person id, or a person by identity document")
    matter: str
    department: str | None = None
    on: DayText = None
    concerning: str | None = Field(default=None, description="the organisation the grant concerns (R8)")
    min_version: WireVersion | None = Field(default=None, description="at least that fresh, or a refusal (C2)")
    version: WireVersion | None = Field(default=None, description="a past version")
    rulebook: str | None = Field(default=None, description="digest of a published rulebook (R1)")


class BatchIn(Wire):
    """Several checks, answered in order (J9). One that is malformed spoils its own answer only."""

    checks: list[CheckIn] = Field(min_length=1)


class WhyNotIn(Wire):
    """Why does this measure not bind this subject."""

    subject: str | PersonIn
    measure: str
    matter: str | None = None
    department: str | None = None
    on: DayText = None
    concerning: str | None = None
    version: WireVersion | None = None
    rulebook: str | None = None


class ChangeIn(Wire):
    """One atomic change set (C1): rows with the names of CONTRACT §3, by kind.

    `key` may instead be given as the header `Idempotency-Key`. `corrections` replace what is recorded under the same
    key; `retractions` close facts that never were.
    """

    actor: str = Field(min_length=1, max_length=200)
    reason: str = Field(min_length=1, max_length=1_000)
    key: str | None = Field(default=None, min_length=1, max_length=MOST_KEY_CHARACTERS)
    facts: Rows = Field(default_factory=dict)
    corrections: Rows = Field(default_factory=dict)
    retractions: Rows = Field(default_factory=dict)


Model = TypeVar("Model", bound=Wire)


def parse(model: type[Model], body: Any) -> Model:
    """Read a body as `model`.

    Raises:
        MalformedBody: says where and what, and never what was sent.

    """
    try:
        return model.model_validate(body)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False, include_context=False)
        raise MalformedBody(
            tuple({"where": _where(e["loc"]), "what": _what(e["type"], e["msg"])} for e in found[:_MOST_ERRORS]),
            hint=_HINT,
        ) from None


def check_of(body: CheckIn, keyer: IdentityKeyer, today: date) -> Check:
    """Turn a body into a check; `today` stands in for a day that was left out.

    Raises:
        MalformedSubject: the identity number is malformed.

    """
    return Check(
        subject=subject_of(body.subject, keyer),
        matter=body.matter,
        on=today if body.on is None else body.on,
        department=body.department,
        concerning=body.concerning,
        version=body.version,
        min_version=body.min_version,
        rulebook=body.rulebook,
    )


def why_not_of(body: WhyNotIn, keyer: IdentityKeyer, today: date) -> WhyNotQuestion:
    """Turn a body into a question; as `check_of`."""
    return WhyNotQuestion(
        subject=subject_of(body.subject, keyer),
        measure=body.measure,
        on=today if body.on is None else body.on,
        matter=body.matter,
        department=body.department,
        concerning=body.concerning,
        version=body.version,
        rulebook=body.rulebook,
    )


def subject_of(given: str | PersonIn, keyer: IdentityKeyer) -> str:
    """Give the subject's id; a person's number becomes its keyed hash."""
    if isinstance(given, str):
        return given
    try:
        return keyer.keyed_id(given.id_type, given.id_number)
    except FactsRefused as error:
        raise MalformedSubject(error.what, hint=error.hint, detail_code="identity.malformed") from None


def decision_json(decision: Decision) -> Json:
    """Give a decision as CONTRACT §6 writes it: `verdict_zh` stands right behind `verdict`."""
    verdict, concerning = decision.verdict, decision.concerning
    return {
        "version": decision.version,
        "rulebook": decision.rulebook,
        "on": decision.on.isoformat(),
        "subject": decision.subject,
        "matter": decision.matter,
        "department": decision.department,
        "concerning": blot(concerning) if concerning else concerning,  # text of the caller's, never a person
        "verdict": verdict,
        "verdict_zh": VERDICT_ZH[verdict],
        "could_be": decision.could_be,
        "duties": [duty_json(duty) for duty in decision.duties],
        "withheld": [as_json(one) for one in decision.withheld],
        "unresolved": [as_json(one) for one in decision.unresolved],
        "left_out": [as_json(one) for one in decision.left_out],
        "lifting_set": [*decision.lifting_set],
        "verdict_if_lifted": decision.verdict_if_lifted,
        "narrower": [*decision.narrower],
    }


def _where(location: tuple[int | str, ...]) -> str:
    told = [step for step in location if step not in ("str", "PersonIn")]  # the variants of a union
    steps = [str(step) if isinstance(step, int) or _PLAIN_NAME.fullmatch(step) else "…" for step in told]
    return "/" + "/".join(steps)


def _what(kind: str, message: str) -> str:
    return _WHAT.get(kind, message)


_WHAT: Mapping[str, str] = {
    "missing": "缺少此项 is required",
    "extra_forbidden": "没有这一项 is not known here",
    "string_type": "应为文本 must be a text",
    "int_type": "应为整数 must be a whole number",
    "list_type": "应为数组 must be an array",
    "dict_type": "应为对象 must be an object",
    "model_type": "应为对象 must be an object",
    "too_short": "不能为空 must not be empty",
}
