"""A rulebook is named by its content alone (R1), and answers what the rules ask of it."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from graph_model.errors import RulebookRefused
from graph_model.store import ListTerms
from memoranda.reader import read_inline, read_rulebook
from memoranda.rulebook import Rulebook

BASE = Path(__file__).parent / "bad_rulebooks" / "beside" / "base.yaml"


def content() -> dict[str, Any]:
    """A book with a tree of matters, two levels of counterparts, and every kind of list."""
    law = {"document": "d", "article": "a", "kind": "law", "binds": ["self", "director"]}
    targets = [{"role": "self", "bases": ["l 1"]}, {"role": "director", "bases": ["l 2", "l 1"]}]
    weigh = {"title": "t", "effect": "weigh", "departments": ["mof"], "targets": targets}
    return {
        "departments": [
            {"id": "mof", "name": "财政部"},
            {"id": "fj", "name": "福建省财政厅", "region": "350000", "counterpart_of": "mof"},
            {"id": "xm", "name": "厦门市财政局", "region": "350200", "counterpart_of": "fj"},
            {"id": "sz", "name": "深圳市财政局", "region": "440300", "counterpart_of": "mof"},
            {"id": "samr", "name": "市场监管总局"},
        ],
        "matters": [
            {"id": "procurement", "name": "政府采购"},
            {"id": "supplier", "name": "供应商", "parent": "procurement"},
            {"id": "supplier.it", "name": "信息类", "parent": "supplier"},
            {"id": "works", "name": "工程", "parent": "procurement"},
        ],
        "lists": [
            {
                "id": "a",
                "name": "a",
                "kind": "restriction",
                "authority": "mof",
                "ends_by": "removal",
                "facts": {"x": "boolean"},
            },
            {"id": "b", "name": "b", "kind": "record", "authority": "mof", "facts": {"x": "boolean"}},
            {"id": "c", "name": "c", "kind": "incentive", "authority": "mof"},
            {
                "id": "e",
                "name": "e",
                "kind": "restriction",
                "authority": "mof",
                "term_months": 12,
                "defective_if": "list.id == 'z'",
            },
        ],
        "legal_bases": [{"id": "l 1", **law}, {"id": "l 2", **law, "from": "2001-01-01"}],
        "memoranda": [
            {
                "id": "m",
                "kind": "memorandum",
                "title": "t",
                "lists": ["a", "b"],
                "measures": [
                    {"id": "m/10", **weigh, "matters": ["supplier", "works"], "condition": "fact.x"},
                    {"id": "m/9", **weigh, "matters": "any", "lists": ["b"], "x-note": "kept"},
                ],
            },
            {
                "id": "n",
                "kind": "local",
                "title": "t",
                "region": "350000",
                "lists": ["c"],
                "measures": [
                    {
                        "id": "n/1",
                        **weigh,
                        "effect": "favour",
                        "matters": "any",
                        "withheld_by": {"lists": "restriction", "bases": ["l 1"]},
                    },
                    {
                        "id": "n/2",
                        **weigh,
                        "effect": "favour",
                        "matters": "any",
                        "withheld_by": {"lists": ["b"], "bases": ["l 1"]},
                    },
                ],
            },
        ],
        "x-editor": {"by": "office"},
    }


def shuffled(value: Any, chance: random.Random, key: str = "") -> Any:
    """The same law written down in another order: entries, keys, and members of sets."""
    if isinstance(value, dict):
        pairs = [(k, shuffled(v, chance, k)) for k, v in value.items()]
        return dict(chance.sample(pairs, len(pairs)))
    if isinstance(value, list):
        items = [shuffled(item, chance) for item in value]
        return items if key in {"targets", "bases"} else chance.sample(items, len(items))
    return value


def write_in_files(book: dict[str, Any], folder: Path, chance: random.Random) -> None:
    """Spread a book over files of several names, folders and styles."""
    yaml = YAML()
    yaml.default_flow_style = chance.choice([True, False])
    for key, section in book.items():
        for index, entry in enumerate(section if isinstance(section, list) else [None]):
            file = (
                folder / chance.choice(["national", "xiamen", "."]) / f"{chance.randint(0, 10**6)}-{key}-{index}.yaml"
            )
            file.parent.mkdir(exist_ok=True)
            with file.open("w", encoding="utf-8") as stream:
                stream.write(f"# {chance.random()}\n\n")
                yaml.dump({key: section if entry is None else [entry]}, stream)


@pytest.mark.parametrize("seed", range(8))
def test_the_digest_does_not_depend_on_files_order_or_formatting(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    write_in_files(shuffled(content(), chance), tmp_path, chance)
    book = read_rulebook(tmp_path)
    assert book.digest == read_inline(content()).digest
    assert book.content == read_inline(content()).content


def test_a_default_that_is_written_out_changes_nothing() -> None:
    book = content()
    book["departments"][0]["public"] = True
    book["lists"][0]["until_required"] = False
    book["memoranda"][0]["measures"][0]["elsewhere_only"] = False
    book["memoranda"][0]["measures"][0]["targets"][0]["held"] = "now"
    book["memoranda"][0]["until"] = None
    assert read_inline(book).digest == read_inline(content()).digest


@pytest.mark.parametrize(
    "path",
    [
        ("departments", 1, "name"),
        ("matters", 1, "name"),
        ("legal_bases", 0, "article"),
        ("memoranda", 0, "title"),
        ("memoranda", 0, "measures", 0, "title"),
        ("x-editor", "by"),
    ],
)
def test_any_other_word_changes_the_digest(path: tuple[Any, ...]) -> None:
    book = content()
    entry: Any = book
    for step in path[:-1]:
        entry = entry[step]
    entry[path[-1]] += "！"
    assert read_inline(book).digest != read_inline(content()).digest


def test_the_digest_of_a_book_is_the_same_in_every_version_of_the_program() -> None:
    # Stores hold books by their digest, and old decisions name it: a new canonical form would need a migration.
    assert read_rulebook(BASE).digest == "sha256:bff4a421fa37f087e497e02bd8e64063fc3fb24b65336682fb040da483890744"


def test_the_order_of_targets_and_of_their_bases_is_content() -> None:
    book = content()
    book["memoranda"][0]["measures"][0]["targets"].reverse()
    assert read_inline(book).digest != read_inline(content()).digest


def test_the_content_reads_back_as_the_same_book() -> None:
    for book in (read_inline(content()), read_rulebook(BASE)):
        again = Rulebook.from_content(book.content)
        assert again.content == book.content
        assert again.digest == book.digest
        assert again.digest.startswith("sha256:")
        assert len(again.digest) == len("sha256:") + 64
        assert again.memoranda == book.memoranda
        assert again.lists == book.lists
        assert again.bases == book.bases
        assert read_inline(json.loads(book.content)).digest == book.digest, "the content is itself an inline rulebook"


def test_several_notes_of_one_name_beside_the_sections_are_all_kept(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("x-note: one\n")
    (tmp_path / "b.yaml").write_text("x-note: [two]\n")
    book = read_rulebook(tmp_path)
    assert book.extras == {"x-note": ["one", ("two",)]} or book.extras == {"x-note": [("two",), "one"]}
    assert Rulebook.from_content(book.content).digest == book.digest


def test_measures_are_found_by_the_lists_they_attach_to() -> None:
    book = read_inline(content())
    assert book.lists_of("m/10") == ("a", "b")
    assert book.lists_of("m/9") == ("b",)
    assert [m.id for m in book.measures_on("a")] == ["m/10"]
    assert [m.id for m in book.measures_on("b")] == ["m/10", "m/9"]
    assert book.measures_on("e") == ()
    assert book.memorandum_of["n/1"].id == "n"


def test_the_matter_tree_goes_up_and_down() -> None:
    book = read_inline(content())
    assert book.ancestors("supplier.it") == ("supplier.it", "supplier", "procurement")
    assert book.ancestors("procurement") == ("procurement",)
    assert book.descendants("procurement") == {"supplier", "supplier.it", "works"}
    assert book.descendants("works") == frozenset()


def test_a_measure_binds_its_departments_and_their_counterparts_within_the_region() -> None:
    book = read_inline(content())
    assert book.counterpart_chain("xm") == ("xm", "fj", "mof")
    assert book.bound_departments("m/10") == ("fj", "mof", "sz", "xm")
    assert book.bound_departments("n/1") == ("fj", "xm"), "the national ministry lies in no region"


def test_all_restriction_lists_or_those_named_withhold_a_favour() -> None:
    book = read_inline(content())
    assert book.withholding_lists("n/1") == {"a", "e"}
    assert book.withholding_lists("n/2") == {"b"}
    assert book.withholding_lists("m/9") == frozenset()


def test_conditions_are_compiled_once_for_the_book() -> None:
    book = read_inline(content())
    assert set(book.condition_of) == {"m/10"}
    assert book.condition_of["m/10"].holds({"fact.x": True}) is True
    assert set(book.defect_of) == {"e"}
    assert book.defect_of["e"].holds({"list.id": "z"}) is True


def test_the_vocabulary_is_what_facts_may_say() -> None:
    vocabulary = read_inline(content()).vocabulary
    assert vocabulary.lists["a"] == ListTerms("restriction", {"x": "boolean"})
    assert vocabulary.departments == {"mof": None, "fj": "350000", "xm": "350200", "sz": "440300", "samr": None}
    assert vocabulary.measures == {"m/9", "m/10", "n/1", "n/2"}
    assert vocabulary.matters == {"procurement", "supplier", "supplier.it", "works"}


def test_content_that_is_no_rulebook_is_refused() -> None:
    for nonsense in (b"", b"[]", b'{"lists": 3}', b'{"lists": [{"id": "a"}]}', b"\xff"):
        with pytest.raises(RulebookRefused):
            Rulebook.from_content(nonsense)
