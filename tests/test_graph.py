"""A rulebook's graph tells the whole rulebook: each thing a node, each reference a relationship, nothing loose."""

from collections import Counter
from datetime import date

import pytest

from engine.service import Service
from graph_model.errors import RulebookRefused
from graph_model.store import Publication, Receipt, RulebookGraph
from graph_model.stores import open_store
from memoranda.graph import graph_of, graph_of_content
from memoranda.reader import SHIPPED, read_inline, read_rulebook
from memoranda.rulebook import Rulebook


@pytest.fixture(scope="module")
def book() -> Rulebook:
    return read_rulebook(SHIPPED)


@pytest.fixture(scope="module")
def graph(book: Rulebook) -> RulebookGraph:
    return graph_of(book)


def ends_of(graph: RulebookGraph, kind: str) -> set[tuple[str, str]]:
    return {(edge.start[1], edge.end[1]) for edge in graph.edges if edge.type == kind}


def test_each_thing_of_the_rulebook_is_one_node(book: Rulebook, graph: RulebookGraph) -> None:
    assert Counter((node.label, node.id) for node in graph.nodes) == Counter(
        (label, id_)
        for label, ids in {
            "Department": book.departments,
            "Matter": book.matters,
            "List": book.lists,
            "ListTerms": book.lists,
            "LegalBasis": book.bases,
            "Memorandum": book.memoranda,
            "Measure": book.measures,
        }.items()
        for id_ in ids
    )


def test_both_ends_of_each_relationship_are_nodes_and_none_is_there_twice(graph: RulebookGraph) -> None:
    nodes = {(node.label, node.id) for node in graph.nodes}
    assert [edge for edge in graph.edges if not {edge.start, edge.end} <= nodes] == []
    said = Counter((edge.type, edge.start, edge.end, *sorted(edge.properties.items())) for edge in graph.edges)
    assert set(said.values()) == {1}


def test_the_articles_of_each_measure_are_those_of_its_targets(book: Rulebook, graph: RulebookGraph) -> None:
    drawn = {
        (edge.start[1], edge.properties["role"], edge.properties["held"], edge.end[1])
        for edge in graph.edges
        if edge.type == "RESTS_ON"
    }
    targets = [(id_, target) for id_, measure in book.measures.items() for target in measure.targets]
    assert drawn == {(id_, target.role, target.held, basis) for id_, target in targets for basis in target.bases}
    roles = {node.id: node.properties["roles"] for node in graph.nodes if node.label == "Measure"}
    assert roles == {id_: [target.role for target in measure.targets] for id_, measure in book.measures.items()}


def test_lists_departments_and_matters_of_each_measure_are_drawn(book: Rulebook, graph: RulebookGraph) -> None:
    measures = book.measures.items()
    assert ends_of(graph, "ATTACHES_TO") == {(id_, list_id) for id_ in book.measures for list_id in book.lists_of(id_)}
    assert ends_of(graph, "APPLIED_BY") == {(id_, body) for id_, measure in measures for body in measure.departments}
    narrow = [(id_, measure) for id_, measure in measures if measure.matters != "any"]
    assert ends_of(graph, "CONCERNS") == {(id_, matter) for id_, measure in narrow for matter in measure.matters}
    marked = {node.id for node in graph.nodes if node.label == "Measure" and node.properties.get("any_matter")}
    assert marked == book.measures.keys() - {id_ for id_, _ in narrow}
    assert ends_of(graph, "HAS_MEASURE") == {(memo.id, id_) for id_, memo in book.memorandum_of.items()}


def test_what_withholds_a_favour_is_drawn(book: Rulebook, graph: RulebookGraph) -> None:
    assert ends_of(graph, "WITHHELD_BY") == {
        (id_, list_id) for id_ in book.measures for list_id in book.withholding_lists(id_)
    }
    assert ends_of(graph, "WITHHELD_UNDER") == {
        (id_, basis)
        for id_, measure in book.measures.items()
        if measure.withheld_by is not None
        for basis in measure.withheld_by.bases
    }


def test_the_trees_of_departments_and_matters_are_drawn(book: Rulebook, graph: RulebookGraph) -> None:
    above = {(d.id, d.counterpart_of) for d in book.departments.values() if d.counterpart_of is not None}
    assert ends_of(graph, "COUNTERPART_OF") == above
    inside = {(m.parent, m.id) for m in book.matters.values() if m.parent is not None}
    assert ends_of(graph, "PARENT_OF") == inside
    assert ends_of(graph, "OF") == {(list_id, list_id) for list_id in book.lists}


def test_properties_are_plain_values_and_days_are_text(graph: RulebookGraph) -> None:
    said = [*(node.properties for node in graph.nodes), *(edge.properties for edge in graph.edges)]
    values = [value for properties in said for value in properties.values()]
    plain = [value for value in values if isinstance(value, str | int | bool)]
    lists = [value for value in values if isinstance(value, list)]
    assert len(plain) + len(lists) == len(values)
    assert all(value and all(isinstance(word, str) for word in value) for value in lists)


