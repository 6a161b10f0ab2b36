"""The short way gives what the ordinary way gives, whatever the bytes are and however they are cut."""

import json
import random
import re
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from api.callers import Callers, add
from api.head import Heads
from tests.http_city import CLEAR, RESIDENT, SETTINGS, SUBJECT_OF, City, city
from tests.http_server import running
from tests.test_hot import remember

OWN = {b"date", b"x-request-id", b"xinheng-data-age", b"content-length"}
PLAIN = json.dumps({"subject": CLEAR, "matter": "licence"}).encode()


@contextmanager
def served(**settings: Any) -> Iterator[tuple[str, City]]:
    """Serve a city from memory."""
    with city(**settings) as town:
        remember(town)
        with running(town.app, replace(SETTINGS, port=0)) as at:
            yield at, town


@pytest.fixture(scope="module")
def both() -> Iterator[tuple[str, str]]:
    """Addresses of two services over the same facts: one with an index, and so with the short way, one without."""
    with served() as (hot, town), city() as plain, running(plain.app, replace(SETTINGS, port=0)) as ordinary:
        yield hot, ordinary
        assert town.app.state.desk.heads.of(request(PLAIN)[: -len(PLAIN)]), "the short way was never taken"


def request(body: bytes, *more: str, path: str = "/v1/checks", method: str = "POST", length: bool = True) -> bytes:
    """Write one request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: x", *more]
    if not any(line.lower().startswith("content-type") for line in more):
        lines.append("Content-Type: application/json")
    if length:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


LAST = request(b"", "Connection: close", path="/v1/health/live", method="GET")
CHECKS = [json.dumps({"subject": subject, "matter": "licence"}).encode() for subject in SUBJECT_OF.values()]
REQUESTS = (
    request(PLAIN),
    request(PLAIN),
    *map(request, CHECKS),
    request(json.dumps({"subject": {"id_type": "resident_id", "id_number": RESIDENT}, "matter": "licence"}).encode()),
    request(b'{"subject":"%b","matter":"flying"}' % CLEAR.encode()),
    request(b'{"subject":"%b","matter":"licence","version":1}' % CLEAR.encode()),
    request(b"{"),
    request(b""),
    request(PLAIN, "Xinheng-Purpose: 补贴"),
    request(PLAIN, "Connection: keep-alive", "User-Agent: x"),
    request(PLAIN, "Content-Type: application/json; charset=utf-8"),
    request(PLAIN, "Content-Type: text/plain"),
    request(PLAIN, "Expect: 100-continue"),
    request(b"%x\r\n%b\r\n0\r\n\r\n" % (len(PLAIN), PLAIN), "Transfer-Encoding: chunked", length=False),
    request(b'{"checks":[%b]}' % PLAIN, path="/v1/checks:batch"),
    request(request(PLAIN), "Content-Type: text/plain", path="/v1/checks:batch"),
    request(request(PLAIN), "Content-Type: text/plain", path="/nowhere"),
    request(b"", path="/v1/checks", method="GET"),
)
ENDS = (LAST, request(PLAIN, "Connection: close"), request(PLAIN).replace(b"HTTP/1.1", b"HTTP/1.0"))
ODD = (
    request(PLAIN, "Content-Length: 7"),
    request(PLAIN, "Content-Length: 7", length=False) + LAST,
    request(PLAIN, "Content-Length: +70", length=False),
    request(b"0\r\n\r\n", "Transfer-Encoding: chunked"),
    request(PLAIN, "X : y"),
    request(PLAIN).replace(b"HTTP/1.1", b"HTTP/9.9"),
    request(PLAIN).replace(b"Host: x\r\n", b"Host: x\n"),
    request(PLAIN).replace(b"Host: x\r\n", b" Host: x\r\n"),
)


def exchanged(at: str, pieces: Sequence[bytes]) -> bytes:
    """Send pieces one by one on one connection, and give all that came back until it was closed."""
    told = b""
    with socket.create_connection((urlsplit(at).hostname or "", urlsplit(at).port or 0), timeout=20) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            for piece in pieces:
                line.sendall(piece)
                sleep(0.001)
        except OSError:
            pass  # it was closed on us, as it may be
        try:
            while more := line.recv(65_536):
                told += more
        except ConnectionResetError:
            pass
    return told


def said(told: bytes) -> list[tuple[bytes, set[bytes], bytes]]:
    """Give status, headers and body of each answer, without what each has of its own."""
    found = []
    while told:
        head, _, told = told.partition(b"\r\n\r\n")
        status, *lines = head.split(b"\r\n")
        stated = {line.partition(b": ")[0].lower(): line for line in lines}
        length = int(stated.get(b"content-length", b": 0").partition(b": ")[2])
        body, told = told[:length], told[length:]
        headers = {line.lower() for name, line in stated.items() if name not in OWN}
        found.append((status, headers, re.sub(rb'"check_id":"[^"]*",', b"", body)))
    return found


def cut(chance: random.Random, requests: Sequence[bytes]) -> list[bytes]:
    """Cut a stream of requests as a network may: between them, anywhere, or not at all."""
    how, stream = chance.randrange(3), b"".join(requests)
    if how == 0:
        return list(requests)
    if how == 1:
        return [stream]
    places = sorted(chance.randrange(len(stream)) for _ in range(chance.randrange(1, 9)))
    return [stream[a:b] for a, b in zip([0, *places], [*places, len(stream)], strict=True) if a < b]


@pytest.mark.parametrize("seed", range(8))
def test_any_stream_of_requests_however_cut_is_answered_in_the_same_bytes(both: tuple[str, str], seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(12):
        requests = [*chance.choices(REQUESTS, k=chance.randrange(1, 7)), chance.choice(ENDS)]
        pieces = cut(chance, requests)
        ours, theirs = (said(exchanged(at, pieces)) for at in both)
        assert ours == theirs, pieces


@pytest.mark.parametrize("seed", range(3))
def test_what_is_no_request_is_refused_in_the_same_bytes(both: tuple[str, str], seed: int) -> None:
    chance = random.Random(seed)
    # By itself: the ordinary way drops the answers under way where something malformed comes behind them.
    for odd in ODD:
        pieces = cut(chance, [odd])
        ours, theirs = (said(exchanged(at, pieces)) for at in both)
        assert ours == theirs, pieces


def test_a_body_that_comes_apart_from_its_head_is_waited_for(both: tuple[str, str]) -> None:
    whole = request(PLAIN)
    pieces = [whole[: -len(PLAIN)], PLAIN[:9], PLAIN[9:], whole[:-1], whole[-1:] + whole, LAST]
    ours, theirs = (said(exchanged(at, pieces)) for at in both)
    assert ours == theirs
    assert [status for status, _, _ in ours] == [b"HTTP/1.1 200 OK"] * 4


def test_what_stands_in_the_body_of_another_request_is_not_taken_for_one(both: tuple[str, str]) -> None:
    inner = request(PLAIN)
    outer = request(b"", "Content-Type: text/plain", path="/v1/checks:batch", length=False)[:-2]
    for pieces in (
        [outer + b"Content-Length: %d\r\n\r\n" % len(inner), inner, LAST],  # a body that arrives by itself
        [b"GET /v1/health/live HTTP/1.1\r\nX: ", inner, LAST],  # a header that goes on
        [outer + b"Content-Length: %d\r\n\r\n" % (len(inner) + 1), inner, b"x", LAST],
    ):
        ours, theirs = (said(exchanged(at, pieces)) for at in both)
        assert ours == theirs
        assert not any(b'"verdict":"clear"' in body for _, _, body in ours)


def test_with_a_strict_log_answers_wait_for_their_record_and_keep_their_order(tmp_path: Path) -> None:
    with served(decision_log="strict", decision_log_folder=tmp_path) as (at, town):
        subjects = list(SUBJECT_OF.values()) * 5
        stream = [request(json.dumps({"subject": s, "matter": "licence"}).encode()) for s in subjects]
        for pieces in ([*stream, LAST], [b"".join(stream), LAST], [stream[0], b"".join(stream[1:]) + LAST]):
            told = exchanged(at, pieces)
            assert re.findall(rb'"subject":"([^"]*)","matter"', told) == [s.encode() for s in subjects]
            assert told.count(b"xinheng-decision-log: strict") == len(subjects)
        assert town.app.state.desk.flying == 0
        ids = [httpx.post(f"{at}/v1/checks", content=c, headers=JSON).json()["check_id"] for c in CHECKS]
        assert all(httpx.get(f"{at}/v1/checks/{id_}").status_code == 200 for id_ in ids)


JSON = {"content-type": "application/json"}


def test_without_its_record_no_answer_leaves(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("no folder")
    with served(decision_log="strict", decision_log_folder=tmp_path / "log") as (at, town), httpx.Client() as client:
        for _ in range(3):
            told = client.post(f"{at}/v1/checks", content=PLAIN, headers=JSON)
            assert (told.status_code, told.json()["code"]) == (503, "log.unavailable")
        assert town.app.state.desk.flying == 0
        (tmp_path / "log").unlink()
        end = monotonic() + 20
        while client.post(f"{at}/v1/checks", content=PLAIN, headers=JSON).status_code != 200:
            assert monotonic() < end, "it goes on by itself once the log can be written"
            sleep(0.1)


def test_keys_are_asked_for_on_the_short_way_too(tmp_path: Path) -> None:
    key = add(tmp_path / "callers", "bureau")
    with served(callers_file=tmp_path / "callers") as (at, _), httpx.Client() as client:
        for sent, status in ((key, 200), (key, 200), (key[:-1], 401), ("x", 401), (key, 200)):
            headers = {**JSON, "authorization": f"Bearer {sent}"}
            assert client.post(f"{at}/v1/checks", content=PLAIN, headers=headers).status_code == status
        assert client.post(f"{at}/v1/checks", content=PLAIN, headers=JSON).status_code == 401


def test_a_head_says_who_asks_and_is_known_again(tmp_path: Path) -> None:
    key = add(tmp_path / "callers", "bureau")
    heads = Heads(Callers.read(tmp_path / "callers"))
    whole = request(PLAIN, f"Authorization: Bearer {key}", "Xinheng-Purpose: licence")[: -len(PLAIN)]
    head = heads.of(whole)
    assert head is not None
    assert (head.length, head.asker.caller, head.asker.purpose) == (len(PLAIN), "bureau", "licence")
    assert heads.of(whole) is head
    assert heads.of(whole.replace(key.encode(), b"x")) is None


def test_a_quiet_connection_is_closed_and_a_busy_one_is_not() -> None:
    with served() as (at, town):
        town.app.state.server.config.timeout_keep_alive = 1
        address = (urlsplit(at).hostname or "", urlsplit(at).port or 0)
        with (
            socket.create_connection(address, timeout=20) as busy,
            socket.create_connection(address, timeout=20) as one,
        ):
            one.sendall(request(PLAIN))
            for _ in range(6):
                busy.sendall(request(PLAIN))
                assert busy.recv(65_536).startswith(b"HTTP/1.1 200")
                sleep(0.4)
            assert one.recv(65_536).startswith(b"HTTP/1.1 200")
            assert one.recv(65_536) == b"", "closed by the server"


def test_a_body_that_does_not_come_is_refused_in_time() -> None:
    with served(body_limit_s=0.3) as (at, town):
        town.app.state.server.config.timeout_keep_alive = 1
        told = exchanged(at, [request(PLAIN)[:-1]])
        assert b"408" in told or b"request.too-slow" in told


def test_a_batch_of_which_only_the_head_comes_is_refused_in_time() -> None:
    with served(body_limit_s=0.3) as (at, town):
        body = json.dumps({"checks": [json.loads(PLAIN)]}).encode()
        told = exchanged(at, [request(body, path="/v1/checks:batch")[: -len(body)]])
        assert told.startswith(b"HTTP/1.1 408")
        assert b"request.too-slow" in told
        assert town.app.state.desk.flying == 0
