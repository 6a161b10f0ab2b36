"""Facts go in by one door, once; what each version changed comes out; rulebooks are content-addressed."""

import hashlib
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from engine.service import Service
from memoranda.reader import read_inline
from tests.http_city import BARRED, CLEAR, RESIDENT, RULEBOOK, UNKNOWN, City, city

CHECK = {"subject": CLEAR, "matter": "licence"}


@pytest.fixture
def town() -> Iterator[City]:
    """A filled city of its own for each test, since these write."""
    with city() as opened:
        yield opened


def listing(**more: Any) -> dict[str, Any]:
    row = {
        "id": "D9",
        "subject": CLEAR,
        "list": "black",
        "authority": "ministry",
        "document_no": "〔2026〕9号",
        "decided_on": "2026-02-01",
        "fact.unpaid": 5000,
        "fact.secured": False,
    }
    return {**row, **more}


def post(town: City, key: str | None = "k1", headers: dict[str, str] | None = None, **facts: Any) -> httpx.Response:
    body = {"actor": "某局经办", "reason": "新的认定", "facts": facts, **({"key": key} if key else {})}
    return town.send("POST", "/v1/changes", json=body, headers=headers)


def told(answer: httpx.Response) -> tuple[int, str, str | None]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    problem = answer.json()
    return answer.status_code, problem["code"], problem["detail_code"]


def verdict(town: City, **check: Any) -> str:
    found: str = town.post("/v1/checks", {**CHECK, **check}).json()["decision"]["verdict"]
    return found


def test_a_change_is_one_version_and_binds_from_it_on(town: City) -> None:
    answer = post(town, designations=[listing()])
    assert (answer.status_code, answer.json()["version"], answer.json()["repeated"]) == (201, 3, False)
    assert verdict(town, min_version=3) == "bar"
    assert verdict(town, version=2) == "clear"


def test_the_same_key_and_content_again_writes_nothing(town: City) -> None:
    first, again = (post(town, designations=[listing()]).json() for _ in range(2))
    assert (again["version"], again["repeated"]) == (first["version"], True)
    assert town.store.latest_version() == first["version"]


def test_the_same_key_with_other_content_is_a_conflict(town: City) -> None:
    post(town, designations=[listing()])
    answer = post(town, designations=[listing(decided_on="2026-03-01")])
    assert told(answer)[:2] == (409, "change.conflict")


def test_the_key_may_come_as_a_header_but_not_two_keys(town: City) -> None:
    assert post(town, None, {"idempotency-key": "k1"}, designations=[listing()]).status_code == 201
    assert post(town, "k1", {"idempotency-key": "k1"}, designations=[listing()]).json()["repeated"] is True
    assert told(post(town, "k2", {"idempotency-key": "k3"}))[:2] == (422, "request.malformed")
    assert told(post(town, None))[:2] == (422, "request.malformed")
    assert told(post(town, None, {"idempotency-key": "k" * 201}))[:2] == (422, "request.malformed")


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"designations": [listing(list="none")]}, "list.unknown"),
        ({"designations": [listing(subject=UNKNOWN)]}, "subject.unknown"),
        ({"designations": [listing(), listing(id="D10")]}, "designation.duplicate"),
        ({"designations": [listing(origin="local")]}, "origin.contradicts"),
        ({"designations": [listing(**{"fact.nothing": 1})]}, "fact.undeclared"),
        ({"designations": [listing(**{"fact.unpaid": "much"})]}, "fact.type"),
        ({"relations": [{"type": "director", "holder": BARRED, "organisation": UNKNOWN}]}, "organisation.unknown"),
        ({"moves": [{"designation": "D1", "to": "notified", "on": "2026-03-01", "actor": "a", "document_no": "x"}]},
         "move.illegal"),
    ],
)  # fmt: skip
def test_facts_that_may_not_be_are_refused_whole_with_a_word_for_why(town: City, facts: Any, code: str) -> None:
    new = {"code": UNKNOWN, "name": "新公司", "kind": "enterprise"} if code not in ("subject.unknown",
        "organisation.unknown") else {"code": CLEAR, "name": "clear公司", "kind": "enterprise", "region": "350200",
        "status": "active"}  # fmt: skip
    status, kind, detail = told(post(town, organisations=[new], **facts))
    assert (status, detail) == (422, code)
    assert kind in ("change.refused", "facts.refused")
    assert town.store.latest_version() == 2


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"actor": "", "reason": "r", "key": "k"},
        {"actor": "a", "reason": "r", "key": ""},
        {"actor": "a", "reason": "r", "key": "k", "facts": []},
        {"actor": "a", "reason": "r", "key": "k", "facts": {"companies": []}},
        {"actor": "a", "reason": "r", "key": "k", "facts": {"persons": {}}},
        {"actor": "a", "reason": "r", "key": "k", "facts": {"persons": [1]}},
        {"actor": "a", "reason": "r", "key": "k", "fact": {}},
    ],
)
def test_a_change_of_another_shape_is_refused(town: City, body: Any) -> None:
    assert told(town.post("/v1/changes", body))[:2] == (422, "request.malformed")


