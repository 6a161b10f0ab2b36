"""A small city with a history, for what carries stores over: the demo city, a synthetic one, and later changes."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from api.demo import load_demo
from engine.service import Service
from graph_model.nodes import Exemption, Facts, Move, Objection
from graph_model.store import ARCHIVE_TABLES, ArchivedRow, ChangeSet, Store
from loaders.load import load
from loaders.report import LoadOrder
from loaders.synth import LOAD_ORDER, synthesise
from memoranda.reader import SHIPPED, read_rulebook
from memoranda.rulebook import Rulebook
from tests.load_files import KEYER
from tests.store_acts import LATER

ORGANISATIONS = 120


@cache
def shipped() -> Rulebook:
    return read_rulebook(SHIPPED)


def fill(store: Store) -> None:
    """Fill an empty store; every table has rows, and every table of facts but one has closed ones."""
    book = shipped()
    service = Service(store)
    service.publish(book, actor="legal", reason="first", key="first")
    load_demo(service)
    with TemporaryDirectory() as folder:
        synthesise(Path(folder), ORGANISATIONS, book, seed=3)
        for kind, name in LOAD_ORDER:
            load(store, LoadOrder(kind, Path(folder) / f"{name}.csv", "synth", "城市"), book.vocabulary, KEYER)
    latest = store.latest_version()
    listed = next(
        d for name in book.lists for d in store.entries(name, latest) if d.status == "in_effect" and not d.moves
    )
    objection = Objection("obj-1", LATER, designation=listed.id)
    exemption = Exemption("ex-1", listed.subject, "court_stay", list=listed.list)
    facts = Facts(exemptions=(exemption,), objections=(objection,))
    store.commit(ChangeSet("clerk", "异议 objected to", "objected", facts))
    away = replace(objection, closed_on=LATER.replace(month=9))
    ended = replace(exemption, end=LATER)
    moved = Facts(moves=(Move(listed.id, "suspended", LATER),))
    store.commit(ChangeSet("clerk", "更正 corrected", "settled", moved, Facts(objections=(away,), exemptions=(ended,))))
    relation = min(store.held_by(list(store.subjects(latest)), latest), key=str)
    named = store.neighbourhood(relation.holder, latest)
    assert named is not None
    store.commit(ChangeSet("clerk", "误录 never was", "retracted", retractions=Facts(relations=(relation,))))


def whole(store: Store) -> dict[str, list[ArchivedRow]]:
    return {table: list(store.archive(table)) for table in ARCHIVE_TABLES}
