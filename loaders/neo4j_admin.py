"""A whole store as files for `neo4j-admin database import full`: the graph that the graph store itself would write.

`xinheng store migrate` then makes constraints and indexes, and `store info --digests` proves that all is there.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from graph_model.collector import seldom_collected
from graph_model.nodes import Version
from graph_model.store import ARCHIVE_TABLES, ArchivedRow, Store
from graph_model.stores.neo4j_rows import (
    LABELS,
    RELATIONSHIPS,
    Properties,
    is_person,
    node_of,
    record_text,
    relation_properties,
)
from graph_model.stores.neo4j_statements import COUNTED, change_node, ends_of
from loaders.neo4j_csv import BETWEEN, Shape, Tables
from loaders.neo4j_law import Law, write_law
from loaders.new_folder import new_folder
from loaders.transfer import Progress, Tally, Transfer, as_plain, silent, tables_at, told

SCRIPT = "import.sh"
DIGESTS = "digests.json"
_TYPES: Mapping[str, str] = {
    "foreign_invested": "boolean",
    "responsible": "boolean",
    "retracted": "boolean",
    "registered_from": "long",
    "recorded_from": "long",
    "recorded_until": "long",
    "share_read": "double",
    "records": "string[]",
    "moves_read": "string[]",
}
"""The columns that are not text."""
_RELATION = Shape(
    {
        name: _TYPES.get(name, "string")
        for name in (
            *("held_from", "held_until", "share", "share_read", "responsible", "document_no", "authority"),
            *("recorded_from", "recorded_until"),
        )
    }
)
_NO_PROPERTIES = Shape()
_TIES = {
    ("designations", "Subject"): "DESIGNATES",
    ("designations", "List"): "ON_LIST",
    ("exemptions", "Subject"): "EXEMPTS",
    ("objections", "Subject"): "CONTESTS",
    ("objections", "Designation"): "CONTESTS",
}


@seldom_collected()
def export_admin(store: Store, place: Path, progress: Progress = silent) -> tuple[Transfer, list[str]]:
    """Write the files of a store as it is at its latest version, and the command that imports them.

    Returns:
        What was written, with digests; and the command, to be run in the folder.

    Raises:
        XinhengError: the folder is there already (`archive.exists`).

    """
    version = store.latest_version()
    tallies = {table: Tally(table, progress) for table in ARCHIVE_TABLES}
    with new_folder(place) as folder:
        with Tables(folder) as tables:
            _Writing(store, version, tables, tallies).write()
        command = _command(tables)
        given = told(version, tallies)
        (folder / DIGESTS).write_text(json.dumps(as_plain(given), indent=1) + "\n", encoding="utf-8")
        (folder / SCRIPT).write_text(_script(command), encoding="utf-8")
        (folder / SCRIPT).chmod(0o755)
    return given, command


def _command(tables: Tables) -> list[str]:
    return [
        *(
            "neo4j-admin",
            "database",
            "import",
            "full",
            "neo4j",
        ),  # the name here: an option of files takes all that follow
        "--array-delimiter=U+001F",
        f"--read-buffer-size={max(4, 2 + 2 * tables.longest // 2**20)}m",  # must hold the longest value, twice over
        f"--multiline-fields={'true' if tables.has_line_breaks else 'false'}",
        *tables.options(),
    ]


def _script(command: list[str]) -> str:
    options = " \\\n  ".join(f"'{word}'" for word in command[5:])
    return f"""#!/bin/sh
# Fills a database that is empty, on the machine of a Neo4j server that does not run; then: xinheng store migrate.
# Where the server has run before, its database is there already: --overwrite-destination=true deletes what it holds.
cd "$(dirname "$0")" && exec "${{NEO4J_ADMIN:-neo4j-admin}}" \\
  database import full "${{DATABASE:-neo4j}}" "$@" \\
  {options}
