"""The scenario runner says what failed and why, and cannot be fooled by a slip of the pen (CONTRACT §5)."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from api.cli.main import main
from api.scenario_files import read_scenarios
from api.scenarios import outcomes
from graph_model.errors import UnknownMatter

BOOK = """
rulebook:
  departments: [{id: court, name: 法院}, {id: mof, name: 财政部}]
  matters: [{id: grant, name: 授予}]
  lists: [{id: bad, name: 失信名单, kind: restriction, authority: court, until_required: true, facts: {owed: number}}]
  legal_bases:
    - {id: law 1, document: 某法, article: 第一条, kind: law, from: 2000-01-01, binds: [self],
       verified: {on: 2026-01-01, by: 条文, source: 公报}}
  memoranda:
    - id: M
      kind: statutory
      title: 某法
      from: 2000-01-01
      lists: [bad]
      measures:
        - {id: M/1, title: 禁止, effect: bar, departments: [mof], matters: [grant],
           targets: [{role: self, bases: [law 1]}]}
"""
FACTS = """
facts:
  organisations: [{code: A, kind: enterprise}, {code: B, kind: enterprise}]
  designations:
    - {id: D1, subject: A, list: bad, status: in_effect, authority: court, decided_on: 2024-01-01, until: 2025-01-01}
    - {id: D2, subject: B, list: bad, status: in_effect, authority: court, decided_on: 2024-01-01}
"""
ASKED = "subject: A, matter: grant, on: 2024-06-01"


def scenario(*checks: str, name: str = "a case", facts: str = FACTS, book: str = BOOK) -> str:
    lines = "\n".join(f"  - {{{check}}}" for check in checks)
    return f"scenario: {name}\n{book.strip()}\n{facts.strip()}\nchecks:\n{lines}\n"


class Ran:
    """What one run of `scenario run` did."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def told(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


