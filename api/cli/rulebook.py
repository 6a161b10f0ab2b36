"""`xinheng rulebook lint|show|search|report|publish`: work on memoranda files (CONTRACT §4)."""

import json
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.table import Table

from api.cli.exits import Exit
from api.cli.session import Session
from engine.service import Service
from graph_model.errors import InvalidQuestion, RulebookRefused
from memoranda.lint import lint
from memoranda.reader import SHIPPED, read_rulebook
from memoranda.rulebook import Rulebook

KINDS = ("departments", "matters", "lists", "bases", "memoranda", "measures")


def _describe_folder(parser: ArgumentParser, session: Session) -> None:
    told = session.say("规则文件夹；不写则为随附的规则", "a folder of memoranda files; else the shipped rulebook")
    parser.add_argument("--rulebook", type=Path, default=SHIPPED, metavar="FOLDER", help=told)


def describe_lint(parser: ArgumentParser, session: Session) -> None:
    """Declare the arguments of `rulebook lint`."""
    told = session.say("规则文件夹；不写则为随附的规则", "a folder of memoranda files; else the shipped rulebook")
    parser.add_argument("folder", nargs="?", type=Path, default=SHIPPED, metavar="FOLDER", help=told)


def describe_show(parser: ArgumentParser, session: Session) -> None:
    """Declare the arguments of `rulebook show`."""
    _describe_folder(parser, session)
    parser.add_argument("id", metavar="ID", help=session.say("条目标识", "the id of an entry of any kind"))


def describe_search(parser: ArgumentParser, session: Session) -> None:
    """Declare the arguments of `rulebook search`."""
    _describe_folder(parser, session)
    told = session.say("词；须全部出现", "words, all of which must occur")
    parser.add_argument("words", nargs="+", metavar="WORD", help=told)


def describe_report(parser: ArgumentParser, session: Session) -> None:
    """Declare the arguments of `rulebook report`."""
    _describe_folder(parser, session)


def describe_publish(parser: ArgumentParser, session: Session) -> None:
    """Declare the arguments of `rulebook publish`."""
    describe_lint(parser, session)
    parser.add_argument("--actor", default="xinheng rulebook publish", help=session.say("经办人", "who answers for it"))
    parser.add_argument("--reason", default="published from files", help=session.say("事由", "why"))


def run_lint(args: Namespace, session: Session) -> Exit:
    """Say what is wrong or doubtful in a rulebook; errors make it not done."""
    book = read_rulebook(args.folder)
    findings = lint(book)
    errors = sum(finding.level == "error" for finding in findings)
    for finding in findings:
        if args.json:
            told = {"level": finding.level, "code": finding.code, "place": finding.place}
            session.print_json({**told, "what": finding.what, "remedy": finding.remedy})
        else:
            session.print(f"{finding.level} {finding.code}: {finding.place}: {finding.what}; {finding.remedy}")
    if not args.json:
        warnings = len(findings) - errors
        zh = f"{errors} 处错误，{warnings} 处提醒，{book.digest}"
        session.print(session.say(zh, f"{errors} errors, {warnings} warnings, {book.digest}"))
    return Exit.NOT_DONE if errors else Exit.DONE


def run_show(args: Namespace, session: Session) -> Exit:
    """Show the entries of that id, one of each kind that has it."""
    shown = [(kind, entry) for kind, id_, entry in entries(read_rulebook(args.rulebook)) if id_ == args.id]
    if not shown:
        raise InvalidQuestion(
            session.say(f"没有条目 `{args.id}`", f"no entry `{args.id}`"),
            hint=session.say("用 xinheng rulebook search 查找", "look for it with `xinheng rulebook search`"),
            detail_code="entry.unknown",
        )
    for kind, entry in shown:
        written = entry.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True)
        if args.json:
            session.print_json({"section": kind, "entry": written})
        else:
            table = Table(show_header=False, box=None, title=kind, title_justify="left")
            for name, value in written.items():
                table.add_row(name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
            session.print_table(table)
    return Exit.DONE


def entries(book: Rulebook) -> Iterator[tuple[str, str, Any]]:
    """Give every entry of a rulebook as (kind, id, entry)."""
    for kind in KINDS:
        for id_, entry in getattr(book, kind).items():
            yield kind, id_, entry


def title_of(entry: Any) -> str:
    """Give what an entry is called in words."""
    for name in ("name", "title"):
        if hasattr(entry, name):
            return str(getattr(entry, name))
    return f"《{entry.document}》{entry.article}"


def run_search(args: Namespace, session: Session) -> Exit:
    """List the entries whose id or words hold all the words given; none is not done."""
    words = [word.lower() for word in args.words]
    found = [
        (kind, id_, title_of(entry))
        for kind, id_, entry in entries(read_rulebook(args.rulebook))
        if all(word in f"{id_} {title_of(entry)} {getattr(entry, 'document_no', '') or ''}".lower() for word in words)
    ]
    if args.json:
        for kind, id_, title in found:
            session.print_json({"kind": kind, "id": id_, "title": title})
    else:
        table = Table("kind", "id", session.say("名称", "name"), box=None)
        for row in found:
            table.add_row(*row)
        session.print_table(table)
    return Exit.DONE if found else Exit.NOT_DONE


def run_report(args: Namespace, session: Session) -> Exit:
    """Count what a rulebook holds: entries by kind, measures by effect, and how much of the law is verified."""
    book = read_rulebook(args.rulebook)
    effects = Counter(measure.effect for measure in book.measures.values() if measure.withdrawn is None)
    counted = {
        "digest": book.digest,
        **{kind: len(getattr(book, kind)) for kind in KINDS},
        **{f"measures_{effect}": effects[effect] for effect in ("bar", "limit", "weigh", "watch", "favour")},
        "measures_withdrawn": sum(measure.withdrawn is not None for measure in book.measures.values()),
        "measures_on_verified_law": sum(_rests_on_verified(book, id_) for id_ in book.measures),
        "bases_verified": sum(basis.verified is not None for basis in book.bases.values()),
    }
    if args.json:
        session.print_json(counted)
        return Exit.DONE
    table = Table(show_header=False, box=None)
    for name, value in counted.items():
        table.add_row(name, str(value))
    session.print_table(table)
    return Exit.DONE


def _rests_on_verified(book: Rulebook, measure_id: str) -> bool:
    cited = {base for target in book.measures[measure_id].targets for base in target.bases}
    return any(book.bases[base].verified is not None for base in cited)


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
