"""Load on one address from a process of its own: `python -m benchmarks.http_load PORT CONNECTIONS SECONDS FILE`.

FILE holds request bodies, one a line, and the path first. Prints requests a second, median and 99th percentile in
milliseconds, and how many were not answered with 200.
"""

import asyncio
import json
import sys
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path
from time import perf_counter

import uvloop


async def _asking(port: int, requests: Sequence[bytes], first: int, ends: float, times: list[float]) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    turn, failed = cycle(requests[first:] + requests[:first]), 0  # type: ignore[operator]  # a list
    while (begun := perf_counter()) < ends:
        writer.write(next(turn))
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)
        times.append(perf_counter() - begun)
        failed += not head.startswith(b"HTTP/1.1 200")
    writer.close()
    return failed


async def _loading(port: int, connections: int, seconds: float, requests: list[bytes]) -> dict[str, float]:
    times: list[float] = []
    began = perf_counter()
    step = max(1, len(requests) // connections)
    failed = sum(
        await asyncio.gather(
            *(_asking(port, requests, n * step % len(requests), began + seconds, times) for n in range(connections))
        )
    )
    took = perf_counter() - began
    times.sort()
    return {
        "rate": len(times) / took,
        "p50_ms": times[len(times) // 2] * 1e3,
        "p99_ms": times[len(times) * 99 // 100] * 1e3,
        "requests": len(times),
        "failed": failed,
    }


def requests_of(file: Path) -> list[bytes]:
    """Spell the requests of a file."""
    path, *bodies = file.read_text(encoding="utf-8").splitlines()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer benchmark-key\r\n"
    )
    return [f"{head}Content-Length: {len(body.encode())}\r\n\r\n{body}".encode() for body in bodies]


if __name__ == "__main__":
    PORT, CONNECTIONS, SECONDS, FILE = sys.argv[1:]
    print(json.dumps(uvloop.run(_loading(int(PORT), int(CONNECTIONS), float(SECONDS), requests_of(Path(FILE))))))
