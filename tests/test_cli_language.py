"""An answer is labelled in the reader's language, fits the terminal, and says how to name a person rightly."""

import argparse
import os
import pty
import re
from datetime import date
from pathlib import Path
from typing import get_args

import pytest
from rich.cells import cell_len

from api.cli import proof_words as words
from api.cli.main import COMMANDS, main
from api.cli.proof import decision_tree, gates_tree, tree_of
from api.cli.session import Session
from api.cli.stores import run_info
from api.cli.tree import lines
from api.demo import DAY, EXAMPLES
from engine.explain import REASON_ZH
from engine.gates import GATES
from engine.question import (
    STRENGTH,
    Batch,
    CandidateGates,
    Decision,
    Duty,
    Json,
    LeftOut,
    Unresolved,
    Verdict,
    WhyNot,
    Withheld,
)
from memoranda.model import Effect
from memoranda.words import ENDS_ZH, GROUND_ZH

ROOT = Path(__file__).parent.parent
DRAWN = "├─└│·—→《》“”…"
"""What an English tree may hold besides plain ASCII: lines, dots and the marks around the title of a law."""
NUMBER = "11010519491231002X"
UNCLEAR = EXAMPLES[3].check.subject
ENGLISH, CHINESE = (Session.of({"XINHENG_LANG": lang}).say for lang in ("en", "zh"))
PROOF: Json = {
    "designation": {
        "id": "D1",
        "list_name": "the list",
        "authority_name": "the court",
        "document_no": None,
        "effective_from": None,
        "until": None,
    },
    "path": [
        {
            "holder": "P",
            "relation": "director",
            "organisation": "A",
            "designation": "D1",
            "held_from": None,
            "held_until": None,
        }
    ],
    "memorandum": {"title": "memorandum", "item": "1", "measure_title": "measure"},
    "basis": [
        {"document": "Law", "article": "1", "verified": {"on": "2026-01-01"}},
        {"document": "Law", "article": "2", "verified": None},
    ],
    "condition": {
        "text": "fact.owed > 1 or role.responsible or fact.day is missing",
        "text_zh": "欠款",
        "values": {"fact.owed": 2, "role.responsible": True, "fact.day": None},
        "values_zh": {"欠款": "2"},
    },
    "bounds": {
        "from": {"day": None, "gates": []},
        "until": {"day": date(2027, 1, 1), "gates": list(words.GATE)},
    },
}
REMEDIES: tuple[Json, ...] = (
    {"kind": "expiry", "on": date(2027, 1, 1)},
    {"kind": "act", "ends_by": "removal", "act_zh": ENDS_ZH["removal"]},
    {"kind": "act", "ends_by": "performance", "act_zh": ENDS_ZH["performance"]},
    {"kind": "no_end", "articles": [{"basis": "law 1", "document": "Law", "article": "1"}]},
    {"kind": "repair", "from": date(2026, 1, 1), "body": "court", "body_name": "the court", "conditions": "paid"},
    {"kind": "objection", "body": "court", "body_name": "the court", "until": date(2026, 1, 1)},
    {"kind": "exemption", "grounds": list(GROUND_ZH), "grounds_zh": "、".join(GROUND_ZH.values())},
)
REASONS = (*REASON_ZH, "fact_missing: fact.a, fact.b")


def duty(effect: Effect) -> Duty:
    return Duty(f"M/{effect}", effect, "mof", "director", None, None, True, "one sentence", "D1", PROOF, REMEDIES)


FULL = Decision(
    version=1,
    rulebook="sha256:0",
    on=DAY,
    subject="P",
    matter="grant",
    department="mof",
    concerning="A",
    verdict="bar",
    could_be="bar",
    duties=tuple(duty(effect) for effect in get_args(Effect)),
    withheld=(Withheld("M/2", "mof", "D2", ("D1", "D3")),),
    unresolved=tuple(Unresolved("M/3", "limit", f"d{n}", "self", "D4", REASONS, "one question") for n in range(5)),
    left_out=(LeftOut("M/4", "mof", "D5"),),
    lifting_set=("D1", "D3"),
    verdict_if_lifted="clear",
    narrower=("grant-a", "grant-b"),
)
"""Everything that a decision can tell, with a law that is in English: what is Chinese in its tree is a label."""


def bare(verdict: Verdict) -> Decision:
    return Decision(1, "sha256:0", DAY, "P", "grant", None, None, verdict)


def chinese_in(text: str) -> list[str]:
    return [line for line in text.splitlines() if not line.translate({ord(mark): None for mark in DRAWN}).isascii()]


def why_not(*failing: str) -> WhyNot:
    gates = dict.fromkeys(words.GATE, "true") | {"role_reached": "false", "condition_true": "unknown"}
    candidate = CandidateGates("M/1", "D1", "self", "mof", True, gates, REASONS, failing)
    return WhyNot(1, "sha256:0", "P", "M/1", DAY, failing, () if failing == ("no_candidate",) else (candidate,))


@pytest.mark.parametrize("decision", [FULL, *map(bare, STRENGTH)], ids=lambda decision: str(decision.verdict))
def test_an_english_reader_gets_no_chinese_label_of_a_decision(decision: Decision) -> None:
    told = "\n".join(lines(decision_tree(decision, ENGLISH)))
    assert chinese_in(told) == []
    assert told.startswith("Verdict: ")
    assert chinese_in("\n".join(lines(decision_tree(decision, CHINESE)))) != []


