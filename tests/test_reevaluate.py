"""Re-evaluating few is re-evaluating all: the same diff, the same digests, over random histories; a lie is found."""

import gc
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.change import differences, sight_of
from engine.reevaluate import Outcome, Span, digest_of, outcomes, step_of, subjects_of, verified
from engine.service import Service
from graph_model.collector import seldom_collected
from graph_model.nodes import SubjectId, Version
from graph_model.store import Store
from graph_model.stores import open_store
from tests.change_histories import a_day, begun
from tests.conftest import Opening
from tests.worlds import SUBJECTS

SEEDS = st.integers(min_value=0, max_value=2**20)


def told_of(service: Service, span: Span, *, all_of_them: bool) -> dict[SubjectId, Outcome]:
    """What came of each subject, without those to whom nothing happened."""
    gathered = subjects_of(span, service.store, service.book_at, all_of_them=all_of_them)
    found = {o.subject: o for o in outcomes(step_of(span, service.book_at), service.store, gathered)}
    assert list(found) == sorted(found)
    return {subject: outcome for subject, outcome in found.items() if outcome.items}


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS)
def test_the_few_give_the_same_diff_as_all(seed: int) -> None:
    chance = Random(seed)
    with open_store("sqlite:///:memory:") as store:
        service = begun(Service(store), seed, 8).service
        latest = store.latest_version()
        since = chance.randrange(latest + 1)
        day = a_day(chance)
        for days in (None, (day, day), (day, day + timedelta(days=100))):
            span = Span(since, latest, days)
            assert told_of(service, span, all_of_them=False) == told_of(service, span, all_of_them=True)


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS)
def test_a_diff_is_empty_exactly_where_the_digests_agree(seed: int) -> None:
    with open_store("sqlite:///:memory:") as store:
        service = begun(Service(store), seed, 6).service
        latest = store.latest_version()
        for subject in SUBJECTS:
            seen = [sight_of(store.neighbourhood(subject, v), service.book_at(v)) for v in range(latest + 1)]
            for old, new in pairwise(seen):
                assert (digest_of(old) == digest_of(new)) == (not list(differences(subject, old, new)))


@pytest.mark.parametrize("seed", range(25))
def test_digests_carried_from_change_to_change_are_those_of_everything(seed: int) -> None:
    with open_store("sqlite:///:memory:") as store:
        service = begun(Service(store), seed, 8).service
        latest = store.latest_version()
        steps: list[int] = []
        found = [verified(store, service.book_at, since, latest, steps.append) for since in (0, latest // 2, latest)]
        assert [one.differing for one in found] == [0, 0, 0]
        assert len({(one.digest, one.subjects) for one in found}) == 1
        assert found[0].versions == latest
        assert steps


class Forgetful:
    """A store that forgets that neighbours are affected."""

    def __init__(self, store: Store, forgets: bool) -> None:
        self.store, self.forgets = store, forgets

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def affected_by(
        self, subjects: Sequence[SubjectId], version: Version, before: Version | None = None
    ) -> tuple[SubjectId, ...]:
        near = self.store.affected_by(subjects, version, before)
        return near[:-1] if self.forgets and len(subjects) < len(near) else near


def test_a_store_that_forgets_whom_a_change_affects_is_found_out() -> None:
    found = 0
    for seed in range(12):
        with open_store("sqlite:///:memory:") as store:
            service = begun(Service(store), seed, 8).service
            lying: Any = Forgetful(store, forgets=True)
            result = verified(lying, service.book_at, 0, store.latest_version(), lambda _: None)
            found += bool(result.differing)
            assert len(result.named) == min(result.differing, 20)
            honest: Any = Forgetful(store, forgets=False)
            assert verified(honest, service.book_at, 0, store.latest_version(), lambda _: None).differing == 0
    assert found > 2


@pytest.mark.parametrize("seed", range(2))
def test_every_store_is_re_evaluated_alike(opening: Opening, seed: int) -> None:
    found = []
    for opened in (lambda: open_store("sqlite:///:memory:"), opening):
        with opened() as store:
            service = begun(Service(store), seed, 7).service
            latest = store.latest_version()
            result = verified(store, service.book_at, 1, latest, lambda _: None)
            assert result.differing == 0
            span = Span(1, latest, (date(2024, 1, 1), date(2024, 6, 1)))
            found.append((result.digest, told_of(service, span, all_of_them=False)))
    assert found[0] == found[1]


def test_the_collector_of_cycles_is_set_back_however_blocks_overlap() -> None:
    before = gc.get_threshold()
    one, other = seldom_collected(), seldom_collected()
    one.__enter__()
    other.__enter__()
    one.__exit__(None, None, None)
    assert gc.get_threshold() != before, "the other goes on"
    other.__exit__(None, None, None)
    assert gc.get_threshold() == before
