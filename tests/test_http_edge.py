"""The edge: limits, content types, unknown paths, faults of ours, headers, health, metrics, and no person told."""

import asyncio
import json
import logging
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from api.app import build_app
from api.observe import EventFormatter
from api.problems import problem_of
from graph_model.errors import MalformedSubject
from graph_model.stores import open_store
from tests.http_city import BARRED, RESIDENT, SETTINGS, City, city

CHECK = {"subject": BARRED, "matter": "licence"}
JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def town() -> Iterator[City]:
    with city(body_limit_bytes=2_000, depth_limit_levels=8) as opened:
        yield opened


def told(answer: httpx.Response) -> tuple[int, str, str | None]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["type"] == f"urn:xinheng:problem:{problem['code']}"
    assert problem["title"]
    assert problem["hint"]
    return answer.status_code, problem["code"], problem["detail_code"]


@pytest.mark.parametrize(
    "headers", [{}, {"content-type": "text/plain"}, {"content-type": "application/x-www-form-urlencoded"}]
)
def test_a_body_that_is_not_called_json_is_refused_saying_which_header_to_send(
    town: City, headers: dict[str, str]
) -> None:
    answer = town.send("POST", "/v1/checks", content=b"{}", headers=headers)
    assert told(answer) == (415, "request.malformed", "request.content-type")
    assert "application/json" in answer.json()["hint"]


def test_json_with_a_charset_is_json(town: City) -> None:
    content = json.dumps(CHECK).encode()
    headers = {"content-type": "application/json; charset=utf-8"}
    assert town.send("POST", "/v1/checks", content=content, headers=headers).status_code == 200


def test_what_is_no_json_is_a_bad_request(town: City) -> None:
    answer = town.send("POST", "/v1/checks", content=b'{"subject":', headers=JSON)
    assert told(answer) == (400, "request.malformed", "request.not-json")


def test_a_body_over_the_limit_is_refused_whether_announced_or_streamed(town: City) -> None:
    async def streamed() -> AsyncIterator[bytes]:
        for _ in range(5):
            yield b" " * 500

    answer = town.send("POST", "/v1/checks", content=b" " * 2_001, headers=JSON)
    assert told(answer)[:2] == (413, "request.too-large")
    assert told(town.send("POST", "/v1/checks", content=streamed(), headers=JSON))[:2] == (413, "request.too-large")
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert town.send("POST", "/", content=b"subject=" + b"1" * 2_000, headers=form).status_code == 413


def test_a_body_that_does_not_come_in_whole_is_not_waited_for_long() -> None:
    async def slow() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(60)

    with city(body_limit_s=0.1) as town:
        answer = town.send("POST", "/v1/checks", content=slow(), headers=JSON)
    assert told(answer) == (408, "request.malformed", "request.too-slow")


def test_nesting_over_the_limit_is_refused(town: City) -> None:
    answer = town.send("POST", "/v1/changes", content=b"[" * 9 + b"]" * 9, headers=JSON)
    assert told(answer) == (413, "request.too-large", "request.too-deep")


@pytest.mark.parametrize("path", ["/v2/checks", "/v1/checks/", "/v1/checks:nothing", "/docs", "/..%2f..%2fetc/passwd"])
def test_an_unknown_path_is_a_problem(town: City, path: str) -> None:
    assert told(town.get(path))[:2] == (404, "route.unknown")


def test_a_wrong_method_is_a_problem_that_names_the_right_one(town: City) -> None:
    answer = town.get("/v1/checks")
    assert told(answer)[:2] == (405, "route.method")
    assert answer.headers["allow"] == "POST"
    assert town.send("DELETE", "/v1/changes").headers["allow"] == "GET, POST"


def test_wrong_parameters_are_a_problem_that_does_not_repeat_them(town: City) -> None:
    answer = town.get(f"/v1/changes?since={RESIDENT}")
    assert told(answer)[:2] == (422, "request.malformed")
    assert RESIDENT not in answer.text


def test_a_fault_of_ours_is_a_problem_without_its_message(caplog: pytest.LogCaptureFixture) -> None:
    def today() -> Any:
        raise RuntimeError(f"a fault that quotes {RESIDENT}")

    with open_store(SETTINGS.store) as store, caplog.at_level(logging.INFO):
        app = build_app(SETTINGS, store, today=today)

        async def asking() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
                return await client.post("/v1/checks", json=CHECK)

        answer = asyncio.run(asking())
    assert told(answer)[:2] == (500, "internal")
    assert answer.headers["x-request-id"] in answer.json()["hint"]
    lines = "\n".join(EventFormatter("json").format(record) for record in caplog.records)
    assert '"event": "fault"' in lines
    assert "RuntimeError" in lines
    assert RESIDENT not in lines + answer.text


