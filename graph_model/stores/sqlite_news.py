"""What a change set changed, read within its own transaction for whoever follows the store.

A connection that writes keeps the pages that it has read and written; one that reads drops all of its own with every
change set, and would read dozens of them again.
"""

from collections.abc import Callable, Collection, Iterable
from typing import TypeAlias

import apsw

from graph_model.nodes import Designation, Facts, Version
from graph_model.statements import registration_of
from graph_model.store import News
from graph_model.stores import rows
from graph_model.stores.rows import Row
from graph_model.stores.sqlite_neighbourhoods import EXEMPTIONS_OF_EACH, STATEMENTS_OF_EACH, neighbourhoods_within
from graph_model.stores.sqlite_read import AT, EACH, keys, near
from graph_model.stores.sqlite_write import Written

_FEW = 100
"""Whoever waits to write may be kept waiting for the neighbourhoods of so many, and of no more."""

TIES_OF_EACH = f"""SELECT {rows.RELATION} FROM {EACH} CROSS JOIN relation
    ON holder = wanted WHERE organisation IS NOT NULL AND {AT}
    UNION ALL SELECT {rows.RELATION} FROM {EACH} CROSS JOIN relation ON organisation = wanted WHERE {AT}"""
OBJECTIONS_TO_TIES = f"""SELECT {rows.OBJECTION} FROM {EACH} CROSS JOIN objection
    ON relation_holder = wanted WHERE {AT}
    UNION ALL SELECT {rows.OBJECTION} FROM {EACH} CROSS JOIN objection ON relation_organisation = wanted WHERE {AT}"""

Each: TypeAlias = Callable[[str, Collection[str]], Iterable[Row]]
"""Runs a statement for each of some keys, at the version that is being written."""


def news_of(connection: apsw.Connection, written: Written) -> News | None:
    """Give what the connection has just written, and the neighbourhoods that it can affect, where they are few."""
    change = written.entry
    if change is None:
        return None
    if len(change.subjects) > _FEW:
        return News(change)
    if written.entered:
        return News(change, brought=_brought(_at(connection, change.version), written.entered))
    affected = near(connection, change.subjects, change.version, change.version - 1)
    if len(affected) > _FEW:
        return News(change)
    return News(change, tuple(neighbourhoods_within(connection, affected, change.version).values()))


def _at(connection: apsw.Connection, version: Version) -> Each:
    return lambda statement, wanted: connection.execute(statement, {"keys": keys(wanted), "version": version})


def _brought(each: Each, entered: tuple[Designation, ...]) -> Facts | None:
    """Give new designations, and all by which they can come to anybody; `None`: to too many.

    Nothing that stood before is to a new designation: no link, no objection, and no exemption names one.
    """
    designated = {designation.subject for designation in entered}
    # A tie between two of them is found at both ends.
    ties = tuple(map(rows.relation_of, set(each(TIES_OF_EACH, designated))))
    subjects = designated.union(*((tie.holder, tie.organisation or "") for tie in ties))
    if len(subjects) > _FEW:
        return None
    return Facts(
        registrations=tuple(map(registration_of, each(STATEMENTS_OF_EACH, subjects))),
        relations=ties,
        designations=entered,
        exemptions=tuple(map(rows.exemption_of, each(EXEMPTIONS_OF_EACH, subjects))),
        objections=tuple(map(rows.objection_of, set(each(OBJECTIONS_TO_TIES, designated)))) if ties else (),
    )
