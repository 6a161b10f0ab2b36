"""The OpenAPI document tells the truth: every route, every status, and examples that work when they are sent."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import jsonschema_rs
import pytest

from api.demo import EXAMPLES, load_demo
from api.problems import KINDS, STATUS_BY_DETAIL
from engine.service import Service
from graph_model.stores import open_store
from tests.http_city import SETTINGS, City, city

PROMISED = {
    "/v1/checks": {"post"},
    "/v1/checks:batch": {"post"},
    "/v1/checks:why-not": {"post"},
    "/v1/checks/{id}": {"get"},
    "/v1/checks/{id}/receipt": {"get"},
    "/v1/subjects/{subject}": {"get"},
    "/v1/changes": {"get", "post"},
    "/v1/departments/{id}/duties": {"get"},
    "/v1/rulebooks": {"get"},
    "/v1/rulebooks/{id}": {"get"},
    "/v1/health/live": {"get"},
    "/v1/health/ready": {"get"},
    "/v1/health/metrics": {"get"},
}


@pytest.fixture(scope="module")
def demo() -> Iterator[City]:
    with open_store(SETTINGS.store) as store:
        load_demo(Service(store))
        yield City(store, replace(SETTINGS))


@pytest.fixture(scope="module")
def document(demo: City) -> dict[str, Any]:
    answer = demo.get("/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def validator(document: dict[str, Any], schema: dict[str, Any]) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator({**schema, "components": document["components"]})


def test_the_document_is_openapi_31_and_names_every_route(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert {path: set(methods) for path, methods in document["paths"].items()} == PROMISED


def test_every_refusal_in_the_document_is_a_problem_and_every_code_has_its_status(document: dict[str, Any]) -> None:
    statuses = {str(kind.status) for kind in KINDS.values()} | {str(status) for status in STATUS_BY_DETAIL.values()}
    for methods in document["paths"].values():
        for operation in methods.values():
            assert {"500", "503"} <= set(operation["responses"])
            for status, response in operation["responses"].items():
                if status >= "400":
                    assert status in statuses
                    assert list(response["content"]) == ["application/problem+json"]


def test_every_reference_in_the_document_leads_somewhere(document: dict[str, Any]) -> None:
    def references(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            if "$ref" in value:
                yield value["$ref"]
            for item in value.values():
                yield from references(item)
        elif isinstance(value, list):
            for item in value:
                yield from references(item)

    found = {reference.removeprefix("#/components/schemas/") for reference in references(document)}
    assert found
    assert found <= document["components"]["schemas"].keys()


def test_every_example_works_when_it_is_sent_and_the_answer_has_the_documented_shape(
    demo: City, document: dict[str, Any]
) -> None:
    sent = 0
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            media = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            good = next(status for status in operation["responses"] if status < "300")
            for name, example in media.get("examples", {}).items():
                validator(document, media["schema"]).validate(example["value"])
                answer = demo.send(method.upper(), path, json=example["value"])
                assert str(answer.status_code) == good, f"{path} {name}: {answer.text}"
                schema = operation["responses"][good]["content"]["application/json"]["schema"]
                validator(document, schema).validate(answer.json())
                if path == "/v1/checks" and name != "person":
                    assert answer.json()["decision"]["verdict"] == name
                sent += 1
    assert sent >= len(EXAMPLES) + 5


def test_the_example_answer_is_what_comes(demo: City, document: dict[str, Any]) -> None:
    content = document["paths"]["/v1/checks"]["post"]["responses"]["200"]["content"]["application/json"]
    shown = content["example"]
    came = demo.post("/v1/checks", next(e.body for e in EXAMPLES if e.verdict == "clear")).json()
    changing = ("version", "rulebook")
    assert list(came) == list(shown)
    assert {k: v for k, v in came["decision"].items() if k not in changing} == {
        k: v for k, v in shown["decision"].items() if k not in changing
    }


def test_the_demo_city_shows_every_verdict_and_another_city_shows_no_example(demo: City) -> None:
    assert [e.verdict for e in EXAMPLES] == [
        "bar",
        "limit",
        "weigh",
        "unresolved",
        "watch",
        "favour",
        "clear",
        "unknown",
    ]
    page = demo.get("/").text
    assert [e.verdict for e in EXAMPLES if f'id="example-{e.verdict}"' not in page] == []
    with city() as other:
        assert 'id="example-' not in other.get("/").text


def test_the_demo_city_loads_once(demo: City) -> None:
    version = demo.store.latest_version()
    load_demo(Service(demo.store))
    assert demo.store.latest_version() == version
