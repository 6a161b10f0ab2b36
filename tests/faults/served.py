"""`xinheng serve` as a process of its own, to be killed, starved of disk and started again over the same folder."""

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx

from graph_model.stores import open_store
from tests.http_city import KEY, SETTINGS, fill
from tests.test_http_process import free_port

PATIENCE_S = 60
LONG = os.environ.get("FAULTS") == "long"
XINHENG = str(Path(sys.executable).parent / "xinheng")


class Place:
    """A folder with the store `city.db`, its decision log beside it, and whatever the programs there say."""

    def __init__(self, folder: Path, **env: str) -> None:
        self.folder = folder
        self.database = folder / "city.db"
        self.log = folder / "city-decisions"
        self.url = f"sqlite:///{self.database}"
        outside = {name: value for name, value in os.environ.items() if not name.startswith("XINHENG_")}
        self.env = outside | {"XINHENG_STORE": self.url, "XINHENG_ID_KEY": KEY.decode(), "XINHENG_LANG": "en"} | env
        self.said = folder / "said"

    def fill(self) -> None:
        """Publish the small city's rulebook and facts."""
        with open_store(self.url) as store:
            fill(store, SETTINGS)

    def start(self, port: int, *more: str) -> "subprocess.Popen[bytes]":
        """Start the service; gives it at once. What it says is appended to `said`."""
        with self.said.open("ab") as said:
            return subprocess.Popen(
                [XINHENG, "serve", "--port", str(port), *more], stdout=said, stderr=said, cwd=self.folder, env=self.env
            )

    @contextmanager
    def serving(self) -> Iterator["Serving"]:
        """Serve until the block ends, then stop in the ordinary way."""
        port = free_port()
        process = self.start(port)
        served = Serving(self, f"http://127.0.0.1:{port}", process)
        try:
            served.until_ready()
            yield served
            process.terminate()
            process.wait(PATIENCE_S)
        finally:
            served.close()
            if process.poll() is None:
                process.kill()
            process.wait()

    def run(self, *words: str, store: str | None = None) -> "subprocess.CompletedProcess[str]":
        """Run another command of ours there."""
        given = [XINHENG, *words, *(["--store", store] if store else [])]
        return subprocess.run(given, cwd=self.folder, env=self.env, capture_output=True, text=True, timeout=120)


class Serving:
    """A running service."""

    def __init__(self, place: Place, address: str, process: "subprocess.Popen[bytes]") -> None:
        self.place, self.address, self.process = place, address, process
        self._client = httpx.Client(base_url=address, timeout=PATIENCE_S)

    def close(self) -> None:
        self._client.close()

    def until_ready(self) -> None:
        end = monotonic() + PATIENCE_S
        while not self._is_ready():
            assert self.process.poll() is None, self.place.said.read_text()
            assert monotonic() < end, "the service did not get ready"
            sleep(0.02)

    def _is_ready(self) -> bool:
        try:
            return self.ask("GET", "/v1/health/ready").status_code == 200
        except httpx.TransportError:
            return False

    def ask(self, method: str, path: str, body: Any = None) -> httpx.Response:
        return self._client.request(method, path, json=body)

    def fill_the_disk(self, most_bytes: int = 1) -> None:
        """From now on no file of the process grows beyond so many bytes: as on a full disk, without filling one."""
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (most_bytes, resource.RLIM_INFINITY))

    def free_the_disk(self) -> None:
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
