"""Random histories: every reading of every version agrees with the plain list of facts that stood then."""

from dataclasses import fields, replace
from datetime import date
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph_model.errors import ChangeRefused
from graph_model.neighbourhood import neighbourhood_of
from graph_model.nodes import Designation, Exemption, Facts, Move, Objection, Registration, Relation
from graph_model.store import ChangeSet, Store
from tests.conftest import Opening
from tests.histories import DESIGNATIONS, SETTLED, SUBJECTS, Standing, bags, key_of, subjects
from tests.store_acts import D1, publish

HISTORIES = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def taken(store: Store, bag: Facts, key: str) -> ChangeSet:
    """A change set of those facts of a bag that the store would take."""
    asked = store.assess(ChangeSet("clerk", "test", key, bag))
    kept: dict[str, list[Any]] = {}
    names = {Registration: "registrations", Relation: "relations", Designation: "designations"}
    names |= {Move: "moves", Exemption: "exemptions", Objection: "objections"}
    for assessment in asked:
        if assessment.outcome != "refused":
            kept.setdefault(names[type(assessment.fact)], []).append(assessment.fact)
    return ChangeSet("clerk", "test", key, Facts(**{kind: tuple(facts) for kind, facts in kept.items()}))


def history(store: Store, draw: st.DataObject) -> list[Standing]:
    """Let a random history happen; give what stands at each version by the plain model."""
    publish(store)
    standing = [Standing(), Standing()]
    store.commit(sent := ChangeSet("clerk", "test", "settled", SETTLED))
    standing.append(standing[-1].after(sent))
    for bag in draw.draw(st.lists(bags(4), min_size=1, max_size=4), label="bags"):
        sent = taken(store, bag, f"facts {len(standing)}")
        store.commit(sent)
        standing.append(standing[-1].after(sent))
        for step in ("corrections", "retractions"):
            sent = ChangeSet("clerk", "test", f"{step} {len(standing)}", **{step: rectified(draw, standing[-1], step)})
            try:
                store.commit(sent)
            except ChangeRefused:
                continue
            standing.append(standing[-1].after(sent))
    assert store.latest_version() == len(standing) - 1
    return standing


def rectified(draw: st.DataObject, standing: Standing, step: str) -> Facts:
    """One fact that stands, altered, or a few to be taken back."""
    facts = standing.facts()
    kinds = ["designations", "relations", "exemptions", "objections"]
    kinds += ["registrations"] if step == "corrections" else []
    kind = draw.draw(st.sampled_from(kinds), label=step)
    there = getattr(facts, kind)
    if not there:
        return Facts()
    chosen = draw.draw(st.sampled_from(there), label=kind)
    if step == "corrections":
        chosen = {
            "designations": lambda d: replace(d, subject=draw.draw(subjects), severity="serious", moves=()),
            "relations": lambda r: replace(r, held_until=date(2030, 1, 1)),
            "exemptions": lambda e: replace(e, end=date(2030, 1, 1)),
            "objections": lambda o: replace(o, closed_on=date(2030, 1, 1)),
            "registrations": lambda r: replace(r, attributes=replace(r.attributes, name="更正")),
        }[kind](chosen)
    return Facts(**{kind: (chosen,)})


@HISTORIES
@given(draw=st.data())
def test_a_neighbourhood_is_what_is_cut_out_of_all_facts_of_that_version(opening: Opening, draw: st.DataObject) -> None:
    with opening() as store:
        for version, standing in enumerate(history(store, draw)):
            facts = standing.facts()
            for subject in SUBJECTS:
                assert store.neighbourhood(subject, version) == neighbourhood_of(subject, facts)


@HISTORIES
@given(draw=st.data())
def test_every_reading_agrees_with_all_facts_of_that_version(opening: Opening, draw: st.DataObject) -> None:
    with opening() as store:
        for version, standing in enumerate(history(store, draw)):
            facts = standing.facts()
            registered = {r.subject for r in facts.registrations}
            assert list(store.subjects(version)) == sorted(registered)
            assert {s for s in SUBJECTS if store.is_registered(s, version)} == registered
            for list_id in ("black", "record"):
                entries = sorted((d for d in facts.designations if d.list == list_id), key=key_of)
                assert list(store.entries(list_id, version)) == entries
            expected = {kind: len(by_key) for kind, by_key in standing.by_kind.items()}
            expected["moves"] = sum(len(d.moves) for d in facts.designations)
            assert store.counts(version) == expected
            for by_key in standing.by_kind.values():
                for fact in by_key.values():
                    assert store.find(fact, version) == fact
            assert {d for d in DESIGNATIONS if store.find(replace(D1, id=d), version)} == {
                d.id for d in facts.designations
            }
            for subject in SUBJECTS:
                assert store.affected_by([subject], version) == affected(subject, facts)


def affected(subject: str, facts: Facts) -> tuple[str, ...]:
    """Plainly, whose standing can depend on facts of `subject`."""
    own = {d.id for d in facts.designations if d.subject == subject}
    near = {subject}
    for relation in facts.relations:
        if relation.holder == subject and relation.organisation is not None:
            near.add(relation.organisation)
        if relation.organisation == subject or relation.designation in own:
            near.add(relation.holder)
    return tuple(sorted(near & {r.subject for r in facts.registrations}))


