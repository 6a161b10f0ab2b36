"""Full re-evaluation beside one SQL statement that finds the same (subject, measure, department) triples.

Wanted: within 3 times the statement's time. The statement is given the law as a table made ready (where a measure can
bite, on which days, for whom) and conditions as SQL; it says no proof, no withholding, no cause. Both find the same.
For both the collector of cycles is held back; the engine draws no digests, as `xinheng reevaluate` without a folder.
It is written for the synthetic city: exemptions one by one, personal responsibility without days.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import apsw
import pytest

from benchmarks.cities import loaded, written
from engine.plan import plan_of
from engine.reevaluate import Span, outcomes, step_of, subjects_of
from engine.service import Service
from engine.timeline import runs
from graph_model.collector import seldom_collected
from graph_model.nodes import ANNULLING
from graph_model.stores import open_store
from memoranda.model import TermBy
from memoranda.reader import SHIPPED, read_rulebook
from memoranda.rulebook import Rulebook

Triples = set[tuple[str, str, str]]
NOW = "recorded_until = 9223372036854775807"
FIRST, LAST = "0001-01-01", "9999-12-31"
RESPONSIBLE = f"""(SELECT CASE WHEN count(DISTINCT responsible IS NOT 0) = 1 THEN max(responsible IS NOT 0) END
    FROM relation AS x WHERE x.holder = near.near AND x.designation = near.id AND x.{NOW})"""


@pytest.fixture(scope="module", params=[10_000, 100_000], ids="{:,} organisations".format)
def city(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("city")
    loaded(folder, written(folder, request.param), f"sqlite:///{folder / 'city.db'}")
    return folder / "city.db"


def by_engine(path: Path) -> Triples:
    with open_store(f"sqlite:///{path}") as store, seldom_collected():
        service = Service(store)
        span = Span(0, store.latest_version())
        gathered = subjects_of(span, store, service.book_at)
        return {
            (outcome.subject, item.measure, department)
            for outcome in outcomes(step_of(span, service.book_at), store, gathered, digests=False)
            for item in outcome.items
            for department in item.departments
        }


def by_statement(path: Path) -> Callable[[], Triples]:
    book = read_rulebook(SHIPPED)
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA temp_store = memory")
    connection.execute(
        "CREATE TEMP TABLE law (list, role, measure, held, department, first, last, effect, months, anchor)"
    )
    connection.executemany("INSERT INTO law VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", law_rows(book))
    connection.execute("CREATE INDEX temp.law_by ON law (list, role)")
    statement = statement_of(book)

    def find() -> Triples:
        with seldom_collected():
            return {(subject, measure, department) for subject, measure, department in connection.execute(statement)}

    return find


def law_rows(book: Rulebook) -> Iterator[tuple[Any, ...]]:
    for name in book.lists:
        for planned in plan_of(book).on_list(name):
            measure, target = planned.measure, planned.target
            term = (measure.term.months, measure.term.from_) if measure.term else (None, None)
            for reach in planned.reaches:
                for days, _ in runs(reach.settled):
                    between = (text(days.start, FIRST), text(days.end, LAST))
                    for department in reach.departments:
                        yield (name, target.role, measure.id, target.held, department, *between, measure.effect, *term)


def text(day: date | None, otherwise: str) -> str:
    return otherwise if day is None else day.isoformat()


def statement_of(book: Rulebook) -> str:
    conditions = " ".join(
        f"WHEN '{id_}' THEN {in_sql(measure.condition)}" for id_, measure in book.measures.items() if measure.condition
    )
    first = f"""max(near.first, law.first,
        CASE WHEN held = 'now' THEN coalesce(held_from, '{FIRST}') ELSE '{FIRST}' END,
        coalesce(CASE WHEN months IS NOT NULL THEN {anchor()} END, '{FIRST}'))"""
    last = f"""min(near.last, law.last,
        CASE WHEN held = 'now' THEN coalesce(held_until, '{LAST}') ELSE '{LAST}' END,
        coalesce(date({anchor()}, '+' || months || ' months', 'floor'), '{LAST}'))"""
    annulling = ", ".join(f"'{reason}'" for reason in ANNULLING)
    return f"""
    WITH listed AS (
        SELECT id, subject, list, status, moves, facts, severity, authority, document_no,
            decided_on, conduct_on, event_on,
            coalesce(effective_from, decided_on) AS effective_from,
            coalesce(until, {ends_of(book)}) AS until
        FROM designation WHERE {NOW} AND coalesce(effective_from, decided_on) IS NOT NULL
    ), move AS (
        SELECT listed.id, m.key AS number, m.value ->> 0 AS status, m.value ->> 1 AS day
        FROM listed, json_each(moves) AS m
        WHERE NOT EXISTS (SELECT 1 FROM json_each(moves) AS a WHERE a.value ->> 2 IN ({annulling}))
    ), step AS (
        SELECT id, -1 AS number, status, '{FIRST}' AS day FROM listed
        UNION ALL SELECT id, number, status, day FROM move
    ), run AS (
        SELECT id, status, day AS first,
            lead(day, 1, '{LAST}') OVER (PARTITION BY id ORDER BY day, number) AS last FROM step
        WHERE id IN (SELECT id FROM move) OR id IN (SELECT id FROM listed WHERE moves IS NULL)
    ), standing AS (
        SELECT l.*, max(run.first, l.effective_from) AS first, min(run.last, coalesce(l.until, '{LAST}')) AS last
        FROM listed AS l JOIN run USING (id) WHERE run.status = 'in_effect'
    ), d AS (SELECT * FROM standing WHERE first < last),
    near AS (
        SELECT d.*, subject AS near, 'self' AS role, NULL AS held_from, NULL AS held_until FROM d
        UNION ALL SELECT d.*, holder, type, held_from, held_until
        FROM d CROSS JOIN relation ON organisation = d.subject WHERE relation.{NOW}
        UNION ALL SELECT d.*, organisation, CASE type WHEN 'branch_of' THEN 'head_office' ELSE 'own_business' END,
            held_from, held_until
        FROM d CROSS JOIN relation ON holder = d.subject
        WHERE relation.{NOW} AND organisation IS NOT NULL AND type IN ('branch_of', 'operator')
        UNION ALL SELECT d.*, holder, type, held_from, held_until
        FROM d CROSS JOIN relation ON relation.designation = d.id WHERE relation.{NOW} AND responsible IS NOT 0
    )
    SELECT DISTINCT near.near, law.measure, law.department
    FROM near JOIN law ON law.list = near.list AND law.role = near.role
    JOIN registration AS r ON r.subject = near.near AND r.{NOW}
    WHERE {first} < {last}
    AND (near.role = 'self' OR held = 'now' OR {at_day()} IS NULL
        OR (coalesce(held_until, '{LAST}') > {at_day()} AND coalesce(held_from, '{FIRST}') <= {at_day()}))
    AND (CASE law.measure {conditions} ELSE 1 END) IS NOT 0
    AND NOT EXISTS (
        SELECT 1 FROM exemption AS e WHERE e.subject = near.near AND e.{NOW} AND e.matter IS NULL
        AND coalesce(e.start, '{FIRST}') <= {first} AND coalesce(e."end", '{LAST}') >= {last} AND law.effect != 'favour'
        AND NOT (e.ground = 'commitment_accepted' AND law.effect = 'bar')
        AND coalesce(e.list, near.list) = near.list AND coalesce(e.measure, law.measure) = law.measure)
    """


def ends_of(book: Rulebook) -> str:
    """A list's term, where a document states no end."""
    said = []
    start = "coalesce(effective_from, decided_on)"
    for id_, official in book.lists.items():
        term = official.term_months
        if isinstance(term, TermBy):
            cases = " ".join(f"WHEN '{value}' THEN {months or 'NULL'}" for value, months in term.months.items())
            unknown = f"WHEN {fact(term.by)} IS NULL THEN NULL"
            months = f"CASE {unknown} ELSE CASE {fact(term.by)} {cases} ELSE {term.otherwise or 'NULL'} END END"
            said.append(f"WHEN '{id_}' THEN date({start}, '+' || ({months}) || ' months', 'floor')")
        elif term is not None:
            said.append(f"WHEN '{id_}' THEN date({start}, '+{term} months', 'floor')")
    return f"CASE list {' '.join(said)} END"


