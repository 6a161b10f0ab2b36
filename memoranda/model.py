"""The law as values (SEMANTICS §3, CONTRACT §4): what a rulebook file says, one class per key.

Field names are those of the files; where Python forbids one (`from`, `list`), the alias is the file's word.
These classes check the shape of one entry. What needs the whole book is in `reader.py` and `lint.py`.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self, TypeAlias, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_serializer, model_validator

from graph_model.calendar import Interval
from graph_model.nodes import FactType, Ground, ListKind

Role = Literal[
    "self",
    "legal_representative",
    "principal",
    "director",
    "supervisor",
    "senior_manager",
    "actual_controller",
    "shareholder",
    "operator",
    "branch_of",
    "directly_responsible",
    "head_office",
    "own_business",
]
ROLES: tuple[Role, ...] = get_args(Role)
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
Evidence = Literal["law_text", "page_excerpt", "seed", "recalled"]
"""How a thing is known: its text read, an excerpt of it, a city's own document, or memory alone."""
BY_STATUTE = "statute"
"""The `slot` of a restriction that needs none of the national base list: a statute itself orders it."""
Held = Literal["now", "at_conduct", "at_event", "at_decision"]
DayField = Literal["decided_on", "conduct_on", "event_on", "effective_from"]


def _day(value: object) -> object:
    """Read a day written YYYY-MM-DD, as YAML and JSON both give it; a time of day is no day."""
    if isinstance(value, datetime):
        raise ValueError("day")
    if isinstance(value, str):
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            raise ValueError("day")
        return date.fromisoformat(value)
    return value


def _as_set(ids: tuple[str, ...]) -> tuple[str, ...]:
    """Sort and keep each once: these are sets, and their order in a file must not change the digest (R1)."""
    return tuple(sorted(set(ids)))


def _region(value: object) -> object:
    """Take a code without quotes, which YAML reads as a number: none begins with 0."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _condition_text(value: object) -> object:
    """Take YAML's `true` and `false` for the conditions they are: only there does one need no quotes to be no text."""
    return str(value).lower() if isinstance(value, bool) else value


ConditionText = Annotated[str, BeforeValidator(_condition_text)]
Id = Annotated[str, Field(min_length=1)]
Ids = Annotated[tuple[Id, ...], AfterValidator(_as_set)]
"""A set of ids, sorted."""
Day = Annotated[date, BeforeValidator(_day)]
Region = Annotated[str, BeforeValidator(_region), Field(pattern=r"^[0-9]{6}$")]
FactName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Extras: TypeAlias = Mapping[str, Any]
EXTRAS_KEY = "x-"
"""Where the `x-` keys of an entry wait for `Entry.extras`: itself an `x-` key, so no file can confuse the two."""


