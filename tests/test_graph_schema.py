"""docs/graph-schema.md and its drawing say what the code writes: keys, columns, constraints, labels and types."""

import re
from pathlib import Path

from graph_model.stores import rows
from graph_model.stores.neo4j_rows import RELATIONSHIPS
from graph_model.stores.neo4j_schema import LABELS, MIGRATIONS
from memoranda.graph import graph_of
from memoranda.reader import SHIPPED, read_rulebook
from tests.graph_drawing import DRAWING, TIES, drawing
from tests.graph_drawing import LABELS as DRAWN

PAGE = (Path(__file__).parent.parent / "docs" / "graph-schema.md").read_text(encoding="utf-8")
TYPES = {*RELATIONSHIPS.values(), "DESIGNATES", "ON_LIST", "EXEMPTS", "CONTESTS", "CONTAINS"}


def cells(place: int) -> list[str]:
    """The cells of one column of the page's tables, without their heads."""
    lines = re.findall(r"^\| (`.*)\|$", PAGE, flags=re.MULTILINE)
    return [re.split(r"(?<!\\)\|", line)[place] for line in lines]


def test_the_drawing_is_that_of_the_table() -> None:
    assert DRAWING.read_text(encoding="utf-8") == drawing(), "run: python -m tests.graph_drawing"


def test_drawing_and_page_have_every_label_and_every_type() -> None:
    graph = graph_of(read_rulebook(SHIPPED))
    types = TYPES | {edge.type for edge in graph.edges}
    drawn = {label.name for label in DRAWN} | {name for label in DRAWN for name, _ in label.also}
    assert drawn == {*LABELS, "Organisation", "Person"}
    assert {tie.name for tie in TIES} == types
    named = set(re.findall(r"`(\w+)`", " ".join(cells(0))))
    assert named == drawn | types
    assert [name for name in drawn | types if name not in DRAWING.read_text(encoding="utf-8")] == []


def test_the_drawn_ends_of_rulebook_relationships_are_the_real_ones() -> None:
    edges = {(edge.type, edge.start[0], edge.end[0]) for edge in graph_of(read_rulebook(SHIPPED)).edges}
    drawn = {(tie.name, tie.start, tie.end) for tie in TIES}
    assert edges <= drawn
    rulebook = {label.name for label in DRAWN if label.group == "rulebook"}
    inside = {(name, start, end) for name, start, end in drawn if {start, end} <= rulebook}
    assert inside == edges | {("CONTAINS", "Rulebook", "Memorandum")}


def test_the_page_names_each_constraint_and_index_with_its_step() -> None:
    made = [
        (f"{step}", *found)
        for step, statements in enumerate(MIGRATIONS, start=1)
        for statement in statements
        for found in re.findall(r"(?:CONSTRAINT|INDEX) (\w+) IF NOT EXISTS FOR \(n:(\w+)\)", statement)
    ]
    assert len(made) == sum(map(len, MIGRATIONS))
    assert re.findall(r"^\| (\d) \| `(\w+)` \| `(\w+)`", PAGE, flags=re.MULTILINE) == made


def test_the_page_gives_the_columns_of_records_in_their_order() -> None:
    for label, columns in {
        "Subject": rows.REGISTRATION,
        "Designation": rows.DESIGNATION,
        "Exemption": rows.EXEMPTION,
        "Objection": rows.OBJECTION,
    }.items():
        assert f"- `{label}`: {columns.replace(chr(34), '')}\n" in PAGE
