"""One check from memory against a look-up of the same key in a dictionary: `python -m benchmarks.in_memory CITY.db`.

The dictionary holds every subject of the city. Subjects are asked in no order, and each text is a new one, as if it
had just come in. A check goes from a question as read from JSON to the decision, and its record for the log, as bytes.
"""

import gc
import sys
from collections.abc import Callable, Sequence
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from api.app import build_app
from api.decision_record import Asker
from api.desk import Desk
from api.settings import Settings
from benchmarks.process import own_resident_mb
from benchmarks.questions import Asked, Questions, fresh, spelled
from engine.index import Absent, Index
from graph_model.nodes import SubjectId
from graph_model.store import Store
from graph_model.stores import open_store

ROUNDS, KEYS, FIRST, AGAIN = 9, 20_000, 2_000, 1_000
Figures = dict[str, float]
Way = Callable[[Any], float]
Given = Callable[[], Sequence[Any]]


def measured(city: Path) -> Figures:
    """Build the index of a city, then ask it and a dictionary by turns; times in nanoseconds, medians of the rounds."""
    with open_store(f"sqlite:///{city}") as store:
        began = perf_counter()
        index = Index(store)
        index.build()
        built = perf_counter() - began
        gc.collect()
        found: Figures = {"built_s": built, "resident_mb": own_resident_mb()}
        app = build_app(Settings(store=f"sqlite:///{city}", decision_log="none", id_key=bytes(32)), store)
        app.state.edge.service.index = index
        return found | asked(app.state.desk, index, Questions.of(store, city), store)


def asked(desk: Desk, index: Index, questions: Questions, store: Store) -> Figures:
    """Compare; in each round the ways follow each other, so that what else the machine does meets all of them."""
    table = dict.fromkeys(store.subjects(index.version), True)
    ahead = cycle(questions.affected[AGAIN:])  # of the kept ones none comes again before all others came
    few = questions.affected[:AGAIN]

    def clear() -> list[Asked]:
        return [questions.clear() for _ in range(KEYS)]

    def again() -> list[dict[str, str]]:
        answered(spelled(few), desk)
        return spelled(questions.chance.choices(few, k=KEYS))

    def first(items: Sequence[dict[str, str]]) -> float:
        return answered(items, Desk(desk.edge, None))  # which keeps nothing yet: a small city is asked the same again

    answer: Way = lambda items: answered(items, desk)  # noqa: E731 - one row of the table below
    ways: dict[str, tuple[Way, Given]] = {
        "dictionary": (lambda keys: looked_up(keys, table), lambda: fresh(s for s, _, _ in clear())),
        "standing": (lambda keys: stood(keys, desk, index), lambda: fresh(s for s, _, _ in clear())),
        "clear": (answer, lambda: spelled(clear())),
        "affected": (first, lambda: spelled(islice(ahead, FIRST))),
        "affected_again": (answer, again),
    }
    for name in ("clear", "affected"):  # what is worked out once for each rulebook is not a check's
        ways[name][0](ways[name][1]())
    rounds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, (way, given) in ways.items():
            rounds[name].append(way(given()))
    control = rounds.pop("dictionary")
    found: Figures = {"subjects": len(table), "affected": len(questions.affected), "dictionary_ns": median(control)}
    for name, each in rounds.items():
        found[f"{name}_ns"] = median(each)
        found[f"{name}_ratio"] = median(ours / bare for ours, bare in zip(each, control, strict=True))
    return found | {"decision_bytes": length_of(few, desk)}


def looked_up(keys: Sequence[SubjectId], table: dict[SubjectId, bool]) -> float:
    """Look each up; nanoseconds for one."""
    began = perf_counter()
    for key in keys:
        table[key]
    return (perf_counter() - began) / len(keys) * 1e9


def stood(keys: Sequence[SubjectId], desk: Desk, index: Index) -> float:
    """Ask the index alone what it knows of each; nanoseconds for one."""
    sitting = desk.sitting(Asker())
    version, book, matter = sitting.version, sitting.book, next(iter(sitting.book.matters))
    standing, clear = index.standing, Absent.CLEAR
    began = perf_counter()
    for key in keys:
        if standing(key, version, book, matter) is not clear:
            raise AssertionError(key)
    return (perf_counter() - began) / len(keys) * 1e9


def answered(items: Sequence[dict[str, str]], desk: Desk) -> float:
    """Answer each; nanoseconds for one."""
    sitting, answer = desk.sitting(Asker()), desk.answer
    began = perf_counter()
    for item in items:
        answer(item, sitting)
    return (perf_counter() - began) / len(items) * 1e9


def length_of(checks: Sequence[Asked], desk: Desk) -> float:
    """Give the mean length of an affected one's decision."""
    sitting = desk.sitting(Asker())
    answers = [desk.answer(item, sitting) for item in spelled(checks)]
    return sum(len(decision) for _, decision, _ in answers) / len(answers)


if __name__ == "__main__":
    for name, figure in measured(Path(sys.argv[1])).items():
        print(f"{name:24} {figure:14,.2f}")
