"""`xinheng rulebook lint` by its exit code, and a wrong file that never brings the service down."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from api.cli.main import main
from tests.lint_pages import changed, examples, sample

ASKED = ("check", "91350200MA2XN0006X", "--matter", "grant", "--on", "2026-01-01", "--json")
FACTS = {
    "organisations": "code,name,kind\n91350200MA2XN0006X,某公司,enterprise\n",
    "designations": "id,subject,list,authority,document_no,decided_on,effective_from,status\n"
    "d1,91350200MA2XN0006X,serious,samr,某号,2025-01-01,2025-01-01,in_effect\n",
}


def write(folder: Path, code: str | None = None, which: int = 0) -> Path:
    """Write the sample rulebook as a file, with the bad (0) or good (1) example of a code."""
    folder.mkdir(exist_ok=True)
    file = folder / "book.yaml"
    with file.open("w", encoding="utf-8") as stream:
        YAML().dump(changed(sample(), examples(code)[which]) if code else sample(), stream)
    return file


def run(*argv: str) -> int:
    return main(list(argv), {"XINHENG_LANG": "en"})


def test_errors_make_it_one_and_warnings_leave_it_zero(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(tmp_path / "law", "wording.too-weak")
    assert run("rulebook", "lint", str(tmp_path / "law")) == 1
    told = capsys.readouterr().out
    assert "error wording.too-weak" in told
    assert f"{file}:" in told
    assert "1 errors, 0 warnings" in told
    write(tmp_path / "law", "measure.twin")
    assert run("rulebook", "lint", str(tmp_path / "law")) == 0
    assert "0 errors, 1 warnings" in capsys.readouterr().out
    write(tmp_path / "law")
    assert run("rulebook", "lint", str(tmp_path / "law")) == 0


def test_the_day_is_given_or_today(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "law", "basis.lapsed")
    for on, code in (("2024-06-30", "basis.lapses"), ("2024-07-01", "basis.lapsed")):
        assert run("rulebook", "lint", str(tmp_path / "law"), "--json", "--on", on) == 0
        (line,) = capsys.readouterr().out.splitlines()
        told = json.loads(line)
        assert told["code"] == code
        assert set(told) == {"level", "code", "place", "what", "remedy"}
    assert run("rulebook", "lint", str(tmp_path / "law"), "--json") == 0
    assert json.loads(capsys.readouterr().out)["code"] == "basis.lapsed"
    assert run("rulebook", "lint", str(tmp_path / "law"), "--on", "2024-02-30") == 1
    assert "day.malformed" in capsys.readouterr().err


def test_a_finding_about_a_memorandum_names_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(tmp_path / "law", "memorandum.older-than-law")
    assert run("rulebook", "lint", str(tmp_path / "law"), "--json") == 0
    place = json.loads(capsys.readouterr().out)["place"]
    line = file.read_text(encoding="utf-8").splitlines().index("- id: memo") + 1
    assert place == f"{file}:{line}: 备忘录 memorandum `memo`"


@pytest.mark.parametrize(
    ("spoilt", "line"),
    [("lists: [{id: a", 1), ("departments:\n  - {id: x, nmae: y}\n", 2), ("\n\nlists: 7\n", 3)],
)
def test_a_wrong_file_is_told_by_file_and_line_and_the_last_good_rulebook_stays_in_force(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], spoilt: str, line: int
) -> None:
    store = ("--store", f"sqlite:///{tmp_path}/city.db")
    write(tmp_path / "law")
    assert run("rulebook", "publish", str(tmp_path / "law"), *store) == 0
    for kind, rows in FACTS.items():
        (tmp_path / f"{kind}.csv").write_text(rows, encoding="utf-8")
        assert run("load", kind, str(tmp_path / f"{kind}.csv"), *store) == 0
    capsys.readouterr()
    assert run(*ASKED, *store) == 3
    before = capsys.readouterr().out
    (tmp_path / "law" / "new.yaml").write_text(spoilt, encoding="utf-8")
    for command in ("lint", "publish"):
        assert run("rulebook", command, str(tmp_path / "law"), *store) == 1
        told = capsys.readouterr()
        assert f"new.yaml:{line}" in told.err
        assert "Traceback" not in told.out + told.err
    assert run(*ASKED, *store) == 3
    assert without_asking(capsys.readouterr().out) == without_asking(before)


def without_asking(text: str) -> dict[str, object]:
    """Leave out what names the event of asking (J10)."""
    told: dict[str, object] = json.loads(text)
    return {key: value for key, value in told.items() if key not in {"check_id", "asked_at", "at"}}


def test_a_book_with_an_error_of_lint_is_not_published(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = ("--store", f"sqlite:///{tmp_path}/city.db")
    write(tmp_path / "law")
    assert run("rulebook", "publish", str(tmp_path / "law"), "--json", *store) == 0
    published = json.loads(capsys.readouterr().out)["rulebook"]
    write(tmp_path / "law", "department.not-public")
    assert run("rulebook", "publish", str(tmp_path / "law"), *store) == 1
    assert "department.not-public" in capsys.readouterr().err
    assert run("store", "info", "--json", *store) == 0
    assert json.loads(capsys.readouterr().out)["rulebook"] == published


OPENS_NO_RULEBOOK_FILE = """
import sys
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
from api.app import build_app
from api.cli.session import Session, with_shipped_rulebook
session = Session.of({"XINHENG_STORE": sys.argv[1], "XINHENG_LANG": "en"})
with session.store() as store:
    service = with_shipped_rulebook(store, session)
    build_app(session.settings, store)
    print(service.rulebook_in_force()[1].digest)
print(sum(name.endswith(".py") or name.endswith(".pyc") for name in opened) > 0)
print([name for name in opened if name.endswith((".yaml", ".yml"))])
"""


def test_the_service_starts_on_a_published_rulebook_without_reading_any_file_of_law(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path}/city.db"
    write(tmp_path / "law")
    assert run("rulebook", "publish", str(tmp_path / "law"), "--json", "--store", url) == 0
    published = json.loads(capsys.readouterr().out)["rulebook"]
    told = subprocess.run(
        [sys.executable, "-c", OPENS_NO_RULEBOOK_FILE, url], capture_output=True, text=True, check=True, timeout=60
    )
    assert told.stdout.splitlines() == [published, "True", "[]"]
