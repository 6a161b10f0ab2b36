"""A small city behind the real application, in process: five measures, seven organisations, one person by number."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import httpx
from fastapi import FastAPI

from api.app import build_app
from api.settings import Settings
from engine.service import Service
from graph_model.identifiers import uscc_check_character
from graph_model.store import ChangeSet, Store
from graph_model.stores import open_store
from loaders.rows import facts_from_rows
from memoranda.reader import read_inline

TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
KEY = b"a key of the tests, never used elsewhere"
RESIDENT = "11010519491231002X"
"""A made-up number with a right check digit, known from the standard's own example."""
SETTINGS = replace(Settings(), store="sqlite:///:memory:", id_key=KEY, wait_limit_s=0.2, feed_wait_limit_s=0.2)


def organisation_code(number: int) -> str:
    """A valid USCC of Xiamen for a small number."""
    body = f"{number:08d}"
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    inner = "0123456789X"[-sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]
    first17 = f"91350200{body}{inner}"
    return first17 + uscc_check_character(first17)


BARRED, LIMITED, WEIGHED, UNSETTLED, WATCHED, FAVOURED, CLEAR, UNKNOWN = (
    # Numbers are chosen so that the inner check character is no X, which some readers take for another length.
    organisation_code(number)
    for number in (1001, 1002, 1003, 1004, 1005, 1006, 1007, 9009)
)
SUBJECT_OF: Mapping[str, str] = {
    "bar": BARRED,
    "limit": LIMITED,
    "weigh": WEIGHED,
    "unresolved": UNSETTLED,
    "watch": WATCHED,
    "favour": FAVOURED,
    "clear": CLEAR,
    "unknown": UNKNOWN,
}


def _measure(id_: str, effect: str, **more: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "title": f"措施 {id_}",
        "effect": effect,
        "departments": ["bureau"],
        "matters": ["licence"],
        "targets": [{"role": "self", "bases": ["act 1"]}],
        **more,
    }


def _memorandum(list_id: str, *measures: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"memo-{list_id}",
        "kind": "statutory",
        "title": "某法",
        "from": "2000-01-01",
        "lists": [list_id],
        "measures": list(measures),
    }


RULEBOOK: dict[str, Any] = {
    "departments": [
        {"id": "ministry", "name": "某部"},
        {"id": "bureau", "name": "厦门市某局", "region": "350200", "counterpart_of": "ministry"},
        {"id": "district", "name": "思明区某局", "region": "350203", "counterpart_of": "bureau"},
    ],
    "matters": [{"id": "business", "name": "经营"}, {"id": "licence", "name": "许可", "parent": "business"}],
    "lists": [
        {"id": "black", "name": "严重失信名单", "kind": "restriction", "authority": "ministry", "ends_by": "removal",
         "facts": {"unpaid": "number", "secured": "boolean"}},
        {"id": "grey", "name": "关注名单", "kind": "watch", "authority": "ministry"},
        {"id": "red", "name": "守信名单", "kind": "incentive", "authority": "ministry"},
    ],
    "legal_bases": [
        {"id": "act 1", "document": "某法", "article": "第一条", "kind": "law", "from": "2000-01-01",
         "binds": ["self", "legal_representative"],
         "verified": {"on": "2026-11-01", "by": "article text read", "source": "test"}},
    ],
    "memoranda": [
        _memorandum(
            "black",
            _measure("m-bar", "bar", condition="fact.unpaid >= 1000 and not fact.secured",
                     targets=[{"role": "self", "bases": ["act 1"]},
                              {"role": "legal_representative", "bases": ["act 1"]}]),
            _measure("m-limit", "limit", limits_to="不超过十万元", condition="fact.unpaid == 500"),
            _measure("m-weigh", "weigh", condition="fact.unpaid == 100"),
        ),
        _memorandum("grey", _measure("m-watch", "watch")),
        _memorandum("red", _measure("m-favour", "favour")),
    ],
}  # fmt: skip


def _designation(id_: str, subject: str, list_id: str, **facts: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "subject": subject,
        "list": list_id,
        "authority": "ministry",
        "document_no": f"〔2026〕{id_}号",
        "decided_on": "2026-01-05",
        "effective_from": "2026-01-10",
        "facts": facts,
    }


ROWS: dict[str, list[dict[str, Any]]] = {
    "organisations": [
        {"code": code, "name": f"{verdict}公司", "kind": "enterprise", "region": "350200", "status": "active"}
        for verdict, code in SUBJECT_OF.items()
        if verdict != "unknown"
    ],
    "persons": [{"id_type": "resident_id", "id_number": RESIDENT, "name": "张三丰"}],
    "relations": [
        {"type": "legal_representative", "holder": RESIDENT, "holder_id_type": "resident_id", "organisation": BARRED,
         "held_from": "2020-01-01"},
    ],
    "designations": [
        _designation("D1", BARRED, "black", unpaid=2000, secured=False),
        _designation("D2", LIMITED, "black", unpaid=500),
        _designation("D3", WEIGHED, "black", unpaid=100),
        _designation("D4", UNSETTLED, "black", unpaid=3000),
        _designation("D5", WATCHED, "grey"),
        _designation("D6", FAVOURED, "red"),
    ],
}  # fmt: skip


def fill(store: Store, settings: Settings) -> None:
    """Publish the rulebook (version 1) and write the facts (version 2)."""
    from api.identity import identity_key
    from graph_model.identifiers import IdentityKeyer

    service = Service(store)
    book = read_inline(RULEBOOK)
    service.publish(book, actor="test", reason="first", key="book")
    facts = facts_from_rows(ROWS, book.vocabulary, IdentityKeyer(identity_key(settings)))
    service.apply(ChangeSet("test", "first facts", "facts", facts))


class City:
    """The application over a filled store; `ask` and `get` are requests through the whole ASGI stack, no network."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self.store = store
        self.app: FastAPI = build_app(settings, store, today=lambda: TODAY, clock=lambda: NOW)

    def send(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Send one request."""
        return self.send_all([(method, path, request)])[0]

    def send_all(self, requests: list[tuple[str, str, dict[str, Any]]]) -> list[httpx.Response]:
        """Send requests one after the other in one event loop."""

        async def sending() -> list[httpx.Response]:
            transport = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                return [await client.request(method, path, **request) for method, path, request in requests]

        return asyncio.run(sending())

    def post(self, path: str, body: Any) -> httpx.Response:
        """Send a JSON body."""
        return self.send("POST", path, json=body)

    def get(self, path: str) -> httpx.Response:
        """Read a path."""
        return self.send("GET", path)


@contextmanager
def city(**settings: Any) -> Iterator[City]:
    """Open a filled city in memory."""
    chosen = replace(SETTINGS, **settings)
    with open_store(chosen.store) as store:
        fill(store, chosen)
        yield City(store, chosen)
