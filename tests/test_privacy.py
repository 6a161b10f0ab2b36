"""A thousand identity numbers, put in by every door, right and wrong: none is found in anything that was written.

Searched are the store, the decision log (its compressed parts, too), the service's output, its metrics, every problem
and page that was answered, and what the command line printed. Files of rejected rows are not: they hold the rows, as
they must, for whoever had them before. An answer repeats to its caller the subject that was asked about.
"""

import asyncio
import json
import os
import re
import subprocess
import sys
import zlib
from base64 import b64decode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import pytest

from api.decision_segment import segments_in
from graph_model.identifiers import IDENTITY_FORMS, is_uscc
from graph_model.stores import open_store
from tests.http_city import BARRED, SETTINGS, fill

KEY = "a-key-of-the-tests-of-more-than-thirty-two-characters"
PROGRAM = [sys.executable, "-c", "from api.cli.main import run; run()"]
CHECK = {"subject": BARRED, "matter": "licence"}
JSON = {"content-type": "application/json"}
COUNT = 1_000
Request = tuple[str, str, dict[str, Any]]


def numbers() -> list[tuple[str, str]]:
    """A thousand well-formed numbers of three kinds, none of which could be a USCC."""
    chance = Random(20261124)
    found: dict[str, str] = {}
    while len(found) < COUNT:
        body = f"{chance.choice(('350203', '110105', '433101'))}19{chance.randrange(50, 99)}0{chance.randrange(1, 9)}"
        body += f"1{chance.randrange(10)}{chance.randrange(1_000):03}"
        weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
        check = "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]
        kind, number = chance.choices(
            (
                ("resident_id", body + check),
                ("passport", f"E{chance.randrange(10**7, 10**8)}"),
                ("hk_macao_permit", f"H{chance.randrange(10**7, 10**8)}"),
            ),
            (8, 1, 1),
        )[0]
        assert IDENTITY_FORMS[kind](number), (kind, number)
        if not is_uscc(number):
            found[number] = kind
    return [(kind, number) for number, kind in found.items()]


NUMBERS = numbers()


def doors(kind: str, number: str) -> list[Request]:
    """Every door, for one number: where it belongs, and where a caller could put it by mistake."""
    person = {"id_type": kind, "id_number": number}

    def post(path: str, body: Any, **headers: str) -> Request:
        return "POST", path, {"content": json.dumps(body, ensure_ascii=False).encode(), "headers": {**JSON, **headers}}

    def change(kind_of_fact: str, row: dict[str, Any], **more: Any) -> Request:
        key = f"{kind_of_fact}-{abs(hash((number, *row)))}"
        return post("/v1/changes", {"actor": "a", "reason": "r", "key": key, "facts": {kind_of_fact: [row]}, **more})

    person_row = {"id_type": kind, "id_number": number, "name": "张三"}
    return [
        # where it belongs
        post("/v1/checks", {**CHECK, "subject": person}),
        post("/v1/checks:batch", {"checks": [{**CHECK, "subject": person}, CHECK]}),
        post("/v1/checks:why-not", {"subject": person, "measure": "m-bar"}),
        change("persons", person_row),
        change("relations", {"type": "director", "holder": number, "holder_id_type": kind, "organisation": BARRED}),
        ("POST", "/", {"data": {"subject": number, "id_type": kind, "matter": "licence"}}),
        # of another kind, or spoilt
        post("/v1/checks", {**CHECK, "subject": {"id_type": "military_id", "id_number": number}}),
        post("/v1/checks", {**CHECK, "subject": {"id_type": kind, "id_number": number + "9"}}),
        post("/v1/checks", {**CHECK, "subject": {"id_type": number, "id_number": number}}),
        post("/v1/checks", {**CHECK, "subject": {"id_type": kind, "id_number": [number]}}),
        post("/v1/checks", {**CHECK, "subject": {"id_type": kind, "id_number": number, number: 1}}),
        # in another member
        *(post("/v1/checks", {**CHECK, member: number}) for member in ("matter", "department", "on", "rulebook")),
        *(post("/v1/checks", {**CHECK, member: number}) for member in ("min_version", "version", number)),
        post("/v1/checks", {**CHECK, "concerning": number}),
        post("/v1/checks", {**CHECK, "concerning": f"董事{number}"}),
        post("/v1/checks", {**CHECK, "subject": number}),
        post("/v1/checks", {**CHECK, "subject": f"No.{number}"}),
        post("/v1/checks:batch", {"checks": [{**CHECK, "subject": number}, {**CHECK, "on": number}]}),
        post("/v1/checks:batch", {"checks": [CHECK], number: number}),
        post("/v1/checks:why-not", {"subject": BARRED, "measure": number}),
        change("persons", {"id_type": number, "id_number": kind}),
        change("organisations", {"code": number, "name": "某公司", "kind": "enterprise", "region": "350200"}),
        change("relations", {"type": "director", "holder": BARRED, "organisation": number}),
        change("designations", {"id": "D", "subject": BARRED, "list": number, "authority": number}),
        change("persons", {**person_row, number: number}),
        # no JSON, and no shape at all
        ("POST", "/v1/checks", {"content": f'{{"subject": "{number}'.encode(), "headers": JSON}),
        ("POST", "/v1/checks", {"content": f'{{"{number}": 1, "{number}": 2}}'.encode(), "headers": JSON}),
        ("POST", "/v1/checks", {"content": number.encode(), "headers": JSON}),
        ("POST", "/v1/checks", {"content": number.encode(), "headers": {"content-type": f"text/{number}"}}),
        post("/v1/checks", number),
        post("/v1/checks", [number]),
        # headers
        post("/v1/checks", CHECK, **{"Xinheng-Purpose": number}),
        post("/v1/checks", CHECK, **{"Xinheng-Purpose": quote(f"为{number}办理")}),
        post("/v1/checks", CHECK, **{"User-Agent": number, "Referer": f"http://x/{number}", "X-Request-Id": number}),
        post("/v1/checks", CHECK, Authorization=f"Bearer {number}", Cookie=f"id={number}"),
        post("/v1/changes", {"actor": "a", "reason": "r"}, **{"Accept": number, "Accept-Language": number}),
        # addresses
        *(("GET", path.replace("{}", quote(number)), {}) for path in (
            "/{}", "/v1/subjects/{}", "/v1/checks/{}", "/v1/checks/{}/receipt", "/v1/rulebooks/{}",
            "/v1/departments/{}/duties", "/v1/changes?since={}", "/v1/changes?cursor={}", "/v1/changes?department={}",
            "/v1/subjects/{}?version={}", "/v1/departments/bureau/duties?on={}", "/v1/checks/x?replay={}",
        )),
        *(("GET", "/?" + urlencode({"subject": BARRED, "matter": "licence", name: number}), {})
          for name in ("subject", "matter", "department", "on", "concerning", "other")),
        *(("POST", "/", {"data": {"subject": BARRED, "matter": "licence", name: number}})
          for name in ("subject", "matter", "department", "on", "concerning", "id_type")),
        ("DELETE", f"/v1/subjects/{number}", {}),
        (f"G{number}", "/v1/checks", {}),
    ]  # fmt: skip


