"""`xinheng load` and `xinheng synth`: files of facts in, and a synthetic city out (CONTRACT §2, §3)."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tqdm import tqdm

from api.cli.exits import Exit
from api.cli.session import Session, with_shipped_rulebook
from api.clock import today_in_shanghai
from api.scenario_questions import read_day
from graph_model.errors import FactsRefused, MalformedDay
from graph_model.store import Store
from loaders.columns import KINDS
from loaders.load import load
from loaders.report import LoadOrder, LoadReport, Progress
from loaders.snapshot import DEFAULT_MAX_SHARE, Snapshot, load_snapshot
from loaders.synth import LOAD_ORDER, synthesise
from memoranda.reader import SHIPPED
from memoranda.rulebook import Rulebook


def describe_load(parser: ArgumentParser, session: Session) -> None:
    """Declare the arguments of `load`."""
    say = session.say
    parser.add_argument("kind", choices=KINDS, metavar="KIND", help=", ".join(KINDS))
    told = say("CSV、XLSX 或 JSON Lines 文件，可 gzip", "CSV, XLSX or JSON Lines, gzip allowed")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help=told)
    told = say("外部来源的列对照文件", "a mapping file for an outside source")
    parser.add_argument("--mapping", type=Path, metavar="M.yaml", help=told)
    told = say("文件即该名单的全貌：其中没有的条目予以关闭", "the file is that whole list: what it lacks is closed")
    parser.add_argument("--snapshot", metavar="LIST", help=told)
    told = say("快照的日期；不写则今天", "the snapshot's day; else today")
    parser.add_argument("--on", metavar="DAY", help=told)
    told = say("快照最多可关闭的比例", "the share that a snapshot may close")
    parser.add_argument("--max-share", type=share, default=DEFAULT_MAX_SHARE, help=f"{told} ({DEFAULT_MAX_SHARE})")
    parser.add_argument("--confirm", action="store_true", help=say("确认超过比例的关闭", "close more than that share"))
    parser.add_argument(
        "--dry-run", action="store_true", help=say("只报告，不写入", "say what would happen, write nothing")
    )
    told = say(
        "拒收行写入的文件；不写则为当前文件夹下 名称.rejects.csv", "where rejected rows go; else NAME.rejects.csv here"
    )
    parser.add_argument("--rejects", type=Path, metavar="FILE", help=told)
    parser.add_argument("--actor", default="xinheng load", help=say("经办人", "who answers for it"))
    parser.add_argument("--reason", help=say("事由", "why"))


def share(text: str) -> float:
    """Read a share from 0 to 1. Raises `ValueError`, which argparse tells as wrong usage."""
    number = float(text)
    if not 0 <= number <= 1:
        raise ValueError(text)
    return number


def run_load(args: Namespace, session: Session) -> Exit:
    """Load files of one kind, in the order given; a new store gets the shipped rulebook first."""
    if args.rejects is not None and len(args.files) > 1:
        raise FactsRefused(
            session.say("--rejects 只能配一个文件", "--rejects goes with one file"),
            hint=session.say("逐个载入，或不写 --rejects", "load them one by one, or leave it out"),
        )
    done = Exit.DONE
    with session.store() as store:
        _, book = with_shipped_rulebook(store, session).rulebook_in_force()
        for file in args.files:
            report = _load_one(file, args, session, store, book)
            _tell(file, report, args, session)
            if report.rejected and not report.loaded + report.unchanged:
                done = Exit.NOT_DONE  # nothing of the file could be taken
    return done


def _load_one(file: Path, args: Namespace, session: Session, store: Store, book: Rulebook) -> LoadReport:
    order = LoadOrder(
        kind=args.kind,
        path=file,
        actor=args.actor,
        reason=args.reason or f"load {args.kind} {file.name}",
        mapping=args.mapping,
        rejects=args.rejects or _rejects_of(file),
        dry_run=args.dry_run,
    )
    with _bar(file.name) as progress:
        if args.snapshot is None:
            return load(store, order, book.vocabulary, session.keyer(), progress=progress)
        snapshot = _snapshot(args, session, book)
        return load_snapshot(store, order, snapshot, book.vocabulary, session.keyer(), progress=progress)


def _rejects_of(file: Path) -> Path:
    """Give the default place of rejected rows: here, since the source's folder is often not ours to write to."""
    stem = file.name.removesuffix(".gz")
    form = ".jsonl" if stem.endswith(".jsonl") else ".csv"
    return Path(f"{stem.rsplit('.', 1)[0]}.rejects{form}")


