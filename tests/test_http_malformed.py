"""Ten thousand malformed bodies, made from good ones with seeded chance: each is refused clearly, none is a fault."""

import copy
import json
from collections import Counter
from random import Random
from typing import Any

import pytest

from api.problems import KINDS
from tests.http_city import BARRED, CLEAR, RESIDENT, city

BODIES: dict[str, Any] = {
    "/v1/checks": {"subject": BARRED, "matter": "licence", "department": "bureau", "on": "2026-11-22", "version": 2},
    "/v1/checks:batch": {"checks": [{"subject": BARRED, "matter": "licence"}]},
    "/v1/checks:why-not": {"subject": CLEAR, "measure": "m-bar", "matter": "licence", "on": "2026-11-22"},
    "/v1/changes": {
        "actor": "a",
        "reason": "r",
        "key": "k",
        "facts": {
            "organisations": [{"code": CLEAR, "name": "n", "kind": "enterprise", "region": "350200"}],
            "persons": [{"id_type": "resident_id", "id_number": RESIDENT, "name": "n"}],
            "relations": [{"type": "director", "holder": CLEAR, "organisation": BARRED, "share": 0.5}],
            "designations": [
                {"id": "D", "subject": CLEAR, "list": "black", "authority": "ministry", "decided_on": "2026-01-01",
                 "fact.unpaid": 1, "facts": {"secured": True}, "moves": [{"to": "suspended", "on": "2026-02-01"}]},
            ],
            "moves": [{"designation": "D1", "to": "suspended", "on": "2026-02-01", "actor": "a", "document_no": "d"}],
            "exemptions": [{"id": "E", "subject": CLEAR, "list": "black", "ground": "court_stay", "document_no": "d"}],
            "objections": [{"id": "O", "designation": "D1", "filed_on": "2026-02-01"}],
        },
    },
}  # fmt: skip
WRONG: tuple[Any, ...] = (
    None, True, False, 0, -1, 10**40, 1.5, "", " ", "\t", "x" * 3_000, "2026-13-01", "0000-00-00", "９月",
    "' OR 1=1 --", "\u202e", "p-" + "0" * 39,
    [], {}, [[]], [{}], {"": ""}, {"id_type": "passport"}, {"id_number": 1},
    {"id_type": "resident_id", "id_number": "1" * 18}, {"$ref": "#"}, ["a"] * 50,
)  # fmt: skip
REFUSED = (400, 413, 415, 422, 409)
COUNT = 10_000


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in inner for place in places(item, (*path, key)))]


def put(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    body = copy.deepcopy(body)
    at = body
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return body


def drop(body: Any, path: tuple[Any, ...]) -> Any:
    body = copy.deepcopy(body)
    at = body
    for step in path[:-1]:
        at = at[step]
    del at[path[-1]]
    return body


def spoilt(good: Any, chance: Random) -> bytes:
    """Spoil the value somewhere, or the text of it."""
    body = good
    for _ in range(chance.randint(1, 3)):
        path = chance.choice(places(body))
        kind = chance.random()
        if kind < 0.6 or not path:
            body = put(body, path, copy.deepcopy(chance.choice(WRONG)))
        elif kind < 0.8:
            body = drop(body, path)
        elif isinstance(path[-1], str):
            body = put(body, (*path[:-1], path[-1] + chance.choice("xX_ 9é")), 1)
    text = json.dumps(body, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")
    cut = chance.random()
    if cut < 0.15:
        text = text[: chance.randrange(len(text))]
    elif cut < 0.3:
        at = chance.randrange(len(text) + 1)
        text = (
            text[:at]
            + chance.choice([b"\x00", b"\xff", b"}", b"[", b",", b'"', b"NaN", b"\\u", b"1e999999"])
            + text[at:]
        )
    elif cut < 0.32:
        text = b"[" * chance.randint(10, 5_000) + text
    return text


@pytest.mark.parametrize("seed", [20261122])
def test_ten_thousand_malformed_bodies_are_each_refused_clearly_or_answered(seed: int) -> None:
    chance = Random(seed)
    paths = list(BODIES)
    with city(wait_limit_s=0.0) as town:
        requests = []
        for number in range(COUNT):
            path = paths[number % len(paths)]
            headers = {"content-type": "application/json" if chance.random() < 0.97 else "text/json"}
            requests.append(("POST", path, {"content": spoilt(BODIES[path], chance), "headers": headers}))
        answers = town.send_all(requests)
    seen: Counter[str] = Counter()
    for (_, path, request), answer in zip(requests, answers, strict=True):
        seen[str(answer.status_code)] += 1
        if answer.status_code < 300:
            continue  # what was spoilt made no difference, or another good question
        assert answer.status_code in REFUSED, (path, request, answer.text)
        problem = answer.json()
        assert KINDS[problem["code"]].zh == problem["title"], (path, request, answer.text)
        assert problem["detail"], (path, request)
        assert problem["hint"], (path, request)
        assert RESIDENT not in answer.text, (path, request)
        seen[problem["detail_code"] or problem["code"]] += 1
    refused = COUNT - seen["200"] - seen["201"]
    assert refused > COUNT * 0.8, seen
    assert {"request.not-json", "request.content-type", "request.too-deep", "request.malformed"} <= seen.keys(), seen
