"""Where scenarios run: each on a new and empty store of its own, thrown away behind it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory

from graph_model.store import Store
from graph_model.stores import open_store
from graph_model.stores.access import Access

NewStore = Callable[[], AbstractContextManager[Store]]
IN_MEMORY = "sqlite:///:memory:"
_SQLITE = "sqlite:///"


@contextmanager
def stores_like(url: str | None, access: Access = Access()) -> Iterator[NewStore]:  # noqa: B008 (a frozen value)
    """Give what opens a new empty store of the kind of `url`; without one, in memory.

    For `sqlite:///folder/x.db` new files come into being in a temporary folder beside it, so that scenarios run on that
    very disk and with its guarantees; the store at `url` itself is neither read nor written. A graph server has no
    room for others: there the database of `url` itself is used, but only where it is empty, and emptied each time.

    Raises:
        StoreUnavailable: there is no such kind of store, it cannot be opened there, or is a graph that is not empty.

    """
    if url is None or url == IN_MEMORY:
        yield lambda: open_store(IN_MEMORY)
        return
    if not url.startswith(_SQLITE):
        open_store(url, access).close()  # says what kinds of store there are
        # Imported where it is needed: the driver takes a while.
        from graph_model.stores.neo4j_scratch import scratch_stores

        with scratch_stores(url, access) as new_store:
            yield new_store
        return
    beside = Path(url.removeprefix(_SQLITE)).parent
    beside.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".xinheng-scenarios-", dir=beside) as folder:
        numbers = count(1)
        yield lambda: _thrown_away(Path(folder) / str(next(numbers)))


@contextmanager
def _thrown_away(folder: Path) -> Iterator[Store]:
    folder.mkdir()
    try:
        with open_store(f"{_SQLITE}{folder / 'store.db'}") as store:
            yield store
    finally:
        rmtree(folder)
