"""From plain values to entries of the model: every wrong shape is refused with its place, its reason and a remedy."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from graph_model.errors import RulebookRefused
from memoranda.model import (
    BaseListEntry,
    Department,
    Entry,
    LegalBasis,
    Matter,
    Measure,
    Memorandum,
    OfficialList,
    TermBy,
)
from memoranda.reader_source import Origin, Step, plain
from memoranda.rulebook import SECTIONS
from memoranda.rulebook_content import as_json_bytes

_Kind = TypeVar("_Kind", bound=Entry)


@dataclass(frozen=True, slots=True)
class Placed(Generic[_Kind]):
    """An entry and where it was read."""

    entry: _Kind
    origin: Origin


@dataclass(frozen=True, slots=True)
class PlacedMeasure:
    """A measure with its memorandum and where it was read."""

    entry: Measure
    origin: Origin
    memorandum: Memorandum


@dataclass(slots=True)
class Draft:
    """All entries of a rulebook by id, each with its place, before the whole is checked."""

    base_list: dict[str, Placed[BaseListEntry]] = field(default_factory=dict)
    departments: dict[str, Placed[Department]] = field(default_factory=dict)
    matters: dict[str, Placed[Matter]] = field(default_factory=dict)
    lists: dict[str, Placed[OfficialList]] = field(default_factory=dict)
    legal_bases: dict[str, Placed[LegalBasis]] = field(default_factory=dict)
    memoranda: dict[str, Placed[Memorandum]] = field(default_factory=dict)
    measures: dict[str, PlacedMeasure] = field(default_factory=dict)
    extras: dict[str, list[Any]] = field(default_factory=dict)

    def lists_of(self, measure: PlacedMeasure) -> tuple[str, ...]:
        """Give the lists a measure attaches to (G4)."""
        return measure.entry.lists or measure.memorandum.lists


def drafted(sources: Iterable[Origin]) -> Draft:
    """Read the entries of all files.

    Raises:
        RulebookRefused: an unknown key, a value of the wrong shape, or an id that is there twice.

    """
    draft = Draft()
    for source in sources:
        if source.root is None:
            continue
        if not isinstance(source.root, Mapping):
            raise source.refused(
                "文件顶层须是键值 (a mapping expected)", hint=f"顶层的键是 {'、'.join(SECTIONS)}", code="rulebook.value"
            )
        for key in source.root:
            _take_section(draft, source, key)
    return draft


def _take_section(draft: Draft, source: Origin, key: Any) -> None:
    content = source.root[key]
    if isinstance(key, str) and key.startswith("x-"):
        draft.extras.setdefault(key, []).append(plain(content, source.within(key)))
        return
    if key not in SECTIONS:
        raise source.refused(
            f"不认识的键 `{key}` (unknown key)",
            key,
            hint=f"可用的键是 {'、'.join(SECTIONS)}，或以 x- 开头",
            code="rulebook.unknown-key",
        )
    if content is None:
        return
    if not isinstance(content, list | tuple):
        raise source.refused(f"`{key}` 须是列表 (a list expected)", key, hint="每一条以 - 开头", code="rulebook.value")
    section: dict[str, Placed[Any]] = getattr(draft, key)
    for index, raw in enumerate(content):
        origin = source.within(key, index)
        written = plain(raw, origin)
        entry = _entry(SECTIONS[key], written, origin)
        _keep(section, Placed(entry, origin), key)
        if isinstance(entry, Memorandum):
            _take_measures(draft, entry, written, origin)


def _take_measures(draft: Draft, memorandum: Memorandum, written: Mapping[str, Any], origin: Origin) -> None:
    # The model sorts measures by id; their places are found by the order of the file.
    measures = {measure.id: measure for measure in memorandum.measures}
    for index, measure in enumerate(written.get("measures", ())):
        placed = PlacedMeasure(measures[measure["id"]], origin.within("measures", index), memorandum)
        _keep(draft.measures, placed, "measures")


_Kept = TypeVar("_Kept", Placed[Any], PlacedMeasure)


def _keep(section: dict[str, _Kept], placed: _Kept, kind: str) -> None:
    id_ = placed.entry.id
    if id_ in section:
        raise placed.origin.refused(
            f"{kind} 的 id `{id_}` 重复，已在 {section[id_].origin.place('id')} 定义 (duplicate id)",
            "id",
            hint="改用另一个 id，或删去其中一条",
            code="rulebook.duplicate-id",
        )
    section[id_] = placed


def extras_of(draft: Draft) -> dict[str, Any]:
    """Give the `x-` keys beside the sections: one file's as it is, those of several as a list in no file's order."""
    return {
        key: found[0] if len(found) == 1 else sorted(found, key=as_json_bytes) for key, found in draft.extras.items()
    }


def _entry(model: type[_Kind], written: Any, origin: Origin) -> _Kind:
    try:
        return model.model_validate(written, by_alias=True, by_name=False)
    except ValidationError as error:
        raise _refusal(model, error, origin) from None


def _refusal(model: type[Entry], error: ValidationError, origin: Origin) -> RulebookRefused:
    # A union reports one error per member: the one that got farthest is about what the author meant.
    details = max(error.errors(include_url=False), key=lambda found: len(found["loc"]))
    path = tuple(step for step in details["loc"] if not _is_union_member(step))
    what, hint, code = _explained(model, details, path)
    return origin.refused(what, *path, hint=hint, code=code)


def _is_union_member(step: Step) -> bool:
    """Whether pydantic put it in the way to say which member of a union it tried: no file has such a step."""
    return isinstance(step, str) and ("[" in step or step in {"int", "TermBy"})


def _explained(model: type[Entry], details: ErrorDetails, path: tuple[Step, ...]) -> tuple[str, str, str]:
    kind, last = details["type"], path[-1] if path else ""
    where = re.sub(r"^measures\.[0-9]+\.", "", ".".join(str(step) for step in path))
    if kind == "extra_forbidden":
        known = "、".join(_known_keys(model, path[:-1]))
        return f"不认识的键 `{last}` (unknown key)", f"这里可用的键是 {known}，或以 x- 开头", "rulebook.unknown-key"
    if kind == "missing":
        return f"缺少 `{last}` (missing key)", "请补上", "rulebook.missing-key"
    if "term_months" in path:
        return (
            "`term_months` 须是月数，或 {by: 文本事实, 值: 月数, else: 月数} (months expected)",
            "月数是 1 以上的整数，无期限写 null",
            "rulebook.value",
        )
    if "days" in path or "months" in path or "after_months" in path:
        return (
            f"`{where}` 须是整数 (a whole number expected)，而这里是 {_shown(details)}",
            "请核对数值与范围",
            "rulebook.value",
        )
    if kind in {"value_error", "date_type"}:
        return f"`{where}` 不是日期 (not a day)：{_shown(details)}", "日期写作 2024-01-31", "rulebook.value"
    if kind == "string_pattern_mismatch":
        return _explained_pattern(where, details)
    if kind == "literal_error" and last in {"matters", "lists"}:
        word = "any" if last == "matters" else "restriction"
        return f"`{where}` 不能是 {_shown(details)} (not allowed)", f"可用：{word}，或列表 [id, …]", "rulebook.value"
    if kind == "literal_error":
        return (
            f"`{where}` 不能是 {_shown(details)} (not allowed)",
            f"可用的值：{details.get('ctx', {}).get('expected', '')}",
            "rulebook.value",
        )
    if kind in {"too_short", "string_too_short"}:
        return f"`{where}` 不能为空 (empty)", "请至少写一项", "rulebook.value"
    return (
        f"`{where}` 的写法不对 ({details['msg']})：{_shown(details)}",
        _REMEDIES.get(kind, "请核对写法"),
        "rulebook.value",
    )


_REMEDIES = {
    "string_type": "这里须是文本，请加引号",
    "tuple_type": "这里须是列表：[a, b]",
    "bool_type": "请写 true 或 false",
    "model_type": "这里须是键值：{键: 值}",
    "dict_type": "这里须是键值：{键: 值}",
}


def _explained_pattern(where: str, details: ErrorDetails) -> tuple[str, str, str]:
    if where.endswith(("region", "territory")):
        return (
            f"`{where}` 不是六位地区代码 (region code)：{_shown(details)}",
            '写作 "350200"（加引号）',
            "rulebook.value",
        )
    if where.endswith("from"):
        return (
            f"`{where}` 不是可用的起算日 (anchor)：{_shown(details)}",
            "可用 event_on、decided_on、conduct_on、effective_from 或 fact.NAME",
            "rulebook.value",
        )
    return (
        f"事实名 {_shown(details)} 不合写法 (name of a fact)",
        "小写字母开头，只用小写字母、数字、下划线",
        "rulebook.value",
    )


def _shown(details: ErrorDetails) -> str:
    return f"`{str(details['input'])[:60]}`"


def _known_keys(model: type[Entry], path: tuple[Step, ...]) -> list[str]:
    """Give the keys of the entry that stands at `path` inside one of `model`."""
    for step in path:
        found = model.model_fields.get(str(step)) or _by_alias(model, str(step))
        inner = _entry_class(found.annotation) if found is not None else None
        model = inner or model
    return sorted(f.alias or name for name, f in model.model_fields.items() if name != "extras")


def _by_alias(model: type[Entry], alias: str) -> Any:
    return next((f for f in model.model_fields.values() if f.alias == alias), None)


def _entry_class(annotation: Any) -> type[Entry] | None:
    """Find the entry class in `Repair | None`, `tuple[Target, ...]` and the like."""
    if isinstance(annotation, type) and issubclass(annotation, Entry) and annotation is not TermBy:
        return annotation
    inner = (_entry_class(argument) for argument in getattr(annotation, "__args__", ()))
    return next((found for found in inner if found is not None), None)
