"""The feed tells every change of a standing: also an exemption for one matter, and an objection (C4, §4)."""

from datetime import date

import pytest

from engine.change_feed import Place
from engine.service import Service
from graph_model.nodes import Attributes, Designation, Exemption, Facts, Objection, Registration
from graph_model.store import ChangeSet
from graph_model.stores import open_store
from memoranda.reader import read_inline

LAW = {
    "departments": [{"id": "mof", "name": "财政部"}],
    "matters": [{"id": "procurement", "name": "政府采购"}],
    "lists": [{"id": "bad", "name": "失信名单", "kind": "restriction", "authority": "mof", "ends_by": "removal"}],
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
        }
    ],
}
DESIGNATION = Designation("D1", "ORG1", "bad", "mof", decided_on=date(2024, 1, 1))
PERMITTED = Exemption("E1", "ORG1", "court_permission", list="bad", matter="procurement", document_no="准1")
OBJECTED = Objection("O1", date(2024, 2, 1), designation="D1")


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        (Facts(designations=(DESIGNATION,)), ["opened"]),
        (Facts(exemptions=(PERMITTED,)), ["altered"]),
        (Facts(objections=(OBJECTED,)), ["altered"]),
        (Facts(registrations=(Registration("ORG2", Attributes()),)), []),
    ],
    ids=["designation", "matter exemption", "objection", "something unrelated"],
)
def test_the_feed_tells_what_a_change_did_to_a_standing(facts: Facts, told: list[str]) -> None:
    with open_store("sqlite:///:memory:") as store:
        service = Service(store)
        service.publish(read_inline(LAW), actor="a", reason="r", key="law")
        known = Facts(registrations=(Registration("ORG1", Attributes()),))
        if not facts.designations:
            known = Facts(registrations=known.registrations, designations=(DESIGNATION,))
        before = service.apply(ChangeSet("a", "r", "known", facts=known)).version
        service.apply(ChangeSet("a", "r", "change", facts=facts))
        (entry,) = service.feed(Place(before))["changes"]
        assert [item["what"] for item in entry["items"]] == told
