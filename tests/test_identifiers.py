"""Codes, keyed identity numbers and regions."""

import hashlib
import hmac
import os
import stat
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_model.errors import FactsRefused, StoreUnavailable, XinhengError
from graph_model.identifiers import (
    IDENTITY_FORMS,
    USCC_ALPHABET,
    IdentityKeyer,
    is_uscc,
    organisation_check_character,
    read_or_make_key,
    region_covers,
    region_of_uscc,
    uscc_check_character,
)

REAL = ("91350502156214611X", "91350823553226122K", "9135082355322600XF", "91350503156488380P")
"""Codes of companies in a public register."""
KEY = bytes(range(32))
VALID_RESIDENT_IDS = ("11010519491231002X", "440524188001010014")
"""The two examples that the standard itself prints (GB 11643); nobody has them."""


def code(region_part: str, body: str) -> str:
    first17 = region_part + body + organisation_check_character(body)
    return first17 + uscc_check_character(first17)


@pytest.mark.parametrize("text", REAL)
def test_codes_of_a_public_register_are_usccs(text: str) -> None:
    assert is_uscc(text)


@pytest.mark.parametrize("text", REAL)
def test_a_uscc_with_one_character_changed_is_none(text: str) -> None:
    for place in range(18):
        for letter in USCC_ALPHABET:
            if letter != text[place]:
                assert not is_uscc(text[:place] + letter + text[place + 1 :])


@given(
    region_part=st.text(USCC_ALPHABET, min_size=8, max_size=8),
    body=st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=8, max_size=8),
    place=st.integers(0, 16),
)
def test_two_neighbours_swapped_are_noticed(region_part: str, body: str, place: int) -> None:
    whole = code(region_part, body)
    assert is_uscc(whole), "letters among the first eight are allowed"
    swapped = whole[:place] + whole[place + 1] + whole[place] + whole[place + 2 :]
    assert is_uscc(swapped) == (swapped == whole)


def test_the_inner_check_character_counts_too() -> None:
    wrong_inside = "91350502" + "15621461" + "2"
    assert not is_uscc(wrong_inside + uscc_check_character(wrong_inside))


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "91350502156214611",
        "91350502156214611X ",
        "91350502156214611x",
        "９1350502156214611X",
        "9135O502156214611X",
        "91350502156214611X\n",
    ],
)
def test_what_only_looks_like_a_uscc_is_none(text: str) -> None:
    assert not is_uscc(text)


@given(st.text(max_size=20))
def test_any_text_is_judged_without_failing(text: str) -> None:
    assert is_uscc(text) in (True, False)


def test_a_uscc_names_the_region_of_its_registration() -> None:
    assert region_of_uscc(REAL[0]) == "350502"


@pytest.mark.parametrize(
    ("territory", "region", "covers"),
    [
        ("350000", "350000", True),
        ("350000", "350203", True),
        ("350000", "360000", False),
        ("350200", "350203", True),
        ("350200", "350200", True),
        ("350200", "350000", False),
        ("350200", "350500", False),
        ("350203", "350203", True),
        ("350203", "350200", False),
        ("350000", None, False),
    ],
)
def test_a_territory_covers_what_lies_in_it_and_no_national_body(
    territory: str, region: str | None, *, covers: bool
) -> None:
    assert region_covers(territory, region) is covers


# --- identity numbers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", VALID_RESIDENT_IDS)
def test_a_keyed_id_is_forty_digits_of_a_keyed_hash(number: str) -> None:
    digest = hmac.new(KEY, f"resident_id:{number}".encode(), hashlib.sha256).hexdigest()
    assert IdentityKeyer(KEY).keyed_id("resident_id", number) == f"p-{digest[:40]}"


def test_spelling_makes_no_other_person() -> None:
    keyer = IdentityKeyer(KEY)
    for spelling in (
        "11010519491231002x",
        " 110105 19491231 002X\n",
        "１１０１０５１９４９１２３１００２Ｘ",
        "110105-19491231-002X",
    ):
        assert keyer.keyed_id("resident_id", spelling) == keyer.keyed_id("resident_id", VALID_RESIDENT_IDS[0])


