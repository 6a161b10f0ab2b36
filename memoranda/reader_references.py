"""What needs the whole book: every id that is named must be defined, and nothing may contain itself."""

from collections.abc import Iterable, Mapping

from memoranda.model import BY_STATUTE, BaseListEntry
from memoranda.reader_entries import Draft, Placed, PlacedMeasure
from memoranda.reader_source import Origin, Step


def check_references(draft: Draft) -> None:
    """Refuse dangling ids, and cycles in the matter tree or a counterpart chain.

    Raises:
        RulebookRefused: with the place of the id.

    """
    for department in draft.departments.values():
        _known(
            "部门 department", draft.departments, department.entry.counterpart_of, department.origin, "counterpart_of"
        )
    for matter in draft.matters.values():
        _known("事项 matter", draft.matters, matter.entry.parent, matter.origin, "parent")
    _check_cycles("counterpart_of", {id_: (d.entry.counterpart_of, d.origin) for id_, d in draft.departments.items()})
    _check_cycles("parent", {id_: (m.entry.parent, m.origin) for id_, m in draft.matters.items()})
    for official in draft.lists.values():
        entry, origin = official.entry, official.origin
        _known("部门 department", draft.departments, entry.authority, origin, "authority")
        _known("依据 legal basis", draft.legal_bases, entry.ends_article, origin, "ends_article")
        for way, right in (("repair", entry.repair), ("objection", entry.objection)):
            _known("部门 department", draft.departments, right.body if right else None, origin, way, "body")
    for basis in draft.legal_bases.values():
        _all_known("事项 matter", draft.matters, basis.entry.matters, basis.origin, "matters")
    for slot in draft.base_list.values():
        _check_slot(draft, slot)
    for memorandum in draft.memoranda.values():
        _all_known("名单 list", draft.lists, memorandum.entry.lists, memorandum.origin, "lists")
    for measure in draft.measures.values():
        _check_measure(draft, measure)


def _check_slot(draft: Draft, placed: Placed[BaseListEntry]) -> None:
    """Check that a slot lies in a class, and a class in nothing."""
    entry, origin = placed.entry, placed.origin
    _all_known("依据 legal basis", draft.legal_bases, entry.bases, origin, "bases")
    if entry.id == BY_STATUTE:
        raise origin.refused(
            f"`{BY_STATUTE}` 是措施 slot 的专用值 (reserved id)", "id", hint="换一个 id", code="rulebook.reserved-id"
        )
    classes = {id_ for id_, other in draft.base_list.items() if other.entry.class_ is None}
    _known("基础清单类别 class", dict.fromkeys(classes), entry.class_, origin, "class")


def _check_measure(draft: Draft, measure: PlacedMeasure) -> None:
    entry, origin = measure.entry, measure.origin
    _all_known("部门 department", draft.departments, entry.departments, origin, "departments")
    if entry.matters != "any":
        _all_known("事项 matter", draft.matters, entry.matters, origin, "matters")
    _all_known("名单 list", draft.lists, entry.lists or (), origin, "lists")
    for index, target in enumerate(entry.targets):
        _all_known("依据 legal basis", draft.legal_bases, target.bases, origin, "targets", index, "bases")
    if entry.slot is not None and entry.slot != BY_STATUTE:
        slots = {id_ for id_, placed in draft.base_list.items() if placed.entry.class_ is not None}
        _known("基础清单条目 slot", dict.fromkeys(slots), entry.slot, origin, "slot")
    if entry.withheld_by is not None:
        if entry.withheld_by.lists != "restriction":
            _all_known("名单 list", draft.lists, entry.withheld_by.lists, origin, "withheld_by", "lists")
        _all_known("依据 legal basis", draft.legal_bases, entry.withheld_by.bases, origin, "withheld_by", "bases")


def _all_known(kind: str, known: Mapping[str, object], ids: Iterable[str], origin: Origin, *path: Step) -> None:
    for id_ in ids:
        _known(kind, known, id_, origin, *path)


def _known(kind: str, known: Mapping[str, object], id_: str | None, origin: Origin, *path: Step) -> None:
    if id_ is not None and id_ not in known:
        raise origin.refused(
            f"{kind} `{id_}` 没有定义 (dangling reference)",
            *path,
            hint="请更正 id，或在某个文件里定义它",
            code="rulebook.dangling",
        )


def _check_cycles(key: str, above: Mapping[str, tuple[str | None, Origin]]) -> None:
    settled: set[str] = set()
    for start in above:
        chain: list[str] = []
        here: str | None = start
        while here is not None and here not in settled:
            if here in chain:
                way = " → ".join([*chain[chain.index(here) :], here])
                raise above[here][1].refused(
                    f"`{key}` 成环：{way} (cycle)", key, hint="删去其中一环", code="rulebook.cycle"
                )
            chain.append(here)
            here = above[here][0]
        settled.update(chain)
