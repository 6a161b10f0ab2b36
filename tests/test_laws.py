"""The laws that every implementation must satisfy (SEMANTICS §5, its last paragraph), on random worlds."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.judge import judge
from engine.question import Decision, as_json
from engine.standing import standing_of
from graph_model.neighbourhood import neighbourhood_of
from graph_model.nodes import Attributes, Designation, Exemption, Facts, Objection, Registration, Relation
from memoranda.reader import read_inline
from memoranda.rulebook import Rulebook
from tests.differential import as_answer, as_day, check_of, comparable
from tests.oracle import ORDER, RESTRICTIVE, Question, answer
from tests.oracle_gates import RESTRICTING_KINDS, basis_is_good
from tests.oracle_world import Law, effective_from, months_after
from tests.worlds import RandomWorld, world_of, worlds

laws = settings(max_examples=150, deadline=None, derandomize=True, database=None)
chances = st.integers(min_value=0, max_value=10**6).map(Random)


def decide(facts: Facts, book: Rulebook, question: Question) -> Decision:
    """Slice, standing, judge."""
    around = neighbourhood_of(question.subject, facts)
    return judge(None if around is None else standing_of(around, book), check_of(question), book, 1)


def bytes_of(decision: Decision) -> str:
    """A decision as it leaves the house."""
    return json.dumps(as_json(decision), ensure_ascii=False)


def without(facts: Facts, designations: set[str]) -> Facts:
    """The facts as if these designations had never been made."""
    return replace(
        facts,
        designations=tuple(one for one in facts.designations if one.id not in designations),
        moves=tuple(one for one in facts.moves if one.designation not in designations),
        relations=tuple(one for one in facts.relations if one.designation not in designations),
        objections=tuple(one for one in facts.objections if one.designation not in designations),
    )


def shuffled(chance: Random, facts: Facts) -> Facts:
    """The same facts in another order; the moves of a designation keep theirs."""
    return replace(
        facts,
        **{
            name: tuple(chance.sample(getattr(facts, name), len(getattr(facts, name))))
            for name in ("registrations", "relations", "designations", "exemptions", "objections")
        },
    )


@laws
@given(world=worlds())
def test_adding_an_unrelated_fact_changes_nothing(world: RandomWorld) -> None:
    far = Facts(
        registrations=(
            Registration("Z1", Attributes(name="Z1", kind="enterprise")),
            Registration("Z2", Attributes(name="Z2", kind="person")),
            Registration("Z3", Attributes(name="Z3", kind="enterprise")),
        ),
        relations=(
            Relation("shareholder", "Z1", organisation="Z3", share=Decimal("0.9")),
            Relation("legal_representative", "Z2", organisation="Z1"),
            Relation("directly_responsible", "Z2", designation="DZred", responsible=True),
        ),
        designations=tuple(
            Designation(f"DZ{name}", "Z1", name, "nat", decided_on=date(2023, 1, 1)) for name in ("red", "ban", "gold")
        ),
        exemptions=(Exemption("EZ", "Z1", "court_stay", list="red"),),
        objections=(Objection("BZ", date(2023, 1, 1), designation="DZred"),),
    )
    more = Facts(**{name: getattr(world.facts, name) + getattr(far, name) for name in Facts.__dataclass_fields__})
    for question in world.checks:
        before = decide(world.facts, world.book.rulebook, question)
        assert bytes_of(decide(more, world.book.rulebook, question)) == bytes_of(before)


@laws
@given(world=worlds(), effect=st.sampled_from(("red", "black", "ban", "gold", "eye")))
def test_a_designation_two_hops_away_changes_nothing(world: RandomWorld, effect: str) -> None:
    beyond = Designation("DZ", "Z1", effect, "nat", decided_on=date(2023, 1, 1), event_on=date(2023, 1, 1))
    between = ("O1", "O2", "O3", "P1", "P2")
    for question in world.checks:
        links = tuple(
            Relation(kind, one, organisation="Z1")
            for one in between
            if one != question.subject
            for kind in ("legal_representative", "branch_of", "operator", "actual_controller")
        )
        more = replace(
            world.facts,
            registrations=(*world.facts.registrations, Registration("Z1", Attributes(kind="enterprise"))),
            relations=(*world.facts.relations, *links),
            designations=(*world.facts.designations, beyond),
        )
        before = as_answer(decide(world.facts, world.book.rulebook, question))
        assert as_answer(decide(more, world.book.rulebook, question)) == before


@laws
@given(world=worlds(), chance=chances)
def test_the_order_of_facts_changes_nothing_not_one_byte(world: RandomWorld, chance: Random) -> None:
    facts = shuffled(chance, world.facts)
    for question in world.checks:
        before = decide(world.facts, world.book.rulebook, question)
        assert bytes_of(decide(facts, world.book.rulebook, question)) == bytes_of(before)


@laws
@given(world=worlds(), chance=chances)
def test_the_order_of_measures_and_of_all_else_in_the_rulebook_changes_nothing_not_one_byte(
    world: RandomWorld, chance: Random
) -> None:
    mapping: dict[str, Any] = {key: chance.sample(entries, len(entries)) for key, entries in world.book.mapping.items()}
    mapping["memoranda"] = [
        {**one, "measures": chance.sample(one["measures"], len(one["measures"]))} for one in mapping["memoranda"]
    ]
    book = read_inline(mapping)
    for question in world.checks:
        before = decide(world.facts, world.book.rulebook, question)
        assert bytes_of(decide(world.facts, book, question)) == bytes_of(before)


@laws
@given(world=worlds())
def test_removing_a_designation_never_strengthens_a_verdict_except_that_a_favour_may_come_free(
    world: RandomWorld,
) -> None:
    for question in world.checks:
        before = decide(world.facts, world.book.rulebook, question).verdict
        for designation in world.facts.designations:
            after = decide(without(world.facts, {designation.id}), world.book.rulebook, question).verdict
            assert after == before or after == "favour" or ORDER.index(after) > ORDER.index(before)


@laws
@given(world=worlds())
def test_a_restriction_never_appears_without_a_verified_basis_for_the_very_role(world: RandomWorld) -> None:
    law = world.book.law
    targets = {(m.id, str(t.role)): t for _, m in law.rows for t in m.targets}
    for question in world.checks:
        for duty in decide(world.facts, world.book.rulebook, question).duties:
            if duty.effect not in RESTRICTIVE:
                continue
            assert any(
                basis_is_good(law, basis, duty.role, duty.department, question.on)
                and law.bases[basis].kind in RESTRICTING_KINDS
                for basis in targets[duty.measure, duty.role].bases
            )


@settings(laws, max_examples=60)
@given(world=worlds())
def test_where_nobody_has_verified_anything_nobody_is_restricted_favoured_or_watched(world: RandomWorld) -> None:
    bases = [{k: v for k, v in basis.items() if k != "verified"} for basis in world.book.mapping["legal_bases"]]
    book = read_inline({**world.book.mapping, "legal_bases": bases})
    for question in world.checks:
        decision = decide(world.facts, book, question)
        assert decision.verdict in ("clear", "unknown")
        assert (decision.duties, decision.unresolved, decision.withheld) == ((), (), ())


@laws
@given(world=worlds())
def test_a_registered_subject_neither_designated_nor_linked_to_a_designated_one_or_a_designation_is_clear(
    world: RandomWorld,
) -> None:
    for question in world.checks:
        subject = question.subject
        facts = replace(
            world.facts,
            designations=tuple(one for one in world.facts.designations if one.subject != subject),
            relations=tuple(
                one
                for one in world.facts.relations
                if subject not in (one.holder, one.organisation) and one.designation is None
            ),
            objections=(),
        )
        decision = decide(facts, world.book.rulebook, question)
        assert decision.verdict == ("unknown" if subject == "NOBODY" else "clear")
        assert (decision.could_be, decision.duties, decision.unresolved) == (None, (), ())


@laws
@given(world=worlds())
def test_removing_the_lifting_set_leaves_the_verdict_if_lifted_and_that_is_weaker_than_weigh(
    world: RandomWorld,
) -> None:
    for question in world.checks:
        decision = decide(world.facts, world.book.rulebook, question)
        if not decision.lifting_set:
            assert decision.verdict_if_lifted is None
            assert decision.verdict not in RESTRICTIVE
            continue
        lifted = decide(without(world.facts, set(decision.lifting_set)), world.book.rulebook, question)
        assert lifted.verdict == decision.verdict_if_lifted
        assert lifted.verdict not in RESTRICTIVE


@laws
@given(world=worlds())
def test_standing_then_judge_equals_the_oracle_that_looks_at_the_whole_graph_day_by_day(world: RandomWorld) -> None:
    for question in world.checks:
        found = as_answer(decide(world.facts, world.book.rulebook, question))
        assert found == comparable(answer(world.whole, question))


@laws
@given(world=worlds())
def test_every_restriction_says_how_it_ends_and_how_it_can_end_sooner(world: RandomWorld) -> None:
    whole = world.whole
    for question in world.checks:
        for duty in decide(world.facts, world.book.rulebook, question).duties:
            if duty.effect not in RESTRICTIVE:
                assert duty.remedies == ()
                continue
            remedies = {remedy["kind"]: remedy for remedy in duty.remedies}
            designation = whole.designations[duty.designation]
            official = whole.law.lists[designation.list]
            ends = remedies.get("expiry")
            if ends is None and official.ends_by == "law":
                assert {article["basis"] for article in remedies["no_end"]["articles"]} <= set(whole.law.bases)
                assert remedies["no_end"]["articles"]
            elif ends is None:
                assert remedies["act"]["ends_by"] == official.ends_by
            else:
                assert as_day(ends["on"]) > question.on
            assert ("repair" in remedies) == (official.repair is not None)
            if official.repair is not None:
                start = day_of(designation, official.repair.from_)
                first = None if start is None else months_after(start, official.repair.after_months)
                told = remedies["repair"]["from"]
                assert (None if told is None else as_day(told)) == first
            assert ("objection" in remedies) == (official.objection is not None)
            if official.objection is not None and official.objection.days is not None:
                start = day_of(designation, official.objection.from_)
                last = None if start is None else start + timedelta(days=official.objection.days)
                told = remedies["objection"]["until"]
                assert (None if told is None else as_day(told)) == last
            assert set(remedies.get("exemption", {}).get("grounds", ())) == set(official.exemption_grounds)


def day_of(designation: Designation, name: str) -> date | None:
    """A day of a designation; `effective_from` is the decision's where it is not stated (F2)."""
    day: date | None = effective_from(designation) if name == "effective_from" else getattr(designation, name)
    return day


