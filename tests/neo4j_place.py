"""Where tests on Neo4j happen: the one database of a server of ours, or of a given one, emptied before each opening.

Community has one database, so one store can be open at a time. A server is given by `XINHENG_NEO4J_URI` (with
`XINHENG_NEO4J_USER` and `XINHENG_NEO4J_PASSWORD`); it is used only where its database is proved empty, and nothing is
ever deleted from it but nodes with our labels, which only these tests can have written, and the indexes they made.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from neo4j import Driver, GraphDatabase
from neo4j.exceptions import DriverError, Neo4jError

from graph_model.store import Store
from graph_model.stores import migrate_store, open_store
from graph_model.stores.access import Access
from graph_model.stores.neo4j_schema import SCHEMA_VERSION
from graph_model.stores.neo4j_scratch import BEGUN, EMPTIED
from tests.neo4j_server import DATABASE, Server

URI, USER, PASSWORD = "XINHENG_NEO4J_URI", "XINHENG_NEO4J_USER", "XINHENG_NEO4J_PASSWORD"
_FORGOTTEN = """MATCH (n:Change|Subject|Designation|Exemption|Objection)
    CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 10000 ROWS"""


class GivenServerRefused(Exception):
    """The given server cannot be used for tests; it was left as it is."""


class Place:
    """One database. `url` and `access` open a store on it; `read` asks it in Cypher."""

    def __init__(self, url: str, access: Access, server: Server | None = None) -> None:
        self.url = url
        self.access = access
        self.server = server
        """The server behind it where it is ours."""
        where, _, name = url.partition("://")[2].partition("/")
        self._database = name or DATABASE
        self._driver: Driver = GraphDatabase.driver(
            f"{url.partition('://')[0]}://{where}",
            auth=(access.user, access.password),
            notifications_min_severity="OFF",
            connection_acquisition_timeout=10,
            max_transaction_retry_time=5,
        )
        self._open = False
        self._migrated = False

    @contextmanager
    def opened(self, *, drawn: bool = False) -> Iterator[Store]:
        """An empty store; with `drawn`, the nodes of earlier rulebooks stay, and none is drawn a second time."""
        assert not self._open, "one store at a time: read everything from the first, close it, then open the next"
        self.empty(drawn=drawn)
        self._open = True
        try:
            with open_store(self.url, self.access) as store:
                yield store
        finally:
            self._open = False

    def empty(self, *, drawn: bool = False) -> None:
        """Leave nothing in it but constraints and indexes, as `xinheng store migrate` leaves a new database."""
        if not self._migrated:
            migrate_store(self.url, self.access)
            self._migrated = True
        self.read(_FORGOTTEN if drawn else EMPTIED)
        self.read(BEGUN, schema=SCHEMA_VERSION)

    def read(self, statement: str, **parameters: Any) -> list[dict[str, Any]]:
        """Run one statement by itself, of whatever kind; give its rows."""
        with self._driver.session(database=self._database) as session:
            return session.run(statement, parameters).data()

    def close(self) -> None:
        self._driver.close()

    def schema(self) -> set[tuple[str, str]]:
        """Every constraint and every index that belongs to none, by kind and name."""
        constraints = self.read("SHOW CONSTRAINTS YIELD name")
        indexes = self.read("SHOW INDEXES YIELD name, owningConstraint, type WHERE owningConstraint IS NULL")
        return {("CONSTRAINT", row["name"]) for row in constraints} | {
            ("INDEX", row["name"]) for row in indexes if row["type"] != "LOOKUP"
        }


@contextmanager
def place(env: Mapping[str, str]) -> Iterator[Place]:
    """Give the database of the given server, or else of one that is started for this.

    Raises:
        ServerMissing: this machine cannot run one.
        GivenServerRefused: the given one cannot be reached, or holds something.

    """
    if env.get(URI):
        with _given(env) as found:
            yield found
        return
    with Server.started() as server:
        found = Place(server.uri, server.access, server)
        try:
            yield found
        finally:
            found.close()


@contextmanager
def _given(env: Mapping[str, str]) -> Iterator[Place]:
    found = Place(env[URI], Access(user=env.get(USER) or "neo4j", password=env.get(PASSWORD, "")))
    try:
        there = found.read("OPTIONAL MATCH (n) RETURN n IS NOT NULL AS some LIMIT 1")
        before = found.schema()
    except (Neo4jError, DriverError) as error:
        found.close()
        raise GivenServerRefused(f"{URI}: {error}") from error
    if there != [{"some": False}]:
        found.close()
        raise GivenServerRefused(f"{URI}: its database is not empty; tests need one that they may fill and empty")
    try:
        yield found
    finally:
        found.read(EMPTIED)
        found.read("MATCH (n:Store) DETACH DELETE n")
        for kind, name in sorted(found.schema() - before):
            found.read(f"DROP {kind} `{name}`")
        found.close()