class Entry(BaseModel):
    """Frozen; an unknown key is refused. `extras` holds the `x-` keys, which no rule reads."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, strict=True)

    extras: Extras = Field(default_factory=dict, alias=EXTRAS_KEY)

    @model_validator(mode="before")
    @classmethod
    def _collect_extras(cls, entry: Any) -> Any:
        if not isinstance(entry, dict) or not any(str(key).startswith(EXTRAS_KEY) for key in entry):
            return entry
        known = {key: value for key, value in entry.items() if not str(key).startswith(EXTRAS_KEY)}
        return known | {EXTRAS_KEY: {key: value for key, value in entry.items() if key not in known}}


def _called_by_its_id(entry: Any, key: str) -> Any:
    """Let an entry without a name or title be called by its id."""
    if isinstance(entry, dict) and "id" in entry and key not in entry:
        return entry | {key: entry["id"]}
    return entry


class Named(Entry):
    """An entry with an id and a name; without a name it is called by its id."""

    id: Id
    name: Id

    @model_validator(mode="before")
    @classmethod
    def _name_it(cls, entry: Any) -> Any:
        return _called_by_its_id(entry, "name")


class Titled(Entry):
    """An entry with an id and a title; without a title it is called by its id."""

    id: Id
    title: Id

    @model_validator(mode="before")
    @classmethod
    def _title_it(cls, entry: Any) -> Any:
        return _called_by_its_id(entry, "title")


Months = Annotated[int, Field(ge=1)]


class Department(Named):
    """A body. `region` absent: national. `public` false: a bank, association or media, which no one commands (R9)."""

    region: Region | None = None
    counterpart_of: Id | None = None
    public: bool = True


class Matter(Named):
    """What is being granted; `parent` makes a tree.

    `cannot_see` says what the law also bars here and no list tells us of; it is shown beside the answer (P5).
    """

    parent: Id | None = None
    cannot_see: str | None = None


class TermBy(Entry):
    """A list's term that depends on a text fact: months by its value; `None` is no term. No `otherwise`: no term.

    >>> TermBy.from_file({"by": "ground", "1": None, "else": 24})
    TermBy(extras={}, by='ground', months={'1': None}, otherwise=24)
    """

    by: Id
    months: Mapping[str, Months | None]
    otherwise: Months | None = None

    @classmethod
    def from_file(cls, entry: Mapping[Any, Any]) -> Self:
        """Read the file's form `{by: FACT, VALUE: MONTHS, …, else: MONTHS}`; `null` is no term.

        Raises:
            pydantic.ValidationError: it has another shape.

        """
        named = {f"{key}" if type(key) is int else key: value for key, value in entry.items()}  # `1:` is the text "1"
        months = {key: value for key, value in named.items() if key not in {"by", "else"} and not key.startswith("x-")}
        extras = {key: value for key, value in named.items() if key.startswith("x-")}
        by = {"by": entry["by"]} if "by" in entry else {}
        return cls.model_validate(by | {"months": months, "otherwise": entry.get("else")} | extras)

    @model_serializer
    def _to_file(self) -> dict[str, Any]:
        otherwise = {} if self.otherwise is None else {"else": self.otherwise}
        return {"by": self.by, **self.months, **otherwise, **self.extras}


def _term(value: object) -> object:
    return TermBy.from_file(value) if isinstance(value, dict) else value


class Repair(Entry):
    """The way out by credit repair: `after_months` from a day of the designation, to be asked of `body`."""

    after_months: int = Field(default=0, ge=0)
    from_: DayField = Field(default="decided_on", alias="from")
    body: Id
    conditions: str | None = None


class ObjectionRight(Entry):
    """The way to object: within `days` (absent: no limit stated) from a day of the designation, to `body`."""

    days: int | None = Field(default=None, ge=0)
    from_: DayField = Field(default="decided_on", alias="from")
    body: Id


class OfficialList(Named):
    """An official list (R2, F2, P4)."""

    kind: ListKind
    authority: Id
    term_months: Annotated[Months | TermBy | None, BeforeValidator(_term)] = None
    until_required: bool = False
    ends_by: Literal["performance", "removal", "law"] | None = None
    ends_article: Id | None = None
    defective_if: ConditionText | None = None
    notice_required: bool = False
    facts: Mapping[FactName, FactType] = Field(default_factory=dict)
    repair: Repair | None = None
    objection: ObjectionRight | None = None
    exemption_grounds: Annotated[tuple[Ground, ...], AfterValidator(_as_set)] = ()

    @model_validator(mode="before")
    @classmethod
    def _send_to_the_authority(cls, entry: Any) -> Any:
        """Let repair and objection that name no body go to the list's authority."""
        if not isinstance(entry, dict) or "authority" not in entry:
            return entry
        ways = {key: entry[key] for key in ("repair", "objection") if isinstance(entry.get(key), dict)}
        return entry | {key: {"body": entry["authority"]} | way for key, way in ways.items()}

    @model_validator(mode="before")
    @classmethod
    def _collect_fact_extras(cls, entry: Any) -> Any:
        """Keep `x-` keys among the facts as `x-facts` of the list: names of facts do not begin so."""
        facts = entry.get("facts") if isinstance(entry, dict) else None
        if not isinstance(facts, dict) or not any(str(name).startswith(EXTRAS_KEY) for name in facts):
            return entry
        notes = {name: value for name, value in facts.items() if str(name).startswith(EXTRAS_KEY)}
        return entry | {"facts": {k: v for k, v in facts.items() if k not in notes}, "x-facts": notes}