@HISTORIES
@given(draw=st.data())
def test_an_entry_of_the_log_reads_alike_alone_and_among_others(opening: Opening, draw: st.DataObject) -> None:
    with opening() as store:
        history(store, draw)
        entries = store.changes(0, 100)
        assert entries
        assert [store.changes(entry.version - 1, 1) for entry in entries] == [(entry,) for entry in entries]


@HISTORIES
@given(draw=st.data())
def test_a_change_alters_no_neighbourhood_but_of_those_it_can_affect(opening: Opening, draw: st.DataObject) -> None:
    with opening() as store:
        history(store, draw)
        for entry in store.changes(0, 100):
            before, after = entry.version - 1, entry.version
            altered = {s for s in SUBJECTS if store.neighbourhood(s, before) != store.neighbourhood(s, after)}
            reachable = {*store.affected_by(entry.subjects, before), *store.affected_by(entry.subjects, after)}
            assert altered <= reachable
            assert store.affected_by(entry.subjects, after, before) == tuple(sorted(reachable))


@HISTORIES
@given(given_bags=st.lists(bags(3), min_size=1, max_size=3))
def test_what_is_told_of_a_change_is_what_would_be_read_of_it(opening: Opening, given_bags: list[Facts]) -> None:
    with opening() as store:
        publish(store)
        store.commit(ChangeSet("clerk", "test", "settled", SETTLED))
        for number, bag in enumerate(given_bags):
            kept = taken(store, bag, f"bag {number}")
            receipt, news = store.commit_and_tell(kept)
            assert store.commit_and_tell(kept) == (replace(receipt, repeated=True), None), "nothing new is written"
            if news is None:
                continue
            assert (news.change,) == store.changes(receipt.version - 1, 1)
            if news.around is not None:
                near = store.affected_by(news.change.subjects, receipt.version, receipt.version - 1)
                read = dict(zip(near, store.neighbourhoods(near, receipt.version), strict=True))
                assert {around.subject.id: around for around in news.around} == read
            if news.brought is not None:
                assert all(designation in kept.facts.designations for designation in news.brought.designations)
                designated = {d.subject for d in news.brought.designations}
                near = store.affected_by(sorted(designated), receipt.version)
                read = {subject: store.neighbourhood(subject, receipt.version) for subject in near}
                for kind in ("relations", "objections"):
                    told = getattr(news.brought, kind)
                    known = [fact for subject in designated for fact in getattr(read[subject], kind)]
                    assert all(fact in known for fact in told)
                    assert all(fact in told for fact in known if names_an_organisation(fact))


def names_an_organisation(fact: Relation | Objection) -> bool:
    return (fact.organisation if isinstance(fact, Relation) else fact.relation_organisation) is not None


@HISTORIES
@given(bag=bags(4), twice=bags(4))
def test_assess_says_exactly_what_commit_would_do(opening: Opening, bag: Facts, twice: Facts) -> None:
    with opening() as store:
        publish(store)
        store.commit(ChangeSet("clerk", "test", "settled", SETTLED))
        store.commit(taken(store, bag, "first"))
        asked = store.assess(ChangeSet("clerk", "test", "second", twice))
        assert [a.fact for a in asked] == [
            fact
            for kind in ("registrations", "relations", "designations", "moves", "exemptions", "objections")
            for fact in getattr(twice, kind)
        ]
        if any(a.outcome == "refused" for a in asked):
            with pytest.raises(ChangeRefused):
                store.commit(ChangeSet("clerk", "test", "second", twice))
        else:
            receipt = store.commit(ChangeSet("clerk", "test", "second", twice))
            assert receipt.opened == sum(a.outcome == "new" for a in asked)
            assert receipt.unchanged == sum(a.outcome == "unchanged" for a in asked)
        kept = taken(store, twice, "third")
        store.commit(kept)
        again = store.commit(replace(kept, key="fourth"))
        assert (again.opened, again.closed) == (0, 0), "loading the same facts again changes nothing"


@HISTORIES
@given(bag=bags(5), chance=st.randoms(use_true_random=False))
def test_the_order_of_facts_changes_nothing(opening: Opening, bag: Facts, chance: Random) -> None:
    with opening() as store:
        publish(store)
        store.commit(ChangeSet("clerk", "test", "settled", SETTLED))
        kept = taken(store, bag, "facts")
        one = told(store, kept)
    # Moves are the exception: their order says which of a day counts (F3).
    shuffled = {f.name: getattr(kept.facts, f.name) for f in fields(Facts)}
    shuffled |= {k: tuple(chance.sample(v, len(v))) for k, v in shuffled.items() if k != "moves"}
    with opening() as store:
        publish(store)
        store.commit(ChangeSet("clerk", "test", "settled", SETTLED))
        assert told(store, replace(kept, facts=Facts(**shuffled))) == one


def told(store: Store, change: ChangeSet) -> Any:
    """Everything that is seen of a change set after it was written."""
    receipt = store.commit(change)
    return receipt, [store.neighbourhood(s, 3) for s in SUBJECTS], store.changes(2, 1)[0].subjects
