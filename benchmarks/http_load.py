"""Load on one address, from a process of its own: `python -m benchmarks.http_load PORT CONNECTIONS SECONDS FILE FIRST`.

FILE holds request bodies, one a line, and the path first; FIRST is the place of the body to begin with. Each
connection asks the next as soon as it is answered. Prints requests a second, median and 99th percentile in
milliseconds, how many were not answered with 200, the mean length of an answer, and the share of a core it took.
"""

import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from itertools import cycle
from pathlib import Path
from time import perf_counter, process_time

import uvloop

MOST = 150_000
"""Bodies that are made ready, from FIRST on; a few seconds' worth."""


class _Asker(asyncio.Protocol):
    """One connection. `times`: where it leaves how long each answer took, in seconds."""

    def __init__(self, requests: Iterator[bytes], ends: float, times: list[float]) -> None:
        self._requests, self._ends, self._times = requests, ends, times
        self._head, self._missing, self._begun = b"", 0, 0.0
        self.failed = self.received = 0
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]  # as asyncio's own examples have it
        self._ask()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's name
        if not self.ended.done():
            self.failed += 1  # the server hung up
            self.ended.set_result(None)

    def data_received(self, data: bytes) -> None:
        if not self._missing:
            self._head += data
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self._head[:end].lower()
            length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
            self._missing = length + end + 4 - len(self._head)
            self.received += length
            self.failed += not head.startswith(b"http/1.1 200")
            self._head = b""
        else:
            self._missing -= len(data)
        if not self._missing:
            self._times.append(perf_counter() - self._begun)
            self._ask()

    def _ask(self) -> None:
        self._begun = perf_counter()
        if self._begun < self._ends:
            self._transport.write(next(self._requests))
        else:
            self.ended.set_result(None)
            self._transport.close()


async def _loading(port: int, connections: int, seconds: float, requests: Sequence[bytes]) -> dict[str, float]:
    times: list[float] = []
    turn = cycle(requests)
    began, used = perf_counter(), process_time()
    askers = []
    for _ in range(connections):
        loop = asyncio.get_running_loop()
        _, asker = await loop.create_connection(lambda: _Asker(turn, began + seconds, times), "127.0.0.1", port)
        askers.append(asker)
    await asyncio.gather(*(asker.ended for asker in askers))
    took, used = perf_counter() - began, process_time() - used
    times.sort()
    return {
        "rate": len(times) / took,
        "p50_ms": times[len(times) // 2] * 1e3,
        "p99_ms": times[len(times) * 99 // 100] * 1e3,
        "requests": len(times),
        "failed": sum(asker.failed for asker in askers),
        "load_cpu": used / took,
        "bytes": sum(asker.received for asker in askers) / len(times),
    }


def requests_of(file: Path, first: int) -> list[bytes]:
    """Spell the requests of a file, from one on and round."""
    path, *bodies = file.read_text(encoding="utf-8").splitlines()
    first %= len(bodies)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer benchmark-key\r\n"
    )
    chosen = (bodies[first:] + bodies[:first])[:MOST]
    return [f"{head}Content-Length: {len(body.encode())}\r\n\r\n{body}".encode() for body in chosen]


if __name__ == "__main__":
    PORT, CONNECTIONS, SECONDS, FILE, FIRST = sys.argv[1:]
    REQUESTS = requests_of(Path(FILE), int(FIRST))
    print(json.dumps(uvloop.run(_loading(int(PORT), int(CONNECTIONS), float(SECONDS), REQUESTS))))
