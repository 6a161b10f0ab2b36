"""`xinheng`: the command line (CONTRACT §2). Says what went wrong in one line with its code, never with a trace."""

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from api.cli import (
    asking,
    audit,
    caller,
    demo,
    facts,
    find,
    reevaluate,
    rulebook,
    rulebook_reading,
    rulebook_report,
    scenario,
    serving,
    stores,
    transfers,
)
from api.cli.exits import Exit
from api.cli.guard import guarded
from api.cli.session import Session


@dataclass(frozen=True, slots=True)
class Command:
    """One command, or one verb of a group (`scenario run`): what it is for, its arguments, and what it does."""

    words: str
    zh: str
    en: str
    describe: Callable[[ArgumentParser, Session], None]
    run: Callable[[Namespace, Session], Exit]


COMMANDS = (
    Command("serve", "启动 HTTP 服务与页面", "HTTP service and pages", serving.describe_serve, serving.run_serve),
    Command(
        "demo",
        "示例小城：载入、核查、启动服务",
        "a small city: load, check, serve",
        demo.describe_demo,
        demo.run_demo,
    ),
    Command("load", "载入事实文件", "load files of facts", facts.describe_load, facts.run_load),
    Command("synth", "生成合成城市", "write a synthetic city", facts.describe_synth, facts.run_synth),
    Command("check", "核查一个主体", "one decision with its proof", asking.describe_check, asking.run_check),
    Command(
        "why-not",
        "为何某措施不适用",
        "the gates that keep a measure from binding",
        asking.describe_why_not,
        asking.run_why_not,
    ),
    Command("find", "按名称查找主体", "subjects by a part of their name", find.describe_find, find.run_find),
    Command(
        "reevaluate",
        "重算：开启、终止、变更的事项",
        "what versions and days opened, closed and altered",
        reevaluate.describe_reevaluate,
        reevaluate.run_reevaluate,
    ),
    Command("scenario run", "运行情景文件", "run scenario files", scenario.describe_run, scenario.run_scenarios),
    Command("rulebook lint", "检查规则文件", "check memoranda files", rulebook.describe_lint, rulebook.run_lint),
    Command("rulebook show", "显示条目", "show an entry", rulebook_reading.describe_show, rulebook_reading.run_show),
    Command(
        "rulebook search", "查找条目", "search entries", rulebook_reading.describe_search, rulebook_reading.run_search
    ),
    Command(
        "rulebook report",
        "依据清理报告",
        "the standing of every measure",
        rulebook_report.describe_report,
        rulebook_report.run_report,
    ),
    Command(
        "rulebook pages",
        "生成法规页面",
        "write the pages of the law",
        rulebook_reading.describe_pages,
        rulebook_reading.run_pages,
    ),
    Command("rulebook publish", "发布规则", "put a rulebook in force", rulebook.describe_publish, rulebook.run_publish),
    Command(
        "audit verify",
        "核验决策日志与变更日志",
        "that nothing was tampered with",
        audit.describe_verify,
        audit.run_verify,
    ),
    Command("audit receipt", "离线核验回执", "verify a receipt offline", audit.describe_receipt, audit.run_receipt),
    Command("audit key", "回执的公钥", "the public key of receipts", audit.describe_key, audit.run_key),
    Command("caller add", "给调用方一把密钥", "a key for one who may ask", caller.describe_add, caller.run_add),
    Command("store info", "存储概况", "what the store holds", stores.describe_info, stores.run_info),
    Command(
        "store migrate", "升级存储", "bring the store's tables up to date", stores.describe_migrate, stores.run_migrate
    ),
    Command("store copy", "复制到空的存储", "into another, empty store", transfers.describe_copy, transfers.run_copy),
    Command("store export", "导出为文件", "as files", transfers.describe_export, transfers.run_export),
    Command("store import", "由导出的文件填入空的存储", "from files", transfers.describe_import, transfers.run_import),
    Command(
        "store backup", "备份，服务无须停下", "also while it serves", transfers.describe_backup, transfers.run_backup
    ),
    Command("store restore", "由备份恢复", "from a backup", transfers.describe_import, transfers.run_import),
)
GROUPS = {
    "scenario": ("情景文件", "scenario files"),
    "rulebook": ("规则文件", "memoranda files"),
    "store": ("数据存储", "the store"),
    "caller": ("谁可以问", "who may ask"),
    "audit": ("核验与回执", "proof of what was answered and changed"),
}


def run() -> None:
    """Run the command of the process's arguments and leave with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8")  # type: ignore[union-attr]  # a real stream; everything is UTF-8 (CONTRACT)
    sys.exit(main(sys.argv[1:], os.environ))


def main(argv: Sequence[str], env: Mapping[str, str]) -> int:
    """Run one command; gives its exit code (`api.cli.exits`), or argparse's own 2 by `SystemExit`."""

    def command() -> int:
        session = Session.of(env)
        args = parser_of(session).parse_args(argv)
        code = int(args.run(args, session.on_store(args.store)))
        session.out.flush()  # a reader that is gone is noticed here, not at the interpreter's end
        return code

    return guarded(command)


def parser_of(session: Session) -> ArgumentParser:
    """Build the parser of all commands, in the reader's language."""
    about = session.say(
        "信衡：谁、对谁、在何事项、依何条、至何日。", "Xinheng: who must apply what to whom, by which article."
    )
    top = ArgumentParser(prog="xinheng", description=about, allow_abbrev=False)
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    groups = {}
    for name, told in GROUPS.items():
        group = commands.add_parser(name, help=session.say(*told), allow_abbrev=False)
        groups[name] = group.add_subparsers(required=True, metavar="VERB")
    for command in COMMANDS:
        *group_words, verb = command.words.split(" ")
        words = session.say(command.zh, command.en)
        place = groups[group_words[0]] if group_words else commands
        parser = place.add_parser(verb, help=words, description=words, allow_abbrev=False)
        _describe_common(parser, session)
        command.describe(parser, session)
        parser.set_defaults(run=command.run)
    return top


def _describe_common(parser: ArgumentParser, session: Session) -> None:
    store = session.say("存储地址，默认取 XINHENG_STORE", "the store's address; else XINHENG_STORE")
    parser.add_argument("--store", metavar="URL", help=f"{store} ({session.settings.store})")
    parser.add_argument("--json", action="store_true", help=session.say("以 JSON 输出", "answer as JSON"))
