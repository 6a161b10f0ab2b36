"""`xinheng audit verify|receipt|key`: what was answered and what was changed, proved (docs/audit.md)."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tqdm import tqdm

from api.cli.exits import Exit
from api.cli.session import Session
from api.decision_place import folder_of, seed_of
from api.decision_segment import Head, head_of, segments_in
from api.decision_verify import Verified, verified
from api.json_text import read_json
from api.problems import LogUnavailable, ReceiptRefused
from api.receipts import Signer, name_of, pem_of, public_key, verify
from graph_model.errors import MalformedRequest
from graph_model.nodes import Version
from graph_model.store import Archive, Store
from graph_model.stores.sqlite import SqliteStore
from loaders.transfer import tables_at
from memoranda.graph import graph_of_content

_DEPTH = 64


def describe_verify(parser: ArgumentParser, session: Session) -> None:
    """Declare the arguments of `audit verify`."""
    told = session.say("决策日志的文件夹，默认为所设的那个", "folders of the decision log; else the one that is set")
    parser.add_argument("folders", nargs="*", type=Path, metavar="FOLDER", help=told)
    told = session.say(
        "此前核验（--json）的结果：当时有的，如今须仍在", "an earlier result (--json), to be there still"
    )
    parser.add_argument("--heads", type=Path, metavar="FILE", help=told)


def describe_receipt(parser: ArgumentParser, session: Session) -> None:
    """Declare the arguments of `audit receipt`."""
    parser.add_argument("file", type=Path, metavar="FILE", help=session.say("回执（JSON）", "the receipt, as JSON"))
    told = session.say("公钥（PEM），见 xinheng audit key", "the public key in PEM: see xinheng audit key")
    parser.add_argument("--key", type=Path, metavar="PUB", required=True, help=told)
    told = session.say("连同核对这份答复（JSON）", "also that it is the receipt of this answer (JSON)")
    parser.add_argument("--answer", type=Path, metavar="FILE", help=told)


def describe_key(parser: ArgumentParser, session: Session) -> None:
    """Declare the arguments of `audit key`: none of its own."""


def run_verify(args: Namespace, session: Session) -> Exit:
    """Verify every record of the decision log and the store's change log; name the first bad one of each file."""
    anchors = _heads_in(args.heads) if args.heads else []
    folders = args.folders or [folder for folder in [folder_of(session.settings)] if folder is not None]
    for folder in args.folders:
        if not folder.is_dir():
            raise LogUnavailable(
                session.say(f"没有文件夹 {folder}", f"there is no folder {folder}"),
                hint=session.say("请核对路径", "check the path"),
            )
    size = sum(path.stat().st_size for folder in folders for path in segments_in(folder).values())
    with tqdm(total=size, unit="B", unit_scale=True, disable=None, leave=False) as progress:
        log = verified(folders, anchors, progress.update)
    with session.existing_store() as store:
        version, bad = store.latest_version(), _first_bad(store)
    if args.json:
        session.print_json(_plain(log, version, bad))
    else:
        _tell(log, version, bad, session)
    return Exit.NOT_DONE if log.faults or bad is not None or log.newest > version else Exit.DONE


def run_receipt(args: Namespace, session: Session) -> Exit:
    """Verify a receipt with nothing but the public key."""
    answer = None if args.answer is None else _json_in(args.answer)
    stated = verify(_json_in(args.file), public_key(args.key.read_bytes()), answer)
    if args.json:
        session.print_json(stated)
        return Exit.DONE
    session.print(session.say("回执有效：", "the receipt is good:"))
    for name, value in stated.items():
        session.print(f"  {name}: {'—' if value is None else value}")
    return Exit.DONE


def run_key(args: Namespace, session: Session) -> Exit:
    """Write the public key by which receipts are verified."""
    key = Signer(seed_of(session.settings)).public
    if args.json:
        session.print_json({"key": name_of(key), "pem": pem_of(key)})
    else:
        session.print(pem_of(key).rstrip("\n"))
    return Exit.DONE


def _first_bad(store: Store) -> Version | None:
    """Give the first version whose entry or records are not what was written."""
    if isinstance(store, SqliteStore):
        return store.verify_chain()
    # What is recomputed is the same for every kind of store; it is recomputed over a copy, row by row as it is kept.
    with TemporaryDirectory() as folder, SqliteStore(f"{folder}/copy.db") as copied:
        version = store.latest_version()
        copied.restore(Archive(tables_at(store, version), graph_of_content))
        return copied.verify_chain()


def _plain(log: Verified, version: int, bad: int | None) -> dict[str, Any]:
    return {
        "records": log.records,
        "heads": [head.as_plain() for head in log.heads],
        "torn": list(log.torn),
        "faults": [fault.as_plain() for fault in log.faults],
        "version": version,
        "newest_answered_version": log.newest,
        "first_bad_version": bad,
    }


def _tell(log: Verified, version: int, bad: int | None, session: Session) -> None:
    for fault in log.faults:
        place = "" if fault.line is None else session.say(f"第 {fault.line} 行 ", f"line {fault.line} ")
        session.print(f"✗ {fault.segment} {place}{fault.what}")
    for name in log.torn:
        told = session.say("末条只有一部分（未曾确认）", "its last record is there in part (never acknowledged)")
        session.print(f"· {name} {told}")
    if bad is not None:
        session.print(session.say(f"✗ 变更日志：版本 {bad} 被改动", f"✗ change log: version {bad} was tampered with"))
    if log.newest > version:  # no hash can tell that the end of a store is gone, but what was answered can
        session.print(
            session.say(
                f"✗ 存储止于版本 {version}，而曾按版本 {log.newest} 作答：其后的变更已失，或恢复的是更早的备份",
                f"✗ the store ends at version {version}, but version {log.newest} was answered from: the changes after"
                " it are lost, or an earlier backup was restored",
            )
        )
    told = session.say("决策日志", "decision log")
    whole = session.say("完好", "whole") if not log.faults else session.say("不完好", "not whole")
    files = session.say(f"{len(log.heads)} 个文件、{log.records} 条", f"{len(log.heads)} files, {log.records} records")
    session.print(f"{told} {whole}（{files}）" if session.chinese else f"{told} {whole} ({files})")
    if bad is None:
        session.print(
            session.say(f"变更日志完好（数据版本 {version}）", f"change log whole (version {version})"),
        )


def _json_in(path: Path) -> Any:
    try:
        return read_json(path.read_bytes(), depth_limit=_DEPTH)
    except MalformedRequest as error:
        raise ReceiptRefused(
            f"{path}: {error.what}",
            hint="应为所给的 JSON give it as it came",
            detail_code="receipt.malformed",
        ) from None


def _heads_in(path: Path) -> list[Head]:
    try:
        return [head_of(plain) for plain in _json_in(path)["heads"]]
    except (KeyError, TypeError, ValueError):
        raise ReceiptRefused(
            f"{path}: 不是核验结果 no result of audit verify --json",
            hint="用 xinheng audit verify --json 写出 write it by that",
            detail_code="heads.malformed",
        ) from None
