"""`xinheng store copy|export|import|backup|restore`, `store info --digests` and `find` keep their word."""

import json
from pathlib import Path
from typing import Any

import pytest

from api.cli.main import main
from graph_model.stores import open_store
from graph_model.stores.sqlite import SqliteStore
from tests.store_acts import put, registration
from tests.transfer_city import fill


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = f"sqlite:///{tmp_path_factory.mktemp('city')}/city.db"
    with open_store(url) as store:
        fill(store)
    return url


class Line:
    """Runs commands in process."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys, self.out, self.err = capsys, "", ""

    def __call__(self, *argv: str, store: str = "", lang: str = "en") -> int:
        self.capsys.readouterr()
        code = main([*argv, *(["--store", store] if store else [])], {"XINHENG_LANG": lang})
        self.out, self.err = self.capsys.readouterr()
        return code

    def json(self, *argv: str, store: str = "") -> Any:
        assert self(*argv, "--json", store=store) == 0, self.err
        return json.loads(self.out)


@pytest.fixture
def line(capsys: pytest.CaptureFixture[str]) -> Line:
    return Line(capsys)


def tables_of(told: Any) -> Any:
    return {name: told[name] for name in ("version", "chain", "tables")}


def test_a_backup_is_restored_and_goes_on(line: Line, city: str, tmp_path: Path) -> None:
    again = f"sqlite:///{tmp_path}/again.db"
    backup = line.json("store", "backup", str(tmp_path / "backup"), store=city)
    restored = line.json("store", "restore", str(tmp_path / "backup"), store=again)
    assert backup == restored == tables_of(line.json("store", "info", "--digests", store=again))
    with SqliteStore(str(tmp_path / "again.db")) as store:
        assert put(store, registrations=(registration("NEW"),)).version == backup["version"] + 1
        assert store.verify_chain() is None


def test_a_copy_and_an_export_tell_the_same_digests(line: Line, city: str, tmp_path: Path) -> None:
    copied = line.json("store", "copy", city, f"sqlite:///{tmp_path}/copy.db")
    assert copied == line.json("store", "export", str(tmp_path / "files"), store=city)
    assert copied == line.json("store", "import", str(tmp_path / "files"), store=f"sqlite:///{tmp_path}/new.db")
    assert line("store", "info", "--digests", store=city) == 0
    assert all(sums["digest"] in line.out for sums in copied["tables"].values())


def test_people_are_told_what_was_done_in_their_language(line: Line, city: str, tmp_path: Path) -> None:
    assert line("store", "backup", str(tmp_path / "backup"), store=city, lang="zh") == 0
    assert line.out.startswith(f"已备份到 {tmp_path / 'backup'}（数据版本 ")
    assert line("store", "restore", str(tmp_path / "backup"), store=f"sqlite:///{tmp_path}/b.db") == 0
    assert line.out.startswith("imported; it holds what the files hold (version ")
    assert line("store", "copy", city, f"sqlite:///{tmp_path}/c.db", lang="zh") == 0
    assert line.out.startswith("已复制，两边逐表一致")


def test_what_cannot_be_done_is_told_in_one_line_with_its_code(line: Line, city: str, tmp_path: Path) -> None:
    new = f"sqlite:///{tmp_path}/new.db"
    assert line("store", "import", str(tmp_path), store=new) == 1
    assert line.err.startswith("xinheng: facts.refused [archive.none]: ")
    assert not (tmp_path / "new.db").exists(), "no store is made for a folder that is no export"
    assert line("store", "copy", f"sqlite:///{tmp_path}/none.db", new) == 1
    assert "[store.missing]" in line.err
    assert line("store", "backup", str(tmp_path / "one"), store=city) == 0
    assert line("store", "backup", str(tmp_path / "one"), store=city) == 1
    assert line.err.startswith("xinheng: archive.exists: ")
    assert line("store", "restore", str(tmp_path / "one"), store=city) == 1
    assert line.err.startswith("xinheng: change.refused [store.not-empty]: ")
    assert line.err.count("\n") == 1


def test_files_for_the_admin_tool_come_with_the_command_that_imports_them(
    line: Line, city: str, tmp_path: Path
) -> None:
    told = line.json("store", "export", str(tmp_path / "files"), "--format", "neo4j-admin", store=city)
    command = told.pop("command")
    assert told == tables_of(line.json("store", "info", "--digests", store=city))
    assert told == json.loads((tmp_path / "files" / "digests.json").read_text())
    assert command[:4] == ["neo4j-admin", "database", "import", "full"]
    named = {word.partition("=")[2] for word in command if word.startswith(("--nodes", "--relationships"))}
    others = {"digests.json", "import.sh"}
    assert {file.name for file in (tmp_path / "files").iterdir()} == named | others
    assert line("store", "export", str(tmp_path / "more"), "--format", "neo4j-admin", store=city) == 0
    assert " ".join(command) in line.out


# --- find ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("named")
    with open_store(f"sqlite:///{folder}/named.db") as store:
        put(
            store,
            registrations=(
                *(registration(f"ORG{n}", name=f"鹭江贸易{n}号", kind="enterprise") for n in range(5)),
                registration("p-1", name="鹭江生", kind="person"),
                registration("X", name="鹭江某"),
                registration("91350203MA00000000", name="鹭江馆"),
            ),
        )
    return f"sqlite:///{folder}/named.db"


def test_subjects_are_found_by_name_and_persons_are_masked(line: Line, named: str) -> None:
    found = line.json("find", "鹭江", store=named)
    assert found["subjects"][:2] == [
        {"subject": "X", "kind": None, "name": "鹭**"},
        {"subject": "p-1", "kind": "person", "name": "鹭**"},
    ]
    assert [s["name"] for s in found["subjects"][2:7]] == [f"鹭江贸易{n}号" for n in range(5)]
    assert (found["version"], found["more"]) == (1, False)
    assert line("find", "鹭江生", store=named) == 0
    assert "鹭江生" not in line.out
    assert "鹭**" in line.out


def test_more_than_the_limit_is_said(line: Line, named: str) -> None:
    found = line.json("find", "贸易", "--limit", "2", store=named)
    assert ([s["subject"] for s in found["subjects"]], found["more"]) == (["ORG0", "ORG1"], True)
    assert line("find", "贸易", "--limit", "2", store=named) == 0
    assert "the first 2 only" in line.out
    assert line("find", "贸易", "--limit", "2", store=named, lang="zh") == 0
    assert "仅列前 2 个" in line.out
    assert line("find", "贸易", "--limit", "5", store=named) == 0
    assert "only" not in line.out


def test_nothing_found_and_too_little_asked_are_told(line: Line, named: str) -> None:
    assert line("find", "无此", store=named) == 1
    assert (line.out, line.err) == ("no subject's name contains it\n", "")
    assert line("find", "鹭", store=named) == 1
    assert line.err.startswith("xinheng: request.malformed [name.short]: ")
    with pytest.raises(SystemExit) as stopped:
        line("find", "鹭江", "--limit", "0", store=named)
    assert stopped.value.code == 2