def test_every_field_of_an_entry_is_told_in_the_files_words() -> None:
    law = read_inline(
        {
            "departments": [{"id": "d", "name": "某局", "region": "350200", "public": False}, {"id": "a"}],
            "matters": [{"id": "m", "name": "补贴", "cannot_see": "某事"}],
            "lists": [
                {
                    "id": "l",
                    "name": "名单",
                    "kind": "restriction",
                    "authority": "a",
                    "term_months": {"by": "ground", "1": None, "2": 36, "else": 24},
                    "defective_if": "fact.minor",
                    "notice_required": True,
                    "facts": {"ground": "text", "minor": "boolean"},
                    "repair": {"after_months": 6, "conditions": "整改"},
                    "objection": {"days": 30, "from": "effective_from"},
                    "exemption_grounds": ["court_stay"],
                },
            ],
            "legal_bases": [
                {
                    "id": "b",
                    "document": "某法",
                    "article": "第一条",
                    "kind": "law",
                    "from": date(2020, 1, 1),
                    "binds": ["self", "director"],
                    "verified": {"on": date(2026, 1, 2), "by": "读原文"},
                },
                {"id": "c", "document": "某令", "article": "第二条", "kind": "departmental_rule"},
            ],
            "memoranda": [
                {
                    "id": "M",
                    "kind": "local",
                    "title": "办法",
                    "document_no": "1号",
                    "until": date(2030, 1, 1),
                    "lists": ["l"],
                    "measures": [
                        {
                            "id": "m1",
                            "title": "限制",
                            "wording": "不得",
                            "effect": "bar",
                            "departments": ["a"],
                            "matters": "any",
                            "targets": [
                                {"role": "self", "bases": ["b"]},
                                {"role": "director", "held": "at_event", "bases": ["b"]},
                            ],
                            "condition": 'fact.ground == "2"',
                            "term": {"months": 12, "from": "decided_on"},
                            "elsewhere_only": True,
                            "withdrawn": {"on": date(2025, 5, 1), "reason": "废止"},
                        }
                    ],
                }
            ],
        }
    )
    said = {(node.label, node.id): dict(node.properties) for node in graph_of(law).nodes}
    assert said["Department", "d"] == {"name": "某局", "region": "350200", "public": False}
    assert said["Department", "a"] == {"name": "a", "public": True}
    assert said["Matter", "m"] == {"name": "补贴", "cannot_see": "某事"}
    assert said["List", "l"] == {"name": "名单", "kind": "restriction"}
    assert said["ListTerms", "l"] == {
        "name": "名单",
        "kind": "restriction",
        "authority": "a",
        "term_by": "ground",
        "term_values": ["1", "2"],
        "term_values_months": ["none", "36"],
        "term_otherwise": 24,
        "defective_if": "fact.minor",
        "notice_required": True,
        "facts": ["ground text", "minor boolean"],
        "repair_after_months": 6,
        "repair_from": "decided_on",
        "repair_body": "a",
        "repair_conditions": "整改",
        "objection_days": 30,
        "objection_from": "effective_from",
        "objection_body": "a",
        "exemption_grounds": ["court_stay"],
    }
    assert said["LegalBasis", "b"] == {
        "document": "某法",
        "article": "第一条",
        "kind": "law",
        "from": "2020-01-01",
        "binds": ["director", "self"],
        "verified": True,
        "verified_on": "2026-01-02",
        "verified_by": "读原文",
    }
    assert said["LegalBasis", "c"]["verified"] is False
    assert said["Memorandum", "M"] == {"title": "办法", "kind": "local", "document_no": "1号", "until": "2030-01-01"}
    assert said["Measure", "m1"] == {
        "title": "限制",
        "wording": "不得",
        "effect": "bar",
        "any_matter": True,
        "roles": ["self", "director"],
        "condition": 'fact.ground == "2"',
        "term_months": 12,
        "term_from": "decided_on",
        "elsewhere_only": True,
        "withdrawn": True,
        "withdrawn_on": "2025-05-01",
        "withdrawn_reason": "废止",
    }


def test_the_same_content_gives_the_same_graph(book: Rulebook, graph: RulebookGraph) -> None:
    assert graph_of_content(book.content) == graph
    with pytest.raises(RulebookRefused):
        graph_of_content(b"content of another kind")


def test_publishing_hands_the_graph_over_and_draws_it_only_where_it_is_asked_for(
    book: Rulebook, graph: RulebookGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[Rulebook] = []

    def counted(given: Rulebook) -> RulebookGraph:
        drawn.append(given)
        return graph_of(given)

    monkeypatch.setattr("engine.service.graph_of", counted)
    with open_store("sqlite:///:memory:") as store:
        given: list[Publication] = []
        publish = store.publish

        def kept(publication: Publication) -> Receipt:
            given.append(publication)
            return publish(publication)

        monkeypatch.setattr(store, "publish", kept)
        Service(store).publish(book, actor="clerk", reason="test", key="publish")
    assert drawn == []
    assert [publication.graph() for publication in given] == [graph]
