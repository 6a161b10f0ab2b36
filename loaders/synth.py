"""A synthetic city of any size as the files of CONTRACT §3: the same seed, size and rulebook give the same bytes.

The shape is a real city's: most persons have one or two links, a few have hundreds; there are 15 % as many
designations as organisations. It is written as it is made, so memory does not grow with its size. All of it is
invented; the codes are valid, the persons are keyed ids of nobody.
"""

import csv
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Any, TypeAlias

from graph_model.errors import FactsRefused
from loaders.columns import COLUMNS, NESTED
from loaders.synth_designations import Listings, Made
from loaders.synth_subjects import City, Organisation, relations_of
from memoranda.rulebook import Rulebook

LINKS = "relations_directly_responsible"
"""The name of the second file of relations: those to designations, which must be loaded first."""
LOAD_ORDER: tuple[tuple[str, str], ...] = (
    ("organisations", "organisations"),
    ("persons", "persons"),
    ("relations", "relations"),
    ("designations", "designations"),
    ("moves", "moves"),
    ("relations", LINKS),
    ("exemptions", "exemptions"),
    ("objections", "objections"),
)
"""(kind, file name without `.csv`) in an order in which nothing rests on what comes later."""

DESIGNATED_ORGANISATIONS = 0.12
DESIGNATED_PERSONS = 0.03
REPORT_EVERY = 1_000
MAX_ORGANISATIONS = 100_000_000

Progress: TypeAlias = Callable[[int, int], None]


def synthesise(
    folder: Path, organisations: int, book: Rulebook, *, seed: int = 1, progress: Progress | None = None
) -> dict[str, int]:
    """Write a city into a folder, which is made where it is not there.

    Args:
        folder: where the CSV files go; files of these names are overwritten.
        organisations: how many; all else follows from it.
        book: the rulebook whose lists the designations are on.
        seed: another seed gives another city.
        progress: told (organisations made, in all) now and then.

    Returns:
        The number of rows of each file, by its name without `.csv`.

    Raises:
        FactsRefused: the size is out of range, the rulebook has no lists, or the folder cannot be written.

    """
    if not 1 <= organisations <= MAX_ORGANISATIONS:
        what = f"城市规模 {organisations} 不在 1 到 {MAX_ORGANISATIONS} 之间（size out of range）"
        raise FactsRefused(what, hint="给出组织的个数", detail_code="synth.size")
    if not book.lists:
        raise FactsRefused("规则手册没有名单（no lists）", hint="先给出有名单的手册", detail_code="synth.lists")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            return _Writing(folder, book, seed, organisations, stack).city(progress)
    except OSError as error:
        what = f"不能写入 {folder}（{error.strerror}）"
        raise FactsRefused(what, hint="换一个可写的目录", detail_code="file.unwritable") from None


class _Writing:
    """The open files of one city, and what goes into them."""

    def __init__(self, folder: Path, book: Rulebook, seed: int, size: int, stack: ExitStack) -> None:
        self._size = size
        self._chance = Random(f"{seed}:relations")  # noqa: S311  (a made-up city, not a secret)
        self._city = City(seed, size)
        self._listings = Listings(book, seed)
        self._counts = {name: 0 for _, name in LOAD_ORDER}
        self._writers: dict[str, Any] = {}
        for kind, name in LOAD_ORDER:
            file = stack.enter_context((folder / f"{name}.csv").open("w", encoding="utf-8", newline=""))
            self._writers[name] = csv.writer(file)
            self._writers[name].writerow(self._columns(kind))

    def _columns(self, kind: str) -> tuple[str, ...]:
        if kind == "persons":
            return ("person", "name")
        columns = tuple(column for column in COLUMNS[kind] if column not in NESTED)
        return (*columns, *self._listings.fact_columns) if kind == "designations" else columns

    def _put(self, name: str, row: tuple[object, ...]) -> None:
        self._counts[name] += 1
        self._writers[name].writerow(row)

    def city(self, progress: Progress | None) -> dict[str, int]:
        before: Organisation | None = None
        for person in self._city.hubs():
            self._put("persons", person)
        for place in range(self._size):
            organisation, new_persons = self._city.organisation(place)
            self._put("organisations", organisation.row())
            for person in new_persons:
                self._put("persons", person)
            for relation in relations_of(organisation, before, self._chance):
                self._put("relations", relation)
            self._designations(organisation)
            before = organisation
            if progress is not None and ((place + 1) % REPORT_EVERY == 0 or place + 1 == self._size):
                progress(place + 1, self._size)
        return self._counts

    def _designations(self, organisation: Organisation) -> None:
        if self._chance.random() < DESIGNATED_ORGANISATIONS:
            made = self._listings.on_organisation(organisation)
            self._write(made)
            if self._chance.random() < 0.3:
                responsible = "true" if self._chance.random() < 0.8 else "false"
                holder = self._chance.choice(organisation.people)
                link = ("directly_responsible", holder, "", "", "", "", "", made.id, responsible, "", "")
                self._put(LINKS, link)
        if self._chance.random() < DESIGNATED_PERSONS:
            self._write(self._listings.on_person(organisation))

    def _write(self, made: Made) -> None:
        self._put("designations", made.row)
        for move in made.moves:
            self._put("moves", move)
        if made.exemption is not None:
            self._put("exemptions", made.exemption)
        if made.objection is not None:
            self._put("objections", made.objection)
