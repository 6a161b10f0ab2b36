"""Callers that write and ask over HTTP whatever becomes of the service, and remember what they were promised."""

from itertools import count
from random import Random
from threading import Event, Lock, Thread
from time import monotonic, sleep
from typing import Any

import httpx

from engine.question import Json
from tests.http_city import organisation_code

FIRST = 10_000
"""Of the organisations that the load registers; the city's own have smaller numbers."""
DAY = "2026-11-22"


def change(number: int) -> Json:
    """A company that is barred from its first version on: two records that must come together."""
    code = organisation_code(FIRST + number)
    designation = {"id": f"L{number}", "subject": code, "list": "black", "authority": "ministry"}
    days = {"document_no": f"〔2026〕{number}", "decided_on": "2026-01-05", "effective_from": "2026-01-10"}
    rows = {
        "organisations": [{"code": code, "name": f"公司{number}", "kind": "enterprise", "region": "350200"}],
        "designations": [{**designation, **days, "facts": {"unpaid": 2000, "secured": False}}],
    }
    return {"actor": "load", "reason": "load", "key": f"load {number}", "facts": rows}


def check(number: int, **more: Any) -> Json:
    return {"subject": organisation_code(FIRST + number), "matter": "licence", "on": DAY, **more}


class Load:
    """Threads that post changes and checks until told to stop; a change that was not answered is sent again."""

    def __init__(self, writers: int = 2, askers: int = 3) -> None:
        self.versions: dict[int, int] = {}
        """Of every acknowledged change, by its number."""
        self.answers: dict[str, Json] = {}
        """Every decision that was answered, by the id of its check."""
        self.refused: list[Json] = []
        self.faults: list[BaseException] = []
        self.address: str | None = None
        self._numbers, self._lock, self._stop = count(), Lock(), Event()
        works = [self._write] * writers + [self._ask] * askers
        self._threads = [Thread(target=self._go_on, args=(work, seed)) for seed, work in enumerate(works)]
        for thread in self._threads:
            thread.start()

    def _go_on(self, work: Any, seed: int) -> None:
        try:
            work(Random(seed))
        except BaseException as error:
            self.faults.append(error)

    def _post(self, client: httpx.Client, path: str, body: Json) -> httpx.Response | None:
        """Give the answer; `None` where none came whole."""
        address = self.address
        try:
            answer = client.post(f"{address}{path}", json=body) if address is not None else None
        except httpx.TransportError:
            answer = None
        if answer is None:
            sleep(0.01)
        elif answer.status_code not in (200, 201):
            with self._lock:
                self.refused.append({"path": path, "status": answer.status_code, **answer.json()})
            sleep(0.01)
            return None
        return answer

    def _write(self, _: Random) -> None:
        with httpx.Client(timeout=60) as client:
            while not self._stop.is_set():
                with self._lock:
                    number = next(self._numbers)
                while not self._stop.is_set():
                    if (answer := self._post(client, "/v1/changes", change(number))) is not None:
                        with self._lock:
                            self.versions[number] = answer.json()["version"]
                        break

    def _ask(self, chance: Random) -> None:
        with httpx.Client(timeout=60) as client:
            while not self._stop.is_set():
                with self._lock:
                    known = list(self.versions.items())[-50:]
                number, version = chance.choice(known) if known else (-1, 0)
                demanded = {"min_version": version} if chance.random() < 0.5 else {}
                if (answer := self._post(client, "/v1/checks", check(number, **demanded))) is None:
                    continue
                assert answer.headers["Xinheng-Decision-Log"] == "strict"
                told = answer.json()
                with self._lock:
                    self.answers[told["check_id"]] = told["decision"]
                if known:
                    # What was acknowledged before the question was asked is in the answer.
                    decision = told["decision"]
                    assert (decision["verdict"], decision["version"] >= version) == ("bar", True), decision

    def wait_for(self, changes: int, checks: int, seconds: float = 60) -> None:
        """Wait until so many more were acknowledged and answered."""
        wanted, end = (len(self.versions) + changes, len(self.answers) + checks), monotonic() + seconds
        while len(self.versions) < wanted[0] or len(self.answers) < wanted[1]:
            assert not self.faults, self.faults
            assert monotonic() < end, (len(self.versions), len(self.answers), self.refused[-3:])
            sleep(0.005)

    def join(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(120)
            assert not thread.is_alive()
        assert not self.faults, self.faults
