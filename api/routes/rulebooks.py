"""`GET /v1/rulebooks` and `GET /v1/rulebooks/{id}`: published rulebooks, content-addressed (R1)."""

from threading import Lock
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from api.edge import Edge
from api.json_text import json_bytes
from api.openapi import documented
from api.problems import RulebookUnknown
from graph_model.store import Change, Store

_CONTENT = {"application/json": {"schema": {"type": "object", "description": "the keys of CONTRACT §4"}}}
_PAGE = 1_000
JSON = "application/json"


class Publications:
    """The publications in the change log, read on from where it stopped last: the log only grows (C1)."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._read_to = 0
        self._found: list[Change] = []
        self._lock = Lock()

    def all(self) -> tuple[Change, ...]:
        """Give every publication, oldest first."""
        with self._lock:
            while entries := self._store.changes(self._read_to, _PAGE):
                self._found += [entry for entry in entries if entry.kind == "rulebook"]
                self._read_to = entries[-1].version
            return tuple(self._found)


def routes(edge: Edge) -> APIRouter:
    """Give the routes of rulebooks."""
    router = APIRouter(tags=["rulebooks"])
    publications = Publications(edge.service.store)

    @router.get("/v1/rulebooks", **documented("Rulebooks", ("overloaded",)))
    async def rulebooks() -> Response:
        """Give every publication of a rulebook, oldest first; the last is in force."""
        found = await edge.in_thread(publications.all)
        told: list[dict[str, Any]] = [
            {
                "id": change.rulebook,
                "version": change.version,
                "actor": change.actor,
                "reason": change.reason,
                "recorded_at": change.recorded_at.isoformat(),
                "in_force": change is found[-1],
            }
            for change in found
        ]
        return Response(json_bytes({"rulebooks": told}), media_type=JSON)

    @router.get("/v1/rulebooks/{id}", **documented(_CONTENT, ("rulebook.unknown",)))
    async def rulebook(id: str) -> Response:  # noqa: A002 - the contract's word in the path
        """Give one rulebook's canonical content, as it was published: it never changes."""
        content = edge.service.store.rulebook_content(id)
        if content is None:
            raise RulebookUnknown(
                "没有发布过这部规则 no such rulebook was published", hint="见 GET /v1/rulebooks see there"
            )
        return Response(
            content, media_type=JSON, headers={"ETag": f'"{id}"', "Cache-Control": "max-age=31536000, immutable"}
        )

    return router
