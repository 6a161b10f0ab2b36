"""Who is called so: subjects by a part of their name, persons shown by family name only."""

from collections.abc import Mapping
from typing import Any

from engine.sentences import person_masked
from graph_model.errors import MalformedRequest
from graph_model.identifiers import is_uscc
from graph_model.nodes import Neighbourhood
from graph_model.store import Store

SHORTEST = 2
"""Characters of a text to look for: one would find half a city."""


def named(store: Store, text: str, limit: int) -> Mapping[str, Any]:
    """Find subjects whose present name contains `text`: `version`, `subjects` (subject, kind, name), `more`.

    Raises:
        MalformedRequest: the text has one character or none (`name.short`).

    """
    if len(text) < SHORTEST:
        raise MalformedRequest(
            "名称至少两个字 / a name is looked for by two characters or more",
            hint="write more of the name",
            detail_code="name.short",
        )
    found = store.named(text, limit)
    version = store.latest_version()
    around = store.neighbourhoods([subject for subject, _ in found.subjects], version)
    return {
        "version": version,
        "subjects": [
            {"subject": subject, "kind": _kind(near), "name": _shown(subject, name, near)}
            for (subject, name), near in zip(found.subjects, around, strict=True)
        ],
        "more": found.more,
    }


def _kind(near: Neighbourhood | None) -> str | None:
    stated = near.subject.attributes if near is not None else ()
    return next((attributes.kind for attributes in reversed(stated) if attributes.kind is not None), None)


def _shown(subject: str, name: str, near: Neighbourhood | None) -> str:
    """Mask whoever was ever stated to be a person, or is not known to be none."""
    stated = near.subject.attributes if near is not None else ()
    kinds = {attributes.kind for attributes in stated} - {None}
    is_organisation = "person" not in kinds and (bool(kinds) or is_uscc(subject))
    return name if is_organisation else person_masked(name)
