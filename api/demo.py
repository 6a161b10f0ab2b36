"""A small city that shows each verdict under the shipped rulebook: loaded by `make demo`, offered on the page.

Everything in it is made up; the codes are valid only by their check characters.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from engine.question import Check, Verdict
from engine.service import Service
from graph_model.errors import InvalidQuestion

ROWS: dict[str, list[dict[str, Any]]] = {}


@dataclass(frozen=True, slots=True)
class Example:
    """A check of the demo city and the verdict it shows."""

    title: str
    verdict: Verdict
    check: Check

    @property
    def query(self) -> str:
        """The address of the example on the page, behind its question mark."""
        c = self.check
        asked = {"subject": c.subject, "matter": c.matter, "department": c.department, "on": str(c.on)}
        return urlencode({name: value for name, value in {**asked, "concerning": c.concerning}.items() if value})


EXAMPLES: tuple[Example, ...] = ()


def examples(service: Service) -> Sequence[Example]:
    """Give the examples that this store shows as promised: all of them in the demo city, none elsewhere."""
    version = service.store.latest_version()
    if not all(service.store.is_registered(e.check.subject, version) for e in EXAMPLES if e.verdict != "unknown"):
        return ()
    return [example for example in EXAMPLES if _shows(example, service)]


def _shows(example: Example, service: Service) -> bool:
    try:
        return service.check(example.check).verdict == example.verdict
    except InvalidQuestion:
        return False
