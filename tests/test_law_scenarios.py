"""The scenarios of the shipped law: enough, each with its article, and every measure that can bite told both ways."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from api.scenario_files import Scenario, read_scenarios
from api.scenario_stores import stores_like
from api.scenarios import Runner
from engine.plan import plan_of
from engine.question import Decision
from memoranda.reader import SHIPPED, read_rulebook
from memoranda.rulebook import Rulebook

LAW = Path(__file__).parent / "scenarios" / "law"
FILES = sorted(LAW.glob("*.yaml"))
LEAST_SCENARIOS = 150
MOST_LINES = 400

CITATION = re.compile(
    r"第[〇零一二三四五六七八九十百千\d、至]+条"  # 第一百三十五条, 第135条, 第122至126条
    r"|(?:法|法典|条例|规定|解释|细则|办法)\s?\d+"  # the short form of the older files: 公司法178, 条例48
    r"|〔\d{4}〕\d+号"  # a document that has no articles: 财库〔2022〕3号
)
DOCUMENT_END = re.compile(r"^---\s*$", re.MULTILINE)


@cache
def shipped() -> Rulebook:
    """Read the shipped law once for all tests of this file."""
    return read_rulebook(SHIPPED)


@cache
def scenarios() -> tuple[Scenario, ...]:
    """Read every scenario of the law once: YAML is slow to read."""
    return tuple(scenario for file in FILES for scenario in read_scenarios(file))


def that_can_bite(book: Rulebook) -> frozenset[str]:
    """Give the measures that some article carries for some role on some day: the engine's own plan says so."""
    plan = plan_of(book)
    return frozenset(planned.measure.id for list_id in book.lists for planned in plan.on_list(list_id))


@dataclass(frozen=True, slots=True)
class Asked:
    """One check, with the lists on which somebody stands in its scenario."""

    check: Mapping[str, Any]
    lists: frozenset[str]

    @property
    def expected(self) -> Mapping[str, Any]:
        expected = self.check.get("expect")
        return expected if isinstance(expected, Mapping) else {}

    def expects(self, key: str) -> Sequence[str]:
        said = self.expected.get(key, ())
        return said if isinstance(said, list) else ()


def told(found: Sequence[Scenario]) -> Iterator[Asked]:
    for scenario in found:
        lists = frozenset(row["list"] for row in scenario.facts.get("designations", ()))
        for check in scenario.checks:
            yield Asked(check, lists)


def speaks_for(asked: Asked, measure: str) -> bool:
    """Whether the check says that the measure is a duty."""
    return measure in asked.expects("duties")


def speaks_against(asked: Asked, measure: str, book: Rulebook) -> bool:
    """Whether the check says that the measure, although near, is no duty.

    Near: somebody stands on one of its lists, the matter is one of its own or a narrower one, and the department, where
    one is asked, is bound. A scenario without that designation would say nothing about the law.
    """
    if asked.check.get("measure") == measure:
        return bool(asked.check.get("why_not"))
    if any(measure in asked.expects(key) for key in ("unresolved", "withheld", "left_out")):
        return True
    if measure in asked.expects("duties") or not _all_duties_told(asked):
        return False
    department = asked.check.get("department")
    return (
        not asked.lists.isdisjoint(book.lists_of(measure))
        and _asks_of(asked, measure, book)
        and (department is None or department in book.bound_departments(measure))
    )


def _all_duties_told(asked: Asked) -> bool:
    return "duties" in asked.expected or asked.expected.get("verdict") == "clear"


def _asks_of(asked: Asked, measure: str, book: Rulebook) -> bool:
    matters = book.measures[measure].matters
    matter = str(asked.check.get("matter"))
    return matter in book.matters and (matters == "any" or not set(book.ancestors(matter)).isdisjoint(matters))


def test_every_measure_that_can_bite_is_told_as_a_duty() -> None:
    asked = tuple(told(scenarios()))
    untold = [m for m in sorted(that_can_bite(shipped())) if not any(speaks_for(one, m) for one in asked)]
    assert untold == [], "write a scenario in which each of these is expected under `duties`"


