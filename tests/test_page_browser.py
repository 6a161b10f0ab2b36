"""The page at `/` in a real browser, its scripts off: every verdict one click away, and no number in an address."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from api.demo import EXAMPLES, load_demo
from engine.question import VERDICT_ZH
from engine.service import Service
from graph_model.identifiers import IdentityKeyer
from graph_model.nodes import Attributes, Facts, Registration, Relation
from graph_model.store import ChangeSet
from graph_model.stores import open_store
from tests.browser import Browser, browsing, chromium
from tests.http_city import KEY, RESIDENT, SETTINGS, City
from tests.http_server import running
from tests.not_tested import not_tested


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with open_store(SETTINGS.store) as store:
        load_demo(Service(store))
        person = IdentityKeyer(KEY).keyed_id("resident_id", RESIDENT)
        revoked = EXAMPLES[0].check.subject
        company = next(r.organisation for r in store.neighbourhood(revoked, 2).relations if r.organisation)  # type: ignore[union-attr]  # the demo has it
        facts = Facts(
            registrations=(Registration(person, Attributes(name="李小四", kind="person")),),
            relations=(Relation("legal_representative", person, company),),
        )
        store.commit(ChangeSet("test", "a person by number", "person", facts))
        settings = replace(SETTINGS, port=0)
        with running(City(store, settings).app, settings) as address:
            yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = chromium()
    if program is None:
        not_tested(
            "网页未在真实浏览器中测试 the page in a real browser", remedy="安装 Chromium: apt-get install chromium"
        )
    with browsing(program) as started:
        yield started


@pytest.mark.parametrize("example", EXAMPLES, ids=[example.verdict for example in EXAMPLES])
def test_each_verdict_is_one_click_away_in_words_and_colour(browser: Browser, site: str, example: object) -> None:
    assert example in EXAMPLES
    verdict = next(e.verdict for e in EXAMPLES if e is example)
    browser.open(site)
    browser.click(f"#example-{verdict}")
    assert browser.ask("document.querySelector('#answer').dataset.verdict") == verdict
    assert browser.text(".verdict .word") == VERDICT_ZH[verdict]
    assert browser.text(".verdict .says")
    colours = browser.ask("['.verdict', 'body'].map(s => getComputedStyle(document.querySelector(s)).backgroundColor)")
    assert colours[0] != colours[1], "the style sheet does not reach the verdict"
    picture = browser.screenshot()
    assert picture.startswith(b"\x89PNG")
    if folder := os.environ.get("SCREENSHOTS"):
        Path(folder, f"{verdict}.png").write_bytes(picture)


def test_a_restriction_shows_its_sentence_its_article_and_the_ways_out(browser: Browser, site: str) -> None:
    browser.open(site)
    browser.click("#example-bar")
    assert "《中华人民共和国公司法》第一百七十八条" in browser.text(".sentence")
    assert "陈**" in browser.text("main")
    assert "陈建国" not in browser.ask("document.documentElement.outerHTML")
    assert "自行终止" in browser.text(".remedies")
    assert "异议" in browser.text(".remedies")


def test_what_cannot_be_told_says_whom_to_ask_and_what(browser: Browser, site: str) -> None:
    browser.open(site)
    browser.click("#example-unresolved")
    assert "请向厦门市市场监督管理局核实" in browser.text("#answer")
    assert "缺少事实：“对此负有个人责任”" in browser.text("#answer")


def test_a_form_filled_by_hand_is_answered(browser: Browser, site: str) -> None:
    example = next(e for e in EXAMPLES if e.verdict == "weigh").check
    browser.open(site)
    browser.fill("#subject", example.subject)
    browser.fill("#matter", example.matter)
    browser.fill("#on", str(example.on))
    browser.click("button[type=submit]")
    assert browser.text(".verdict .word") == "审慎"
    assert "全部部门" in browser.text(".asked")
    assert browser.ask("document.querySelector('#matter').value") == example.matter


@pytest.mark.parametrize("id_type", ["resident_id", ""])
def test_a_person_by_number_is_answered_and_the_number_is_nowhere(browser: Browser, site: str, id_type: str) -> None:
    browser.open(site)
    browser.fill("#subject", RESIDENT)
    browser.fill("#id_type", id_type)
    browser.fill("#matter", "company-officer")
    browser.fill("#department", "xm-amr")
    browser.fill("#on", "2026-11-22")
    browser.click("button[type=submit]")
    assert browser.text(".verdict .word") == "待核"
    address = browser.ask("location.href")
    assert "subject=p-" in address
    assert RESIDENT not in address + browser.ask("document.documentElement.outerHTML")
    assert "李**" in browser.text(".asked")


def test_a_wrong_number_is_refused_in_words_and_not_shown(browser: Browser, site: str) -> None:
    wrong = RESIDENT[:-1] + "7"
    browser.open(site)
    browser.fill("#subject", wrong)
    browser.fill("#id_type", "resident_id")
    browser.fill("#matter", "company-officer")
    browser.click("button[type=submit]")
    assert browser.ask("document.querySelector('#problem').dataset.code") == "subject.malformed"
    assert wrong not in browser.ask("location.href + document.documentElement.outerHTML")
    assert browser.ask("document.querySelector('#matter').value") == "company-officer", "the rest of the form stays"


def test_nothing_on_the_page_comes_from_elsewhere(browser: Browser, site: str) -> None:
    browser.open(site)
    loaded = browser.ask("performance.getEntriesByType('resource').map(e => e.name)")
    assert [name for name in loaded if not name.startswith(site)] == []
    assert browser.ask("document.scripts.length") == 0
    assert browser.ask("getComputedStyle(document.querySelector('header')).backgroundColor") == "rgb(31, 78, 140)"
