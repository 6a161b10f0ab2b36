"""Questions over HTTP: the contract's shape and order, today's day, versions, batches, and the first fault first."""

import asyncio
from collections.abc import Iterator
from threading import Event, Thread
from typing import Any

import httpx
import pytest

from graph_model.nodes import Attributes, Facts, Registration
from graph_model.store import ChangeSet
from tests.http_city import BARRED, CLEAR, RESIDENT, SUBJECT_OF, TODAY, UNKNOWN, UNSETTLED, WEIGHED, City, city

PERSON = {"id_type": "resident_id", "id_number": RESIDENT}


@pytest.fixture(scope="module")
def town() -> Iterator[City]:
    """One filled city for all tests of this module; none of them writes to it."""
    with city() as opened:
        yield opened


def decision(town: City, **check: Any) -> dict[str, Any]:
    answer = town.post("/v1/checks", {"subject": BARRED, "matter": "licence", **check})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["decision"]
    return found


def problem(town: City, path: str = "/v1/checks", **check: Any) -> tuple[int, str, str | None]:
    answer = town.post(path, {"subject": BARRED, "matter": "licence", **check})
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == answer.status_code
    return answer.status_code, told["code"], told["detail_code"]


def test_a_decision_has_the_contracts_members_in_the_contracts_order(town: City) -> None:
    answer = town.post("/v1/checks", {"subject": BARRED, "matter": "licence"}).json()
    assert list(answer) == ["check_id", "decision"]
    assert list(answer["decision"]) == [
        "version", "rulebook", "on", "subject", "matter", "department", "concerning", "verdict", "verdict_zh",
        "could_be", "duties", "withheld", "unresolved", "left_out", "lifting_set", "verdict_if_lifted", "narrower",
    ]  # fmt: skip
    duty = answer["decision"]["duties"][0]
    named = ["measure", "effect", "department", "role", "from", "until", "disputed", "sentence_zh", "proof", "remedies"]
    assert [name for name in duty if name in named] == named
    assert list(answer["decision"]["duties"][0]["proof"])[-6:] == [
        "designation", "path", "memorandum", "basis", "condition", "bounds",
    ] or set(duty["proof"]) >= {"designation", "path", "memorandum", "basis", "condition", "bounds"}  # fmt: skip


@pytest.mark.parametrize("verdict", SUBJECT_OF)
def test_every_verdict_comes_out_with_its_chinese_word(town: City, verdict: str) -> None:
    words = {"bar": "禁止", "limit": "限制", "weigh": "审慎", "unresolved": "待核", "watch": "关注", "favour": "激励"}
    found = decision(town, subject=SUBJECT_OF[verdict])
    assert found["verdict"] == verdict
    assert found["verdict_zh"] == {**words, "clear": "无", "unknown": "查无此主体"}[verdict]


def test_a_check_without_a_day_is_of_today_in_shanghai(town: City) -> None:
    assert decision(town)["on"] == decision(town, on=None)["on"] == TODAY.isoformat()


def test_the_day_asked_is_the_day_answered(town: City) -> None:
    assert decision(town, on="2026-01-09")["verdict"] == "clear"
    assert decision(town, on="2026-01-10")["verdict"] == "bar"


def test_the_same_question_gets_the_same_bytes_under_another_check_id(town: City) -> None:
    body = {"subject": BARRED, "matter": "licence"}
    first, second = (town.post("/v1/checks", body) for _ in range(2))
    assert first.json()["check_id"] != second.json()["check_id"]
    assert first.text.partition('"decision":')[2] == second.text.partition('"decision":')[2]


def test_a_person_by_number_is_the_person_by_keyed_id(town: City) -> None:
    by_number = decision(town, subject=PERSON)
    assert by_number["subject"].startswith("p-")
    assert by_number["verdict"] == "bar"
    assert decision(town, subject=by_number["subject"]) == by_number


