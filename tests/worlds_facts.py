"""Small random facts around one organisation and the people near it: admissible, and as awkward as may be (F1–F5)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any, TypeVar

from graph_model.neighbourhood import relation_key
from graph_model.nodes import (
    LEGAL_MOVES,
    Attributes,
    Designation,
    Exemption,
    Facts,
    Move,
    Objection,
    Registration,
    Relation,
    RelationType,
    Scalar,
)
from tests.oracle_world import Law
from tests.worlds_law import DAYS, MATTERS

T = TypeVar("T")
CALENDAR = tuple(date.fromisoformat(day) for day in DAYS)
ORGANISATIONS = ("O1", "O2", "O3")
PERSONS = ("P1", "P2")
PERSONAL: tuple[RelationType, ...] = (
    "legal_representative",
    "principal",
    "director",
    "supervisor",
    "senior_manager",
    "actual_controller",
    "shareholder",
)
PERSONAL_OR_OPERATOR: tuple[RelationType, ...] = (*PERSONAL, "operator")
LISTS = ("red", "black", "gold", "ban", "eye")


def maybe(chance: Random, share: float, value: T) -> T | None:
    """The value with that probability."""
    return value if chance.random() < share else None


def span(chance: Random, open_start: float, open_end: float) -> tuple[date | None, date | None]:
    """A non-empty interval; either side open with that probability."""
    first, second = sorted(chance.sample(CALENDAR, 2))
    return (
        None if chance.random() < open_start else first,
        None if chance.random() < open_end else second,
    )


def registrations(chance: Random) -> list[Registration]:
    found = [Registration(person, Attributes(name=person, kind="person")) for person in PERSONS]
    for code in ORGANISATIONS:
        starts: list[date | None] = [maybe(chance, 0.15, chance.choice(CALENDAR))]
        if chance.random() < 0.3:
            starts.append(chance.choice(CALENDAR))
        for start in sorted(set(starts), key=lambda day: day or date.min):
            found.append(Registration(code, attributes(chance, code, start)))
    return found


def attributes(chance: Random, code: str, start: date | None) -> Attributes:
    return Attributes(
        valid_from=start,
        name=code,
        kind=chance.choice(("enterprise", "enterprise", "individual_business", "government")),
        region=maybe(chance, 0.8, chance.choice(("350200", "350203", "110000"))),
        status=maybe(chance, 0.8, chance.choice(("active", "active", "revoked", "deregistered"))),
        industry=maybe(chance, 0.6, chance.choice(("steel", "food"))),
        foreign_invested=maybe(chance, 0.6, chance.random() < 0.5),
        registered_on=maybe(chance, 0.6, chance.choice(CALENDAR)),
    )


def relations(chance: Random, designations: list[Designation], roles: Sequence[str]) -> list[Relation]:
    """Links in all directions, often several records of one, some without a start, some two hops long."""
    found: list[Relation] = []
    for _ in range(chance.randint(2, 4)):
        type_, holder, organisation = ends_of(chance, chance.choice(designations), chance.choice(roles))
        if chance.random() < 0.05:
            organisation = chance.choice((holder, "P1"))
        for _ in range(chance.choice((1, 1, 2, 3))):
            start, end = span(chance, 0.3, 0.5)
            stated = type_ == "shareholder" and chance.random() < 0.7
            share = Decimal(chance.choice(("0.3", "0.5", "0.7"))) if stated else None
            found.append(Relation(type_, holder, organisation, held_from=start, held_until=end, share=share))
    for _ in range(chance.choice((0, 1, 1, 2, 3))):
        start, end = span(chance, 0.5, 0.5)
        found.append(
            Relation(
                "directly_responsible",
                chance.choice(("P1", "P1", "P2", "O2")),
                designation=chance.choice(designations).id,
                held_from=start,
                held_until=end,
                responsible=chance.random() < 0.7,
            )
        )
    return list({relation_key(relation): relation for relation in found}.values())


def ends_of(chance: Random, designation: Designation, role: str) -> tuple[RelationType, str, str]:
    """A relation by which somebody has the role towards the designation, where that can be; else some relation."""
    subject = designation.subject
    if role == "head_office" and subject in ORGANISATIONS:
        return "branch_of", subject, chance.choice(ORGANISATIONS)
    if role == "own_business" and subject in PERSONS:
        return "operator", subject, chance.choice(ORGANISATIONS)
    if subject in ORGANISATIONS and role == "branch_of":
        return "branch_of", chance.choice(ORGANISATIONS), subject
    for type_ in PERSONAL_OR_OPERATOR:
        if subject in ORGANISATIONS and role == type_:
            return type_, chance.choice(("P1", "P1", "P1", "P2", "O2")), subject
    return chance.choice(PERSONAL), chance.choice(PERSONS), chance.choice(ORGANISATIONS)


def designation(chance: Random, number: int, main: str, law: Law) -> Designation:
    name = f"D{number}"
    listed = chance.choice(LISTS)
    authority = (
        law.lists[listed].authority if chance.random() < 0.7 else chance.choice(("prov", "city", "dist", "court"))
    )
    effective, until = sorted(chance.sample(CALENDAR[:10] if chance.random() < 0.7 else CALENDAR, 2))
    decided = maybe(chance, 0.75, chance.choice((effective, effective, chance.choice(CALENDAR))))
    stated = maybe(chance, 0.7, effective)
    if decided is None and stated is None:
        decided = effective
    start = stated or decided
    assert start is not None
    status, moves = history(chance, name, listed)
    if "in_effect" not in (status, *(move.to for move in moves)) and chance.random() < 0.3:
        stated = decided = None
    facts: dict[str, Scalar] = {
        "n": Decimal(chance.choice(("0", "1", "2", "3", "1.5", "-2", "0.1", "123456789012345678.5"))),
        "b": chance.random() < 0.5,
        "t": chance.choice(("x", "xx", "y", "z")),
        "d": chance.choice(CALENDAR),
    }
    return Designation(
        id=name,
        subject=main if chance.random() < 0.6 else chance.choice(("O1", "O1", "O2", "P1", "O3")),
        list=listed,
        authority=authority,
        status=status,  # type: ignore[arg-type]  # one of the statuses, by construction
        document_no=maybe(chance, 0.8, f"文〔2024〕{number}号"),
        decided_on=decided,
        conduct_on=maybe(chance, 0.7, chance.choice(CALENDAR)),
        event_on=maybe(chance, 0.7, chance.choice(CALENDAR)),
        effective_from=stated,
        until=maybe(chance, 0.35, until if until > start or chance.random() < 0.1 else None),
        severity=maybe(chance, 0.7, chance.choice(("minor", "general", "serious", "serious"))),
        notice_served_on=maybe(chance, 0.8, chance.choice((decided or start, CALENDAR[0], chance.choice(CALENDAR)))),
        origin=maybe(chance, 0.4, chance.choice(("local", "national"))) if authority not in law.departments else None,
        facts={key: value for key, value in facts.items() if chance.random() < 0.75},
        moves=moves,
    )


def history(chance: Random, name: str, listed: str) -> tuple[str, tuple[Move, ...]]:
    """A status at entry and legal moves after it, some of them on one day."""
    status = "in_effect" if chance.random() < 0.9 else chance.choice(("proposed", "notified", "suspended"))
    at_entry, earliest = status, 0
    moves: list[Move] = []
    stops = 0.75 if status == "in_effect" else 0.2
    while LEGAL_MOVES[status] and chance.random() > stops and len(moves) < 5:
        options = sorted(LEGAL_MOVES[status] - (set() if chance.random() < 0.3 else {"dropped"}))
        status = chance.choice(options)
        earliest = chance.randint(earliest, len(CALENDAR) - 1)
        reason = removal(chance, listed) if status == "removed" else None
        moves.append(Move(name, status, CALENDAR[earliest], reason=reason))  # type: ignore[arg-type]  # a word of random moves
    return at_entry, tuple(moves)


def removal(chance: Random, listed: str) -> str:
    reasons = ["expired", "revoked", "corrected", "appeal_upheld"]
    if listed != "ban":
        reasons += ["repaired", "delisted", "expired", "repaired"]
    return chance.choice(reasons)


def exemptions(chance: Random, measures: list[str], designations: list[Designation]) -> list[Exemption]:
    found = []
    for number in range(chance.choice((0, 0, 1, 1, 2))):
        ground: Any = chance.choice(
            (
                "minor_first_offence",
                "commitment_accepted",
                "court_stay",
                "court_permission",
                "security_provided",
                "authority_decision",
            )
        )
        by_list = chance.random() < 0.7
        start, end = span(chance, 0.5, 0.5)
        found.append(
            Exemption(
                id=f"E{number}",
                subject=chance.choice((chance.choice(designations).subject, "P1", "P1", "O1", "O2")),
                ground=ground,
                list=chance.choice(designations).list if by_list else None,
                measure=chance.choice(measures) if not by_list or chance.random() < 0.2 else None,
                matter=chance.choice(MATTERS) if ground == "court_permission" or chance.random() < 0.3 else None,
                document_no=f"豁〔2024〕{number}号",
                start=start,
                end=end,
            )
        )
    return found


def objections(chance: Random, designations: list[Designation], links: list[Relation]) -> list[Objection]:
    found = []
    for number in range(chance.choice((0, 0, 1, 1, 2))):
        first, second = sorted(chance.sample(CALENDAR, 2))
        dated: dict[str, Any] = {"id": f"B{number}", "filed_on": first, "closed_on": maybe(chance, 0.5, second)}
        if links and chance.random() < 0.5:
            link = chance.choice(links)
            found.append(
                Objection(
                    **dated,
                    designation=link.designation,
                    relation_type=link.type,
                    relation_holder=link.holder,
                    relation_organisation=link.organisation,
                )
            )
        else:
            found.append(Objection(**dated, designation=chance.choice(designations).id))
    return found


def favour_and_what_may_withhold_it(
    chance: Random, first: Designation, second: Designation, law: Law
) -> list[Designation]:
    """Put the first on the incentive list, and its subject on a list that may withhold what follows from it."""
    first = replace(first, decided_on=first.decided_on or CALENDAR[0])
    favoured = replace(first, list="gold", status="in_effect", authority=law.lists["gold"].authority, origin=None)
    beside = replace(second, subject=first.subject, list=chance.choice(("red", "black", "black", "ban")), moves=())
    if chance.random() < 0.7:
        beside = replace(beside, status="in_effect", effective_from=first.effective_from or first.decided_on)
        beside = replace(beside, authority=law.lists[beside.list].authority, origin=None, until=None)
    return [replace(favoured, moves=()), beside]


def facts_for(chance: Random, law: Law) -> Facts:
    """Random facts that a rulebook has something to say about."""
    measures = [measure.id for _, measure in law.rows]
    roles = [target.role for _, measure in law.rows for target in measure.targets]
    main = chance.choice(("O1", "O1", "P1"))
    count = chance.choice((1, 2, 2, 3, 4))
    designations = [designation(chance, number, main, law) for number in range(1, count + 1)]
    if len(designations) > 1 and chance.random() < 0.3:
        designations[:2] = favour_and_what_may_withhold_it(chance, designations[0], designations[1], law)
    links = relations(chance, designations, roles)
    apart = {one.id for one in designations if chance.random() < 0.2}
    return Facts(
        registrations=tuple(registrations(chance)),
        relations=tuple(links),
        designations=tuple(replace(one, moves=()) if one.id in apart else one for one in designations),
        moves=tuple(move for one in designations if one.id in apart for move in one.moves),
        exemptions=tuple(exemptions(chance, measures, designations)),
        objections=tuple(objections(chance, designations, links)),
    )


def near(chance: Random, day: date) -> date:
    """That day, the one before, the one after, or one some months on: where answers change."""
    return day + timedelta(days=chance.choice((-1, 0, 0, 0, 1, 29, 31, 60)))
