"""What the size of the law costs: reading it, cold and from a copy, and the standing of one subject under it.

Run: `pytest benchmarks/bench_rulebook.py --benchmark-group-by=group --benchmark-columns=median,iqr,rounds`.
Compare medians within a group. Wanted, on a quiet machine of two cores: reading and checking the files under 3 s, a
copy under 0.3 s; a standing with five designations under 1 ms, and the same whether the book holds 60 measures, all,
or ten times all: the cost follows the measures of the subject's own lists.
"""

import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from engine.standing import standing_of
from graph_model.nodes import Attributes, Designation, Neighbourhood, Subject
from memoranda.kept import read_kept
from memoranda.lint import lint
from memoranda.model import Memorandum, OfficialList
from memoranda.reader import SHIPPED, read_rulebook
from memoranda.rulebook import Rulebook

QUIET_LISTS = ("consumption-order", "licence-revoked", "post-sanction", "tax-exit-stop", "defence-duty-serious")
"""Few measures on each, so that they fit into a book of sixty."""
BUSY_LISTS = ("djd", "wage-arrears", "samr-serious", "major-tax-violation", "consumption-order")
SMALL, TIMES = 60, 10


@pytest.fixture(scope="module")
def whole() -> Rulebook:
    return read_rulebook(SHIPPED)


def with_parts(book: Rulebook, lists: Sequence[OfficialList], memoranda: Sequence[Memorandum]) -> Rulebook:
    return Rulebook(
        base_list=book.base_list.values(),
        departments=book.departments.values(),
        matters=book.matters.values(),
        lists=lists,
        legal_bases=book.bases.values(),
        memoranda=memoranda,
    )


def cut(book: Rulebook, size: int) -> Rulebook:
    """Keep the measures of the quiet lists, and others up to `size`."""
    own = {measure.id for list_id in QUIET_LISTS for measure in book.measures_on(list_id)}
    others = [id_ for id_ in book.measures if id_ not in own]
    kept = own | set(others[: size - len(own)])
    memoranda = [
        memo.model_copy(update={"measures": tuple(m for m in memo.measures if m.id in kept)})
        for memo in book.memoranda.values()
    ]
    return with_parts(book, [*book.lists.values()], memoranda)


def repeated(book: Rulebook, times: int) -> Rulebook:
    """Repeat every list, memorandum and measure under other ids."""
    lists, memoranda = [*book.lists.values()], [*book.memoranda.values()]
    for turn in range(1, times):
        lists += [one.model_copy(update={"id": f"{one.id}-{turn}"}) for one in book.lists.values()]
        memoranda += [again(memo, turn) for memo in book.memoranda.values()]
    return with_parts(book, lists, memoranda)


def again(memo: Memorandum, turn: int) -> Memorandum:
    def there(ids: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(f"{id_}-{turn}" for id_ in ids)

    measures = tuple(
        m.model_copy(update={"id": f"{m.id}-{turn}", "lists": there(m.lists) if m.lists else None})
        for m in memo.measures
    )
    return memo.model_copy(update={"id": f"{memo.id}-{turn}", "lists": there(memo.lists), "measures": measures})


def listed_five_times(book: Rulebook, lists: Sequence[str]) -> Neighbourhood:
    designations = tuple(
        Designation(
            id=list_id,
            subject="S",
            list=list_id,
            authority=book.lists[list_id].authority,
            document_no="一号",
            decided_on=date(2025, 3, 1),
            event_on=date(2025, 2, 1),
            effective_from=date(2025, 3, 1),
            notice_served_on=date(2025, 1, 1),
            origin="national",
        )
        for list_id in sorted(lists)
    )
    return Neighbourhood(Subject("S", (Attributes(name="甲", kind="enterprise", region="350200"),)), (), designations)


@pytest.mark.parametrize("size", ["60 measures", "all measures", "10 times all"])
def test_standing_on_five_quiet_lists(benchmark: Any, whole: Rulebook, size: str) -> None:
    books = {"60 measures": lambda: cut(whole, SMALL), "all measures": lambda: whole}
    book = books.get(size, lambda: repeated(whole, TIMES))()
    around = listed_five_times(book, QUIET_LISTS)
    expected = [(item.measure.id, item.listing.id) for item in standing_of(around, whole).items]
    benchmark.group = "standing, five designations on quiet lists"
    found = benchmark(standing_of, around, book)
    assert [(item.measure.id, item.listing.id) for item in found.items] == expected
    benchmark.extra_info["measures"] = len(book.measures)


@pytest.mark.parametrize("size", ["all measures", "10 times all"])
def test_standing_on_five_busy_lists(benchmark: Any, whole: Rulebook, size: str) -> None:
    book = whole if size == "all measures" else repeated(whole, TIMES)
    around = listed_five_times(book, BUSY_LISTS)
    benchmark.group = "standing, five designations on the busiest lists"
    assert benchmark(standing_of, around, book).items


def test_reading_and_checking_the_files(benchmark: Any) -> None:
    def read() -> None:
        book = read_rulebook(SHIPPED)
        assert not [finding for finding in lint(book) if finding.level == "error"]
        assert book.condition_of

    benchmark.group = "reading"
    benchmark.pedantic(read, rounds=3)


def test_reading_a_copy(benchmark: Any, tmp_path: Path) -> None:
    read_kept(SHIPPED, tmp_path)

    def read() -> None:
        book = read_kept(SHIPPED, tmp_path)
        assert book.condition_of

    benchmark.group = "reading"
    benchmark.pedantic(read, rounds=10)


@pytest.mark.parametrize("copy", ["no copy", "a copy"])
def test_a_process_that_reads_the_law_and_ends(benchmark: Any, tmp_path: Path, copy: str) -> None:
    program = "import sys; from pathlib import Path; from memoranda.kept import read_kept; "
    program += "from memoranda.reader import SHIPPED; "
    program += "read_kept(SHIPPED, Path(sys.argv[1]) if sys.argv[1] else None).condition_of"
    place = str(tmp_path) if copy == "a copy" else ""
    benchmark.group = "a whole process, start and imports included"
    benchmark.pedantic(lambda: subprocess.run([sys.executable, "-c", program, place], check=True), rounds=3)
