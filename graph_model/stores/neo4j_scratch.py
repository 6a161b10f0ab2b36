"""A graph database for trying things on: prepared and empty before, and left so after each use (decision 0001)."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from graph_model.errors import StoreUnavailable
from graph_model.store import Store
from graph_model.stores.access import Access
from graph_model.stores.neo4j import Neo4jStore
from graph_model.stores.neo4j_connect import Line
from graph_model.stores.neo4j_schema import LABELS, SCHEMA_VERSION

_HELD = "|".join(label for label in LABELS if label != "Store")
_ANY = f"OPTIONAL MATCH (n:{_HELD}) RETURN n IS NOT NULL LIMIT 1"
EMPTIED = f"MATCH (n:{_HELD}) CALL (n) {{ DETACH DELETE n }} IN TRANSACTIONS OF 10000 ROWS"
"""Deletes every node with a label of ours, but none that another program wrote."""
BEGUN = "MERGE (x:Store {id: 'xinheng'}) SET x = {id: 'xinheng', schema: $schema, version: 0}"


@contextmanager
def scratch_stores(url: str, access: Access) -> Iterator[Callable[[], AbstractContextManager[Store]]]:
    """Give what opens an empty store on a database, one at a time, and empties it again.

    Nobody else may use the database meanwhile: what they write in it goes, too.

    Raises:
        StoreUnavailable: it cannot be reached, is not prepared, or holds anything of a store; it is left as it is.

    """
    with Neo4jStore(url, access) as store:
        version = store.latest_version()
    line = Line(url, access)
    try:
        if version or line.read(_ANY, {}) != [[False]]:
            raise StoreUnavailable(
                f"存储不是空的 / store {line.place}/{line.database} is not empty; it is left as it is",
                hint="name an empty database, prepared by `xinheng store migrate`, on a server for trying",
                detail_code="store.not-empty",
            )
        yield lambda: _opened(line, url)
    finally:
        line.close()


@contextmanager
def _opened(line: Line, url: str) -> Iterator[Store]:
    try:
        with Neo4jStore(url, line.access) as store:
            yield store
    finally:
        line.read(EMPTIED, {}, seconds=line.access.bulk)
        line.read(BEGUN, {"schema": SCHEMA_VERSION})