def _snapshot(args: Namespace, session: Session, book: Rulebook) -> Snapshot:
    official = book.lists.get(args.snapshot)
    if official is None:
        raise FactsRefused(
            session.say(f"没有名单 `{args.snapshot}`", f"no list `{args.snapshot}`"),
            hint=session.say("用 xinheng rulebook search 查找", "look for it with `xinheng rulebook search`"),
            detail_code="list.unknown",
        )
    on = today_in_shanghai() if args.on is None else read_day(args.on)
    if on is None:
        raise MalformedDay(f"`{args.on}` 不是日期 is no day", hint="写作 write it as YYYY-MM-DD")
    return Snapshot(official, on, args.max_share, args.confirm)


@contextmanager
def _bar(name: str) -> Iterator[Progress]:
    """Show a bar on a terminal, and nothing elsewhere."""
    with tqdm(unit="row", desc=name, leave=False, disable=None) as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield progress


def _tell(file: Path, report: LoadReport, args: Namespace, session: Session) -> None:
    if args.json:
        session.print_json(_as_json(file, report, args))
        return
    parts = {"读取 read": report.read, "载入 loaded": report.loaded, "未变 unchanged": report.unchanged}
    read, loaded, unchanged, rejected = (
        f"{words if session.chinese else words.split()[1]} {count}"
        for words, count in {**parts, "拒收 rejected": report.rejected}.items()
    )
    told = f"{read} = {loaded} + {unchanged} + {rejected}"
    dry = session.say("（试载，未写入）", " (dry run, nothing written)") if args.dry_run else ""
    session.print(f"{file.name}: {told}{dry}")
    if report.corrected:
        session.print(session.say(f"  其中更正 {report.corrected}", f"  of which corrected {report.corrected}"))
    for reason, count in sorted(report.closed.items()):
        session.print(session.say(f"  快照关闭 {count}（{reason}）", f"  closed by the snapshot {count} ({reason})"))
    for reason, count in report.reasons.most_common():
        session.print(f"  {reason} {count}")
    for row in report.shown[:3]:
        session.print(
            session.say(
                f"  第 {row.number} 行 {row.column}：{row.reason}", f"  row {row.number} {row.column}: {row.reason}"
            )
        )
    if report.rejects is not None:
        session.print(session.say(f"  拒收行见 {report.rejects}", f"  rejected rows are in {report.rejects}"))


def _as_json(file: Path, report: LoadReport, args: Namespace) -> dict[str, Any]:
    return {
        "file": str(file),
        "kind": args.kind,
        "dry_run": args.dry_run,
        "read": report.read,
        "loaded": report.loaded,
        "unchanged": report.unchanged,
        "rejected": report.rejected,
        "corrected": report.corrected,
        "closed": dict(report.closed),
        "reasons": dict(report.reasons),
        "shown": [{"row": row.number, "column": row.column, "reason": row.reason} for row in report.shown],
        "rejects": report.rejects and str(report.rejects),
        "first_version": report.first_version,
        "last_version": report.last_version,
    }


def describe_synth(parser: ArgumentParser, session: Session) -> None:
    """Declare the arguments of `synth`."""
    parser.add_argument("folder", type=Path, metavar="DIR", help=session.say("写入的文件夹", "the folder to write to"))
    parser.add_argument("--organisations", type=int, required=True, metavar="N", help=session.say("企业数", "how many"))
    parser.add_argument("--seed", type=int, default=1, metavar="S", help=session.say("种子", "the seed (1)"))


def run_synth(args: Namespace, session: Session) -> Exit:
    """Write a deterministic city of the shipped rulebook's lists, and say in which order to load it."""
    with _bar(str(args.folder)) as progress:
        rows = synthesise(args.folder, args.organisations, session.book(SHIPPED), seed=args.seed, progress=progress)
    if args.json:
        session.print_json({"folder": str(args.folder), "rows": rows})
        return Exit.DONE
    for kind, name in LOAD_ORDER:
        session.print(f"xinheng load {kind} {args.folder / name}.csv    # {rows[name]}")
    return Exit.DONE
