"""The command line keeps its word: exit codes, one-line errors with their code, nothing secret in an argument."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.cli.main import COMMANDS, main
from api.demo import EXAMPLES, Example
from graph_model.stores.sqlite_schema import SCHEMA_VERSION

ROOT = Path(__file__).parent.parent
XINHENG = [sys.executable, "-c", "from api.cli.main import run; run()"]
NUMBER = "11010519491231002X"
EXIT_OF = {"bar": 3, "limit": 3, "weigh": 3, "unresolved": 4, "unknown": 4, "watch": 0, "favour": 0, "clear": 0}


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a store that holds the demo city."""
    store = f"sqlite:///{tmp_path_factory.mktemp('city')}/city.db"
    assert main(["demo", "--no-serve", "--store", store], {}) == 0
    return store


class Line:
    """Runs commands in process, on one store, in English."""

    def __init__(self, store: str, capsys: pytest.CaptureFixture[str]) -> None:
        self.store, self.capsys, self.out, self.err = store, capsys, "", ""

    def __call__(self, *argv: str, lang: str = "en") -> int:
        self.capsys.readouterr()
        code = main([*argv, "--store", self.store], {"XINHENG_LANG": lang})
        self.out, self.err = self.capsys.readouterr()
        return code


@pytest.fixture
def line(city: str, capsys: pytest.CaptureFixture[str]) -> Line:
    return Line(city, capsys)


@pytest.fixture
def empty(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Line:
    monkeypatch.chdir(tmp_path)
    return Line(f"sqlite:///{tmp_path}/new.db", capsys)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.verdict)
def test_check_says_by_its_exit_code_whether_anything_binds(line: Line, example: Example) -> None:
    check, verdict = example.check, example.verdict
    asked = [check.subject, "--matter", check.matter, "--department", check.department, "--on", str(check.on)]
    assert line("check", *asked, "--json") == EXIT_OF[verdict]
    assert json.loads(line.out)["verdict"] == verdict
    assert line("check", *asked) == EXIT_OF[verdict]
    assert f"({verdict})" in line.out.splitlines()[0]


@pytest.mark.parametrize(
    ("subject", "matter", "department", "code"),
    [
        ("a b", "nope", "nope", "subject.malformed"),
        ("ORG", "nope", "nope", "matter.unknown"),
        ("ORG", "company-officer", "nope", "department.unknown"),
        ("ORG", "company-officer", "xm-amr", "day.malformed"),
    ],
)
def test_check_names_the_first_fault_in_the_contracts_order(
    line: Line, subject: str, matter: str, department: str, code: str
) -> None:
    assert line("check", subject, "--matter", matter, "--department", department, "--on", "bad") == 1
    assert f"xinheng: {code}" in line.err


def test_check_prints_the_proof_with_article_relation_and_way_out(line: Line) -> None:
    bar = EXAMPLES[0].check
    asked = [bar.subject, "--matter", bar.matter, "--department", str(bar.department), "--on", str(bar.on)]
    line("check", *asked, lang="zh")
    for part in (
        "依据：《中华人民共和国公司法》",
        "关联：",
        "条件：对此负有个人责任",
        "止，当日不计",
        "届满：",
        "认定 demo-revoked",
    ):
        assert part in line.out


