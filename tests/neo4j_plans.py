"""How the server would carry out a statement, and how it did: its plan, operator by operator."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from neo4j import GraphDatabase

from tests.neo4j_place import Place
from tests.neo4j_server import DATABASE

SCANS = ("AllNodesScan", "LabelScan", "NodeIndexScan", "RelationshipsScan", "TypeScan", "IndexContainsScan")
"""Parts of the names of operators that read a whole label, type or index, whatever is asked for."""


@dataclass(frozen=True)
class Operator:
    """One step of a plan: its name, what it says of itself, what it read (0: only explained), its sources."""

    name: str
    details: str
    hits: int
    sources: frozenset[str]

    @property
    def reads_everything(self) -> bool:
        """Whether its cost grows with the store, not with what is asked for."""
        scans = any(scan in self.name for scan in SCANS)
        return scans or self.is_untyped_expansion or self.pairs_everything

    @property
    def is_untyped_expansion(self) -> bool:
        """Whether it follows relationships of every type: `(a)--(b)`, `(a)-[r]-(b)`; with a type there is a colon."""
        return "Expand" in self.name and ":" not in self.details.partition("[")[2].partition("]")[0]

    @property
    def pairs_everything(self) -> bool:
        """Whether it pairs all of one thing with all of another; two nodes found by their keys are one pair."""
        return "CartesianProduct" in self.name and not self.sources <= {
            "NodeUniqueIndexSeek",
            "NodeUniqueIndexSeek(Locking)",
            "Argument",
        }


def plan(place: Place, statement: str, parameters: Mapping[str, Any] | None = None) -> list[Operator]:
    """Give every operator: of the plan, or, where there are parameters, of what was really done."""
    scheme, _, rest = place.url.partition("://")
    where, _, _ = rest.partition("/")
    who = (place.access.user, place.access.password)
    with (
        GraphDatabase.driver(f"{scheme}://{where}", auth=who, notifications_min_severity="OFF") as driver,
        driver.session(database=DATABASE) as session,
    ):
        how = "EXPLAIN" if parameters is None else "PROFILE"
        told = session.run(f"{how} {statement}", dict(parameters or {})).consume()  # type: ignore[arg-type]  # statements of ours only
    root = told.plan if parameters is None else told.profile
    assert root is not None
    return list(_operators(root))


def _operators(node: Mapping[str, Any]) -> Iterator[Operator]:
    yield Operator(_name(node), node["args"].get("Details", ""), node.get("dbHits", 0), frozenset(_sources(node)))
    for child in node.get("children", ()):
        yield from _operators(child)


def _sources(node: Mapping[str, Any]) -> Iterator[str]:
    if not node.get("children"):
        yield _name(node)
    for child in node.get("children", ()):
        yield from _sources(child)


def _name(node: Mapping[str, Any]) -> str:
    name: str = node["operatorType"].partition("@")[0]
    return name
