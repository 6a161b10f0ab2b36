"""What the errors of the driver and the server mean for the store, and what to do about each (docs/errors.md)."""

from collections.abc import Sequence
from typing import NamedTuple

from neo4j.exceptions import AuthError, ConfigurationError, DriverError, ServiceUnavailable, SessionExpired

from graph_model.errors import StoreUnavailable


class _Reason(NamedTuple):
    """`words`: parts of the server's code or message, any of which tells this reason."""

    words: Sequence[str]
    zh: str
    en: str
    hint: str
    detail: str


_CREDENTIALS = _Reason(
    ("Security.Unauthorized",),
    "用户名或密码不对",
    "user or password is wrong",
    "set XINHENG_NEO4J_USER and XINHENG_NEO4J_PASSWORD",
    "store.credentials",
)
_GONE = _Reason(
    # As many threads as connections: one that cannot be obtained cannot be opened.
    ("General.DatabaseUnavailable", "obtain a connection from the pool"),
    "连接不上",
    "it cannot be reached",
    "see that the server runs and its address is right, then retry",
    "store.down",
)
_BUSY = _Reason(
    ("Transaction.DeadlockDetected", "Transaction.LockAcquisitionTimeout"),
    "同时写入或提问的过多",
    "too much is asked or written at once",
    "wait a little and try again, or allow more with XINHENG_NEO4J_CONNECTIONS",
    "store.busy",
)
_DISK = _Reason(
    ("TransactionLogError", "No space left", "File too large", "Disk quota exceeded", "low on disk"),
    "服务器磁盘已满或故障",
    "the server's disk is full or fails",
    "free some space, look at the server's log, and restart it; what was not acknowledged can be sent again",
    "store.disk",
)
_REASONS: Sequence[_Reason] = (
    _DISK,
    _CREDENTIALS,
    _Reason(
        ("Security.AuthenticationRateLimit",),
        "密码错误次数过多",
        "too many wrong passwords",
        "correct XINHENG_NEO4J_PASSWORD, then wait some seconds",
        "store.credentials",
    ),
    _Reason(
        ("Security.CredentialsExpired",),
        "须先修改密码",
        "the password must be changed first",
        "change it with ALTER CURRENT USER SET PASSWORD on database `system`",
        "store.credentials",
    ),
    _Reason(
        ("Security.Forbidden",),
        "该用户无此权限",
        "this user may not do that",
        "give it the right to read and write this database (and to change its schema, for `xinheng store migrate`)",
        "store.forbidden",
    ),
    _Reason(
        ("ReadOnly", "read-only", "read only", "NotALeader"),
        "数据库只读",
        "the database may only be read",
        "make it writable, or name the server that may write",
        "store.read-only",
    ),
    _Reason(
        ("Database.DatabaseNotFound",),
        "服务器上没有该数据库",
        "the server has no such database",
        "correct the name after the last slash of the address; Community has one, `neo4j`",
        "store.database",
    ),
    _Reason(
        ("Transaction.TransactionTimedOut", "Transaction.LockClientStopped", "Transaction.Terminated"),
        "未按时完成",
        "it did not answer in time",
        "ask for less at once, or allow more time with XINHENG_NEO4J_TRANSACTION_SECONDS",
        "store.deadline",
    ),
    _Reason(
        ("OutOfMemory",),
        "服务器内存不足",
        "the server has too little memory for this",
        "send less at once, or give it more: server.memory.heap.max_size",
        "store.memory",
    ),
    _BUSY,
    _GONE,
)
_FAILED = _Reason((), "服务器报错", "the server failed", "look at the server's log, then try again", "store.failed")


def unavailable(error: Exception, place: str, database: str) -> StoreUnavailable:
    """Say what a driver's error means for the store, and what to do."""
    reason = _reason(error)
    told = f" ({getattr(error, 'code', None) or type(error).__name__})" if reason is _FAILED else ""
    return StoreUnavailable(
        f"{reason.zh} / store {place}/{database}: {reason.en}{told}", hint=reason.hint, detail_code=reason.detail
    )


def _reason(error: Exception) -> _Reason:
    told = f"{getattr(error, 'code', None) or ''} {error}"
    for reason in _REASONS:
        if any(word in told for word in reason.words):
            return reason
    match error:
        case AuthError():
            return _CREDENTIALS
        case ServiceUnavailable() | SessionExpired():
            return _GONE
        case ConfigurationError():
            return _FAILED._replace(
                zh="存储地址不可用",
                en=f"the address cannot be used ({error})",
                hint="write neo4j://host:7687/database",
                detail="store.address",
            )
        case DriverError() if "closed" in str(error):
            return _GONE
        case _:
            return _FAILED
