"""The page at `/` as text: what is put into it stays text, and it says in Chinese what is wrong."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from html import unescape
from urllib.parse import quote

import httpx
import pytest

from api.routes.page_view import decision_view
from engine.question import Check
from engine.service import Service
from graph_model.nodes import Attributes, Designation, Facts, Registration
from graph_model.store import ChangeSet
from tests.http_city import BARRED, CLEAR, RESIDENT, SUBJECT_OF, UNKNOWN, City, city

NASTY = "<script>alert('x')</script>\"'>"
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def town() -> Iterator[City]:
    with city() as opened:
        facts = Facts(
            registrations=(Registration("NASTY", Attributes(name=NASTY, kind="enterprise")),),
            designations=(
                Designation(NASTY, "NASTY", "grey", "ministry", document_no=NASTY, decided_on=date(2026, 1, 1)),
            ),
        )
        opened.store.commit(ChangeSet("test", "a name like a tag", "nasty", facts))
        yield opened


def post(town: City, form: str) -> httpx.Response:
    return town.send("POST", "/", content=form.encode(), headers=FORM)


@pytest.mark.parametrize("verdict", SUBJECT_OF)
def test_the_page_says_each_verdict_in_words(town: City, verdict: str) -> None:
    answer = town.get(f"/?subject={SUBJECT_OF[verdict]}&matter=licence&on=2026-11-22")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert f'data-verdict="{verdict}"' in answer.text


def test_names_and_documents_stay_text(town: City) -> None:
    page = town.get("/?subject=NASTY&matter=licence").text
    assert NASTY not in page
    assert NASTY in unescape(page)
    assert "<script" not in page


@pytest.mark.parametrize("field", ["subject", "matter", "department", "on", "concerning"])
def test_what_is_in_the_address_stays_text(town: City, field: str) -> None:
    asked = {"subject": BARRED, "matter": "licence", field: NASTY}
    page = town.get("/?" + "&".join(f"{name}={quote(value)}" for name, value in asked.items())).text
    assert "<script" not in page


@pytest.mark.parametrize("field", ["subject", "matter", "department", "on", "concerning"])
def test_a_number_in_the_address_is_not_shown(town: City, field: str) -> None:
    asked = {"subject": BARRED, "matter": "licence", field: RESIDENT}
    page = town.get("/?" + "&".join(f"{name}={value}" for name, value in asked.items())).text
    assert RESIDENT not in page


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("subject=a%20b&matter=licence", 422, "主体标识不合规则"),
        (f"subject={CLEAR}&matter=flying", 422, "没有这个事项"),
        (f"subject={CLEAR}", 422, "请求不合规则"),
        (f"subject={CLEAR}&matter=licence&department=nobody", 422, "没有这个部门"),
        (f"subject={CLEAR}&matter=licence&on=never", 422, "日期不合规则"),
    ],
)
def test_what_cannot_be_asked_is_told_in_chinese(town: City, query: str, status: int, words: str) -> None:
    answer = town.get(f"/?{query}")
    assert answer.status_code == status
    assert words in answer.text
    assert 'id="answer"' not in answer.text


def test_a_form_leads_to_an_address_that_can_be_kept(town: City) -> None:
    answer = post(town, f"subject={BARRED}&matter=licence&department=bureau&on=2026-11-22&concerning=")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/?subject={BARRED}&matter=licence&department=bureau&on=2026-11-22#answer"


def test_a_number_in_the_form_becomes_the_keyed_id_of_the_same_person(town: City) -> None:
    chosen = post(town, f"subject={RESIDENT}&id_type=resident_id&matter=licence").headers["location"]
    guessed = post(town, f"subject={RESIDENT}&id_type=&matter=licence").headers["location"]
    assert chosen == guessed
    assert 'data-verdict="bar"' in town.get(chosen.partition("#")[0]).text
    assert RESIDENT not in chosen


@pytest.mark.parametrize(
    "form",
    [
        "",
        "matter=licence",
        "subject=E12345678&matter=licence",
        "subject=110105194912310021&matter=licence",
        "subject=1&id_type=library_card&matter=licence",
        "subject=%FF%FE&matter=licence",
        "&".join(f"f{n}=1" for n in range(100)),
    ],
)
def test_a_form_that_cannot_be_asked_is_answered_by_the_page_itself(town: City, form: str) -> None:
    answer = post(town, form)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "E12345678" not in answer.text


def test_a_broad_matter_names_the_narrower_and_a_past_day_is_clear(town: City) -> None:
    assert "下级事项另有措施" in town.get(f"/?subject={BARRED}&matter=business").text
    assert 'data-verdict="clear"' in town.get(f"/?subject={BARRED}&matter=licence&on=2026-01-09").text


def test_an_unregistered_subject_is_not_called_clear(town: City) -> None:
    page = town.get(f"/?subject={UNKNOWN}&matter=licence").text
    assert "查无此主体" in page
    assert "这不等于没有记录" in page


def test_departments_that_share_a_measure_share_its_card(town: City) -> None:
    every = town.get(f"/?subject={BARRED}&matter=licence").text
    one = town.get(f"/?subject={BARRED}&matter=licence&department=bureau").text
    assert every.count('<article class="card duty') == one.count('<article class="card duty') == 1
    decided = town.post("/v1/checks", {"subject": BARRED, "matter": "licence"}).json()["decision"]
    assert len(decided["duties"]) == 2, "the city should have two departments with this duty"
    assert "等 2 个部门" in every
    assert "等 2 个部门" not in one


def test_departments_with_other_days_get_cards_of_their_own(town: City) -> None:
    service = Service(town.store)
    decision = service.check(Check(BARRED, "licence", date(2026, 11, 22)))
    book = service.rulebook(decision.rulebook)
    assert len(decision_view(decision, book, BARRED, None)["duties"]) == 1
    first, second = decision.duties
    apart = replace(decision, duties=(first, replace(second, until=date(2030, 1, 1))))
    assert len(decision_view(apart, book, BARRED, None)["duties"]) == 2
