"""`xinheng store copy|export|import|backup|restore`: a whole store carried over, proved by digests of every table."""

import shlex
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.table import Table
from tqdm import tqdm

from api.cli.exits import Exit
from api.cli.session import Session
from loaders.neo4j_admin import SCRIPT, export_admin
from loaders.parquet import export_parquet
from loaders.transfer import Progress, Transfer, as_plain, copy
from loaders.transfer_files import Exported, export, import_into

FORMATS = ("files", "neo4j-admin", "parquet")


def describe_copy(parser: ArgumentParser, session: Session) -> None:
    """Declare the arguments of `store copy`."""
    parser.add_argument(
        "source", metavar="FROM", help=session.say("来源存储的地址", "the address of the store to copy")
    )
    told = session.say("目标存储的地址，须为空", "the address of an empty store to fill")
    parser.add_argument("target", metavar="TO", help=told)


def describe_export(parser: ArgumentParser, session: Session) -> None:
    """Declare the arguments of `store export`."""
    _describe_new_folder(parser, session)
    told = session.say(
        "files：可再导入的文件；neo4j-admin：供空的 Neo4j 数据库批量导入；parquet：供 Spark 重算",
        "files: to be imported again; neo4j-admin: for the bulk import into an empty Neo4j database; "
        "parquet: for re-evaluation on Spark",
    )
    parser.add_argument("--format", choices=FORMATS, default=FORMATS[0], help=told)


def describe_backup(parser: ArgumentParser, session: Session) -> None:
    """Declare the arguments of `store backup`."""
    _describe_new_folder(parser, session)


def describe_import(parser: ArgumentParser, session: Session) -> None:
    """Declare the arguments of `store import` and `store restore`."""
    told = session.say("导出或备份的文件夹", "the folder of an export or a backup")
    parser.add_argument("folder", type=Path, metavar="DIR", help=told)


def _describe_new_folder(parser: ArgumentParser, session: Session) -> None:
    told = session.say("写入的文件夹，须尚不存在", "the folder to write, which is not there yet")
    parser.add_argument("folder", type=Path, metavar="DIR", help=told)


def run_copy(args: Namespace, session: Session) -> Exit:
    """Fill an empty store with everything that another holds."""
    source, target = session.on_store(args.source), session.on_store(args.target)
    with source.existing_store() as of, target.store(filling=True) as to, rows_bar() as progress:
        told = copy(of, to, progress)
    return _tell(told, session.say("已复制，两边逐表一致", "copied; both hold the same"), args, session)


def run_export(args: Namespace, session: Session) -> Exit:
    """Write a store as files, also while it is written."""
    with session.existing_store() as store, rows_bar() as progress:
        if args.format == "neo4j-admin":
            told, command = export_admin(store, args.folder, progress)
        else:
            write = export_parquet if args.format == "parquet" else export
            told, command = write(store, args.folder, progress), None
    done = _tell(told, session.say(f"已导出到 {args.folder}", f"exported to {args.folder}"), args, session, command)
    if command is not None and not args.json:
        session.print(
            session.say(
                f"先停 Neo4j，在其主机上运行下列命令（即 {args.folder / SCRIPT}），再 store migrate，"
                "以 store info --digests 核对：",
                f"stop Neo4j, run this on its machine (it is in {args.folder / SCRIPT}), then `store migrate`, and"
                " compare `store info --digests`:",
            )
        )
        session.print(shlex.join(command))
    return done


def run_backup(args: Namespace, session: Session) -> Exit:
    """Write a backup, also while the store serves and is written."""
    with session.existing_store() as store, rows_bar() as progress:
        told = export(store, args.folder, progress)
    return _tell(told, session.say(f"已备份到 {args.folder}", f"backed up to {args.folder}"), args, session)


def run_import(args: Namespace, session: Session) -> Exit:
    """Fill an empty store from a folder."""
    Exported.read(args.folder)  # a wrong folder is told before a store is made
    with session.store(filling=True) as store, rows_bar() as progress:
        told = import_into(store, args.folder, progress)
    return _tell(told, session.say("已导入，与文件逐表一致", "imported; it holds what the files hold"), args, session)


@contextmanager
def rows_bar() -> Iterator[Progress]:
    """Show on a terminal which table is done how far, and nothing elsewhere."""
    with tqdm(unit="row", leave=False, disable=None) as bar:
        shown = done = None

        def progress(table: str, rows: int) -> None:
            nonlocal shown, done
            if done is None or table != shown or rows < done:  # a table may be read twice
                bar.reset()
                bar.set_description(table)
                done = 0
            bar.update(rows - done)
            shown, done = table, rows

        yield progress


def _tell(told: Transfer, done: str, args: Namespace, session: Session, command: list[str] | None = None) -> Exit:
    if args.json:
        session.print_json(as_plain(told) | ({} if command is None else {"command": command}))
        return Exit.DONE
    session.print(session.say(f"{done}（数据版本 {told.version}）", f"{done} (version {told.version})"))
    session.print_table(digest_table(told))
    return Exit.DONE


def digest_table(told: Transfer) -> Table:
    """Lay the digests out, each whole."""
    table = Table(show_header=False, box=None)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, justify="right")
    table.add_column(overflow="fold")
    for name, sums in told.tables.items():
        table.add_row(name, str(sums.rows), sums.digest)
    return table
