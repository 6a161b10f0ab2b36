"""Rulebook files as values with their places: YAML 1.2 in, plain mappings out, and the line of anything on request."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.scalarbool import ScalarBoolean

from graph_model.errors import RulebookRefused

Step: TypeAlias = str | int
DEEPEST = 40
"""Levels of nesting in a file; an alias that holds itself would have no end."""
LARGEST = 200_000
"""Values in one entry after aliases are followed: a few lines of aliases of aliases could stand for billions."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an entry was read: the file (or an inline rulebook's name), its whole content, the way to the entry."""

    file: str
    root: Any
    path: tuple[Step, ...] = ()

    def within(self, *path: Step) -> "Origin":
        """Give the place of something inside."""
        return Origin(self.file, self.root, (*self.path, *path))

    def place(self, *path: Step) -> str:
        """Write `file:line`; for values that came without lines, the name and the way there."""
        line = _line_of(self.root, (*self.path, *path))
        if line is not None:
            return f"{self.file}:{line}"
        way = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in (*self.path, *path))
        return f"{self.file}: {way.removeprefix('.')}" if way else self.file

    def refused(self, what: str, *path: Step, hint: str, code: str) -> RulebookRefused:
        """Make a refusal that begins with the place; `code` is its detail code."""
        return RulebookRefused(f"{self.place(*path)}: {what}", hint=hint, detail_code=code)


def read_yaml(path: Path, name: str) -> Any:
    """Read one YAML document with the lines of its parts; `name` is what messages call the file.

    Raises:
        RulebookRefused: no UTF-8, no YAML 1.2, a key twice, or several documents.

    """
    origin = Origin(name, None)
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise origin.refused(
            f"读不到文件 (cannot read: {error.strerror})", hint="请核对路径与权限", code="rulebook.file"
        ) from None
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise Origin(f"{name}:{line}", None).refused(
            "不是 UTF-8 编码 (not UTF-8)", hint="请另存为 UTF-8", code="rulebook.file"
        ) from None
    try:
        return YAML(typ="rt", pure=True).load(text)
    except DuplicateKeyError as error:
        raise _malformed(
            name, error, "同一个键写了两次 (duplicate key)", "删去其中一个", "rulebook.duplicate-key"
        ) from None
    except MarkedYAMLError as error:
        raise _malformed(
            name,
            error,
            f"不是合格的 YAML (malformed YAML: {error.problem or error.context})",
            "请核对缩进与引号",
            "rulebook.yaml",
        ) from None
    except (YAMLError, ValueError, RecursionError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise origin.refused(
            f"不是合格的 YAML (malformed YAML: {reason})", hint="请核对日期与特殊字符", code="rulebook.yaml"
        ) from None


def _malformed(name: str, error: MarkedYAMLError, what: str, hint: str, code: str) -> RulebookRefused:
    mark = error.problem_mark or error.context_mark
    file = name if mark is None else f"{name}:{mark.line + 1}"
    return Origin(file, None).refused(what, hint=hint, code=code)


def plain(value: Any, origin: Origin) -> Any:
    """Make one entry plain: mappings with text keys, tuples, text, booleans, numbers; days as text.

    Raises:
        RulebookRefused: something else stands in it, or it is nested too deep or too large.

    """
    return _Plain(origin).of(value, ())


class _Plain:
    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self._left = LARGEST

    def of(self, value: Any, path: tuple[Step, ...]) -> Any:
        self._left -= 1
        if self._left < 0 or len(path) > DEEPEST:
            raise self._origin.refused(
                "层数或条目过多 (too deep or too large)", hint="请展开别名，拆成几条", code="rulebook.yaml"
            )
        if isinstance(value, str):
            return self._text(value, path)
        if isinstance(value, Mapping):
            return {self._key(key, path): self.of(item, (*path, key)) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return tuple(self.of(item, (*path, index)) for index, item in enumerate(value))
        return self._scalar(value, path)

    def _key(self, key: Any, path: tuple[Step, ...]) -> str:
        if not isinstance(key, str):
            raise self._origin.refused(
                f"键 {key!r} 不是文本 (keys are text)", *path, hint=f'请加引号："{key}"', code="rulebook.value"
            )
        return self._text(key, path)

    def _text(self, value: str, path: tuple[Step, ...]) -> str:
        try:
            value.encode()
        except UnicodeEncodeError:
            raise self._origin.refused(
                "文本含有半个字符 (half a character)", *path, hint="请核对 \\u 转义", code="rulebook.value"
            ) from None
        return str(value)

    def _scalar(self, value: Any, path: tuple[Step, ...]) -> Any:
        if isinstance(value, bool | ScalarBoolean):
            return bool(value)
        if isinstance(value, int):
            return int(value)
        if isinstance(value, float | Decimal):
            return float(value)
        if isinstance(value, date) and not isinstance(value, datetime):
            return value.isoformat()
        if value is None:
            return None
        shown = "带时刻的日期 (a time of day)" if isinstance(value, datetime) else f"{type(value).__name__}"
        raise self._origin.refused(
            f"不认识的值：{shown}", *path, hint="日期写作 2024-01-31；不用 YAML 标签", code="rulebook.value"
        )


def _line_of(root: Any, path: tuple[Step, ...]) -> int | None:
    """Find the line of the last step of a way that the file has; steps that it does not have are passed over."""
    node, line = root, _first_line(root)
    for step in path:
        try:
            if isinstance(node, CommentedMap):
                line = node.lc.key(step)[0] + 1
            elif isinstance(node, CommentedSeq):
                line = node.lc.item(step)[0] + 1
            node = node[step]
        except (KeyError, IndexError, TypeError):
            continue
    return line


def _first_line(root: Any) -> int | None:
    return root.lc.line + 1 if isinstance(root, CommentedMap | CommentedSeq) else None
