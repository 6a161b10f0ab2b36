"""`GET /v1/changes`: what each version and each day changed, page by page, by waiting, or as a stream of events."""

import asyncio
from collections.abc import AsyncIterator
from time import perf_counter
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.edge import Edge
from api.json_text import json_bytes
from api.openapi import documented
from api.problems import problem_of
from api.routes.changes_watch import Watch, is_stopping
from api.shapes import ref
from engine.change_feed import Place
from engine.judge import day_of
from engine.question import Json
from graph_model.errors import Overloaded, UnknownDepartment, VersionNotYet, XinhengError

_PAGE = 100
_PAGE_S = 2.0
_HEARTBEAT_S = 10.0
JSON = "application/json"
EVENTS = "text/event-stream"
_CODES = (
    "request.malformed",
    "day.malformed",
    "department.unknown",
    "version.unknown",
    "version.not-yet",
    "overloaded",
)
_ANSWER = {
    JSON: {"schema": ref("Feed")},
    EVENTS: {"schema": {"type": "string", "description": "events `changes`, each a page as its data"}},
}


def routes(edge: Edge) -> APIRouter:
    """Give the route of the feed."""
    router = APIRouter(tags=["changes"])
    watch = Watch(edge)

    @router.get("/v1/changes", **documented(_ANSWER, _CODES))
    async def feed(
        request: Request,
        since: Annotated[int, Query(ge=0, le=2**53)] = 0,
        day: str | None = None,
        cursor: str | None = None,
        limit: Annotated[int, Query(ge=1, le=1_000)] = _PAGE,
        department: str | None = None,
        wait: Annotated[float, Query(ge=0, le=3_600)] = 0,
        last_event_id: Annotated[str | None, Header(include_in_schema=False)] = None,
    ) -> Response:
        """Give what each version after `since` changed: items opened, closed, altered, withheld, released.

        With `day`, the last day that the reader knows, it tells what the versions changed as seen on that day, and then
        what the days after it, up to today, open and close by passing. At most `limit` entries a page, and fewer where
        much changed; go on with `cursor`, the `next` of the last page. With `wait`, a page with nothing new waits for
        something, at most so many seconds. `Accept: text/event-stream` gives pages as events, without end.
        """
        word = last_event_id or cursor  # a browser that comes again sends its first address, and how far it came
        place = Place.read(word) if word else Place(since, None if day is None else day_of(day))
        most = min(limit, edge.settings.feed_limit_versions)
        if department is not None and department not in edge.service.rulebook_in_force()[1].departments:
            # An empty feed of a misspelt department would read as "nothing changed" (P5).
            raise UnknownDepartment("没有这个部门 no such department", hint="见 GET /v1/rulebooks see there")
        if place.version > (latest := edge.service.store.latest_version()):
            # As after a restored backup: an empty page would read as "nothing changed".
            raise VersionNotYet(
                f"尚未到版本 {place.version}，现为 {latest} not that far yet",
                hint="再试，或从较早的版本读起 try again",
            )
        if EVENTS in request.headers.get("accept", ""):
            watch.see_that_there_is_room()
            return StreamingResponse(_events(request, edge, watch, place, most, department), media_type=EVENTS)
        told = await edge.in_thread(lambda: _page(edge, place, most, department))
        if wait and not told["changes"]:
            with watch.reading():
                await watch.something_new(place, min(wait, edge.settings.feed_wait_limit_s), request.app)
            told = await edge.in_thread(lambda: _page(edge, place, most, department))
        return Response(json_bytes(told), media_type=JSON)

    return router


def _page(edge: Edge, place: Place, most: int, department: str | None) -> Json:
    """Work out one page, which ends early where it takes long: a load can change thousands."""
    end = perf_counter() + _PAGE_S
    today = None if place.day is None else edge.today()
    return edge.service.feed(place, today, department, most=most, enough=lambda: perf_counter() > end)


async def _events(
    request: Request, edge: Edge, watch: Watch, place: Place, most: int, department: str | None
) -> AsyncIterator[bytes]:
    """Give pages as events for as long as the reader and we stay; a comment now and then shows that we are here."""
    yield b"retry: 1000\n\n"
    try:
        with watch.reading():
            while not is_stopping(request.app):
                if await watch.something_new(place, _HEARTBEAT_S, request.app):
                    told = await _patiently(edge, place, most, department)
                    place = Place.read(told["next"])
                    yield _event("changes", told, place)
                else:
                    yield b": \n\n"
    except XinhengError as error:
        # The answer has begun, so this is the only way left to say it; the reader comes again with its place.
        yield _event("problem", problem_of(error), place)


async def _patiently(edge: Edge, place: Place, most: int, department: str | None) -> Json:
    while True:
        try:
            return await edge.in_thread(lambda: _page(edge, place, most, department))
        except Overloaded:
            await asyncio.sleep(1)


def _event(name: str, told: Any, place: Place) -> bytes:
    return b"event: %b\nid: %b\ndata: %b\n\n" % (name.encode(), place.text.encode(), json_bytes(told))
