"""Read scenario files (CONTRACT §5): YAML documents, or one JSON object a line (`.jsonl`).

Days stay text here: the loaders, the rulebook reader and the runner each read them where they know a day is meant,
so a day that does not exist (`2023-02-30`) is refused as a day and does not make the whole file unreadable.
Numbers are exact decimals, so that a fact is what the file says.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.resolver import VersionedResolver

Question = Mapping[str, Any]
KEYS = ("scenario", "rulebook", "facts", "checks")


class UnreadableFileError(Exception):
    """A scenario file that is missing, is not YAML or JSON, or has another shape than CONTRACT §5."""

    def __init__(self, place: str, what: str, hint: str) -> None:
        super().__init__(f"{place}: {what}; {hint}")


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario as it is written: nothing of it is judged yet.

    `rulebook` is `published`, a folder's path, or an inline mapping; `place` is `file:line` for messages.
    """

    name: str
    file: Path
    place: str
    rulebook: str | Mapping[str, Any]
    facts: Mapping[str, Any] = field(default_factory=dict)
    checks: Sequence[Question] = ()


class _Constructor(SafeConstructor):
    """YAML's safe values, with exact decimals for floats and days left as text."""


def _exact_number(constructor: SafeConstructor, node: ScalarNode) -> Any:
    try:
        return Decimal(node.value.replace("_", ""))
    except ArithmeticError:  # .inf, .nan and base 60: whatever YAML makes of them
        return constructor.construct_yaml_float(node)


def _as_text(_: SafeConstructor, node: ScalarNode) -> Any:
    return str(node.value)


_Constructor.add_constructor("tag:yaml.org,2002:float", _exact_number)
_Constructor.add_constructor("tag:yaml.org,2002:timestamp", _as_text)


def read_scenarios(file: Path) -> list[Scenario]:
    """Give every scenario of one file, in its order.

    Raises:
        UnreadableFileError: nothing of the file can be run.

    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UnreadableFileError(str(file), error.strerror or "cannot be read", "check the path") from error
    except UnicodeDecodeError as error:
        raise UnreadableFileError(str(file), "is not UTF-8", "save it as UTF-8") from error
    documents = _json_lines(file, text) if file.suffix == ".jsonl" else _yaml_documents(file, text)
    scenarios = [_scenario(file, line, document) for line, document in documents]
    if not scenarios:
        raise UnreadableFileError(str(file), "holds no scenario", "write at least one (docs/scenarios.md)")
    return scenarios


def _json_lines(file: Path, text: str) -> Iterator[tuple[int, Any]]:
    # Not `splitlines`: U+2028 and the like are allowed inside JSON texts.
    for line, content in enumerate(text.split("\n"), start=1):
        if not content.strip():
            continue
        try:
            yield line, json.loads(content, parse_float=Decimal, object_pairs_hook=_without_duplicates)
        except ValueError as error:
            raise UnreadableFileError(
                f"{file}:{line}", f"is not JSON ({error})", "write one JSON object a line"
            ) from error
        except RecursionError as error:
            raise UnreadableFileError(f"{file}:{line}", "is nested too deeply", "write it flatter") from error


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"the key `{next(key for key in keys if keys.count(key) > 1)}` is there twice")
    return mapping


def _yaml_documents(file: Path, text: str) -> Iterator[tuple[int, Any]]:
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor = _Constructor
    yaml.Resolver = VersionedResolver
    try:
        for node in yaml.compose_all(text):
            if node is None:  # `---` with nothing behind it
                continue
            line = node.start_mark.line + 1
            document = yaml.constructor.construct_document(node)
            if document is not None:
                yield line, document
    except (YAMLError, ValueError) as error:
        raise UnreadableFileError(str(file), f"is not YAML ({_flat(error)})", "correct that place") from error
    except RecursionError as error:
        raise UnreadableFileError(str(file), "is nested too deeply", "write it flatter") from error


def _flat(error: Exception) -> str:
    return " ".join(str(error).split())


def _scenario(file: Path, line: int, document: Any) -> Scenario:
    place = f"{file}:{line}"
    hint = f"a scenario has the keys {', '.join(KEYS)} (docs/scenarios.md)"
    if not isinstance(document, dict):
        raise UnreadableFileError(place, "a scenario must be a mapping", hint)
    unknown = [str(key) for key in document if key not in KEYS and not str(key).startswith("x-")]
    if unknown:
        raise UnreadableFileError(place, f"unknown key `{unknown[0]}`", hint)
    rulebook, facts, checks = document.get("rulebook", "published"), document.get("facts"), document.get("checks")
    if not isinstance(rulebook, str | dict):
        raise UnreadableFileError(place, "`rulebook` must be `published`, a folder's path, or a mapping", hint)
    if facts is not None and not isinstance(facts, dict):
        raise UnreadableFileError(place, "`facts` must be a mapping of kinds to rows", hint)
    if not isinstance(checks, list) or not checks or not all(isinstance(check, dict) for check in checks):
        raise UnreadableFileError(place, "`checks` must be a list of at least one mapping", hint)
    return Scenario(str(document.get("scenario", place)), file, place, rulebook, facts or {}, checks)
