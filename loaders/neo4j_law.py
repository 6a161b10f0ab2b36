"""The rulebooks of a store as rows for `neo4j-admin`: each drawn beside the others, the lists shared by all."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from graph_model.nodes import Version
from graph_model.store import RulebookGraph, RulebookNode
from loaders.neo4j_csv import Shape, Tables
from memoranda.graph import graph_of_content


@dataclass(frozen=True, slots=True)
class Law:
    """One published rulebook, and the version at which it was published last."""

    digest: str
    content: bytes
    vocabulary: str
    published_at: Version


def write_law(tables: Tables, laws: Sequence[Law], lists: Iterable[str]) -> None:
    """Write rulebooks, the one in force last, and every list that they or the facts name."""
    shapes: dict[str, Shape] = defaultdict(Shape)
    graphs = [graph_of_content(law.content) for law in laws]
    for graph in graphs:
        for node in graph.nodes:
            shapes[node.label].learn(node.properties)
        for edge in graph.edges:
            shapes[edge.type].learn(edge.properties)
    named: dict[str, RulebookNode | None] = dict.fromkeys(sorted(lists))
    for law, graph in zip(laws, graphs, strict=True):
        _write_rulebook(tables, law, in_force=law is laws[-1])
        _write_graph(tables, law.digest, graph, shapes)
        # Name and kind are those of the rulebook that was published last.
        named |= {node.id: node for node in graph.nodes if node.label == "List"}
    for identity, drawn in named.items():
        properties = {} if drawn is None else drawn.properties
        tables.add("nodes.lists", {"id:ID(List)": identity, ":LABEL": "List"}, properties, shapes["List"])


def _write_rulebook(tables: Tables, law: Law, *, in_force: bool) -> None:
    properties = {
        "content": law.content,
        "vocabulary": law.vocabulary,
        "drawn": True,
        "published_at": law.published_at,
        "in_force": True if in_force else None,
    }
    shape = Shape({"in_force": "boolean"})
    shape.learn(properties)
    tables.add("nodes.rulebooks", {"digest:ID(Rulebook)": law.digest, ":LABEL": "Rulebook"}, properties, shape)


def _write_graph(tables: Tables, digest: str, graph: RulebookGraph, shapes: dict[str, Shape]) -> None:
    """Write what one rulebook holds; its nodes are told from those of others by its digest."""

    def key(label: str, identity: str) -> str:
        return identity if label == "List" else f"{digest} {label} {identity}"

    for node in graph.nodes:
        if node.label == "List":
            continue
        keys = {
            ":ID(Law)": key(node.label, node.id),
            ":LABEL": node.label,
            "id:string": node.id,
            "rulebook:string": digest,
        }
        tables.add(f"nodes.{node.label.lower()}", keys, node.properties, shapes[node.label])
        contains = {":START_ID(Rulebook)": digest, ":END_ID(Law)": keys[":ID(Law)"], ":TYPE": "CONTAINS"}
        tables.add("relationships.contains", contains, {}, Shape())
    for edge in graph.edges:
        room = "List" if edge.end[0] == "List" else "Law"
        ends = {":START_ID(Law)": key(*edge.start), f":END_ID({room})": key(*edge.end), ":TYPE": edge.type}
        tables.add("relationships.law", ends, edge.properties, shapes[edge.type])
