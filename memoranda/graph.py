"""A rulebook as nodes and relationships (docs/graph-schema.md): for people who read a graph; no answer rests on it."""

from collections.abc import Iterable, Iterator, Mapping

from graph_model.store import RulebookEdge, RulebookGraph, RulebookNode
from memoranda.graph_properties import (
    Property,
    of_basis,
    of_department,
    of_list,
    of_matter,
    of_measure,
    of_memorandum,
    of_terms,
)
from memoranda.rulebook import Rulebook


def graph_of(book: Rulebook) -> RulebookGraph:
    """Draw a rulebook: nodes by label and id, then relationships by type; the same book gives the same graph."""
    return RulebookGraph(tuple(_nodes(book)), tuple(_edges(book)))


def graph_of_content(content: bytes) -> RulebookGraph:
    """Draw the canonical content of a rulebook.

    Raises:
        RulebookRefused: it is no such content.

    """
    return graph_of(Rulebook.from_content(content))


def _nodes(book: Rulebook) -> Iterator[RulebookNode]:
    for department in book.departments.values():
        yield RulebookNode("Department", department.id, of_department(department))
    for basis in book.bases.values():
        yield RulebookNode("LegalBasis", basis.id, of_basis(basis))
    for official in book.lists.values():
        yield RulebookNode("List", official.id, of_list(official))
    for official in book.lists.values():
        yield RulebookNode("ListTerms", official.id, of_terms(official))
    for matter in book.matters.values():
        yield RulebookNode("Matter", matter.id, of_matter(matter))
    for id_, measure in book.measures.items():
        yield RulebookNode("Measure", id_, of_measure(measure))
    for memorandum in book.memoranda.values():
        yield RulebookNode("Memorandum", memorandum.id, of_memorandum(memorandum))


def _edges(book: Rulebook) -> Iterator[RulebookEdge]:
    for id_, measure in book.measures.items():
        start = ("Measure", id_)
        yield from _to_each(start, "APPLIED_BY", "Department", measure.departments)
        yield from _to_each(start, "ATTACHES_TO", "List", book.lists_of(id_))
        if measure.matters != "any":
            yield from _to_each(start, "CONCERNS", "Matter", measure.matters)
        for target in measure.targets:
            how = {"role": target.role, "held": target.held}
            yield from _to_each(start, "RESTS_ON", "LegalBasis", dict.fromkeys(target.bases), how)
        yield from _to_each(start, "WITHHELD_BY", "List", sorted(book.withholding_lists(id_)))
        if measure.withheld_by is not None:
            yield from _to_each(start, "WITHHELD_UNDER", "LegalBasis", dict.fromkeys(measure.withheld_by.bases))
        yield RulebookEdge("HAS_MEASURE", ("Memorandum", book.memorandum_of[id_].id), start)
    for department in book.departments.values():
        if department.counterpart_of is not None:
            above = ("Department", department.counterpart_of)
            yield RulebookEdge("COUNTERPART_OF", ("Department", department.id), above)
    for list_id in book.lists:
        yield RulebookEdge("OF", ("ListTerms", list_id), ("List", list_id))
    for matter in book.matters.values():
        if matter.parent is not None:
            yield RulebookEdge("PARENT_OF", ("Matter", matter.parent), ("Matter", matter.id))


def _to_each(
    start: tuple[str, str],
    kind: str,
    label: str,
    ids: Iterable[str],
    properties: Mapping[str, Property] | None = None,
) -> Iterator[RulebookEdge]:
    for id_ in ids:
        yield RulebookEdge(kind, start, (label, id_), properties or {})