def test_a_correction_replaces_and_a_retraction_takes_back(town: City) -> None:
    post(town, designations=[listing()])
    corrected = {"designations": [listing(**{"fact.unpaid": 100})]}
    body = {"actor": "a", "reason": "更正", "key": "k2", "corrections": corrected}
    assert town.post("/v1/changes", body).json()["version"] == 4
    assert verdict(town) == "weigh"
    body = {"actor": "a", "reason": "撤回", "key": "k3", "retractions": corrected}
    assert town.post("/v1/changes", body).json()["version"] == 5
    assert [verdict(town), verdict(town, version=3)] == ["clear", "bar"]


def test_a_person_by_number_is_written_under_the_keyed_id(town: City) -> None:
    person = {"id_type": "resident_id", "id_number": RESIDENT}
    relation = {"type": "director", "holder": RESIDENT, "holder_id_type": "resident_id", "organisation": CLEAR}
    assert post(town, relations=[relation]).status_code == 201
    keyed = town.post("/v1/checks", {**CHECK, "subject": person}).json()["decision"]["subject"]
    assert any(r["holder"] == keyed for r in town.get(f"/v1/subjects/{CLEAR}").json()["relations"])


def test_the_feed_tells_what_each_version_opened_by_department(town: City) -> None:
    post(town, designations=[listing()])
    page = town.get("/v1/changes?since=2").json()
    assert [change["version"] for change in page["changes"]] == [3]
    opened = {(item["subject"], item["what"], item["measure"]) for item in page["changes"][0]["items"]}
    assert opened == {(CLEAR, "opened", "m-bar")}
    none = town.get("/v1/changes?since=2&department=ministry").json()["changes"]
    assert [change["items"] for change in none] == [[]]


def test_the_feed_is_paged_without_gaps(town: City) -> None:
    first = town.get("/v1/changes?limit=1").json()
    rest = town.get(f"/v1/changes?since={first['until']}").json()
    assert [c["version"] for c in first["changes"] + rest["changes"]] == [1, 2]
    assert (rest["until"], rest["latest"]) == (2, 2)


def test_a_reader_ahead_of_the_store_gets_no_empty_feed(town: City) -> None:
    assert told(town.get("/v1/changes?since=3"))[:2] == (409, "version.not-yet")


def test_a_department_that_is_not_known_gets_no_empty_feed(town: City) -> None:
    assert told(town.get("/v1/changes?department=nobody"))[:2] == (422, "department.unknown")


def test_a_published_rulebook_can_be_read_and_verified_by_its_id(town: City) -> None:
    published = town.get("/v1/rulebooks").json()["rulebooks"]
    assert [(book["version"], book["in_force"]) for book in published] == [(1, True)]
    answer = town.get(f"/v1/rulebooks/{published[0]['id']}")
    assert published[0]["id"] == "sha256:" + hashlib.sha256(answer.content).hexdigest()
    assert {measure["id"] for memo in answer.json()["memoranda"] for measure in memo["measures"]} >= {"m-bar"}
    assert told(town.get("/v1/rulebooks/sha256:none"))[:2] == (404, "rulebook.unknown")


def test_a_subject_is_told_with_persons_masked(town: City) -> None:
    answer = town.get(f"/v1/subjects/{BARRED}")
    assert answer.json()["designations"][0]["id"] == "D1"
    assert "张**" in answer.text
    assert "张三丰" not in answer.text
    keyed = answer.json()["relations"][0]["holder"]
    person = town.get(f"/v1/subjects/{keyed}")
    assert person.status_code == 200
    assert "张三丰" not in person.text
    assert told(town.get(f"/v1/subjects/{UNKNOWN}"))[:2] == (404, "subject.unknown")
    assert told(town.get(f"/v1/subjects/{BARRED}?version=1"))[:2] == (404, "subject.unknown")
    assert told(town.get(f"/v1/subjects/{BARRED}?version=9"))[:2] == (422, "version.unknown")


def test_a_rulebook_published_later_is_listed_and_in_force(town: City) -> None:
    assert len(town.get("/v1/rulebooks").json()["rulebooks"]) == 1
    post(town, designations=[listing()])
    another = read_inline({**RULEBOOK, "matters": [*RULEBOOK["matters"], {"id": "new", "name": "新事项"}]})
    Service(town.store).publish(another, actor="某局", reason="修订", key="second")
    post(town, "k2", exemptions=[])
    third = read_inline(RULEBOOK)
    Service(town.store).publish(third, actor="某局", reason="恢复", key="third")
    listed = town.get("/v1/rulebooks").json()["rulebooks"]
    assert [(book["version"], book["in_force"]) for book in listed] == [(1, False), (4, False), (6, True)]
    assert [book["id"] for book in listed] == [third.digest, another.digest, third.digest]
    assert town.post("/v1/checks", {**CHECK, "matter": "new", "version": 5}).status_code == 200
    assert told(town.post("/v1/checks", {**CHECK, "matter": "new"}))[:2] == (422, "matter.unknown")
