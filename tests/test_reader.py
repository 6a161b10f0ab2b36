"""The reader refuses every mistake with its file, its line, what is wrong and what to do (CONTRACT §4)."""

import json
import re
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from graph_model.errors import RulebookRefused
from memoranda.model import TermBy
from memoranda.reader import read_inline, read_rulebook

FOLDER = Path(__file__).parent / "bad_rulebooks"
BASE = FOLDER / "beside" / "base.yaml"
BAD = sorted(FOLDER.glob("*.yaml"))


def expectations(path: Path) -> dict[str, list[str]]:
    """What the first lines of a bad file say of its refusal: `# code:`, `# says:` and `# line:`."""
    found: dict[str, list[str]] = {"code": [], "says": [], "line": []}
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("# "):
            break
        key, _, value = line.removeprefix("# ").partition(": ")
        found[key].append(value)
    return found


@pytest.mark.parametrize("path", BAD, ids=[path.stem for path in BAD])
def test_a_mistake_is_refused_with_its_line_its_words_and_its_code(path: Path, tmp_path: Path) -> None:
    shutil.copy(BASE, tmp_path)
    shutil.copy(path, tmp_path)
    expected = expectations(path)
    assert expected["says"], "a bad file without words would prove nothing"
    with pytest.raises(RulebookRefused) as refusal:
        read_rulebook(tmp_path)
    assert refusal.value.what.startswith(f"{tmp_path / path.name}:{expected['line'][0]}: "), refusal.value
    assert [refusal.value.detail_code] == expected["code"]
    for words in expected["says"]:
        assert words in str(refusal.value)
    assert refusal.value.hint


def test_there_is_a_bad_file_for_every_code_of_the_reader() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in Path("memoranda").glob("reader*.py"))
    # `rulebook.file` is about files that cannot be read at all; it has tests of its own.
    codes = {code for path in BAD for code in expectations(path)["code"]} | {"rulebook.file"}
    written = set(re.findall(r'"(rulebook\.[a-z-]+)"', sources))
    assert written == codes
    assert len(codes) > 15


def test_the_rulebook_beside_the_bad_ones_is_good() -> None:
    book = read_rulebook(BASE.parent)
    assert set(book.measures) == {"djd-2016-141/9"}
    assert book.lists["djd"].term_months == TermBy(by="ground", months={"1": None}, otherwise=24)
    assert book.bases["gpl 22"].from_ == date(2003, 1, 1)
    assert book.memoranda["djd-2016-141"].extras == {"x-note": "kept and ignored"}


def test_every_key_of_the_contract_is_taken() -> None:
    contract = Path("docs/contract.md").read_text(encoding="utf-8")
    example = YAML(typ="safe", pure=True).load(contract.split("## 4.")[1].split("```yaml\n")[1].split("```")[0])
    example["departments"].append({"id": "spc", "name": "最高人民法院"})
    law = {"document": "d", "article": "a", "kind": "law"}
    example["legal_bases"] += [{"id": "company-law-2023 178", **law}, {"id": "ratb 12", **law}]
    # It shows keys that exclude each other side by side.
    territory = example["legal_bases"][0].pop("territory")
    example["legal_bases"].append({"id": "local", **law, "kind": "local_regulation", "territory": territory})
    measure = example["memoranda"][0]["measures"][0]
    incentive = {"id": "c", "name": "c", "kind": "incentive", "authority": "spc"}
    favour = {key: measure[key] for key in ("departments", "matters", "withheld_by")}
    targets = [{"role": "self", "bases": ["local"]}]
    example["lists"].append(incentive)
    example["memoranda"].append(
        {
            "id": "f",
            "kind": "local",
            "lists": ["c"],
            "measures": [{"id": "f/1", "effect": "favour", "targets": targets, **favour}],
        }
    )
    del measure["withheld_by"]
    book = read_inline(example)
    assert set(book.measures) == {"djd-2016-141/9", "f/1"}
    assert book.withholding_lists("f/1") == {"djd"}


