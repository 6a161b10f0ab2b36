"""Which process runs which test: all that speak to the one Neo4j server run in one, the others wherever there is room.

xdist's own groups (`xdist_group`) are written into the ids of tests, which pytest 9.2 does not let it do any more.
"""

import re
from functools import cache
from pathlib import Path

from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).parent.parent
_ON_NEO4J = re.compile(r"[\[-]neo4j[\]-]")


class OneServer(LoadScopeScheduling):
    """Each test by itself, but those on the server together, and first: they take the longest."""

    def _split_scope(self, nodeid: str) -> str:
        return "neo4j" if is_on_neo4j(nodeid) else nodeid


def is_on_neo4j(nodeid: str) -> bool:
    """Whether a test runs on the server: its store is one there, or its file asks for the server."""
    return _ON_NEO4J.search(nodeid) is not None or _asks(nodeid.partition("::")[0])


@cache
def _asks(file: str) -> bool:
    path = ROOT / file
    return path.suffix == ".py" and bool(re.search(r"\bneo4j_(place|server):", path.read_text(encoding="utf-8")))
