"""Files are recognised as they are sent: format, encoding, compression; a broken one is refused with its place."""

import gzip
import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from graph_model.errors import FactsRefused
from loaders.cells import DISTORTED
from loaders.sources import BATCH_ROWS, Broken, open_source

TEXT = "code,name\r\nA,厦门市某某公司\r\nB,福州市另一公司\r\n"
ROWS = [(2, ["A", "厦门市某某公司"]), (3, ["B", "福州市另一公司"])]


def put(folder: Path, content: bytes | str, name: str = "file.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def sheet(folder: Path, *rows: tuple[Any, ...], name: str = "file.xlsx", more: str | None = None) -> Path:
    book = Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    if more:
        book.create_sheet(more).append(("code",))
    book.save(folder / name)
    return folder / name


def refusal(path: Path, **options: Any) -> FactsRefused:
    with pytest.raises(FactsRefused) as caught:
        list(open_source(path, **options).rows())
    assert str(path) in caught.value.what
    return caught.value


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("packed", [False, True])
def test_csv_is_read_in_each_encoding_gzipped_or_not(tmp_path: Path, encoding: str, packed: bool) -> None:
    content = TEXT.encode(encoding)
    path = put(tmp_path, gzip.compress(content) if packed else content, "file.csv.gz" if packed else "file.csv")
    source = open_source(path)
    assert (source.form, source.columns, source.encoding) == ("csv", ("code", "name"), encoding)
    assert list(source.rows()) == ROWS
    assert list(source.rows()) == ROWS, "a source can be read again"


def test_gzip_is_told_by_the_content_not_by_the_name(tmp_path: Path) -> None:
    assert list(open_source(put(tmp_path, gzip.compress(TEXT.encode()), "file.csv")).rows()) == ROWS


def test_gb18030_is_recognised_with_rare_characters_and_late_in_the_file(tmp_path: Path) -> None:
    text = "code,name\n" + "A,plain\n" * 200_000 + "B,㐂𠮷鹭\n"
    source = open_source(put(tmp_path, text.encode("gb18030")))
    assert source.encoding == "gb18030"
    assert list(source.rows())[-1] == (200_002, ["B", "㐂𠮷鹭"])


def test_broken_utf8_is_not_taken_for_gb18030(tmp_path: Path) -> None:
    good = "code,name\n" + "A,厦门市某某有限公司\n" * 20
    error = refusal(put(tmp_path, good.encode() + b"B,\xe5\x8e\n" + good.encode()))
    assert (error.detail_code, "第 22 行" in error.what) == ("file.encoding", True)


def test_other_encodings_are_refused(tmp_path: Path) -> None:
    assert refusal(put(tmp_path, TEXT.encode("utf-16"))).detail_code == "file.encoding"
    assert refusal(put(tmp_path, TEXT.encode("utf-16-le"))).detail_code == "file.encoding"


def test_a_cut_gzip_is_refused_when_opened(tmp_path: Path) -> None:
    packed = gzip.compress((TEXT * 1000).encode())
    with pytest.raises(FactsRefused) as caught:
        open_source(put(tmp_path, packed[:-20]))
    assert caught.value.detail_code == "file.broken"


def test_a_missing_file_or_a_folder_is_unreadable(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.csv").detail_code == "file.unreadable"
    assert refusal(tmp_path).detail_code == "file.unreadable"


@pytest.mark.parametrize(
    ("content", "words"),
    [("", "empty"), ("\n\n", "empty"), ("a,,b\n", "第 2 列"), ("a,b,a\n", "a"), (" , \nA,B\n", "no header")],
)
def test_a_header_must_name_every_column_once(tmp_path: Path, content: str, words: str) -> None:
    error = refusal(put(tmp_path, content))
    assert (error.detail_code, words in error.what) == ("file.header", True)


def test_blank_columns_at_the_end_of_the_header_are_no_columns(tmp_path: Path) -> None:
    source = open_source(put(tmp_path, "code,name,,\nA,B,,\nC,D,x,\n"))
    assert source.columns == ("code", "name")
    first, second = source.rows()
    assert first == (2, ["A", "B"])
    assert isinstance(second[1], Broken)


def test_tabs_are_recognised(tmp_path: Path) -> None:
    assert list(open_source(put(tmp_path, TEXT.replace(",", "\t"), "file.tsv")).rows()) == ROWS


def test_blank_lines_have_a_number_and_are_left_out_and_rows_of_other_width_are_broken(tmp_path: Path) -> None:
    rows = list(open_source(put(tmp_path, 'code,name\nA,B\n\nC\nD,E,F\n"G","H\nI"\n')).rows())
    assert [number for number, _ in rows] == [2, 4, 5, 6]
    assert [isinstance(values, Broken) for _, values in rows] == [False, True, True, False]
    assert isinstance(rows[1][1], Broken)
    assert rows[1][1].cells == ["C"]
    assert rows[3][1] == ["G", "H\nI"]


def test_a_bad_quote_breaks_its_row_and_one_that_swallows_rows_breaks_the_file(tmp_path: Path) -> None:
    rows = list(open_source(put(tmp_path, 'code,name\nA,"B"x\nC,D\n')).rows())
    assert isinstance(rows[0][1], Broken)
    assert rows[1] == (3, ["C", "D"])
    error = refusal(put(tmp_path, 'code,name\nA,B\nC,"D\nE,F\nG,H\n'))
    assert (error.detail_code, "第 3 行" in error.what) == ("file.broken", True)


def test_places_are_right_far_into_a_file_and_after_cells_of_several_lines(tmp_path: Path) -> None:
    rows = ["code,name", *(f"A{n},B" for n in range(BATCH_ROWS + 10)), 'C,"two\nlines"', "", 'D,"E"x', "F,G"]
    found = dict(open_source(put(tmp_path, "\n".join(rows))).rows())
    last = BATCH_ROWS + 11
    assert list(found)[-4:] == [last, last + 1, last + 3, last + 4]
    assert found[last + 1] == ["C", "two\nlines"]
    assert isinstance(found[last + 3], Broken)
    error = refusal(put(tmp_path, "\n".join([*rows[:-2], 'D,"E', "F,G", "H,I"])))
    assert f"第 {last + 4} 行" in error.what, "lines are those of an editor"


def test_a_spreadsheet_gives_typed_cells_and_numbers_its_rows_as_shown(tmp_path: Path) -> None:
    day = datetime.fromisoformat("2024-01-31")
    path = sheet(tmp_path, ("code", "on", "share", None), ("A", day, 0.5), (None, None), ("B", None, "  "))
    source = open_source(path)
    assert (source.form, source.columns, source.encoding) == ("xlsx", ("code", "on", "share"), None)
    assert list(source.rows()) == [(2, ("A", day, 0.5)), (4, ("B", None, None))]
    packed = put(tmp_path, gzip.compress(path.read_bytes()), "packed.xlsx.gz")
    assert list(open_source(packed).rows()) == list(source.rows())


def test_long_numbers_that_a_spreadsheet_has_rounded_are_marked(tmp_path: Path) -> None:
    source = open_source(sheet(tmp_path, ("code",), (110105194912310021,), (123456789,)))
    assert list(source.rows()) == [(2, (DISTORTED,)), (3, (123456789,))]


def test_of_several_filled_sheets_one_must_be_named(tmp_path: Path) -> None:
    path = sheet(tmp_path, ("code",), ("A",), more="other")
    assert refusal(path).detail_code == "file.format"
    assert "other" in refusal(path).what
    assert list(open_source(path, sheet="Sheet").rows()) == [(2, ("A",))]
    assert refusal(path, sheet="none").detail_code == "file.format"


def test_a_broken_or_old_spreadsheet_is_refused(tmp_path: Path) -> None:
    whole = sheet(tmp_path, ("code",), ("A",)).read_bytes()
    assert refusal(put(tmp_path, whole[: len(whole) // 2], "cut.xlsx")).detail_code == "file.broken"
    assert refusal(put(tmp_path, b"PK\x03\x04 and no more", "cut.xlsx")).detail_code == "file.broken"
    assert refusal(put(tmp_path, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old.xls")).detail_code == "file.format"


def test_json_lines_keep_types_and_exact_numbers(tmp_path: Path) -> None:
    lines = [{"code": "A", "share": 0.1, "facts": {"x": True}}, {"code": "B", "moves": [1]}]
    content = "".join(json.dumps(line) + "\n\n" for line in lines)
    source = open_source(put(tmp_path, content, "file.jsonl"))
    assert source.columns == ("code", "share", "facts", "moves")
    assert list(source.rows()) == [
        (1, ("A", Decimal("0.1"), {"x": True}, None)),
        (3, ("B", None, None, [1])),
    ]


@pytest.mark.parametrize("line", ["{", "[1]", "7", '{"a": 1, "a": 2}', '{"a": NaN}', "[" * 100_000])
def test_a_line_that_is_no_json_object_is_a_broken_row(tmp_path: Path, line: str) -> None:
    rows = list(open_source(put(tmp_path, f'{{"a": 1}}\n{line}\n', "file.jsonl")).rows())
    assert rows[0] == (1, (1,))
    assert isinstance(rows[1][1], Broken)


def test_a_json_array_is_refused_with_what_to_do(tmp_path: Path) -> None:
    error = refusal(put(tmp_path, '[{"code": "A"}]', "file.json"))
    assert (error.detail_code, "JSON Lines" in error.hint) == ("file.format", True)
