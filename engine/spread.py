"""Re-evaluation from rows that lie in no order but by subject: what a machine of many does with its share. Pure.

Whoever brings the rows (`engine.spark`) need not cut exactly: `neighbourhood_of`, the plain definition of what is
around a subject, takes of them what is. Only nothing may be missing.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeAlias

from engine.change import Altered
from engine.change_step import Step
from graph_model.neighbourhood import neighbourhood_of
from graph_model.nodes import Facts, Neighbourhood, SubjectId
from graph_model.statements import registration_of
from graph_model.stores.rows import designation_of, exemption_of, objection_of, relation_of

Near: TypeAlias = tuple[SubjectId, str, bool, bool, Sequence[str | None]]
"""A subject; a record that may be near it: its kind, whether it stands at the first of two versions and at the second,
and its row as text (the columns of `graph_model.stores.rows`, without versions)."""


def altered(rows: Iterable[Near], step: Step) -> Iterator[tuple[SubjectId, list[Altered]]]:
    """Give of each subject what the step does to it; each subject's rows come together, the same may come twice."""
    for subject, near in groupby(rows, key=itemgetter(0)):
        sides: dict[tuple[str, tuple[str | None, ...]], tuple[bool, bool]] = {}
        for _, kind, was, now, row in near:
            key = (kind, tuple(row))
            before = sides.get(key, (False, False))
            sides[key] = (before[0] or was, before[1] or now)
        old = _around(subject, [key for key, stands in sides.items() if stands[0]])
        same = all(was == now for was, now in sides.values())
        new = old if same else _around(subject, [key for key, stands in sides.items() if stands[1]])
        yield subject, step.of(subject, old, new)[2]


def _around(subject: SubjectId, standing: Iterable[tuple[str, tuple[str | None, ...]]]) -> Neighbourhood | None:
    facts: dict[str, list[Any]] = {}
    for kind, row in standing:
        facts.setdefault(kind, []).append(_READ[kind](row))
    return neighbourhood_of(subject, Facts(**{kind: tuple(found) for kind, found in facts.items()}))


def _with_number(row: Sequence[str | None], place: int) -> list[Any]:
    """Read the one cell that is no text: a yes or no, kept as 1 or 0."""
    cell = row[place]
    return [*row[:place], None if cell is None else int(cell), *row[place + 1 :]]


_READ: Mapping[str, Callable[[Sequence[str | None]], Any]] = {
    "registrations": lambda row: registration_of(_with_number(row, 7)),
    "relations": lambda row: relation_of(_with_number(row, 7)),
    "designations": designation_of,
    "exemptions": exemption_of,
    "objections": objection_of,
}
