"""The synthetic city's designations, with moves, links, exemptions and objections, from the lists of a rulebook."""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from graph_model.nodes import FactType, Ground
from loaders.synth_subjects import FIRST_DAY, LAST_DAY, Organisation, day_between
from memoranda.model import OfficialList, TermBy
from memoranda.rulebook import Rulebook

WEIGHTS: Mapping[str, int] = {
    "djd": 30,
    "abnormal-operation": 25,
    "consumption-order": 15,
    "penalty": 15,
    "tax-a": 15,
    "samr-serious": 6,
    "major-tax-violation": 4,
    "wage-arrears": 4,
    "licence-revoked": 4,
}
"""How common some lists are; others weigh 1. A rulebook without them is as good: these are only likelihoods."""
PERSONS_TOO = frozenset({"djd", "consumption-order", "court-exit-order", "tax-exit-stop", "post-sanction", "penalty"})
"""Lists that a person by itself may be on; where a rulebook has none of them, any list."""
_QUOTED = re.compile(r"""["']([^"']+)["']""")
_COMPARED = re.compile(r"""fact\.([a-z][a-z0-9_]*)\s*(?:==|!=|in)\s*(\[[^\]]*\]|"[^"]*"|'[^']*')""")


@dataclass(frozen=True, slots=True)
class Made:
    """A designation's row and what hangs on it, ready to be written."""

    id: str
    list_id: str
    row: tuple[object, ...]
    moves: tuple[tuple[object, ...], ...]
    exemption: tuple[object, ...] | None
    objection: tuple[object, ...] | None


