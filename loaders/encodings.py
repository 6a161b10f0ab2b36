"""Bytes → text: gzip, and the encodings that Chinese authorities send (UTF-8 with or without BOM, GB18030)."""

import codecs
import gzip
import io
import zipfile
import zlib
from pathlib import Path
from typing import IO

from graph_model.errors import FactsRefused

BLOCK = 1 << 16
ENOUGH_UTF8 = 60
"""Bytes in multi-byte UTF-8 characters after which a file is taken to be UTF-8: Chinese in GB18030 fails sooner."""

OPENING_ERRORS = (OSError, EOFError, zlib.error, zipfile.BadZipFile)
"""What reading a missing, cut or broken file raises (a bad gzip header is an `OSError`)."""


def open_bytes(path: Path) -> io.BufferedReader | gzip.GzipFile:
    """Open a file for reading bytes, through gzip where its first bytes say so."""
    file = path.open("rb")
    try:
        magic = file.read(2)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    if magic != b"\x1f\x8b":
        return file
    file.close()
    return gzip.open(path, "rb")


def open_text(path: Path, encoding: str) -> IO[str]:
    """Open a file for reading text; line ends are left as they are, as `csv` wants them."""
    return io.TextIOWrapper(open_bytes(path), encoding=encoding, newline="")


def recognised_encoding(path: Path) -> str:
    """Tell a text file's encoding by decoding all of it: `utf-8`, `utf-8-sig` (with BOM) or `gb18030`.

    Raises:
        FactsRefused: `file.encoding`: it is none of these, or broken at a place that is named.

    """
    with open_bytes(path) as file:
        has_bom = file.read(3) == codecs.BOM_UTF8
    if _is_utf8(path):
        return "utf-8-sig" if has_bom else "utf-8"
    bad_line, wide_bytes = _first_undecodable(path, "utf-8")
    if not has_bom and wide_bytes < ENOUGH_UTF8:
        gb_line, _ = _first_undecodable(path, "gb18030")
        if gb_line is None:
            return "gb18030"
    raise FactsRefused(
        f"文件 {path} 第 {bad_line} 行不是合规的 UTF-8 或 GB18030 文本（undecodable at line {bad_line}）",
        hint="以 UTF-8 另存，或重新导出",
        detail_code="file.encoding",
    )


def _is_utf8(path: Path) -> bool:
    """Ask the usual question alone, without counting lines."""
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    with open_bytes(path) as file:
        try:
            while block := file.read(BLOCK):
                if b"\0" in block:
                    return False
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _first_undecodable(path: Path, encoding: str) -> tuple[int | None, int]:
    """Give the line of the first byte that is not `encoding` (`None`: all is), and the bytes of wide characters before.

    A NUL counts as undecodable: it is UTF-16 read as something else.
    """
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    line, wide = 1, 0
    with open_bytes(path) as file:
        while True:
            block = file.read(BLOCK)
            pending = len(decoder.getstate()[0])
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                good = error.object[: error.start]
                return line + good.count(b"\n"), wide + len(good) - len(good.decode(encoding, "replace"))
            if "\0" in text:
                return line + text[: text.index("\0")].count("\n"), 0
            if not block:
                return None, wide
            line += text.count("\n")
            wide += len(block) + pending - len(decoder.getstate()[0]) - len(text)
