"""Mapping files turn an outside source into the contract's columns, or say at which line they are wrong."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from graph_model.errors import FactsRefused
from graph_model.store import Vocabulary
from loaders.builders import Context
from loaders.chunks import ReadRow, RejectedRow
from loaders.mapping import read_mapping
from loaders.reading import Reading
from tests.load_files import KEYER, VOCABULARY, code, csv_text, person

CODE = code(1)
SHIPPED = Path(__file__).parents[1] / "loaders" / "mappings"


def read(folder: Path, mapping: str, source: str, kind: str = "organisations") -> list[ReadRow | RejectedRow]:
    (folder / "mapping.yaml").write_text(mapping, encoding="utf-8")
    (folder / "source.csv").write_text(source, encoding="utf-8")
    context = Context(VOCABULARY, KEYER, lenient=False)
    return list(Reading(kind, folder / "source.csv", folder / "mapping.yaml", context).rows())


def value(folder: Path, rule: str, cell: str, column: str = "name") -> Any:
    """Read one cell of source column 甲 by a rule, as an organisation's attribute; a rejected row gives its reason."""
    mapping = f"columns:\n  code: 代码\n  {column}: {rule}\nignore: rest\n"
    (row,) = read(folder, mapping, csv_text([{"代码": CODE, "甲": cell}]))
    if isinstance(row, RejectedRow):
        assert row.column == column
        return row.reason
    return getattr(row.fact.attributes, column)


def refusal(folder: Path, mapping: str, kind: str = "organisations") -> FactsRefused:
    path = folder / "mapping.yaml"
    path.write_text(mapping, encoding="utf-8")
    with pytest.raises(FactsRefused) as caught:
        read_mapping(path, kind)
    assert str(path) in caught.value.what
    return caught.value


@pytest.mark.parametrize(
    ("column", "rule", "cell", "expected"),
    [
        ("name", "甲", " 某某公司 ", "某某公司"),
        ("name", "{from: 甲}", "", None),
        ("region", "{from: 代码, characters: 3-8}", "", "350203"),
        ("region", "{from: 甲, characters: 3-8}", "", None),
        ("industry", "{from: 代码, characters: 2}", "", "1"),
        ("status", "{constant: active}", "anything", "active"),
        ("status", "{from: 甲, table: {在业: active, 吊销: revoked}}", "吊销", "revoked"),
        ("status", "{from: 甲, table: {在业: active}, otherwise: null}", "迁出", None),
        ("status", "{from: 甲, table: {在业: active}, otherwise: revoked}", "迁出", "revoked"),
        ("kind", '{from: 代码, characters: 1-2, table: {"91": enterprise}}', "", "enterprise"),
        (
            "kind",
            "{first: [{from: 甲, table: {个体: individual_business}}, {constant: other}]}",
            "个体",
            "individual_business",
        ),
        ("kind", "{first: [{from: 甲, table: {个体: individual_business}}, {constant: other}]}", "公司", "other"),
        ("kind", "{first: [{from: 甲, table: {个体: individual_business}}, {constant: other}]}", "", "other"),
        ("registered_on", "{from: 甲, days: YYYY年M月D日}", "1989年1月31日", date(1989, 1, 31)),
        ("registered_on", "{from: 甲, days: [YYYY-MM-DD, YYYY/M/D, YYYYMMDD]}", "1989/1/31", date(1989, 1, 31)),
        ("registered_on", "{from: 甲, days: [YYYY-MM-DD, YYYY/M/D, YYYYMMDD]}", "19890131", date(1989, 1, 31)),
        ("registered_on", "{from: 甲, days: SERIAL}", "32539", date(1989, 1, 31)),
        ("name", "{template: '{甲}（{代码}）'}", "某某", f"某某（{CODE}）"),
        ("name", "{template: '{甲}（{代码}）'}", "", None),
        ("name", "{from: 甲, upper: true}", "abc", "ABC"),
    ],
)
def test_a_rule_makes_a_column_of_a_source_cell(
    tmp_path: Path, column: str, rule: str, cell: str, expected: Any
) -> None:
    assert value(tmp_path, rule, cell, column) == expected


@pytest.mark.parametrize(
    ("column", "rule", "cell", "words"),
    [
        ("region", "{from: 甲, characters: 3-8}", "9135", "too short"),
        ("status", "{from: 甲, table: {在业: active}}", "迁出", "`迁出`"),
        ("kind", "{first: [{from: 甲, table: {个体: individual_business}}]}", "公司", "`公司`"),
        ("registered_on", "{from: 甲, days: YYYY/M/D}", "1989-01-31", "YYYY/M/D"),
        ("registered_on", "{from: 甲, days: YYYY/M/D}", "1989/2/30", "none of the formats"),
        ("registered_on", "{from: 甲, days: [D/M/YYYY, M/D/YYYY]}", "1/2/1989", "ambiguous"),
        ("region", "甲", "N/A", "six-digit"),
    ],
)
def test_a_cell_that_a_rule_cannot_read_rejects_its_row_with_the_column(
    tmp_path: Path, column: str, rule: str, cell: str, words: str
) -> None:
    assert words in value(tmp_path, rule, cell, column)


