"""`xinheng store info|migrate`: the store behind `--store`."""

from argparse import ArgumentParser, Namespace

from rich.table import Table

from api.cli.exits import Exit
from api.cli.session import Session
from api.cli.transfers import digest_table, rows_bar
from graph_model.store import Store
from graph_model.stores import migrate_store
from loaders.transfer import Transfer, as_plain, digests


def describe_info(parser: ArgumentParser, session: Session) -> None:
    """Declare the arguments of `store info`."""
    told = session.say(
        "逐表给出摘要，以便与另一存储核对", "give a digest of every table, to compare with another store's"
    )
    parser.add_argument("--digests", action="store_true", help=told)


def describe_migrate(parser: ArgumentParser, session: Session) -> None:
    """Declare the arguments of `store migrate`: none of its own."""


def run_info(args: Namespace, session: Session) -> Exit:
    """Say what the store holds, at which version, under which rulebook."""
    with session.existing_store() as store:
        version = store.latest_version()
        held = {
            "store": session.settings.store,
            "version": version,
            "rulebook": store.rulebook_at(version),
            **_last_change(store, version),
            **store.counts(version),
        }
        digested = _digested(store) if args.digests else None
    if args.json:
        session.print_json(held | ({} if digested is None else as_plain(digested)))
        return Exit.DONE
    table = Table(show_header=False, box=None)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")  # a digest is given whole, on two lines where one is too short
    for name, value in held.items():
        table.add_row(name, "—" if value is None else str(value))
    session.print_table(table)
    if digested is not None:
        session.print(session.say(f"数据版本 {digested.version} 的摘要", f"digests of version {digested.version}"))
        session.print_table(digest_table(digested))
    return Exit.DONE


def _digested(store: Store) -> Transfer:
    with rows_bar() as progress:
        return digests(store, progress)


def _last_change(store: Store, version: int) -> dict[str, str | None]:
    if version == 0:
        return {"changed_at": None, "changed_by": None, "reason": None}
    (change,) = store.changes(version - 1, 1)
    return {"changed_at": change.recorded_at.isoformat(), "changed_by": change.actor, "reason": change.reason}


def run_migrate(args: Namespace, session: Session) -> Exit:
    """Bring the store's schema up to date, on a live store too; say what it was."""
    session.refuse_missing()
    before, after = migrate_store(session.settings.store, session.settings.access)
    with session.store() as store:
        version = store.latest_version()
    if args.json:
        told = {"store": session.settings.store, "schema_before": before, "schema": after, "version": version}
        session.print_json(told)
    elif before == after:
        session.print(
            session.say(
                f"存储已是最新格式（格式 {after}），数据版本 {version}",
                f"the store's schema is up to date (schema {after}); version {version}",
            )
        )
    else:
        session.print(
            session.say(
                f"存储已由格式 {before} 升级为格式 {after}，数据版本 {version}",
                f"the store's schema was brought from {before} to {after}; version {version}",
            )
        )
    return Exit.DONE
