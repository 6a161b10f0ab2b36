"""The page of benchmarks says what the figures say: no table is written by hand, and nothing is judged wrongly."""

from benchmarks import figures
from benchmarks.page import BLOCK, BLOCKS, PAGE, written
from benchmarks.wanted import ROWS


def test_the_tables_of_the_page_are_those_of_the_figures() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert written(page, figures.read()) == page, "`python -m benchmarks.page` writes it anew"


def test_every_table_is_on_the_page_once() -> None:
    names = [name for _, name, _ in BLOCK.findall(PAGE.read_text(encoding="utf-8"))]
    assert sorted(names) == sorted(BLOCKS)


def test_a_figure_is_reached_just_where_it_is_as_good_as_wanted() -> None:
    for row in ROWS:
        better, worse = (row.bound * 2, row.bound / 2) if row.way == "at least" else (row.bound / 2, row.bound * 2)
        assert [row.is_reached(n) for n in (better, row.bound, worse)] == [True, True, False]
        assert row.times_better(better) == 2
        assert row.figure({}) is None


def test_the_page_tells_what_was_not_measured_and_what_was_not_reached() -> None:
    first = ROWS[0]
    found = {"sizes": {"10": {first.place[0]: {first.place[1]: {first.place[2]: first.bound / 2}}}}}
    table = written("<!-- figures: wanted -->\n<!-- end -->", found)
    assert "1× ✗" in table
    assert f"0 of 1 reached; {len(ROWS) - 1} not measured" in table
