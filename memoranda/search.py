"""Finding entries by words: any text in an id, a name, a wording, a document or an article; the best first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from memoranda.reading import article_zh, document_zh
from memoranda.rulebook import Rulebook
from memoranda.words import SECTION_ZH

WHOLE, NAMED, MENTIONED = 3, 2, 1
"""What a word is worth: it is an id or a name; it is part of one; it stands in some other text of the entry."""


@dataclass(frozen=True, slots=True)
class Searched:
    """What an entry is found by: its id and title, and everything else it says."""

    section: str
    id: str
    title: str
    mentions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """An entry that holds all the words. `where` is the text that holds them where neither id nor title does."""

    section: str
    id: str
    title: str
    where: str | None


def search(book: Rulebook, words: Sequence[str]) -> tuple[Found, ...]:
    """Give the entries that hold all the words, in any letter case: by section, within it the best first.

    >>> from memoranda.reader import read_inline
    >>> search(read_inline({"departments": [{"id": "mof", "name": "财政部"}]}), ["财"])
    (Found(section='departments', id='mof', title='财政部', where=None),)
    """
    sought = [word.strip().lower() for word in words if word.strip()]
    rated = [(searched, _worth(searched, sought)) for searched in _all(book)] if sought else []
    found = [(searched, worth) for searched, worth in rated if worth is not None]
    order = list(SECTION_ZH)
    found.sort(key=lambda row: (order.index(row[0].section), -row[1], len(row[0].title), row[0].id))
    return tuple(Found(s.section, s.id, s.title, _where(s, sought)) for s, _ in found)


def _worth(searched: Searched, words: Sequence[str]) -> int | None:
    """Rate an entry by all the words together; `None` where one of them is missing."""
    total = 0
    for word in words:
        names = (searched.id.lower(), searched.title.lower())
        if word in names:
            total += WHOLE
        elif any(word in name for name in names):
            total += NAMED
        elif any(word in text.lower() for text in searched.mentions):
            total += MENTIONED
        else:
            return None
    return total


def _where(searched: Searched, words: Sequence[str]) -> str | None:
    named = f"{searched.id} {searched.title}".lower()
    hidden = [word for word in words if word not in named]
    return next((text for text in searched.mentions if hidden and hidden[0] in text.lower()), None)


def _all(book: Rulebook) -> Iterator[Searched]:
    yield from _measures(book)
    for official in book.lists.values():
        yield Searched("lists", official.id, official.name, (book.departments[official.authority].name,))
    for memorandum in book.memoranda.values():
        yield Searched("memoranda", memorandum.id, memorandum.title, (memorandum.document_no or "",))
    for basis in book.bases.values():
        yield Searched("bases", basis.id, article_zh(basis))
    for entry in book.base_list.values():
        gist = entry.extras.get("x-gist", "")
        yield Searched("base_list", entry.id, entry.name, (gist,) if isinstance(gist, str) else ())
    for matter in book.matters.values():
        yield Searched("matters", matter.id, matter.name)
    for department in book.departments.values():
        yield Searched("departments", department.id, department.name)


def _measures(book: Rulebook) -> Iterator[Searched]:
    for measure in book.measures.values():
        cited = {id_: None for target in measure.targets for id_ in target.bases}
        said = (measure.wording, measure.item, measure.limits_to, document_zh(book.memorandum_of[measure.id]))
        articles = tuple(article_zh(book.bases[id_]) for id_ in cited)
        mentions = (*(text for text in said if text), *articles, *cited)
        yield Searched("measures", measure.id, measure.title, mentions)
