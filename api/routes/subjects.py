"""`GET /v1/subjects/{subject}`: what is known of a subject, persons masked."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.edge import Edge
from api.json_text import json_bytes
from api.openapi import documented
from api.problems import SubjectUnknown

_CODES = ("subject.unknown", "subject.malformed", "version.unknown", "version.not-yet", "request.malformed")


def routes(edge: Edge) -> APIRouter:
    """Give the route of subjects."""
    router = APIRouter(tags=["subjects"])

    @router.get(
        "/v1/subjects/{subject}",
        **documented("SubjectView", _CODES),
    )
    async def subject_view(subject: str, version: Annotated[int | None, Query(ge=0, le=2**53)] = None) -> Response:
        """Give a subject's attributes, relations, designations and standing. Persons' names are masked (张*)."""
        view = edge.service.subject_view(subject, version)
        if view is None:
            raise SubjectUnknown("查无此主体 no such subject is registered", hint="请核对主体标识 check the identifier")
        return Response(json_bytes(view), media_type="application/json")

    return router
