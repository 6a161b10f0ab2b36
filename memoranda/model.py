"""The law as values (SEMANTICS §3, CONTRACT §4): what a rulebook file says, one class per key.

Field names are those of the files; where Python forbids one (`from`, `list`), the alias is the file's word.
These classes check the shape of one entry. What needs the whole book is in `reader.py` and `lint.py`.
"""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal, TypeAlias, get_args

from pydantic import BaseModel, ConfigDict, Field

from graph_model.calendar import Interval
from graph_model.nodes import FactType, Ground, ListKind, RelationType

Role = Literal["self", "head_office", "own_business"] | RelationType
ROLES: tuple[str, ...] = ("self", *get_args(RelationType), "head_office", "own_business")
Effect = Literal["bar", "limit", "weigh", "watch", "favour"]
RESTRICTIONS: frozenset[str] = frozenset({"bar", "limit", "weigh"})
BasisKind = Literal[
    "law",
    "administrative_regulation",
    "judicial_interpretation",
    "local_regulation",
    "party_state_policy",
    "departmental_rule",
    "normative_document",
    "memorandum",
]
ADMISSIBLE_FOR_RESTRICTIONS: frozenset[str] = frozenset(
    {"law", "administrative_regulation", "judicial_interpretation", "party_state_policy", "local_regulation"}
)
"""Kinds of basis that a restriction may rest on (R7)."""
Held = Literal["now", "at_conduct", "at_event", "at_decision"]
DayField = Literal["decided_on", "conduct_on", "event_on", "effective_from"]
Id = Annotated[str, Field(min_length=1)]
Region = Annotated[str, Field(pattern=r"^[0-9]{6}$")]
Extras: TypeAlias = Mapping[str, Any]


class Entry(BaseModel):
    """Frozen; an unknown key is refused. `extras` holds the `x-` keys, which no rule reads."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, strict=True)

    extras: Extras = Field(default_factory=dict)


class Department(Entry):
    """A body. `region` absent: national. `public` false: a bank, association or media, which no one commands (R9)."""

    id: Id
    name: Id
    region: Region | None = None
    counterpart_of: Id | None = None
    public: bool = True


class Matter(Entry):
    """What is being granted; `parent` makes a tree."""

    id: Id
    name: Id
    parent: Id | None = None


class TermBy(Entry):
    """A list's term that depends on a text fact: months by its value; `None` is no term. No `otherwise`: no term."""

    by: Id
    months: Mapping[str, int | None]
    otherwise: int | None = None


class Repair(Entry):
    """The way out by credit repair: `after_months` from a day of the designation, to be asked of `body`."""

    after_months: int = Field(default=0, ge=0)
    from_: DayField = Field(default="decided_on", alias="from")
    body: Id
    conditions: str


class ObjectionRight(Entry):
    """The way to object: within `days` (absent: no limit stated) from a day of the designation, to `body`."""

    days: int | None = Field(default=None, ge=0)
    from_: DayField = Field(default="decided_on", alias="from")
    body: Id


class OfficialList(Entry):
    """An official list (R2, F2, P4)."""

    id: Id
    name: Id
    kind: ListKind
    authority: Id
    term_months: int | TermBy | None = None
    until_required: bool = False
    ends_by: Literal["performance", "removal", "law"] | None = None
    ends_article: Id | None = None
    defective_if: str | None = None
    notice_required: bool = False
    facts: Mapping[str, FactType] = Field(default_factory=dict)
    repair: Repair | None = None
    objection: ObjectionRight | None = None
    exemption_grounds: tuple[Ground, ...] = ()


class Verified(Entry):
    """Who confirmed a legal basis: the day, how, and where it was read (R6)."""

    on: date
    by: Id
    source: Id


class LegalBasis(Entry):
    """A dated article of a document (R6). No `verified`: nobody has confirmed it, and it carries nothing (P1)."""

    id: Id
    document: Id
    article: Id
    kind: BasisKind
    from_: date | None = Field(default=None, alias="from")
    until: date | None = None
    binds: tuple[Role, ...] = ()
    territory: Region | None = None
    verified: Verified | None = None

    @property
    def in_force(self) -> Interval:
        """The days on which the article is law."""
        return Interval(self.from_, self.until)


class Target(Entry):
    """One role a measure reaches, with the articles for that very role (R3)."""

    role: Role
    held: Held = "now"
    bases: tuple[Id, ...] = Field(min_length=1)


class Withdrawal(Entry):
    """A measure taken back; without `on`, void from the start (G3)."""

    on: date | None = None
    reason: Id


class Term(Entry):
    """A measure's own term (R5): months from a day of the designation, or from a declared day fact `fact.NAME`."""

    months: int = Field(ge=1)
    from_: str = Field(alias="from", pattern=r"^(decided_on|conduct_on|event_on|effective_from|fact\.[a-z][a-z0-9_]*)$")


class WithheldBy(Entry):
    """What withholds a favour (R10): lists, or all `restriction` lists, and the articles for that."""

    lists: Literal["restriction"] | tuple[Id, ...]
    bases: tuple[Id, ...] = Field(min_length=1)


class Measure(Entry):
    """An incentive or restriction (R2–R5, R8–R10). `matters` is `any` or a set of ids."""

    id: Id
    title: Id
    item: str | None = None
    wording: str | None = None
    effect: Effect
    limits_to: str | None = None
    departments: tuple[Id, ...] = Field(min_length=1)
    matters: Literal["any"] | tuple[Id, ...]
    lists: tuple[Id, ...] | None = None
    from_: date | None = Field(default=None, alias="from")
    until: date | None = None
    withdrawn: Withdrawal | None = None
    targets: tuple[Target, ...] = Field(min_length=1)
    condition: str | None = None
    term: Term | None = None
    elsewhere_only: bool = False
    withheld_by: WithheldBy | None = None


class Memorandum(Entry):
    """A document whose measures attach to lists. `region`: binds one region's departments only (G7)."""

    id: Id
    kind: Literal["memorandum", "statutory", "local"]
    title: Id
    document_no: str | None = None
    from_: date | None = Field(default=None, alias="from")
    until: date | None = None
    region: Region | None = None
    lists: tuple[Id, ...] = Field(min_length=1)
    measures: tuple[Measure, ...] = ()
