"""XLSX sheets as streams of rows, with openpyxl in its read-only mode."""

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from gzip import GzipFile
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from openpyxl import Workbook, load_workbook

from graph_model.errors import FactsRefused
from loaders.cells import DISTORTED
from loaders.encodings import open_bytes

EXACT_BELOW = 10**15
"""Spreadsheets keep 15 digits of a number: a code or identity number typed as one has lost the rest."""


@contextmanager
def sheet_rows(path: Path, sheet: str | None) -> Iterator[Iterator[tuple[Any, ...]]]:
    """Give the rows of a sheet, as tuples of cell values; blank text is `None`.

    Raises:
        FactsRefused: `file.broken`, or `file.format` where it is not clear which sheet is meant.

    """
    with ExitStack() as stack:
        packed = stack.enter_context(open_bytes(path))
        file: Any = packed
        if isinstance(packed, GzipFile):
            # A zip is read from its end: behind gzip that would unpack it again and again.
            file = stack.enter_context(tempfile.TemporaryFile())
            shutil.copyfileobj(packed, file)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # openpyxl remarks on styles, which no row depends on
                book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
            stack.callback(book.close)
            yield _cells(_chosen(path, book, sheet))
        except (KeyError, ValueError, ParseError) as error:
            what = f"文件 {path} 不是完整的 XLSX（broken: {error.__class__.__name__}）"
            raise FactsRefused(what, hint="重新导出", detail_code="file.broken") from None


def _chosen(path: Path, book: Workbook, sheet: str | None) -> Any:
    names = book.sheetnames
    if sheet is not None:
        if sheet not in names:
            what = f"文件 {path} 没有工作表 `{sheet}`（no such sheet）"
            raise FactsRefused(what, hint=f"有：{'、'.join(names)}", detail_code="file.format")
        return book[sheet]
    filled = [s for s in book.worksheets if any(c is not None for row in _cells(s, limit=5) for c in row)]
    if len(filled) > 1:
        what = f"文件 {path} 有多张有内容的工作表：{'、'.join(s.title for s in filled)}（several sheets hold rows）"
        raise FactsRefused(what, hint="只留一张，或在映射文件中写 sheet", detail_code="file.format")
    return filled[0] if filled else book.worksheets[0]


def _cells(sheet: Any, limit: int | None = None) -> Iterator[tuple[Any, ...]]:
    # The dimension that some exporters write is wrong; without it openpyxl reads what is there.
    sheet.reset_dimensions()
    for row in sheet.iter_rows(values_only=True, max_row=limit):
        yield tuple(map(_cell, row))


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, int | float) and abs(value) >= EXACT_BELOW:
        return DISTORTED
    return value