def test_a_closed_store_is_unavailable_not_a_fault() -> None:
    with city() as town:
        town.store.close()
        assert told(town.post("/v1/checks", CHECK))[:2] == (503, "store.unavailable")
        assert told(town.get("/v1/health/ready"))[:2] == (503, "store.unavailable")
        assert town.get("/v1/health/live").status_code == 200
        assert town.get("/").status_code == 503


def test_too_much_heavy_work_at_once_is_refused_as_overloaded() -> None:
    with city(heavy_limit_requests=1) as town:

        async def asking() -> list[httpx.Response]:
            transport = httpx.ASGITransport(app=town.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                batch = {"checks": [CHECK] * 300}
                return await asyncio.gather(*(client.post("/v1/checks:batch", json=batch) for _ in range(4)))

        answers = asyncio.run(asking())
        refused = [answer for answer in answers if answer.status_code != 200]
        assert len(refused) in (1, 2, 3)
        assert {told(answer)[:2] for answer in refused} == {(503, "overloaded")}
        assert town.post("/v1/checks:batch", {"checks": [CHECK]}).status_code == 200


def test_every_answer_has_the_security_headers_and_no_answer_is_stored(town: City) -> None:
    for answer in (town.get("/"), town.get("/none"), town.post("/v1/checks", CHECK), town.get("/openapi.json")):
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"


def test_readiness_tells_version_rulebook_and_age(town: City) -> None:
    ready = town.get("/v1/health/ready").json()
    assert (ready["ready"], ready["version"]) == (True, 2)
    assert ready["rulebook"].startswith("sha256:")
    assert ready["data_age_seconds"] >= 0


def test_a_service_without_a_rulebook_is_not_ready_and_says_why() -> None:
    with open_store(SETTINGS.store) as store:
        empty = City(store, SETTINGS)
        assert told(empty.get("/v1/health/ready")) == (503, "store.unavailable", "rulebook.none")
        assert told(empty.post("/v1/checks", CHECK))[:2] == (422, "version.unknown")
        assert empty.get("/").status_code == 200


def test_metrics_count_by_route_template_status_verdict_and_code() -> None:
    with city() as town:
        town.post("/v1/checks", CHECK)
        town.post("/v1/checks", {**CHECK, "matter": "flying"})
        town.post("/v1/checks:batch", {"checks": [CHECK, {}]})
        town.get(f"/v1/subjects/{BARRED}")
        town.get("/no/such/path")
        for path in ("/metrics", "/v1/metrics", "/v1/health/metrics"):
            text = town.get(path).text
        lines = set(text.splitlines())
        assert 'xinheng_http_requests_total{method="POST",route="/v1/checks",status="200"} 1.0' in lines
        assert 'xinheng_http_requests_total{method="POST",route="/v1/checks",status="422"} 1.0' in lines
        assert 'xinheng_http_requests_total{method="GET",route="/v1/subjects/{subject}",status="200"} 1.0' in lines
        assert 'xinheng_http_requests_total{method="GET",route="unmatched",status="404"} 1.0' in lines
        assert 'xinheng_checks_total{verdict="bar"} 2.0' in lines
        assert 'xinheng_refusals_total{code="matter.unknown"} 1.0' in lines
        assert 'xinheng_refusals_total{code="request.malformed"} 1.0' in lines
        assert "xinheng_data_version 2.0" in lines
        assert 'xinheng_http_request_seconds_count{method="POST",route="/v1/checks"} 2.0' in lines


def test_an_identity_number_reaches_no_answer_log_or_metric(caplog: pytest.LogCaptureFixture) -> None:
    wrong = RESIDENT[:-1] + "7"
    passport = "E87654321"
    person = {"id_type": "resident_id", "id_number": RESIDENT}
    change = {"actor": "a", "reason": "r", "key": "k"}
    form = {"content-type": "application/x-www-form-urlencoded"}
    json_bodies: list[tuple[str, Any]] = [
        ("/v1/checks", {"subject": person, "matter": "licence"}),
        ("/v1/checks", {"subject": {**person, "id_number": wrong}, "matter": "licence"}),
        ("/v1/checks", {"subject": {"id_type": "passport", "id_number": passport}, "matter": "flying"}),
        ("/v1/checks", {"subject": {"id_type": passport, "id_number": passport}, "matter": "licence"}),
        ("/v1/checks", {"subject": {**person, "note": 1}, "matter": RESIDENT}),
        ("/v1/checks", {"subject": RESIDENT, "matter": "licence"}),
        ("/v1/checks", {"subject": BARRED, "matter": RESIDENT, "department": RESIDENT}),
        ("/v1/checks", {"subject": BARRED, "matter": "licence", RESIDENT: 1}),
        ("/v1/checks", {"subject": BARRED, "matter": "licence", passport: 1, passport.lower(): 1}),
        ("/v1/checks", {"subject": BARRED, "matter": "licence", "on": RESIDENT}),
        ("/v1/checks", {"subject": BARRED, "matter": "licence", "concerning": RESIDENT}),
        ("/v1/checks", {"subject": BARRED, "matter": "licence", "rulebook": RESIDENT}),
        ("/v1/checks:batch", {"checks": [{"subject": person, "matter": "licence"}, {"subject": wrong, "matter": "x"}]}),
        ("/v1/checks:why-not", {"subject": person, "measure": RESIDENT}),
        ("/v1/changes", {**change, "facts": {"persons": [{**person, "name": "李四"}, {**person, "id_number": wrong}]}}),
        ("/v1/changes", {**change, "facts": {"persons": [{"id_type": "resident_id", RESIDENT: 1}]}}),
        ("/v1/changes", {**change, "facts": {"persons": [{"id_type": RESIDENT, "id_number": RESIDENT}]}}),
        ("/v1/changes", {**change, "facts": {RESIDENT: []}}),
        (
            "/v1/changes",
            {**change, "facts": {"relations": [{"type": "director", "holder": RESIDENT, "organisation": BARRED}]}},
        ),
    ]
    with city() as town, caplog.at_level(logging.DEBUG):
        answers = [town.post(path, body) for path, body in json_bodies]
        answers += [
            town.get(f"/v1/subjects/{RESIDENT}"),
            town.get(f"/v1/subjects/{passport}"),
            town.get(f"/v1/changes?department={RESIDENT}"),
            town.get(f"/v1/rulebooks/{RESIDENT}"),
            town.get(f"/{RESIDENT}"),
            town.get(f"/?subject={RESIDENT}&matter=licence"),
            town.get(f"/?subject={passport}&matter=licence"),
            town.get(f"/?subject={BARRED}&matter={RESIDENT}"),
            town.get(f"/?subject={BARRED}&matter=licence&concerning={RESIDENT}&department={RESIDENT}&on={RESIDENT}"),
            town.send("POST", "/", content=f"subject={RESIDENT}&matter=licence", headers=form),
            town.send("POST", "/", content=f"subject={wrong}&matter=licence", headers=form),
            town.send("POST", "/", content=f"subject={passport}&matter=licence", headers=form),
            town.send("POST", "/", content=f"subject={passport}&id_type=passport&matter=licence", headers=form),
            town.send("POST", "/", content=f"subject={wrong}&id_type=resident_id&matter=licence", headers=form),
            town.send(RESIDENT, "/v1/checks"),
            town.get("/metrics"),
        ]
    assert len({answer.status_code for answer in answers}) >= 4, "the plants should reach many answers"
    seen = "\n".join(f"{a.text}\n{sorted(a.headers.items())}" for a in answers)
    # httpx itself logs the addresses that this test asks for; the service's own lines are what counts.
    ours = [record for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    seen += "\n".join(
        EventFormatter("json").format(r) + EventFormatter("text").format(r) + r.getMessage() for r in ours
    )
    assert [
        number for number in (RESIDENT, RESIDENT.lower(), wrong, passport, passport.lower()) if number in seen
    ] == []
    assert any(record.getMessage() == "request" for record in ours)


def test_a_caller_that_leaves_before_its_request_is_whole_is_no_fault(caplog: pytest.LogCaptureFixture) -> None:
    with city() as town, caplog.at_level(logging.INFO):
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": "/v1/checks",
            "raw_path": b"/v1/checks",
            "root_path": "",
            "query_string": b"",
            "headers": [(b"content-type", b"application/json")],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }
        asyncio.run(town.app(scope, receive, send))
        assert sent == []
        assert 'route="/v1/checks",status="499"' in town.get("/metrics").text
    assert [record.getMessage() for record in caplog.records if record.name == "xinheng"] == ["request", "request"]


def test_a_body_announced_too_large_is_refused_before_a_byte_of_it_is_read(town: City) -> None:
    async def untouched() -> AsyncIterator[bytes]:
        yield b" "
        raise AssertionError("the body was read on")

    headers = {**JSON, "content-length": "999999999999999999999999"}
    answer = town.send("POST", "/v1/checks", content=untouched(), headers=headers)
    assert told(answer)[:2] == (413, "request.too-large")


def test_a_refused_subject_is_never_repeated_whatever_the_refusal_says() -> None:
    refused = problem_of(MalformedSubject("`E12345678` is none", hint="check it"))
    assert "E12345678" not in str(refused)


def test_a_logged_exception_tells_its_class_and_not_its_words() -> None:
    try:
        raise KeyError(RESIDENT)
    except KeyError:
        record = logging.LogRecord("uvicorn.error", logging.ERROR, "x.py", 1, "it failed", None, sys.exc_info())
    for form in ("json", "text"):
        line = EventFormatter(form).format(record)  # type: ignore[arg-type]  # both words are forms
        assert "KeyError" in line
        assert RESIDENT not in line
