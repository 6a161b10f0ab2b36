"""The service on a graph server that is stopped, hangs and comes back: a clear 503 at once, and no restart."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx
import pytest

from engine.service import Service
from graph_model.identifiers import IdentityKeyer
from graph_model.store import ChangeSet
from graph_model.stores import migrate_store, open_store
from loaders.rows import facts_from_rows
from memoranda.reader import read_inline
from tests.http_city import BARRED, KEY, ROWS, RULEBOOK
from tests.neo4j_server import Server
from tests.test_http_process import free_port

CHECK = {"subject": BARRED, "matter": "licence", "on": "2026-11-22"}
PATIENCE_S = 60


@pytest.fixture(scope="module")
def address(neo4j_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`xinheng serve` on the server, with short deadlines."""
    book = read_inline(RULEBOOK)
    migrate_store(neo4j_server.uri, neo4j_server.access)
    with open_store(neo4j_server.uri, neo4j_server.access) as store:
        service = Service(store)
        service.publish(book, actor="test", reason="test", key="law")
        facts = facts_from_rows(ROWS, book.vocabulary, IdentityKeyer(KEY))
        service.apply(ChangeSet("test", "test", "facts", facts))
    with serving(neo4j_server, tmp_path_factory.mktemp("served")) as found:
        yield found


@contextmanager
def serving(server: Server, folder: Path) -> Iterator[str]:
    port = free_port()
    env = {name: value for name, value in os.environ.items() if not name.startswith("XINHENG_")}
    env |= {
        "XINHENG_STORE": server.uri,
        "XINHENG_INDEX": "store",
        "XINHENG_NEO4J_PASSWORD": server.password,
        "XINHENG_NEO4J_CONNECT_SECONDS": "0.5",
        "XINHENG_NEO4J_ACQUIRE_SECONDS": "0.5",
        "XINHENG_NEO4J_TRANSACTION_SECONDS": "2",
        "XINHENG_ID_KEY": KEY.decode(),
    }
    command = [str(Path(sys.executable).parent / "xinheng"), "serve", "--port", str(port)]
    with (folder / "out").open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, cwd=folder, env=env)
        try:
            until_ready(f"http://127.0.0.1:{port}")
            yield f"http://127.0.0.1:{port}"
            assert process.poll() is None, (folder / "out").read_text()
        finally:
            process.terminate()
            process.wait(PATIENCE_S)


def until_ready(address: str) -> None:
    end = monotonic() + PATIENCE_S
    while True:
        assert monotonic() < end, "it did not get ready"
        try:
            if httpx.get(f"{address}/v1/health/ready", timeout=10).status_code == 200:
                return
        except httpx.TransportError:
            pass
        sleep(0.1)


def timed(address: str, method: str, path: str, body: Any = None) -> tuple[httpx.Response, float]:
    started = monotonic()
    answer = httpx.request(method, f"{address}{path}", json=body, timeout=30)
    return answer, monotonic() - started


def change(key: str) -> dict[str, Any]:
    return {"actor": "test", "reason": "test", "key": key, "facts": {"persons": []}}


def assert_refused_at_once(address: str) -> None:
    """Checks, changes and readiness say so; the process lives; none of them waits."""
    asked = [("POST", "/v1/checks", CHECK), ("POST", "/v1/changes", change("away")), ("GET", "/v1/health/ready", None)]
    quick = []
    for method, path, body in asked * 4:
        answer, seconds = timed(address, method, path, body)
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (503, "store.unavailable"), problem
        assert problem["detail_code"] in {"store.down", "store.deadline"}
        assert answer.headers["Retry-After"]
        assert problem["hint"]
        quick.append(seconds < 0.4)
        live, seconds = timed(address, "GET", "/v1/health/live")
        assert (live.status_code, seconds < 0.4) == (200, True)
    assert sum(quick) >= len(quick) - 3, "one a second may find out whether it is back"


def test_while_the_server_is_gone_everything_is_refused_at_once_and_goes_on_when_it_is_back(
    neo4j_server: Server, address: str
) -> None:
    before, _ = timed(address, "POST", "/v1/checks", CHECK)
    assert before.json()["decision"]["verdict"] == "bar"
    neo4j_server.kill9()
    assert_refused_at_once(address)
    neo4j_server.start()
    until_ready(address)
    after, _ = timed(address, "POST", "/v1/checks", CHECK)
    assert after.json()["decision"] == before.json()["decision"]
    assert timed(address, "POST", "/v1/changes", change("back"))[0].status_code == 201


def test_while_the_server_hangs_only_the_first_wait_and_no_longer_than_the_deadline(
    neo4j_server: Server, address: str
) -> None:
    until_ready(address)
    os.kill(neo4j_server.pid, signal.SIGSTOP)
    try:
        first, seconds = timed(address, "POST", "/v1/checks", CHECK)
        assert (first.status_code, first.json()["detail_code"]) == (503, "store.deadline")
        assert seconds < 4
        assert_refused_at_once(address)
    finally:
        os.kill(neo4j_server.pid, signal.SIGCONT)
    until_ready(address)
    assert timed(address, "POST", "/v1/checks", CHECK)[0].json()["decision"]["verdict"] == "bar"
