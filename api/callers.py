"""Who may ask: callers by name, each with a key of 256 random bits, of which only the hash is kept.

A file of lines `name sha256:…`, made by `xinheng caller add NAME`. Of a key with so much chance in it a plain hash
tells nothing. Sent as `Authorization: Bearer KEY`, or, so that a browser can ask a person for it, as the password of
`Basic`, whatever the user.
"""

import re
from base64 import b64decode
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from secrets import token_urlsafe

from api.problems import CallerUnknown
from graph_model.errors import SettingsRefused

_LINE = re.compile(r"(?P<name>[a-z][a-z0-9._-]{0,63}) sha256:(?P<hash>[0-9a-f]{64})", re.ASCII)
_NAME = re.compile(r"[a-z][a-z0-9._-]{0,63}", re.ASCII)
_OPEN = frozenset({"/v1/health/live", "/v1/health/ready"})
"""Which are for machines that watch, and tell nothing of anybody."""
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="xinheng", Basic realm="xinheng", charset="UTF-8"'}
Headers = Iterable[tuple[bytes, bytes]]


class Callers:
    """The callers of one file, as it was when it was read; `None` in its place means that everybody may ask."""

    def __init__(self, hashes: Mapping[str, str]) -> None:
        self._name_of = {hashed: name for name, hashed in hashes.items()}

    @classmethod
    def read(cls, path: Path) -> "Callers":
        """Read the file.

        Raises:
            SettingsRefused: it cannot be read, or a line is none of ours; the line's text is not repeated.

        """
        return cls(_hashes(path))

    def name_of(self, path: str, headers: Headers) -> str | None:
        """Give the name of who asks; `None` where a path is open to everybody.

        Raises:
            CallerUnknown: no key was sent, or one that is nobody's.

        """
        given = next((value for name, value in headers if name == b"authorization"), None)
        if given is None and path in _OPEN:
            return None
        found = self._name_of.get(sha256(_key_in(given or b"")).hexdigest())
        if found is None:
            raise CallerUnknown(
                "缺少或不认识的密钥 no key was sent, or one that is nobody's",
                hint="请加请求头 Authorization: Bearer … send that header with the key of `xinheng caller add`",
            )
        return found


def add(path: Path, name: str) -> str:
    """Add a caller to the file, which is made where there is none (mode 0600); gives the key, which is kept nowhere.

    Raises:
        SettingsRefused: the name is taken or none, or the file cannot be read or written.

    """
    if not _NAME.fullmatch(name):
        raise SettingsRefused(
            "调用方名称不合规则 no name of a caller",
            hint="小写字母开头，可含数字、点、连字符 begin with a small letter; digits, dots and hyphens may follow",
        )
    if path.exists() and name in _hashes(path):
        raise SettingsRefused(
            f"调用方 {name} 已存在 that caller is there already",
            hint="换一个名称，或先删去那一行 remove its line first",
        )
    key = token_urlsafe(32)
    try:
        path.touch(0o600)
        with path.open("a", encoding="ascii") as file:
            file.write(f"{name} sha256:{sha256(key.encode()).hexdigest()}\n")
    except OSError as error:
        raise SettingsRefused(
            f"{path} 无法写入 cannot be written: {error.strerror}", hint="检查路径与权限 check path and rights"
        ) from error
    return key


def _hashes(path: Path) -> dict[str, str]:
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsRefused(
            f"{path} 无法读取 the file of callers cannot be read",
            hint="xinheng caller add NAME 可建立此文件 makes it",
        ) from error
    found: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        parts = _LINE.fullmatch(line.strip())
        if parts is None or parts["name"] in found:
            raise SettingsRefused(
                f"{path} 第 {number} 行不合规则 line {number} is no caller, or one twice",
                hint="每行：名称 sha256:64位十六进制 a line is: name sha256:64 hexadecimal digits",
            )
        found[parts["name"]] = parts["hash"]
    return found


def _key_in(given: bytes) -> bytes:
    scheme, _, value = given.partition(b" ")
    match scheme.lower():
        case b"bearer":
            return value.strip()
        case b"basic":
            try:
                return b64decode(value, validate=True).partition(b":")[2]
            except ValueError:
                return b""
    return b""
