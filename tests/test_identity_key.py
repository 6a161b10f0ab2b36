"""Where the secret of the keyed hash comes from: said outright, from a file, or beside the store that needs it."""

from dataclasses import replace
from pathlib import Path

import pytest

from api.identity import identity_key
from api.settings import Settings


def test_a_key_that_is_set_wins_and_makes_no_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    assert identity_key(replace(Settings(), id_key=b"k" * 32, id_key_file=file)) == b"k" * 32
    assert not file.exists()


def test_a_file_that_is_named_is_made_once_and_kept(tmp_path: Path) -> None:
    settings = replace(Settings(), id_key_file=tmp_path / "key")
    assert identity_key(settings) == identity_key(settings)
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600


def test_without_either_the_key_lies_beside_the_store_it_belongs_to(tmp_path: Path) -> None:
    first = identity_key(replace(Settings(), store=f"sqlite:///{tmp_path}/one.db"))
    assert (tmp_path / "xinheng-id.key").exists()
    assert identity_key(replace(Settings(), store=f"sqlite:///{tmp_path}/two.db")) == first


def test_a_store_in_memory_leaves_no_key_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = replace(Settings(), store="sqlite:///:memory:")
    assert identity_key(settings) != identity_key(settings)
    assert list(tmp_path.iterdir()) == []
