"""Where the decision log and the key of its receipts are, as the settings say."""

from pathlib import Path

from api.decision_writer import Plan
from api.problems import ReceiptRefused
from api.receipts import read_or_make_seed
from api.settings import Settings

_SQLITE = "sqlite:///"


def plan_of(settings: Settings) -> Plan:
    """Give how decisions are kept."""
    return Plan(
        settings.decision_log,
        folder_of(settings),
        settings.decision_log_failure == "unlogged",
        settings.decision_log_buffer_s,
        settings.decision_log_segment_bytes,
        settings.decision_log_limit_bytes or None,
    )


def folder_of(settings: Settings) -> Path | None:
    """Give the folder of the log: the one set, else `NAME-decisions` beside the SQLite store `NAME.db`.

    For other stores it is `xinheng-decisions` in the working folder. A store in memory, gone with its program, has
    none unless one is set: there is nothing that its decisions could be replayed on.

    >>> folder_of(Settings(store="sqlite:////srv/city.db"))
    PosixPath('/srv/city-decisions')
    """
    if settings.decision_log_folder is not None:
        return settings.decision_log_folder
    path = settings.store.removeprefix(_SQLITE)
    if path == ":memory:":
        return None
    if not settings.store.startswith(_SQLITE):
        return Path("xinheng-decisions")
    return Path(path).with_name(f"{Path(path).stem}-decisions")


def seed_of(settings: Settings) -> bytes:
    """Give the secret key of receipts: `receipt_key`, else what `receipt_key_file` holds (made at first use).

    Where neither is set, the file is `FOLDER.key` beside the folder of the log.

    Raises:
        ReceiptRefused: (`receipt.key`) the file cannot be read or made, or there is no log.

    """
    if settings.receipt_key is not None:
        return settings.receipt_key
    folder, file = folder_of(settings), settings.receipt_key_file
    if file is None and folder is not None:
        file = folder.with_name(f"{folder.name}.key")
    if file is None:
        raise ReceiptRefused(
            "没有决策日志，也就没有回执密钥 there is no decision log, and so no key for receipts",
            hint="设置 XINHENG_RECEIPT_KEY_FILE set that",
            detail_code="receipt.key",
        )
    return read_or_make_seed(file)
