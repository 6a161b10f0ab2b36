"""docs/cypher.md as values: each question with its parameters, its Cypher, and the rows that it shows.

`python -m tests.cypher_page` writes the rows anew, from what Python finds (`tests.cypher_answers`); no Neo4j is needed.
"""

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from graph_model.stores import open_store
from tests.cypher_answers import ANSWERS
from tests.cypher_city import City, fill

Row: TypeAlias = Mapping[str, Any]
PAGE = Path(__file__).parent.parent / "docs" / "cypher.md"
SHOWN_ROWS, SHOWN_ITEMS = 5, 4
_BLOCK = re.compile(r"^### (\d+)\. ([^\n]*)\n(.*?^```cypher\n)(.*?)^```\n(.*?)(?=^###? |\Z)", re.MULTILINE | re.DOTALL)
_PARAMETER = re.compile(r"^:param (\w+) => (.*)\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Question:
    """One question of the page. `rows`: the table below it, as it is written there."""

    number: int
    title: str
    parameters: Mapping[str, Any]
    cypher: str
    rows: str


def questions() -> list[Question]:
    """Read the page."""
    return [
        Question(
            int(number),
            title,
            {name: ast.literal_eval(value) for name, value in _PARAMETER.findall(block)},
            _PARAMETER.sub("", block),
            rows,
        )
        for number, title, _, block, rows in _BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    ]


def table(rows: Sequence[Row]) -> str:
    """Write the first rows of an answer as the page shows them."""
    columns = list(rows[0])
    lines = [columns, ["---"] * len(columns), *([_cell(row[name]) for name in columns] for row in rows[:SHOWN_ROWS])]
    more = len(rows) - SHOWN_ROWS
    told = f"\n……另有 {more} 行 and {more} more\n" if more > 0 else ""
    return "".join(f"| {' | '.join(line)} |\n" for line in lines) + told


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case list():
            more = [f"……({len(value)})"] if len(value) > SHOWN_ITEMS else []
            return "、".join([*map(str, value[:SHOWN_ITEMS]), *more])
        case _:
            return re.sub(r"([\\|*`<\[\]])", r"\\\1", str(value))


def with_rows(page: str, rows_of: Mapping[int, str]) -> str:
    """Put other rows below the questions."""

    def renewed(found: re.Match[str]) -> str:
        before = found.group(0)[: found.start(5) - found.start()]
        return f"{before}\n{rows_of[int(found.group(1))]}\n"

    return _BLOCK.sub(renewed, page).rstrip("\n") + "\n"


def main() -> None:
    """Write the rows of the page anew."""
    with open_store("sqlite:///:memory:") as store:
        city = City.of(store, fill(store))
        rows_of = {q.number: table(ANSWERS[q.number](city, q.parameters)) for q in questions()}
    PAGE.write_text(with_rows(PAGE.read_text(encoding="utf-8"), rows_of), encoding="utf-8")


if __name__ == "__main__":
    main()
