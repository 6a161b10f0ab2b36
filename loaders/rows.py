"""Row → fact, or a refusal that names the place and the reason (CONTRACT §3).

A `RowReader` is made once for a header and then reads rows of plain values, so that a million rows cost no
dictionary look-ups by header. `facts_from_rows` reads bags of mappings (scenario files, `POST /v1/changes`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, TypeAlias

from graph_model.errors import FactsRefused
from graph_model.identifiers import IdentityKeyer
from graph_model.nodes import Facts
from graph_model.store import Fact, Vocabulary
from loaders.builders import BUILDERS, Context
from loaders.cells import as_given, shown
from loaders.columns import COLUMNS, KINDS, NESTED, unknown_columns

Row: TypeAlias = Mapping[str, Any]

FIELD_OF: Mapping[str, str] = {kind: kind for kind in KINDS} | dict.fromkeys(
    ("organisations", "persons"), "registrations"
)
"""The field of `Facts` that a kind's rows become."""


class RowReader:
    """Reads rows of one kind under one header.

    Args:
        kind: one of `KINDS`.
        columns: the header; every name must be one of the kind's columns.
        context: the vocabulary that types `fact.*` and knows the lists, the keyer of identity numbers, and whether
            to read leniently (scenario files: any word is an id; ids of exemptions and objections, document
            numbers and actors may be left out).

    Raises:
        FactsRefused: a column is not known (`column.unknown`).

    """

    def __init__(self, kind: str, columns: Sequence[str], context: Context) -> None:
        if unknown := unknown_columns(kind, columns):
            known = "、".join(c for c in COLUMNS[kind] if c not in NESTED)
            raise FactsRefused(
                f"{kind} 没有列 {'、'.join(map(shown, unknown))}（unknown column）",
                hint=f"可用的列：{known}{'、fact.*' if kind == 'designations' else ''}；其他来源请用映射文件",
                detail_code="column.unknown",
            )
        known_here = COLUMNS[kind]
        self._plan = [(i, c, known_here.get(c, as_given)) for i, c in enumerate(columns)]
        self._build = BUILDERS[kind]
        self._context = context

    def read(self, values: Sequence[Any]) -> Fact:
        """Turn one row's values, in the order of the header, into a fact.

        Raises:
            RowRefused: naming the column and the reason.

        """
        cells: dict[str, Any] = {}
        for index, column, convert in self._plan:
            value = values[index]
            # `present`, written out: this loop is the hot one of every load.
            if value is None:
                continue
            if value.__class__ is str:
                value = value.strip()
                if not value:
                    continue
            cells[column] = convert(column, value)
        return self._build(cells, self._context)


def facts_from_rows(
    rows: Mapping[str, Sequence[Row]], vocabulary: Vocabulary, keyer: IdentityKeyer | None, *, lenient: bool = False
) -> Facts:
    """Read bags of rows by kind, as scenario files and `POST /v1/changes` give them.

    Args:
        rows: kind (`KINDS`) → rows, each a mapping of column → value, text or already typed.
        vocabulary: the words of the rulebook that the facts may use.
        keyer: keys identity numbers; `None` where none may be given.
        lenient: see `RowReader`.

    Raises:
        FactsRefused: naming kind, row (from 1) and column; `detail_code` says why.

    """
    if not isinstance(rows, Mapping):
        raise _misshapen("facts 不是映射（not a mapping）", f"写成 {{{', '.join(KINDS)}}}")
    context = Context(vocabulary, keyer, lenient)
    found: dict[str, list[Any]] = {field.name: [] for field in fields(Facts)}
    for kind, bag in rows.items():
        if kind not in COLUMNS:
            what, hint = f"没有 `{kind}` 这类事实（unknown kind of facts）", f"可用：{'、'.join(KINDS)}"
            raise FactsRefused(what, hint=hint, detail_code="kind.unknown")
        if bag is not None:
            found[FIELD_OF[kind]].extend(_facts_of(kind, bag, context))
    return Facts(**{name: tuple(facts) for name, facts in found.items()})


def _facts_of(kind: str, bag: Sequence[Row], context: Context) -> list[Fact]:
    if isinstance(bag, str | Mapping) or not isinstance(bag, Sequence):
        raise _misshapen(f"`{kind}` 不是列表（not a list of rows）", "写成 [{列: 值, …}]")
    readers: dict[tuple[str, ...], RowReader] = {}
    facts: list[Fact] = []
    for place, row in enumerate(bag, start=1):
        where = f"{kind} 第 {place} 行（row {place}）"
        if not isinstance(row, Mapping):
            raise _misshapen(f"{where}不是映射（not a mapping）", "写成 {列: 值}")
        columns = tuple(map(str, row))
        try:
            if columns not in readers:
                readers[columns] = RowReader(kind, columns, context)
            facts.append(readers[columns].read(tuple(row.values())))
        except FactsRefused as refusal:
            code = refusal.detail_code
            raise FactsRefused(f"{where}：{refusal.what}", hint=refusal.hint, detail_code=code) from None
    return facts


def _misshapen(what: str, hint: str) -> FactsRefused:
    return FactsRefused(what, hint=hint, detail_code="facts.shape")