@contextmanager
def serving(place: Path, env: dict[str, str]) -> Iterator[str]:
    """`xinheng serve` as it is, with all that it prints in files."""
    with (place / "service.out").open("wb") as out, (place / "service.err").open("wb") as err:
        server = subprocess.Popen([*PROGRAM, "serve", "--port", "0"], env=env, stdout=out, stderr=err)
        try:
            yield _address(place / "service.err", server)
        finally:
            server.terminate()
            server.wait(timeout=30)


def _address(said: Path, server: "subprocess.Popen[bytes]") -> str:
    for _ in range(600):
        assert server.poll() is None, said.read_text()
        if found := re.search(r"http://127\.0\.0\.1:(\d+)", said.read_text()):
            return found[0]
        asyncio.run(asyncio.sleep(0.1))
    raise AssertionError("the service did not start")


def sent(address: str, requests: Sequence[Request]) -> list[httpx.Response]:
    async def sending() -> list[httpx.Response]:
        async with httpx.AsyncClient(base_url=address, timeout=60) as client:
            return [await client.request(method, path, **request) for method, path, request in requests]

    return asyncio.run(sending())


def test_of_a_thousand_numbers_put_in_by_every_door_none_is_in_anything_written(tmp_path: Path) -> None:
    place, inputs, rejects = tmp_path / "written", tmp_path / "inputs", tmp_path / "rejects"
    for folder in (place, inputs, rejects):
        folder.mkdir()
    url = f"sqlite:///{place / 'city.db'}"
    with open_store(url) as store:
        fill(store, replace(SETTINGS, id_key=KEY.encode()))
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("XINHENG_")},
        "XINHENG_STORE": url,
        "XINHENG_ID_KEY": KEY,
        "XINHENG_CACHE_FOLDER": str(place / "cache"),
        "XINHENG_WAIT_LIMIT_S": "0",
        "PYTHONPATH": str(Path(__file__).parent.parent),
    }
    every = [doors(*number) for number in NUMBERS]
    # Each number goes through some doors, and each door is tried with some twenty numbers.
    requests = [asked for at, asks in enumerate(every) for door, asked in enumerate(asks) if (door - at) % 50 == 0]
    with serving(place, env) as address:
        answers = sent(address, requests)
        metrics = httpx.get(f"{address}/metrics").content
    assert {answer.status_code for answer in answers} >= {200, 201, 303, 400, 404, 405, 415, 422}
    assert all(answer.status_code != 500 for answer in answers)

    written = {str(path.relative_to(place)): path.read_bytes() for path in place.rglob("*") if path.is_file()}
    written["metrics"] = metrics
    written["proofs of the decision log"] = proofs(place / "city-decisions")
    for asked, answer in zip(requests, answers, strict=True):
        written[f"answer to {asked[1]} {answer.status_code} {len(written)}"] = told(answer)
    written |= commands(inputs, rejects, env)
    written |= {f"after: {path.name}": path.read_bytes() for path in place.rglob("*") if path.is_file()}
    assert len(written["service.err"]) > 100_000, "the service's own log was looked at"
    assert len(written["proofs of the decision log"]) > 100_000

    all_numbers = re.compile("|".join(number for _, number in NUMBERS).encode(), re.IGNORECASE)
    found = {name: hit[0] for name, content in written.items() if (hit := all_numbers.search(content))}
    assert found == {}, "\n".join(
        sorted(
            {
                re.sub(r"[0-9]+$", "", k) + " " + repr(written[k][max(0, h.start() - 60) : h.end() + 20])
                for k, h in ((k, all_numbers.search(written[k])) for k in found)
                if h
            }
        )
    )
    assert any(all_numbers.search(path.read_bytes()) for path in inputs.iterdir()), "the search can find"