"""


class _Writing:
    def __init__(self, store: Store, version: Version, tables: Tables, tallies: Mapping[str, Tally]) -> None:
        self._given = tables_at(store, version)
        self._store = store
        self._version = version
        self._tables = tables
        self._tallies = tallies
        self._changed: dict[Version, dict[str, int]] = defaultdict(lambda: dict.fromkeys(COUNTED, 0))
        self._lists: set[str] = set()

    def _rows(self, table: str) -> Iterator[ArchivedRow]:
        return (row for row, _ in self._tallies[table].lines(self._given[table]))

    def write(self) -> None:
        """Write everything; the log comes last, for each change notes how many facts stood after it."""
        for kind in LABELS:
            self._write_nodes(kind)
        for row in self._rows("relations"):
            self._write_relation(row)
        changes = list(self._rows("changes"))
        self._write_changes(changes)
        published = {row[6]: row[0] for row in changes if row[6] is not None}
        laws = [Law(digest, content, words, published[digest]) for digest, content, words in self._rows("rulebooks")]
        write_law(self._tables, sorted(laws, key=lambda law: law.published_at), self._lists)
        head = {
            "version": changes[-1][0] if changes else 0,
            "schema": 0,
            "rulebook": max(laws, key=lambda law: law.published_at).digest if laws else None,
        }
        shape = Shape()
        shape.learn(head)
        self._tables.add("nodes.store", {"id:ID(Store)": "xinheng", ":LABEL": "Store"}, head, shape)

    def _nodes(self, kind: str, rows: Iterable[ArchivedRow]) -> Iterator[tuple[str, list[str], Properties]]:
        for identity, group in groupby(rows, key=itemgetter(0)):
            dated = sorted(group, key=itemgetter(-2))
            texts = [record_text(row[:-2], row[-2], row[-1]) for row in dated]
            yield identity, texts, node_of(kind, identity, texts)

    def _write_nodes(self, kind: str) -> None:
        shape = None
        for identity, texts, node in self._nodes(kind, self._counted(kind)):
            shape = shape or self._shape(kind, node)
            label = LABELS[kind]
            del node["id"]
            labels = label if kind != "registrations" else f"{label}{BETWEEN}{_kind_of(node)}"
            self._tables.add(f"nodes.{kind}", {f"id:ID({label})": identity, ":LABEL": labels}, node, shape)
            for end, ids in ends_of(kind, texts).items() if kind != "registrations" else ():
                if end == "List":
                    self._lists.update(ids)
                for other in ids:
                    keys = {f":START_ID({label})": identity, f":END_ID({end})": other, ":TYPE": _TIES[kind, end]}
                    self._tables.add(f"relationships.{kind}", keys, {}, _NO_PROPERTIES)

    def _shape(self, kind: str, node: Properties) -> Shape:
        """Give the columns: the same for all nodes of a kind, but for what only some lists say of a designation."""
        facts = {name for name in node if name.startswith("fact_")}
        shape = Shape({name: _TYPES.get(name, "string") for name in node if name not in facts | {"id"}})
        if kind == "designations":
            for _, _, found in self._nodes(kind, tables_at(self._store, self._version)[kind]):
                shape.learn({name: value for name, value in found.items() if name.startswith("fact_")})
        return shape

    def _counted(self, kind: str) -> Iterator[ArchivedRow]:
        for row in self._rows(kind):
            self._count(kind, row)
            if kind == "designations" and row[16] is not None:
                self._count("moves", row, len(json.loads(row[16])))
            yield row

    def _count(self, kind: str, row: ArchivedRow, n: int = 1) -> None:
        self._changed[row[-2]][kind] += n
        if row[-1] is not None:
            self._changed[row[-1]][kind] -= n

    def _write_relation(self, row: ArchivedRow) -> None:
        kind, holder, organisation, designation, *_ = row
        self._count("relations", row)
        end = "Designation" if organisation is None else "Subject"
        keys = {
            ":START_ID(Subject)": holder,
            f":END_ID({end})": designation if organisation is None else organisation,
            ":TYPE": RELATIONSHIPS[kind],
        }
        self._tables.add("relationships.relations", keys, relation_properties(row[:-2], *row[-2:]), _RELATION)

    def _write_changes(self, changes: Iterable[ArchivedRow]) -> None:
        totals = dict.fromkeys(COUNTED, 0)
        shape = None
        for *columns, chain, subjects in changes:
            for kind, n in self._changed.get(columns[0], {}).items():
                totals[kind] += n
            node = change_node(tuple(columns), chain, json.loads(subjects), totals)
            if shape is None:
                shape = Shape({"rulebook": "string", "subjects": "string[]"})
                shape.learn(node)
            labels = "Change" if columns[6] is None else f"Change{BETWEEN}Publication"
            self._tables.add("nodes.changes", {":LABEL": labels}, node, shape)


def _kind_of(node: Mapping[str, Any]) -> str:
    return "Person" if is_person(dict(node)) else "Organisation"
