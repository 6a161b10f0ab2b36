"""`GET /v1/health/live`, `/v1/health/ready` and the Prometheus metrics."""

from fastapi import APIRouter
from starlette.responses import Response

from api.edge import Edge
from api.json_text import json_bytes
from api.openapi import documented
from graph_model.errors import StoreUnavailable, UnknownVersion

_LIVE = {
    "application/json": {"schema": {"type": "object", "properties": {"live": {"const": True}}, "required": ["live"]}}
}
_METRICS = {"text/plain": {"schema": {"type": "string"}}}
METRICS_TYPE = "text/plain; version=1.0.0; charset=utf-8"


def routes(edge: Edge) -> APIRouter:
    """Give the routes that machines watch."""
    router = APIRouter(tags=["health"])

    @router.get("/v1/health/live", **documented(_LIVE))
    async def live() -> Response:
        """Say that the process answers."""
        return Response(json_bytes({"live": True}), media_type="application/json")

    @router.get("/v1/health/ready", **documented("Readiness"))
    async def ready() -> Response:
        """Say whether checks can be answered, from which version, and how old its facts are."""
        store = edge.service.store
        if edge.following is not None and not edge.following.is_ready:
            if edge.following.trouble is not None:
                raise edge.following.trouble
            raise StoreUnavailable(
                "索引正在建立 the index is being built",
                hint="稍候，进度见日志 wait a little; the log tells how far it is",
                detail_code="index.building",
            )
        try:
            version, book = await edge.ask(edge.service.rulebook_in_force)
        except UnknownVersion:
            raise StoreUnavailable(
                "尚未发布规则 no rulebook is published yet",
                hint="先运行 xinheng rulebook publish publish one first",
                detail_code="rulebook.none",
            ) from None
        recorded_at = (await edge.ask(lambda: store.changes(version - 1, 1)))[0].recorded_at
        told = {
            "ready": True,
            "version": version,
            "rulebook": book.digest,
            "recorded_at": recorded_at.isoformat(),
            "data_age_seconds": round(max(0.0, (edge.now() - recorded_at).total_seconds()), 3),
        }
        return Response(json_bytes(told), media_type="application/json")

    @router.get("/metrics", include_in_schema=False)
    @router.get("/v1/metrics", include_in_schema=False)
    @router.get("/v1/health/metrics", **documented(_METRICS))
    async def metrics() -> Response:
        """Give the metrics in the Prometheus text format (also at `/metrics`, where Prometheus looks by default)."""
        version = await edge.ask(edge.service.store.latest_version)
        return Response(edge.metrics.text(version), headers={"Content-Type": METRICS_TYPE})

    return router
