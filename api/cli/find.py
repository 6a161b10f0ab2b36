"""`xinheng find`: subjects by a part of their name."""

from argparse import ArgumentParser, Namespace

from rich.table import Table

from api.cli.exits import Exit
from api.cli.session import Session
from engine.names import named

LIMIT = 20


def describe_find(parser: ArgumentParser, session: Session) -> None:
    """Declare the arguments of `find`."""
    told = session.say("名称的一部分，至少两个字", "a part of the name, two characters or more")
    parser.add_argument("text", metavar="TEXT", help=told)
    told = session.say("最多列出几个", "how many at most")
    parser.add_argument("--limit", type=positive, default=LIMIT, metavar="N", help=f"{told} ({LIMIT})")


def positive(text: str) -> int:
    """Read a number from 1 on. Raises `ValueError`, which argparse tells as wrong usage."""
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def run_find(args: Namespace, session: Session) -> Exit:
    """List them by name; persons by family name only."""
    with session.existing_store() as store:
        found = named(store, args.text, args.limit)
    done = Exit.DONE if found["subjects"] else Exit.NOT_DONE
    if args.json:
        session.print_json(found)
        return done
    if not found["subjects"]:
        session.print(session.say("没有名称含此文字的主体", "no subject's name contains it"))
        return done
    table = Table(show_header=False, box=None)
    for column in ("subject", "kind", "name"):
        table.add_column(column, overflow="fold")
    for subject in found["subjects"]:
        table.add_row(subject["subject"], subject["kind"] or "—", subject["name"])
    session.print_table(table)
    if found["more"]:
        shown = len(found["subjects"])
        session.print(
            session.say(
                f"仅列前 {shown} 个，还有更多：写得更全，或用 --limit",
                f"the first {shown} only, there are more: write more of the name, or give --limit",
            )
        )
    return done
