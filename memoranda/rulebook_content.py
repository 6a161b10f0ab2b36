"""The canonical content of a rulebook (R1): the same law gives the same bytes, however its files are laid out."""

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

from memoranda.model import EXTRAS_KEY, Entry


def canonical(sections: Mapping[str, Iterable[Entry]], extras: Mapping[str, Any]) -> bytes:
    """Write the entries of each section, by id, in the file's form as JSON: keys sorted, defaults left out.

    It is itself a rulebook that the reader takes (JSON is what an inline rulebook is), and gives the same digest.
    """
    content = {key: [file_form(entry) for entry in entries] for key, entries in sections.items()}
    return as_json_bytes({key: entries for key, entries in content.items() if entries} | dict(extras))


def file_form(entry: Entry) -> dict[str, Any]:
    """Give one entry as a file would say it, with its `x-` keys where they stood."""
    lifted: dict[str, Any] = _lifted(entry.model_dump(mode="json", by_alias=True, exclude_defaults=True))
    return lifted


def digest_of(content: bytes) -> str:
    """Name content by its SHA-256."""
    return f"sha256:{sha256(content).hexdigest()}"


def as_json_bytes(value: object) -> bytes:
    """Write JSON in one way only: UTF-8, keys sorted, no spaces."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _lifted(value: Any) -> Any:
    """Put the collected `x-` keys back among the others."""
    if isinstance(value, list):
        return [_lifted(item) for item in value]
    if not isinstance(value, dict):
        return value
    extras = value.get(EXTRAS_KEY, {})
    return {key: _lifted(item) for key, item in value.items() if key != EXTRAS_KEY} | extras
