"""The run behind a load: chunks of rows become change sets, and every row is counted once."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from types import TracebackType
from typing import Any, Self, TypeAlias

from graph_model.errors import ChangeRefused
from graph_model.nodes import Designation, Exemption, Facts, Move, Objection, Registration, Relation, Version
from graph_model.store import Assessment, ChangeSet, Fact, Store
from loaders.additions import Addition, added_by, added_to_relations, start_of
from loaders.chunks import Chunk, ReadRow, RejectedRow
from loaders.reading import Reading
from loaders.refused_columns import column_refused
from loaders.rejects import RejectFile
from loaders.report import LoadOrder, LoadReport

RowAddition: TypeAlias = tuple[ReadRow, Addition]
_NAMES = tuple(field.name for field in fields(Facts))
_FIELD_OF_TYPE: Mapping[type, str] = {
    Registration: "registrations",
    Relation: "relations",
    Designation: "designations",
    Move: "moves",
    Exemption: "exemptions",
    Objection: "objections",
}
_HOLDERS = 5_000
"""Holders whose relation records are read at once; each may hold a dozen."""
NOTHING = Facts()


def bag(facts: Sequence[Fact]) -> Facts:
    """Give facts of one type as `Facts`."""
    names: dict[str, Any] = {_FIELD_OF_TYPE[type(facts[0])]: tuple(facts)} if facts else {}
    return Facts(**names)


def together(parts: Iterable[Facts]) -> Facts:
    """Give several bags as one, in their order."""
    parts = list(parts)
    return Facts(**{name: tuple(fact for part in parts for fact in getattr(part, name)) for name in _NAMES})


class Run:
    """Writes chunks of one file's rows; a context, so that the reject file is there when it ends.

    Args:
        store: where the facts go.
        order: what is loaded, for whom.
        reading: the file.
        repeats: row number → why that row cannot be taken because of another row of the file.

    """

    def __init__(self, store: Store, order: LoadOrder, reading: Reading, repeats: Mapping[int, str]) -> None:
        self.report = LoadReport()
        self._store = store
        self._order = order
        self._repeats = repeats
        self._digest = reading.digest()
        self._relations_known = order.kind == "relations" and bool(store.counts(store.latest_version())["relations"])
        self._rejected: list[RejectedRow] = []
        # The relation records that stood before this chunk, of its holders and by their starts.
        self._begun: dict[tuple[object, ...], list[Relation]] = {}
        self._rejects = RejectFile(order.rejects, reading) if order.rejects is not None else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._rejects is not None:
            self._rejects.close()
            self.report.rejects = self._rejects.path if self._rejects.written else None

    def take(self, chunk: Chunk) -> None:
        """Write one chunk's rows as one change set."""
        if not self._written_at_once(chunk):
            rows = list(self.readable(chunk.rows()))
            self._begun = self._begun_by([row.fact for row in rows]) if self._relations_known else {}
            if rows and not self._written_as_new(rows):
                self.write(rows, self.additions(rows))
        self.settle()

    def readable(self, chunk: Iterable[ReadRow | RejectedRow]) -> Iterator[ReadRow]:
        """Count rows, reject those that cannot be taken, and give the others."""
        repeats = self._repeats
        for row in chunk:
            self.report.read += 1
            if isinstance(row, RejectedRow):
                self._rejected.append(row)
            elif row.number in repeats:
                column = column_refused(self._order.kind, "row.repeated")
                self.refuse(row, column, repeats[row.number], "row.repeated")
            else:
                yield row

    def settle(self) -> None:
        """Count the rows rejected since the last time, and write them to the reject file, in the order of the file."""
        for row in sorted(self._rejected, key=lambda row: row.number):
            self.report.rejects_one(row)
            if self._rejects is not None:
                self._rejects.add(row)
        self._rejected.clear()

    def refuse(self, row: ReadRow, column: str, reason: str, detail_code: str) -> None:
        """Reject a row that could be read."""
        self._rejected.append(RejectedRow(row.number, row.values, column, reason, detail_code))

    def _refuse_as_store(self, row: ReadRow, what: str | None, hint: str | None, detail_code: str | None) -> None:
        code = detail_code or "change.refused"
        self.refuse(row, column_refused(self._order.kind, code), f"{what}；{hint}", code)

    # --- writing ----------------------------------------------------------------------------------------------

    def _written_at_once(self, chunk: Chunk) -> bool:
        """Write a chunk of clean rows without looking at each; says whether that went well."""
        statements = chunk.statements()
        if statements is None or not self._repeats.keys().isdisjoint(chunk.numbers()):
            return False
        place = chunk.place()
        if not self._is_new(place, statements[0]) or not self._written(place, Facts(registrations=statements)):
            return False
        self.report.read += len(statements)
        return True

    def _written_as_new(self, rows: Sequence[ReadRow]) -> bool:
        """Write rows without assessing them, where they look new; says whether that went well."""
        facts, place = [row.fact for row in rows], _place_of(rows)
        if self._relations_known:
            # The store would take the end of a record that stands for another record beside it.
            begun = any(isinstance(fact, Relation) and start_of(fact) in self._begun for fact in facts)
            may_be_new = not begun and not self._order.dry_run
        else:
            may_be_new = self._is_new(place, facts[0])
        return may_be_new and self._written(place, bag(facts))

    def _is_new(self, place: str, first: Fact) -> bool:
        """Whether rows may be written without assessing them, as their first is new.

        Assessing reads the store as much as writing does; a chunk that was loaded before is assessed all the same,
        so that it makes no version.
        """
        if self._order.dry_run:
            return False
        (assessment,) = self._store.assess(self._change_set(place, bag([first])))
        return assessment.outcome == "new"

    def _written(self, place: str, facts: Facts) -> bool:
        try:
            receipt = self._store.commit(self._change_set(place, facts))
        except ChangeRefused:
            return False
        self.report.loaded += receipt.opened
        self.report.unchanged += receipt.unchanged
        self.report.wrote(receipt.version)
        return True

    def _begun_by(self, facts: Iterable[Fact]) -> dict[tuple[object, ...], list[Relation]]:
        starts = {start_of(fact): fact.holder for fact in facts if isinstance(fact, Relation)}
        holders, version = sorted({*starts.values()}), self._store.latest_version()
        begun: dict[tuple[object, ...], list[Relation]] = defaultdict(list)
        for first in range(0, len(holders), _HOLDERS):
            for relation in self._store.held_by(holders[first : first + _HOLDERS], version):
                if (start := start_of(relation)) in starts:
                    begun[start].append(relation)
        return begun

    def additions(self, rows: Sequence[ReadRow]) -> list[RowAddition]:
        """Count the rows that are unchanged or refused, and give the others with what each adds."""
        assessments = self._store.assess(self._change_set(_place_of(rows), bag([row.fact for row in rows])))
        version = self._store.latest_version()
        adding: list[RowAddition] = []
        for row, assessment in zip(rows, assessments, strict=True):
            addition = self._addition(assessment, version)
            if addition is None:
                self._refuse_as_store(row, assessment.why, assessment.hint, assessment.detail_code)
            elif addition.why is not None:
                self._refuse_as_store(row, addition.why, addition.hint, "fact.conflict")
            elif (addition.facts, addition.corrections) == (NOTHING, NOTHING):
                self.report.unchanged += 1
            else:
                adding.append((row, addition))
        return adding

    def _addition(self, assessment: Assessment, version: Version) -> Addition | None:
        fact = assessment.fact
        if assessment.outcome == "unchanged":
            return Addition()
        if assessment.outcome == "refused":
            return added_by(assessment, self._store, version)
        if isinstance(fact, Relation):
            return added_to_relations(fact, self._begun.get(start_of(fact), ()))
        return Addition(facts=bag([fact]))

    def write(self, rows: Sequence[ReadRow], adding: Sequence[RowAddition], closing: Facts = NOTHING) -> None:
        """Write what rows add as one change set, with the moves that close a snapshot's missing entries.

        Raises:
            ChangeRefused: the store refuses a change set with closing moves, which is one whole.

        """
        facts = together([*(addition.facts for _, addition in adding), closing])
        corrections = together(addition.corrections for _, addition in adding)
        if (facts, corrections) == (NOTHING, NOTHING):
            return
        if not self._order.dry_run:
            try:
                receipt = self._store.commit(self._change_set(_place_of(rows), facts, corrections))
            except ChangeRefused as refusal:
                if closing != NOTHING:
                    raise
                self._one_by_one(adding, refusal)
                return
            self.report.wrote(receipt.version)
        self.report.loaded += len(adding)
        self.report.corrected += sum(addition.corrections != NOTHING for _, addition in adding)

    def _one_by_one(self, adding: Sequence[RowAddition], refusal: ChangeRefused) -> None:
        """Write rows alone that were refused together, so that each has its own reason.

        It happens where a correction is not clear, or where another writer came between.
        """
        if len(adding) == 1:
            self._refuse_as_store(adding[0][0], refusal.what, refusal.hint, refusal.detail_code)
            return
        for row, addition in adding:
            self.write([row], [(row, addition)])

    def _change_set(self, place: str, facts: Facts, corrections: Facts = NOTHING) -> ChangeSet:
        """Build the change set of the rows at a place.

        Its key tells the same rows of the same file after the same version, so that a write whose acknowledgement was
        lost is not made twice, and a file that is loaded again later, after a correction, is looked at anew.
        """
        key = f"load:{self._order.kind}:{self._digest}:{place}:after:{self._store.latest_version()}"
        return ChangeSet(self._order.actor, self._order.reason, key, facts, corrections)


def _place_of(rows: Sequence[ReadRow]) -> str:
    return f"{rows[0].number}-{rows[-1].number}" if rows else "none"
