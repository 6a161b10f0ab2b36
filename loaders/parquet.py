"""A whole store as Parquet, for engines that read tables in parts on many machines (docs/export.md).

Each table is cut into parts of at most `PART` rows, sorted as the store's archive is; `parquet.json` says what it is
and appears with them, whole or not at all. Needs pyarrow, which comes with the extra `xinheng[spark]`.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from graph_model.collector import seldom_collected
from graph_model.errors import FactsRefused, XinhengError
from graph_model.nodes import Version
from graph_model.store import ARCHIVE_TABLES, ArchivedRow, Store
from graph_model.stores.rows import DESIGNATION, EXEMPTION, OBJECTION, REGISTRATION, RELATION
from loaders.new_folder import new_folder
from loaders.transfer import Progress, Tally, Transfer, as_plain, silent, tables_at, told

FORMAT = 1
MANIFEST = "parquet.json"
PART = 1_000_000
_GROUP = 50_000
"""Rows that are held in memory at once; a table of change sets, each as large as what it touched, goes by few."""
_CHANGES = (
    "version, kind, actor, reason, key, recorded_at, rulebook, content_digest, written_digest, opened, closed, "
    "unchanged, chain, subjects"
)
_WHOLE_NUMBERS = {"version", "opened", "closed", "unchanged", "recorded_from", "recorded_until"}
_YES_OR_NO = {"foreign_invested", "responsible"}


def _with_versions(columns: str) -> tuple[str, ...]:
    return tuple(column.strip('"') for column in f"{columns}, recorded_from, recorded_until".split(", "))


COLUMNS: Mapping[str, tuple[str, ...]] = {
    "changes": tuple(_CHANGES.split(", ")),
    "rulebooks": ("digest", "content", "vocabulary"),
    "registrations": _with_versions(REGISTRATION),
    "designations": _with_versions(DESIGNATION),
    "relations": _with_versions(RELATION),
    "exemptions": _with_versions(EXEMPTION),
    "objections": _with_versions(OBJECTION),
}
"""The columns of each table: as a store's archive gives them (`ARCHIVE_TABLES`)."""


@seldom_collected()
def export_parquet(store: Store, place: Path, progress: Progress = silent) -> Transfer:
    """Write a store as it is at its latest version; it may be written meanwhile. Memory does not grow with it.

    Raises:
        XinhengError: the folder is there already (`archive.exists`), or pyarrow is not installed (`extra.missing`).

    """
    arrow, parquet = _arrow()
    version = store.latest_version()
    tallies = {table: Tally(table, progress) for table in ARCHIVE_TABLES}
    parts: dict[str, int] = {}
    with new_folder(place) as folder:
        for table, rows in tables_at(store, version).items():
            schema = arrow.schema([(name, _type(arrow, name)) for name in COLUMNS[table]])
            passing = (row for row, _ in tallies[table].lines(rows))
            parts[table] = 0
            for groups in _cut(passing, 1 if table == "changes" else _GROUP):
                with parquet.ParquetWriter(folder / _part(table, parts[table]), schema, compression="zstd") as writer:
                    for group in groups:
                        columns = zip(*group, strict=True)
                        arrays = [arrow.array(cells, kind) for cells, kind in zip(columns, schema.types, strict=True)]
                        writer.write_batch(arrow.record_batch(arrays, schema=schema))
                parts[table] += 1
        given = told(version, tallies)
        manifest = {"format": FORMAT, **as_plain(given), "parts": parts}
        (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    return given


def _part(table: str, number: int) -> str:
    return f"{table}-{number:05}.parquet"


def _type(arrow: Any, column: str) -> Any:
    if column in _WHOLE_NUMBERS:
        return arrow.int64()
    if column in _YES_OR_NO:
        return arrow.int8()
    return arrow.binary() if column == "content" else arrow.string()


def _cut(rows: Iterable[ArchivedRow], size: int) -> Iterator[Iterator[list[ArchivedRow]]]:
    """Cut rows into parts, each in groups; an empty table has no part."""
    iterator = iter(rows)
    groups = iter(lambda: list(islice(iterator, size)), [])
    for first in groups:
        yield _first_and(first, islice(groups, max(0, PART // size - 1)))


def _first_and(first: list[ArchivedRow], rest: Iterator[list[ArchivedRow]]) -> Iterator[list[ArchivedRow]]:
    yield first
    yield from rest


@dataclass(frozen=True, slots=True)
class ParquetExport:
    """A folder that `export_parquet` wrote: what a store held up to `version`."""

    folder: Path
    version: Version
    parts: Mapping[str, int]

    @classmethod
    def read(cls, folder: Path) -> "ParquetExport":
        """Read what a folder is.

        Raises:
            FactsRefused: it is no such folder, or a part of a table is missing (`archive.none`).

        """
        try:
            given = json.loads((folder / MANIFEST).read_bytes())
            if given["format"] != FORMAT:
                raise ValueError(given["format"])
            export = cls(folder, int(given["version"]), {table: int(given["parts"][table]) for table in ARCHIVE_TABLES})
        except (OSError, ValueError, TypeError, KeyError):
            raise FactsRefused(
                f"{folder} 不是 Parquet 导出（其中没有可读的 {MANIFEST}）/ is no export as Parquet",
                hint="xinheng store export DIR --format parquet",
                detail_code="archive.none",
            ) from None
        missing = [path for table in ARCHIVE_TABLES for path in export.paths(table) if not Path(path).is_file()]
        if missing:
            raise FactsRefused(
                f"{missing[0]} 不在 / is missing", hint="再导出一次 export once more", detail_code="archive.none"
            )
        return export

    def paths(self, table: str) -> list[str]:
        """Give the files of one table, in their order."""
        return [str(self.folder / _part(table, number)) for number in range(self.parts[table])]

    def rulebook_at(self, version: Version) -> bytes | None:
        """Give the content of the rulebook that was in force at a version; `None` where none was."""
        _, parquet = _arrow()
        digest = None
        for path in self.paths("changes"):
            told = parquet.read_table(path, columns=["version", "rulebook"]).to_pylist()
            digest = next((r["rulebook"] for r in reversed(told) if r["rulebook"] and r["version"] <= version), digest)
        for path in self.paths("rulebooks"):
            for row in parquet.read_table(path, columns=["digest", "content"]).to_pylist():
                if row["digest"] == digest:
                    content: bytes = row["content"]
                    return content
        return None


def _arrow() -> tuple[Any, Any]:
    try:
        import pyarrow  # here, for it is installed only with the extra
        import pyarrow.parquet
    except ImportError:
        raise missing_extra("pyarrow") from None
    return pyarrow, pyarrow.parquet


def missing_extra(package: str) -> XinhengError:
    """Give the refusal where a package of the extra is not installed."""
    return XinhengError(
        f"没有安装 {package} / {package} is not installed",
        hint="pip install 'xinheng[spark]'",
        detail_code="extra.missing",
    )
