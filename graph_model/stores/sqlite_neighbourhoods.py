"""The neighbourhoods of thousands, in few statements for hundreds at a time: what the hot read says, one by one."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import apsw

from graph_model.neighbourhood import relation_key
from graph_model.nodes import Designation, Neighbourhood, Objection, Relation, Subject, SubjectId, Version
from graph_model.statements import attributes_of
from graph_model.stores import rows
from graph_model.stores.rows import Row
from graph_model.stores.sqlite_neighbourhood import (
    DESIGNATIONS_LINKED,
    DESIGNATIONS_NEAR,
    NAMES_OF,
    OBJECTIONS_TO_DESIGNATIONS,
)
from graph_model.stores.sqlite_read import AT, EACH, HELD_BY, keys
from graph_model.stores.sqlite_schema import Reading

T = TypeVar("T")
BLOCK = 2_000
"""Subjects per block, each with a short read transaction of its own."""

STATEMENTS_OF_EACH = f"SELECT {rows.REGISTRATION} FROM {EACH} CROSS JOIN registration ON subject = wanted WHERE {AT}"
HELD_IN_EACH = f"SELECT {rows.RELATION} FROM {EACH} CROSS JOIN relation ON organisation = wanted WHERE {AT}"
EXEMPTIONS_OF_EACH = f"SELECT {rows.EXEMPTION} FROM {EACH} CROSS JOIN exemption ON subject = wanted WHERE {AT}"
OBJECTIONS_TO_HELD = f"""SELECT {rows.OBJECTION} FROM {EACH} CROSS JOIN objection
    ON relation_holder = wanted WHERE {AT}"""
OBJECTIONS_TO_HELD_IN = f"""SELECT {rows.OBJECTION} FROM {EACH} CROSS JOIN objection
    ON relation_organisation = wanted WHERE {AT}"""


def neighbourhoods(
    connection: apsw.Connection, subjects: Collection[SubjectId], version: Version
) -> dict[SubjectId, Neighbourhood]:
    """Read the neighbourhoods of one block of different subjects; who is not registered has none."""
    with Reading(connection):
        return neighbourhoods_within(connection, subjects, version)


def neighbourhoods_within(
    connection: apsw.Connection, subjects: Collection[SubjectId], version: Version
) -> dict[SubjectId, Neighbourhood]:
    """Read them within a transaction that has begun."""

    def each(statement: str, wanted: Collection[str]) -> Iterable[Row]:
        return connection.execute(statement, {"keys": keys(wanted), "version": version}) if wanted else ()

    return _Block(each, subjects).cut()


class _Block:
    """Everything that the block's subjects can depend on, by what it hangs on."""

    def __init__(self, each: Callable[[str, Collection[str]], Iterable[Row]], subjects: Collection[SubjectId]) -> None:
        self.statements = _by(0, each(STATEMENTS_OF_EACH, subjects), tuple)
        there = self.statements.keys()
        self.relations: dict[SubjectId, list[Relation]] = defaultdict(list)
        for relation in map(rows.relation_of, each(HELD_BY, there)):
            self.relations[relation.holder].append(relation)
        for relation in map(rows.relation_of, each(HELD_IN_EACH, there)):
            if relation.organisation is not None and relation.organisation != relation.holder:
                self.relations[relation.organisation].append(relation)
        held = [relation for of_subject in self.relations.values() for relation in of_subject]
        near = {*there, *(r.holder for r in held), *(r.organisation for r in held if r.organisation is not None)}
        self.designations = _by(1, each(DESIGNATIONS_NEAR, near), rows.designation_of)
        self.by_id = {d.id: d for of_subject in self.designations.values() for d in of_subject}
        linked = {r.designation for r in held if r.designation is not None} - self.by_id.keys()
        self.by_id |= {row[0]: rows.designation_of(row) for row in each(DESIGNATIONS_LINKED, linked)}
        self.exemptions = _by(1, each(EXEMPTIONS_OF_EACH, there), rows.exemption_of)
        self.to_designation = _by(3, each(OBJECTIONS_TO_DESIGNATIONS, self.by_id), rows.objection_of)
        self.to_held = _by(5, each(OBJECTIONS_TO_HELD, self.relations), rows.objection_of)
        self.to_held_in = _by(6, each(OBJECTIONS_TO_HELD_IN, self.relations), rows.objection_of)
        stated = [(row[1], row[0], row[2]) for of in self.statements.values() for row in of if row[2] is not None]
        stated += each(NAMES_OF, (near | {d.subject for d in self.by_id.values()}) - there)
        # By day, so that the last statement's name remains.
        self.names: dict[SubjectId, str] = {subject: name for _, subject, name in sorted(stated)}

    def cut(self) -> dict[SubjectId, Neighbourhood]:
        return {subject: self._of(subject) for subject in self.statements}

    def _of(self, subject: SubjectId) -> Neighbourhood:
        relations = self.relations.get(subject, [])
        if len(relations) > 1:
            relations.sort(key=relation_key)
        near = {subject, *(r.holder for r in relations), *(r.organisation for r in relations if r.organisation)}
        designations = {d.id: d for other in near for d in self.designations.get(other, ())}
        designations |= {r.designation: self.by_id[r.designation] for r in relations if r.designation is not None}
        shown = near | {d.subject for d in designations.values()}
        return Neighbourhood(
            subject=Subject(subject, tuple(map(attributes_of, sorted(self.statements[subject], key=_day_of)))),
            relations=tuple(relations),
            designations=tuple(designations[identity] for identity in sorted(designations)),
            exemptions=tuple(sorted(self.exemptions.get(subject, ()), key=_id_of)),
            objections=self._objections(subject, designations),
            names={other: self.names[other] for other in sorted(shown) if other in self.names},
        )

    def _objections(self, subject: SubjectId, designations: Mapping[str, Designation]) -> tuple[Objection, ...]:
        found = [o for identity in designations for o in self.to_designation.get(identity, ())]
        # An objection to a relation is there only as long as the relation, so it touches one of the subject's.
        found += self.to_held.get(subject, ())
        found += (o for o in self.to_held_in.get(subject, ()) if o.relation_holder != subject)
        return tuple(sorted(found, key=_id_of))


def _by(column: int, found: Iterable[Row], read: Callable[[Row], T]) -> dict[str, list[T]]:
    """Read rows, by the text in one of their columns."""
    by: dict[str, list[T]] = defaultdict(list)
    for row in found:
        by[row[column]].append(read(row))
    return dict(by)


def _day_of(statement: Sequence[Any]) -> str:
    return str(statement[1])


def _id_of(fact: Any) -> str:
    return str(fact.id)
