"""A whole store as a folder of files: one gzip JSON Lines file per table, and `manifest.json` (docs/export.md).

The same store at the same version gives the same bytes. A folder appears when it is whole; none is written over.
"""

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedWriter
from pathlib import Path
from typing import Any, cast

from graph_model.collector import seldom_collected
from graph_model.errors import FactsRefused
from graph_model.nodes import Version
from graph_model.store import ARCHIVE_TABLES, Archive, ArchivedRow, Store
from loaders.new_folder import new_folder
from loaders.transfer import (
    Progress,
    TableDigest,
    Tally,
    Transfer,
    archive_name,
    digests,
    refuse_difference,
    row_of,
    silent,
    tables_at,
    told,
)
from memoranda.graph import graph_of_content

FORMAT = 1
MANIFEST = "manifest.json"
BLOCK = 10_000
"""Lines from one digest in the manifest to the next, so that a changed line can be found."""


@seldom_collected()
def export(store: Store, place: Path, progress: Progress = silent) -> Transfer:
    """Write a store as it is at its latest version; it may be written meanwhile.

    Raises:
        XinhengError: the folder is there already (`archive.exists`).

    """
    version = store.latest_version()
    tallies = {table: Tally(table, progress) for table in ARCHIVE_TABLES}
    blocks: dict[str, list[str]] = {}
    with new_folder(place) as folder:
        for table, rows in tables_at(store, version).items():
            blocks[table] = _write(folder / f"{table}.jsonl.gz", rows, tallies[table])
        given = told(version, tallies)
        manifest = {
            "format": FORMAT,
            "version": given.version,
            "chain": given.chain,
            "tables": {
                table: {"rows": sums.rows, "digest": sums.digest, "blocks": blocks[table]}
                for table, sums in given.tables.items()
            },
        }
        (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    return given


def _write(file: Path, rows: Iterator[ArchivedRow], tally: Tally) -> list[str]:
    """Write one table; give the digest of all lines so far after each whole block of them."""
    blocks = []
    with (
        file.open("wb") as raw,
        gzip.GzipFile("", "wb", compresslevel=4, fileobj=raw, mtime=0) as packed,
        BufferedWriter(cast("Any", packed), 1 << 18) as out,
    ):
        for _, line in tally.lines(rows):
            out.write(line)
            if tally.rows % BLOCK == 0:
                blocks.append(tally.digest.digest)
    return blocks


@seldom_collected()
def import_into(store: Store, place: Path, progress: Progress = silent) -> Transfer:
    """Fill an empty store from an exported folder, after every file was found to be what was exported.

    Raises:
        FactsRefused: no such folder (`archive.none`), a newer format (`archive.newer`), a file that was changed or is
            not whole (`archive.changed`, with file and lines), or a line that is no row (`archive.malformed`).
        ChangeRefused: the store is not empty, or a row cannot be taken.
        XinhengError: the filled store differs from the files (`archive.differs`).

    """
    exported = Exported.read(place)
    for table in ARCHIVE_TABLES:
        exported.check(table, progress)
    name = archive_name(exported.given.version, exported.given.chain)
    store.restore(Archive({table: exported.rows(table) for table in ARCHIVE_TABLES}, graph_of_content, name))
    refuse_difference(exported.given, digests(store, progress))
    return exported.given


@dataclass(frozen=True, slots=True)
class Exported:
    """A folder that was exported, by its manifest."""

    place: Path
    given: Transfer
    blocks: dict[str, list[str]]

    @classmethod
    def read(cls, place: Path) -> "Exported":
        """Read the manifest.

        Raises:
            FactsRefused: there is none, or it cannot be read, or it is of a newer program.

        """
        file = place / MANIFEST
        try:
            said = json.loads(file.read_bytes())
            if said["format"] > FORMAT:
                raise FactsRefused(
                    f"{file}：格式较新 / format {said['format']} is newer than this program's {FORMAT}",
                    hint="install the newer Xinheng",
                    detail_code="archive.newer",
                )
            tables = {table: said["tables"][table] for table in ARCHIVE_TABLES}
            sums = {table: TableDigest(int(of["rows"]), str(of["digest"])) for table, of in tables.items()}
            given = Transfer(Version(said["version"]), str(said["chain"]), sums)
            return cls(place, given, {table: list(of["blocks"]) for table, of in tables.items()})
        except (FileNotFoundError, NotADirectoryError) as error:
            raise FactsRefused(
                f"{place} 不是导出的文件夹 / {place} is no exported folder: it has no {MANIFEST}",
                hint="name the folder that `xinheng store export` wrote",
                detail_code="archive.none",
            ) from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise _changed(file, "it cannot be read") from error

    def file(self, table: str) -> Path:
        """Where a table is."""
        return self.place / f"{table}.jsonl.gz"

    def check(self, table: str, progress: Progress = silent) -> None:
        """See that a table's file holds exactly the lines that were exported.

        Raises:
            FactsRefused: it does not; names the file and where in it.

        """
        tally = Tally(table, progress)
        for number, line in self._lines(table):
            tally.add(line)
            if number % BLOCK == 0 and tally.digest.digest not in self.blocks[table][number // BLOCK - 1 :][:1]:
                raise _changed(self.file(table), f"a line was changed, {number - BLOCK + 1} to {number}")
        if tally.digest != self.given.tables[table]:
            since = tally.rows - tally.rows % BLOCK + 1
            expected = self.given.tables[table].rows
            if tally.rows != expected:
                raise _changed(self.file(table), f"it has {tally.rows} lines, not {expected}")
            raise _changed(self.file(table), f"a line was changed, {since} to {tally.rows}")

    def rows(self, table: str) -> Iterator[ArchivedRow]:
        """Give the rows of a table.

        Raises:
            FactsRefused: a line cannot be read; names file and line.

        """
        for number, line in self._lines(table):
            try:
                yield row_of(line)
            except (ValueError, KeyError, TypeError) as error:
                raise FactsRefused(
                    f"{self.file(table)}:{number}: 不是一行记录 / this line is no row: {error}",
                    hint="export the store anew; nothing was written",
                    detail_code="archive.malformed",
                ) from error

    def _lines(self, table: str) -> Iterator[tuple[int, bytes]]:
        number = 0
        try:
            with gzip.open(self.file(table)) as lines:
                for number, line in enumerate(lines, start=1):
                    yield number, line
        except FileNotFoundError as error:
            raise _changed(self.file(table), "it is missing") from error
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise _changed(self.file(table), f"it is broken after line {number}") from error


def _changed(file: Path, what: str) -> FactsRefused:
    return FactsRefused(
        f"{file}：与导出时不同 / it is not what was exported: {what}",
        hint="take another copy of the export; nothing was written",
        detail_code="archive.changed",
    )
