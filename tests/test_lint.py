"""Lint finds the law that over-reaches or cannot bite, by stable codes (R6, R7, R9, R10, P1, P4)."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from memoranda.lint import Finding, lint
from memoranda.reader import read_inline, read_rulebook

VERIFIED = {"on": "2026-01-01", "by": "article text read", "source": "npc.gov.cn"}


def good() -> dict[str, Any]:
    """A book in which lint finds nothing."""
    law = {"document": "d", "article": "a", "verified": VERIFIED, "binds": ["self"], "kind": "law"}
    way_out = {"repair": {"body": "mof", "conditions": "c"}}
    measure = {"departments": ["mof"], "matters": ["grant"], "targets": [{"role": "self", "bases": ["law 1"]}]}
    return {
        "departments": [
            {"id": "mof", "name": "财政部"},
            {"id": "bank", "name": "某银行", "public": False},
            {"id": "xm", "name": "厦门", "region": "350200", "counterpart_of": "mof"},
        ],
        "matters": [{"id": "grant", "name": "补贴"}],
        "lists": [
            {"id": "bad", "name": "失信", "kind": "restriction", "authority": "mof", "ends_by": "removal", **way_out},
            {"id": "rec", "name": "处罚", "kind": "record", "authority": "mof", "term_months": 12, **way_out},
            {"id": "good", "name": "A 级", "kind": "incentive", "authority": "mof"},
        ],
        "legal_bases": [
            {"id": "law 1", **law},
            {"id": "rule 1", **law, "kind": "departmental_rule"},
            {"id": "law 2", **law, "from": "2010-01-01", "until": "2020-01-01"},
            {"id": "local 1", **law, "kind": "local_regulation", "territory": "440300"},
            {"id": "hearsay 1", "document": "d", "article": "b", "kind": "law", "binds": ["self"]},
        ],
        "memoranda": [
            {
                "id": "m",
                "kind": "memorandum",
                "title": "t",
                "from": "2016-01-01",
                "lists": ["bad", "rec", "good"],
                "measures": [
                    {"id": "bar", "title": "t", "effect": "bar", "wording": "禁止", "lists": ["bad"], **measure},
                    {"id": "weigh", "title": "t", "effect": "weigh", "lists": ["rec"], **measure},
                    {
                        "id": "favour",
                        "title": "t",
                        "effect": "favour",
                        "lists": ["good"],
                        "withheld_by": {"lists": "restriction", "bases": ["law 1"]},
                        **measure,
                    },
                ],
            }
        ],
    }


def measure(book: dict[str, Any], id_: str = "bar") -> dict[str, Any]:
    found: dict[str, Any] = next(m for m in book["memoranda"][0]["measures"] if m["id"] == id_)
    return found


def rest_on(*bases: str) -> Callable[[dict[str, Any]], None]:
    return lambda book: measure(book)["targets"][0].update(bases=list(bases))


Change = Callable[[dict[str, Any]], Any]
CASES: list[tuple[str, str, Change]] = [
    ("restriction.inadmissible", "error", rest_on("rule 1")),
    ("restriction.role-not-bound", "error", lambda b: measure(b)["targets"][0].update(role="director")),
    ("restriction.unverified", "warning", rest_on("hearsay 1")),
    (
        "basis.never-in-force",
        "error",
        lambda b: (rest_on("law 2")(b), b["memoranda"][0].update({"from": "2020-01-01"})),
    ),
    ("basis.lapses", "warning", rest_on("law 2")),
    ("basis.covers-nobody", "warning", rest_on("local 1")),
    ("wording.too-weak", "error", lambda b: measure(b).update(wording="作为审批的审慎性参考")),
    ("wording.too-weak", "error", lambda b: measure(b).update(wording="可以限制")),
    ("wording.pointer", "warning", lambda b: measure(b).update(wording="依法依规予以限制")),
    ("department.not-public", "error", lambda b: measure(b).update(departments=["mof", "bank"])),
    ("department.nobody", "error", lambda b: b["memoranda"][0].update(region="110000")),
    ("measure.never-in-force", "error", lambda b: measure(b).update({"until": "2015-01-01"})),
    ("measure.no-matters", "error", lambda b: measure(b).update(matters=[])),
    (
        "withholding.unverified",
        "warning",
        lambda b: measure(b, "favour")["withheld_by"].update(bases=["hearsay 1"]),
    ),
    ("list.no-exit", "error", lambda b: b["lists"][1].pop("term_months")),
    (
        "list.term-open",
        "warning",
        lambda b: (
            b["lists"][0].pop("ends_by"),
            b["lists"][0].update(facts={"g": "text"}, term_months={"by": "g", "a": 12}),
        ),
    ),
    ("list.no-remedy", "warning", lambda b: b["lists"][0].pop("repair")),
]


def findings(change: Change = lambda _: None) -> tuple[Finding, ...]:
    book = json.loads(json.dumps(good()))  # no two measures share a part
    change(book)
    return lint(read_inline(book))


def test_a_good_book_has_no_findings() -> None:
    assert findings() == ()


@pytest.mark.parametrize(("code", "level", "change"), CASES, ids=[code for code, _, _ in CASES])
def test_each_fault_is_found_by_its_code(code: str, level: str, change: Change) -> None:
    found = findings(change)
    assert code in {finding.code for finding in found}
    assert {finding.level for finding in found if finding.code == code} == {level}
    assert all(finding.remedy and finding.what and finding.place for finding in found)


def test_each_fault_but_a_missing_region_is_found_alone() -> None:
    for code, _, change in CASES:
        if code != "department.nobody":  # no measure of that memorandum binds anybody then
            assert {finding.code for finding in findings(change)} == {code}


def test_a_withdrawn_measure_is_left_alone() -> None:
    def change(book: dict[str, Any]) -> None:
        rest_on("rule 1")(book)
        measure(book).update(wording="参考", withdrawn={"reason": "no statutory basis"})

    assert findings(change) == ()


def test_weak_wording_may_weigh_and_rules_may_watch() -> None:
    def change(book: dict[str, Any]) -> None:
        measure(book).update(effect="weigh", wording="参考")
        measure(book, "weigh").update(effect="watch", departments=["bank"])
        measure(book, "weigh")["targets"][0].update(bases=["rule 1"])

    assert findings(change) == ()


def test_a_power_is_no_weak_wording_where_its_use_is_the_decision_on_record() -> None:
    def bar_on_record(wording: str) -> Change:
        return lambda book: measure(book, "weigh").update(effect="bar", wording=wording)

    def reaching_directors(book: dict[str, Any]) -> None:
        bar_on_record("可以限制")(book)
        book["legal_bases"][0]["binds"].append("director")
        measure(book, "weigh")["targets"].append({"role": "director", "bases": ["law 1"]})

    assert findings(bar_on_record("可以限制出境")) == ()
    assert [finding.code for finding in findings(bar_on_record("可以作为参考"))] == ["wording.too-weak"]
    assert [finding.code for finding in findings(reaching_directors)] == ["wording.too-weak"]


def test_a_finding_in_a_file_names_the_line(tmp_path: Path) -> None:
    book = json.loads(json.dumps(good()))
    measure(book).update(wording="参考")
    book["lists"][0].pop("repair")
    file = tmp_path / "book.yaml"
    with file.open("w", encoding="utf-8") as stream:
        YAML().dump(book, stream)
    lines = file.read_text(encoding="utf-8").splitlines()
    wording, remedy = lint(read_rulebook(tmp_path))
    assert wording.place == f"{file}:{lines.index('  - id: bar') + 1}: 措施 measure `bar`"
    assert remedy.place == f"{file}:{lines.index('- id: bad') + 1}: 名单 list `bad`"


def test_errors_come_first_and_the_order_is_always_the_same() -> None:
    def change(book: dict[str, Any]) -> None:
        rest_on("hearsay 1")(book)
        measure(book).update(wording="参考")

    assert [finding.level for finding in findings(change)] == ["error", "warning"]
    assert findings(change) == findings(change)