class Listings:
    """Makes designations on the lists of a rulebook, by authorities that may make them."""

    def __init__(self, book: Rulebook, seed: int) -> None:
        self._chance = Random(f"{seed}:designations")  # noqa: S311  (a made-up city, not a secret)
        self._lists = tuple(book.lists.values())
        self._weights = [WEIGHTS.get(official.id, 1) for official in self._lists]
        self._for_persons = tuple(o for o in self._lists if o.id in PERSONS_TOO) or self._lists
        self._words = _words_of_facts(book)
        self._authorities = _authorities(book)
        self._matters = tuple(book.matters)
        self.fact_columns = tuple(sorted({f"fact.{name}" for o in self._lists for name in o.facts}))
        self.made = 0

    def on_organisation(self, organisation: Organisation) -> Made:
        """Put an organisation on a list."""
        (official,) = self._chance.choices(self._lists, self._weights)
        return self._make(organisation.code, organisation, official)

    def on_person(self, organisation: Organisation) -> Made:
        """Put the head of an organisation on a list, on its own account."""
        return self._make(organisation.people[0], organisation, self._chance.choice(self._for_persons))

    def _make(self, subject: str, organisation: Organisation, official: OfficialList) -> Made:
        self.made += 1
        chance, number = self._chance, self.made
        earliest = max(organisation.registered_on, date(2018, 1, 1), FIRST_DAY)
        decided = day_between(earliest, LAST_DAY - timedelta(days=30), chance)
        authority = chance.choice(self._authorities.get(official.authority, (official.authority,)))
        served = decided - timedelta(days=20 + int(chance.random() * 40))
        noticed = official.notice_required and chance.random() < 0.95
        until = decided + timedelta(days=365 * (1 + int(chance.random() * 3)))
        stated_until = until if official.until_required and chance.random() < 0.97 else ""
        of = f"D-{number:08d}"
        status, removed_on, removed_reason, moves = self._course(of, official, decided)
        facts = self._facts(official, decided)
        row = (
            of,
            subject,
            "",
            official.id,
            authority,
            f"{authority}〔{decided.year}〕{number}号",
            decided,
            decided - timedelta(days=90 + int(chance.random() * 300)),
            decided if chance.random() < 0.4 else "",
            decided + timedelta(days=7) if chance.random() < 0.2 else decided,
            stated_until,
            "" if official.kind == "incentive" else chance.choice(("minor", "general", "general", "serious")),
            status,
            removed_on,
            removed_reason,
            served if noticed else "",
            f"告〔{served.year}〕{number}号" if noticed else "",
            "",
            *(facts.get(column, "") for column in self.fact_columns),
        )
        return Made(
            of, official.id, row, moves, self._exemption(subject, official, decided), self._objection(of, decided)
        )

    def _course(
        self, of: str, official: OfficialList, decided: date
    ) -> tuple[str, object, str, tuple[tuple[object, ...], ...]]:
        """Choose how it went on: status at entry, removal, and moves."""
        lot = self._chance.random()
        later = day_between(decided + timedelta(days=8), LAST_DAY, self._chance)
        removal = "expired" if official.kind == "record" else self._chance.choice(("repaired", "expired", "delisted"))

        def move(to: str, on: date, reason: str = "") -> tuple[object, ...]:
            return (of, to, on, reason, official.authority, f"变更〔{on.year}〕{self.made}号")

        if lot < 0.15:
            return "removed", later, removal, ()
        if lot < 0.17:
            return "removed", later, self._chance.choice(("revoked", "corrected", "appeal_upheld")), ()
        if lot < 0.20:
            return "proposed", "", "", ()
        if lot < 0.22:
            begun = decided - timedelta(days=15)
            return "proposed", "", "", (move("notified", begun), move("in_effect", decided))
        if lot < 0.24:
            return "in_effect", "", "", (move("suspended", later), move("in_effect", later + timedelta(days=60)))
        if lot < 0.26:
            return "in_effect", "", "", (move("removed", later, removal),)
        return "in_effect", "", "", ()

    def _facts(self, official: OfficialList, decided: date) -> dict[str, object]:
        """State most of the declared facts; one in twelve is left out, as in real files."""
        found: dict[str, object] = {}
        for name, kind in official.facts.items():
            if self._chance.random() > 1 / 12:
                found[f"fact.{name}"] = self._fact(name, kind, official, decided)
        return found

    def _fact(self, name: str, kind: FactType, official: OfficialList, decided: date) -> object:
        chance, term = self._chance, official.term_months
        if kind == "number":
            return f"{int(10 ** (3 + chance.random() * 4))}.{int(chance.random() * 100):02d}"
        if kind == "boolean":
            return "true" if chance.random() < 0.15 else "false"
        if kind == "day":
            return decided + timedelta(days=int(chance.random() * 1_000))
        if isinstance(term, TermBy) and term.by == name:
            return chance.choice((*term.months, "其他"))
        return chance.choice(self._words.get(name) or ("其他",))

    def _exemption(self, subject: str, official: OfficialList, decided: date) -> tuple[object, ...] | None:
        chance = self._chance
        if not official.exemption_grounds or chance.random() > 0.03:
            return None
        ground: Ground = chance.choice(official.exemption_grounds)
        matter = chance.choice(self._matters) if ground == "court_permission" and self._matters else ""
        if ground == "court_permission" and not matter:
            return None
        start = day_between(decided, LAST_DAY, chance)
        end = start + timedelta(days=180) if chance.random() < 0.7 else ""
        number = f"豁免〔{start.year}〕{self.made}号"
        return (f"E-{self.made:08d}", subject, "", official.id, "", matter, ground, number, start, end)

    def _objection(self, of: str, decided: date) -> tuple[object, ...] | None:
        if self._chance.random() > 0.02:
            return None
        filed = day_between(decided, LAST_DAY, self._chance)
        closed = filed + timedelta(days=20) if self._chance.random() < 0.6 else ""
        return (f"O-{self.made:08d}", of, "", "", "", filed, closed, f"异议〔{filed.year}〕{self.made}号")


def _words_of_facts(book: Rulebook) -> Mapping[str, tuple[str, ...]]:
    """Give the texts that the rulebook's own conditions compare a fact with: those that make a difference."""
    found: dict[str, set[str]] = defaultdict(set)
    conditions = [measure.condition for measure in book.measures.values()]
    for condition in (*conditions, *(official.defective_if for official in book.lists.values())):
        for name, compared in _COMPARED.findall(condition or ""):
            found[name].update(_QUOTED.findall(compared))
    return {name: (*sorted(words), "其他") for name, words in found.items()}


def _authorities(book: Rulebook) -> Mapping[str, tuple[str, ...]]:
    """Give, for each authority of a list, itself and the local bodies that are its counterparts (G2)."""
    found: dict[str, list[str]] = defaultdict(list)
    for department in book.departments:
        for above in book.counterpart_chain(department):
            found[above].append(department)
    return {authority: tuple(sorted(bodies)) for authority, bodies in found.items()}