@pytest.mark.parametrize("failing", [("role_reached", "condition_true?"), ("no_candidate",), ()])
def test_an_english_reader_gets_no_chinese_label_of_the_gates(failing: tuple[str, ...]) -> None:
    assert chinese_in("\n".join(lines(gates_tree(why_not(*failing), ENGLISH)))) == []
    assert chinese_in("\n".join(lines(gates_tree(why_not(*failing), CHINESE)))) != []


def test_a_batch_is_told_in_english_too() -> None:
    told = "\n".join(lines(tree_of(Batch((FULL, bare("clear")), "bar", incomplete=True), ENGLISH)))
    assert chinese_in(told) == []
    assert told.startswith("Overall: prohibited (bar) incomplete\n")


def test_every_word_of_an_answer_has_its_english() -> None:
    assert words.VERDICT.keys() == set(STRENGTH)
    assert words.EFFECT_ZH.keys() == set(get_args(Effect))
    assert tuple(words.GATE)[: len(GATES)] == GATES
    assert words.REASON_EN.keys() == REASON_ZH.keys()
    assert words.GROUND_EN.keys() == GROUND_ZH.keys()
    assert words.ACT_EN.keys() == ENDS_ZH.keys() - {"law"}
    pairs = [*words.VERDICT.values(), *words.GATE.values(), *words.STATE.values(), *words.REMEDY.values()]
    assert all(english.isascii() and not chinese.isascii() for chinese, english in pairs)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a store that holds the demo city."""
    store = f"sqlite:///{tmp_path_factory.mktemp('city')}/city.db"
    assert main(["demo", "--no-serve", "--store", store], {}) == 0
    return store


@pytest.mark.parametrize(("lang", "label", "other"), [("zh", "结论：", "Verdict: "), ("en", "Verdict: ", "结论：")])
def test_each_command_that_prints_a_proof_labels_it_in_the_readers_language(
    city: str, lang: str, label: str, other: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    check = EXAMPLES[0].check
    case = tmp_path / "case.yaml"
    asked = f"subject: {check.subject}, matter: {check.matter}, on: {check.on}"
    case.write_text(f"scenario: a case\nchecks:\n  - {{{asked}, expect: {{verdict: bar}}}}\n", encoding="utf-8")
    for argv, code, trees in (
        (["demo", "--no-serve", "--store", city], 0, len(EXAMPLES)),
        (["check", check.subject, "--matter", check.matter, "--on", str(check.on), "--store", city], 3, 1),
        (["scenario", "run", str(case)], 1, 1),
    ):
        capsys.readouterr()
        assert main(argv, {"XINHENG_LANG": lang}) == code
        out = capsys.readouterr().out
        assert (out.count(label), other in out) == (trees, False)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_gates_of_a_measure_fit_a_terminal_of_eighty_columns(
    city: str, lang: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ["why-not", UNCLEAR, "--measure", "posts/revoked-company-officer", "--on", "2020-11-22", "--store", city]
    capsys.readouterr()
    monkeypatch.setenv("COLUMNS", "80")
    assert main(asked, {"XINHENG_LANG": lang}) == 0
    told = capsys.readouterr().out.splitlines()
    assert max(map(cell_len, told)) <= 80
    assert cell_len("".join(told[: next(n for n, line in enumerate(told) if line.startswith("└─"))])) > 80, "it is long"
    assert (chinese_in("\n".join(told)) == []) == (lang == "en")


@pytest.mark.parametrize(
    ("lang", "hint"),
    [
        ("zh", "自然人：用 --id-type resident_id，号码在提示后输入"),
        ("en", "for a person: --id-type resident_id, and type the number when asked"),
    ],
)
@pytest.mark.parametrize(
    "asked", [["check", "--matter", "gov-subsidy"], ["why-not", "--measure", "posts/revoked-company-officer"]]
)
def test_a_number_typed_as_the_subject_is_told_where_it_belongs_and_not_repeated(
    city: str, lang: str, hint: str, asked: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main([*asked, NUMBER, "--store", city], {"XINHENG_LANG": lang}) == 1
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith("xinheng: subject.malformed: ")
    assert err.endswith(f"; {hint}\n")
    assert NUMBER not in err


@pytest.mark.parametrize("columns", [40, 80])
def test_a_narrow_terminal_cuts_nothing_of_the_digest(city: str, columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TERM", "xterm")
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as screen, os.fdopen(theirs, "w", encoding="utf-8") as terminal:
        session = Session(Session.of({}).settings, terminal, terminal).on_store(city)
        run_info(argparse.Namespace(json=False, digests=True), session)
        terminal.flush()
        shown = screen.read(65_536).decode()
    with session.existing_store() as store:
        digest = store.rulebook_at(store.latest_version())
    assert "…" not in shown
    assert max(map(cell_len, shown.replace("\r", "").split("\n"))) <= columns
    assert digest is not None
    assert digest in re.sub(r"\s", "", shown)


def test_the_page_names_every_option_beside_its_command() -> None:
    rows = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8").splitlines()
    told_below = {"--actor", "--reason", "--id-type"}
    missing = []
    for command in COMMANDS:
        parser = argparse.ArgumentParser(add_help=False)
        command.describe(parser, Session.of({"XINHENG_LANG": "en"}))
        options = set(re.findall(r"--[a-z-]+", parser.format_usage())) - told_below
        (row,) = (row for row in rows if re.match(rf"\|.*`xinheng {command.words}[ `]", row))
        missing += [f"{command.words} {option}" for option in sorted(options) if option not in row]
    assert missing == []
