"""Rulebook files → the law as values (CONTRACT §4): refuses with file, line, what and remedy."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from memoranda.reader_entries import Draft, drafted, extras_of
from memoranda.reader_references import check_references
from memoranda.reader_rules import check_rules
from memoranda.reader_source import Origin, read_yaml
from memoranda.rulebook import Rulebook

SHIPPED: Path = Path(__file__).parent
"""The folder of the rulebook that comes with Xinheng."""


def read_rulebook(folder: Path) -> Rulebook:
    """Read all YAML files of a folder and of those in it as one rulebook; a single file is one, too.

    Args:
        folder: Where the files lie. Neither their names, their number nor their order matters.

    Raises:
        RulebookRefused: no such folder, nothing in it, or a file that cannot be used as it stands.

    """
    files = files_of(folder)
    if not files:
        raise Origin(str(folder), None).refused(
            "没有规则文件 (no rulebook files)", hint="请给出含 .yaml 文件的文件夹", code="rulebook.file"
        )
    return _with_places(drafted(Origin(name, read_yaml(path, name)) for path in files for name in [str(path)]))


def files_of(folder: Path) -> tuple[Path, ...]:
    """Give the files of a rulebook in one order; for a file, itself."""
    if folder.is_file():
        return (folder,)
    found = (path for suffix in ("*.yaml", "*.yml") for path in folder.rglob(suffix) if _is_open(path, folder))
    return tuple(sorted(found))


def read_inline(mapping: Mapping[str, Any], name: str = "inline") -> Rulebook:
    """Read a rulebook that came as values, from YAML or JSON; days may be `date` or text.

    Raises:
        RulebookRefused: as for files; the place is a line where the values still know it, else the way to it.

    >>> read_inline({"departments": [{"id": "mof", "name": "财政部"}]}).departments["mof"].name
    '财政部'

    """
    return _checked(drafted([Origin(name, mapping)]), {})


def _is_open(path: Path, folder: Path) -> bool:
    """Whether neither the file nor a folder on the way to it is hidden: editors keep unfinished copies there."""
    return not any(part.startswith(".") for part in path.relative_to(folder).parts)


def _with_places(draft: Draft) -> Rulebook:
    """Make a book whose lists, memoranda and measures know the file and line they came from, for lint to name."""
    places = {("lists", id_): placed.origin.place() for id_, placed in draft.lists.items()}
    places |= {("memoranda", id_): placed.origin.place() for id_, placed in draft.memoranda.items()}
    places |= {("measures", id_): measure.origin.place() for id_, measure in draft.measures.items()}
    return _checked(draft, places)


def _checked(draft: Draft, places: Mapping[tuple[str, str], str]) -> Rulebook:
    check_references(draft)
    check_rules(draft)
    return Rulebook(
        base_list=[placed.entry for placed in draft.base_list.values()],
        departments=[placed.entry for placed in draft.departments.values()],
        matters=[placed.entry for placed in draft.matters.values()],
        lists=[placed.entry for placed in draft.lists.values()],
        legal_bases=[placed.entry for placed in draft.legal_bases.values()],
        memoranda=[placed.entry for placed in draft.memoranda.values()],
        extras=extras_of(draft),
        places=places,
    )