def test_without_a_department_equal_duties_of_many_departments_are_told_once(line: Line) -> None:
    line("check", EXAMPLES[2].check.subject, "--matter", EXAMPLES[2].check.matter, "--on", "2026-11-22", lang="zh")
    assert line.out.count("应实施 [审慎 weigh] wage-arrears/public-funds") == 1
    assert "个部门" in line.out


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (["check", "A", "--matter", "nothing"], "matter.unknown"),
        (["check", "A", "--matter", "gov-subsidy", "--department", "nobody"], "department.unknown"),
        (["check", "A", "--matter", "gov-subsidy", "--on", "2024-02-30"], "day.malformed"),
        (["check", "A B", "--matter", "gov-subsidy"], "subject.malformed"),
        (["check", "--matter", "gov-subsidy"], "subject.malformed"),
        (["check", "A", "--id-type", "resident_id", "--matter", "gov-subsidy"], "subject.malformed"),
        (["check", "A", "--matter", "gov-subsidy", "--version", "99999"], "version.unknown"),
        (["why-not", "A", "--measure", "nothing"], "measure.unknown"),
        (["rulebook", "show", "nothing-of-the-kind"], "entry.unknown"),
        (["rulebook", "lint", "no/such/folder"], "rulebook.refused"),
        (["load", "organisations", "no-such-file.csv"], "facts.refused"),
        (["load", "designations", "no-such-file.csv", "--snapshot", "no-list"], "list.unknown"),
    ],
)
def test_what_cannot_be_done_is_exit_one_and_one_line_with_its_code(line: Line, argv: list[str], code: str) -> None:
    assert line(*argv) == 1
    assert line.out == ""
    assert line.err.startswith("xinheng: ")
    assert code in line.err.split(": ")[1]
    assert line.err.count("\n") == 1
    assert "Traceback" not in line.err


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["check"],
        ["nothing"],
        ["check", "A"],
        ["load", "castles", "x.csv"],
        ["check", "A", "--matter", "m", "--nonsense"],
        ["check", "A", "--mat", "m"],
        ["serve", "--port", "99999"],
        ["load", "organisations", "f.csv", "--max-share", "3"],
    ],
)
def test_wrong_usage_is_exit_two(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(argv, {})
    assert left.value.code == 2
    assert "usage: xinheng" in capsys.readouterr().err


def test_a_misspelt_setting_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["store", "info"], {"XINHENG_STOER": "x"}) == 1
    assert "XINHENG_STOER" in capsys.readouterr().err


class Broken(dict[str, str]):
    """An environment that fails in a way nobody foresaw, and quotes a person in its message."""

    def __iter__(self) -> Iterator[str]:
        raise RuntimeError("p-1 was given")


def test_a_fault_of_ours_is_told_by_its_place_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["store", "info"], Broken()) == 1
    err = capsys.readouterr().err
    assert err.startswith("xinheng: internal: ")
    assert "RuntimeError at" in err
    assert "p-1" not in err
    assert "Traceback" not in err


def test_a_store_that_is_not_there_is_not_made_by_asking(empty: Line, tmp_path: Path) -> None:
    for argv in (
        ["check", "A", "--matter", "m"],
        ["why-not", "A", "--measure", "m"],
        ["store", "info"],
        ["store", "migrate"],
    ):
        assert empty(*argv) == 1
        assert "store.missing" in empty.err
    assert list(tmp_path.iterdir()) == []


def test_every_command_takes_store_and_json_and_has_help_in_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    for lang in ("zh", "en"):
        for command in COMMANDS:
            with pytest.raises(SystemExit) as left:
                main([*command.words.split(), "--help"], {"XINHENG_LANG": lang})
            told = capsys.readouterr().out
            assert (left.value.code, "--store URL" in told, "--json" in told) == (0, True, True)
            assert (command.zh if lang == "zh" else command.en) in " ".join(told.split())


def test_a_number_is_read_from_standard_input_and_said_nowhere(city: str, tmp_path: Path) -> None:
    asked = ("check", "--id-type", "resident_id", "--matter", "gov-subsidy", "--store", city, "--json")
    with program(*asked, folder=tmp_path) as check:
        out, err = check.communicate(f"{NUMBER}\n", timeout=120)
    assert check.returncode == 4
    assert json.loads(out)["subject"].startswith("p-")
    assert NUMBER not in out + err
    with program(*asked, folder=tmp_path) as check:
        out, err = check.communicate(f"{NUMBER[:-1]}1\n", timeout=120)
    assert (check.returncode, out) == (1, "")
    assert "identity.malformed" in err
    assert NUMBER[:-1] not in err
    key = Path(city.removeprefix("sqlite:///")).parent / "xinheng-id.key"
    assert key.stat().st_mode & 0o777 == 0o600


