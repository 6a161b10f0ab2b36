"""Statements about subjects as plain rows: how a register of a million organisations travels without a million objects.

A row holds what `Registration` holds, spelled as databases and JSON take it: days as ISO text, booleans as 0 and 1.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, TypeAlias, overload

from graph_model.nodes import Attributes, Registration

StatementRow: TypeAlias = tuple[Any, ...]
"""subject, valid_from (none: the empty text), name, kind, region, status, industry, foreign_invested, registered_on."""

_day = date.fromisoformat


def statement_row(fact: Registration) -> StatementRow:
    """Spell a registration."""
    a = fact.attributes
    return (
        fact.subject,
        "" if a.valid_from is None else a.valid_from.isoformat(),
        a.name,
        a.kind,
        a.region,
        a.status,
        a.industry,
        None if a.foreign_invested is None else int(a.foreign_invested),
        None if a.registered_on is None else a.registered_on.isoformat(),
    )


def attributes_of(row: Sequence[Any]) -> Attributes:
    """Read what a row states (all but the subject)."""
    return stated(*row[1:])


def stated(
    valid_from: str,
    name: str | None,
    kind: str | None,
    region: str | None,
    status: str | None,
    industry: str | None,
    foreign: int | None,
    registered_on: str | None,
) -> Attributes:
    """Read the members of a row behind its subject."""
    return Attributes(
        _day(valid_from) if valid_from else None,
        name,
        kind,
        region,
        status,
        industry,
        None if foreign is None else foreign != 0,
        _day(registered_on) if registered_on else None,
    )


def registration_of(row: Sequence[Any]) -> Registration:
    """Read a row.

    >>> registration_of(statement_row(Registration("ORG", Attributes(foreign_invested=False)))).attributes
    Attributes(valid_from=None, name=None, kind=None, region=None, status=None, industry=None, \
foreign_invested=False, registered_on=None)
    """
    return Registration(row[0], attributes_of(row))


class Statements(Sequence[Registration]):
    """Registrations that are made out of their rows when they are looked at.

    A store may take the `rows` as they are; to everyone else this is a sequence like any other.
    """

    __slots__ = ("rows",)

    def __init__(self, rows: Sequence[StatementRow]) -> None:
        self.rows = rows

    @overload
    def __getitem__(self, place: int) -> Registration: ...
    @overload
    def __getitem__(self, place: slice) -> "Statements": ...
    def __getitem__(self, place: int | slice) -> "Registration | Statements":
        if isinstance(place, slice):
            return Statements(self.rows[place])
        return registration_of(self.rows[place])

    def __iter__(self) -> Iterator[Registration]:
        return map(registration_of, self.rows)

    def __len__(self) -> int:
        return len(self.rows)
