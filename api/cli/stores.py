"""`xinheng store info|migrate`: the store behind `--store`."""

from argparse import ArgumentParser, Namespace

from rich.table import Table

from api.cli.exits import Exit
from api.cli.session import Session
from graph_model.store import Store
from graph_model.stores import migrate_store


def describe_info(parser: ArgumentParser, session: Session) -> None:
    """Declare the arguments of `store info`: none of its own."""


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
    if args.json:
        session.print_json(held)
        return Exit.DONE
    table = Table(show_header=False, box=None)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")  # a digest is given whole, on two lines where one is too short
    for name, value in held.items():
        table.add_row(name, "—" if value is None else str(value))
    session.print_table(table)
    return Exit.DONE


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
