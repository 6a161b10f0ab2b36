"""The pages of the law are current, lead everywhere they say, and tell every measure."""

import re
from pathlib import Path

import pytest

from memoranda.pages import MARK, pages_of, stale_in, write_pages
from memoranda.reader import SHIPPED, read_inline, read_rulebook
from memoranda.rulebook import Rulebook

FOLDER = Path(__file__).parent.parent / "docs" / "law"
COMMAND = "运行 run: make law-pages (xinheng rulebook pages docs/law)"


@pytest.fixture(scope="module")
def book() -> Rulebook:
    return read_rulebook(SHIPPED)


@pytest.fixture(scope="module")
def pages(book: Rulebook) -> dict[str, str]:
    return dict(pages_of(book))


def test_the_pages_are_those_of_the_law_as_it_is(pages: dict[str, str]) -> None:
    found = {path.relative_to(FOLDER).as_posix(): path.read_text(encoding="utf-8") for path in FOLDER.rglob("*.md")}
    differing = sorted(place for place in pages.keys() | found.keys() if pages.get(place) != found.get(place))
    assert not differing, f"{len(differing)} pages of docs/law are not current ({differing[0]}, …); {COMMAND}"


def test_there_is_one_page_for_each_memorandum_and_list_and_each_tells_its_measures(
    book: Rulebook, pages: dict[str, str]
) -> None:
    for id_, memorandum in book.memoranda.items():
        assert [m.id for m in memorandum.measures if f"`{m.id}`" not in pages[f"memoranda/{id_}.md"]] == []
    for id_ in book.lists:
        assert [m.id for m in book.measures_on(id_) if f"`{m.id}`" not in pages[f"lists/{id_}.md"]] == []
    assert len(pages) == 1 + len(book.memoranda) + len(book.lists)


def test_every_link_leads_somewhere(pages: dict[str, str]) -> None:
    links = 0
    for place, text in pages.items():
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            links += 1
            path = (FOLDER / place).parent / target
            inside = path.resolve().relative_to(FOLDER.resolve().parent).as_posix()
            assert inside.removeprefix("law/") in pages or path.resolve().exists(), f"{place} → {target}"
    assert links > 500


def test_every_table_is_whole(pages: dict[str, str]) -> None:
    # A sign of Markdown in the law's own words must not break a row.
    for place, text in pages.items():
        for block in re.findall(r"(?:^\|.*\n)+", text, flags=re.MULTILINE):
            columns = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
            assert len(columns) == 1, (place, block[:80])


def test_signs_of_markdown_in_the_law_stand_for_themselves() -> None:
    law = read_inline(
        {
            "departments": [{"id": "d", "name": "某局|<b>_x_"}],
            "lists": [{"id": "l", "name": "[名](单)*", "kind": "watch", "authority": "d", "facts": {"a": "text"}}],
            "legal_bases": [{"id": "b", "document": "某法#1", "article": "第一条", "kind": "law", "binds": ["self"]}],
            "memoranda": [
                {
                    "id": "M",
                    "kind": "local",
                    "title": "办法`x`",
                    "lists": ["l"],
                    "measures": [
                        {
                            "id": "m",
                            "effect": "watch",
                            "departments": ["d"],
                            "matters": "any",
                            "condition": 'fact.a == "x|y"',
                            "targets": [{"role": "self", "bases": ["b"]}],
                        }
                    ],
                }
            ],
        }
    )
    pages = pages_of(law)
    test_every_table_is_whole(dict(pages))
    assert r"某局\|&lt;b&gt;\_x\_" in pages["lists/l.md"]
    assert r"[\[名\](单)\*](../lists/l.md)" in pages["memoranda/M.md"]
    assert '`fact.a == "x\\|y"`' in pages["memoranda/M.md"]


def test_an_id_leads_nowhere_but_to_its_own_page(tmp_path: Path) -> None:
    law = read_inline(
        {
            "departments": [{"id": "d", "name": "某局"}],
            "lists": [{"id": "../../名", "name": "名单", "kind": "watch", "authority": "d"}],
        }
    )
    (tmp_path / "in" / "deep").mkdir(parents=True)
    write_pages(law, tmp_path / "in" / "deep")
    written = {path.relative_to(tmp_path) for path in tmp_path.rglob("*.md")}
    assert {path.parent.as_posix() for path in written} == {"in/deep", "in/deep/lists"}
    (target,) = re.findall(r"\]\((lists/[^)]+)\)", (tmp_path / "in" / "deep" / "README.md").read_text(encoding="utf-8"))
    assert (tmp_path / "in" / "deep" / target).exists()


def test_the_same_law_gives_the_same_pages_whatever_the_order_of_its_files(book: Rulebook) -> None:
    again = Rulebook.from_content(book.content)
    assert pages_of(again) == pages_of(book)


def test_old_pages_go_and_the_pages_of_others_stay(tmp_path: Path, pages: dict[str, str]) -> None:
    law = read_inline({"departments": [{"id": "d", "name": "某局"}]})
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "old.md").write_text(f"{MARK}\n", encoding="utf-8")
    (tmp_path / "lists" / "own.md").write_text("# by hand\n", encoding="utf-8")
    assert stale_in(tmp_path, pages) == (tmp_path / "lists" / "old.md",)
    write_pages(law, tmp_path)
    assert {path.name for path in tmp_path.rglob("*.md")} == {"README.md", "own.md"}
