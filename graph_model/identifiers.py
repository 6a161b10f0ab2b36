"""Who is who: unified social credit codes, keyed identity numbers, regions (SEMANTICS §1).

An identity number goes in and a keyed hash comes out. The number itself is never kept, shown or put in an error.
"""

import hashlib
import hmac
import os
import re
import secrets
import unicodedata
from collections.abc import Callable, Mapping
from pathlib import Path

from graph_model.errors import FactsRefused, StoreUnavailable
from graph_model.nodes import SubjectId

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""GB 32100: no I, O, S, V, Z, which look like digits."""
_USCC_VALUES: Mapping[str, int] = {letter: value for value, letter in enumerate(USCC_ALPHABET)}
_USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_BODY_VALUES: Mapping[str, int] = {letter: value for value, letter in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")}
_BODY_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_RESIDENT_CHECKS = "10X98765432"
_KEY_BYTES = 32
_LEAST_KEY_BYTES = 16


def uscc_check_character(first17: str) -> str:
    """Give the last character of a USCC from the 17 before it (GB 32100, modulo 31).

    >>> uscc_check_character("91350200MA2Y0000X")
    'D'
    """
    total = sum(_USCC_VALUES[letter] * weight for letter, weight in zip(first17, _USCC_WEIGHTS, strict=True))
    return USCC_ALPHABET[-total % 31]


def organisation_check_character(first8: str) -> str:
    """Give the ninth character of an organisation code (GB 11714, modulo 11), the inner check of a USCC.

    >>> organisation_check_character("15621461")
    '1'
    """
    total = sum(_BODY_VALUES[letter] * weight for letter, weight in zip(first8, _BODY_WEIGHTS, strict=True))
    return "0123456789X"[-total % 11]


def is_uscc(text: str) -> bool:
    """Whether `text` is exactly a USCC: 18 characters of its alphabet, and both check characters right.

    Letters may stand among the first eight (rural collectives `N…`, military `A…`), lower case may not.

    >>> is_uscc("91350502156214611X"), is_uscc("91350502156214612X"), is_uscc("91350502156214611x")
    (True, False, False)
    """
    if len(text) != 18:
        return False
    # Every row of every file comes through here: sums of parts, written out, are six times as fast as of characters.
    start, a, b, c, d, end = _PART_SUMS
    try:
        body = a[text[8:10]] + b[text[10:12]] + c[text[12:14]] + d[text[14:16]]
        total = start[text[:8]] + body + end[text[16:]]
    except KeyError:
        return False
    return total % _INNER % 31 == 0 and total // _INNER % 11 == 0


_INNER = 1 << 16
"""More than the whole code's weighted sum can be: the inner check's sum is counted in multiples of it."""
_MOST_PARTS = 20_000


class _PartSums(dict[str, int]):
    """The weighted sums, outer and inner, of each part at one place of a code, worked out when it is first met.

    Pairs are few; the first eight characters (kind and region) are few in any register.
    """

    def __init__(self, place: int) -> None:
        super().__init__()
        self._place = place

    def __missing__(self, part: str) -> int:
        found = sum(_sum_at(self._place + offset, letter) for offset, letter in enumerate(part))
        if len(self) >= _MOST_PARTS:
            self.clear()
        self[part] = found
        return found


def _sum_at(place: int, letter: str) -> int:
    outer = _USCC_VALUES[letter] * (*_USCC_WEIGHTS, 1)[place]
    if place == 16:
        return outer + _INNER * _INNER_CHECKS[letter]
    return outer + _INNER * _BODY_VALUES[letter] * _BODY_WEIGHTS[place - 8] if 8 <= place < 16 else outer


_INNER_CHECKS: Mapping[str, int] = {letter: value for value, letter in enumerate("0123456789X")}
_PART_SUMS = tuple(map(_PartSums, (0, 8, 10, 12, 14, 16)))


def region_of_uscc(code: str) -> str:
    """Give the six characters of a USCC that name the region of its first registration.

    >>> region_of_uscc("91350502156214611X")
    '350502'
    """
    return code[2:8]


def region_covers(territory: str, region: str | None) -> bool:
    """Whether a territory (GB/T 2260) covers a region; no territory covers a national body, which has none.

    >>> region_covers("350000", "350203"), region_covers("350203", "350200"), region_covers("350200", None)
    (True, False, False)
    """
    if region is None:
        return False
    if territory.endswith("0000"):
        return region[:2] == territory[:2]
    if territory.endswith("00"):
        return region[:4] == territory[:4]
    return region == territory


def _is_resident_id(number: str) -> bool:
    if re.fullmatch(r"[0-9]{17}[0-9X]", number, re.ASCII) is None:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], _RESIDENT_WEIGHTS, strict=True))
    return number[17] == _RESIDENT_CHECKS[total % 11]


def _shaped(pattern: str) -> Callable[[str], bool]:
    shape = re.compile(pattern)
    return lambda number: shape.fullmatch(number) is not None


IDENTITY_FORMS: Mapping[str, Callable[[str], bool]] = {
    "resident_id": _is_resident_id,
    "passport": _shaped(r"[A-Z0-9]{5,20}"),
    "hk_macao_permit": _shaped(r"[A-Z0-9]{8,12}"),
    "taiwan_permit": _shaped(r"[A-Z0-9]{7,12}"),
    "foreign_permanent_resident": _shaped(r"[A-Z0-9]{15,18}"),
    "military_id": _shaped(r"\w{5,24}"),
}
"""The identity documents that are known, and what a number of each must look like, once normalised."""


def _normalised(id_number: str) -> str:
    """One spelling for one number: full-width forms, spaces, hyphens and case make no other person."""
    narrow = unicodedata.normalize("NFKC", id_number).upper()
    return "".join(letter for letter in narrow if not letter.isspace() and letter not in "-‐–—")


class IdentityKeyer:
    """Turns identity numbers into keyed subject ids with one secret key, of at least 16 bytes.

    The same number gives the same id under the same key, and no one without the key can try numbers.
    """

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        if len(key) < _LEAST_KEY_BYTES:
            raise StoreUnavailable(
                f"身份号码密钥太短 / the identity key has {len(key)} bytes",
                hint=f"use at least {_LEAST_KEY_BYTES} random bytes; 32 are made where no key is set",
                detail_code="identity.key",
            )
        self._key = key

    def __repr__(self) -> str:
        return "IdentityKeyer(…)"

    def keyed_id(self, id_type: str, id_number: str) -> SubjectId:
        """Give the subject id of a person: `p-` and the first 40 hexadecimal digits of HMAC-SHA-256.

        Raises:
            FactsRefused: `identity.malformed`; the message names the type only, never the number.

        """
        number = _normalised(id_number)
        is_well_formed = IDENTITY_FORMS.get(id_type)
        if is_well_formed is None:
            # The type is not echoed: a number may have slipped into its column.
            raise FactsRefused(
                "证件类型未知 / unknown type of identity document",
                hint=f"use one of {', '.join(IDENTITY_FORMS)}",
                detail_code="identity.malformed",
            )
        if not is_well_formed(number):
            raise FactsRefused(
                f"证件号码不合规（{id_type}）/ the number is not a well-formed {id_type}",
                hint="check the number at its source; it is not shown here on purpose",
                detail_code="identity.malformed",
            )
        digest = hmac.digest(self._key, f"{id_type}:{number}".encode(), hashlib.sha256)
        return f"p-{digest.hex()[:40]}"


def read_or_make_key(path: Path) -> bytes:
    """Read the identity key from a file, making the file at first use with mode 0600.

    The file holds 64 hexadecimal digits. Who loses it can no longer tell which person is which; who shares it
    lets others try identity numbers.

    Raises:
        StoreUnavailable: the file cannot be read or made, or holds no key.

    """
    try:
        if not path.exists():
            _make_key(path)
        text = path.read_text(encoding="ascii").strip()
        key = bytes.fromhex(text)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not hexadecimal digits"
        raise StoreUnavailable(
            f"身份号码密钥文件不可用 / the identity key file {path} cannot be used: {reason}",
            hint="restore it from its safe copy, or name another file; a new key makes all persons unknown",
            detail_code="identity.key",
        ) from None
    if len(key) < _LEAST_KEY_BYTES:
        raise StoreUnavailable(
            f"身份号码密钥太短 / the identity key file {path} holds only {len(key)} bytes",
            hint="restore it from its safe copy; a new key makes all persons unknown",
            detail_code="identity.key",
        )
    return key


def _make_key(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(_KEY_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        # A link, not a rename: where two processes start at once, the first key stands and both read it.
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink()
