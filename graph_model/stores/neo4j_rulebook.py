"""A published rulebook as nodes, beside those of earlier ones: for people to read, no answer rests on them."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from graph_model.store import RulebookGraph

KEEP = """MERGE (b:Rulebook {digest: $digest})
    ON CREATE SET b.content = $content, b.vocabulary = $vocabulary, b.drawn = false
    RETURN b.drawn"""
NAME_LISTS = "MATCH (b)-[:CONTAINS]->(t:ListTerms)-[:OF]->(l:List) SET l.name = t.name, l.kind = t.kind"
"""A list is called as in the rulebook published last."""
IN_FORCE = f"""MATCH (b:Rulebook {{digest: $digest}}) SET b.in_force = true, b.published_at = $version
    WITH b CALL (b) {{ {NAME_LISTS} }}
    WITH b MATCH (o:Rulebook {{in_force: true}}) WHERE o <> b REMOVE o.in_force"""
NODES = """MATCH (b:Rulebook {{digest: $digest}}) SET b.drawn = true WITH b UNWIND $nodes AS row
    MERGE (n:{0} {{id: row.id, rulebook: $digest}}) SET n += row.properties MERGE (b)-[:CONTAINS]->(n)"""
LISTS = "UNWIND $nodes AS row MERGE (n:List {id: row.id}) SET n += row.properties"
EDGES = """UNWIND $edges AS row MATCH (a:{0} {{id: row.start, rulebook: $digest}})
    MATCH (z:{2} {{id: row.end{3}}}) CREATE (a)-[r:{1}]->(z) SET r = row.properties"""


def draw(run: Callable[[str, dict[str, Any]], object], digest: str, graph: RulebookGraph) -> None:
    """Write the nodes and relationships of one rulebook that has none yet."""
    nodes: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for node in graph.nodes:
        nodes[node.label].append({"id": node.id, "properties": dict(node.properties)})
    for label, given in nodes.items():
        statement = LISTS if label == "List" else NODES.format(label)
        run(statement, {"digest": digest, "nodes": given})
    edges: dict[tuple[str, str, str], list[dict[str, Any]]] = defaultdict(list)
    for edge in graph.edges:
        row = {"start": edge.start[1], "end": edge.end[1], "properties": dict(edge.properties)}
        edges[edge.start[0], edge.type, edge.end[0]].append(row)
    for (start, kind, end), rows in edges.items():
        of_rulebook = "" if end == "List" else ", rulebook: $digest"
        run(EDGES.format(start, kind, end, of_rulebook), {"digest": digest, "edges": rows})
