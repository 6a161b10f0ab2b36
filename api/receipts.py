"""Receipts: the record of a check, signed (Ed25519), to be verified by anybody who has the public key, without us.

What is signed is `xinheng receipt 1`, a line feed, and the receipt's JSON without its signature: names sorted, no white
space, UTF-8.
"""

import json
import os
from base64 import b64decode, b64encode
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from secrets import token_hex

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)

from api.decision_reading import Found
from api.decision_record import as_kept, digest_of
from api.problems import ReceiptRefused
from engine.question import Json

FORMAT = 1
_PROLOGUE = b"xinheng receipt 1\n"
_SEED_BYTES = 32


class Signer:
    """Signs receipts with one key."""

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self._key.public_key()

    def receipt(self, found: Found) -> Json:
        """Give the signed receipt of a record."""
        stated: Json = {
            "receipt": FORMAT,
            "check": found.parts,
            "segment": found.segment,
            "chain": found.chain,
            "key": name_of(self.public),
        }
        return {**stated, "signature": b64encode(self._key.sign(_signed(stated))).decode()}


def name_of(key: Ed25519PublicKey) -> str:
    """Give the name of a public key: the first 16 hexadecimal digits of its SHA-256."""
    return sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


def pem_of(key: Ed25519PublicKey) -> str:
    """Write a public key as PEM, as other programs read it."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def public_key(text: bytes) -> Ed25519PublicKey:
    """Read a public key from PEM.

    Raises:
        ReceiptRefused: (`receipt.key`) it is none.

    """
    with suppress(ValueError):
        if isinstance(key := load_pem_public_key(text), Ed25519PublicKey):
            return key
    raise ReceiptRefused(
        "不是 Ed25519 公钥（PEM） no public Ed25519 key in PEM",
        hint="用 xinheng audit key 写出 write it by xinheng audit key",
        detail_code="receipt.key",
    )


def verify(receipt: object, key: Ed25519PublicKey, answer: object | None = None) -> Json:
    """Verify a receipt, and that it is the receipt of `answer` (as the service gave it); gives the check it states.

    Raises:
        ReceiptRefused: it is none (`receipt.malformed`), was signed by another key (`receipt.other-key`), does not
            verify (`receipt.forged`), or is another answer's (`receipt.other-answer`).

    """
    if not isinstance(receipt, dict) or receipt.get("receipt") != FORMAT or not isinstance(receipt.get("check"), dict):
        raise _refused("receipt.malformed", "不是回执 no receipt of ours")
    stated = {name: value for name, value in receipt.items() if name != "signature"}
    if stated.get("key") != name_of(key):
        raise _refused("receipt.other-key", "由另一把钥匙签署 signed by another key than the one given")
    try:
        key.verify(b64decode(str(receipt.get("signature")), validate=True), _signed(stated))
    except (InvalidSignature, ValueError):
        raise _refused("receipt.forged", "签名不符：内容被改动 the signature does not fit: it was changed") from None
    if answer is not None and not _is_of(answer, stated["check"]):
        raise _refused("receipt.other-answer", "不是这份答复的回执 the receipt is another answer's")
    return dict(stated["check"])


def _is_of(answer: object, check: Json) -> bool:
    if not isinstance(answer, dict) or not isinstance(decision := answer.get("decision"), dict):
        return False
    if not {"verdict", "subject", "concerning"} <= decision.keys():
        return False
    return answer.get("check_id") == check.get("id") and digest_of(as_kept(decision)) == check.get("digest")


def read_or_make_seed(path: Path) -> bytes:
    """Read the secret key from a file of 64 hexadecimal digits, making it at first use with mode 0600.

    Raises:
        ReceiptRefused: (`receipt.key`) it cannot be read or made.

    """
    try:
        if not path.exists():
            _make(path)
        seed = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        seed = b""
    if len(seed) != _SEED_BYTES:
        raise ReceiptRefused(
            f"回执密钥文件不可用 the receipts' key file {path} cannot be used",
            hint="由备份恢复，或另指一个文件 restore it from its safe copy, or name another file",
            detail_code="receipt.key",
        )
    return seed


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(token_hex(_SEED_BYTES) + "\n")
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileExistsError):  # where two begin at once, the first key stands
        os.link(draft, path)
    draft.unlink()


def _signed(stated: Json) -> bytes:
    return _PROLOGUE + json.dumps(stated, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _refused(detail: str, what: str) -> ReceiptRefused:
    return ReceiptRefused(what, hint="不可据以为凭 do not rely on it", detail_code=detail)
