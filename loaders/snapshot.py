"""A file that is a whole list as it stands on a day: what it no longer has is closed (CONTRACT §3, `--snapshot`)."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from graph_model.calendar import add_months
from graph_model.errors import FactsRefused
from graph_model.identifiers import IdentityKeyer
from graph_model.nodes import Designation, Facts, Move, RemovalReason
from graph_model.store import ChangeSet, Store, Vocabulary
from loaders.builders import Context
from loaders.chunks import ReadRow, RejectedRow
from loaders.reading import Reading
from loaders.report import LoadOrder, LoadReport, Progress
from loaders.run import Run
from memoranda.model import OfficialList, TermBy

DEFAULT_MAX_SHARE = 0.2
"""The share of a list's standing entries that a snapshot may close without being confirmed."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Which list the file is, as it stands on which day.

    max_share  the share of standing entries, 0 to 1, that it may close unless it is `confirmed`
    """

    of: OfficialList
    on: date
    max_share: float = DEFAULT_MAX_SHARE
    confirmed: bool = False


def load_snapshot(
    store: Store,
    order: LoadOrder,
    snapshot: Snapshot,
    vocabulary: Vocabulary,
    keyer: IdentityKeyer | None,
    *,
    progress: Progress | None = None,
) -> LoadReport:
    """Load a designations file as a whole list: one atomic change set with the moves that close what is missing.

    An entry whose row is in the file but was rejected is not missing. Entries that begin after the snapshot's day,
    and those only proposed or notified, are left alone.

    Raises:
        FactsRefused: `snapshot.kind`, `snapshot.record-list`, `snapshot.too-many`, `snapshot.unclear`; or the file,
            the mapping or a closing move cannot be taken. Nothing was written.

    """
    official = snapshot.of
    if order.kind != "designations":
        what = f"快照只用于 designations，不用于 {order.kind}（a snapshot is of a list）"
        raise FactsRefused(what, hint="去掉 --snapshot", detail_code="snapshot.kind")
    if official.kind == "record":
        what = f"`{official.id}` 是决定记录，不能按快照关闭（a record list; its entries are decisions）"
        raise FactsRefused(what, hint="逐条录入变更", detail_code="snapshot.record-list")
    reading = Reading(order.kind, order.path, order.mapping, Context(vocabulary, keyer, lenient=False))
    total, repeats = reading.repeats()
    with Run(store, order, reading, repeats) as run:
        known = {entry.id: entry for entry in store.entries(official.id, store.latest_version())}
        rows = list(reading.rows())
        missing = _missing(known.values(), _present(reading, rows, known), snapshot)
        _see_that_it_may(missing, known.values(), rows, reading, snapshot)
        taken = [row for row in run.readable(rows) if _is_takable(run, row, known, official)]
        closing = Facts(moves=tuple(_closing_move(entry, snapshot, order) for entry in missing))
        _see_that_they_close(store, order, closing)
        run.write(taken, run.additions(taken) if taken else [], closing)
        run.settle()
        run.report.closed = Counter(str(move.reason) for move in closing.moves)
        if progress is not None:
            progress(run.report.read, total)
    return run.report


def _state(entry: Designation) -> str:
    return entry.moves[-1].to if entry.moves else entry.status


def _stands(entry: Designation) -> bool:
    return _state(entry) in ("in_effect", "suspended")


def _start(entry: Designation) -> date | None:
    return entry.effective_from or entry.decided_on


def _document(entry: Designation) -> tuple[str, str, str | None]:
    """What two designations on one list share that are one (F2)."""
    return (entry.subject, entry.authority, entry.document_no)


def _present(
    reading: Reading, rows: Iterable[ReadRow | RejectedRow], known: Mapping[str, Designation]
) -> frozenset[str]:
    """Give the ids of the known entries that the file has: by their id, or by the same decision document (F2)."""
    by_document = {_document(entry): entry.id for entry in known.values() if entry.document_no is not None}
    present: set[str] = set()
    for row in rows:
        if isinstance(row, RejectedRow):
            present.add(_stated_id(reading, row) or "")
        elif isinstance(row.fact, Designation):
            present.add(row.fact.id)
            if row.fact.document_no is not None:
                present.add(by_document.get(_document(row.fact), row.fact.id))
    return frozenset(present)


def _stated_id(reading: Reading, row: RejectedRow) -> str | None:
    """Give the id that a rejected row states, where it can be read."""
    if "id" not in reading.columns or len(row.values) != len(reading.source.columns):
        return None
    try:
        (stated,) = reading.selected(("id",))(row.values)
    except FactsRefused:
        return None
    return str(stated).strip() or None if stated is not None else None


def _missing(known: Iterable[Designation], present: frozenset[str], snapshot: Snapshot) -> list[Designation]:
    found: list[Designation] = []
    for entry in known:
        start = _start(entry)
        if _stands(entry) and entry.id not in present and (start is None or start <= snapshot.on):
            found.append(entry)
    return found


def _see_that_it_may(
    missing: Sequence[Designation],
    known: Iterable[Designation],
    rows: Iterable[ReadRow | RejectedRow],
    reading: Reading,
    snapshot: Snapshot,
) -> None:
    """Refuse to close more than the set share, or to call missing what an unreadable row may have named."""
    if not missing or snapshot.confirmed:
        return
    standing = sum(map(_stands, known))
    if len(missing) > snapshot.max_share * standing:
        raise FactsRefused(
            f"此快照将关闭 `{snapshot.of.id}` 在列 {standing} 条中的 {len(missing)} 条，"
            f"超过 {snapshot.max_share:.0%}（would close too large a share）",
            hint="核对文件是否完整；确认无误后加确认重跑",
            detail_code="snapshot.too-many",
        )
    unclear = [r.number for r in rows if isinstance(r, RejectedRow) and _stated_id(reading, r) is None]
    if unclear:
        raise FactsRefused(
            f"第 {unclear[0]} 行等 {len(unclear)} 行读不出编号，无法判断哪些条目不在列（rows without a readable id）",
            hint="先改正这些行；或确认后重跑",
            detail_code="snapshot.unclear",
        )


def _is_takable(run: Run, row: ReadRow, known: Mapping[str, Designation], official: OfficialList) -> bool:
    """Whether a row is one of this list; what has left the list cannot come back under its old id."""
    fact = row.fact
    if not isinstance(fact, Designation) or fact.list != official.id:
        run.refuse(row, "list", f"不属于快照的名单 `{official.id}`（another list）；改正，或另行录入", "snapshot.list")
        return False
    entry = known.get(fact.id)
    if entry is not None and _state(entry) in ("removed", "dropped") and not fact.moves:
        what = f"认定 `{fact.id}` 已是 {_state(entry)}（has left the list）"
        run.refuse(row, "id", f"{what}；重新列入须用新的编号和文书", "snapshot.left")
        return False
    return True


def _closing_move(entry: Designation, snapshot: Snapshot, order: LoadOrder) -> Move:
    end = end_of(entry, snapshot.of)
    reason: RemovalReason = "expired" if end is not None and end <= snapshot.on else "delisted"
    return Move(entry.id, "removed", snapshot.on, reason, actor=order.actor)


def end_of(entry: Designation, official: OfficialList) -> date | None:
    """The day on which an entry ends by itself: its `until`, else its start and the list's term (F2); `None`: none."""
    if entry.until is not None:
        return entry.until
    term, start = official.term_months, _start(entry)
    if isinstance(term, TermBy):
        value = entry.facts.get(term.by)
        term = None if value is None else term.months.get(str(value), term.otherwise)
    return None if term is None or start is None else add_months(start, term)


def _see_that_they_close(store: Store, order: LoadOrder, closing: Facts) -> None:
    probe = ChangeSet(order.actor, order.reason, "snapshot:probe", closing)
    for assessment in store.assess(probe):
        if assessment.outcome == "refused":
            raise FactsRefused(
                f"快照不能关闭一条不在列的认定：{assessment.why}",
                hint=f"{assessment.hint}；核对快照的日期",
                detail_code=assessment.detail_code,
            )
