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


def file_of(id_: str) -> str:
    """Give the file name of an entry's page: whatever an id is, it leads nowhere else.

    Letters, digits, `-` and `_` stand for themselves, so that it needs no quoting in a link.

    >>> file_of("djd-2016-141"), file_of("../x")
    ('djd-2016-141.md', '~2e~2e~2fx.md')
    """
    return re.sub(r"[^\w-]", lambda sign: f"~{ord(sign.group()):x}", id_) + ".md"


def linked(text: str, folder: str, id_: str) -> str:
    """Write a link to the page of an entry in a folder of pages."""
    return f"[{shown(text)}]({folder}/{file_of(id_)})"


def code(text: str) -> str:
    """Write text as code that may stand in a table."""
    return f"`{text.replace('|', chr(92) + '|')}`"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table; cells are Markdown already. Lines within a cell are parted by `<br>`."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
