"""The feed over HTTP: read on by cursor, wait for what is new, stream it, days too; one shape, bounded readers."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import date
from threading import Thread
from time import perf_counter, sleep
from typing import Any

import httpx
import jsonschema_rs
import pytest

from api.app import build_app
from graph_model.stores import open_store
from tests.http_city import NOW, SETTINGS, City, city, fill
from tests.http_server import running
from tests.test_http_changes import listing, post

EVENTS = {"Accept": "text/event-stream"}


@pytest.fixture
def town() -> Iterator[City]:
    with city() as opened:
        yield opened


def refused(answer: httpx.Response) -> tuple[int, str, str | None]:
    problem = answer.json()
    return answer.status_code, problem["code"], problem["detail_code"]


def test_every_page_has_the_documented_shape_a_rulebooks_too(town: City) -> None:
    document = town.get("/openapi.json").json()
    shape = {"$ref": "#/components/schemas/Feed", "components": document["components"]}
    post(town, designations=[listing(until="2026-12-01")])
    for query in ("since=0", "since=0&day=2025-01-01", "since=2&department=bureau", "since=3"):
        page = town.get(f"/v1/changes?{query}").json()
        jsonschema_rs.Draft202012Validator(shape).validate(page)
        assert not page["more"]
        assert all(entry["complete"] for entry in page["changes"])
    entries = town.get("/v1/changes?since=0&day=2025-01-01").json()["changes"]
    assert [entry["kind"] for entry in entries] == ["rulebook", "facts", "facts", "days"]
    assert {item["day"] for item in entries[-1]["items"]} == {"2026-01-10", "2026-02-01"}


def test_a_cursor_goes_on_where_the_page_ended(town: City) -> None:
    post(town, designations=[listing()])
    page = town.get("/v1/changes?limit=1&day=2026-11-21").json()
    versions = [(entry["kind"], entry["version"]) for entry in page["changes"]]
    while page["more"]:
        page = town.get(f"/v1/changes?limit=1&cursor={page['next']}").json()
        versions += [(entry["kind"], entry["version"]) for entry in page["changes"]]
    assert versions == [("rulebook", 1), ("facts", 2), ("facts", 3), ("days", 3)]
    assert (page["until"], page["day"]) == (3, "2026-11-22")
    again = town.get(f"/v1/changes?cursor={page['next']}").json()
    assert (again["changes"], again["next"]) == ([], page["next"])


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("cursor=x", (422, "request.malformed", "cursor.malformed")),
        ("day=2026-13-01", (422, "day.malformed", None)),
        ("wait=-1", (422, "request.malformed", None)),
        ("since=9", (409, "version.not-yet", None)),
    ],
)
def test_what_cannot_be_asked_is_refused(town: City, query: str, code: tuple[int, str, str | None]) -> None:
    assert refused(town.get(f"/v1/changes?{query}")) == code


def test_waiting_ends_with_the_wait_where_nothing_comes(town: City) -> None:
    begun = perf_counter()
    page = town.get("/v1/changes?since=2&wait=60").json()  # the city waits at most 0.2 s
    assert 0.15 < perf_counter() - begun < 5
    assert (page["changes"], page["more"]) == ([], False)


def test_waiting_ends_as_soon_as_something_comes() -> None:
    with city(feed_wait_limit_s=30.0) as town:
        writer = Thread(target=lambda: (sleep(0.3), post(town, designations=[listing()])))
        writer.start()
        begun = perf_counter()
        page = town.get("/v1/changes?since=2&wait=30").json()
        assert 0.2 < perf_counter() - begun < 10
        writer.join()
    assert [entry["version"] for entry in page["changes"]] == [3]


def test_more_readers_than_allowed_are_refused_at_once() -> None:
    async def asking(town: City) -> list[httpx.Response]:
        transport = httpx.ASGITransport(app=town.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await asyncio.gather(*(client.get("/v1/changes?since=2&wait=1") for _ in range(5)))

    with city(feed_limit_readers=2, feed_wait_limit_s=1.0) as town:
        answers = asyncio.run(asking(town))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 503, 503, 503]
    assert {refused(a)[1] for a in answers if a.status_code == 503} == {"overloaded"}
    assert all("retry-after" in a.headers for a in answers if a.status_code == 503)


class Clock:
    """A day that a test can let pass."""

    def __init__(self, day: date) -> None:
        self.day = day

    def __call__(self) -> date:
        return self.day


@contextmanager
def served(clock: Clock, **settings: Any) -> Iterator[tuple[City, str]]:
    """A filled city behind a real server."""
    chosen = replace(SETTINGS, port=0, **settings)
    with open_store(chosen.store) as store:
        fill(store, chosen)
        town = City(store, chosen)
        app = build_app(chosen, store, today=clock, clock=lambda: NOW)
        with running(app, chosen) as address:
            yield town, address


def events(lines: Iterator[str]) -> Iterator[dict[str, str]]:
    """Events of a stream, as browsers read them; comments and `retry` aside."""
    event: dict[str, str] = {}
    for line in lines:
        if line == "":
            if "data" in event:
                yield event
            event = {}
        elif not line.startswith(":"):
            name, _, value = line.partition(": ")
            event[name] = value


def test_a_stream_tells_each_change_and_each_day_and_goes_on_after_a_break() -> None:
    clock = Clock(date(2026, 11, 22))
    with served(clock) as (town, address), httpx.Client(base_url=address, timeout=30) as client:
        with client.stream("GET", "/v1/changes?since=2&day=2026-11-22", headers=EVENTS) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            told = events(stream.iter_lines())
            post(town, designations=[listing(until="2026-11-24")])
            first = next(told)
            page = json.loads(first["data"])
            assert (first["event"], [entry["version"] for entry in page["changes"]]) == ("changes", [3])
            assert (page["next"], page["changes"][0]["items"][0]["what"]) == (first["id"], "opened")
            clock.day = date(2026, 11, 23)
            second = next(told)
            assert [entry["kind"] for entry in json.loads(second["data"])["changes"]] == ["days"]
        post(town, "k2", persons=[{"person": "p-" + "0" * 40, "name": "李四"}])
        clock.day = date(2026, 11, 30)
        with client.stream(
            "GET", "/v1/changes?since=2&day=2026-11-22", headers={**EVENTS, "Last-Event-ID": second["id"]}
        ) as stream:
            page = json.loads(next(events(stream.iter_lines()))["data"])
        assert [(entry["kind"], entry["version"]) for entry in page["changes"]] == [("facts", 4), ("days", 4)]
        assert {(item["what"], item["day"]) for item in page["changes"][1]["items"]} == {("closed", "2026-11-24")}


def test_streams_are_counted_and_freed_when_a_reader_goes() -> None:
    with (
        served(Clock(date(2026, 11, 22)), feed_limit_readers=1) as (_, address),
        httpx.Client(base_url=address, timeout=30) as client,
    ):
        with client.stream("GET", "/v1/changes?since=0", headers=EVENTS) as stream:
            told = events(stream.iter_lines())  # kept: a stream whose lines are forgotten is closed
            next(told)
            assert refused(httpx.get(f"{address}/v1/changes?since=2", headers=EVENTS))[1] == "overloaded"
        for _ in range(100):
            with client.stream("GET", "/v1/changes?since=0", headers=EVENTS) as stream:
                if stream.status_code == 200:
                    return
            sleep(0.05)
        raise AssertionError("the reader's place was not freed")


def test_a_store_that_goes_away_ends_the_stream_with_a_problem() -> None:
    with (
        served(Clock(date(2026, 11, 22))) as (town, address),
        httpx.Client(base_url=address, timeout=30) as client,
        client.stream("GET", "/v1/changes?since=0", headers=EVENTS) as stream,
    ):
        told = events(stream.iter_lines())
        next(told)
        town.store.close()
        last = next(told)
        assert (last["event"], json.loads(last["data"])["code"]) == ("problem", "store.unavailable")
        assert list(told) == []


def test_a_server_that_is_told_to_stop_lets_its_readers_go_at_once() -> None:
    clock = Clock(date(2026, 11, 22))
    with ExitStack() as stack:
        _, address = stack.enter_context(served(clock))
        client = httpx.Client(base_url=address, timeout=30)
        with client, client.stream("GET", "/v1/changes?since=0", headers=EVENTS) as stream:
            told = events(stream.iter_lines())
            next(told)
            begun = perf_counter()
            stack.close()  # it is told to stop while the reader reads
            assert perf_counter() - begun < 4, "the server waits five seconds before it cuts readers off"
            assert len(list(told)) <= 1, "one that was on its way may still come; then it ends"
