"""`xinheng check` and `xinheng why-not`: one question, answered with its proof (CONTRACT §2)."""

from argparse import ArgumentParser, Namespace
from datetime import date

from api.cli.exits import Exit
from api.cli.proof import decision_tree, gates_tree
from api.cli.session import Session
from api.cli.tree import lines
from api.clock import today_in_shanghai
from api.scenario_questions import read_day
from api.wire import decision_json
from engine.question import Check, WhyNotQuestion, as_json
from engine.service import Service
from graph_model.errors import MalformedDay
from graph_model.identifiers import IDENTITY_FORMS

BINDS = frozenset({"bar", "limit", "weigh"})
CANNOT_TELL = frozenset({"unresolved", "unknown"})


def describe_check(parser: ArgumentParser, session: Session) -> None:
    """Declare the arguments of `check`."""
    _describe_subject(parser, session)
    parser.add_argument("--matter", required=True, metavar="M", help=session.say("事项", "the matter"))
    parser.add_argument(
        "--department", metavar="D", help=session.say("部门；不写则所有部门", "one department; else all")
    )
    describe_day(parser, session)
    parser.add_argument("--concerning", metavar="ORG", help=session.say("所涉企业", "the organisation it concerns"))
    parser.add_argument("--version", type=int, metavar="V", help=session.say("过去的数据版本", "a past version"))


def describe_why_not(parser: ArgumentParser, session: Session) -> None:
    """Declare the arguments of `why-not`."""
    _describe_subject(parser, session)
    parser.add_argument("--measure", required=True, metavar="ID", help=session.say("措施", "the measure"))
    parser.add_argument("--matter", metavar="M", help=session.say("事项", "the matter"))
    parser.add_argument("--department", metavar="D", help=session.say("部门", "the department"))
    describe_day(parser, session)
    parser.add_argument("--concerning", metavar="ORG", help=session.say("所涉企业", "the organisation it concerns"))
    parser.add_argument("--version", type=int, metavar="V", help=session.say("过去的数据版本", "a past version"))


def _describe_subject(parser: ArgumentParser, session: Session) -> None:
    told = session.say("统一社会信用代码，或个人的密钥标识", "a USCC, or a person's keyed id")
    parser.add_argument("subject", nargs="?", metavar="SUBJECT", help=told)
    told = session.say("证件类型；号码从标准输入读取", "type of an identity number, which is read from standard input")
    parser.add_argument(
        "--id-type", choices=tuple(IDENTITY_FORMS), metavar="T", help=f"{told}: {', '.join(IDENTITY_FORMS)}"
    )


def describe_day(parser: ArgumentParser, session: Session) -> None:
    """Declare `--on`."""
    told = session.say("日期 YYYY-MM-DD；不写则今天（北京时间）", "the day, YYYY-MM-DD; else today in Shanghai")
    parser.add_argument("--on", metavar="DAY", help=told)


def run_check(args: Namespace, session: Session) -> Exit:
    """Answer one check."""
    on = asked_day(args.on)
    with session.existing_store() as store:
        asked = Check(
            subject=session.subject(args.subject, args.id_type),
            matter=args.matter,
            on=on,
            department=args.department,
            concerning=args.concerning,
            version=args.version,
        )
        service = Service(store)
        decision = service.check(asked)
        unseen = service.rulebook(decision.rulebook).cannot_see(decision.matter)
    if args.json:
        session.print_json(decision_json(decision))
    else:
        session.print("\n".join(lines(decision_tree(decision, unseen))))
    if decision.verdict in CANNOT_TELL:
        return Exit.CANNOT_TELL
    return Exit.BINDS if decision.verdict in BINDS else Exit.DONE


def run_why_not(args: Namespace, session: Session) -> Exit:
    """Say which gates keep a measure from binding."""
    on = asked_day(args.on)
    with session.existing_store() as store:
        asked = WhyNotQuestion(
            subject=session.subject(args.subject, args.id_type),
            measure=args.measure,
            on=on,
            matter=args.matter,
            department=args.department,
            concerning=args.concerning,
            version=args.version,
        )
        answer = Service(store).why_not(asked)
    if args.json:
        session.print_json(as_json(answer))
    else:
        session.print("\n".join(lines(gates_tree(answer))))
    return Exit.DONE


def asked_day(given: str | None) -> date:
    """Give the day of `--on`, else today in Shanghai.

    Raises:
        MalformedDay: it is no day.

    """
    if given is None:
        return today_in_shanghai()
    day = read_day(given)
    if day is None:
        raise MalformedDay(f"`{given}` 不是日期 is no day", hint="写作 write it as YYYY-MM-DD")
    return day
