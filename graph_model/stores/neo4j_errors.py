"""What the errors of the driver and the server mean for the store, and what to do about each (docs/errors.md)."""

from collections.abc import Sequence

from neo4j.exceptions import (
    AuthError,
    ClientError,
    ConfigurationError,
    DatabaseError,
    DriverError,
    ServiceUnavailable,
    SessionExpired,
)

from graph_model.errors import StoreUnavailable

_REASONS: Sequence[tuple[str, str, str, str]] = (
    (
        "Security.Unauthorized",
        "user or password is wrong",
        "set XINHENG_NEO4J_USER and XINHENG_NEO4J_PASSWORD",
        "store.credentials",
    ),
    (
        "Security.AuthenticationRateLimit",
        "too many wrong passwords",
        "correct XINHENG_NEO4J_PASSWORD, then wait some seconds",
        "store.credentials",
    ),
    (
        "Security.CredentialsExpired",
        "the password must be changed first",
        "change it with ALTER CURRENT USER SET PASSWORD on database `system`",
        "store.credentials",
    ),
    (
        "Security.Forbidden",
        "this user may not do that",
        "give it the right to read and write this database (and to change its schema, for `xinheng store migrate`)",
        "store.forbidden",
    ),
    (
        "General.WriteOnReadOnlyAccessDatabase",
        "the database may only be read",
        "make it writable, or name the server that may write",
        "store.read-only",
    ),
    (
        "Database.DatabaseNotFound",
        "the server has no such database",
        "correct the name after the last slash of the address; Community has one, `neo4j`",
        "store.database",
    ),
    (
        "Transaction.TransactionTimedOut",
        "it did not answer in time",
        "ask for less at once, or allow more time with XINHENG_NEO4J_TRANSACTION_SECONDS",
        "store.deadline",
    ),
    (
        "General.TransactionOutOfMemoryError",
        "the server has too little memory for this",
        "send less at once, or give it more: server.memory.heap.max_size",
        "store.memory",
    ),
    (
        "General.MemoryPoolOutOfMemoryError",
        "the server has too little memory for this",
        "send less at once, or give it more: server.memory.heap.max_size",
        "store.memory",
    ),
    (
        "Transaction.TransactionLogError",
        "the server's disk is full or fails",
        "free some space and look at its log; nothing of this change was written",
        "store.disk",
    ),
)


def unavailable(error: Exception, place: str, database: str) -> StoreUnavailable:
    """Say what a driver's error means for the store, and what to do."""
    code = getattr(error, "code", None) or ""
    reason, hint, detail = f"{type(error).__name__}: {code}", "look at the server's log, then try again", None
    for word, its_reason, its_hint, its_detail in _REASONS:
        if word in code:
            reason, hint, detail = its_reason, its_hint, its_detail
            break
    else:
        match error:
            case AuthError():
                reason, hint, detail = _REASONS[0][1:]
            case ServiceUnavailable() | SessionExpired():
                reason, hint = (
                    "it cannot be reached",
                    "see that the server runs and its address is right, then retry",
                )
                detail = "store.down"
            case ConfigurationError():
                reason, hint = f"the address cannot be used ({error})", "write neo4j://host:7687/database"
                detail = "store.address"
            case DatabaseError() if "no space" in str(error).lower() or "disk" in str(error).lower():
                reason, hint, detail = _REASONS[-1][1:]
            case ClientError():
                reason = f"{code}: {error.message}"
            case DriverError() if "acquisition" in str(error).lower() or "timed out" in str(error).lower():
                reason, hint = "all connections are in use", "wait, or allow more with XINHENG_NEO4J_CONNECTIONS"
                detail = "store.busy"
    return StoreUnavailable(f"存储不可用 / store {place}/{database}: {reason}", hint=hint, detail_code=detail)