def proofs(folder: Path) -> bytes:
    lines = [line for path in segments_in(folder).values() for line in path.read_bytes().splitlines()[1:]]
    given = [json.loads(line[65:]).get("given") for line in lines]
    return b"\n".join(zlib.decompress(b64decode(one)) for one in given if one)


def told(answer: httpx.Response) -> bytes:
    """What an answer says, but for the subject that it repeats to its caller."""
    content = answer.content
    if answer.status_code == 200 and b'"verdict":"unknown"' in content:
        content = re.sub(rb'"subject":"[^"]*"', b"", content)
    return content + repr(answer.headers.multi_items()).encode()


def commands(inputs: Path, rejects: Path, env: dict[str, str]) -> dict[str, bytes]:
    """What the command line prints, of files and of numbers in a pipe, good and bad."""
    files = {
        "persons": "id_type,id_number,name\n" + "".join(f"{k},{n},张三\n" for k, n in NUMBERS),
        "persons.bad": "id_type,id_number,name\n" + "".join(f"{k},{n}9,张三\n" for k, n in NUMBERS),
        "persons.moved": "id_number,id_type,name\n" + "".join(f"{k},{n},张三\n" for k, n in NUMBERS),
        "persons.repeated": "id_type,id_number,name\n" + "".join(f"{k},{n},张三\n{k},{n},李四\n" for k, n in NUMBERS),
        "persons.broken": "id_type,id_number,name\n" + "".join(f'{k},"{n}"x,{n},{n}\n' for k, n in NUMBERS),
        "organisations": "code,name,kind,region\n" + "".join(f"{n},某,enterprise,350200\n" for _, n in NUMBERS),
        "relations": "type,holder,organisation\n" + "".join(f"director,{n},{BARRED}\n" for _, n in NUMBERS),
        "designations": "id,subject,list,decided_on\n" + "".join(f"d,{n},black,{n}\n" for _, n in NUMBERS),
    }  # fmt: skip
    written: dict[str, bytes] = {}

    def ran(*arguments: str, given: str = "") -> None:
        done = subprocess.run([*PROGRAM, *arguments], env=env, input=given.encode(), capture_output=True, cwd=rejects)
        written[f"{' '.join(arguments)[:60]} {len(written)}"] = done.stdout + done.stderr

    for name, text in files.items():
        path = inputs / f"{name}.csv"
        path.write_text(text, encoding="utf-8")
        kind = name.partition(".")[0]
        ran("load", kind, str(path), "--rejects", str(rejects / f"{name}.csv"))
        ran("load", kind, str(path), "--rejects", str(rejects / f"{name}.again.csv"), "--json")
    for kind, number in NUMBERS[:3]:
        ran("check", "--id-type", kind, "--matter", "licence", given=number)
        ran("check", "--id-type", kind, "--matter", "licence", "--json", given=number + "9")
        ran("why-not", "--id-type", "military_id", "--measure", "m-bar", given=number)
    return written


@pytest.mark.parametrize("at", [0, 1, 999])
def test_each_number_is_a_good_one(at: int) -> None:
    kind, number = NUMBERS[at]
    assert IDENTITY_FORMS[kind](number)
    assert len({n for _, n in NUMBERS}) == COUNT
