"""Servers to be loaded, each a process of its own: ours as it is shipped, and the control, an empty FastAPI route."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from socket import socket
from time import monotonic, sleep
from urllib.error import URLError
from urllib.request import urlopen

PATIENCE_S = 900
LOOKS = 20
"""Of several workers any may answer: ready is a server of which so many looks, one after the other, find one ready."""
EMPTY = """
import sys, uvicorn
from fastapi import FastAPI
app = FastAPI()
@app.post("/v1/checks")
async def empty() -> dict[str, bool]:
    return {"ok": True}
@app.get("/v1/health/ready")
async def ready() -> dict[str, bool]:
    return {"ok": True}
uvicorn.run(app, port=int(sys.argv[1]), access_log=False, log_level="error")
"""
XINHENG = [sys.executable, "-c", "from api.cli.main import run; run()", "serve"]


@dataclass(frozen=True, slots=True)
class Server:
    """One that is ready; `ready_s`: how long after its start."""

    port: int
    pid: int
    ready_s: float


@contextmanager
def empty_route() -> Iterator[Server]:
    """Serve the control."""
    with serving([sys.executable, "-c", EMPTY], dict(os.environ)) as server:
        yield server


@contextmanager
def xinheng(city: Path, log: str, workers: int = 1) -> Iterator[Server]:
    """Serve a city from memory to callers with keys; `log`: how decisions are kept, in a folder of its own."""
    callers = city.with_name("callers")
    callers.write_text(f"benchmark sha256:{sha256(b'benchmark-key').hexdigest()}\n", encoding="ascii")
    env = {
        **os.environ,
        "XINHENG_STORE": f"sqlite:///{city}",
        "XINHENG_INDEX": "memory",
        "XINHENG_CALLERS_FILE": str(callers),
        "XINHENG_ID_KEY_FILE": str(city.with_name("id.key")),
        "XINHENG_DECISION_LOG": log,
        "XINHENG_DECISION_LOG_FOLDER": str(city.with_name(f"decisions-{log}-{workers}")),
    }
    several = ["--workers", str(workers)] if workers > 1 else []
    with serving([*XINHENG, *several, "--port"], env) as server:
        yield server


@contextmanager
def serving(command: list[str], env: dict[str, str]) -> Iterator[Server]:
    """Start a server on a free port, which is put behind `command`; give it once it is ready, and end it."""
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    began = monotonic()
    with subprocess.Popen([*command, str(port)], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as one:
        try:
            while not all(_is_ready(port) for _ in range(LOOKS)):
                if one.poll() is not None:
                    raise SystemExit(f"the server ended by itself with {one.returncode}: {' '.join(command)}")
                if monotonic() - began > PATIENCE_S:
                    raise SystemExit(f"not ready after {PATIENCE_S} s: {' '.join(command)}")
                sleep(0.1)
            yield Server(port, one.pid, monotonic() - began)
        finally:
            one.terminate()
            try:
                one.wait(30)
            except subprocess.TimeoutExpired:
                one.kill()


def _is_ready(port: int) -> bool:
    try:
        urlopen(f"http://127.0.0.1:{port}/v1/health/ready", timeout=10).close()
    except (URLError, OSError):
        return False
    return True