def test_a_single_file_is_a_rulebook() -> None:
    assert read_rulebook(BASE).digest == read_rulebook(BASE.parent).digest


def test_a_folder_without_rulebook_files_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "absent"):
        with pytest.raises(RulebookRefused, match="no rulebook files") as refusal:
            read_rulebook(folder)
        assert str(folder) in refusal.value.what


def test_a_file_that_is_not_utf_8_is_refused_with_the_line(tmp_path: Path) -> None:
    file = tmp_path / "gb.yaml"
    file.write_bytes("matters:\n  - {id: a, name: 采购}\n".encode("gb18030"))
    with pytest.raises(RulebookRefused, match="not UTF-8") as refusal:
        read_rulebook(tmp_path)
    assert refusal.value.what.startswith(f"{file}:2: ")


def test_a_byte_order_mark_and_an_empty_file_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"\xef\xbb\xbfmatters: [{id: a, name: b}]\n")
    (tmp_path / "b.yml").write_text("# nothing yet\n")
    (tmp_path / "c.yaml").write_text("departments:\n")
    assert list(read_rulebook(tmp_path).matters) == ["a"]


def test_an_impossible_day_without_quotes_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "legal_bases:\n  - {id: b, document: d, article: a, kind: law, from: 2003-02-30}\n", encoding="utf-8"
    )
    with pytest.raises(RulebookRefused, match=r"a\.yaml"):
        read_rulebook(tmp_path)


