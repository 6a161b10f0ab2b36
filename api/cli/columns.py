"""Text laid out in columns of a terminal, where a Chinese character takes two."""

from collections.abc import Iterator

from rich.cells import cell_len

WIDTH = 96
"""Columns of what is laid out by hand, on a terminal and in a pipe alike."""
NOT_FIRST = frozenset("，。；、：）》”！？)],;")
"""What does not begin a line."""
NOT_LAST = frozenset("（《“‘([")
"""What does not end a line."""


def wrapped(text: str, width: int) -> Iterator[str]:
    """Give a text in lines of at most `width` columns (one more where a mark would begin a line).

    Chinese may break anywhere; other words stay whole, even longer ones. Spaces at the start indent every line.

    >>> list(wrapped("  依法不得担任 director", 14))
    ['  依法不得担任', '  director']
    """
    indent = text[: len(text) - len(text.lstrip(" "))]
    line = ""
    for piece in _pieces(text.strip(" ")):
        if line and piece not in NOT_FIRST and cell_len(indent + line + piece) > width:
            whole = line.rstrip("".join(NOT_LAST)) or line
            yield indent + whole.rstrip(" ")
            line = line[len(whole) :]
        line += piece if line else piece.lstrip(" ")
    yield indent + line


def _pieces(text: str) -> Iterator[str]:
    """Split a text where a line may break: around every wide character and before every space."""
    word = ""
    for character in text:
        if cell_len(character) > 1 or character == " " or (character in NOT_FIRST and not word):
            if word:
                yield word
            word = ""
            if cell_len(character) > 1 or character in NOT_FIRST:
                yield character
                continue
        word += character
    if word:
        yield word
