"""A designation as the rulebook reads it: what follows where the document does not state it (F2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from graph_model.calendar import add_months
from graph_model.nodes import Designation, Origin, Scalar
from memoranda.model import DayField, OfficialList, TermBy
from memoranda.rulebook import Rulebook


@dataclass(frozen=True)
class Listing:
    """A designation with its list, and its days and origin made whole.

    starts         `effective_from`, else `decided_on`
    until          the document's end, else `starts` + the list's term, else none
    until_missing  the list requires an end (or its term depends on a fact) that the document does not state (G1)
    """

    id: str
    designation: Designation
    official: OfficialList
    starts: date | None
    until: date | None
    until_missing: bool
    origin: Origin

    @cached_property
    def values(self) -> Mapping[str, Scalar]:
        """The symbols `designation.*`, `fact.*` and `list.*` of conditions; what is not stated is absent.

        Named when a condition asks for the first of them: most measures have none.
        """
        designation, official = self.designation, self.official
        stated: dict[str, Scalar | None] = {
            "designation.id": designation.id,
            "designation.authority": designation.authority,
            "designation.document_no": designation.document_no,
            "designation.origin": self.origin,
            "designation.severity": designation.severity,
            "designation.decided_on": designation.decided_on,
            "designation.conduct_on": designation.conduct_on,
            "designation.event_on": designation.event_on,
            "designation.effective_from": self.starts,
            "designation.until": self.until,
            "list.id": official.id,
            "list.kind": official.kind,
        }
        values = {name: value for name, value in stated.items() if value is not None}
        values.update({f"fact.{name}": value for name, value in designation.facts.items()})
        return values

    def day(self, field: DayField | str) -> date | None:
        """Give one of the designation's days, or a declared day fact (`fact.NAME`); `None` where it is missing."""
        if field == "effective_from":
            return self.starts
        if field.startswith("fact."):
            value = self.designation.facts.get(field.removeprefix("fact."))
            return value if isinstance(value, date) else None
        day: date | None = getattr(self.designation, field)
        return day


def listing_of(designation: Designation, book: Rulebook) -> Listing | None:
    """Read one designation with the rulebook; `None` where the rulebook has no such list (no measure can attach)."""
    official = book.lists.get(designation.list)
    if official is None:
        return None
    starts = designation.effective_from or designation.decided_on
    months, term_unknown = _term(official, designation)
    until = designation.until
    if until is None and months is not None and starts is not None:
        until = add_months(starts, months)
    until_missing = designation.until is None and (official.until_required or term_unknown)
    return Listing(designation.id, designation, official, starts, until, until_missing, origin_of(designation, book))


def origin_of(designation: Designation, book: Rulebook) -> Origin:
    """Give the level of the authority where the rulebook knows it, else what is stated, else `local` (F2)."""
    department = book.departments.get(designation.authority)
    if department is None:
        return designation.origin or "local"
    if department.region is None:
        return "national"
    return "provincial" if department.region.endswith("0000") else "local"


def _term(official: OfficialList, designation: Designation) -> tuple[int | None, bool]:
    """Give the list's term for this designation in months, and whether it hangs on a fact that is missing."""
    term = official.term_months
    if not isinstance(term, TermBy):
        return term, False
    value = designation.facts.get(term.by)
    if value is None:
        return None, True
    return term.months.get(str(value), term.otherwise), False
