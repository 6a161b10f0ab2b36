"""RFC 9457 problem details: one table from our codes to HTTP statuses and titles (docs/errors.md).

A problem never holds what the caller sent as an identity number: subjects are not echoed in refusals, and whatever
else looks like a resident identity number is blotted out.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from api.json_text import json_bytes
from graph_model.errors import MalformedRequest, MalformedSubject, XinhengError
from graph_model.identifiers import is_uscc

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:xinheng:problem:"
_MOST_CHARACTERS = 500
_RETRY_AFTER_S = "1"
_RESIDENT_SHAPED = re.compile(r"(?<![0-9A-Za-z])(?:[0-9]{17}[0-9Xx]|[0-9]{15})(?![0-9A-Za-z])")
_IDENTITY_SHAPED = re.compile(
    r"(?<![0-9A-Za-z])(?:[0-9]{17}[0-9Xx]|[A-Za-z]{0,3}[0-9]{8,15}|[A-Za-z]{1,3}[0-9]{6,7})(?![0-9A-Za-z])"
)
"""Also passports and permits: up to three letters and then digits alone."""


class RouteUnknown(XinhengError):
    """There is nothing at this path."""

    code = "route.unknown"


class MethodNotAllowed(XinhengError):
    """The path takes other methods."""

    code = "route.method"


class SubjectUnknown(XinhengError):
    """The subject asked for is not registered at that version; a check of it is answered `unknown` (J1)."""

    code = "subject.unknown"


class RulebookUnknown(XinhengError):
    """No rulebook with that digest was published."""

    code = "rulebook.unknown"


class CheckUnknown(XinhengError):
    """The decision log holds no check with that id."""

    code = "check.unknown"


class CallerUnknown(XinhengError):
    """No key was sent, or one that is nobody's."""

    code = "caller.unknown"


class LogUnavailable(XinhengError):
    """The decision log cannot be written or read now; no decision leaves without its record."""

    code = "log.unavailable"


class LogDamaged(XinhengError):
    """A record of the decision log is not what was written."""

    code = "log.damaged"


class ReceiptRefused(XinhengError):
    """A receipt, or a key for receipts, is none or does not verify."""

    code = "receipt.refused"


class Internal(XinhengError):
    """A fault of ours, not of the caller."""

    code = "internal"


class MalformedBody(MalformedRequest):
    """The body is JSON of another shape than the contract's; `errors` says where and what, never the value sent."""

    def __init__(self, errors: tuple[Mapping[str, str], ...], *, hint: str, detail_code: str | None = None) -> None:
        super().__init__("; ".join(f"{e['where']}: {e['what']}" for e in errors), hint=hint, detail_code=detail_code)
        self.errors = errors


class TooSlow(MalformedRequest):
    """The body did not come in whole in time."""

    def __init__(self) -> None:
        what, hint = "请求正文迟迟未到 the body did not come in whole in time", "请重发 send it again"
        super().__init__(what, hint=hint, detail_code="request.too-slow")


@dataclass(frozen=True, slots=True)
class Kind:
    """How one code is told over HTTP."""

    status: int
    zh: str
    en: str


