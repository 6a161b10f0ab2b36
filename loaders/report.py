"""What is to be loaded, and what became of it."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from graph_model.nodes import Version
from loaders.chunks import RejectedRow

SHOWN_REJECTS = 20
"""Rejected rows that the report keeps; all of them are in the reject file."""

Progress: TypeAlias = Callable[[int, int], None]
"""Called with (rows done, rows in all)."""


@dataclass(frozen=True, slots=True)
class LoadOrder:
    """What to load and how.

    kind           one of `loaders.columns.KINDS`
    actor, reason  who answers for the change sets, and why they are made (C1)
    mapping        a mapping file for an outside source (`loaders.mapping`)
    rejects        where rejected rows go; `None`: they are only counted, and the first ones kept in the report
    dry_run        only say what would become of each row
    rows_at_once   rows of one change set, about; `None`: as many as the store takes best
    """

    kind: str
    path: Path
    actor: str
    reason: str
    mapping: Path | None = None
    rejects: Path | None = None
    dry_run: bool = False
    rows_at_once: int | None = None


@dataclass(slots=True)
class LoadReport:
    """What became of the rows: read = loaded + unchanged + rejected, once the run is over.

    corrected  of the loaded ones, those that corrected or ended what was known
    closed     entries closed by a snapshot (they are no rows of the file), by the reason of their removal
    reasons    how many rows were rejected for which reason, by its stable word
    shown      the first few rejected rows
    rejects    the reject file, where a row was rejected and a place for it was given
    first_version, last_version  of the change sets written; `None` where nothing was
    """

    read: int = 0
    loaded: int = 0
    unchanged: int = 0
    rejected: int = 0
    corrected: int = 0
    closed: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    shown: list[RejectedRow] = field(default_factory=list)
    rejects: Path | None = None
    first_version: Version | None = None
    last_version: Version | None = None

    def rejects_one(self, row: RejectedRow) -> None:
        """Count a rejected row."""
        self.rejected += 1
        self.reasons[row.detail_code] += 1
        if len(self.shown) < SHOWN_REJECTS:
            self.shown.append(row)

    def wrote(self, version: Version) -> None:
        """Note a change set's version."""
        self.first_version = version if self.first_version is None else self.first_version
        self.last_version = version
