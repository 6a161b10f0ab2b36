"""One record of the decision log: what it holds, and the id of the check, which says where the record stands.

A record holds a decision so that it can be given again as it was: what stands behind the verdict only where any of it
is not empty, compressed. What could be somebody's number is no part of it: see `as_kept`.
"""

import re
import zlib
from base64 import b64decode
from binascii import b2a_base64
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime
from functools import lru_cache
from hashlib import sha256
from itertools import chain as flat
from itertools import repeat
from typing import NamedTuple
from unicodedata import normalize
from uuid import UUID

from isal import isal_zlib

from api.chance import Bits
from api.json_text import json_bytes, read_json
from api.wire import decision_json
from engine.question import VERDICT_ZH, Decision, Json
from graph_model.identifiers import is_uscc

ANONYMOUS = "anonymous"
HIDDEN = "［已隐去］"
START = "0" * 64
"""The chain before the first line of a segment."""
_KEYED = re.compile(r"p-[0-9a-f]{40}", re.ASCII)
_NUMBERS = re.compile(
    r"[0-9A-Za-z]*(?:[0-9][ ._-]?){6}[0-9][0-9A-Za-z]*"  # seven digits, also in groups
    r"|(?=[0-9A-Za-z]{6})(?:[A-Za-z]*[0-9]){4}[0-9A-Za-z]*"  # six letters and digits, four of them digits
)
_MOST_CHARACTERS = 200
_ASKED = ("version", "rulebook", "on", "subject", "matter", "department", "concerning", "verdict")
_GIVEN = tuple(field.name for field in fields(Decision) if field.name not in _ASKED)
"""What stands in a decision before `verdict_zh`, in this order, and what stands behind it."""
_VERDICT_ZH, _BEHIND, _DIGEST = b',"verdict_zh":', b'"could_be":', b',"digest":"sha256:'
_NONCE_BITS, _OFFSET_BITS = 58, 32
_LEVEL = 0
"""The quickest of `isal_zlib`, whose streams `zlib` reads: a seventh of the time for a quarter more bytes."""
_NAME_BYTES = 44
_DEPTH = 64


class Asker(NamedTuple):
    """Who asks, by the name of the key (`anonymous` without one), and what for, in words."""

    caller: str = ANONYMOUS
    purpose: str | None = None


def words_of(text: str) -> str:
    """Keep the words of a caller's text: what holds as many digits as a document's number is hidden.

    >>> words_of("补贴审批 subsidy 2026"), words_of("for ID11010519491231002X"), words_of("护照 E1234567")
    ('补贴审批 subsidy 2026', 'for ［已隐去］', '护照 ［已隐去］')
    """
    plain = "".join(character for character in normalize("NFKC", text) if character.isprintable())
    return _NUMBERS.sub(HIDDEN, plain)[:_MOST_CHARACTERS]


def as_kept(told: Json) -> Json:
    """Give a decision as the log holds it: as it was given, but without texts of the caller's that are no key.

    A subject that is not registered may be given as any text, and `concerning` too; such a text could be a person's
    number. A subject that is neither USCC nor keyed id is hidden then, and of `concerning` the numbers.
    """
    kept = told
    if told["verdict"] == "unknown" and not _is_key(told["subject"]):
        kept = {**kept, "subject": HIDDEN}
    if told["concerning"] and not _is_key(told["concerning"]):
        kept = {**kept, "concerning": words_of(told["concerning"])}
    return kept


def digest_of(kept: Json) -> str:
    """Give the digest of a decision: `sha256:` and the SHA-256 of its JSON, as it is written in the answer."""
    return "sha256:" + sha256(json_bytes(kept)).hexdigest()


def unnamed(at: datetime, asker: Asker, told: Json, text: bytes | None = None) -> bytes:
    """Write the record of one decision, as JSON on one line, but for the id of the check: see `named`.

    `text` is the decision as it is written in the answer, where it is written already.
    """
    asking = {"at": at.isoformat(timespec="milliseconds"), "caller": asker.caller, "purpose": asker.purpose}
    kept = as_kept(told)
    if text is None or kept is not told:
        text = json_bytes(kept)
    before, behind = held(kept, text)
    return b"%b,%b%b%b" % (json_bytes(asking)[:-1], before, sha256(text).hexdigest().encode(), behind)


