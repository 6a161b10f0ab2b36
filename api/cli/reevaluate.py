"""`xinheng reevaluate`: what lies between two versions, or days, for everybody concerned (C4)."""

import sys
from argparse import ArgumentParser, Namespace
from collections import Counter
from contextlib import closing
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path

from rich.table import Table
from tqdm import tqdm

from api.cli import reevaluate_spark
from api.cli.exits import Exit
from api.cli.reevaluate_files import Counts, Folder
from api.cli.session import Session
from engine.change_step import BLOCK
from engine.judge import day_of
from engine.question import Json, as_json
from engine.reevaluate import Span, lines_of, outcomes, step_of, subjects_of, verified
from engine.service import Service
from graph_model.collector import seldom_collected
from graph_model.errors import FactsRefused, UnknownVersion
from graph_model.nodes import Version
from loaders.parquet import ParquetExport

WHAT = ("opened", "closed", "altered", "withheld", "released")
_MOST_ROWS = 40
_KEPT_EACH = 2 * BLOCK
"""Subjects between two places where a stopped run can go on."""


def describe_reevaluate(parser: ArgumentParser, session: Session) -> None:
    """Declare the arguments of `reevaluate`."""
    say = session.say
    told = say(
        "自此版本以来；不写则自 --out 所记之处，否则从头",
        "since that version; else since what --out holds, else from nothing",
    )
    parser.add_argument("--since", type=version_number, metavar="V", help=told)
    told = say(
        "直至此日，日子推移所开启与终止的事项；自 --out 所记之日，否则自前一日",
        "what the days up to this one open and close; since the day that --out holds, else the day before",
    )
    parser.add_argument("--on", metavar="DAY", help=told)
    told = say(
        "逐版增量重算，与全部重算逐主体核对摘要", "carry everyone's digest change by change, compare with everything"
    )
    parser.add_argument("--verify", action="store_true", help=told)
    told = say(
        "写入文件夹：变化、摘要、进度；中断后以同一命令继续",
        "write changes, digests and progress there; after a stop, the same command goes on",
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help=told)
    reevaluate_spark.describe(parser, session)


def version_number(text: str) -> int:
    """Read a version. Raises `ValueError`, which argparse tells as wrong usage."""
    number = int(text)
    if number < 0:
        raise ValueError(text)
    return number


def run_reevaluate(args: Namespace, session: Session) -> Exit:
    """Re-evaluate whom the span can have affected; say what opened, closed and altered by measure and department."""
    reevaluate_spark.refuse_unfit(args, session)
    if args.engine == "spark":
        export = ParquetExport.read(args.source)
        _refuse_later(args.since, export.version)
        span = _span(args, export.version, None, session)
        counts, told = reevaluate_spark.evaluated(export, span, args, session)
        return _told(told, counts, span, args, session)
    with session.existing_store() as store:
        service = Service(store)
        latest, _ = service.rulebook_in_force()
        _refuse_later(args.since, latest)
        if args.verify:
            return _verify(service, latest, args, session)
        folder = None if args.out is None else Folder.at(args.out)
        span = _span(args, latest, folder, session)
        counts, told = _reevaluate(service, span, folder)
    return _told(told, counts, span, args, session)


def _refuse_later(since: Version | None, latest: Version) -> None:
    if since is not None and since > latest:
        raise UnknownVersion(f"没有版本 {since} no such version", hint=f"现为 {latest} the latest is {latest}")


def _told(told: Json, counts: Counts, span: Span, args: Namespace, session: Session) -> Exit:
    told |= {"since": span.since, "until": span.until, "after": None, "on": None}
    if span.days is not None:
        told |= {"after": span.days[0].isoformat(), "on": span.days[1].isoformat()}
    _tell(told, counts, args, session)
    return Exit.DONE


def _span(args: Namespace, latest: int, folder: Folder | None, session: Session) -> Span:
    """Give what lies before us: what was begun and stopped, or from where the folder is complete up to now."""
    on = None if args.on is None else day_of(args.on)
    version, day = (folder and folder.finished) or (None, None)
    begun = folder.span_running() if folder is not None else None
    since = args.since if args.since is not None else version
    if since is None:
        since = latest if on is not None else 0
    if on is not None or day is not None:
        until = on or day
        after = day or (until - timedelta(days=1))  # type: ignore[operator]  # one of the two is there
        days: tuple[date, date] | None = (min(after, until), until)  # type: ignore[type-var, assignment]  # likewise
    else:
        days = None
    span = Span(min(since, latest), latest, days)
    if begun is None:
        return span
    if (begun.since, begun.days) != (span.since, span.days):
        raise FactsRefused(
            session.say(f"{args.out} 中另有一次未完成的重算", f"{args.out} holds another run that was stopped"),
            hint=session.say("以原来的选项继续，或换一个文件夹", "go on with its options, or name another folder"),
            detail_code="reevaluate.other-run",
        )
    print(session.say("接续上次未完成的重算", "going on with the run that was stopped"), file=sys.stderr)
    return begun


