"""The synthetic city is the same every time, valid, shaped like a city, and loads without a rejected row."""

import csv
import tracemalloc
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from graph_model.errors import FactsRefused
from graph_model.identifiers import is_uscc, region_of_uscc
from graph_model.store import Publication
from graph_model.stores import open_store
from loaders.load import load
from loaders.report import LoadOrder
from loaders.synth import LINKS, LOAD_ORDER, synthesise
from memoranda.reader import SHIPPED, read_inline, read_rulebook
from memoranda.rulebook import Rulebook

SIZE = 4_000


@pytest.fixture(scope="module")
def book() -> Rulebook:
    return read_rulebook(SHIPPED)


@pytest.fixture(scope="module")
def city(book: Rulebook, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("city")
    synthesise(folder, SIZE, book, seed=7)
    return folder


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_city(book: Rulebook, tmp_path: Path) -> None:
    for folder, seed in (("a", 1), ("b", 1), ("c", 2)):
        synthesise(tmp_path / folder, 200, book, seed=seed)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert contents(tmp_path / "a") != contents(tmp_path / "c")


def test_it_tells_how_many_rows_each_file_has(book: Rulebook, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    counts = synthesise(tmp_path, 1_500, book, progress=lambda done, total: told.append((done, total)))
    assert counts == {name: len(rows(tmp_path, name)) for _, name in LOAD_ORDER}
    assert (counts["organisations"], told) == (1_500, [(1_000, 1_500), (1_500, 1_500)])


def test_codes_are_valid_and_their_own_and_agree_with_kind_and_region(city: Path) -> None:
    found = rows(city, "organisations")
    codes = [row["code"] for row in found]
    assert len(found) == len(set(codes)) == SIZE
    assert all(map(is_uscc, codes))
    assert all(region_of_uscc(row["code"]) == row["region"] for row in found)
    assert {row["kind"] for row in found if row["code"].startswith("92")} == {"individual_business"}
    assert len({row["kind"] for row in found}) >= 5


def test_names_are_chinese_and_mostly_differ(city: Path) -> None:
    for name, least in (("organisations", 0.9), ("persons", 0.3)):
        names = [row["name"] for row in rows(city, name)]
        assert all("一" <= letter <= "鿿" for found in names for letter in found)
        assert len(set(names)) > least * len(names)


def test_most_persons_have_one_or_two_links_and_a_few_have_very_many(city: Path) -> None:
    persons = {row["person"] for row in rows(city, "persons")}
    links = Counter(row["holder"] for row in rows(city, "relations") if row["holder"] in persons)
    assert len(links) > 0.9 * len(persons)
    assert sum(1 for n in links.values() if n <= 2) > 0.7 * len(links)
    hubs = [n for n in links.values() if n >= 100]
    assert 1 <= len(hubs) <= SIZE // 1_000


def test_a_sixth_as_many_designations_as_organisations_on_many_lists_with_their_facts(
    city: Path, book: Rulebook
) -> None:
    found = rows(city, "designations")
    assert 0.12 * SIZE < len(found) < 0.18 * SIZE
    lists = Counter(row["list"] for row in found)
    assert len(lists) > len(book.lists) / 2
    assert {book.lists[of].kind for of in lists} == {"restriction", "record", "watch", "incentive"}
    djd = [row for row in found if row["list"] == "djd"]
    stated = {name for name in book.lists["djd"].facts if any(row[f"fact.{name}"] for row in djd)}
    assert stated == set(book.lists["djd"].facts)


def test_authorities_are_competent_for_their_lists(city: Path, book: Rulebook) -> None:
    for row in rows(city, "designations"):
        assert book.lists[row["list"]].authority in book.counterpart_chain(row["authority"])


def test_it_loads_without_a_rejected_row_and_a_second_load_changes_nothing(city: Path, book: Rulebook) -> None:
    with open_store("sqlite:///:memory:") as store:
        content = (book.digest, book.content, book.vocabulary)
        store.publish(Publication(*content, actor="clerk", reason="test", key="publish"))
        for again in (False, True):
            before = store.latest_version()
            for kind, name in LOAD_ORDER:
                report = load(store, LoadOrder(kind, city / f"{name}.csv", "clerk", "test"), book.vocabulary, None)
                assert [(r.number, r.reason) for r in report.shown] == [], name
                assert report.read == (report.unchanged if again else report.loaded)
        assert store.latest_version() == before
        assert _loaded(store.counts(before)) == {
            "registrations": len(rows(city, "organisations")) + len(rows(city, "persons")),
            "relations": len(rows(city, "relations")) + len(rows(city, LINKS)),
            "designations": len(rows(city, "designations")),
            "exemptions": len(rows(city, "exemptions")),
            "objections": len(rows(city, "objections")),
        }


def _loaded(counts: Mapping[str, int]) -> dict[str, int]:
    return {kind: count for kind, count in counts.items() if kind != "moves"}


def test_memory_does_not_grow_with_the_city(book: Rulebook, tmp_path: Path) -> None:
    peaks: list[int] = []
    for size in (500, 4_000):
        tracemalloc.start()
        synthesise(tmp_path / str(size), size, book)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.3 * peaks[0]


def test_a_rulebook_of_ones_own_is_enough(tmp_path: Path) -> None:
    own = read_inline(
        {
            "departments": [{"id": "court", "name": "法院"}],
            "lists": [
                {"id": "own", "name": "名单", "kind": "restriction", "authority": "court", "ends_by": "removal"}
                | {"facts": {"owed": "number", "on": "day", "why": "text", "small": "boolean"}}
            ],
        }
    )
    synthesise(tmp_path, 300, own)
    found = rows(tmp_path, "designations")
    assert {(row["list"], row["authority"]) for row in found} == {("own", "court")}


def test_a_city_without_size_or_lists_is_refused(book: Rulebook, tmp_path: Path) -> None:
    for size, rulebook in ((0, book), (-1, book), (10**9, book), (10, Rulebook())):
        with pytest.raises(FactsRefused):
            synthesise(tmp_path / "none", size, rulebook)
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(FactsRefused):
        synthesise(tmp_path / "file", 10, book)
