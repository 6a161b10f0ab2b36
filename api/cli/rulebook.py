"""`xinheng rulebook lint|publish`: work on memoranda files (CONTRACT §4), and what the group's commands share."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from api.cli.asking import asked_day, describe_day
from api.cli.exits import Exit
from api.cli.session import Session
from engine.service import Service
from graph_model.errors import RulebookRefused
from memoranda.lint import lint
from memoranda.reader import SHIPPED, read_rulebook


def describe_folder(parser: ArgumentParser, session: Session) -> None:
    """Declare `--rulebook`."""
    told = session.say("规则文件夹；不写则为随附的规则", "a folder of memoranda files; else the shipped rulebook")
    parser.add_argument("--rulebook", type=Path, default=SHIPPED, metavar="FOLDER", help=told)


def describe_lint(parser: ArgumentParser, session: Session) -> None:
    """Declare the arguments of `rulebook lint`."""
    _describe_files(parser, session)
    describe_day(parser, session)


def describe_publish(parser: ArgumentParser, session: Session) -> None:
    """Declare the arguments of `rulebook publish`."""
    _describe_files(parser, session)
    parser.add_argument("--actor", default="xinheng rulebook publish", help=session.say("经办人", "who answers for it"))
    parser.add_argument("--reason", default="published from files", help=session.say("事由", "why"))


def _describe_files(parser: ArgumentParser, session: Session) -> None:
    told = session.say("规则文件夹；不写则为随附的规则", "a folder of memoranda files; else the shipped rulebook")
    parser.add_argument("folder", nargs="?", type=Path, default=SHIPPED, metavar="FOLDER", help=told)


def run_lint(args: Namespace, session: Session) -> Exit:
    """Say what is wrong or doubtful in a rulebook; errors make it not done."""
    on = asked_day(args.on)
    book = read_rulebook(args.folder)
    findings = lint(book, on)
    errors = sum(finding.level == "error" for finding in findings)
    for finding in findings:
        if args.json:
            told = {"level": finding.level, "code": finding.code, "place": finding.place}
            session.print_json({**told, "what": finding.what, "remedy": finding.remedy})
        else:
            session.print(f"{finding.level} {finding.code}: {finding.place}: {finding.what}; {finding.remedy}")
    if not args.json:
        warnings = len(findings) - errors
        zh = f"{on}：{errors} 处错误，{warnings} 处提醒，{book.digest}"
        session.print(session.say(zh, f"{on}: {errors} errors, {warnings} warnings, {book.digest}"))
        if findings:
            session.print(session.say("各代码的说明见 docs/lint/", "each code has a page in docs/lint/"))
    return Exit.NOT_DONE if errors else Exit.DONE


def run_publish(args: Namespace, session: Session) -> Exit:
    """Put a rulebook in force from the next version on; one with errors is refused."""
    book = read_rulebook(args.folder)
    errors = [finding for finding in lint(book) if finding.level == "error"]
    if errors:
        worst = errors[0]
        raise RulebookRefused(
            f"{worst.place}: {worst.what} ({len(errors)} errors)", hint=worst.remedy, detail_code=worst.code
        )
    with session.store() as store:
        key = f"publish {book.digest} after {store.latest_version()}"
        receipt = Service(store).publish(book, actor=args.actor, reason=args.reason, key=key)
    if args.json:
        session.print_json({"version": receipt.version, "rulebook": book.digest, "repeated": receipt.repeated})
    else:
        already = session.say("（已是现行规则）", " (it is in force already)") if receipt.repeated else ""
        session.print(
            session.say(
                f"版本 {receipt.version} 起施行 {book.digest}{already}",
                f"in force from version {receipt.version}: {book.digest}{already}",
            )
        )
    return Exit.DONE
