"""Markdown in small: text that stands for itself, links, tables."""

import re
from collections.abc import Iterable, Sequence


def shown(text: str) -> str:
    r"""Write text so that nothing in it is taken for a sign of Markdown or HTML, in a table or outside.

    >>> print(shown("a|b_c <d>"))
    a\|b\_c &lt;d&gt;
    """
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_\[\]|#~])", r"\\\1", " ".join(plain.split()))


def linked(text: str, place: str) -> str:
    """Write a link."""
    return f"[{shown(text)}]({place})"


def code(text: str) -> str:
    """Write text as code that may stand in a table."""
    return f"`{text.replace('|', chr(92) + '|')}`"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table; cells are Markdown already. Lines within a cell are parted by `<br>`."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