def test_load_accounts_for_every_row_and_a_second_load_changes_nothing(empty: Line, tmp_path: Path) -> None:
    file = tmp_path / "organisations.csv"
    file.write_text(
        "code,name,kind\n91350200MA2Y01039R,甲公司,enterprise\n91350200MA2Y01039X,乙公司,enterprise\n", encoding="utf-8"
    )
    assert empty("load", "organisations", str(file)) == 0
    assert "read 2 = loaded 1 + unchanged 0 + rejected 1" in empty.out
    rejects = tmp_path / "organisations.rejects.csv"
    assert "乙公司" in rejects.read_text(encoding="utf-8-sig")
    assert empty("load", "organisations", str(file), "--json") == 0
    told = json.loads(empty.out)
    assert [told[word] for word in ("read", "loaded", "unchanged", "rejected")] == [2, 0, 1, 1]
    assert empty("load", "organisations", str(rejects)) == 1, "of this file nothing can be taken"
    assert empty("check", "91350200MA2Y01039R", "--matter", "gov-subsidy") == 0, "the shipped rulebook is in force"


def test_a_dry_run_writes_no_fact(empty: Line, tmp_path: Path) -> None:
    file = tmp_path / "organisations.csv"
    file.write_text("code,kind\n91350200MA2Y01039R,enterprise\n", encoding="utf-8")
    assert empty("load", "organisations", str(file), "--dry-run") == 0
    assert "loaded 1" in empty.out
    assert "nothing written" in empty.out
    assert empty("check", "91350200MA2Y01039R", "--matter", "gov-subsidy") == 4


def test_synth_writes_a_city_and_says_how_to_load_it(empty: Line, tmp_path: Path) -> None:
    assert empty("synth", str(tmp_path / "city"), "--organisations", "30", "--seed", "7") == 0
    commands = [told.split("#")[0].split()[1:] for told in empty.out.splitlines()]
    assert [command[0] for command in commands] == ["load"] * len(commands)
    for command in commands:
        assert empty(*command) == 0
        assert "rejected 0" in empty.out
    assert empty("store", "info", "--json") == 0
    assert json.loads(empty.out)["registrations"] > 30


SMALL_LAW = """
departments: [{id: court, name: 法院}]
matters: [{id: grant, name: 授予}]
lists: [{id: wages, name: 拖欠工资名单, kind: restriction, authority: court, ends_by: removal}]
legal_bases:
  - {id: law 1, document: 工资条例, article: 第一条, kind: law, from: 2000-01-01, binds: [self],
     verified: {on: 2026-01-01, by: 条文, source: 公报}}
memoranda:
  - {id: M, kind: statutory, title: 工资条例措施, from: 2000-01-01, lists: [wages],
     measures: [{id: M/1, title: 禁止, effect: bar, departments: [court], matters: [grant],
                 targets: [{role: self, bases: [law 1]}]}]}
"""


def test_a_rulebook_can_be_checked_shown_searched_and_published(empty: Line, tmp_path: Path) -> None:
    law = tmp_path / "law"
    law.mkdir()
    (law / "all.yaml").write_text(SMALL_LAW, encoding="utf-8")
    of_it = ("--rulebook", str(law), "--json")
    assert empty("rulebook", "lint", str(law)) == 0, empty.out
    assert empty("rulebook", "show", "wages", *of_it) == 0
    told = json.loads(empty.out)
    assert (told["section"], told["entry"]["name"]) == ("lists", "拖欠工资名单")
    assert empty("rulebook", "search", "工资", "条", *of_it) == 0
    assert {json.loads(line)["id"] for line in empty.out.splitlines()} == {"law 1", "M", "M/1"}
    assert empty("rulebook", "search", "无此一词", *of_it) == 1
    assert empty("rulebook", "report", *of_it) == 0
    counted = json.loads(empty.out)
    assert (counted["measures_bar"], counted["measures_on_verified_law"], counted["bases_verified"]) == (1, 1, 1)
    assert empty("rulebook", "publish", str(law), "--json") == 0
    assert json.loads(empty.out) == {"version": 1, "rulebook": counted["digest"], "repeated": False}
    assert empty("rulebook", "publish", str(law), "--json") == 0
    assert json.loads(empty.out)["repeated"] is True
    assert empty("check", "A", "--matter", "grant") == 4


