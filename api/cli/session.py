"""What every command needs: the settings, the language, the streams, the store."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from getpass import getpass
from pathlib import Path
from typing import Any, Self, TextIO

from rich.console import Console
from rich.table import Table

from api.identity import identity_key
from api.settings import Settings
from engine.service import Service
from graph_model.errors import MalformedSubject, StoreUnavailable, UnknownVersion
from graph_model.identifiers import IdentityKeyer
from graph_model.store import Store
from graph_model.stores import open_store
from memoranda.kept import read_kept
from memoranda.reader import SHIPPED
from memoranda.rulebook import Rulebook

_SQLITE = "sqlite:///"
PIPE_WIDTH = 10_000
"""Columns of a table that goes into a pipe or a file: nothing is wrapped or cut there."""


class _Console(Console):
    """A console that leaves a reader who has gone to `main`, instead of leaving the program itself."""

    def on_broken_pipe(self) -> None:
        """Pass it on."""
        raise BrokenPipeError


@dataclass(frozen=True, slots=True)
class Session:
    """One run of one command."""

    settings: Settings
    out: TextIO
    stdin: TextIO

    @classmethod
    def of(cls, env: Mapping[str, str]) -> Self:
        """Read the settings from the environment; the streams are the process's own."""
        return cls(Settings.from_env(env), sys.stdout, sys.stdin)

    def on_store(self, url: str | None) -> Self:
        """Give the session with `--store`, where it was given."""
        return self if url is None else replace(self, settings=replace(self.settings, store=url))

    @property
    def chinese(self) -> bool:
        """Whether people are spoken to in Chinese."""
        return self.settings.lang == "zh"

    def say(self, zh: str, en: str) -> str:
        """Choose the words of the reader's language."""
        return zh if self.chinese else en

    def print(self, text: str = "") -> None:
        """Print one line, or several, for people."""
        print(text, file=self.out)

    def print_json(self, value: Any) -> None:
        """Print one JSON value on one line, for scripts."""
        print(json.dumps(value, ensure_ascii=False, default=str), file=self.out)

    def print_table(self, table: Table) -> None:
        """Print a table that fits the terminal; into a pipe it is neither wrapped nor cut."""
        width = None if self.out.isatty() else PIPE_WIDTH
        _Console(file=self.out, width=width, highlight=False, markup=False).print(table)

    def store(self, *, filling: bool = False) -> Store:
        """Open the store of `--store` or `XINHENG_STORE`; used as a context it is closed again.

        `filling`: to restore it, also where that was stopped half-way before.
        """
        return open_store(self.settings.store, self.settings.access, filling=filling)

    def existing_store(self) -> Store:
        """Open a store to read it; one that is not there is not made.

        Raises:
            StoreUnavailable: there is none, or it cannot be opened.

        """
        self.refuse_missing()
        return self.store()

    def refuse_missing(self) -> None:
        """Raise `StoreUnavailable` where the store is a file that is not there, which opening would make."""
        path = self.settings.store.removeprefix(_SQLITE)
        if path not in (self.settings.store, ":memory:") and not Path(path).exists():
            raise StoreUnavailable(
                self.say(f"没有存储 {path}", f"there is no store {path}"),
                hint=self.say(
                    "先用 xinheng load 载入，或以 --store 指明", "load into it first, or name another by --store"
                ),
                detail_code="store.missing",
            )

    def book(self, folder: Path) -> Rulebook:
        """Read the rulebook of a folder, from a kept copy where its files have not changed.

        Raises:
            RulebookRefused: it cannot be used as it stands.

        """
        return read_kept(folder, self.settings.cache_folder)

    def keyer(self) -> IdentityKeyer:
        """Give what turns identity numbers into keyed ids; makes a key file at first use."""
        return IdentityKeyer(identity_key(self.settings))

    def subject(self, given: str | None, id_type: str | None) -> str:
        """Give the subject asked about. A number is read from a prompt or a pipe, and never from the command line.

        Command lines stay in histories and process lists; numbers must not.

        Raises:
            MalformedSubject: neither or both are given.
            FactsRefused: the number is malformed; it is not repeated.

        """
        if (given is None) == (id_type is None):
            raise MalformedSubject(
                self.say("请给出主体，或给出 --id-type", "give a subject, or --id-type"),
                hint=self.say(
                    "有 --id-type 时证件号码从标准输入读取，不写在命令行",
                    "with --id-type the number is read from standard input, not from the command line",
                ),
            )
        if id_type is None:
            return given or ""
        prompt = self.say("证件号码（不回显）：", "identity number (not shown): ")
        number = getpass(prompt) if self.stdin.isatty() else self.stdin.readline()
        return self.keyer().keyed_id(id_type, number.strip())


def with_shipped_rulebook(store: Store, session: Session) -> Service:
    """Give a service on `store`; a store without a rulebook gets the shipped one first."""
    service = Service(store)
    try:
        service.rulebook_in_force()
    except UnknownVersion:
        book = session.book(SHIPPED)
        service.publish(book, actor="xinheng", reason="the shipped rulebook", key=f"shipped {book.digest}")
    return service
