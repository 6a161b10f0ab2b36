"""How a call reaches the server: connections, deadlines, retries.

A server that is gone refuses at once. One that hangs answers nothing, and the driver would wait for it: so every call
runs on a thread of ours with a deadline of its own. After one that was missed, or a connection that could not be had,
all others are refused at once; once a second one of them finds out whether the server is back.
"""

import random
import re
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from threading import Lock, Thread
from time import monotonic, sleep
from typing import Any, TypeAlias, TypeVar

import neo4j
from neo4j.exceptions import DriverError, Neo4jError, ServiceUnavailable, SessionExpired, TransientError

from graph_model.errors import StoreUnavailable
from graph_model.stores.access import Access
from graph_model.stores.neo4j_errors import unavailable

T = TypeVar("T")
Parameters: TypeAlias = dict[str, Any]
Run: TypeAlias = Callable[[str, Parameters], list[list[Any]]]
"""Runs one statement of a transaction and gives all its records, as lists."""

KERNEL = "CALL dbms.components() YIELD name, versions WHERE name = 'Neo4j Kernel' RETURN versions[0]"
_ADDRESS = re.compile(
    r"(?P<scheme>(neo4j|bolt)(\+ssc?)?)://(?P<host>\[[0-9A-Fa-f:.]+\]|[^][:/?#@\s]+)(:(?P<port>\d{1,5}))?"
    r"(/(?P<database>[^/?#@\s]*)/?)?"
)
_OLDEST = (5, 26)
_TRIES = 5
_BREATH = 1.0
"""Seconds for which calls are refused at once after the server did not answer."""


class _Connections:
    """Connections with the threads that wait on them; given up together when one of them hangs."""

    def __init__(self, place: str, access: Access) -> None:
        self.threads = ThreadPoolExecutor(access.connections, thread_name_prefix="neo4j")
        self.driver = neo4j.GraphDatabase.driver(
            place,
            auth=(access.user, access.password),
            max_connection_pool_size=access.connections,
            connection_timeout=access.connect,
            connection_acquisition_timeout=access.acquire,
            connection_write_timeout=access.transaction,
            # The server notes labels that nothing has yet; that is no news here, and the driver would log each.
            notifications_min_severity="OFF",
            telemetry_disabled=True,
        )

    def close(self) -> None:
        """Cut every connection, which wakes the threads that wait on one."""
        self.threads.shutdown(wait=False, cancel_futures=True)
        self.driver.close()


