"""`xinheng rulebook show|search|pages`: reading the law, at the command line and as pages."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

from rich.cells import cell_len

from api.cli.asking import asked_day, describe_day
from api.cli.columns import WIDTH, wrapped
from api.cli.exits import Exit
from api.cli.labels import LABEL_EN
from api.cli.rulebook import describe_folder
from api.cli.session import Session
from graph_model.errors import InvalidQuestion
from memoranda.cards import Card, Row, cards_of
from memoranda.cleaning import cleaned
from memoranda.pages import write_pages
from memoranda.rulebook import Rulebook
from memoranda.rulebook_content import file_form
from memoranda.search import search
from memoranda.words import SECTION_ZH

LABEL = 18
"""Columns of a label, and of what it leaves free beside the lines that follow."""


def describe_show(parser: ArgumentParser, session: Session) -> None:
    """Declare the arguments of `rulebook show`."""
    describe_folder(parser, session)
    describe_day(parser, session)
    parser.add_argument("id", metavar="ID", help=session.say("条目标识", "the id of an entry of any kind"))


def describe_search(parser: ArgumentParser, session: Session) -> None:
    """Declare the arguments of `rulebook search`."""
    describe_folder(parser, session)
    told = session.say("词，一个字也可；须全部出现", "words, of one character or more, all of which must occur")
    parser.add_argument("words", nargs="+", metavar="WORD", help=told)


def describe_pages(parser: ArgumentParser, session: Session) -> None:
    """Declare the arguments of `rulebook pages`."""
    describe_folder(parser, session)
    told = session.say("写入此文件夹；其中旧页被替换", "the folder to write into; old pages in it are replaced")
    parser.add_argument("folder", type=Path, metavar="DIR", help=told)


def run_show(args: Namespace, session: Session) -> Exit:
    """Show the entries of that id, one of each kind that has it, with all that hangs on them."""
    book, day = session.book(args.rulebook), asked_day(args.on)
    cards = cards_of(book, args.id, day)
    if not cards:
        raise InvalidQuestion(
            session.say(f"没有条目 `{args.id}`", f"no entry `{args.id}`"),
            hint=session.say("用 xinheng rulebook search 查找", "look for it with `xinheng rulebook search`"),
            detail_code="entry.unknown",
        )
    for place, card in enumerate(cards):
        if args.json:
            session.print_json(_as_json(book, card, day))
        else:
            session.print(("\n" if place else "") + "\n".join(_lines(card, session)))
    return Exit.DONE


def _lines(card: Card, session: Session) -> Iterator[str]:
    section = session.say(SECTION_ZH[card.section], card.section)
    yield from wrapped(f"{section} {card.id} · {card.title}", WIDTH)
    for row in card.rows:
        yield from _row_lines(row, session.say(row.label, LABEL_EN[row.label]))


def _row_lines(row: Row, name: str) -> Iterator[str]:
    label = "  " + name
    for line in (line for line in row.lines if line):
        for part in wrapped(line, WIDTH - LABEL):
            yield label + " " * (LABEL - cell_len(label)) + part
            label = ""


def _as_json(book: Rulebook, card: Card, day: date) -> dict[str, Any]:
    """Give an entry in its file's form, its card, and, for a measure, what the words are made from."""
    sections = {
        "measures": book.measures,
        "lists": book.lists,
        "memoranda": book.memoranda,
        "bases": book.bases,
        "base_list": book.base_list,
        "matters": book.matters,
        "departments": book.departments,
    }
    told = {
        "section": card.section,
        "entry": file_form(sections[card.section][card.id]),
        "on": day,
        "card": {row.label: list(row.lines) for row in card.rows},
    }
    return told | (_of_measure(book, card.id, day) if card.section == "measures" else {})


def _of_measure(book: Rulebook, id_: str, day: date) -> dict[str, Any]:
    found = cleaned(book, id_, day)
    bases = {name: book.bases[name] for target in book.measures[id_].targets for name in target.bases}
    return {
        "standing": found.standing,
        "reason": found.reason,
        "reaches": [one.target.role for one in found.targets if one.carrying],
        "memorandum": book.memorandum_of[id_].id,
        "lists": list(book.lists_of(id_)),
        "bound_departments": list(book.bound_departments(id_)),
        "bases": [file_form(basis) for basis in bases.values()],
    }


def run_search(args: Namespace, session: Session) -> Exit:
    """List the entries that hold all the words, by kind and the best first; none is not done."""
    found = search(session.book(args.rulebook), args.words)
    if args.json:
        for one in found:
            told = {"kind": one.section, "id": one.id, "title": one.title}
            session.print_json(told | ({"where": one.where} if one.where else {}))
        return Exit.DONE if found else Exit.NOT_DONE
    if not found:
        words = " ".join(args.words)
        raise InvalidQuestion(
            session.say(f"没有条目含有“{words}”", f"no entry holds `{words}`"),
            hint=session.say("换一个更短的词，一个字也可以", "try a shorter word; one character will do"),
            detail_code="entry.unknown",
        )
    for section, group in groupby(found, key=lambda one: one.section):
        listed = list(group)
        session.print(f"{session.say(SECTION_ZH[section], section)} {len(listed)}")
        for one in listed:
            session.print(f"  {one.id}  {one.title}" + (f"  （{one.where}）" if one.where else ""))
    return Exit.DONE


def run_pages(args: Namespace, session: Session) -> Exit:
    """Write the pages of a rulebook anew, with nothing else left in their folder's pages."""
    pages = write_pages(session.book(args.rulebook), args.folder)
    if args.json:
        session.print_json({"folder": str(args.folder), "pages": len(pages)})
    else:
        session.print(session.say(f"{args.folder}：{len(pages)} 页", f"{args.folder}: {len(pages)} pages"))
    return Exit.DONE
