"""The whole book: look-ups, matter tree, counterparts, content digest (R1)."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any, Self, TypeVar

from graph_model.errors import RulebookRefused
from graph_model.identifiers import region_covers
from graph_model.store import ListTerms, Vocabulary
from memoranda.condition import Condition, recompile_condition
from memoranda.condition_types import DEFECT_ROOTS
from memoranda.model import BaseListEntry, Department, Entry, LegalBasis, Matter, Measure, Memorandum, OfficialList
from memoranda.rulebook_content import canonical, digest_of

_Named = TypeVar("_Named", BaseListEntry, Department, Matter, OfficialList, LegalBasis, Memorandum)

SECTIONS: Mapping[str, type[Entry]] = {
    "base_list": BaseListEntry,
    "departments": Department,
    "matters": Matter,
    "lists": OfficialList,
    "legal_bases": LegalBasis,
    "memoranda": Memorandum,
}
"""The keys of a rulebook file (CONTRACT §4), with what each is a list of."""


class Rulebook:
    """One immutable version of the law (R1).

    departments, matters, lists, bases, memoranda, measures
                     each by id, ids sorted
    base_list        the national base list of measures: classes and slots by id; empty where a book has none
    memorandum_of    the memorandum of each measure
    condition_of     the compiled condition of each measure that has one (R4)
    defect_of        the compiled `defective_if` of each list that has one (G2)
    extras           the `x-` keys that stood beside the sections; no rule reads them
    places           `file:line` of each (`lists`, `memoranda` or `measures`, id) that came from a file; not content

    It is made of entries that the reader has checked; it does not check them again.
    """

    def __init__(
        self,
        *,
        base_list: Iterable[BaseListEntry] = (),
        departments: Iterable[Department] = (),
        matters: Iterable[Matter] = (),
        lists: Iterable[OfficialList] = (),
        legal_bases: Iterable[LegalBasis] = (),
        memoranda: Iterable[Memorandum] = (),
        extras: Mapping[str, Any] | None = None,
        places: Mapping[tuple[str, str], str] | None = None,
    ) -> None:
        self.base_list: Mapping[str, BaseListEntry] = _by_id(base_list)
        self.departments: Mapping[str, Department] = _by_id(departments)
        self.matters: Mapping[str, Matter] = _by_id(matters)
        self.lists: Mapping[str, OfficialList] = _by_id(lists)
        self.bases: Mapping[str, LegalBasis] = _by_id(legal_bases)
        self.memoranda: Mapping[str, Memorandum] = _by_id(memoranda)
        self.extras: Mapping[str, Any] = extras or {}
        self.places: Mapping[tuple[str, str], str] = places or {}
        rows = sorted(
            ((m.id, m, memo) for memo in self.memoranda.values() for m in memo.measures), key=lambda row: row[0]
        )
        self.measures: Mapping[str, Measure] = {id_: measure for id_, measure, _ in rows}
        self.memorandum_of: Mapping[str, Memorandum] = {id_: memorandum for id_, _, memorandum in rows}
        self._bound: dict[str, tuple[str, ...]] = {}
        self._ancestors: dict[str, tuple[str, ...]] = {}
        self._chains: dict[str, tuple[str, ...]] = {}

    @classmethod
    def from_content(cls, content: bytes) -> Self:
        """Read the canonical content of a book back; the digest of the result is that of `content`.

        Raises:
            RulebookRefused: it is no such content.

        """
        try:
            sections: dict[str, Any] = json.loads(content)
            extras = {key: value for key, value in sections.items() if key not in SECTIONS}
            entries: dict[str, Any] = {
                key: [
                    model.model_validate(_with_tuples(entry), by_alias=True, by_name=False) for entry in sections[key]
                ]
                for key, model in SECTIONS.items()
                if key in sections
            }
        except (ValueError, TypeError, AttributeError) as error:
            raise RulebookRefused(
                "规则内容已损坏或版本不符 (not the content of a rulebook)",
                hint="请从规则文件重新发布",
                detail_code="rulebook.content",
            ) from error
        return cls(**entries, extras=extras)

    @cached_property
    def content(self) -> bytes:
        """The canonical content: JSON in the file's form."""
        sections: dict[str, Iterable[Entry]] = {
            "base_list": self.base_list.values(),
            "departments": self.departments.values(),
            "matters": self.matters.values(),
            "lists": self.lists.values(),
            "legal_bases": self.bases.values(),
            "memoranda": self.memoranda.values(),
        }
        return canonical(sections, self.extras)

    @cached_property
    def digest(self) -> str:
        """`sha256:…` of the content."""
        return digest_of(self.content)

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The words of this book that facts may use."""
        return Vocabulary(
            lists={id_: ListTerms(official.kind, official.facts) for id_, official in self.lists.items()},
            departments={id_: department.region for id_, department in self.departments.items()},
            measures=frozenset(self.measures),
            matters=frozenset(self.matters),
        )

    @cached_property
    def condition_of(self) -> Mapping[str, Condition]:
        """The compiled condition of each measure that has one (R4)."""
        # Which of the measure's lists declares the facts makes no difference: all type-check (the reader saw to it),
        # and a compiled condition asks its values alone.
        return {
            id_: recompile_condition(measure.condition, self.lists[self.lists_of(id_)[0]].facts)
            for id_, measure in self.measures.items()
            if measure.condition is not None
        }

    @cached_property
    def defect_of(self) -> Mapping[str, Condition]:
        """The compiled `defective_if` of each list that has one (G2)."""
        return {
            id_: recompile_condition(official.defective_if, official.facts, roots=DEFECT_ROOTS)
            for id_, official in self.lists.items()
            if official.defective_if is not None
        }

    def lists_of(self, measure_id: str) -> tuple[str, ...]:
        """Give the lists a measure attaches to: its own, or, where it names none, its memorandum's (G4)."""
        return self.measures[measure_id].lists or self.memorandum_of[measure_id].lists

    def measures_on(self, list_id: str) -> tuple[Measure, ...]:
        """Give the measures that attach to a list, by id."""
        return self._measures_on.get(list_id, ())

    @cached_property
    def _measures_on(self) -> Mapping[str, tuple[Measure, ...]]:
        attached: dict[str, list[Measure]] = defaultdict(list)
        for id_, measure in self.measures.items():
            for list_id in self.lists_of(id_):
                attached[list_id].append(measure)
        return {list_id: tuple(measures) for list_id, measures in attached.items()}

    def ancestors(self, matter_id: str) -> tuple[str, ...]:
        """Give a matter and what contains it, up to the root."""
        if matter_id not in self._ancestors:
            self._ancestors[matter_id] = _chain(matter_id, lambda id_: self.matters[id_].parent)
        return self._ancestors[matter_id]

    def cannot_see(self, matter_id: str) -> tuple[str, ...]:
        """Say what the law also bars in a matter and no list tells of: the matter's own words, then its ancestors'."""
        return tuple(said for id_ in self.ancestors(matter_id) if (said := self.matters[id_].cannot_see) is not None)

    def descendants(self, matter_id: str) -> frozenset[str]:
        """Give every matter that a matter contains, without itself."""
        return self._descendants.get(matter_id, frozenset())

    @cached_property
    def _descendants(self) -> Mapping[str, frozenset[str]]:
        below: dict[str, set[str]] = defaultdict(set)
        for matter_id in self.matters:
            for ancestor in self.ancestors(matter_id)[1:]:
                below[ancestor].add(matter_id)
        return {matter_id: frozenset(found) for matter_id, found in below.items()}

    def counterpart_chain(self, department_id: str) -> tuple[str, ...]:
        """Give a department, whose counterpart it is, and so on."""
        if department_id not in self._chains:
            self._chains[department_id] = _chain(department_id, lambda id_: self.departments[id_].counterpart_of)
        return self._chains[department_id]

    def bound_departments(self, measure_id: str) -> tuple[str, ...]:
        """Give the departments that a measure binds (G7), by id.

        Those it names and their counterparts, within the memorandum's region where it has one.
        """
        if measure_id not in self._bound:
            named = set(self.measures[measure_id].departments)
            region = self.memorandum_of[measure_id].region
            self._bound[measure_id] = tuple(
                id_
                for id_, department in self.departments.items()
                if not named.isdisjoint(self.counterpart_chain(id_))
                and (region is None or region_covers(region, department.region))
            )
        return self._bound[measure_id]

    def withholding_lists(self, measure_id: str) -> frozenset[str]:
        """Give the lists that withhold a favour (R10); none where the measure says nothing of it."""
        withheld_by = self.measures[measure_id].withheld_by
        if withheld_by is None:
            return frozenset()
        if withheld_by.lists == "restriction":
            return self._restriction_lists
        return frozenset(withheld_by.lists)

    @cached_property
    def _restriction_lists(self) -> frozenset[str]:
        return frozenset(id_ for id_, official in self.lists.items() if official.kind == "restriction")


def _by_id(entries: Iterable[_Named]) -> dict[str, _Named]:
    return {entry.id: entry for entry in sorted(entries, key=lambda entry: entry.id)}


def _with_tuples(value: Any) -> Any:
    """Make JSON's arrays into the tuples that frozen entries hold."""
    if isinstance(value, list):
        return tuple(_with_tuples(item) for item in value)
    if isinstance(value, dict):
        return {key: _with_tuples(item) for key, item in value.items()}
    return value


def _chain(first: str, next_of: Callable[[str], str | None]) -> tuple[str, ...]:
    chain = [first]
    while (following := next_of(chain[-1])) is not None:
        chain.append(following)
    return tuple(chain)