def test_every_measure_that_can_bite_is_told_as_no_duty() -> None:
    book = shipped()
    asked = tuple(told(scenarios()))
    untold = [m for m in sorted(that_can_bite(book)) if not any(speaks_against(one, m, book) for one in asked)]
    assert untold == [], "write a check a day before or after, of another role, of a missing fact, of another region"


def test_every_role_that_an_article_carries_is_told_as_a_duty() -> None:
    book = shipped()
    plan = plan_of(book)
    carried = {(one.measure.id, one.target.role) for list_id in book.lists for one in plan.on_list(list_id)}
    assert sorted(carried - roles_told()) == [], "write a check of a subject that the measure reaches in this role"


def roles_told() -> set[tuple[str, str]]:
    """Give the roles in which measures are duties in the decisions of the scenarios, as the engine answers them."""
    with stores_like(None) as new_store:
        runner = Runner(new_store)
        answers = (outcome.answer for scenario in scenarios() for outcome in runner.run(scenario))
        return {(duty.measure, duty.role) for one in answers if isinstance(one, Decision) for duty in one.duties}


def test_no_scenario_expects_a_measure_that_the_law_does_not_hold() -> None:
    named = {
        measure
        for one in told(scenarios())
        for key in ("duties", "unresolved", "withheld")
        for measure in one.expects(key)
    }
    assert sorted(named - that_can_bite(shipped())) == []


def test_there_are_enough_scenarios_that_cite_an_article() -> None:
    assert sum(1 for text in texts() if CITATION.search(text)) >= LEAST_SCENARIOS


def texts() -> Iterator[str]:
    """Give each scenario's title and comments, without its facts: a decision's number is no citation of law."""
    for file in FILES:
        for document in DOCUMENT_END.split(file.read_text(encoding="utf-8")):
            lines = document.splitlines()
            yield "\n".join(line for line in lines if line.startswith("scenario:") or line.lstrip().startswith("#"))


def test_every_scenario_asks_the_shipped_law_and_expects_something() -> None:
    assert {scenario.rulebook for scenario in scenarios()} == {"published"}
    silent = [scenario.name for scenario in scenarios() if not scenario.checks]
    assert silent == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_file_stays_short_enough_to_be_read_and_says_its_field(file: Path) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= MOST_LINES
    assert lines[0].startswith("# "), "the first line says which field of law the file is about"


@pytest.mark.parametrize(
    "text", ["公司法第一百七十八条", "食品安全法第135条", "化妆品条例第59至65条", "条例48", "财库〔2022〕3号"]
)
def test_a_citation_is_recognised(text: str) -> None:
    assert CITATION.search(text)


@pytest.mark.parametrize("text", ["列入机关不是有权机关的，不当作限制（G2）", "2025年3月1日", "第1项事由", "五年之后"])
def test_a_rule_number_or_a_day_is_no_citation(text: str) -> None:
    assert not CITATION.search(text)


MEASURE = "posts/debtor-company-officer"
NEAR = frozenset({"djd"})


@pytest.mark.parametrize(
    ("check", "lists", "against"),
    [
        ({"measure": MEASURE, "why_not": ["condition_true"]}, NEAR, True),
        ({"measure": MEASURE, "why_not": []}, NEAR, False),
        ({"matter": "company-officer", "expect": {"unresolved": [MEASURE]}}, NEAR, True),
        ({"matter": "soe-officer", "department": "xm-amr", "expect": {"verdict": "clear"}}, NEAR, True),
        ({"matter": "company-officer", "expect": {"duties": []}}, frozenset({"samr-serious"}), False),
        ({"matter": "company-officer", "department": "xm-finance", "expect": {"duties": []}}, NEAR, False),
        ({"matter": "food-licence", "expect": {"duties": []}}, NEAR, False),
        ({"matter": "company-officer", "expect": {"verdict": "bar"}}, NEAR, False),
        ({"matter": "company-officer", "expect": {"duties": [MEASURE]}}, NEAR, False),
    ],
)
def test_only_a_near_miss_speaks_against_a_measure(
    check: Mapping[str, Any], lists: frozenset[str], against: bool
) -> None:
    assert speaks_against(Asked(check, lists), MEASURE, shipped()) is against
