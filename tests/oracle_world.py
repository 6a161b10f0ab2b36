"""What the oracle looks at: all facts of one version and all law, as plain dictionaries and lists.

Value types only: no look-up of the rulebook, no method of a value, no calendar but this one (SEMANTICS §1, §2).
"""

from calendar import monthrange
from dataclasses import fields, is_dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from graph_model.nodes import Designation, Facts, Relation
from memoranda.model import Measure, Memorandum, OfficialList
from tests.oracle_condition import Tree, parse

Row = tuple[Memorandum, Measure]


class Law:
    """A rulebook as plain dictionaries, with every condition parsed by the oracle's own parser."""

    def __init__(self, book: Any) -> None:
        self.departments = dict(book.departments)
        self.matters = dict(book.matters)
        self.lists: dict[str, OfficialList] = dict(book.lists)
        self.bases = dict(book.bases)
        self.memoranda: dict[str, Memorandum] = dict(book.memoranda)
        self.rows: list[Row] = [(memo, measure) for memo in self.memoranda.values() for measure in memo.measures]
        self.conditions: dict[str, Tree] = {m.id: parse(m.condition) for _, m in self.rows if m.condition is not None}
        self.defects: dict[str, Tree] = {
            one.id: parse(one.defective_if) for one in self.lists.values() if one.defective_if is not None
        }
        self.days = days_named_in(list(self.memoranda.values()), list(self.bases.values()))
        self.months = self.months_named()

    def months_named(self) -> set[int]:
        """Every number of months that a term of a measure or of a list may have."""
        found = {measure.term.months for _, measure in self.rows if measure.term is not None}
        for official in self.lists.values():
            term = official.term_months
            if isinstance(term, int):
                found.add(term)
            elif term is not None:
                found |= {count for count in (*term.months.values(), term.otherwise) if count is not None}
        return found

    def line_of_matter(self, matter: str) -> list[str]:
        """The matter itself, its parent, and so on up."""
        line = [matter]
        while self.matters[line[-1]].parent is not None:
            line.append(self.matters[line[-1]].parent)
        return line

    def line_of_department(self, department: str) -> list[str]:
        """The department itself, the one whose counterpart it is, and so on."""
        line = [department]
        while self.departments[line[-1]].counterpart_of is not None:
            line.append(self.departments[line[-1]].counterpart_of)
        return line


class World:
    """All facts (with moves stated apart put in their place) and the law."""

    def __init__(self, facts: Facts, law: Law) -> None:
        self.facts = facts
        self.law = law
        self.designations: dict[str, Designation] = {}
        for designation in facts.designations:
            apart = tuple(move for move in facts.moves if move.designation == designation.id)
            self.designations[designation.id] = replace(designation, moves=(*designation.moves, *apart))

    def is_registered(self, subject: str) -> bool:
        return any(registration.subject == subject for registration in self.facts.registrations)

    def without(self, designations: set[str]) -> "World":
        """The same world in which these designations never were."""
        facts = self.facts
        return World(
            replace(
                facts,
                designations=tuple(d for d in facts.designations if d.id not in designations),
                moves=tuple(m for m in facts.moves if m.designation not in designations),
                relations=tuple(r for r in facts.relations if r.designation not in designations),
                objections=tuple(o for o in facts.objections if o.designation not in designations),
            ),
            self.law,
        )

    def candidates(self, subject: str) -> list[Designation]:
        """Designations of the subject and of whatever one relation record joins it to, in either direction, by id."""
        found = []
        for designation in self.designations.values():
            near = designation.subject == subject
            for relation in self.facts.relations:
                if relation.holder == subject and relation.organisation == designation.subject:
                    near = True
                if relation.organisation == subject and relation.holder == designation.subject:
                    near = True
                if relation.holder == subject and relation.designation == designation.id:
                    near = True
            if near:
                found.append(designation)
        return sorted(found, key=lambda d: d.id)

    def paths(self, subject: str, designation: Designation, role: str) -> list[Relation | None]:
        """Every record by which the subject has the role towards the designation, in order; `[None]` for itself."""
        if role == "self":
            return [None] if designation.subject == subject else []
        found: list[Relation] = []
        for relation in self.facts.relations:
            forward = relation.holder == subject and relation.organisation == designation.subject
            backward = relation.organisation == subject and relation.holder == designation.subject
            linked = relation.holder == subject and relation.designation == designation.id
            if role == "head_office":
                reaches = relation.type == "branch_of" and backward
            elif role == "own_business":
                reaches = relation.type == "operator" and backward
            elif role == "directly_responsible":
                reaches = relation.type == role and linked and relation.responsible is not False
            else:
                reaches = relation.type == role and forward
            if reaches:
                found.append(relation)
        return [*sorted(found, key=path_order)]


