"""Mapping files: how an outside source's columns become those of CONTRACT §3, so that no source needs editing.

.. code-block:: yaml

    kind: organisations                 # which kind of file it becomes
    title: 企业登记信息导出              # what the source is (free text)
    sheet: 企业                         # the sheet of an XLSX file, where there are several
    blanks: [N/A, "-"]                  # texts that mean "missing", in every source column
    columns:
      code: 统一社会信用代码              # the source's column, taken as it is
      status: {constant: active}        # the same in every row
      region: {from: 统一社会信用代码, characters: 3-8}
      registered_on: {from: 注册日期, days: [YYYY-MM-DD, YYYY/M/D, YYYY年M月D日]}
      kind:
        first:                          # the first of these that gives a value
          - {from: 企业类型, table: {个体工商户: individual_business, 农民专业合作社: farmers_cooperative}}
          - {from: 统一社会信用代码, characters: 1-2, table: {"91": enterprise}, otherwise: other}
    ignore: [所在省份, 地区]              # source columns that are left out on purpose; `rest`: all others

A column's value is made in this order: `from` (or `template`), `upper`, `characters`, `percent` or `days`, `table` with
`otherwise`. A value that a table lacks is refused, unless `otherwise` says what it becomes (`null`: missing); within
`first` it passes to the next. `docs/mapping.md` explains each word to officers.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from graph_model.errors import FactsRefused
from loaders import conversions
from loaders.cells import RowRefused
from loaders.columns import KINDS, REJECT_COLUMNS, unknown_columns
from loaders.conversions import Getter, Step, Values

_KEYS = ("kind", "title", "sheet", "blanks", "columns", "ignore")
_RULE_KEYS = (
    "from",
    "constant",
    "template",
    "first",
    "upper",
    "characters",
    "percent",
    "days",
    "table",
    "otherwise",
)
REST = "rest"


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """A mapping file that has been read and vetted; `rules` holds each column's rule as written."""

    path: Path
    kind: str
    sheet: str | None
    blanks: frozenset[str]
    rules: Mapping[str, Any]
    ignore: frozenset[str] | None
    """Source columns left out on purpose; `None`: all that no rule names."""

    def bind(self, header: Sequence[str], columns: Sequence[str]) -> Callable[[Values], list[Any]]:
        """Fit the mapping to a source's header: gives the function from a source row to the values of `columns`.

        Raises:
            FactsRefused: `mapping.column`: the source lacks a column that a rule names, or has one that none names.

        """
        named = {name for rule in self.rules.values() for name in _sources_of(rule)}
        if missing := sorted(named - set(header)):
            what = f"映射文件 {self.path} 用到的来源列 {_quoted(missing)} 不在文件中（the source has no such column）"
            raise FactsRefused(what, hint=f"来源列有：{_quoted(header)}", detail_code="mapping.column")
        ignored = None if self.ignore is None else {*self.ignore, *REJECT_COLUMNS}
        if ignored is not None and (rest := [c for c in header if c not in named and c not in ignored]):
            what = f"来源列 {_quoted(rest)} 未在映射文件 {self.path} 中使用（unused source column）"
            raise FactsRefused(what, hint="在 columns 中使用，或列入 ignore", detail_code="mapping.column")
        places = {name: place for place, name in enumerate(header)}
        sources = {name: conversions.source_value(places[name], self.blanks) for name in named}
        getters = [_getter(column, self.rules[column], sources) for column in columns]
        return lambda values: [get(values) for get in getters]

    def sources_of(self, column: str) -> frozenset[str]:
        """The source columns that a column is made from."""
        return frozenset(_sources_of(self.rules[column])) if column in self.rules else frozenset()


