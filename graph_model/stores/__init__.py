"""The stores that exist, by address."""

from graph_model.errors import StoreUnavailable
from graph_model.store import Store
from graph_model.stores.access import Access
from graph_model.stores.sqlite import SqliteStore
from graph_model.stores.sqlite_schema import SCHEMA_VERSION

_SQLITE = "sqlite:///"
_GRAPH_SCHEMES = ("neo4j://", "neo4j+s://", "neo4j+ssc://", "bolt://", "bolt+s://", "bolt+ssc://")


def open_store(url: str, access: Access = Access(), *, filling: bool = False) -> Store:  # noqa: B008 (a frozen value)
    """Open the store at an address, making an embedded one that is not there yet.

    `sqlite:///path.db` is relative to the working folder, `sqlite:////abs/path.db` absolute, `sqlite:///:memory:` new
    and gone when closed. `neo4j://host:7687/database` and `bolt://…` (`+s`, `+ssc`: encrypted) are graph servers, which
    `migrate_store` has prepared; `access` is for these alone. `filling`: also one whose restoring was stopped half-way,
    which nothing can be asked but to restore the same archive again.

    Raises:
        StoreUnavailable: the address is of no known form, or the store cannot be opened.

    """
    if url.startswith(_SQLITE) and len(url) > len(_SQLITE):
        return SqliteStore(url.removeprefix(_SQLITE))
    if url.startswith(_GRAPH_SCHEMES):
        # Imported where it is needed: the driver takes a while, and most commands never speak to a server.
        from graph_model.stores.neo4j import Neo4jStore

        return Neo4jStore(url, access, filling=filling)
    # The address is not shown: it may hold a password.
    raise StoreUnavailable(
        "存储地址无法识别 / the store's address is of no known form",
        hint="write sqlite:///path.db, or neo4j://host:7687/database",
        detail_code="store.address",
    )


def migrate_store(url: str, access: Access = Access()) -> tuple[int, int]:  # noqa: B008 (a frozen value)
    """Bring a store's schema up to date, on a live store too; again does no harm.

    Returns:
        The schema version before (0: there was none) and after.

    Raises:
        StoreUnavailable: it cannot be opened or changed, is newer than this code, or another program's.

    """
    if url.startswith(_GRAPH_SCHEMES):
        from graph_model.stores.neo4j import migrate

        return migrate(url, access)
    with open_store(url):
        pass  # opening an embedded store brings it up to date
    return SCHEMA_VERSION, SCHEMA_VERSION