def held(kept: Json, text: bytes) -> tuple[bytes, bytes]:
    """Give what a record holds of a decision, which is kept and written like this: up to its digest, and behind it.

    It is cut from the text, as it stands there; no text of anybody's holds a bare quotation mark.
    """
    asked = text[1 : text.index(_VERDICT_ZH)]
    if not any(kept[name] for name in _GIVEN):
        return asked + _DIGEST, b'"}'
    more = b"{" + text[text.index(_BEHIND) :]
    return asked + _DIGEST, b'","given":"%b"}' % b2a_base64(isal_zlib.compress(more, _LEVEL), newline=False)


def named(check_id: bytes, record: bytes) -> bytes:
    """Give the record with the id of its check; 44 bytes more, whatever the id."""
    return b'{"id":"%b",%b' % (check_id, record[1:])


@lru_cache(maxsize=1)
def form() -> Json:
    """Give what a segment says in its first line, so that its records can be read by any later program."""
    empty = decision_json(Decision(0, "", date.min, "", "", None, None, "clear"))
    return {"decision": dict.fromkeys(_ASKED) | {n: v for n, v in empty.items() if n not in _ASKED},
            "order": list(empty), "verdicts": dict(VERDICT_ZH)}  # fmt: skip


def decision_of(record: Json, written: Json) -> Json:
    """Give the decision of a record, as the segment's own `form` says; member by member as it was given.

    Raises:
        ValueError: the record is damaged.

    """
    members = {**written["decision"], **{name: record[name] for name in _ASKED}}
    members["verdict_zh"] = written["verdicts"][record["verdict"]]
    if "given" in record:
        try:
            members |= read_json(zlib.decompress(b64decode(record["given"], validate=True)), depth_limit=_DEPTH)
        except zlib.error as error:
            raise ValueError("given") from error
    return {name: members[name] for name in written["order"]}


def parts_of(record: Json) -> Mapping[str, str | int | None]:
    """Give the record without the decision's proof: what a receipt states."""
    return {name: value for name, value in record.items() if name != "given"}


def link(chain: str, body: bytes) -> str:
    """Give the chain after a line, from the chain before it."""
    return sha256(chain.encode() + body).hexdigest()


def lines_of(chain: str, bodies: Sequence[bytes]) -> tuple[bytes, str]:
    """Write the lines of records that follow on a chain, each linked to the one before; give also the chain then."""
    chains, last = [], chain.encode()
    for body in bodies:
        last = sha256(last + body).hexdigest().encode()
        chains.append(last)
    parts = zip(chains, repeat(b" "), bodies, repeat(b"\n"), strict=False)
    return b"".join(flat.from_iterable(parts)), last.decode()


def length_of(record: bytes) -> int:
    """Give the length of a record's line: the chain in 64 hexadecimal digits, a space, the body, a line feed."""
    return len(START) + 1 + len(record) + _NAME_BYTES + 1


def id_at(segment: int, offset: int, bits: Bits) -> bytes:
    """Make the id of the check whose record begins `offset` bytes behind the first line of a segment.

    A UUID of version 8; 58 of its bits are chance, so that nobody finds an id by trying.

    >>> place_of(id_at(0xFEEDBEEF, 4711, (0, b"0" * 12)).decode()) == (0xFEEDBEEF, 4711)
    True
    """
    first, last = bits
    return b"%08x-%04x-%x-%x-%b" % (
        segment,
        offset >> 16,
        8 << 12 | offset >> 4 & 0xFFF,
        2 << 14 | (offset & 15) << 10 | first & 0x3FF,
        last,
    )


def place_of(check_id: str) -> tuple[int, int] | None:
    """Give the segment and the offset that an id of ours names; `None` for any other text."""
    try:
        uuid = UUID(check_id)
    except ValueError:
        return None
    if str(uuid) != check_id or uuid.version != 8:
        return None
    number = (uuid.int >> 80) << 74 | (uuid.int >> 64 & 0xFFF) << 62 | uuid.int & (1 << 62) - 1
    return number >> (_OFFSET_BITS + _NONCE_BITS), number >> _NONCE_BITS & (1 << _OFFSET_BITS) - 1


def _is_key(text: str) -> bool:
    return is_uscc(text) or _KEYED.fullmatch(text) is not None
