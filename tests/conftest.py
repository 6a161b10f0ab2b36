"""The stores that the contract suites run on. A new adapter passes them all by one more opening here."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from graph_model.store import Store
from graph_model.stores import open_store
from tests.neo4j_java import ServerMissing
from tests.not_tested import MARK, not_tested
from tests.store_acts import publish, put, registration
from tests.untested import RECORD

if TYPE_CHECKING:
    from engine.question import Json
    from tests.neo4j_place import Place
    from tests.neo4j_server import Server

Opening: TypeAlias = Callable[[], AbstractContextManager[Store]]
ADAPTERS = ["sqlite-memory", "sqlite-file", pytest.param("neo4j", marks=pytest.mark.neo4j)]


@pytest.fixture(params=ADAPTERS)
def opening(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Opening:
    """How to open an empty store of one adapter; each opening is another store."""
    if request.param == "sqlite-memory":
        return lambda: open_store("sqlite:///:memory:")
    if request.param == "neo4j":
        opened: Opening = request.getfixturevalue("neo4j_place").opened
        return opened
    folder = tmp_path_factory.mktemp("store")
    numbers = iter(range(1_000_000))
    return lambda: open_store(f"sqlite:///{folder}/{next(numbers)}.db")


@pytest.fixture(scope="session")
def neo4j_place() -> "Iterator[Place]":
    """One real Neo4j server for the whole run: a given one, or one that is started here (`tests.neo4j_place`)."""
    # Imported here: most runs of a few tests never speak to a server, and the driver takes a while.
    from tests.neo4j_place import place

    with or_not_tested(), place(os.environ) as found:
        yield found


@pytest.fixture(scope="module")
def neo4j_server() -> "Iterator[Server]":
    """A server of the module's own, empty at first: to be stopped, killed, or filled by hand."""
    from tests.neo4j_server import Server

    with or_not_tested(), Server.started() as server:
        yield server


@contextmanager
def or_not_tested() -> Iterator[None]:
    """Say that Neo4j was not tested where this machine cannot run a server."""
    try:
        yield
    except ServerMissing as missing:
        not_tested(f"Neo4j: NOT TESTED, needs {missing.needs}", remedy=missing.remedy)


@pytest.fixture
def store(opening: Opening) -> Iterator[Store]:
    with opening() as empty:
        yield empty


@pytest.fixture
def furnished(store: Store) -> Store:
    """A store at version 2. Version 1: the vocabulary; version 2: a company ORG and a person P."""
    publish(store)
    put(store, registrations=(registration("ORG", name="公司"), registration("P", kind="person")))
    return store


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests on the server, for `-m neo4j`."""
    for item in items:
        if {"neo4j_place", "neo4j_server"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.neo4j)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Let all tests on the server run in one process, where there are several (`--dist loadgroup`)."""
    if config.option.dist != "loadgroup":
        return None
    from tests.one_server import OneServer

    return OneServer(config, log)


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was not tested, after everything else, also where the tests ran in several processes."""
    reasons = {
        report.longrepr[2].partition(MARK)[2]
        for report in terminalreporter.stats.get("skipped", ())
        if isinstance(report.longrepr, tuple) and MARK in report.longrepr[2]
    }
    RECORD.unlink(missing_ok=True)
    if reasons:
        RECORD.parent.mkdir(exist_ok=True)
        RECORD.write_text("".join(f"{reason}\n" for reason in sorted(reasons)), encoding="utf-8")
        terminalreporter.section("未测试 NOT TESTED")
        for reason in sorted(reasons):
            terminalreporter.line(reason)


def pytest_configure() -> None:
    """Let Ctrl-C be tested also where the tests run in the background: shells have it ignored there, children too."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="module")
def told() -> "dict[str, Json]":
    """One decision of each verdict, as it is told."""
    from tests.http_city import SUBJECT_OF, city

    with city() as town:
        return {
            verdict: town.post("/v1/checks", {"subject": subject, "matter": "licence"}).json()["decision"]
            for verdict, subject in SUBJECT_OF.items()
        }
