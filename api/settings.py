"""Every setting: read once from the environment, typed, units in the names; a misspelling is refused.

Documented in docs/settings.md (a test holds that page to this class). The environment is read by whoever starts a
program (`Settings.from_env(os.environ)`), never at import and never later.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, Self

from graph_model.errors import SettingsRefused
from graph_model.stores.access import Access

PREFIX = "XINHENG_"
Lang = Literal["zh", "en"]
LogFormat = Literal["json", "text"]
Answering = Literal["store", "memory"]
Keeping = Literal["strict", "buffered", "none"]
OnFailure = Literal["refuse", "unlogged"]
KEY_BYTES = 32
MOST_WORKERS = 64
_ACCESS = Access()


@dataclass(frozen=True, slots=True)
class Settings:
    """What a program of ours can be told from outside. Field `port` is the variable `XINHENG_PORT`, and so on.

    store                 URL of the store
    lang                  language of messages to people; where not set, English for an English locale, else Chinese
    id_key                secret for the keyed hash of identity numbers; never shown, not even by `repr`
    id_key_file           file with that secret, made at first use (mode 0600); not set: see `api.identity.identity_key`
    cache_folder          where quick copies of rulebook files are kept; `none` keeps none; where not set, `xinheng` in
                          `XDG_CACHE_HOME`, else in `.cache` of the home folder; may be deleted at any time
    host, port            where the HTTP service listens
    workers               processes that answer there, each with a memory of its own
    body_limit_bytes      largest request body
    depth_limit_levels    deepest nesting of arrays and objects in a request body
    batch_limit_checks    most checks in one batch
    feed_limit_versions   most versions in one page of the change feed
    feed_limit_readers    most readers of it that wait, or read it as a stream, at once
    feed_wait_limit_s     longest wait of one that asks to wait for something new, in seconds
    heavy_limit_requests  most batches and changes worked on at once; more are refused as `overloaded`
    heavy_wait_limit_s    longest wait of one of them for its turn, in seconds; then it is refused, and nothing was done
    flight_limit_requests most requests for checks that are answered or wait at once; more are refused as `overloaded`
    callers_file          who may ask: names and hashes of keys (`api.callers`); not set: everybody
    wait_limit_s          longest wait for `min_version`, in seconds
    body_limit_s          longest wait for a request's body to come in whole, in seconds
    index                 where `serve` answers checks from: the `store`, or `memory`, once all is read into it
    log_format            `json` (one object a line) or `text`
    decision_log          `strict` (each decision is durably recorded before it leaves), `buffered` (soon after), `none`
    decision_log_folder   where; not set: see `api.decision_place.folder_of`
    decision_log_failure  where it cannot be written: `refuse` checks, or answer them `unlogged`, and say so
    decision_log_buffer_s longest time until a decision is durable, in seconds (`buffered` only)
    decision_log_segment_bytes, decision_log_limit_bytes
                          of one file, and of all together (0: no limit); at the limit it counts as not writable
    receipt_key           secret by which receipts are signed, 64 hexadecimal digits; never shown, not even by `repr`
    receipt_key_file      file with that secret, made at first use (mode 0600); not set: see `api.decision_place`
    neo4j_user, neo4j_password
                          who we are to a graph server (`neo4j://…`); the password is never shown, not even by `repr`
    neo4j_connections     most connections to it from one process
    neo4j_connect_seconds, neo4j_acquire_seconds, neo4j_transaction_seconds, neo4j_bulk_seconds
                          longest wait for a new connection, for a free one, for the answer to one read or change set,
                          and for one that reads or fills the whole store
    """

    store: str = "sqlite:///xinheng.db"
    lang: Lang = "zh"
    id_key: bytes | None = field(default=None, repr=False)
    id_key_file: Path | None = None
    cache_folder: Path | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    body_limit_bytes: int = 1_048_576
    depth_limit_levels: int = 16
    batch_limit_checks: int = 1_000
    feed_limit_versions: int = 1_000
    feed_limit_readers: int = 256
    feed_wait_limit_s: float = 25.0
    heavy_limit_requests: int = 32
    heavy_wait_limit_s: float = 5.0
    flight_limit_requests: int = 512
    callers_file: Path | None = None
    wait_limit_s: float = 2.0
    body_limit_s: float = 30.0
    log_format: LogFormat = "json"
    index: Answering = "memory"
    decision_log: Keeping = "strict"
    decision_log_folder: Path | None = None
    decision_log_failure: OnFailure = "refuse"
    decision_log_buffer_s: float = 1.0
    decision_log_segment_bytes: int = 64 << 20
    decision_log_limit_bytes: int = 0
    receipt_key: bytes | None = field(default=None, repr=False)
    receipt_key_file: Path | None = None
    neo4j_user: str = _ACCESS.user
    neo4j_password: str = field(default="", repr=False)
    neo4j_connections: int = _ACCESS.connections
    neo4j_connect_seconds: float = _ACCESS.connect
    neo4j_acquire_seconds: float = _ACCESS.acquire
    neo4j_transaction_seconds: float = _ACCESS.transaction
    neo4j_bulk_seconds: float = _ACCESS.bulk

    @property
    def access(self) -> Access:
        """How a graph server is reached."""
        return Access(
            user=self.neo4j_user,
            password=self.neo4j_password,
            connections=self.neo4j_connections,
            connect=self.neo4j_connect_seconds,
            acquire=self.neo4j_acquire_seconds,
            transaction=self.neo4j_transaction_seconds,
            bulk=self.neo4j_bulk_seconds,
        )

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """Read the settings; a variable that is set but empty counts as not set.

        Raises:
            SettingsRefused: an unknown `XINHENG_` name, or a value that cannot be read; names the variable, never
                the value of a secret.

        >>> Settings.from_env({"XINHENG_PORT": "8080", "LANG": "en_GB.UTF-8"}).port
        8080

        """
        known = {PREFIX + item.name.upper(): item.name for item in fields(cls)}
        if unknown := sorted(name for name in env if name.startswith(PREFIX) and name not in known):
            raise SettingsRefused(
                f"没有这样的设置 no such setting: {', '.join(unknown)}",
                hint=f"可用的是 we know {', '.join(sorted(known))}",
            )
        given = {attribute: env[name] for name, attribute in known.items() if env.get(name)}
        values = {attribute: _read(attribute, text) for attribute, text in given.items()}
        return cls(**{"lang": _locale_lang(env), "cache_folder": _cache_folder(env), **values})


def _locale_lang(env: Mapping[str, str]) -> Lang:
    # The order is POSIX's. An officer's machine without a locale (C) still gets Chinese.
    locale = env.get("LC_ALL") or env.get("LC_MESSAGES") or env.get("LANG") or ""
    return "en" if locale.lower().startswith("en") else "zh"


def _cache_folder(env: Mapping[str, str]) -> Path | None:
    # Relative paths are to be ignored (XDG base directories): the working folder is no place for copies.
    for name, inner in (("XDG_CACHE_HOME", "xinheng"), ("HOME", ".cache/xinheng")):
        if (given := env.get(name, "")).startswith("/"):
            return Path(given) / inner
    return None


def _folder(text: str) -> Path | None:
    return None if text == "none" else Path(text)


def _read(attribute: str, text: str) -> Any:
    reader, meant = _READERS.get(attribute, (str, "text"))
    try:
        return reader(text)
    except ValueError:
        # `from None`: the cause would show the value, which may be the secret.
        raise SettingsRefused(
            f"{PREFIX}{attribute.upper()} 的值不合要求 cannot be read", hint=f"应为 give {meant}"
        ) from None


def _integer(least: int, most: int) -> tuple[Callable[[str], int], str]:
    def read(text: str) -> int:
        number = int(text)
        if not least <= number <= most:
            raise ValueError(text)
        return number

    return read, f"a whole number from {least} to {most}"


def _word(*words: str) -> tuple[Callable[[str], str], str]:
    def read(text: str) -> str:
        if text not in words:
            raise ValueError(text)
        return text

    return read, " or ".join(words)


def _seconds(least: float, most: float) -> tuple[Callable[[str], float], str]:
    def read(text: str) -> float:
        seconds = float(text)
        if not least <= seconds <= most:  # also refuses nan
            raise ValueError(text)
        return seconds

    return read, f"a number of seconds from {least:g} to {most:g}"


def _seed(text: str) -> bytes:
    seed = bytes.fromhex(text)
    if len(seed) != KEY_BYTES:
        raise ValueError
    return seed


def _secret(text: str) -> bytes:
    if len(text) < KEY_BYTES:
        raise ValueError
    return text.encode()


_READERS: Mapping[str, tuple[Callable[[str], Any], str]] = {
    "lang": _word("zh", "en"),
    "id_key": (_secret, f"at least {KEY_BYTES} characters, random, e.g. from `openssl rand -hex 32`"),
    "id_key_file": (Path, "the path of a file"),
    "cache_folder": (_folder, "the path of a folder, or none"),
    "port": _integer(0, 65_535),
    "workers": _integer(1, MOST_WORKERS),
    "body_limit_bytes": _integer(1_024, 1 << 30),
    "depth_limit_levels": _integer(4, 200),
    "batch_limit_checks": _integer(1, 1_000),
    "feed_limit_versions": _integer(1, 100_000),
    "feed_limit_readers": _integer(1, 10_000),
    "feed_wait_limit_s": _seconds(0, 600),
    "heavy_limit_requests": _integer(1, 10_000),
    "heavy_wait_limit_s": _seconds(0.01, 600),
    "flight_limit_requests": _integer(1, 100_000),
    "callers_file": (Path, "the path of a file that `xinheng caller add` made"),
    "wait_limit_s": _seconds(0, 60),
    "body_limit_s": _seconds(0, 60),
    "index": _word("store", "memory"),
    "log_format": _word("json", "text"),
    "decision_log": _word("strict", "buffered", "none"),
    "decision_log_folder": (Path, "the path of a folder"),
    "decision_log_failure": _word("refuse", "unlogged"),
    "decision_log_buffer_s": _seconds(0.01, 60),
    "decision_log_segment_bytes": _integer(1 << 16, 1 << 31),
    "decision_log_limit_bytes": _integer(0, 1 << 50),
    "receipt_key": (_seed, "64 hexadecimal digits, random, e.g. from `openssl rand -hex 32`"),
    "receipt_key_file": (Path, "the path of a file"),
    "neo4j_connections": _integer(1, 1_000),
    "neo4j_connect_seconds": _seconds(0.1, 60),
    "neo4j_acquire_seconds": _seconds(0.1, 60),
    "neo4j_transaction_seconds": _seconds(0.1, 600),
    "neo4j_bulk_seconds": _seconds(1, 86_400),
}
