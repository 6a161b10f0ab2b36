"""`POST /v1/checks`, `/v1/checks:batch`, `/v1/checks:why-not` (CONTRACT §6)."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.batch import asked_of, decided_at
from api.decision_log import HEADER, DecisionLog, Noted
from api.decision_record import Asker
from api.edge import AGE, Edge, asker_of
from api.json_text import json_bytes
from api.openapi import documented
from api.problems import MalformedBody, problem_of
from api.routes.examples import BATCH_EXAMPLES, CHECK_EXAMPLES, WHY_NOT_EXAMPLES
from api.wire import BatchIn, CheckIn, WhyNotIn, check_of, decision_json, parse, why_not_of
from engine.question import VERDICT_ZH, Check, Decision, as_json
from engine.service import overall_of
from graph_model.errors import BatchTooLarge, XinhengError

_ASKING = ("subject.malformed", "department.unknown", "day.malformed", "version.unknown", "version.not-yet")
JSON = "application/json"


def routes(edge: Edge) -> APIRouter:
    """Give the routes that answer questions."""
    router = APIRouter(tags=["checks"])

    @router.post(
        "/v1/checks",
        **documented("Answer", ("matter.unknown", "log.unavailable", *_ASKING), body=CheckIn, examples=CHECK_EXAMPLES),
    )
    async def check(request: Request) -> Response:
        """Answer one check: which department must apply what to this subject in this matter on this day, and why."""
        body = parse(CheckIn, await edge.json_body(request))
        await edge.wait_for(body.min_version)
        asked = check_of(body, edge.keyer, edge.today())
        decision = await edge.ask(lambda: edge.service.check(asked))
        edge.metrics.decided([decision])
        answers, noted = answers_of([decision], asker_of(request.scope), edge.log)
        return await kept(json_bytes(answers[0]), noted, edge)

    @router.post(
        "/v1/checks:batch",
        **documented(
            "BatchAnswer", ("batch.too-large", "overloaded", "log.unavailable"), body=BatchIn, examples=BATCH_EXAMPLES
        ),
    )
    async def batch(request: Request) -> Response:
        """Answer up to 1,000 checks in order, and say the strongest verdict of all (one application, many parties).

        Each member of `decisions` is what `/v1/checks` would have answered: a decision, or that check's own problem.
        """
        items = _items_of(await edge.json_body(request), edge.settings.batch_limit_checks)
        asked = [asked_of(item, edge) for item in items]
        await edge.wait_for(max((c.min_version or 0 for c in asked if isinstance(c, Check)), default=0))
        told, noted = await edge.in_thread(lambda: _batch_answer(asked, asker_of(request.scope), edge))
        return await kept(told, noted, edge)

    @router.post(
        "/v1/checks:why-not",
        **documented(
            "WhyNot", ("measure.unknown", "matter.unknown", *_ASKING), body=WhyNotIn, examples=WHY_NOT_EXAMPLES
        ),
    )
    async def why_not(request: Request) -> Response:
        """Say which of the gates G1 to G10 keep a measure from binding, for every candidate."""
        body = parse(WhyNotIn, await edge.json_body(request))
        asked = why_not_of(body, edge.keyer, edge.today())
        answer = await edge.ask(lambda: edge.service.why_not(asked))
        return Response(json_bytes(as_json(answer)), media_type=JSON)

    return router


def answers_of(
    results: Sequence[Decision | XinhengError], asker: Asker, log: DecisionLog
) -> tuple[list[dict[str, Any]], list[Noted]]:
    """Give decisions with the ids of their asking, noted in the log, and problems, in order.

    The id names the event and is no part of the decision.
    """
    told = [decision_json(result) for result in results if isinstance(result, Decision)]
    noted = log.noted(asker, told)
    ahead = iter(zip(noted, told, strict=True))
    answers = []
    for result in results:
        if isinstance(result, XinhengError):
            answers.append(problem_of(result))
        else:
            one, decision = next(ahead)
            answers.append({"check_id": one.check_id, "decision": decision})
    return answers, noted


async def kept(body: bytes, noted: Sequence[Noted], edge: Edge) -> Response:
    """Let an answer leave once its decisions are in the log, and say so in a header.

    Raises:
        LogUnavailable: they are not, and it does not leave.

    """
    headers = {HEADER: await edge.log.kept(noted)}
    if (index := edge.service.index) is not None:
        headers[AGE] = f"{index.age:.3f}"
    return Response(body, media_type=JSON, headers=headers)


def _items_of(body: Any, limit: int) -> list[Any]:
    """Take the batch apart, without looking into its checks: what is wrong with one is that one's alone (J9)."""
    items = body.get("checks") if isinstance(body, dict) and body.keys() == {"checks"} else None
    if not isinstance(items, list) or not items:
        raise MalformedBody(
            (
                {
                    "where": "/checks",
                    "what": "应为非空的核查数组，且别无他项 must be a non-empty array, with nothing beside it",
                },
            ),
            hint='发送 {"checks": [{"subject": …, "matter": …}, …]} send that',
        )
    if len(items) > limit:
        raise BatchTooLarge(
            f"一批 {len(items)} 项核查 that many checks in one batch", hint=f"每批至多 {limit} 项 at most {limit}"
        )
    return items


def _batch_answer(asked: list[Check | XinhengError], asker: Asker, edge: Edge) -> tuple[bytes, list[Noted]]:
    # All members at one version, also while others write: an application must not be judged half before a change.
    results = decided_at(edge.service.latest(), asked, edge)
    edge.metrics.decided(results)
    overall, incomplete = overall_of(results)
    answers, noted = answers_of(results, asker, edge.log)
    body = {
        "overall": overall,
        "overall_zh": VERDICT_ZH[overall],
        "incomplete": incomplete,
        "decisions": answers,
    }
    return json_bytes(body), noted
