"""One check from memory against a look-up of the same key in a dictionary: `python -m benchmarks.in_memory CITY.db`.

The dictionary holds every subject of the city. Keys are asked in no order, and each is a new text, as if it had just
come in. A check goes from a question as it is read from JSON to the decision, and its record for the log, as bytes.
"""

import gc
import random
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from api.app import build_app
from api.decision_record import Asker
from api.desk import Desk
from api.settings import Settings
from benchmarks.process import own_resident_mb
from engine.change_affected import on_lists
from engine.index import Absent, Index
from graph_model.nodes import SubjectId
from graph_model.store import Store
from graph_model.stores import open_store

ROUNDS, KEYS, FEW = 9, 20_000, 2_000
MATTERS = ("gov-subsidy", "gov-procurement-supplier")
Figures = dict[str, float]


def measured(city: Path) -> Figures:
    """Build the index of a city, then ask it and a dictionary by turns; times in nanoseconds, medians."""
    with open_store(f"sqlite:///{city}") as store:
        began = perf_counter()
        index = Index(store)
        index.build()
        built = perf_counter() - began
        gc.collect()
        found: Figures = {"built_s": built, "resident_mb": own_resident_mb()}
        app = build_app(Settings(store=f"sqlite:///{city}", decision_log="none", id_key=bytes(32)), store)
        app.state.edge.service.index = index
        return found | asked(app.state.desk, index, store)


def asked(desk: Desk, index: Index, store: Store) -> Figures:
    """Compare; in each round the ways follow each other, so that what else the machine does meets all of them."""
    chance = random.Random(1)
    affected = sorted({subject for block in on_lists(store, index.version, None) for subject in block})
    near = frozenset(affected)
    table = {subject: True for subject in store.subjects(index.version)}
    others = [[s for s in table if s not in near and s.startswith("p-") is person] for person in (False, True)]
    few = affected[: FEW // 2]
    ways: dict[str, tuple[Callable[[Any], float], Callable[[], Sequence[Any]]]] = {
        "dictionary": (lambda keys: looked_up(keys, table), lambda: fresh(mixed(others, chance))),
        "standing": (lambda keys: stood(keys, desk, index), lambda: fresh(mixed(others, chance))),
        "clear": (lambda items: answered(items, desk), lambda: items_of(mixed(others, chance), chance)),
        "affected": (
            lambda items: answered(items, desk),
            lambda: items_of(chance.choices(affected, k=KEYS // 5), chance),
        ),
        "affected_again": (lambda items: answered(items, desk), lambda: items_of(chance.choices(few, k=KEYS), chance)),
    }
    rounds: dict[str, list[float]] = {name: [] for name in ways}
    items = items_of(chance.choices(affected, k=KEYS // 5), chance)
    answered(items, desk)  # what is worked out once for each rulebook is not a check's
    for _ in range(ROUNDS):
        for name, (way, given) in ways.items():
            if name == "affected_again":
                answered(items_of([*few, *few], chance, both=True), desk)
            rounds[name].append(way(given()))
    control = rounds.pop("dictionary")
    found: Figures = {"subjects": len(table), "affected": len(affected), "dictionary_ns": median(control)}
    for name, each in rounds.items():
        found[f"{name}_ns"] = median(each)
        found[f"{name}_ratio"] = median(ours / bare for ours, bare in zip(each, control, strict=True))
    return found


def mixed(others: Sequence[Sequence[SubjectId]], chance: random.Random) -> list[SubjectId]:
    """Choose subjects that nothing is near, half of them persons."""
    chosen = [subject for pool in others for subject in chance.choices(pool, k=KEYS // 2)]
    chance.shuffle(chosen)
    return chosen


def fresh(subjects: Iterable[SubjectId]) -> list[SubjectId]:
    """Spell each anew: whoever asks does not hold the text that is kept, nor its hash."""
    return [subject.encode().decode() for subject in subjects]


def items_of(subjects: Iterable[SubjectId], chance: random.Random, *, both: bool = False) -> list[dict[str, str]]:
    """Spell questions, in turn of either matter where `both`, else of any."""
    spelled = fresh(subjects)
    if both:
        half = len(spelled) // 2
        return [{"subject": s, "matter": MATTERS[n >= half]} for n, s in enumerate(spelled)]
    return [{"subject": subject, "matter": chance.choice(MATTERS)} for subject in spelled]


def looked_up(keys: Sequence[SubjectId], table: dict[SubjectId, bool]) -> float:
    began = perf_counter()
    for key in keys:
        table[key]
    return (perf_counter() - began) / len(keys) * 1e9


def stood(keys: Sequence[SubjectId], desk: Desk, index: Index) -> float:
    sitting = desk.sitting(Asker())
    version, book, matter = sitting.version, sitting.book, MATTERS[0]
    standing, clear = index.standing, Absent.CLEAR
    began = perf_counter()
    for key in keys:
        if standing(key, version, book, matter) is not clear:
            raise AssertionError(key)
    return (perf_counter() - began) / len(keys) * 1e9


def answered(items: Sequence[dict[str, str]], desk: Desk) -> float:
    sitting, answer = desk.sitting(Asker()), desk.answer
    began = perf_counter()
    for item in items:
        answer(item, sitting)
    return (perf_counter() - began) / len(items) * 1e9


if __name__ == "__main__":
    for name, figure in measured(Path(sys.argv[1])).items():
        print(f"{name:24} {figure:14,.2f}")
