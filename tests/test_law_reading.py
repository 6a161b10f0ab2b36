"""Reading the law at the command line: every entry has its card, every word finds its entry."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from api.cli.columns import NOT_FIRST, NOT_LAST, wrapped
from api.cli.labels import LABEL_EN
from api.cli.main import main
from memoranda.cards import cards_of
from memoranda.cleaning import STANDINGS, cleaned
from memoranda.reader import SHIPPED, read_rulebook
from memoranda.reading import ahead_zh
from memoranda.rulebook import Rulebook
from memoranda.search import search

DAY = date(2026, 11, 24)
DAYS_OF_TWO_LAWS = ("2026-11-24", "2020-01-01")
Line = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def book() -> Rulebook:
    return read_rulebook(SHIPPED)


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("copies"))


@pytest.fixture
def line(copies: str, capsys: pytest.CaptureFixture[str]) -> Line:
    """Runs `xinheng rulebook …` in process, in Chinese: exit code, output, errors."""

    def run(*argv: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(["rulebook", *argv], {"XINHENG_CACHE_FOLDER": copies, "XINHENG_LANG": "zh"})
        return code, *capsys.readouterr()

    return run


def everything(book: Rulebook) -> dict[str, list[str]]:
    return {
        "measures": list(book.measures),
        "lists": list(book.lists),
        "memoranda": list(book.memoranda),
        "bases": list(book.bases),
        "base_list": list(book.base_list),
        "matters": list(book.matters),
        "departments": list(book.departments),
    }


def test_every_entry_of_the_law_has_a_card_that_names_it(book: Rulebook) -> None:
    for section, ids in everything(book).items():
        for id_ in ids:
            (card,) = [card for card in cards_of(book, id_, DAY) if card.section == section]
            assert card.title
            assert card.rows, (section, id_)


def test_the_rows_of_a_card_are_named_in_english_too(book: Rulebook) -> None:
    shown = {
        row.label
        for ids in everything(book).values()
        for id_ in ids
        for c in cards_of(book, id_, DAY)
        for row in c.rows
    }
    assert len(shown) > 30
    assert shown <= LABEL_EN.keys()


def test_a_measure_is_shown_with_its_articles_departments_and_whom_it_reaches(line: Line) -> None:
    code, out, _ = line("show", "enterprise-info/legal-representative-elsewhere", "--on", "2026-11-24")
    assert code == 0
    told = " ".join(out.split())
    for words in (
        "《企业信息公示暂行条例》第十八条",
        "国家市场监督管理总局 [samr]",
        "厦门市市场监督管理局 [xm-amr]",
        "决定作出时在任的法定代表人",
        "市场监督管理严重违法失信名单 [samr-serious]",
        "法定代表人登记 [legal-rep-registration]",
        "只约束其他企业",
        "自决定作出之日起 3 年",
        "可执行 enforceable（截至 2026-11-24）",
    ):
        assert words.replace(" ", "") in told.replace(" ", ""), words


def test_a_past_day_shows_the_article_of_that_day(line: Line) -> None:
    # Lines are wrapped, so compare without white space.
    now, then = ("".join(line("show", "enterprise-info/honour", "--on", day)[1].split()) for day in DAYS_OF_TWO_LAWS)
    assert "[enterprise-info-202419]—成立" in now
    assert "[enterprise-info-201418]—该日已不施行" in now
    assert "[enterprise-info-201418]—成立" in then
    assert "[enterprise-info-202419]—该日尚未施行" in then


def test_what_reaches_nobody_says_so_and_why(line: Line, book: Rulebook) -> None:
    withdrawn = next(id_ for id_, measure in book.measures.items() if measure.withdrawn is not None)
    _, out, _ = line("show", withdrawn, "--on", "2026-11-24")
    assert "该日不及于任何人" in out
    assert "无依据：已撤下" in out


@pytest.mark.parametrize(
    "id_",
    [
        "djd",
        "djd-2016-141",
        "procurement/good-standing",
        "gov-procurement-supplier",
        "xm-finance",
        "company-law-2023 178",
    ],
)
def test_cards_fit_a_terminal(line: Line, book: Rulebook, id_: str) -> None:
    found = id_ if cards_of(book, id_, DAY) else next(name for name in book.bases if name.startswith(id_))
    code, out, _ = line("show", found)
    assert code == 0
    assert max(cell_len(text) for text in out.splitlines()) <= 100


def test_a_matter_shows_what_applies_to_it_and_a_department_what_it_must_apply(line: Line) -> None:
    _, matter, _ = line("show", "gov-procurement-supplier", "--on", "2026-11-24")
    assert "[procurement/large-fine-two-million]" in matter
    _, department, _ = line("show", "xm-finance", "--on", "2026-11-24")
    assert "[procurement/large-fine-two-million]" in department
    assert "财政部 [mof]" in department


def test_an_article_shows_the_measures_that_rest_on_it(line: Line) -> None:
    _, out, _ = line("show", "wage-reg 48", "--on", "2026-11-24")
    assert "[wage-arrears/procurement]" in out
    assert "2026-11-22" in out


def test_an_entry_for_scripts_holds_its_file_form_and_what_follows_from_it(line: Line, book: Rulebook) -> None:
    _, out, _ = line("show", "wage-arrears/procurement", "--json", "--on", "2026-11-24")
    told = json.loads(out)
    assert told["section"] == "measures"
    assert told["entry"]["effect"] == "weigh"
    assert told["standing"] == cleaned(book, "wage-arrears/procurement", DAY).standing == "weigh-only"
    assert told["reaches"] == ["self"]
    assert told["lists"] == ["wage-arrears"]
    assert "xm-finance" in told["bound_departments"]
    assert [basis["id"] for basis in told["bases"]] == ["wage-reg 48"]


def test_an_unknown_id_is_refused_with_the_way_to_search(line: Line) -> None:
    code, out, err = line("show", "no-such-thing")
    assert (code, out) == (1, "")
    assert "entry.unknown" in err
    assert "search" in err


def test_every_id_finds_its_entry_first_in_its_section(book: Rulebook) -> None:
    for section, ids in everything(book).items():
        for id_ in ids[::7]:
            found = [one.id for one in search(book, [id_]) if one.section == section]
            assert found[0] == id_, (section, id_)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["税"], {("matters", "tax-preference"), ("departments", "sta"), ("lists", "major-tax-violation")}),
        (["农民工"], {("lists", "wage-arrears"), ("memoranda", "wage-2017-2058"), ("bases", "wage-reg 48")}),
        (["依法依规予以限制"], {("measures", "wage-arrears/procurement")}),
        (["第四十八条", "工资"], {("measures", "wage-arrears/procurement"), ("bases", "wage-reg 48")}),
        (["发改财金〔2016〕141号"], {("memoranda", "djd-2016-141"), ("measures", "djd-2016-141/1")}),
        (["DJD"], {("lists", "djd")}),
    ],
)
def test_words_are_found_in_names_wordings_documents_and_articles(
    book: Rulebook, words: list[str], found: set[tuple[str, str]]
) -> None:
    assert found <= {(one.section, one.id) for one in search(book, words)}


def test_a_name_is_worth_more_than_a_mention(book: Rulebook) -> None:
    found = [one for one in search(book, ["采购"]) if one.section == "measures"]
    named = [one.where is None for one in found]
    assert True in named
    assert False in named
    assert named == sorted(named, reverse=True)


def test_no_word_and_no_hit_find_nothing(book: Rulebook) -> None:
    assert search(book, []) == search(book, [" "]) == search(book, ["无此一词"]) == ()


def test_a_search_is_grouped_by_kind_and_one_without_a_hit_says_what_to_do(line: Line) -> None:
    code, out, _ = line("search", "工资")
    assert code == 0
    heads = [text.split(" ")[0] for text in out.splitlines() if not text.startswith(" ")]
    assert heads == [word for word in ("措施", "名单", "文件", "依据", "基础清单", "事项", "部门") if word in heads]
    code, out, err = line("search", "无此一词")
    assert (code, out) == (1, "")
    assert "没有条目含有“无此一词”" in err
    assert line("search", "无此一词", "--json") == (1, "", "")


def test_the_report_counts_every_measure_once(line: Line, book: Rulebook) -> None:
    code, out, _ = line("report", "--json", "--on", "2026-11-24")
    told: dict[str, Any] = json.loads(out)
    assert code == 0
    assert told["digest"] == book.digest
    assert list(told["standings"]) == list(STANDINGS)
    assert sum(told["standings"].values()) == told["measures"] == len(book.measures) == len(told["cleaned"])
    by_memorandum = told["by_memorandum"].values()
    assert {s: sum(counted[s] for counted in by_memorandum) for s in STANDINGS} == told["standings"]
    assert told["by_list"].keys() == book.lists.keys()
    assert all(row["standing"] == cleaned(book, row["measure"], DAY).standing for row in told["cleaned"])
    unverified = {row["measure"] for row in told["cleaned"] if row["standing"] == "unverified"}
    assert set().union(*told["awaiting_confirmation"].values()) == unverified


def test_every_living_restriction_of_the_shipped_law_has_its_place_in_the_base_list_or_a_statute(line: Line) -> None:
    told = json.loads(line("report", "--json", "--on", "2026-11-24")[1])
    assert told["without_slot"] == []


def test_the_report_for_people_names_every_standing_and_lists_one_on_request(line: Line, book: Rulebook) -> None:
    code, out, _ = line("report", "--on", "2026-11-24")
    assert code == 0
    assert all(standing in out for standing in STANDINGS)
    assert "两者皆非" in out
    code, out, _ = line("report", "--standing", "unverified", "--on", "2026-11-24")
    unverified = {id_ for id_ in book.measures if cleaned(book, id_, DAY).standing == "unverified"}
    assert code == 0
    assert {text.split()[0] for text in out.splitlines() if not text.startswith(" ")} == unverified


def test_the_pages_are_written_by_one_command(line: Line, tmp_path: Path) -> None:
    code, out, _ = line("pages", str(tmp_path / "law"))
    assert code == 0
    written = {path.relative_to(tmp_path / "law").as_posix() for path in (tmp_path / "law").rglob("*.md")}
    assert f"{len(written)} 页" in out
    assert {"README.md", "lists/djd.md", "memoranda/djd-2016-141.md"} <= written


def test_a_day_that_is_none_is_refused(line: Line) -> None:
    code, _, err = line("report", "--on", "2026-02-30")
    assert code == 1
    assert "day.malformed" in err


@pytest.mark.parametrize("width", [8, 20, 96])
def test_wrapping_loses_nothing_and_keeps_marks_where_they_belong(book: Rulebook, width: int) -> None:
    for measure in book.measures.values():
        text = f"{measure.title}（{measure.wording or ''}），依《某法》第三条 [{measure.id}]。"
        lines = list(wrapped(text, width))
        assert "".join("".join(lines).split()) == "".join(text.split())
        assert not any(each[0] in NOT_FIRST for each in lines[1:])
        assert not any(each[-1] in NOT_LAST for each in lines[:-1])
        assert all(cell_len(each) <= width + 4 or " " not in each.strip() for each in lines)


def test_what_is_announced_for_later_days_is_told_with_its_day(book: Rulebook) -> None:
    # 医疗保障法 takes effect on 2027-01-01; the company law was renumbered on 2024-07-01.
    (told,) = ahead_zh(book, "medical-fund/manager", date(2026, 11, 23))
    assert told.startswith("2027-01-01 起依")
    assert "《中华人民共和国医疗保障法》" in told
    assert ahead_zh(book, "medical-fund/manager", date(2027, 1, 1)) == ()
    (told,) = ahead_zh(book, "posts/revoked-company-officer", date(2024, 6, 30))
    assert told == "2024-07-01 起依《中华人民共和国公司法》第一百七十八条第一款第（四）项"


def test_a_watch_whose_article_nobody_has_read_is_not_told_as_if_it_were_shown(line: Line, book: Rulebook) -> None:
    unread = next(
        id_
        for id_ in book.measures
        if (one := cleaned(book, id_, DAY)).standing == "information-only" and not any(t.carrying for t in one.targets)
    )
    assert "依据未核实，不作提示" in line("show", unread, "--on", "2026-11-24")[1]
