"""`POST /v1/changes`: facts go in by one door."""

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.edge import Edge
from api.json_text import json_bytes
from api.openapi import documented
from api.problems import MalformedBody
from api.routes.examples import CHANGE_EXAMPLES
from api.wire import MOST_KEY_CHARACTERS, ChangeIn, Rows, parse
from engine.question import as_json
from graph_model.nodes import Facts
from graph_model.store import ChangeSet, Receipt, Vocabulary
from loaders.rows import facts_from_rows

JSON = "application/json"


def routes(edge: Edge) -> APIRouter:
    """Give the routes of changes."""
    router = APIRouter(tags=["changes"])

    @router.post(
        "/v1/changes",
        **documented(
            "Receipt",
            ("facts.refused", "change.refused", "change.conflict", "version.unknown", "overloaded"),
            status=201,
            body=ChangeIn,
            examples=CHANGE_EXAMPLES,
        ),
    )
    async def change(request: Request) -> Response:
        """Write one atomic change set of facts; the same key with the same content again changes nothing.

        The idempotency key is `key`, or the header `Idempotency-Key`.
        """
        body = parse(ChangeIn, await edge.json_body(request))
        key = _key_of(body, request.headers.get("idempotency-key"))
        receipt = await edge.in_thread(lambda: _apply(body, key, edge))
        return Response(json_bytes(as_json(receipt)), 201, media_type=JSON)

    return router


def _key_of(body: ChangeIn, header: str | None) -> str:
    given = {key for key in (body.key, header) if key}
    if not given:
        what = "须给出一个幂等键 is required"
    elif len(given) > 1:
        what = "与请求头 Idempotency-Key 不同 differs from the header"
    elif len(header or "") > MOST_KEY_CHARACTERS:
        what = f"请求头 Idempotency-Key 超过 {MOST_KEY_CHARACTERS} 字符 the header is too long"
    else:
        return given.pop()
    raise MalformedBody(({"where": "/key", "what": what},), hint="每次变更用一个新的键 use a new key for each change")


def _apply(body: ChangeIn, key: str, edge: Edge) -> Receipt:
    vocabulary = edge.service.rulebook_in_force()[1].vocabulary
    facts, corrections, retractions = (
        _facts(rows, vocabulary, edge) for rows in (body.facts, body.corrections, body.retractions)
    )
    return edge.service.apply(
        ChangeSet(
            actor=body.actor, reason=body.reason, key=key, facts=facts, corrections=corrections, retractions=retractions
        )
    )


def _facts(rows: Rows, vocabulary: Vocabulary, edge: Edge) -> Facts:
    given: dict[str, list[dict[str, Any]]] = {kind: list(of_kind) for kind, of_kind in rows.items()}
    return facts_from_rows(given, vocabulary, edge.keyer)
