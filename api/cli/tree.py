"""A tree of lines: how a proof is printed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Branch:
    """One line with what hangs below it."""

    text: str
    below: Sequence["Branch"] = ()


def lines(root: Branch) -> Iterator[str]:
    """Give the tree line by line.

    >>> print(*lines(Branch("a", [Branch("b", [Branch("c")]), Branch("d")])), sep=chr(10))
    a
    ├─ b
    │  └─ c
    └─ d
    """
    yield root.text
    yield from _below(root, "")


def _below(branch: Branch, indent: str) -> Iterator[str]:
    for place, child in enumerate(branch.below, start=1):
        last = place == len(branch.below)
        yield f"{indent}{'└─' if last else '├─'} {child.text}"
        yield from _below(child, indent + ("   " if last else "│  "))
