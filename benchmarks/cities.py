"""A synthetic city in an embedded store, for the benchmarks: made once for each size, and in the same way each time."""

from pathlib import Path

from engine.service import Service
from graph_model.stores import open_store
from loaders.load import load
from loaders.report import LoadOrder
from loaders.synth import LOAD_ORDER, synthesise
from memoranda.reader import SHIPPED, read_rulebook
from memoranda.rulebook import Rulebook


def written(folder: Path, organisations: int) -> Rulebook:
    """Write the city's files under the shipped rulebook, which is returned."""
    book = read_rulebook(SHIPPED)
    synthesise(folder, organisations, book)
    return book


def loaded(folder: Path, book: Rulebook, url: str) -> dict[str, int]:
    """Load the city's files into a new store; give the rows loaded by file."""
    rows = {}
    with open_store(url) as store:
        Service(store).publish(book, actor="benchmark", reason="shipped rulebook", key="rulebook")
        for kind, name in LOAD_ORDER:
            order = LoadOrder(kind, folder / f"{name}.csv", actor="benchmark", reason="city")
            rows[name] = load(store, order, book.vocabulary, None).loaded
    return rows
