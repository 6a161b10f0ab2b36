"""A condition in Chinese says what the condition says, in words that an officer knows."""

import re

import pytest

from memoranda.reader import SHIPPED, read_inline, read_rulebook
from memoranda.reading_condition import condition_zh, defect_zh, measure_condition_zh, words_of
from memoranda.rulebook import Rulebook

WORDS = {
    "fact.kind": "处罚种类",
    "fact.kind=fine": "罚款",
    "fact.kind=ban": "禁业",
    "fact.amount": "数额",
    "fact.secured": "已提供担保",
    "fact.paid_on": "缴清之日",
}


@pytest.fixture(scope="module")
def book() -> Rulebook:
    return read_rulebook(SHIPPED)


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("true", "是"),
        ("role.responsible", "对此负有个人责任"),
        ("not fact.secured", "不属于已提供担保的情形"),
        ('fact.kind == "fine"', "处罚种类为罚款"),
        ('"fine" == fact.kind', "罚款为处罚种类"),
        ('fact.kind != "ban"', "处罚种类不是禁业"),
        ('fact.kind in ["fine", "ban", "other"]', "处罚种类为“罚款”“禁业”“other”之一"),
        ("fact.amount >= 20000", "数额不低于 20000"),
        ("fact.amount < 1.5", "数额低于 1.5"),
        ("fact.amount * 2 - 1 > 3", "（（数额 * 2）- 1）超过 3"),
        ('fact.paid_on <= d"2024-01-31"', "缴清之日不晚于 2024-01-31"),
        ("fact.paid_on > designation.effective_from", "缴清之日晚于生效之日"),
        ("fact.secured == false", "已提供担保为否"),
        ('subject.kind == "person" and fact.secured', "主体类型为自然人，且已提供担保"),
        (
            'fact.secured or fact.amount > 0 and not (fact.kind == "fine" or fact.kind == "ban")',
            "已提供担保，或（数额超过 0，且不属于（处罚种类为罚款，或处罚种类为禁业）的情形）",
        ),
        ('fact.unknown == "x"', "unknown 为“x”"),
        ('designation.document_no =~ "厦"', "认定文号的开头合于“厦”"),
    ],
)
def test_every_form_of_the_grammar_is_said(condition: str, said: str) -> None:
    assert condition_zh(condition, WORDS, frozenset({"fact.paid_on"})) == said


def test_whatever_the_shipped_law_asks_is_called_something_in_chinese(book: Rulebook) -> None:
    asked = {m.condition: measure_condition_zh(book, m) for m in book.measures.values() if m.condition is not None}
    asked |= {one.defective_if: defect_zh(book, one) for one in book.lists.values() if one.defective_if is not None}
    assert len(asked) > 20
    bare = {condition: said for condition, said in asked.items() if re.search(r"[A-Za-z_]{2,}", said)}
    assert bare == {}, "写入 add to memoranda/national/words.yaml"


def test_every_fact_that_a_list_declares_has_a_name_in_chinese(book: Rulebook) -> None:
    nameless = {name for one in book.lists.values() for name in one.facts if f"fact.{name}" not in words_of(book, one)}
    assert nameless == set(), "写入 add to memoranda/national/words.yaml"


def test_a_list_may_call_its_facts_otherwise_than_the_book() -> None:
    law = read_inline(
        {
            "x-words": {"kind": "种类", "kind=a": "甲"},
            "departments": [{"id": "d", "name": "某局"}],
            "lists": [
                {
                    "id": "l",
                    "name": "名单",
                    "kind": "watch",
                    "authority": "d",
                    "facts": {"kind": "text"},
                    "defective_if": 'fact.kind == "a"',
                    "x-words": {"kind": "类型"},
                }
            ],
        }
    )
    assert defect_zh(law, law.lists["l"]) == "类型为甲"