def read_mapping(path: Path, kind: str) -> ColumnMapping:
    """Read a mapping file for files of `kind`.

    Raises:
        FactsRefused: `mapping.refused`, naming file, line and what to write instead.

    """
    try:
        with path.open(encoding="utf-8") as file:
            content = YAML(typ="rt").load(file)
    except OSError as error:
        what = f"读不到映射文件 {path}（{error.strerror}）"
        raise FactsRefused(what, hint="核对路径", detail_code="file.unreadable") from None
    except (YAMLError, UnicodeDecodeError) as error:
        mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
        line = mark.line + 1 if mark else 1
        _refuse(path, line, "不是合规的 YAML（not well-formed YAML, or a key given twice）", "改正该行")
    return _Vetting(path).mapping(content, kind)


def _refuse(path: Path, line: int, what: str, hint: str) -> NoReturn:
    raise FactsRefused(f"映射文件 {path} 第 {line} 行：{what}", hint=hint, detail_code="mapping.refused")


class _Vetting:
    """Vets one mapping file as it is read, and says at which line it is wrong."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def mapping(self, content: Any, kind: str) -> ColumnMapping:
        self._keys(content, _KEYS, "映射文件")
        stated = content.get("kind", kind)
        if stated not in KINDS:
            self._wrong(content, "kind", f"没有 `{stated}` 这类文件（unknown kind）", f"可用：{'、'.join(KINDS)}")
        if stated != kind:
            self._wrong(
                content, "kind", f"是 {stated} 的映射，不能用于 {kind}（for another kind）", "换用对应的映射文件"
            )
        rules = content.get("columns")
        if not isinstance(rules, Mapping) or not rules:
            self._wrong(content, "columns", "缺少 columns，或不是映射", "写成 {列: 来源列, …}")
        for column in rules:
            if unknown_columns(kind, (str(column),)):
                self._wrong(rules, column, f"{kind} 没有列 `{column}`（unknown column）", "核对列名（docs/mapping.md）")
            self._rule(rules, column)
        ignore = content.get("ignore", [])
        return ColumnMapping(
            self._path,
            kind,
            content.get("sheet"),
            frozenset(self._texts(content, "blanks", content.get("blanks", []))),
            dict(rules),
            None if ignore == REST else frozenset(self._texts(content, "ignore", ignore)),
        )

    def _rule(self, holder: Any, key: Any) -> None:
        rule = holder[key]
        if isinstance(rule, str):
            return
        self._keys(rule, _RULE_KEYS, f"`{key}`", holder, key)
        starts = [word for word in ("from", "constant", "template", "first") if word in rule]
        if len(starts) != 1:
            self._wrong(holder, key, "须有 from、constant、template、first 之一", "只写一个")
        if starts[0] in ("constant", "first") and len(rule) > 1:
            self._wrong(holder, key, f"`{starts[0]}` 不与其他词同用（goes alone）", "去掉其他词")
        if starts[0] == "first":
            alternatives = rule["first"]
            if not isinstance(alternatives, list) or not alternatives:
                self._wrong(rule, "first", "不是列表（not a list）", "写成 [{from: …}, …]")
            for place in range(len(alternatives)):
                self._rule(alternatives, place)
            return
        self._words(rule)

    def _words(self, rule: Any) -> None:
        for word in ("from", "template"):
            if word in rule and not isinstance(rule[word], str):
                self._wrong(rule, word, f"`{word}` 不是文本（not text）", "加引号")
        if "template" in rule and not conversions.names_in(rule["template"]):
            self._wrong(rule, "template", "模板没有用到来源列（names no source column）", "例如 tax-{案号}")
        for word in ("upper", "percent"):
            if rule.get(word, True) is not True:
                self._wrong(rule, word, f"`{word}` 只能是 true", "写 true 或删去")
        if "characters" in rule and _span(rule["characters"]) is None:
            self._wrong(rule, "characters", "不是字符范围（not a range of characters）", "例如 3-8 或 2")
        if "days" in rule:
            for spelt in self._texts(rule, "days", rule["days"]):
                if not conversions.is_day_format(spelt):
                    self._wrong(rule, "days", f"`{spelt}` 不是日期格式", "用 YYYY、MM、DD、M、D，或 SERIAL")
        if "table" in rule and not isinstance(rule["table"], Mapping):
            self._wrong(rule, "table", "代码表不是映射（not a mapping）", "写成 {来源值: 值}")
        if "otherwise" in rule and "table" not in rule:
            self._wrong(rule, "otherwise", "`otherwise` 只与 table 同用", "加上 table 或删去")

    def _keys(self, found: Any, known: Sequence[str], what: str, holder: Any = None, key: Any = None) -> None:
        if not isinstance(found, Mapping):
            if holder is None:
                _refuse(self._path, 1, f"{what}不是映射（not a mapping）", f"可用的词：{'、'.join(known)}")
            self._wrong(holder, key, f"{what}不是来源列名，也不是映射", f"可用的词：{'、'.join(known)}")
        for each in found:
            if each not in known:
                self._wrong(found, each, f"{what}没有 `{each}` 这个词（unknown key）", f"可用：{'、'.join(known)}")

    def _texts(self, holder: Any, key: str, found: Any) -> list[str]:
        if isinstance(found, str):
            return [found]
        if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
            self._wrong(holder, key, f"`{key}` 不是文本的列表（not a list of texts）", "数字等请加引号")
        return list(found)

    def _wrong(self, holder: Any, key: Any, what: str, hint: str) -> NoReturn:
        places = holder.lc.data or {}
        line = places[key][0] if key in places else holder.lc.line
        _refuse(self._path, line + 1, what, hint)


def _span(spelt: Any) -> tuple[int, int] | None:
    """Read `3-8` or `2` as (first, last), counted from 1."""
    first, dash, last = str(spelt).partition("-")
    if not (first.isdecimal() and (last.isdecimal() or not dash)):
        return None
    start, end = int(first), int(last or first)
    return (start, end) if 1 <= start <= end else None


def _sources_of(rule: Any) -> set[str]:
    if isinstance(rule, str):
        return {rule}
    if "first" in rule:
        return {name for each in rule["first"] for name in _sources_of(each)}
    if "template" in rule:
        return set(conversions.names_in(rule["template"]))
    return {rule["from"]} if "from" in rule else set()


def _getter(column: str, rule: Any, sources: Mapping[str, Getter]) -> Getter:
    if isinstance(rule, str):
        return sources[rule]
    if "constant" in rule:
        value = rule["constant"]
        return lambda _: value
    if "first" in rule:
        return _first_of([_getter(column, each, sources) for each in rule["first"]])
    get = conversions.template(column, rule["template"], sources) if "template" in rule else sources[rule["from"]]
    for step in _steps(rule):
        get = conversions.then(column, get, step)
    return get


def _steps(rule: Mapping[str, Any]) -> list[Step]:
    steps: list[Step] = []
    if "upper" in rule:
        steps.append(conversions.upper)
    if "characters" in rule and (span := _span(rule["characters"])):
        steps.append(conversions.characters(*span))
    if "percent" in rule:
        steps.append(conversions.percent)
    if "days" in rule:
        spelt = rule["days"]
        steps.append(conversions.days([spelt] if isinstance(spelt, str) else list(spelt)))
    if "table" in rule:
        entries = {str(key): value for key, value in rule["table"].items()}
        steps.append(conversions.table(entries, (rule["otherwise"],) if "otherwise" in rule else None))
    return steps


def _first_of(getters: Sequence[Getter]) -> Getter:
    def take(values: Values) -> Any:
        refusal: RowRefused | None = None
        for get in getters:
            try:
                value = get(values)
            except RowRefused as error:
                refusal = error
                continue
            if value is not None:
                return value
        if refusal is not None:
            raise refusal
        return None

    return take


def _quoted(names: Sequence[str]) -> str:
    return "、".join(f"`{name}`" for name in names)
