"""What a change set changed, read within its own transaction for whoever follows the store."""

import apsw

from graph_model.store import Change, News
from graph_model.stores.sqlite_neighbourhoods import neighbourhoods_within
from graph_model.stores.sqlite_read import near

_FEW = 100
"""Whoever waits to write may be kept waiting for the neighbourhoods of so many, and of no more."""


def news_of(connection: apsw.Connection, change: Change) -> News:
    """Give a change set that the connection has just written, and the neighbourhoods that it can affect, where few.

    A connection that writes keeps the pages that it has read and written; one that reads drops all of its own with
    every change set, and would read dozens of them again.
    """
    if len(change.subjects) > _FEW:
        return News(change)
    affected = near(connection, change.subjects, change.version, change.version - 1)
    if len(affected) > _FEW:
        return News(change)
    return News(change, tuple(neighbourhoods_within(connection, affected, change.version).values()))
