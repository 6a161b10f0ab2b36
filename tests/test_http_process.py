"""The service as it is started: a process of its own, many callers at once, and nothing of a person left behind."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx

from tests.http_city import RESIDENT, organisation_code

PATIENCE_S = 60
PASSPORT = "E98765432"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """`xinheng serve` on a new store in `folder`, its output in files beside it."""
    port = free_port()
    env = {name: value for name, value in os.environ.items() if not name.startswith("XINHENG_")}
    command = [str(Path(sys.executable).parent / "xinheng"), "serve", "--port", str(port)]
    with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
        process = subprocess.Popen(
            [*command, "--store", f"sqlite:///{folder}/city.db"], stdout=out, stderr=err, cwd=folder, env=env
        )
        try:
            end = monotonic() + PATIENCE_S
            while not _answers(f"http://127.0.0.1:{port}/v1/health/ready"):
                assert process.poll() is None, (folder / "err").read_text()
                assert monotonic() < end, "the service did not get ready"
                sleep(0.1)
            yield f"http://127.0.0.1:{port}", process
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()


def _answers(address: str) -> bool:
    try:
        return httpx.get(address).status_code == 200
    except httpx.TransportError:
        return False


def change(key: str, number: int) -> dict[str, Any]:
    row = {"code": organisation_code(number), "name": f"公司{number}", "kind": "enterprise", "region": "350200"}
    return {"actor": "test", "reason": "many at once", "key": key, "facts": {"organisations": [row]}}


def test_the_served_process_keeps_its_word_among_many_callers_and_leaves_no_number_behind(tmp_path: Path) -> None:
    person = {"id_type": "resident_id", "id_number": RESIDENT}
    with serving(tmp_path) as (address, process), httpx.Client(base_url=address, timeout=30) as client:
        # The same change by many at once is written once; different ones get versions without gaps.
        before = client.get("/v1/health/ready").json()["version"]
        with ThreadPoolExecutor(8) as callers:
            same = list(callers.map(lambda _: client.post("/v1/changes", json=change("same", 500)), range(8)))
            others = list(callers.map(lambda n: client.post("/v1/changes", json=change(f"k{n}", n)), range(600, 616)))
        assert {answer.status_code for answer in same + others} == {201}
        assert {answer.json()["version"] for answer in same} == {before + 1}
        assert [answer.json()["repeated"] for answer in same].count(False) == 1
        assert sorted(a.json()["version"] for a in others) == list(range(before + 2, before + 18))
        # What was acknowledged is seen by the next check that demands it.
        for answer, number in zip(others, range(600, 616), strict=True):
            version = answer.json()["version"]
            check = {"subject": organisation_code(number), "matter": "gov-subsidy", "min_version": version}
            decided = client.post("/v1/checks", json=check).json()["decision"]
            assert (decided["verdict"], decided["version"] >= version) == ("clear", True)
        # Identity numbers, sent in every way that a caller might.
        people = {**change("people", 700), "facts": {"persons": [{**person, "name": "李四"}]}}
        assert client.post("/v1/changes", json=people).status_code == 201
        assert client.post("/v1/checks", json={"subject": person, "matter": "company-officer"}).status_code == 200
        passport = {"id_type": "passport", "id_number": PASSPORT}
        assert client.post("/v1/checks", json={"subject": passport, "matter": "company-officer"}).status_code == 200
        client.post("/v1/checks", json={"subject": RESIDENT, "matter": RESIDENT})
        client.get(f"/v1/subjects/{RESIDENT}")
        client.get(f"/?subject={PASSPORT}&matter={RESIDENT}")
        client.post("/", data={"subject": RESIDENT, "id_type": "resident_id", "matter": "company-officer"})
        with socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2]))) as raw:
            raw.sendall(f"GET /{RESIDENT} nonsense {RESIDENT}\r\n\r\n".encode())
            assert RESIDENT.encode() not in raw.recv(65_536)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=PATIENCE_S) == 0
    left = {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert "city.db" in left
    assert b'"event": "request"' in left["err"]
    numbers = [RESIDENT.encode(), PASSPORT.encode()]
    assert [name for name, content in left.items() if any(number in content for number in numbers)] == []
    assert (tmp_path / "xinheng-id.key").stat().st_mode & 0o777 == 0o600
