"""Repeats are found however large the file, and told briefly; plain rows are the facts that they spell."""

from datetime import date
from itertools import islice

from graph_model.nodes import Attributes, Facts, Registration
from graph_model.statements import Statements, statement_row
from loaders.repeats import EXACT_KEYS, SHOWN_OTHERS, refusals_of_repeats, repeated
from tests.conftest import Opening
from tests.store_acts import put


def test_a_repeat_is_found_before_and_after_the_filter_is_needed() -> None:
    keys = [hash((n, "")) for n in range(EXACT_KEYS + 1_000)]
    early, across, late = keys[5], keys[7], keys[-3]
    stream = iter([early, *keys, across, late])
    rows, suspects = repeated(iter(lambda: list(islice(stream, 499)), []))
    assert rows == len(keys) + 3
    assert {early, across, late} <= suspects
    assert len(suspects) < 10


def test_rows_without_a_key_are_counted_and_never_repeats() -> None:
    assert repeated([[None, 1, None], [None, 2]]) == (5, frozenset())


def test_the_reason_of_one_of_many_contradicting_rows_names_a_few_and_counts_the_others() -> None:
    rows = [(n, Registration("ORG", Attributes(name=str(n)))) for n in range(2, 302)]
    refusals = refusals_of_repeats(rows)
    assert refusals.keys() == set(range(2, 302))
    assert "第 2、3、4、5、6 等 299 行" in refusals[300]
    assert "第 3、4、5、6、7 等 299 行" in refusals[2]
    assert SHOWN_OTHERS == 5


def test_statements_are_the_registrations_that_they_spell_to_the_store_too(opening: Opening) -> None:
    facts = (
        Registration("A", Attributes(name="甲", foreign_invested=False, registered_on=date(2020, 1, 1))),
        Registration("B", Attributes(valid_from=date(2021, 1, 1), foreign_invested=True)),
        Registration("B", Attributes(kind="enterprise")),
    )
    plain = Statements([statement_row(fact) for fact in facts])
    assert (tuple(plain), plain[1], tuple(plain[1:])) == (facts, facts[1], facts[1:])
    with opening() as store:
        assert put(store, registrations=plain).opened == 3
        assert put(store, registrations=facts).unchanged == 3
        assert [store.find(fact, 1) for fact in facts] == list(facts)
        assert Facts(registrations=plain).registrations