@pytest.mark.parametrize(
    ("check", "code"),
    [
        ({"subject": ""}, "subject.malformed"),
        ({"subject": "a b"}, "subject.malformed"),
        ({"subject": BARRED[:-1] + ("1" if BARRED[-1] != "1" else "2")}, "subject.malformed"),
        ({"subject": {"id_type": "resident_id", "id_number": "110105194912310021"}}, "subject.malformed"),
        ({"matter": "flying"}, "matter.unknown"),
        ({"department": "nobody"}, "department.unknown"),
        ({"on": "22.11.2026"}, "day.malformed"),
        ({"on": "2026-02-30"}, "day.malformed"),
        ({"on": ""}, "day.malformed"),
        ({"on": 20261122}, "day.malformed"),
        ({"version": 99}, "version.unknown"),
        ({"version": -1}, "version.unknown"),
        ({"version": 0}, "version.unknown"),
        ({"rulebook": "sha256:none"}, "version.unknown"),
        ({"subject": "", "matter": "flying", "department": "nobody", "on": "never"}, "subject.malformed"),
        ({"matter": "flying", "department": "nobody", "on": "never"}, "matter.unknown"),
        ({"department": "nobody", "on": "never"}, "department.unknown"),
        ({"subject": UNKNOWN, "matter": "flying"}, "matter.unknown"),
        ({"subject": None}, "request.malformed"),
        ({"subject": 7}, "request.malformed"),
        ({"subject": {"id_type": "library_card", "id_number": "1"}}, "request.malformed"),
        ({"matter": None}, "request.malformed"),
        ({"version": "1"}, "request.malformed"),
        ({"version": True}, "request.malformed"),
        ({"version": 10**30}, "request.malformed"),
        ({"departement": "bureau"}, "request.malformed"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_the_first_fault(town: City, check: dict[str, Any], code: str) -> None:
    assert problem(town, **check)[:2] == (422, code)


def test_a_misspelt_member_is_named(town: City) -> None:
    told = town.post("/v1/checks", {"subject": BARRED, "matter": "licence", "departement": "bureau"}).json()
    assert told["errors"][0]["where"] == "/departement"


def test_a_department_narrows_and_a_broad_matter_names_the_narrower(town: City) -> None:
    assert decision(town, department="ministry")["verdict"] == "clear"
    assert decision(town, matter="business")["narrower"] == ["licence"]


def test_a_past_version_answers_as_it_was_known_then(town: City) -> None:
    assert decision(town, version=1)["verdict"] == "unknown"
    assert decision(town, version=2)["verdict"] == "bar"


def test_a_version_that_does_not_come_in_time_is_refused_and_may_be_asked_for_again(town: City) -> None:
    answer = town.post("/v1/checks", {"subject": BARRED, "matter": "licence", "min_version": 3})
    assert (answer.status_code, answer.json()["code"]) == (409, "version.not-yet")
    assert answer.headers["retry-after"] == "1"


def test_a_check_waits_for_the_version_it_demands() -> None:
    with city(wait_limit_s=30.0) as town:

        async def asking() -> httpx.Response:
            transport = httpx.ASGITransport(app=town.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                body = {"subject": BARRED, "matter": "licence", "min_version": 3}
                waiting = asyncio.create_task(client.post("/v1/checks", json=body))
                await asyncio.sleep(0.1)
                assert not waiting.done()
                another = Facts((Registration("NEW", Attributes(name="新", kind="enterprise")),))
                town.store.commit(ChangeSet("test", "later", "later", another))
                return await waiting

        assert asyncio.run(asking()).json()["decision"]["version"] == 3


def test_a_batch_answers_in_order_what_the_checks_answer_one_by_one(town: City) -> None:
    checks: list[dict[str, Any]] = [{"subject": code, "matter": "licence"} for code in SUBJECT_OF.values()]
    checks += [{"subject": PERSON, "matter": "licence"}, {"subject": CLEAR, "matter": "licence", "on": "never"}]
    answer = town.post("/v1/checks:batch", {"checks": checks}).json()
    assert (answer["overall"], answer["overall_zh"], answer["incomplete"]) == ("bar", "禁止", True)
    singles = [town.post("/v1/checks", check).json() for check in checks]
    assert [item.get("decision", item) for item in answer["decisions"]] == [
        single.get("decision", single) for single in singles
    ]


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        ({"subject": CLEAR, "matter": "flying"}, "matter.unknown"),
        ({"subject": CLEAR}, "request.malformed"),
        ({"subject": {"id_type": "resident_id", "id_number": "1"}, "matter": "licence"}, "subject.malformed"),
        ("a text", "request.malformed"),
        (None, "request.malformed"),
    ],
)
def test_a_broken_member_of_a_batch_spoils_its_own_answer_only(town: City, broken: Any, code: str) -> None:
    good = {"subject": CLEAR, "matter": "licence"}
    answer = town.post("/v1/checks:batch", {"checks": [good, broken, good]})
    assert answer.status_code == 200
    told = answer.json()
    assert [item.get("decision", {}).get("verdict") for item in told["decisions"]] == ["clear", None, "clear"]
    assert told["decisions"][1]["code"] == code
    assert (told["overall"], told["incomplete"]) == ("unresolved", True)


def test_an_unresolved_member_never_hides_behind_a_clear_one(town: City) -> None:
    checks = [{"subject": code, "matter": "licence"} for code in (CLEAR, UNSETTLED)]
    told = town.post("/v1/checks:batch", {"checks": checks}).json()
    assert (told["overall"], told["incomplete"]) == ("unresolved", False)


@pytest.mark.parametrize("body", [{}, {"checks": []}, {"checks": {}}, [], {"checks": None}, {"checks": [], "on": "x"}])
def test_a_batch_that_is_none_is_refused(town: City, body: Any) -> None:
    answer = town.post("/v1/checks:batch", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "request.malformed")


def test_a_thousand_checks_are_a_batch_and_one_more_is_too_many(town: City) -> None:
    item = {"subject": WEIGHED, "matter": "licence"}
    full = town.post("/v1/checks:batch", {"checks": [item] * 1000})
    assert (full.status_code, len(full.json()["decisions"]), full.json()["overall"]) == (200, 1000, "weigh")
    more = town.post("/v1/checks:batch", {"checks": [item] * 1001})
    assert (more.status_code, more.json()["code"]) == (413, "batch.too-large")


def test_why_not_names_the_gates_that_fail_or_are_unknown(town: City) -> None:
    def failing(**question: Any) -> list[str]:
        answer = town.post("/v1/checks:why-not", {"measure": "m-bar", **question})
        assert answer.status_code == 200, answer.text
        found: list[str] = answer.json()["failing"]
        return found

    assert failing(subject=BARRED) == []
    assert failing(subject=WEIGHED) == ["condition_true"]
    assert failing(subject=UNSETTLED) == ["condition_true?"]
    assert failing(subject=UNKNOWN) == failing(subject=CLEAR) == ["no_candidate"]
    assert failing(subject=PERSON, on="2026-01-01") == ["in_effect"]


def test_why_not_refuses_what_it_does_not_know(town: City) -> None:
    assert problem(town, "/v1/checks:why-not", measure="none", matter=None)[:2] == (422, "measure.unknown")
    assert problem(town, "/v1/checks:why-not", matter="licence")[:2] == (422, "request.malformed")


def test_a_batch_is_judged_at_one_version_while_others_write() -> None:
    with city() as town:
        done = Event()

        def writing() -> None:
            number = 0
            while not done.is_set():
                number += 1
                one = Facts((Registration(f"N{number}", Attributes(name="新", kind="enterprise")),))
                town.store.commit(ChangeSet("test", "many", f"n{number}", one))

        writer = Thread(target=writing)
        writer.start()
        try:
            item = {"subject": BARRED, "matter": "licence"}
            answer = town.post("/v1/checks:batch", {"checks": [item] * 400}).json()
        finally:
            done.set()
            writer.join()
        versions = {told["decision"]["version"] for told in answer["decisions"]}
        assert len(versions) == 1
        assert town.store.latest_version() > max(versions), "somebody should have written meanwhile"