@laws
@given(world=worlds())
def test_nothing_is_listed_twice_and_everything_in_order(world: RandomWorld) -> None:
    for question in world.checks:
        decision = decide(world.facts, world.book.rulebook, question)
        everything: tuple[list[Any], ...] = (
            [(ORDER.index(d.effect), d.measure, d.department, d.designation, d.role) for d in decision.duties],
            [(ORDER.index(u.effect), u.measure, u.department, u.designation, u.role) for u in decision.unresolved],
            [(w.measure, w.department, w.designation) for w in decision.withheld],
            [(one.measure, one.department, one.designation) for one in decision.left_out],
            *(list(one.withheld_by) for one in decision.withheld),
            *(list(one.reasons) for one in decision.unresolved),
            list(decision.lifting_set),
            list(decision.narrower),
        )
        for listed in everything:
            assert listed == sorted(set(listed))


@laws
@given(world=worlds())
def test_the_same_question_always_gives_the_same_bytes(world: RandomWorld) -> None:
    again = world_of(world.seed)
    book = read_inline(world.book.mapping)
    for question in world.checks:
        first = bytes_of(decide(world.facts, world.book.rulebook, question))
        assert bytes_of(decide(again.facts, book, question)) == first


DECIDE_IN_ANOTHER_PROCESS = """
from tests.test_laws import bytes_of, decide
from tests.worlds import world_of
for seed in range(0, 4_000, 100):
    world = world_of(seed)
    for question in world.checks:
        print(bytes_of(decide(world.facts, world.book.rulebook, question)))
"""


def test_every_process_gives_the_same_bytes_whatever_its_hash_seed() -> None:
    told = {
        subprocess.run(
            [sys.executable, "-c", DECIDE_IN_ANOTHER_PROCESS],
            cwd=Path(__file__).parent.parent,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(told) == 1
    assert next(iter(told)).count(b"\n") == 120


def test_the_law_of_the_oracle_is_the_law_of_the_file() -> None:
    """The oracle reads the rulebook's mappings only; here they are held against the file itself."""
    world = world_of(0)
    law = Law(world.book.rulebook)
    assert set(law.departments) == {one["id"] for one in world.book.mapping["departments"]}
    assert {m.id for _, m in law.rows} == {m["id"] for one in world.book.mapping["memoranda"] for m in one["measures"]}
