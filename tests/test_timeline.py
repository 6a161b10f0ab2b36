"""Joining timelines says, on every day, what joining the truths of that day says."""

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from engine.timeline import Timeline, Truth, all_of, any_of, at, both, by_days, either, run_at, runs

DAYS = [date(2024, 1, 1) + timedelta(days=n) for n in range(8)]
truths: st.SearchStrategy[Truth] = st.sampled_from([None, (), ("a",), ("b",), ("a", "b")])


@st.composite
def timelines(draw: st.DrawFn) -> Timeline:
    said = {day: draw(truths) for day in [None, *draw(st.lists(st.sampled_from(DAYS), max_size=4))]}
    return by_days(said, lambda day: said[day])


@given(st.lists(timelines(), min_size=1, max_size=4))
def test_joining_agrees_with_joining_each_day(given_timelines: list[Timeline]) -> None:
    for day in [date.min, *DAYS, date.max]:
        said = [at(timeline, day) for timeline in given_timelines]
        assert at(all_of(given_timelines), day) == both(said)
        assert at(any_of(given_timelines), day) == either(said)


@given(st.lists(timelines(), min_size=1, max_size=4))
def test_equal_truth_on_all_days_is_an_equal_timeline(given_timelines: list[Timeline]) -> None:
    assert all_of(given_timelines) == all_of(list(reversed(given_timelines)))
    joined = all_of(given_timelines)
    assert all(first != second for (_, first), (_, second) in pairwise(joined))


@given(timelines())
def test_runs_hold_every_day_that_is_not_false_and_no_other(timeline: Timeline) -> None:
    for day in DAYS:
        covering = [truth for interval, truth in runs(timeline) if interval.covers(day)]
        assert covering == ([at(timeline, day)] if at(timeline, day) is not None else [])
        if covering:
            assert run_at(timeline, day).covers(day)