def test_two_formats_that_agree_are_not_ambiguous(tmp_path: Path) -> None:
    rule = "{from: 甲, days: [D/M/YYYY, M/D/YYYY]}"
    assert value(tmp_path, rule, "2/2/1989", "registered_on") == date(1989, 2, 2)
    assert value(tmp_path, rule, "31/1/1989", "registered_on") == date(1989, 1, 31)


def test_percentages_become_shares_and_blanks_are_missing(tmp_path: Path) -> None:
    mapping = """
        kind: relations
        blanks: [N/A, 无]
        columns:
          type: {constant: shareholder}
          holder: 股东
          organisation: 企业
          share: {from: 比例, percent: true}
        ignore: rest
    """
    source = csv_text(
        [
            {"股东": person(1), "企业": CODE, "比例": "12.5%", "备注": "x"},
            {"股东": person(2), "企业": CODE, "比例": "N/A", "备注": ""},
            {"股东": person(3), "企业": CODE, "比例": "一半", "备注": ""},
        ]
    )
    first, second, third = read(tmp_path, mapping, source, "relations")
    assert str(first.fact.share) == "0.125"
    assert second.fact.share is None
    assert isinstance(third, RejectedRow)
    assert third.column == "share"


def test_a_source_must_have_the_columns_named_and_no_others_unless_ignored(tmp_path: Path) -> None:
    source = csv_text([{"代码": CODE, "备注": "x"}])
    for mapping, words in [
        ("columns: {code: 统一代码}", "`统一代码`"),
        ("columns: {code: 代码}", "`备注`"),
        ("columns: {code: 代码}\nignore: [别的]", "`备注`"),
    ]:
        with pytest.raises(FactsRefused) as caught:
            read(tmp_path, mapping, source)
        assert (caught.value.detail_code, words in caught.value.what) == ("mapping.column", True)
    for mapping in ("columns: {code: 代码}\nignore: [备注]", "columns: {code: 代码}\nignore: rest"):
        assert len(read(tmp_path, mapping, source)) == 1


@pytest.mark.parametrize(
    ("mapping", "line", "words"),
    [
        ("columns: [code", 1, "YAML"),
        ("- a", 1, "not a mapping"),
        ("columns: {code: 代码}\ncolumns: {}", 2, "twice"),
        ("kind: organisations\ncolour: red\ncolumns: {code: 代码}", 2, "`colour`"),
        ("kind: persons\ncolumns: {code: 代码}", 1, "persons"),
        ("kind: companies\ncolumns: {code: 代码}", 1, "companies"),
        ("kind: organisations", 1, "columns"),
        ("columns:\n  code: 代码\n  colour: 甲", 3, "`colour`"),
        ("columns:\n  code: 7", 2, "`code`"),
        ("columns:\n  code: 代码\n  name: {characters: 1-2}", 3, "from"),
        ("columns:\n  code: 代码\n  name: {from: 甲, constant: 乙}", 3, "from"),
        ("columns:\n  code: 代码\n  name: {constant: 乙, upper: true}", 3, "constant"),
        ("columns:\n  code: 代码\n  name: {from: 甲, slice: 1-2}", 3, "`slice`"),
        ("columns:\n  code: 代码\n  name: {from: 甲, characters: 8-3}", 3, "3-8"),
        ("columns:\n  code: 代码\n  name: {from: 甲, characters: 0-3}", 3, "3-8"),
        ("columns:\n  code: 代码\n  name: {from: 甲, days: '%Y-%m-%d'}", 3, "YYYY"),
        ("columns:\n  code: 代码\n  name: {from: 甲, table: [a]}", 3, "not a mapping"),
        ("columns:\n  code: 代码\n  name: {from: 甲, otherwise: a}", 3, "table"),
        ("columns:\n  code: 代码\n  name: {from: 甲, upper: yes please}", 3, "upper"),
        ("columns:\n  code: 代码\n  name: {first: []}", 3, "not a list"),
        ("columns:\n  code: 代码\n  name:\n    first:\n      - {from: 甲}\n      - {form: 乙}", 6, "`form`"),
        ("columns:\n  code: 代码\n  name: {template: 甲}", 3, "来源列"),
        ("columns: {code: 代码}\nblanks: [1]", 2, "blanks"),
        ("columns: {code: 代码}\nignore: {a: b}", 2, "ignore"),
    ],
)
def test_a_wrong_mapping_is_refused_with_its_line(tmp_path: Path, mapping: str, line: int, words: str) -> None:
    error = refusal(tmp_path, mapping)
    assert error.detail_code == "mapping.refused"
    assert f"第 {line} 行" in error.what
    assert words in str(error)


