"""`GET /v1/checks/{id}` and its receipt: a decision as it was given, asked again, and signed (CONTRACT §6)."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.decision_reading import Found, found
from api.decision_record import as_kept, digest_of
from api.edge import Edge
from api.json_text import json_bytes
from api.openapi import documented
from api.problems import problem_of
from api.wire import decision_json
from engine.question import Check
from graph_model.errors import InvalidQuestion

_JSON = "application/json"
_CODES = ("check.unknown", "log.damaged", "log.unavailable")


def routes(edge: Edge) -> APIRouter:
    """Give the routes that tell of checks that were answered."""
    router = APIRouter(tags=["checks"])

    async def recorded(check_id: str) -> Found:
        await edge.log.settle()
        return await run_in_threadpool(found, edge.log_folder, check_id)

    @router.get("/v1/checks/{id}", **documented("Given", _CODES))
    async def given(
        check_id: Annotated[str, Path(alias="id", description="the `check_id` of an answer", max_length=100)],
        replay: Annotated[bool, Query(description="decide it again, and say whether it is the same")] = False,  # noqa: FBT002  a query parameter
    ) -> Response:
        """Give a decision as it was given, with caller and time."""
        record = await recorded(check_id)
        told = {
            "check_id": check_id,
            **{name: record.parts[name] for name in ("at", "caller", "purpose", "digest")},
            "chain": record.chain,
            "decision": record.decision,
        }
        if replay:
            told["replay"] = await run_in_threadpool(_replayed, record, edge)
        return Response(json_bytes(told), media_type=_JSON)

    @router.get("/v1/checks/{id}/receipt", **documented("SignedReceipt", (*_CODES, "receipt.refused")))
    async def receipt(
        check_id: Annotated[str, Path(alias="id", description="the `check_id` of an answer", max_length=100)],
    ) -> Response:
        """Give the signed receipt of a decision, which anybody can verify with the public key, without us."""
        record = await recorded(check_id)
        return Response(json_bytes(edge.signer().receipt(record)), media_type=_JSON)

    return router


def _replayed(record: Found, edge: Edge) -> dict[str, Any]:
    """Decide again from (check, version, rulebook), as the rules are programmed now."""
    parts = record.parts
    asked = Check(
        subject=parts["subject"],
        matter=parts["matter"],
        on=parts["on"],
        department=parts["department"],
        concerning=parts["concerning"],
        version=parts["version"],
        rulebook=parts["rulebook"],
    )
    try:
        decision = as_kept(decision_json(edge.service.check(asked)))
    except InvalidQuestion as error:  # e.g. another store, which has no such version
        return {"same": False, "digest": None, "decision": None, "problem": problem_of(error)}
    same = digest_of(decision) == parts["digest"]
    return {"same": same, "digest": digest_of(decision), "decision": None if same else decision}