KINDS: Mapping[str, Kind] = {
    "caller.unknown": Kind(401, "须以密钥表明身份", "Unknown caller"),
    "subject.malformed": Kind(422, "主体标识不合规则", "Malformed subject"),
    "subject.unknown": Kind(404, "查无此主体", "Unknown subject"),
    "matter.unknown": Kind(422, "没有这个事项", "Unknown matter"),
    "department.unknown": Kind(422, "没有这个部门", "Unknown department"),
    "measure.unknown": Kind(422, "没有这项措施", "Unknown measure"),
    "day.malformed": Kind(422, "日期不合规则", "Malformed day"),
    "version.unknown": Kind(422, "没有这个版本", "Unknown version"),
    "version.not-yet": Kind(409, "尚未达到所要求的版本", "Version not yet there"),
    "request.malformed": Kind(422, "请求不合规则", "Malformed request"),
    "request.too-large": Kind(413, "请求过大或嵌套过深", "Request too large or nested too deep"),
    "batch.too-large": Kind(413, "一批核查过多", "Too many checks in one batch"),
    "change.conflict": Kind(409, "同一幂等键用于不同内容", "Idempotency key used with other content"),
    "change.refused": Kind(422, "变更未被接受", "Change refused"),
    "facts.refused": Kind(422, "事实未被接受", "Facts refused"),
    "rulebook.refused": Kind(422, "规则文件未被接受", "Rulebook refused"),
    "rulebook.unknown": Kind(404, "没有发布过这部规则", "Unknown rulebook"),
    "settings.refused": Kind(500, "设置未被接受", "Settings refused"),
    "store.unavailable": Kind(503, "存储暂不可用", "Store unavailable"),
    "check.unknown": Kind(404, "没有这次核查的记录", "Unknown check"),
    "log.unavailable": Kind(503, "决策日志不可用", "Decision log unavailable"),
    "log.damaged": Kind(500, "决策日志受损", "Decision log damaged"),
    "receipt.refused": Kind(500, "回执未被接受", "Receipt refused"),
    "overloaded": Kind(503, "请求过多，请稍后再试", "Overloaded"),
    "route.unknown": Kind(404, "没有这个地址", "Not found"),
    "route.method": Kind(405, "此地址不接受这种方法", "Method not allowed"),
    "internal": Kind(500, "服务内部错误", "Internal error"),
}
"""Every code that can leave the service. A test holds it to the error tree and to docs/errors.md."""

STATUS_BY_DETAIL: Mapping[str, int] = {"request.not-json": 400, "request.too-slow": 408, "request.content-type": 415}
"""Detail codes for which HTTP has a status of its own."""


def status_of(error: XinhengError) -> int:
    """The HTTP status of an error: its detail's own, else its code's."""
    return STATUS_BY_DETAIL.get(error.detail_code or "", KINDS[error.code].status)


def problem_of(error: XinhengError) -> dict[str, Any]:
    """Give an error as a problem object, its members always in the same order."""
    kind = KINDS[error.code]
    problem: dict[str, Any] = {
        "type": TYPE_PREFIX + error.code,
        "title": kind.zh,
        "title_en": kind.en,
        "status": status_of(error),
        "code": error.code,
        "detail_code": error.detail_code,
        "detail": _detail(error),
        "hint": blot(error.hint),
    }
    if isinstance(error, MalformedBody):
        problem["errors"] = [{key: blot(text) for key, text in place.items()} for place in error.errors]
    return problem


def problem_response(error: XinhengError, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with an error; `headers` such as `Allow` come with it."""
    problem = problem_of(error)
    more = {"Retry-After": _RETRY_AFTER_S} if problem["status"] == 503 or error.code == "version.not-yet" else {}
    return Response(json_bytes(problem), problem["status"], {**more, **(headers or {})}, MEDIA_TYPE)


def blot(text: str) -> str:
    """Blot out what looks like the number of an identity document and is no USCC; cut what is too long to read.

    >>> blot("no matter `11010519491231002X`")
    'no matter `［已隐去］`'
    """
    cut = text if len(text) <= _MOST_CHARACTERS else text[:_MOST_CHARACTERS] + "…"
    return _IDENTITY_SHAPED.sub(lambda found: found[0] if is_uscc(found[0]) else "［已隐去］", cut)


def looks_resident(text: str) -> bool:
    """Whether a text holds what looks like a resident identity number and is no USCC."""
    return any(not is_uscc(found[0]) for found in _RESIDENT_SHAPED.finditer(text))


def _detail(error: XinhengError) -> str:
    if isinstance(error, MalformedSubject):
        # What was sent may be a person's number, so it is not repeated.
        return "主体标识不是有效的统一社会信用代码或主体编号 the subject is no valid USCC and no id of a subject"
    return blot(error.what)
