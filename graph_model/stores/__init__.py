"""The stores that exist, by address."""

from graph_model.errors import StoreUnavailable
from graph_model.store import Store
from graph_model.stores.sqlite import SqliteStore

_SQLITE = "sqlite:///"


def open_store(url: str) -> Store:
    """Open the store at an address, making an embedded one that is not there yet.

    `sqlite:///path.db` is relative to the working folder, `sqlite:////abs/path.db` absolute, `sqlite:///:memory:` new
    and gone when closed.

    Raises:
        StoreUnavailable: the address is of no known form, or the store cannot be opened.

    """
    if url.startswith(_SQLITE) and len(url) > len(_SQLITE):
        return SqliteStore(url.removeprefix(_SQLITE))
    if url.startswith(("neo4j://", "neo4j+s://", "bolt://", "bolt+s://")):
        raise StoreUnavailable(
            "尚不支持 Neo4j / Neo4j stores are not supported by this version",
            hint="use sqlite:///path.db",
            detail_code="store.unsupported",
        )
    # The address is not shown: it may hold a password.
    raise StoreUnavailable(
        "存储地址无法识别 / the store's address is of no known form",
        hint="write sqlite:///path.db",
        detail_code="store.address",
    )
