"""Several workers on one store: no answer older than demanded, one that dies is replaced, none outlives its parent."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.faults.load import change, check
from tests.faults.served import PATIENCE_S, Place
from tests.test_http_process import free_port


@contextmanager
def two(folder: Path) -> Iterator[tuple["subprocess.Popen[bytes]", str]]:
    place, port = Place(folder), free_port()
    place.fill()
    parent = place.start(port, "--workers", "2")
    try:
        await_workers(parent, f"http://127.0.0.1:{port}", 2)
        yield parent, f"http://127.0.0.1:{port}"
    finally:
        for pid in (*workers_of(parent), parent.pid):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        parent.wait()


def workers_of(parent: "subprocess.Popen[bytes]") -> list[int]:
    """The processes that listen; not the one that watches over their resources."""
    try:
        children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text(encoding="ascii").split()
        return [int(pid) for pid in children if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    except FileNotFoundError:
        return []


def await_workers(parent: "subprocess.Popen[bytes]", at: str, count: int) -> None:
    """Wait until so many are there and whoever answers is ready, twenty times in a row."""
    end, in_a_row = monotonic() + PATIENCE_S, 0
    while in_a_row < 20:
        assert monotonic() < end, "the workers did not get ready"
        in_a_row = in_a_row + 1 if len(workers_of(parent)) == count and is_ready(at) else 0
        sleep(0.01)


def answered(at: str, method: str, path: str, body: object = None) -> tuple[int, Any]:
    """Ask on a connection of its own, so that either worker may answer."""
    line = HTTPConnection(urlsplit(at).netloc)
    try:
        line.request(method, path, json.dumps(body), {"Content-Type": "application/json"})
        told = line.getresponse()
        return told.status, json.load(told)
    finally:
        line.close()


def is_ready(at: str) -> bool:
    try:
        return answered(at, "GET", "/v1/health/ready")[0] == 200
    except (OSError, HTTPException):
        return False


def test_what_one_worker_has_written_no_worker_denies_to_whoever_demands_it(tmp_path: Path) -> None:
    with two(tmp_path) as (_, at):
        for number in range(25):
            written = answered(at, "POST", "/v1/changes", change(number))[1]["version"]
            for _ in range(4):
                _, told = answered(at, "POST", "/v1/checks", check(number) | {"min_version": written})
                assert told["decision"]["version"] >= written
                assert told["decision"]["verdict"] == "bar"


def test_a_worker_that_dies_is_replaced_and_the_others_go_on(tmp_path: Path) -> None:
    with two(tmp_path) as (parent, at):
        first, second = workers_of(parent)
        os.kill(first, signal.SIGKILL)
        await_workers(parent, at, 2)
        assert second in workers_of(parent)
        parent.terminate()
        assert parent.wait(PATIENCE_S) == 0
        assert not is_ready(at)


def test_workers_that_cannot_start_end_the_service_and_say_why(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("no folder")
    place = Place(tmp_path, XINHENG_DECISION_LOG_FOLDER=str(tmp_path / "log"))
    parent = place.start(free_port(), "--workers", "2")
    assert parent.wait(PATIENCE_S) == 1
    assert "log.unavailable" in place.said.read_text()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_worker_outlives_its_parent(tmp_path: Path, how: signal.Signals) -> None:
    with two(tmp_path) as (parent, at):
        workers = workers_of(parent)
        parent.send_signal(how)
        assert parent.wait(PATIENCE_S) == (0 if how != signal.SIGKILL else -signal.SIGKILL)
        end = monotonic() + PATIENCE_S
        while any(Path(f"/proc/{pid}").exists() for pid in workers):
            assert monotonic() < end, "a worker goes on"
            sleep(0.05)
        assert not is_ready(at)


def test_a_store_in_memory_cannot_have_several(tmp_path: Path) -> None:
    told = Place(tmp_path).run("serve", "--workers", "2", store="sqlite:///:memory:")
    assert told.returncode == 1
    assert "store in memory" in told.stderr
