"""A kept copy of a rulebook is quick and never believed over the files."""

import shutil
from pathlib import Path

import pytest

from graph_model.errors import RulebookRefused
from memoranda.kept import MOST, name_of, read_kept
from memoranda.reader import SHIPPED, read_rulebook
from memoranda.rulebook_content import digest_of

LAW = "departments:\n  - {id: mof, name: 财政部}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "law"
    made.mkdir()
    (made / "a.yaml").write_text(LAW, encoding="utf-8")
    return made


@pytest.fixture
def copies(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "copies"


def copy_in(copies: Path) -> Path:
    (copy,) = copies.iterdir()
    return copy


def test_the_copy_of_the_shipped_law_is_the_shipped_law(tmp_path: Path) -> None:
    read = read_rulebook(SHIPPED)
    assert read_kept(SHIPPED, tmp_path).content == read.content
    kept = read_kept(SHIPPED, tmp_path)
    assert (kept.digest, kept.content) == (read.digest, read.content)
    assert kept.measures == read.measures
    assert kept.condition_of.keys() == read.condition_of.keys()


def test_a_copy_is_what_is_read_while_the_files_stay(folder: Path, copies: Path) -> None:
    read_kept(folder, copies)
    place = copy_in(copies)
    other = read_kept_text(folder.parent / "other", LAW.replace("财政部", "别处"))
    place.write_bytes(other)  # a copy that says something else, so that one sees which was read
    assert read_kept(folder, copies).departments["mof"].name == "别处"


def read_kept_text(folder: Path, text: str) -> bytes:
    """Give the copy that is kept of a file with this text."""
    folder.mkdir()
    (folder / "a.yaml").write_text(text, encoding="utf-8")
    read_kept(folder, folder / "copies")
    return copy_in(folder / "copies").read_bytes()


@pytest.mark.parametrize("damage", ["cut", "empty", "one byte", "no digest", "not text", "a folder"])
def test_a_damaged_copy_is_no_copy_and_is_mended(folder: Path, copies: Path, damage: str) -> None:
    read_kept(folder, copies)
    place = copy_in(copies)
    good = place.read_bytes()
    place.unlink()
    if damage == "a folder":
        place.mkdir()
    else:
        place.write_bytes(
            {
                "cut": good[:-9],
                "empty": b"",
                "one byte": good.replace("财".encode(), "税".encode()),
                "no digest": good.partition(b"\n")[2],
                "not text": b"\xff\xfe\n" + good,
            }[damage]
        )
    assert read_kept(folder, copies).departments["mof"].name == "财政部"
    assert damage == "a folder" or place.read_bytes() == good


def test_a_copy_of_another_shape_is_read_from_the_files(folder: Path, copies: Path) -> None:
    read_kept(folder, copies)
    content = b'{"departments":[{"id":"mof","nome":"x"}]}'
    copy_in(copies).write_bytes(digest_of(content).encode() + b"\n" + content)
    assert read_kept(folder, copies).departments["mof"].name == "财政部"


def test_every_change_of_a_file_gives_another_name(folder: Path) -> None:
    names = [name_of(folder)]
    (folder / "a.yaml").write_text(LAW + "# a comment\n", encoding="utf-8")
    names.append(name_of(folder))
    (folder / "a.yaml").rename(folder / "b.yaml")
    names.append(name_of(folder))
    (folder / "in").mkdir()
    shutil.move(folder / "b.yaml", folder / "in" / "b.yaml")
    names.append(name_of(folder))
    (folder / "c.yml").write_text("", encoding="utf-8")
    names.append(name_of(folder))
    assert len(set(names)) == len(names)
    (folder / "read.me").write_text("no rule", encoding="utf-8")
    assert name_of(folder) == names[-1]


def test_what_is_wrong_is_said_by_the_files_each_time(folder: Path, copies: Path) -> None:
    read_kept(folder, copies)
    (folder / "a.yaml").write_text(LAW + LAW, encoding="utf-8")
    for _ in range(2):
        with pytest.raises(RulebookRefused, match=r"a\.yaml:3"):
            read_kept(folder, copies)
    (folder / "a.yaml").write_text(LAW, encoding="utf-8")
    assert read_kept(folder, copies).departments["mof"].name == "财政部"
    with pytest.raises(RulebookRefused):
        read_kept(folder / "nowhere", copies)


def test_the_copies_may_be_deleted_at_any_time_and_need_not_be_kept(folder: Path, copies: Path) -> None:
    read_kept(folder, copies)
    shutil.rmtree(copies)
    assert read_kept(folder, copies).departments["mof"].name == "财政部"
    assert read_kept(folder, None).departments["mof"].name == "财政部"
    assert read_kept(folder, folder / "a.yaml" / "no folder").departments["mof"].name == "财政部"


def test_old_copies_are_cleared_away(folder: Path, copies: Path) -> None:
    for turn in range(MOST + 3):
        (folder / "a.yaml").write_text(f"{LAW}# {turn}\n", encoding="utf-8")
        read_kept(folder, copies)
    assert len(list(copies.iterdir())) == MOST
    assert (copies / f"rulebook-{name_of(folder)}.json").exists()


def test_a_single_file_is_kept_as_well(folder: Path, copies: Path) -> None:
    assert read_kept(folder / "a.yaml", copies).digest == read_kept(folder / "a.yaml", copies).digest
    assert copy_in(copies)
