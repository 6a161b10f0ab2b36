"""`GET /v1/departments/{id}/duties`: everything a department must apply on a day."""

from time import perf_counter
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.edge import Edge
from api.json_text import json_bytes
from api.openapi import documented
from engine.duties import DutiesPlace
from engine.judge import day_of
from graph_model.errors import MalformedRequest

_PAGE = 200
_PAGE_S = 2.0
_CODES = (
    "department.unknown",
    "request.malformed",
    "day.malformed",
    "version.unknown",
    "version.not-yet",
    "overloaded",
)


def routes(edge: Edge) -> APIRouter:
    """Give the route of duties."""
    router = APIRouter(tags=["departments"])

    @router.get("/v1/departments/{id}/duties", **documented("Duties", _CODES))
    async def duties(
        id: str,  # noqa: A002 - the contract's name of it
        on: str | None = None,
        cursor: str | None = None,
        limit: Annotated[int, Query(ge=1, le=1_000)] = _PAGE,
    ) -> Response:
        """Give what the department must apply on a day, by subject: duties, favours withheld, and what is unresolved.

        At most `limit` items a page, and fewer where they are far between; go on with `cursor`, the `next` of the last
        page, until a page is `complete`. All pages are of the first one's version and day.
        """
        if cursor is not None:
            place = DutiesPlace.read(cursor)
            if place.department != id or (on is not None and day_of(on) != place.on):
                raise MalformedRequest(
                    "游标属于另一部门或另一日 the cursor is of another department or day",
                    hint="部门与日期须与第一页相同 ask as for the first page",
                    detail_code="cursor.malformed",
                )
        else:
            day = edge.today() if on is None else day_of(on)
            place = DutiesPlace(id, edge.service.store.latest_version(), day)
        end = perf_counter() + _PAGE_S
        told = await edge.in_thread(lambda: edge.service.duties(place, limit, lambda: perf_counter() > end))
        return Response(json_bytes(told), media_type="application/json")

    return router