def test_another_key_or_type_gives_another_id() -> None:
    number = "123456789"
    ids = {IdentityKeyer(KEY).keyed_id(kind, number) for kind in ("passport", "hk_macao_permit", "taiwan_permit")}
    ids.add(IdentityKeyer(KEY[::-1]).keyed_id("passport", number))
    assert len(ids) == 4


@pytest.mark.parametrize(
    ("id_type", "number"),
    [
        ("passport", "E12345678"),
        ("hk_macao_permit", "H1234567801"),
        ("taiwan_permit", "0123456789"),
        ("foreign_permanent_resident", "FRA110099061910"),
        ("military_id", "军字第1234567号"),
    ],
)
def test_every_known_document_has_its_form(id_type: str, number: str) -> None:
    assert IdentityKeyer(KEY).keyed_id(id_type, number).startswith("p-")
    assert {*IDENTITY_FORMS} >= {id_type, "resident_id"}


@pytest.mark.parametrize(
    ("id_type", "number"),
    [
        ("resident_id", "110105194912310021"),
        ("resident_id", "11010519491231002"),
        ("resident_id", "110105491231002"),
        ("resident_id", "1101051949123100٢X"),
        ("resident_id", "secret"),
        ("passport", "E1"),
        ("passport", "<script>alert</script>"),
        ("hk_macao_permit", "12"),
        ("id card", "11010519491231002X"),
        ("11010519491231002X", "resident_id"),
        ("resident_id", ""),
    ],
)
def test_a_malformed_number_is_refused_and_never_shown(id_type: str, number: str) -> None:
    with pytest.raises(FactsRefused) as caught:
        IdentityKeyer(KEY).keyed_id(id_type, number)
    assert caught.value.detail_code == "identity.malformed"
    shown = f"{caught.value!r} {caught.value} {caught.value.hint} {caught.value.__cause__} {caught.value.__context__}"
    assert not number or number not in shown.replace("a well-formed resident_id", "").replace("resident_id, ", "")
    assert "11010519491231002X" not in shown


@given(st.sampled_from(sorted(IDENTITY_FORMS)), st.text(max_size=30))
def test_any_number_gives_an_id_or_a_refusal(id_type: str, number: str) -> None:
    with suppress(FactsRefused):
        assert len(IdentityKeyer(KEY).keyed_id(id_type, number)) == 42


def test_a_keyer_does_not_show_its_key() -> None:
    assert KEY.hex() not in repr(IdentityKeyer(KEY))
    assert str(KEY) not in repr(IdentityKeyer(KEY))


def test_a_short_key_is_refused() -> None:
    with pytest.raises(StoreUnavailable, match="16 random bytes"):
        IdentityKeyer(b"short")


def test_the_key_file_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "deeper" / "identity.key"
    key = read_or_make_key(path)
    assert len(key) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_or_make_key(path) == key
    assert [p.name for p in path.parent.iterdir()] == ["identity.key"]


def test_all_who_start_at_once_have_the_same_key(tmp_path: Path) -> None:
    path, keys, barrier = tmp_path / "identity.key", [], threading.Barrier(8)

    def start() -> None:
        barrier.wait()
        keys.append(read_or_make_key(path))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8
    assert len(set(keys)) == 1


@pytest.mark.parametrize("content", [b"", b"00ff", b"not a key at all", "密钥".encode(), b"\xff\xfe"])
def test_a_file_that_holds_no_key_is_refused_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "identity.key"
    path.write_bytes(content)
    with pytest.raises(StoreUnavailable) as caught:
        read_or_make_key(path)
    assert caught.value.detail_code == "identity.key"
    assert "safe copy" in caught.value.hint
    assert path.read_bytes() == content


def test_a_key_file_that_cannot_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(XinhengError) as caught:
        read_or_make_key(tmp_path / "file" / "identity.key")
    assert caught.value.code == "store.unavailable"
    assert os.fspath(tmp_path) in caught.value.what
