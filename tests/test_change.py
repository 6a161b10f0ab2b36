"""Each kind of change is told as what it is, with its cause: by facts, by law, by a day that comes (C4, §4)."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from engine.change_feed import Place
from engine.question import Json
from engine.service import Service
from graph_model.nodes import Attributes, Designation, Exemption, Facts, Move, Objection, Registration
from graph_model.store import ChangeSet
from graph_model.stores import open_store
from memoranda.reader import read_inline

LAW: dict[str, Any] = {
    "departments": [{"id": "mof", "name": "财政部"}],
    "matters": [{"id": "procurement", "name": "政府采购"}],
    "lists": [
        {"id": "bad", "name": "失信名单", "kind": "restriction", "authority": "mof", "ends_by": "removal"},
        {"id": "good", "name": "守信名单", "kind": "incentive", "authority": "mof"},
    ],
    "legal_bases": [
        {
            "id": "law 1",
            "document": "某法",
            "article": "第一条",
            "kind": "law",
            "binds": ["self"],
            "verified": {"on": date(2026, 1, 1), "by": "已读", "source": "公报"},
        }
    ],
    "memoranda": [
        {
            "id": "M",
            "kind": "statutory",
            "title": "某法",
            "lists": ["bad"],
            "measures": [
                {
                    "id": "no",
                    "effect": "bar",
                    "departments": ["mof"],
                    "matters": ["procurement"],
                    "targets": [{"role": "self", "bases": ["law 1"]}],
                }
            ],
        },
        {
            "id": "F",
            "kind": "memorandum",
            "title": "备忘录",
            "lists": ["good"],
            "measures": [
                {
                    "id": "gift",
                    "effect": "favour",
                    "departments": ["mof"],
                    "matters": ["procurement"],
                    "targets": [{"role": "self", "bases": ["law 1"]}],
                    "withheld_by": {"lists": "restriction", "bases": ["law 1"]},
                }
            ],
        },
    ],
}
BAD = Designation("D1", "ORG1", "bad", "mof", decided_on=date(2024, 1, 1), until=date(2025, 1, 1))
GOOD = Designation("G1", "ORG1", "good", "mof", decided_on=date(2023, 6, 1))
PERMITTED = Exemption(
    "E1", "ORG1", "court_permission", list="bad", matter="procurement", document_no="准1",
    start=date(2024, 3, 1), end=date(2024, 4, 1),
)  # fmt: skip
STAYED = Exemption("E2", "ORG1", "court_stay", list="bad", document_no="停1", start=date(2024, 5, 1))
OBJECTED = Objection("O1", date(2024, 2, 1), designation="D1")
ENDED = Move("D1", "removed", date(2024, 6, 1), "repaired", "mof", "移1")
KNOWN = Facts(registrations=(Registration("ORG1", Attributes(name="甲公司")),), designations=(GOOD,))
Told = tuple[str, str, tuple[tuple[str, str], ...]]


@contextmanager
def told(*written: Facts) -> Iterator[Service]:
    """A store at a version for the law, one for `KNOWN`, and one for each bag written then."""
    with open_store("sqlite:///:memory:") as store:
        service = Service(store)
        service.publish(read_inline(LAW), actor="a", reason="r", key="law")
        for number, facts in enumerate((KNOWN, *written)):
            service.apply(ChangeSet("a", "r", f"change {number}", facts=facts))
        yield service


def items_of(page: Json) -> list[Told]:
    items = [item for entry in page["changes"] for item in entry["items"]]
    return [(i["what"], i["measure"], tuple((c["kind"], c["id"]) for c in i["cause"])) for i in items]


@pytest.mark.parametrize(
    ("before", "facts", "expected"),
    [
        (
            (),
            Facts(designations=(BAD,)),
            [("withheld", "gift", (("designation", "D1"),)), ("opened", "no", (("designation", "D1"),))],
        ),
        (
            (BAD,),
            Facts(moves=(ENDED,)),
            [("altered", "gift", (("designation", "D1"),)), ("altered", "no", (("designation", "D1"),))],
        ),
        ((BAD,), Facts(exemptions=(PERMITTED,)), [("altered", "no", (("exemption", "E1"),))]),
        (
            (BAD,),
            Facts(exemptions=(replace(STAYED, start=None),)),
            [("released", "gift", (("exemption", "E2"),)), ("closed", "no", (("exemption", "E2"),))],
        ),
        ((BAD,), Facts(objections=(OBJECTED,)), [("altered", "no", (("objection", "O1"),))]),
        ((BAD,), Facts(registrations=(Registration("ORG2", Attributes()),)), []),
    ],
    ids=["designation", "its end", "matter exemption", "exemption", "objection", "something unrelated"],
)
def test_the_feed_tells_what_a_change_did_and_why(
    before: tuple[Designation, ...], facts: Facts, expected: list[Told]
) -> None:
    with told(Facts(designations=before), facts) as service:
        assert items_of(service.feed(Place(3))) == expected


def test_days_that_come_are_told_each_with_what_it_turns_and_which_gate_did() -> None:
    with told(Facts(designations=(BAD,), exemptions=(PERMITTED, STAYED), objections=(OBJECTED,))) as service:
        page = service.feed(Place(3, date(2023, 12, 31)), date(2025, 2, 1))
        assert [(entry["kind"], entry["after"], entry["until"]) for entry in page["changes"]] == [
            ("days", "2023-12-31", "2025-02-01")
        ]
        days = [item["day"] for item in page["changes"][0]["items"]]
        assert list(zip(days, items_of(page), strict=True)) == [
            ("2024-01-01", ("withheld", "gift", (("designation", "D1"),))),
            ("2024-01-01", ("opened", "no", (("gate", "in_effect"),))),
            ("2024-02-01", ("altered", "no", (("objection", "O1"),))),
            ("2024-03-01", ("altered", "no", (("exemption", "E1"),))),
            ("2024-04-01", ("altered", "no", (("exemption", "E1"),))),
            ("2024-05-01", ("released", "gift", (("designation", "D1"),))),
            ("2024-05-01", ("closed", "no", (("gate", "not_exempt"),))),
        ]
        assert service.feed(Place(3, date(2025, 2, 1)), date(2025, 2, 1))["changes"] == []


def test_law_that_comes_into_force_is_told_on_its_day() -> None:
    law = {**LAW, "legal_bases": [{**LAW["legal_bases"][0], "from": date(2024, 7, 1)}]}
    with told(Facts(designations=(replace(BAD, until=None),))) as service:
        service.publish(read_inline(law), actor="a", reason="r", key="later")
        by_law = service.feed(Place(3, date(2024, 6, 1)), date(2024, 8, 1))
        assert [(entry["kind"], entry["version"]) for entry in by_law["changes"]] == [("rulebook", 4), ("days", 4)]
        assert items_of(by_law) == [
            ("closed", "gift", (("basis", "law 1"),)),
            ("closed", "no", (("basis", "law 1"),)),
            ("opened", "gift", (("designation", "D1"), ("gate", "basis_holds"))),  # opened, and withheld at once
            ("opened", "no", (("gate", "basis_holds"),)),
        ]
        assert all(entry["complete"] for entry in by_law["changes"])


def test_a_measure_that_says_another_thing_is_altered_though_its_days_are_the_same() -> None:
    law = copy.deepcopy(LAW)
    law["memoranda"][0]["measures"][0]["effect"] = "weigh"
    with told(Facts(designations=(BAD,))) as service:
        service.publish(read_inline(law), actor="a", reason="r", key="milder")
        page = service.feed(Place(3))
        assert items_of(page) == [("altered", "no", (("measure", "no"),))]
        (item,) = page["changes"][0]["items"]
        assert (item["was"]["effect"], item["now"]["effect"], item["effect"]) == ("bar", "weigh", "weigh")
        assert (
            item["was"]["days"] == item["now"]["days"] == [{"from": "2024-01-01", "until": "2025-01-01", "reasons": []}]
        )