def _reevaluate(service: Service, span: Span, folder: Folder | None) -> tuple[Counts, Json]:
    counts: Counts = Counter()
    whole, subjects, changed = sha256(), 0, 0
    gathered = subjects_of(span, service.store, service.book_at)
    last = None if folder is None else folder.begin(span)
    try:
        with seldom_collected(), closing(gathered), tqdm(unit="subject", leave=False, disable=None) as bar:
            todo = (subject for subject in gathered if last is None or subject > last)
            step = step_of(span, service.book_at)
            for outcome in outcomes(step, service.store, todo, digests=folder is not None):
                subjects += 1
                changed += bool(outcome.items)
                if folder is not None:
                    folder.write(outcome)
                    if subjects % _KEPT_EACH == 0:
                        folder.keep(outcome.subject)
                else:
                    whole.update(lines_of(outcome.items))
                    counts.update(
                        (i.measure, department, i.what) for i in outcome.items for department in i.departments
                    )
                bar.update()
        if folder is None:
            return counts, {"reevaluated": subjects, "changed": changed, "digest": whole.hexdigest(), "files": None}
        files = folder.finish(span)
        digest = sha256()
        with files["changes"].open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
        told = {name: str(path) for name, path in files.items()}
        return folder.counts, {"reevaluated": subjects, "changed": changed, "digest": digest.hexdigest(), "files": told}
    finally:
        if folder is not None:
            folder.close()


def _verify(service: Service, latest: int, args: Namespace, session: Session) -> Exit:
    if args.on is not None or args.out is not None:
        raise FactsRefused(
            session.say("--verify 不与 --on、--out 同用", "--verify goes with neither --on nor --out"),
            hint=session.say("分开运行", "run them one after the other"),
            detail_code="reevaluate.options",
        )
    since = args.since or 0
    with seldom_collected(), tqdm(unit="subject", leave=False, disable=None) as bar:
        found = verified(service.store, service.book_at, since, latest, bar.update)
    told = as_json(found) | {"since": since, "until": latest, "named": [[*one] for one in found.named]}
    if args.json:
        session.print_json(told)
    elif not found.differing:
        session.print(
            session.say(
                f"版本 {since} 至 {latest}：逐版增量重算 {found.reevaluated} 次，与全部重算一致，"
                f"有事项的主体 {found.subjects} 个，摘要 {found.digest}",
                f"versions {since} to {latest}: {found.reevaluated} re-evaluations change by change agree with "
                f"everything re-evaluated; {found.subjects} subjects with items, digest {found.digest}",
            )
        )
    else:
        session.print(
            session.say(
                f"不一致：{found.differing} 个主体的摘要与全部重算不同",
                f"{found.differing} subjects differ from everything",
            )
        )
        for subject, version in found.named:
            session.print(session.say(f"  {subject} 于版本 {version}", f"  {subject} at version {version}"))
    return Exit.NOT_DONE if found.differing else Exit.DONE


def _tell(told: Json, counts: Counts, args: Namespace, session: Session) -> None:
    totals = {what: sum(n for (_, _, done), n in counts.items() if done == what) for what in WHAT}
    by_measure: dict[tuple[str, str], Counter[str]] = {}
    for (measure, department, what), number in counts.items():
        by_measure.setdefault((measure, department), Counter())[what] = number
    rows = sorted(by_measure.items(), key=lambda row: (-row[1].total(), row[0]))
    if args.json:
        listed = [{"measure": m, "department": d, **{what: n[what] for what in WHAT}} for (m, d), n in rows]
        session.print_json({**told, "totals": totals, "measures": listed})
        return
    if told["on"] is None:
        span = session.say(f"版本 {told['since']} 至 {told['until']}", f"versions {told['since']} to {told['until']}")
    else:
        span = session.say(
            f"版本 {told['since']} 至 {told['until']}，{told['after']} 之后至 {told['on']}",
            f"versions {told['since']} to {told['until']}, days after {told['after']} up to {told['on']}",
        )
    session.print(
        session.say(
            f"{span}：重算主体 {told['reevaluated']} 个，{told['changed']} 个有变化；摘要 {told['digest']}",
            f"{span}: {told['reevaluated']} subjects re-evaluated, {told['changed']} changed; digest {told['digest']}",
        )
    )
    table = Table(box=None)
    heads = session.say("措施 部门 开启 终止 变更 阻却 恢复", f"measure department {' '.join(WHAT)}").split(" ")
    for number, head in enumerate(heads):
        table.add_column(head, justify="left" if number < 2 else "right", overflow="fold")
    for (measure, department), of in rows[:_MOST_ROWS]:
        table.add_row(measure, department, *(str(of[what]) for what in WHAT))
    table.add_row(session.say("合计", "all"), "", *(str(totals[what]) for what in WHAT))
    session.print_table(table)
    if len(rows) > _MOST_ROWS:
        session.print(
            session.say(
                f"另有 {len(rows) - _MOST_ROWS} 行，见 --json 或 --out",
                f"{len(rows) - _MOST_ROWS} more rows: see --json or --out",
            )
        )
    for path in (told["files"] or {}).values():
        session.print(path)