class Run:
    """Writes files and runs them through the command line, in process."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys = folder, capsys

    def __call__(self, text: str, *options: str, name: str = "case.yaml") -> Ran:
        file = self.folder / name
        file.write_text(text, encoding="utf-8")
        return self.files(str(file), *options)

    def files(self, *arguments: str) -> Ran:
        code = main(["scenario", "run", *arguments], {"XINHENG_LANG": "en"})
        out, err = self.capsys.readouterr()
        return Ran(code, out, err)


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    return Run(tmp_path, capsys)


def test_all_passed_is_zero_and_one_line(run: Run) -> None:
    ran = run(
        scenario(
            f"{ASKED}, expect: {{verdict: bar}}",
            "subject: B, matter: grant, on: 2024-06-01, expect: {verdict: unresolved}",
        )
    )
    assert (ran.code, ran.out) == (0, "2 passed, 0 failed\n")


def test_a_failed_check_shows_expected_found_and_proof(run: Run) -> None:
    ran = run(
        scenario(
            f"{ASKED}, expect: {{verdict: clear, duties: []}}", f"{ASKED}, expect: {{verdict: bar}}", name="the one"
        )
    )
    assert ran.code == 1
    lines = ran.out.splitlines()
    assert lines[-1] == "1 passed, 1 failed"
    assert "case.yaml:1 · the one · check 1" in lines[0]
    assert any("expected" in line and '"verdict": "clear"' in line for line in lines)
    assert any("found" in line and '"verdict": "bar", "duties": ["M/1"]' in line for line in lines)
    assert any("《某法》第一条" in line for line in lines), "the proof is there to see"


def test_json_is_one_line_a_check_with_all_the_contract_names(run: Run) -> None:
    ran = run(scenario(f"{ASKED}, expect: {{verdict: clear}}", f"{ASKED}, expect: {{verdict: bar}}"), "--json")
    assert (ran.code, ran.err) == (1, "1 passed, 1 failed\n")
    first, second = ran.told
    assert (first["scenario"], first["check"], first["passed"]) == ("a case", 1, False)
    assert (first["expected"], first["found"]) == ({"verdict": "clear"}, {"verdict": "bar"})
    assert (second["check"], second["passed"]) == (2, True)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("scenario: [", "is not YAML"),
        ("scenario: a\nscenario: b\nchecks: [{}]", "is not YAML"),
        ("- a list", "must be a mapping"),
        ("scenario: a\nrulebok: published\nchecks: [{}]", "unknown key `rulebok`"),
        ("scenario: a\nchecks: {}", "`checks` must be"),
        ("scenario: a\nchecks: []", "`checks` must be"),
        ("scenario: a\nfacts: []\nchecks: [{}]", "`facts` must be"),
        ("scenario: a\nrulebook: 7\nchecks: [{}]", "`rulebook` must be"),
        ("", "holds no scenario"),
        ("---\n---\n", "holds no scenario"),
        ("a: " + "[" * 5000, "nested too deeply"),
    ],
)
def test_a_file_that_cannot_be_read_is_exit_two_and_says_where(run: Run, text: str, complaint: str) -> None:
    ran = run(text)
    assert (ran.code, ran.out) == (2, "0 passed, 0 failed\n")
    assert "case.yaml" in ran.err
    assert complaint in ran.err


def test_a_missing_file_stops_none_of_the_others(run: Run, tmp_path: Path) -> None:
    good = tmp_path / "good.yaml"
    good.write_text(scenario(f"{ASKED}, expect: {{verdict: bar}}"), encoding="utf-8")
    ran = run.files(str(tmp_path / "nowhere.yaml"), str(good))
    assert (ran.code, ran.out) == (2, "1 passed, 0 failed\n")
    assert "nowhere.yaml" in ran.err


@pytest.mark.parametrize(
    "line", ['{"scenario": "a", "checks": [', '{"a": 1, "a": 2}', "[]", "nonsense", '{"scenario": "a", "checks": 3}']
)
def test_a_bad_line_of_json_is_named_by_its_number(run: Run, line: str) -> None:
    good = json.dumps(
        {"scenario": "a", "checks": [{"subject": "", "matter": "m", "on": "2024-01-01", "error": "subject.malformed"}]}
    )
    ran = run(f"{good}\n\n{line}\n", name="case.jsonl")
    assert ran.code == 2
    assert "case.jsonl:3" in ran.err


def test_json_lines_hold_a_scenario_each(run: Run) -> None:
    text = json.dumps(
        {
            "scenario": "数",
            "rulebook": {"matters": [{"id": "grant", "name": "授予\u2028"}]},
            "checks": [{"subject": "A", "matter": "grant", "on": "2024-01-01", "expect": {"verdict": "unknown"}}],
        },
        ensure_ascii=False,
    )
    ran = run(f"{text}\n{text}\n", name="case.jsonl")
    assert (ran.code, ran.out) == (0, "2 passed, 0 failed\n")


@pytest.mark.parametrize(
    ("check", "complaint"),
    [
        (f"{ASKED}, expect: {{verdit: bar}}", "`expect` has no key `verdit`"),
        (f"{ASKED}, expect: {{duties: M/1}}", "`duties` must be a list"),
        (f"{ASKED}, expect: {{reasons: [until_missing]}}", "`reasons` must be a mapping"),
        (f"{ASKED}, expect: bar", "`expect` must be a mapping"),
        (f"{ASKED}, expect: {{overall: bar}}", "`expect` has no key `overall`"),
        (ASKED, "none"),
        (f"{ASKED}, expect: {{}}, error: matter.unknown", "one of"),
        ("subject: A, measure: M/1, on: 2024-06-01, expect: {could_be: null}", "says `why_not`"),
        (
            "matter: grant, on: 2024-06-01, batch: [{subject: A}], expect: {verdict: bar}",
            "`expect` has no key `verdict`",
        ),
    ],
)
def test_an_expectation_that_says_nothing_never_passes(run: Run, check: str, complaint: str) -> None:
    ran = run(scenario(check))
    assert ran.code == 1
    assert complaint in ran.out
    assert ran.out.endswith("0 passed, 1 failed\n")


def test_an_unknown_key_in_a_check_is_refused_and_told(run: Run) -> None:
    ran = run(
        scenario(
            f"{ASKED}, departement: mof, expect: {{verdict: bar}}",
            f"{ASKED}, departement: mof, error: request.malformed",
            f"{ASKED}, x-note: free, expect: {{verdict: bar}}",
        )
    )
    assert "no key `departement`" in ran.out
    assert ran.out.endswith("2 passed, 1 failed\n")


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (
            "facts: {designations: [{id: D1, subject: A, list: bad, authority: court, decided_on: 2024-01-01}]}",
            "subject.unknown",
        ),
        ("facts: {organisations: [{code: A, kind: castle}]}", "facts.refused"),
        ("facts: {organisation: [{code: A}]}", "facts.refused"),
        ("facts: {organisations: {code: A}}", "facts.refused"),
        ("facts: {organisations: [A]}", "facts.refused"),
    ],
)
def test_facts_that_are_refused_refuse_every_check(run: Run, facts: str, code: str) -> None:
    checks = (f"{ASKED}, error: {code}", f"{ASKED}, error: facts.refused", f"{ASKED}, expect: {{verdict: bar}}")
    ran = run(scenario(*checks, "subject: A B, matter: x, error: facts.refused", facts=facts))
    assert ran.out.endswith("3 passed, 1 failed\n")


def test_a_rulebook_that_is_refused_refuses_every_check(run: Run) -> None:
    for book in ("rulebook: {lists: [{id: bad}]}", "rulebook: {nonsense: []}", "rulebook: nowhere/at/all"):
        ran = run(scenario(f"{ASKED}, error: rulebook.refused", f"{ASKED}, error: facts.refused", book=book))
        assert ran.out.endswith("1 passed, 1 failed\n")


def test_an_error_is_known_by_no_other_code(run: Run) -> None:
    ran = run(
        scenario(
            f"{ASKED}, error: request.malformed",
            "subject: A, matter: x, on: 2024-06-01, error: request.malformed",
            "subject: A, matter: x, on: 2024-06-01, error: matter.unknown",
        )
    )
    assert ran.out.endswith("1 passed, 2 failed\n")


def test_a_folder_is_found_from_the_scenario_file_on(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "cases" / "law"
    folder.mkdir(parents=True)
    indented = BOOK.strip().removeprefix("rulebook:\n").splitlines()
    (folder / "all.yaml").write_text("\n".join(line[2:] for line in indented), encoding="utf-8")
    check = f"{ASKED}, expect: {{verdict: bar}}"
    assert run(scenario(check, book="rulebook: law"), name="cases/case.yaml").code == 0
    monkeypatch.chdir(tmp_path / "cases")
    assert run(scenario(check, book="rulebook: law"), name="elsewhere.yaml").code == 0
    assert run(scenario(check, book="rulebook: law/all.yaml"), name="cases/case.yaml").code == 0


def test_published_is_the_shipped_rulebook(run: Run) -> None:
    check = "subject: NOBODY, matter: gov-procurement-supplier, on: 2026-01-01, expect: {verdict: unknown}"
    assert run(scenario(check, book="rulebook: published", facts="facts: {}")).code == 0


def test_scenarios_do_not_see_each_other(run: Run) -> None:
    one, other = (
        scenario(f"{ASKED}, expect: {{verdict: bar}}"),
        scenario(f"{ASKED}, expect: {{verdict: clear}}", facts="facts: {organisations: [{code: A}]}"),
    )
    ran = run(f"{one}---\n{other}---\n{one}")
    assert (ran.code, ran.out) == (0, "3 passed, 0 failed\n")


def test_a_store_that_is_named_is_neither_read_nor_written_and_nothing_is_left(run: Run, tmp_path: Path) -> None:
    there = tmp_path / "there"
    ran = run(scenario(f"{ASKED}, expect: {{verdict: bar}}"), "--store", f"sqlite:///{there}/x.db")
    assert (ran.code, list(there.iterdir())) == (0, [])
    ran = run(scenario(f"{ASKED}, expect: {{verdict: bar}}"), "--store", "postgres://there/x")
    assert ran.code == 1
    assert "store.unavailable" in ran.err


def test_days_that_do_not_exist_are_refused_as_days(run: Run) -> None:
    ran = run(
        scenario(
            "subject: A, matter: grant, on: 2023-02-30, error: day.malformed",
            "subject: A, matter: grant, error: day.malformed",
        )
    )
    assert (ran.code, ran.out) == (0, "2 passed, 0 failed\n")


def test_until_reasons_and_sets_are_compared_as_far_as_named(run: Run) -> None:
    ran = run(
        scenario(
            f"{ASKED}, expect: {{until: {{M/1: 2025-01-01}}, disputed: [], lifting_set: [D1], could_be: null}}",
            f"{ASKED}, expect: {{until: {{M/1: none}}}}",
            f"{ASKED}, expect: {{until: {{M/2: none}}}}",
            "subject: B, matter: grant, on: 2024-06-01, expect: {reasons: {M/1: [until_missing]}, could_be: bar}",
            "subject: B, matter: grant, on: 2024-06-01, expect: {reasons: {M/1: []}}",
            f"{ASKED}, expect: {{reasons: {{M/1: [until_missing]}}}}",
            f"{ASKED}, expect: {{reasons: {{M/1: []}}}}",
        ),
        "--json",
    )
    assert [line["passed"] for line in ran.told] == [True, False, False, True, False, False, True]


def test_a_person_may_be_named_by_number_and_the_number_is_said_nowhere(run: Run) -> None:
    number = "11010519491231002X"
    facts = f"facts: {{persons: [{{id_type: resident_id, id_number: {number}, name: 张三}}]}}"
    subject = f"subject: {{id_type: resident_id, id_number: {number}}}"
    ran = run(scenario(f"{subject}, matter: grant, on: 2024-06-01, expect: {{verdict: bar}}", facts=facts))
    assert '"verdict": "clear"' in ran.out
    assert number not in ran.out + ran.err
    bad = facts.replace(number, number[:-1] + "1")
    ran = run(scenario(f"{subject}, matter: grant, on: 2024-06-01, error: identity.malformed", facts=bad))
    assert (ran.code, ran.out) == (0, "1 passed, 0 failed\n")


def test_a_fault_of_ours_fails_its_own_checks_and_no_other(tmp_path: Path) -> None:
    file = tmp_path / "case.yaml"
    file.write_text(scenario(f"{ASKED}, expect: {{verdict: bar}}", f"{ASKED}, error: matter.unknown"), encoding="utf-8")
    (read,) = read_scenarios(file)

    def answer_to(check: Mapping[str, Any]) -> Any:
        if "error" in check:
            raise UnknownMatter("no matter", hint="none")
        raise ZeroDivisionError("p-1 was given")

    broken, sound = outcomes(read, answer_to)
    assert (broken.passed, sound.passed) == (False, True)
    assert broken.found["detail_code"] == "internal"
    assert "ZeroDivisionError at" in broken.found["detail"]
    assert "p-1" not in broken.found["detail"]
