"""Checks over HTTP against an empty FastAPI route, on a real server: `python -m benchmarks.http_checks ORGANISATIONS`.

The control is asked before and after, in the same run; every figure is the median of the rounds. One worker each; load
comes from one process of its own, so two cores are busy.
"""

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from socket import socket
from statistics import median
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from urllib.error import URLError
from urllib.request import urlopen

from benchmarks.cities import loaded, written
from engine.change_affected import on_lists
from graph_model.stores import open_store

ROUNDS, SECONDS, BODIES = 3, 4.0, 4_000
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


@contextmanager
def serving(command: list[str], env: dict[str, str]) -> Iterator[tuple[int, int]]:
    """Start a server on a free port; gives its port and process id once it is ready."""
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with subprocess.Popen([*command, str(port)], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as one:
        try:
            end = monotonic() + 900
            while True:
                try:
                    urlopen(f"http://127.0.0.1:{port}/v1/health/ready").close()
                    break
                except URLError:
                    if monotonic() > end or one.poll() is not None:
                        raise
                    sleep(0.1)
            yield port, one.pid
        finally:
            one.terminate()
            one.wait(30)


def cpu_seconds(pid: int) -> float:
    """Processor time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mb(pid: int) -> float:
    """Resident memory of a process now."""
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def asked(port: int, pid: int, connections: int, file: Path, seconds: float = SECONDS) -> dict[str, float]:
    """Load a server once."""
    before = cpu_seconds(pid)
    command = [sys.executable, "-m", "benchmarks.http_load", str(port), str(connections), str(seconds), str(file)]
    done = subprocess.run(command, capture_output=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    if found["failed"]:
        raise SystemExit(f"{found['failed']} of {found['requests']} requests were not answered")
    return {**found, "cpu_us": (cpu_seconds(pid) - before) / found["requests"] * 1e6}


def bodies(url: str, folder: Path) -> dict[str, Path]:
    """Write the requests: 95 % not affected, half of those persons; half affected; batches of 1,000."""
    chance = random.Random(1)
    with open_store(url) as store:
        version = store.latest_version()
        near = {subject for block in on_lists(store, version, None) for subject in block}
        others: list[list[str]] = [[], []]
        for id_ in store.subjects(version):
            if id_ not in near:
                others[id_.startswith("p-")].append(id_)
    affected = sorted(near)

    def check(share: float) -> dict[str, str]:
        pool = affected if chance.random() < share else chance.choice(others)
        return {"subject": chance.choice(pool), "matter": chance.choice(["gov-subsidy", "gov-procurement-supplier"])}

    written_to = {}
    for name, share in (("5 % affected", 0.05), ("50 % affected", 0.5)):
        written_to[name] = folder / f"{share}.txt"
        lines = [json.dumps(check(share)) for _ in range(BODIES)]
        written_to[name].write_text("\n".join(["/v1/checks", *lines]), encoding="utf-8")
    written_to["batch"] = folder / "batch.txt"
    lines = [json.dumps({"checks": [check(0.05) for _ in range(1_000)]}) for _ in range(20)]
    written_to["batch"].write_text("\n".join(["/v1/checks:batch", *lines]), encoding="utf-8")
    return written_to


def measured(organisations: int, folder: Path) -> list[str]:
    """Measure everything; gives the lines of the table."""
    url = f"sqlite:///{folder}/city.db"
    loaded(folder / "city", written(folder / "city", organisations), url)
    files = bodies(url, folder)
    callers = folder / "callers"
    callers.write_text(f"benchmark sha256:{sha256(b'benchmark-key').hexdigest()}\n", encoding="ascii")
    ours = {**os.environ, "XINHENG_STORE": url, "XINHENG_INDEX": "memory", "XINHENG_CALLERS_FILE": str(callers),
            "XINHENG_ID_KEY_FILE": str(folder / "id.key")}  # fmt: skip
    xinheng = [sys.executable, "-c", "from api.cli.main import run; run()", "serve", "--port"]
    began = monotonic()
    lines = []
    with (
        serving([sys.executable, "-c", EMPTY], dict(os.environ)) as empty,
        serving(xinheng, ours) as strict,
        serving(xinheng, {**ours, "XINHENG_DECISION_LOG": "none"}) as unlogged,
    ):
        lines.append(f"Two services ready after {monotonic() - began:.0f} s; {resident_mb(strict[1]):.0f} MB resident.")
        for name, file in files.items():
            for connections in (16, 64) if name != "batch" else (1,):
                lines += compared(name, connections, empty, {"strict": strict, "none": unlogged}, files, file)
    return lines


def compared(
    name: str,
    connections: int,
    empty: tuple[int, int],
    services: dict[str, tuple[int, int]],
    files: dict[str, Path],
    file: Path,
) -> list[str]:
    """Ask control and services by turns; gives one line of the table for each service."""
    rounds: dict[str, list[dict[str, float]]] = {"empty": [], **{kept: [] for kept in services}}
    for _ in range(ROUNDS):
        rounds["empty"].append(asked(*empty, max(connections, 16), files["5 % affected"]))
        for kept, service in services.items():
            rounds[kept].append(asked(*service, connections, file))
    found = {who: {n: median(r[n] for r in each) for n in each[0]} for who, each in rounds.items()}
    control, times = found["empty"], 1_000 if name == "batch" else 1
    return [
        f"| {name} | {connections} | {kept} | {found[kept]['rate'] * times:,.0f} | {control['rate']:,.0f} "
        f"| {found[kept]['rate'] * times / control['rate']:.2f}× "
        f"| {found[kept]['p99_ms']:.1f} / {control['p99_ms']:.1f} "
        f"| {found[kept]['cpu_us'] / times / control['cpu_us']:.2f}× |"
        for kept in services
    ]


if __name__ == "__main__":
    with TemporaryDirectory() as place:
        for line in measured(int(sys.argv[1]), Path(place)):
            print(line, flush=True)
