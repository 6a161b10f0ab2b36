"""Nothing of the reference material is lost: each id is in the rulebook, or named with its reason; both ways."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from memoranda.reader import SHIPPED, read_rulebook

HERE = Path(__file__).parent
COVERAGE = HERE.parent / "docs" / "law-coverage.md"
ROW = re.compile(r"^\| (?P<kind>[a-z]+)(?: [^|]*)? \| (?P<rest>.*) \|$")


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    """What the reference material holds, as written down once."""
    written: dict[str, Any] = YAML(typ="safe").load((HERE / "law_manifest.yaml").read_text(encoding="utf-8"))
    return written


@pytest.fixture(scope="module")
def wanted(manifest: dict[str, Any]) -> dict[str, list[str]]:
    """Every id of the manifest, by the word for its kind in the coverage page."""
    corrections = manifest["corrections"]
    return {
        "department": [id_ for ids in manifest["departments"].values() for id_ in ids],
        "list": manifest["lists"],
        "matter": manifest["matters"],
        "article": [f"{document} {no}" for document, numbers in manifest["articles"].items() for no in numbers],
        "memorandum": list(manifest["measures"]),
        "measure": [f"{memo}/{no}" for memo, numbers in manifest["measures"].items() for no in numbers],
        "slot": manifest["slots"],
        "correction": [*corrections["lists"], *corrections["matters"], *corrections["articles"]],
    }


@pytest.fixture(scope="module")
def present() -> dict[str, frozenset[str]]:
    """Every id of the shipped rulebook, by the same words."""
    book = read_rulebook(SHIPPED)
    kinds: Mapping[str, Mapping[str, object]] = {
        "department": book.departments,
        "list": book.lists,
        "matter": book.matters,
        "article": book.bases,
        "memorandum": book.memoranda,
        "measure": book.measures,
        "slot": book.base_list,
    }
    ids = {kind: frozenset(entries) for kind, entries in kinds.items()}
    return ids | {"correction": ids["list"] | ids["matter"] | ids["article"]}


def rows(heading: str) -> Iterator[tuple[str, list[str]]]:
    """Give the kind and the other cells of each row of the table under a heading of the coverage page."""
    section = COVERAGE.read_text(encoding="utf-8").split(f"## {heading}")[1].split("\n## ")[0]
    for line in section.splitlines():
        if found := ROW.match(line):
            yield found["kind"], [cell.strip() for cell in found["rest"].split("|")]


def named() -> dict[tuple[str, str], str]:
    """Give the reason of each (kind, id) that the coverage page says is not in the rulebook."""
    return {(kind, cells[0].strip("`")): cells[1] for kind, cells in rows("二、不在库的")}


def leads(manifest: dict[str, Any]) -> dict[str, set[str]]:
    """Give, by article, the measures whose `x-lead` holds it: the reference named it, and it does not carry."""
    found: dict[str, set[str]] = {}
    for measure in read_rulebook(SHIPPED).measures.values():
        for article in measure.extras.get("x-lead", ()):
            assert article in manifest["links"][measure.id], (measure.id, article)
            found.setdefault(article, set()).add(measure.id)
    return found


def test_each_article_that_the_reference_names_for_a_live_measure_is_cited_or_kept_as_a_lead(
    manifest: dict[str, Any],
) -> None:
    lost = []
    for measure in read_rulebook(SHIPPED).measures.values():
        cited = {basis for target in measure.targets for basis in target.bases}
        kept = cited.union(measure.extras.get("x-lead", ()), measure.withheld_by.bases if measure.withheld_by else ())
        if measure.withdrawn is None:
            lost += [(measure.id, article) for article in manifest["links"].get(measure.id, ()) if article not in kept]
    assert lost == []


def test_the_page_says_of_each_lead_why_it_does_not_carry(manifest: dict[str, Any]) -> None:
    told = {
        cells[0].strip("`"): (int(cells[1]), cells[2]) for kind, cells in rows("三、在库而不生效的") if kind == "lead"
    }
    found = leads(manifest)
    assert {article: count for article, (count, _) in told.items()} == {a: len(ids) for a, ids in found.items()}
    assert [article for article, (_, reason) in told.items() if len(reason) < 8] == []
    links, counted = sum(map(len, manifest["links"].values())), sum(map(len, found.values()))
    page = COVERAGE.read_text(encoding="utf-8")
    assert f"共 {links} 处。" in page
    assert f"共 {counted} 处，" in page


def test_the_manifest_counts_what_it_lists(manifest: dict[str, Any], wanted: dict[str, list[str]]) -> None:
    words = {"memorandum": "memoranda"}
    for kind, ids in wanted.items():
        assert len(ids) == len(set(ids)), kind
        assert manifest["counts"][words.get(kind, f"{kind}s")] == len(ids), kind
    assert manifest["counts"]["documents"] == len(manifest["articles"])
    assert manifest["counts"]["links"] == sum(map(len, manifest["links"].values()))


def test_each_id_of_the_reference_is_in_the_rulebook_or_named_with_its_reason(
    wanted: dict[str, list[str]], present: dict[str, frozenset[str]]
) -> None:
    reasons = named()
    lost = [(k, id_) for k, ids in wanted.items() for id_ in ids if id_ not in present[k] and (k, id_) not in reasons]
    assert lost == []


def test_what_is_named_as_missing_is_of_the_reference_is_missing_and_has_a_reason(
    wanted: dict[str, list[str]], present: dict[str, frozenset[str]]
) -> None:
    reasons = named()
    assert reasons
    for (kind, id_), reason in reasons.items():
        assert id_ in wanted[kind], (kind, id_)
        assert id_ not in present[kind], (kind, id_)
        assert len(reason) >= 8, (kind, id_)


def test_the_page_counts_as_the_rulebook_does(wanted: dict[str, list[str]], present: dict[str, frozenset[str]]) -> None:
    told = {kind: [int(cell) for cell in cells] for kind, cells in rows("一、数目")}
    counted = {kind: (len(ids), sum(id_ in present[kind] for id_ in ids)) for kind, ids in wanted.items()}
    assert told == {kind: [all_, there, all_ - there] for kind, (all_, there) in counted.items()}


def test_the_ids_that_the_page_points_to_exist(present: dict[str, frozenset[str]]) -> None:
    """A reader who is told to look elsewhere finds something there."""
    known = frozenset().union(*present.values())
    told = [*rows("二、不在库的"), *rows("三、在库而不生效的")]
    pointed = [id_ for _, cells in told for id_ in re.findall(r"`([^`]+)`", " ".join(cells[1:]))]
    assert pointed
    assert [id_ for id_ in pointed if id_ not in known] == []


def test_a_withdrawn_measure_points_to_one_that_is_there(present: dict[str, frozenset[str]]) -> None:
    book = read_rulebook(SHIPPED)
    pointers = {
        measure.id: target
        for measure in book.measures.values()
        if measure.withdrawn is not None
        for target in re.findall(r"见 ([a-z0-9-]+/[a-z0-9-]+)", measure.withdrawn.reason or "")
    }
    assert len(pointers) > 20
    assert {id_: target for id_, target in pointers.items() if target not in present["measure"]} == {}
