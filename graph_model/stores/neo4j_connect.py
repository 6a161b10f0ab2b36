"""How a call reaches the server: connections, deadlines, retries, and what the driver's errors mean.

A server that is gone refuses at once. One that hangs answers nothing, and the driver would wait for it: so every call
runs on a thread of ours with a deadline of its own, and after one that was missed, or a connection that could not be
had, others are refused at once for a moment while one of them tries.
"""

import random
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from threading import Lock
from time import monotonic, sleep
from typing import Any, TypeAlias, TypeVar
from urllib.parse import urlsplit

import neo4j
from neo4j.exceptions import (
    DriverError,
    Neo4jError,
    ServiceUnavailable,
    SessionExpired,
    TransientError,
)

from graph_model.errors import StoreUnavailable
from graph_model.stores.access import Access

T = TypeVar("T")
Parameters: TypeAlias = dict[str, Any]
Run: TypeAlias = Callable[[str, Parameters], list[list[Any]]]
"""Runs one statement of a transaction and gives all its records, as lists."""

KERNEL = "CALL dbms.components() YIELD name, versions WHERE name = 'Neo4j Kernel' RETURN versions[0]"
_OLDEST = (5, 26)
_TRIES = 5
_BREATH = 1.0
"""Seconds for which calls are refused at once after a connection could not be had."""


class Line:
    """All connections of one process to one database of one server."""

    def __init__(self, url: str, access: Access) -> None:
        """Read the address; nothing is connected yet.

        Raises:
            StoreUnavailable: the address names no host, or holds a password.

        """
        parts = urlsplit(url)
        if not parts.hostname or parts.username or parts.password or parts.query:
            raise StoreUnavailable(
                "存储地址无法识别 / the address of a graph server has a host, and no user or password",
                hint="write neo4j://host:7687/database; user and password come from the environment",
                detail_code="store.address",
            )
        self.place = f"{parts.scheme}://{parts.hostname}:{_port(parts.port)}"
        self.database = parts.path.strip("/") or "neo4j"
        self.access = access
        self._lock = Lock()
        self._down_until = 0.0
        self._closed = False
        self._threads = ThreadPoolExecutor(access.connections, thread_name_prefix="neo4j")
        self._driver = neo4j.GraphDatabase.driver(
            self.place,
            auth=(access.user, access.password),
            max_connection_pool_size=access.connections,
            connection_timeout=access.connect,
            connection_acquisition_timeout=access.acquire,
            connection_write_timeout=access.transaction,
            # The server notes labels that nothing has yet; that is no news here, and the driver would log each.
            notifications_min_severity="OFF",
            telemetry_disabled=True,
        )

    def read(self, statement: str, parameters: Parameters, *, seconds: float | None = None) -> list[list[Any]]:
        """Run one statement by itself, in one round trip, and give its records."""
        limit = seconds or self.access.transaction
        query = neo4j.Query(statement, timeout=limit)

        def ask() -> list[list[Any]]:
            with self._driver.session(database=self.database) as session:
                return [list(record.values()) for record in session.run(query, parameters)]

        return self._call(ask, limit)

    def write(self, work: Callable[[Run], T], *, seconds: float | None = None) -> T:
        """Run `work` in one transaction; it is run again where the server asks for that, or its end is not known.

        So `work` must be able to tell that it was done already.
        """
        limit = seconds or self.access.transaction

        def attempt() -> T:
            with (
                self._driver.session(database=self.database) as session,
                session.begin_transaction(timeout=limit) as transaction,
            ):
                done = work(lambda statement, given: [list(r.values()) for r in transaction.run(statement, given)])
                transaction.commit()
                return done

        return self._call(attempt, limit)

    def _call(self, attempt: Callable[[], T], limit: float) -> T:
        """Run on a thread, within the limit and the time to connect, trying again where that helps."""
        if self._closed:
            raise StoreUnavailable(f"存储已关闭 / store {self.place} is closed", hint="open it again")
        self._refuse_while_down()
        deadline = monotonic() + limit + self.access.acquire
        try:
            future: Future[T] = self._threads.submit(self._again, attempt, deadline)
        except RuntimeError:
            raise StoreUnavailable(f"存储已关闭 / store {self.place} is closed", hint="open it again") from None
        try:
            found = future.result(deadline - monotonic())
        except FutureTimeoutError:
            future.cancel()
            self._is_down()
            raise StoreUnavailable(
                f"存储无响应 / store {self.place} did not answer within {limit:g} s",
                hint="look whether the server is overloaded or hangs; nothing wrong was answered, try again",
                detail_code="store.deadline",
            ) from None
        except (Neo4jError, DriverError) as error:
            if isinstance(error, ServiceUnavailable | SessionExpired):
                self._is_down()
            raise unavailable(error, self.place, self.database) from error
        self._down_until = 0.0
        return found

    def _again(self, attempt: Callable[[], T], deadline: float) -> T:
        """Try until it is done, fails for good, or the deadline is near."""
        for n in range(1, _TRIES + 1):
            try:
                return attempt()
            except (TransientError, ServiceUnavailable, SessionExpired) as error:
                # A connection of before a restart is dead, the next one is new; but who cannot connect at all need
                # not wait. Of a deadlock or a lock that was not had, a little pause helps.
                is_dead = isinstance(error, ServiceUnavailable | SessionExpired)
                pause = 0.0 if is_dead else random.uniform(0.01, 0.05) * 2**n  # noqa: S311
                if n == _TRIES or monotonic() + pause > deadline or (is_dead and _cannot_connect(error)):
                    raise
                sleep(pause)
        raise AssertionError("unreachable")

    def _refuse_while_down(self) -> None:
        with self._lock:
            now = monotonic()
            if now >= self._down_until:
                if self._down_until:
                    self._down_until = now + _BREATH  # this caller tries, for all others
                return
        raise StoreUnavailable(
            f"存储不可用 / store {self.place} is not answering",
            hint="see whether the server runs and can be reached; it is tried again every second",
            detail_code="store.down",
        )

    def _is_down(self) -> None:
        with self._lock:
            self._down_until = monotonic() + _BREATH

    def close(self) -> None:
        """Close every connection; a call that hangs is left to its end."""
        self._closed = True
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._driver.close()


def _port(port: int | None) -> int:
    return port or 7687


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
