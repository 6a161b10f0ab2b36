"""Checks over HTTP against an empty FastAPI route, on real servers: `python -m benchmarks.http_checks ORGANISATIONS`.

Servers are loaded by turns, the control first in each round; ratios are taken within a round, and every figure is the
median of the rounds. Load comes from one process more, so with one worker two cores are busy.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from itertools import cycle
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.cities import loaded, written
from benchmarks.http_server import Server, empty_route, xinheng
from benchmarks.process import cpu_seconds, resident_mb
from benchmarks.questions import Questions
from graph_model.stores import open_store

ROUNDS, SECONDS, WARMING_S = 3, 2.0, 1.0
BODIES, BATCHES, BATCH, WITH_BATCHES = 200_000, 100, 1_000, 4
Found = dict[str, float]
Figures = dict[str, Found]


def measured(city: Path, progress: Callable[[str], None] = print) -> Figures:
    """Measure everything on one city; keys are `asked/connections/way`, or what else is compared."""
    files = bodies(city)
    found: Figures = {}
    with ExitStack() as stack:
        empty, strict = stack.enter_context(empty_route()), stack.enter_context(xinheng(city, "strict"))
        found["service"] = {"ready_s": strict.ready_s, "resident_mb": resident_mb(strict.pid)}
        loads = Loads(files, {"empty": empty, "strict": strict})
        with xinheng(city, "none") as unlogged:
            loads.servers["none"] = unlogged
            for asked in ("5 % affected", "50 % affected"):
                for connections in (16, 64):
                    progress(f"{asked}, {connections} connections")
                    found |= loads.singles(asked, connections)
            del loads.servers["none"]
        progress("batches")
        found |= loads.batches()
        progress("singles beside batches")
        found["beside batches"] = loads.beside_batches()
        loads.servers["two"] = stack.enter_context(xinheng(city, "strict", workers=2))
        for connections in (16, 64):
            progress(f"two workers, {connections} connections")
            found[f"two workers/{connections}"] = loads.two_workers(connections)
    return found


def bodies(city: Path) -> dict[str, Path]:
    """Write the requests: 95 % not affected, half of those persons; half affected; batches. None is kept short."""
    with open_store(f"sqlite:///{city}") as store:
        questions = Questions.of(store, city)
    ahead = cycle(questions.affected)
    files: dict[str, Path] = {}

    def check(share: float) -> str:
        asked = next(ahead) if questions.chance.random() < share else questions.clear()
        return json.dumps(dict(zip(("subject", "matter", "department"), asked, strict=True)))

    def write(name: str, path: str, lines: Iterator[str]) -> None:
        files[name] = city.with_name(f"{len(files)}.txt")
        files[name].write_text("\n".join([path, *lines]), encoding="utf-8")

    for share in (5, 50):
        write(f"{share} % affected", "/v1/checks", (check(share / 100) for _ in range(BODIES)))
    batches = (f'{{"checks":[{",".join(check(0.05) for _ in range(BATCH))}]}}' for _ in range(BATCHES))
    write("batches", "/v1/checks:batch", batches)
    return files


class Loads:
    """Loads servers by turns; each load begins where the one before ended, so that nothing is asked again soon."""

    def __init__(self, files: Mapping[str, Path], servers: dict[str, Server]) -> None:
        self.servers = servers
        self._files = files
        self._first = dict.fromkeys(files, 0)

    def singles(self, asked: str, connections: int) -> Figures:
        """Ask single checks of all servers."""
        rounds = self._rounds({who: (who, asked, connections) for who in self.servers})
        return {f"{asked}/{connections}/{who}": compared(each, rounds["empty"]) for who, each in rounds.items()}

    def batches(self) -> Figures:
        """Ask batches on one connection; control: single checks of the same server, and of the empty route."""
        ways = {"empty": ("empty", "5 % affected", 16), "singles": ("strict", "5 % affected", 16)}
        rounds = self._rounds({**ways, "batches": ("strict", "batches", 1)})
        ours = [times(each, BATCH) for each in rounds["batches"]]
        found = compared(ours, rounds["empty"])
        return {"batches": {**found, "to_singles": middle(ours, rounds["singles"], "rate"),
                            "singles_rate": median(each["rate"] for each in rounds["singles"])}}  # fmt: skip

    def beside_batches(self) -> Found:
        """Ask single checks on a few connections, alone and while batches are asked one after the other on another."""
        strict = self.servers["strict"]
        alone, beside, batches = [], [], []
        for _ in range(ROUNDS):
            alone.append(self._load(strict, "5 % affected", WITH_BATCHES))
            other = self._started(strict, "batches", 1, SECONDS + 2)
            beside.append(self._load(strict, "5 % affected", WITH_BATCHES))
            batches.append(ended(other))
        return {
            "alone_p99_ms": median(each["p99_ms"] for each in alone),
            "beside_p99_ms": median(each["p99_ms"] for each in beside),
            "ratio": middle(beside, alone, "p99_ms"),
            "batch_p50_ms": median(each["p50_ms"] for each in batches),
            "checks_in_batches": median(each["rate"] for each in batches) * BATCH,
        }

    def two_workers(self, connections: int) -> Found:
        """Ask two workers and one."""
        rounds = self._rounds({who: (who, "5 % affected", connections) for who in ("strict", "two")})
        return {
            "one_rate": median(each["rate"] for each in rounds["strict"]),
            "rate": median(each["rate"] for each in rounds["two"]),
            "ratio": middle(rounds["two"], rounds["strict"], "rate"),
            "p99_ms": median(each["p99_ms"] for each in rounds["two"]),
            "load_cpu": median(each["load_cpu"] for each in rounds["two"]),
            "one_load_cpu": median(each["load_cpu"] for each in rounds["strict"]),
        }

    def _rounds(self, ways: Mapping[str, tuple[str, str, int]]) -> dict[str, list[Found]]:
        """Go through ways (server, requests, connections) by turns."""
        for who, asked, connections in ways.values():
            self._load(self.servers[who], asked, connections, WARMING_S)
        rounds: dict[str, list[Found]] = {name: [] for name in ways}
        for _ in range(ROUNDS):
            for name, (who, asked, connections) in ways.items():
                rounds[name].append(self._load(self.servers[who], asked, connections))
        return rounds

    def _load(self, server: Server, asked: str, connections: int, seconds: float = SECONDS) -> Found:
        before = cpu_seconds(server.pid)
        found = ended(self._started(server, asked, connections, seconds))
        self._first[asked] += int(found["requests"])
        return {**found, "cpu_us": (cpu_seconds(server.pid) - before) / found["requests"] * 1e6}

    def _started(self, server: Server, asked: str, connections: int, seconds: float) -> "subprocess.Popen[bytes]":
        given = (server.port, connections, seconds, self._files[asked], self._first[asked])
        command = [sys.executable, "-m", "benchmarks.http_load", *map(str, given)]
        return subprocess.Popen(command, stdout=subprocess.PIPE)


def ended(load: "subprocess.Popen[bytes]") -> Found:
    """Wait for a load, and read what it found."""
    told, _ = load.communicate()
    if load.returncode:
        raise SystemExit(f"a load ended with {load.returncode}")
    found: Found = json.loads(told)
    if found["failed"]:
        raise SystemExit(f"{found['failed']} of {found['requests']} requests were not answered")
    return found


def times(found: Found, size: int) -> Found:
    """Count checks instead of requests."""
    return {**found, "rate": found["rate"] * size, "cpu_us": found["cpu_us"] / size}


def middle(ours: list[Found], control: list[Found], what: str) -> float:
    """Give the median of the ratios within a round."""
    return median(one[what] / other[what] for one, other in zip(ours, control, strict=True))


def compared(ours: list[Found], control: list[Found]) -> Found:
    """Give the medians of one way, and those of its ratios to the control."""
    found = {
        name: median(each[name] for each in ours)
        for name in ("rate", "p50_ms", "p99_ms", "cpu_us", "load_cpu", "bytes")
    }
    return found | {f"{name}_ratio": middle(ours, control, name) for name in ("rate", "p99_ms", "cpu_us")}


if __name__ == "__main__":
    with TemporaryDirectory() as place:
        file = Path(place, "city.db")
        loaded(Path(place, "city"), written(Path(place, "city"), int(sys.argv[1])), f"sqlite:///{file}")
        for key, found in measured(file).items():
            print(key, json.dumps({name: round(figure, 2) for name, figure in found.items()}), flush=True)
