"""Every question of docs/cypher.md, asked of a real Neo4j, has the rows that Python finds, and the page shows them."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from graph_model.nodes import SubjectId
from graph_model.store import ARCHIVE_TABLES, Archive
from graph_model.stores import open_store
from memoranda.graph import graph_of_content
from tests.cypher_answers import ANSWERS
from tests.cypher_answers_facts import decided
from tests.cypher_check import CHECK, WHOLE, whole_check
from tests.cypher_city import City, fill
from tests.cypher_page import PAGE, Question, Row, questions, table

if TYPE_CHECKING:
    from tests.neo4j_place import Place

QUESTIONS = questions()
SCHEMA_PAGE = PAGE.with_name("graph-schema.md")
Asked: TypeAlias = tuple[str, str, str]
CHECKS: Sequence[Asked] = (
    ("gov-procurement-supplier", "xm-finance", "2026-11-22"),
    ("gov-procurement-supplier", "xm-finance", "2024-03-01"),
    ("tender-bidder", "xm-drc", "2026-11-22"),
    ("company-officer", "xm-amr", "2026-11-22"),
    ("inspection-frequency", "xm-amr", "2026-11-22"),
    ("consumption-high-speed-air", "xm-court", "2024-03-01"),
    ("green-channel", "jm-gov-approval", "2026-11-22"),
    ("gov-investment-approval", "ndrc", "2026-11-22"),
    ("exit-border", "xm-police", "2026-11-22"),
)
"""Matter, department and day."""


@pytest.fixture(scope="module")
def city() -> Iterator[City]:
    """The city in the embedded store."""
    with open_store("sqlite:///:memory:") as store:
        yield City.of(store, fill(store))


@pytest.fixture(scope="module")
def graph(neo4j_place: "Place", city: City) -> "Iterator[Place]":
    """The same city in Neo4j, where it is in an eighth of the time that it takes to be written change by change."""
    with neo4j_place.opened() as store:
        store.restore(Archive({name: city.store.archive(name) for name in ARCHIVE_TABLES}, graph_of_content))
        yield neo4j_place


def test_the_page_has_at_least_twenty_questions_in_two_languages_and_an_answer_to_each() -> None:
    assert [question.number for question in QUESTIONS] == list(range(1, len(QUESTIONS) + 1))
    assert len(QUESTIONS) >= 20
    assert ANSWERS.keys() == {question.number for question in QUESTIONS}
    assert PAGE.read_text(encoding="utf-8").count("```cypher") == len(QUESTIONS)
    assert [q.title for q in QUESTIONS if not re.match(r".*[\u4e00-\u9fff].* [A-Z]", q.title)] == []


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: f"{question.number}")
def test_what_neo4j_answers_is_what_python_finds(question: Question, graph: "Place", city: City) -> None:
    found = graph.read(question.cypher, **question.parameters)
    assert first_difference(found, ANSWERS[question.number](city, question.parameters)) is None


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: f"{question.number}")
def test_the_page_shows_the_first_rows(question: Question, city: City) -> None:
    shown = table(ANSWERS[question.number](city, question.parameters))
    assert question.rows.strip() == shown.strip(), "run: python -m tests.cypher_page"


def test_the_schema_page_names_every_property_that_is_in_the_graph(graph: "Place") -> None:
    nodes = graph.read("MATCH (n) UNWIND labels(n) AS name UNWIND keys(n) AS key RETURN DISTINCT name, key")
    ties = graph.read("MATCH ()-[r]->() UNWIND keys(r) AS key RETURN DISTINCT type(r) AS name, key")
    said: dict[str, set[str]] = defaultdict(set)
    for named, told in re.findall(
        r"^\| (`[^|]*)\|(.*)\|$", SCHEMA_PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE
    ):
        for name in re.findall(r"`(\w+)`", named):
            said[name] |= set(re.findall(r"`(\w+)`", told))
    said["DIRECTLY_RESPONSIBLE_FOR"] |= said["SHAREHOLDER_OF"]  # "and as above"
    found = {(row["name"], "fact_NAME" if row["key"].startswith("fact_") else row["key"]) for row in [*nodes, *ties]}
    assert len(found) > 150
    assert sorted((name, key) for name, key in found if key not in said[name]) == []


def test_the_queries_only_read_and_need_no_plugin() -> None:
    writing = re.compile(r"\b(CREATE|MERGE|SET|DELETE|REMOVE|LOAD CSV|apoc)\b")
    texts = [*(question.cypher for question in QUESTIONS), WHOLE.read_text(encoding="utf-8")]
    assert [text for text in texts if writing.search(text)] == []


def first_difference(found: Sequence[Row], expected: Sequence[Row]) -> tuple[Row | None, Row | None] | None:
    """The first rows that differ, in a value or in the order of columns; `None`: none do."""
    pairs = zip_longest(found, expected)
    return next((pair for pair in pairs if None in pair or list(pair[0].items()) != list(pair[1].items())), None)


def thousand(city: City) -> list[SubjectId]:
    """1,000 subjects: first those that are designated or tied to one that is, then others."""
    designated = {d.subject for d in city.designations.values()}
    tied = {
        end for r in city.relations if {r.holder, r.organisation} & designated for end in (r.holder, r.organisation)
    }
    tied |= {r.holder for r in city.relations if r.designation is not None}
    near = sorted((designated | tied) - {None}, key=str)
    return [str(id_) for id_ in [*near, *sorted(city.subjects.keys() - set(near))]][:1_000]


@pytest.fixture(scope="module")
def decisions(city: City) -> Mapping[Asked, Sequence[Row]]:
    """What the engine decides of the thousand, for each of `CHECKS`."""
    asked = thousand(city)
    assert len(set(asked)) == 1_000
    return {check: decided(city, asked, *check) for check in CHECKS}


def test_the_checks_have_answers_of_every_kind(decisions: Mapping[Asked, Sequence[Row]]) -> None:
    rows = [row for found in decisions.values() for row in found]
    states = Counter(row["state"] for row in rows)
    assert states["duty"] > 200
    assert states["unresolved"] > 30
    assert states["withheld"] > 0
    assert {row["effect"] for row in rows} >= {"bar", "weigh", "watch", "favour"}
    assert {row["role"] for row in rows} >= {"self", "legal_representative", "head_office", "branch_of"}


@pytest.mark.parametrize("check", CHECKS, ids="-".join)
def test_the_check_in_cypher_is_that_of_the_engine_for_measures_without_a_condition(
    graph: "Place", city: City, decisions: Mapping[Asked, Sequence[Row]], check: Asked
) -> None:
    (question,) = [q for q in QUESTIONS if q.number == CHECK]
    expected = [row for row in decisions[check] if city.book.measures[row["measure"]].condition is None]
    assert first_difference(graph.read(question.cypher, **given_of(city, check)), expected) is None


@pytest.mark.parametrize("check", CHECKS, ids="-".join)
def test_the_whole_check_in_cypher_is_that_of_the_engine(
    graph: "Place", city: City, decisions: Mapping[Asked, Sequence[Row]], check: Asked
) -> None:
    found = graph.read(WHOLE.read_text(encoding="utf-8"), **given_of(city, check))
    assert first_difference(found, decisions[check]) is None


def given_of(city: City, check: Asked) -> Mapping[str, Any]:
    matter, department, day = check
    return {"subjects": thousand(city), "matter": matter, "department": department, "day": day}


def test_the_whole_check_has_the_conditions_of_the_rulebook_as_it_is(city: City) -> None:
    assert WHOLE.read_text(encoding="utf-8") == whole_check(city.book), "run: python -m tests.cypher_check"
    # The one list that says which entries the law forbids is spelled out in the query itself (G2).
    assert {id_: official.defective_if for id_, official in city.book.lists.items() if official.defective_if} == {
        "djd": 'fact.subject_is_minor or fact.ground == "1" and (fact.secured or fact.property_seized)'
    }