def anchor() -> str:
    days = ("decided_on", "conduct_on", "event_on", "effective_from")
    cases = " ".join(f"WHEN '{day}' THEN near.{day}" for day in days)
    return f"CASE anchor {cases} END"


def at_day() -> str:
    return "CASE held WHEN 'at_conduct' THEN conduct_on WHEN 'at_event' THEN event_on ELSE decided_on END"


def fact(name: str) -> str:
    kind, cell = (f"facts ->> '$.{name}[{place}]'" for place in (0, 1))
    return f"CASE {kind} WHEN 'boolean' THEN {cell} = 'true' WHEN 'number' THEN CAST({cell} AS REAL) ELSE {cell} END"


def in_sql(condition: str) -> str:
    """A condition as SQL, whose NULL is our unknown."""
    said = re.sub(r'd?"([^"]*)"', r"'\1'", condition).replace("==", "=").replace("[", "(").replace("]", ")")
    said = said.replace("designation.", "near.").replace("subject.", "r.").replace("role.responsible", RESPONSIBLE)
    return "(" + re.sub(r"fact[.](\w+)", lambda found: f"({fact(found.group(1))})", said) + ")"


@pytest.mark.parametrize("way", ["one statement", "engine"])
def test_full(benchmark: Any, city: Path, way: str) -> None:
    benchmark.group = f"everything re-evaluated, {city.stat().st_size >> 20} MB"
    find = by_statement(city)
    assert find() == by_engine(city), "both find the same"
    benchmark.pedantic(find if way == "one statement" else lambda: by_engine(city), rounds=3, iterations=1)
