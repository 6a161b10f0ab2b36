"""Settings: a misspelling is refused, a secret is never shown, units are in the names."""

from dataclasses import fields
from pathlib import Path

import pytest

from api.settings import Settings
from graph_model.errors import SettingsRefused
from graph_model.stores.access import Access

PAGE = Path(__file__).parent.parent / "docs" / "settings.md"


def test_without_any_variable_the_defaults_hold() -> None:
    assert Settings.from_env({}) == Settings()


def test_a_misspelt_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SettingsRefused, match=r"XINHENG_STROE.*XINHENG_STORE"):
        Settings.from_env({"XINHENG_STROE": "sqlite:///x.db"})


def test_variables_of_other_programs_are_left_alone() -> None:
    assert Settings.from_env({"PORT": "1", "STORE": "x", "USER": "root"}) == Settings()


@pytest.mark.parametrize(
    ("env", "folder"),
    [
        ({}, None),
        ({"HOME": "/home/a"}, Path("/home/a/.cache/xinheng")),
        ({"HOME": "/home/a", "XDG_CACHE_HOME": "/c"}, Path("/c/xinheng")),
        ({"HOME": "/home/a", "XDG_CACHE_HOME": "c"}, Path("/home/a/.cache/xinheng")),
        ({"HOME": "/home/a", "XINHENG_CACHE_FOLDER": "copies"}, Path("copies")),
        ({"HOME": "/home/a", "XINHENG_CACHE_FOLDER": "none"}, None),
    ],
)
def test_quick_copies_are_kept_where_the_machine_keeps_such_things(env: dict[str, str], folder: Path | None) -> None:
    assert Settings.from_env(env).cache_folder == folder


def test_an_empty_variable_counts_as_not_set() -> None:
    assert Settings.from_env({"XINHENG_PORT": ""}).port == Settings().port


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("XINHENG_PORT", "eighty"),
        ("XINHENG_PORT", "70000"),
        ("XINHENG_LANG", "fr"),
        ("XINHENG_WAIT_LIMIT_S", "nan"),
        ("XINHENG_WAIT_LIMIT_S", "-1"),
        ("XINHENG_BODY_LIMIT_BYTES", "1.5"),
        ("XINHENG_LOG_FORMAT", "xml"),
        ("XINHENG_NEO4J_CONNECTIONS", "0"),
        ("XINHENG_NEO4J_CONNECT_SECONDS", "0"),
        ("XINHENG_NEO4J_ACQUIRE_SECONDS", "soon"),
        ("XINHENG_NEO4J_TRANSACTION_SECONDS", "inf"),
        ("XINHENG_NEO4J_BULK_SECONDS", "-1"),
    ],
)
def test_a_value_that_cannot_be_read_is_refused_by_name(name: str, text: str) -> None:
    with pytest.raises(SettingsRefused, match=name):
        Settings.from_env({name: text})


def test_the_secret_is_shown_neither_by_repr_nor_by_a_refusal() -> None:
    assert "a-secret" not in repr(Settings.from_env({"XINHENG_ID_KEY": "a-secret-of-more-than-thirty-two-characters"}))
    with pytest.raises(SettingsRefused) as caught:
        Settings.from_env({"XINHENG_ID_KEY": "a-secret"})
    assert "a-secret" not in str(caught.value)
    told = Settings.from_env({"XINHENG_NEO4J_PASSWORD": "a-secret"})
    assert "a-secret" not in f"{told!r} {told.access!r}"


def test_how_a_graph_server_is_reached_follows_from_the_settings() -> None:
    env = {
        "XINHENG_NEO4J_USER": "clerk",
        "XINHENG_NEO4J_PASSWORD": "secret",
        "XINHENG_NEO4J_CONNECTIONS": "3",
        "XINHENG_NEO4J_CONNECT_SECONDS": "0.5",
        "XINHENG_NEO4J_ACQUIRE_SECONDS": "1",
        "XINHENG_NEO4J_TRANSACTION_SECONDS": "7",
        "XINHENG_NEO4J_BULK_SECONDS": "900",
    }
    assert Settings.from_env(env).access == Access("clerk", "secret", 3, 0.5, 1.0, 7.0, 900.0)
    assert Settings.from_env({}).access == Access()


@pytest.mark.parametrize(
    ("env", "lang"),
    [
        ({}, "zh"),
        ({"LANG": "C.UTF-8"}, "zh"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LC_ALL": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "XINHENG_LANG": "en"}, "en"),
    ],
)
def test_the_language_is_the_locales_unless_it_is_set(env: dict[str, str], lang: str) -> None:
    assert Settings.from_env(env).lang == lang


def test_the_page_names_every_setting_and_its_default() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert [item.name for item in fields(Settings) if f"`XINHENG_{item.name.upper()}`" not in text] == []