class Verified(Entry):
    """Who confirmed a legal basis: the day, how, and where it was read (R6)."""

    on: Day
    by: Id
    source: Id | None = None


class LegalBasis(Entry):
    """A dated article of a document (R6). No `verified`: nobody has confirmed it, and it carries nothing (P1).

    `matters` says which matters the article speaks of, with what they contain; none: nobody has said. Lint reads it, no
    gate does.
    """

    id: Id
    document: Id
    article: Id
    kind: BasisKind
    from_: Day | None = Field(default=None, alias="from")
    until: Day | None = None
    binds: Annotated[tuple[Role, ...], AfterValidator(_as_set)] = ()
    territory: Region | None = None
    matters: Ids = ()
    verified: Verified | None = None

    @property
    def in_force(self) -> Interval:
        """The days on which the article is law."""
        return Interval(self.from_, self.until)


class BaseListEntry(Named):
    """A class, or a slot of one, of the national base list of measures (全国失信惩戒措施基础清单); no gate reads it.

    class_    absent: this is a class itself (reducing rights, managing, or bodies that are not public)
    evidence  how name and place are known; `confirmed` false where even that there is such a slot is doubted
    bases     the articles that the list rests the slot on
    """

    class_: Id | None = Field(default=None, alias="class")
    evidence: Evidence
    confirmed: bool = True
    bases: Ids = ()


class Target(Entry):
    """One role a measure reaches, with the articles for that very role (R3). Without one it reaches nobody (P1)."""

    role: Role
    held: Held = "now"
    bases: tuple[Id, ...] = ()


class Withdrawal(Entry):
    """A measure taken back; without `on`, void from the start (G3)."""

    on: Day | None = None
    reason: Id | None = None


class Term(Entry):
    """A measure's own term (R5): months from a day of the designation, or from a declared day fact `fact.NAME`."""

    months: Months
    from_: str = Field(alias="from", pattern=r"^(decided_on|conduct_on|event_on|effective_from|fact\.[a-z][a-z0-9_]*)$")


class WithheldBy(Entry):
    """What withholds a favour (R10): lists, or all `restriction` lists, by the articles cited; none: nothing does."""

    lists: Literal["restriction"] | Ids
    bases: tuple[Id, ...] = ()


class Measure(Titled):
    """An incentive or restriction (R2–R5, R8–R10). `matters` is `any` or a set of ids.

    `slot` names a slot of the national base list, or is `statute`; it changes nothing that the measure does.
    """

    item: str | None = None
    wording: str | None = None
    effect: Effect
    limits_to: str | None = None
    departments: Annotated[Ids, Field(min_length=1)]
    matters: Literal["any"] | Ids
    lists: Ids | None = None
    from_: Day | None = Field(default=None, alias="from")
    until: Day | None = None
    withdrawn: Withdrawal | None = None
    targets: tuple[Target, ...] = Field(min_length=1)
    condition: ConditionText | None = None
    term: Term | None = None
    elsewhere_only: bool = False
    withheld_by: WithheldBy | None = None
    slot: Id | None = None


def _by_id(measures: tuple[Measure, ...]) -> tuple[Measure, ...]:
    return tuple(sorted(measures, key=lambda measure: measure.id))


class Memorandum(Titled):
    """A document whose measures attach to lists. `region`: binds one region's departments only (G7)."""

    kind: Literal["memorandum", "statutory", "local"]
    document_no: str | None = None
    from_: Day | None = Field(default=None, alias="from")
    until: Day | None = None
    region: Region | None = None
    lists: Annotated[Ids, Field(min_length=1)]
    measures: Annotated[tuple[Measure, ...], AfterValidator(_by_id)] = ()