class Line:
    """All connections of one process to one database of one server."""

    def __init__(self, url: str, access: Access) -> None:
        """Read the address; nothing is connected yet.

        Raises:
            StoreUnavailable: the address names no host, or holds a password.

        """
        parts = _ADDRESS.fullmatch(url)
        if parts is None or int(parts["port"] or 0) > 65_535:
            raise StoreUnavailable(
                "存储地址无法识别 / the address of a graph server has a host, and no user or password",
                hint="write neo4j://host:7687/database; user and password come from the environment",
                detail_code="store.address",
            )
        self.place = f"{parts['scheme']}://{parts['host']}:{parts['port'] or 7687}"
        self.database = parts["database"] or "neo4j"
        self.access = access
        self._lock = Lock()
        self._down_until: float | None = None
        self._is_tried = False
        self._closed = False
        self._connections = _Connections(self.place, access)

    def read(self, statement: str, parameters: Parameters, *, seconds: float | None = None) -> list[list[Any]]:
        """Run one statement by itself, in one round trip, and give its records."""
        return self.each_by_itself(lambda run: run(statement, parameters), seconds=seconds)

    def each_by_itself(self, work: Callable[[Run], T], *, seconds: float | None = None) -> T:
        """Run `work`, each statement of which is a transaction of its own; as in `write`, it may be run again."""
        limit = seconds or self.access.transaction

        def attempt(driver: neo4j.Driver) -> T:
            with driver.session(database=self.database) as session:
                return work(
                    lambda statement, given: [
                        list(record.values()) for record in session.run(neo4j.Query(statement, timeout=limit), given)
                    ]
                )

        return self._call(attempt, limit)

    def write(self, work: Callable[[Run], T], *, seconds: float | None = None) -> T:
        """Run `work` in one transaction; it is run again where the server asks for that, or its end is not known.

        So `work` must be able to tell that it was done already.
        """
        limit = seconds or self.access.transaction

        def attempt(driver: neo4j.Driver) -> T:
            with (
                driver.session(database=self.database) as session,
                session.begin_transaction(timeout=limit) as transaction,
            ):
                done = work(lambda statement, given: [list(r.values()) for r in transaction.run(statement, given)])
                transaction.commit()
                return done

        return self._call(attempt, limit)

    def _call(self, attempt: Callable[[neo4j.Driver], T], limit: float) -> T:
        """Run on a thread, within the limit and the time to connect, trying again where that helps."""
        if self._down_until is not None:
            self._see_whether_it_is_back()
        return self._within(attempt, limit)

    def _within(self, attempt: Callable[[neo4j.Driver], T], limit: float) -> T:
        connections, deadline = self._connections, monotonic() + limit + self.access.acquire
        try:
            future: Future[T] = connections.threads.submit(self._again, attempt, deadline)
        except RuntimeError:
            if not self._closed and connections is not self._connections:
                return self._within(attempt, limit)  # others were given up for these just now
            raise StoreUnavailable(f"存储已关闭 / store {self.place} is closed", hint="open it again") from None
        try:
            return future.result(deadline - monotonic())
        except FutureTimeoutError:
            if future.cancel():
                raise self._busy() from None
            self._is_down(connections)
            raise StoreUnavailable(
                f"存储未按时应答 / store {self.place} did not answer within {limit:g} s",
                hint="look whether the server is overloaded or hangs; nothing wrong was answered, try again",
                detail_code="store.deadline",
            ) from None
        except CancelledError:
            raise self._refusal() from None
        except (Neo4jError, DriverError) as error:
            told = unavailable(error, self.place, self.database)
            if told.detail_code == "store.down":
                self._is_down(None)
            raise told from error

    def _again(self, attempt: Callable[[neo4j.Driver], T], deadline: float) -> T:
        """Try until it is done, fails for good, or the deadline is near."""
        for n in range(1, _TRIES + 1):
            connections = self._connections
            try:
                return attempt(connections.driver)
            except (TransientError, DriverError) as error:
                # A connection of before a restart is dead, the next one is new; but who cannot connect at all need
                # not wait. Of a deadlock or a lock that was not had, a little pause helps.
                is_dead = isinstance(error, ServiceUnavailable | SessionExpired)
                helps = isinstance(error, TransientError) or is_dead or connections is not self._connections
                pause = random.uniform(0.01, 0.05) * 2**n if isinstance(error, TransientError) else 0.0  # noqa: S311 (no secret)
                is_late = n == _TRIES or self._closed or monotonic() + pause > deadline
                if is_late or not helps or (is_dead and _cannot_connect(error)):
                    raise
                sleep(pause)
        raise AssertionError("unreachable")

    def _see_whether_it_is_back(self) -> None:
        """Refuse at once while it is down; once a second one caller finds out for all."""
        with self._lock:
            if self._down_until is None:
                return
            if self._is_tried or monotonic() < self._down_until:
                raise self._refusal()
            self._is_tried = True
        try:
            self._within(self._ask_anything, 0.0)
        except StoreUnavailable as error:
            if error.detail_code not in {"store.credentials", "store.database", "store.forbidden"}:
                self._is_down(None)
                raise
            self._down_until = None  # it answers, if only to refuse
        else:
            self._down_until = None
        finally:
            self._is_tried = False

    def _ask_anything(self, driver: neo4j.Driver) -> None:
        with driver.session(database=self.database) as session:
            session.run("RETURN 1").consume()

    def _is_down(self, hanging: _Connections | None) -> None:
        """Note that it does not answer; connections that hang are given up for new ones."""
        with self._lock:
            self._down_until = monotonic() + _BREATH
            if hanging is None or hanging is not self._connections or self._closed:
                return
            self._connections = _Connections(self.place, self.access)
        Thread(target=hanging.close, name="neo4j-close", daemon=True).start()

    def _refusal(self) -> StoreUnavailable:
        return StoreUnavailable(
            f"存储不可用 / store {self.place} is not answering",
            hint="see whether the server runs and can be reached; it is tried again every second",
            detail_code="store.down",
        )

    def _busy(self) -> StoreUnavailable:
        return StoreUnavailable(
            f"存储连接均在使用 / all {self.access.connections} connections to {self.place} are in use",
            hint="wait, or allow more with XINHENG_NEO4J_CONNECTIONS",
            detail_code="store.busy",
        )

    def close(self) -> None:
        """Close every connection; what still waits on one is given up."""
        with self._lock:
            self._closed = True
        self._connections.close()


def _cannot_connect(error: Exception) -> bool:
    return "Couldn't connect" in str(error) or "Unable to retrieve routing" in str(error)


def check_server(line: Line) -> None:
    """Refuse a server that is older than what this adapter is tested with.

    Raises:
        StoreUnavailable: it is, or it cannot be reached.

    """
    [[version]] = line.read(KERNEL, {})
    numbers = tuple(int(part) for part in version.split("-")[0].split(".")[:2])
    if numbers < _OLDEST:
        raise StoreUnavailable(
            f"Neo4j 版本过旧 / store {line.place}: Neo4j {version} is older than 5.26",
            hint="upgrade the server to 5.26 LTS or a newer one",
            detail_code="store.server",
        )
