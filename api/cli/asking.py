"""`xinheng check` and `xinheng why-not`: one question, answered with its proof (CONTRACT §2)."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from shutil import get_terminal_size

from api.cli.columns import wrapped
from api.cli.exits import Exit
from api.cli.proof import decision_tree, gates_tree
from api.cli.session import PIPE_WIDTH, Session
from api.cli.tree import lines
from api.clock import today_in_shanghai
from api.scenario_questions import read_day
from api.wire import decision_json
from engine.question import Check, WhyNotQuestion, as_json
from engine.service import Service
from graph_model.errors import MalformedDay, MalformedSubject
from graph_model.identifiers import IDENTITY_FORMS

BINDS = frozenset({"bar", "limit", "weigh"})
CANNOT_TELL = frozenset({"unresolved", "unknown"})
_MARK = 2
"""Columns of a closing mark, which `wrapped` leaves at the end of a full line."""


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
    with session.existing_store() as store:
        asked = Check(
            subject=session.subject(args.subject, args.id_type),
            matter=args.matter,
            on=_day_as_typed(args.on),
            department=args.department,
            concerning=args.concerning,
            version=args.version,
        )
        service = Service(store)
        with _told_how_to_name_a_person(args.subject, session):
            decision = service.check(asked)
        unseen = service.rulebook(decision.rulebook).cannot_see(decision.matter)
    if args.json:
        session.print_json(decision_json(decision))
    else:
        session.print("\n".join(lines(decision_tree(decision, session.say, unseen))))
    if decision.verdict in CANNOT_TELL:
        return Exit.CANNOT_TELL
    return Exit.BINDS if decision.verdict in BINDS else Exit.DONE


def run_why_not(args: Namespace, session: Session) -> Exit:
    """Say which gates keep a measure from binding."""
    with session.existing_store() as store:
        asked = WhyNotQuestion(
            subject=session.subject(args.subject, args.id_type),
            measure=args.measure,
            on=_day_as_typed(args.on),
            matter=args.matter,
            department=args.department,
            concerning=args.concerning,
            version=args.version,
        )
        with _told_how_to_name_a_person(args.subject, session):
            answer = Service(store).why_not(asked)
    if args.json:
        session.print_json(as_json(answer))
    else:
        tree = gates_tree(answer, session.say)
        head = wrapped(tree.text, get_terminal_size((PIPE_WIDTH, 1)).columns - _MARK)
        session.print("\n".join((*head, *list(lines(tree))[1:])))
    return Exit.DONE


@contextmanager
def _told_how_to_name_a_person(given: str | None, session: Session) -> Iterator[None]:
    """Add to the refusal of a SUBJECT what it most often is: a person's number. What was typed is not repeated."""
    try:
        yield
    except MalformedSubject as error:
        if given is None:
            raise
        how = session.say(
            "自然人：用 --id-type resident_id，号码在提示后输入",
            "for a person: --id-type resident_id, and type the number when asked",
        )
        raise MalformedSubject(error.what, hint=f"{error.hint}; {how}", detail_code=error.detail_code) from None


def _day_as_typed(given: str | None) -> date | str:
    """Give `--on` as it was typed: the engine reads it in its turn, so that the first fault is the one named (J2)."""
    return today_in_shanghai() if given is None else given


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
