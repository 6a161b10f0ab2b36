"""Random histories of change sets over a tiny world, and a plain model of what stands after each.

The model knows nothing of admission or adapters: it takes what a store took, and remembers every version whole.
"""

from collections import Counter
from dataclasses import dataclass, field, fields, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

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
)
from graph_model.store import ChangeSet, ListTerms, Vocabulary

SUBJECTS = ("S1", "S2", "S3", "某主体")
DESIGNATIONS = ("D1", "D2", "D3")
VOCABULARY = Vocabulary(
    lists={
        "black": ListTerms("restriction", {"amount": "number", "ground": "text", "minor": "boolean", "due": "day"}),
        "record": ListTerms("record", {}),
    },
    departments={"centre": None, "fujian": "350000", "xiamen": "350200"},
    measures=frozenset({"m/1"}),
    matters=frozenset({"procurement"}),
)
DAYS = tuple(date(2024, 1, 1) + timedelta(days=30 * n) for n in range(5))

days = st.sampled_from(DAYS)
maybe_days = st.none() | days
subjects = st.sampled_from(SUBJECTS)
ids = st.sampled_from(DESIGNATIONS)
texts = st.none() | st.sampled_from(("文〔2024〕1号", "x'y\"z", ""))

registrations = st.builds(
    Registration,
    subject=subjects,
    attributes=st.builds(
        Attributes,
        valid_from=maybe_days,
        name=texts,
        kind=st.sampled_from((None, "enterprise", "person")),
        region=st.sampled_from((None, "350200")),
        foreign_invested=st.none() | st.booleans(),
        registered_on=maybe_days,
    ),
)
relations = st.builds(
    Relation,
    type=st.sampled_from(("director", "shareholder")),
    holder=subjects,
    organisation=subjects,
    held_from=maybe_days,
    share=st.sampled_from((None, Decimal(0), Decimal("0.50"))),
    document_no=texts,
)
links = st.builds(
    Relation,
    type=st.just("directly_responsible"),
    holder=subjects,
    designation=ids,
    held_from=maybe_days,
    responsible=st.booleans(),
)
listed_facts = st.fixed_dictionaries(
    {},
    optional={
        "amount": st.sampled_from((Decimal("1000000.10"), Decimal(-1))),
        "ground": st.sampled_from(("1", "")),
        "minor": st.booleans(),
        "due": days,
    },
)
designations = st.builds(
    Designation,
    id=ids,
    subject=subjects,
    list=st.sampled_from(("black", "record")),
    authority=st.sampled_from(("xiamen", "某法院")),
    status=st.sampled_from(("in_effect", "proposed")),
    document_no=texts,
    decided_on=days,
    until=maybe_days,
    facts=listed_facts,
).map(lambda d: d if d.list == "black" else replace(d, facts={}))
moves = st.builds(
    Move, designation=ids, to=st.sampled_from(tuple(LEGAL_MOVES)), on=days, document_no=st.sampled_from((None, "n"))
).map(lambda m: replace(m, reason="expired") if m.to == "removed" else m)
exemptions = st.builds(
    Exemption,
    id=st.sampled_from(("E1", "E2")),
    subject=subjects,
    ground=st.just("court_stay"),
    list=st.just("black"),
    measure=st.sampled_from((None, "m/1")),
    start=maybe_days,
)
objections = st.one_of(
    st.builds(Objection, id=st.sampled_from(("O1", "O2")), filed_on=days, designation=ids),
    st.builds(
        Objection,
        id=st.sampled_from(("O3", "O4")),
        filed_on=days,
        relation_type=st.sampled_from(("director", "shareholder")),
        relation_holder=subjects,
        relation_organisation=subjects,
    ),
    st.builds(
        Objection,
        id=st.sampled_from(("O5", "O6")),
        filed_on=days,
        designation=ids,
        relation_type=st.just("directly_responsible"),
        relation_holder=subjects,
    ),
)


def bags(most: int) -> st.SearchStrategy[Facts]:
    """Some facts of each kind, whether or not a store would take them."""
    few = {"max_size": most}
    return st.builds(
        Facts,
        registrations=st.lists(registrations, **few).map(tuple),
        relations=st.lists(relations | links, **few).map(tuple),
        designations=st.lists(designations, **few).map(tuple),
        moves=st.lists(moves, **few).map(tuple),
        exemptions=st.lists(exemptions, **few).map(tuple),
        objections=st.lists(objections, **few).map(tuple),
    )


SETTLED = Facts(
    registrations=tuple(Registration(s, Attributes(name=f"名{s}")) for s in SUBJECTS[:3]),
    relations=(
        Relation("director", "S1", "S2"),
        Relation("directly_responsible", "S2", designation="D1", responsible=True),
        Relation("directly_responsible", "S3", designation="D2", responsible=False),
    ),
    designations=tuple(
        Designation(d, s, "black", "xiamen", decided_on=DAYS[0], document_no=d) for d, s in (("D1", "S1"), ("D2", "S2"))
    ),
)
"""A little world to begin with, so that most of what comes at random finds what it rests on."""


@dataclass
class Standing:
    """The facts that stand, by their keys. Designations hold all their moves."""

    by_kind: dict[str, dict[Any, Any]] = field(default_factory=lambda: {f.name: {} for f in fields(Facts)})

    def facts(self) -> Facts:
        return Facts(**{kind: tuple(by_key.values()) for kind, by_key in self.by_kind.items()})

    def after(self, change: ChangeSet) -> "Standing":
        """What stands once a store took all of `change`."""
        later = Standing({kind: dict(by_key) for kind, by_key in self.by_kind.items()})
        for kind, by_key in later.by_kind.items():
            for fact in getattr(change.retractions, kind):
                del by_key[key_of(fact)]
            for fact in getattr(change.corrections, kind):
                later._correct(kind, by_key, fact)
            for fact in getattr(change.facts, kind):
                if kind != "moves":
                    by_key.setdefault(key_of(fact), fact)
        later._move(change.facts.moves)
        return later

    def _correct(self, kind: str, by_key: dict[Any, Any], fact: Any) -> None:
        if kind == "relations":
            same_start = [k for k, r in by_key.items() if _start(r) == _start(fact)]
            assert len(same_start) == 1
            del by_key[same_start[0]]
        if kind == "designations" and not fact.moves:
            fact = replace(fact, moves=by_key[fact.id].moves)
        by_key[key_of(fact)] = fact

    def _move(self, moves: tuple[Move, ...]) -> None:
        of = self.by_kind["designations"]
        standing = {name: Counter(d.moves) for name, d in of.items()}
        for move in moves:
            if standing[move.designation][move]:
                standing[move.designation][move] -= 1
            else:
                d = of[move.designation]
                of[d.id] = replace(d, moves=(*d.moves, move))


def key_of(fact: Any) -> Any:
    match fact:
        case Registration():
            return (fact.subject, fact.attributes.valid_from)
        case Relation():
            return relation_key(fact)
        case _:
            return fact.id


def _start(relation: Relation) -> tuple[object, ...]:
    return (relation.type, relation.holder, relation.organisation, relation.designation, relation.held_from)