def path_order(relation: Relation) -> tuple[bool, date, bool, date, Decimal]:
    """By start (none first), end (none last), share (none as 0)."""
    return (
        relation.held_from is not None,
        relation.held_from or date.min,
        relation.held_until is None,
        relation.held_until or date.min,
        Decimal(0) if relation.share is None else relation.share,
    )


def days_named_in(*values: Any) -> set[date]:
    """Every day that some values hold, however deep."""
    found: set[date] = set()
    for value in values:
        if isinstance(value, date):
            found.add(value)
        elif isinstance(value, (list, tuple)):
            found |= days_named_in(*value)
        elif isinstance(value, dict):
            found |= days_named_in(*value.values())
        elif hasattr(value, "__slots__") and is_dataclass(value):
            found |= days_named_in(*(getattr(value, field.name) for field in fields(value)))
        elif isinstance(value, BaseModel):
            found |= days_named_in(*vars(value).values())
    return found


def within(start: date | None, day: date, end: date | None) -> bool:
    """Whether a day lies in a half-open interval."""
    return not ((start is not None and day < start) or (end is not None and day >= end))


def months_after(day: date, months: int) -> date | None:
    """The same day of the month so many months later, or that month's last day; nothing beyond year 9999."""
    years, month = divmod(day.month - 1 + months, 12)
    if day.year + years > 9999:
        return None
    last = monthrange(day.year + years, month + 1)[1]
    return date(day.year + years, month + 1, min(day.day, last))


def covers(territory: str, region: str | None) -> bool:
    """Whether a territory covers a department's region; a national one is covered by none (§1)."""
    if region is None:
        return False
    if territory[2:] == "0000":
        return region[:2] == territory[:2]
    if territory[4:] == "00":
        return region[:4] == territory[:4]
    return region == territory


def effective_from(designation: Designation) -> date | None:
    """The stated day, else that of the decision (F2)."""
    return designation.decided_on if designation.effective_from is None else designation.effective_from


def ending(law: Law, designation: Designation) -> tuple[date | None, bool]:
    """The end of a designation (F2), and whether the document should have said it and did not (G1)."""
    if designation.until is not None:
        return designation.until, False
    official = law.lists[designation.list]
    unsaid = official.until_required
    term = official.term_months
    if term is not None and not isinstance(term, int):
        value = designation.facts.get(term.by)
        if value is None:
            return None, True
        term = term.months[str(value)] if value in term.months else term.otherwise
    start = effective_from(designation)
    if term is None or start is None:
        return None, unsaid
    return months_after(start, term), unsaid


def origin(law: Law, designation: Designation) -> str:
    """The level of the authority where it is a department of the rulebook, else as given, else `local` (F2)."""
    if designation.authority in law.departments:
        region = law.departments[designation.authority].region
        if region is None:
            return "national"
        return "provincial" if region.endswith("0000") else "local"
    return designation.origin or "local"


def is_annulled(designation: Designation) -> bool:
    """Whether a removal undid it from the beginning (F3)."""
    return any(
        move.to == "removed" and move.reason in ("revoked", "corrected", "appeal_upheld") for move in designation.moves
    )


def status_on(designation: Designation, day: date) -> str:
    """The status that the moves up to that day, the last of them, left it in (F3)."""
    status: str = designation.status
    for move in designation.moves:
        if move.on <= day:
            status = move.to
    return status