def test_the_shipped_rulebook_has_no_lint_error(empty: Line) -> None:
    assert empty("rulebook", "lint") == 0, empty.out


def test_a_rulebook_with_errors_is_not_published(empty: Line, tmp_path: Path) -> None:
    folder = tmp_path / "law"
    folder.mkdir()
    (folder / "bad.yaml").write_text(
        "lists: [{id: a, name: 甲, kind: restriction, authority: nobody}]", encoding="utf-8"
    )
    assert empty("rulebook", "publish", str(folder)) == 1
    assert "rulebook.refused" in empty.err
    assert "bad.yaml:1" in empty.err


def test_people_are_spoken_to_in_their_language(line: Line) -> None:
    assert line("store", "migrate", lang="zh") == 0
    assert "存储已是最新格式" in line.out
    assert line("store", "migrate", lang="en") == 0
    assert "up to date" in line.out
    assert line("store", "migrate", "--json") == 0
    told = json.loads(line.out)
    assert (told["schema_before"], told["schema"], told["version"] > 0) == (SCHEMA_VERSION, SCHEMA_VERSION, True)


def test_a_table_is_neither_cut_nor_wrapped_in_a_pipe(line: Line) -> None:
    line("rulebook", "search", "关于")
    assert max(map(len, line.out.splitlines())) > 100
    assert "…" not in line.out


def program(*argv: str, folder: Path, **env: str) -> subprocess.Popen[str]:
    """Start the real program."""
    given = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "XINHENG_LANG": "en", **env}
    return subprocess.Popen(
        [*XINHENG, *argv],
        cwd=folder,
        env=given,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_serve_answers_and_ctrl_c_stops_it_cleanly(tmp_path: Path, city: str) -> None:
    port = free_port()
    with program("serve", "--port", str(port), "--store", city, folder=tmp_path) as serving:
        for _ in range(200):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/health/live", timeout=5) as answer:
                    assert answer.status == 200
                break
            except OSError:
                assert serving.poll() is None, serving.communicate()
                time.sleep(0.1)
        serving.send_signal(signal.SIGINT)
        out, err = serving.communicate(timeout=120)
    assert serving.returncode == 0
    assert "stopped" in out
    assert "Traceback" not in err


def test_a_taken_port_names_the_way_to_another(tmp_path: Path, city: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with program("serve", "--port", str(taken.getsockname()[1]), "--store", city, folder=tmp_path) as refused:
            out, err = refused.communicate(timeout=120)
    assert (refused.returncode, out) == (1, "")
    assert "port.taken" in err
    assert "PORT=" in err


def test_a_reader_that_goes_away_makes_no_noise(tmp_path: Path) -> None:
    with program("rulebook", "search", "a", folder=tmp_path) as searching:
        assert searching.stdout is not None
        searching.stdout.close()  # before anything is read, as `| true` does
        assert searching.stderr is not None
        assert searching.stderr.read() == ""
    assert searching.returncode == 141


def test_an_interrupt_is_exit_130_and_one_clean_line(tmp_path: Path) -> None:
    with program("synth", "city", "--organisations", "50000", folder=tmp_path) as writing:
        while not (tmp_path / "city").exists():
            assert writing.poll() is None
            time.sleep(0.05)
        writing.send_signal(signal.SIGINT)
        _, err = writing.communicate(timeout=120)
    assert writing.returncode == 130
    assert err == "\nxinheng: 已中断 interrupted\n"
