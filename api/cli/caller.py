"""`xinheng caller add`: a key for one who may ask (docs/http.md)."""

from argparse import ArgumentParser, Namespace

from api.callers import add
from api.cli.exits import Exit
from api.cli.session import Session
from graph_model.errors import SettingsRefused


def describe_add(parser: ArgumentParser, session: Session) -> None:
    """Declare the arguments of `caller add`."""
    told = session.say(
        "调用方名称，记入决策日志，如 housing-approvals", "the caller's name, as the decision log tells it"
    )
    parser.add_argument("name", metavar="NAME", help=told)


def run_add(args: Namespace, session: Session) -> Exit:
    """Make a key, keep its hash in the file of callers, and show the key this once."""
    path = session.settings.callers_file
    if path is None:
        raise SettingsRefused(
            session.say("未设 XINHENG_CALLERS_FILE", "XINHENG_CALLERS_FILE is not set"),
            hint=session.say("指明保存调用方的文件", "say in which file callers are kept"),
        )
    key = add(path, args.name)
    if args.json:
        session.print_json({"caller": args.name, "key": key})
        return Exit.DONE
    session.print(key)
    session.print(
        session.say(
            "密钥只显示这一次；请求时加请求头 Authorization: Bearer 密钥；服务重启后生效",
            "shown this once; send it as Authorization: Bearer KEY; a running service knows it after a restart",
        )
    )
    return Exit.DONE