def test_a_missing_mapping_file_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(FactsRefused) as caught:
        read_mapping(tmp_path / "none.yaml", "organisations")
    assert caught.value.detail_code == "file.unreadable"


def test_a_mapped_identity_number_is_keyed_and_never_shown(tmp_path: Path) -> None:
    mapping = """
        columns:
          id_type: {constant: resident_id}
          id_number: 身份证号
          name: 姓名
    """
    numbers = ["11010519491231002X", "110105194912310021"]
    good, bad = read(tmp_path, mapping, csv_text([{"身份证号": n, "姓名": "张三"} for n in numbers]), "persons")
    assert isinstance(good, ReadRow)
    assert good.fact.subject == KEYER.keyed_id("resident_id", numbers[0])
    assert isinstance(bad, RejectedRow)
    assert (bad.column, bad.detail_code, numbers[1] in bad.reason) == ("id_number", "identity.malformed", False)


def test_every_shipped_mapping_is_sound() -> None:
    paths = sorted(SHIPPED.glob("*.yaml"))
    assert paths
    for path in paths:
        kind = next(line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("kind:"))
        assert read_mapping(path, kind.removeprefix("kind:").strip()).rules


def test_every_mapping_in_the_documentation_is_sound_and_the_first_one_reads_its_table(tmp_path: Path) -> None:
    page = (Path(__file__).parents[1] / "docs" / "mapping.md").read_text(encoding="utf-8")
    blocks = [block.partition("```")[0] for block in page.split("```yaml\n")[1:]]
    assert len(blocks) >= 4
    for block in blocks:
        kinds = [line.split("#")[0].removeprefix("kind:").strip() for line in block.splitlines() if "kind:" in line[:5]]
        (tmp_path / "mapping.yaml").write_text(block, encoding="utf-8")
        assert read_mapping(tmp_path / "mapping.yaml", kinds[0]).rules
    table = [line.strip("|").split("|") for line in page.splitlines() if line.startswith("| ")][:3]
    source = "\n".join(",".join(cell.strip() for cell in row) for row in table if "---" not in row[0])
    found = [row.fact.attributes for row in read(tmp_path, blocks[0], source) if isinstance(row, ReadRow)]
    assert [(a.kind, a.registered_on) for a in found] == [
        ("enterprise", date(1989, 1, 1)),
        ("individual_business", date(2016, 7, 5)),
    ]


def test_the_shipped_registry_mapping_reads_dirty_rows_as_the_export_has_them(tmp_path: Path) -> None:
    rows = [
        ("泉州市某某商贸有限公司", code(1), "1989-01-01", "N/A", "福建", "泉州"),
        ("某某制造总厂", code(2), "1989-01-01", "有限责任公司 外商投资企业", "26(万美元)", "厦门"),
        ("某某小吃店", code(3, "92350211MA"), "2016/7/5", "个体工商户", "福建", "N/A"),
        ("N/A", code(4, "93350211MA"), "N/A", "", "N/A", "宁德"),
        ("某某合伙", code(5, "99350211MA"), "2016-07-05", "14", "福建", "厦门"),
        ("某某代表处", code(6).lower(), "1996-12-18", "N/A", "福建", "厦门"),
        ("某某公司", code(7), "1996.12.18", "N/A", "福建", "厦门"),
    ]
    header = ("企业名称", "统一社会信用代码", "注册日期", "企业类型", "所在省份", "地区")
    source = tmp_path / "registry.csv"
    source.write_text(csv_text([dict(zip(header, row, strict=True)) for row in rows]), encoding="utf-8")
    context = Context(Vocabulary(), None, lenient=False)
    found = list(Reading("organisations", source, SHIPPED / "fujian_registry.yaml", context).rows())
    taken = [row.fact.attributes for row in found if isinstance(row, ReadRow)]
    assert [(a.kind, a.region, a.registered_on) for a in taken] == [
        ("enterprise", "350203", date(1989, 1, 1)),
        ("enterprise", "350203", date(1989, 1, 1)),
        ("individual_business", "350211", date(2016, 7, 5)),
        ("farmers_cooperative", "350211", None),
        ("other", "350211", date(2016, 7, 5)),
    ]
    assert taken[3].name is None
    rejected = [(row.number, row.column) for row in found if isinstance(row, RejectedRow)]
    assert rejected == [(7, "code"), (8, "registered_on")]