def test_aliases_of_aliases_are_refused_before_they_fill_the_memory(tmp_path: Path) -> None:
    lines = ["x-a: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"x-b{n}: &a{n + 1} [{', '.join([f'*a{n}'] * 10)}]" for n in range(9)]
    (tmp_path / "a.yaml").write_text("\n".join(lines))
    with pytest.raises(RulebookRefused, match="too deep or too large"):
        read_rulebook(tmp_path)


@pytest.mark.parametrize("depth", [100, 1_000])
def test_nesting_without_end_is_refused(depth: int, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(f"x-a: {'[' * depth}{']' * depth}\n")
    with pytest.raises(RulebookRefused, match=r"a\.yaml"):
        read_rulebook(tmp_path)


def test_the_words_on_off_yes_and_no_are_text(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("matters: [{id: on, name: off}, {id: yes, name: no}]")
    book = read_rulebook(tmp_path)
    assert {id_: matter.name for id_, matter in book.matters.items()} == {"on": "off", "yes": "no"}


def test_hidden_files_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("matters: [{id: a, name: b}]")
    (tmp_path / ".a.yaml.swp.yaml").write_text("matters: [{id: a, name: unfinished")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "old.yaml").write_text("matters: [{id: z, name: old}]")
    assert list(read_rulebook(tmp_path).matters) == ["a"]


def test_anchors_and_merged_keys_save_writing(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "x-of-xiamen: &xm {region: '350200'}\n"
        "departments:\n  - {<<: *xm, id: a, name: 甲}\n  - {<<: *xm, id: b, name: 乙, counterpart_of: nowhere}\n",
        encoding="utf-8",
    )
    with pytest.raises(RulebookRefused, match=r"a\.yaml:4: .*nowhere"):
        read_rulebook(tmp_path)
    (tmp_path / "b.yaml").write_text("departments: [{id: nowhere, name: 丙}]", encoding="utf-8")
    assert [d.region for d in read_rulebook(tmp_path).departments.values()] == ["350200", "350200", None]


def inline() -> dict[str, Any]:
    return {
        "departments": [{"id": "spc", "name": "最高人民法院", "x-a": 1}],
        "matters": [{"id": "travel", "name": "出境"}],
        "lists": [
            {
                "id": "djd",
                "name": "名单",
                "kind": "restriction",
                "authority": "spc",
                "ends_by": "removal",
                "facts": {"owed": "number", "x-unit": "元"},
                "repair": {"body": "spc", "conditions": "履行", "x-b": [1, {"x-c": 2}]},
            }
        ],
        "legal_bases": [
            {"id": "b", "document": "d", "article": "a", "kind": "law", "verified": {"on": "2026-01-01", "by": "x"}}
        ],
        "memoranda": [
            {
                "id": "m",
                "kind": "statutory",
                "title": "t",
                "from": "2020-01-01",
                "lists": ["djd"],
                "measures": [
                    {
                        "id": "m/1",
                        "title": "t",
                        "effect": "bar",
                        "departments": ["spc"],
                        "matters": "any",
                        "targets": [{"role": "self", "bases": ["b"], "x-d": None}],
                    }
                ],
            }
        ],
        "x-e": {"y": 1},
    }


def test_an_inline_rulebook_takes_days_as_text_or_as_days() -> None:
    as_text = inline()
    as_days = inline()
    as_days["memoranda"][0]["from"] = date(2020, 1, 1)
    as_days["legal_bases"][0]["verified"]["on"] = date(2026, 1, 1)
    assert read_inline(as_days).digest == read_inline(as_text).digest
    assert read_inline(as_text).memoranda["m"].from_ == date(2020, 1, 1)


def test_x_keys_are_kept_at_every_level_and_read_by_no_rule() -> None:
    book = read_inline(inline())
    assert book.extras == {"x-e": {"y": 1}}
    assert book.departments["spc"].extras == {"x-a": 1}
    assert book.lists["djd"].facts == {"owed": "number"}
    assert book.lists["djd"].extras == {"x-facts": {"x-unit": "元"}}
    repair = book.lists["djd"].repair
    assert repair is not None
    assert repair.extras == {"x-b": (1, {"x-c": 2})}
    assert book.measures["m/1"].targets[0].extras == {"x-d": None}


def test_an_inline_refusal_says_the_way_where_there_is_no_line() -> None:
    rulebook = inline()
    rulebook["memoranda"][0]["measures"][0]["targets"][0]["bases"] = ["nowhere"]
    with pytest.raises(RulebookRefused) as refusal:
        read_inline(rulebook, name="case 7")
    assert refusal.value.what.startswith("case 7: memoranda[0].measures[0].targets[0].bases: ")
    assert "`nowhere`" in refusal.value.what


def test_what_only_people_read_may_be_left_out() -> None:
    book = read_inline(
        {
            "departments": [{"id": "xm", "region": 350200}],
            "lists": [{"id": "l", "kind": "watch", "authority": "xm", "repair": {"after_months": 3}, "objection": {}}],
        }
    )
    assert (book.departments["xm"].name, book.departments["xm"].region) == ("xm", "350200")
    repair, objection = book.lists["l"].repair, book.lists["l"].objection
    assert repair is not None
    assert objection is not None
    assert (repair.body, repair.after_months, repair.conditions) == ("xm", 3, None)
    assert (objection.body, objection.days, objection.from_) == ("xm", None, "decided_on")


@pytest.mark.parametrize(("written", "condition"), [(True, "true"), (False, "false"), ("true", "true")])
def test_a_condition_that_is_true_or_false_needs_no_quotes(written: object, condition: str) -> None:
    rulebook = inline()
    rulebook["memoranda"][0]["measures"][0]["condition"] = written
    assert read_inline(rulebook).measures["m/1"].condition == condition


def test_half_a_character_is_refused_before_it_can_spoil_the_digest() -> None:
    rulebook = inline()
    rulebook["matters"][0]["name"] = "\ud83d"
    with pytest.raises(RulebookRefused, match="half a character"):
        read_inline(rulebook)


def test_reading_leaves_the_given_values_alone() -> None:
    rulebook = inline()
    read_inline(rulebook)
    assert json.dumps(rulebook) == json.dumps(inline())


@pytest.mark.parametrize("wrong", [None, [], "x", {"lists": 3}, {"lists": [3]}, {3: []}, {"lists": [{"id": []}]}])
def test_values_of_any_other_shape_are_refused_and_never_crash(wrong: Any) -> None:
    if wrong is None:
        assert read_inline(wrong).lists == {}
        return
    with pytest.raises(RulebookRefused):
        read_inline(wrong)
