"""`xinheng serve`: the HTTP service and its pages (CONTRACT §2, §6)."""

import signal
import socket
import sys
import threading
from argparse import ArgumentParser, Namespace
from dataclasses import replace

from api.app import build_app, server_of
from api.cli.exits import Exit
from api.cli.session import Session, with_shipped_rulebook
from api.cli.workers import Workers
from api.decision_log import DecisionLog
from api.edge import Edge
from api.following import Following
from api.observe import set_up_logging
from api.settings import MOST_WORKERS, Settings
from graph_model.errors import SettingsRefused, XinhengError
from graph_model.store import Store

_SWITCH_S = 0.001
_BACKLOG = 2_048


def describe_serve(parser: ArgumentParser, session: Session) -> None:
    """Declare the arguments of `serve`."""
    describe_address(parser, session)
    told = session.say("工作进程数", "processes that answer")
    parser.add_argument("--workers", type=workers, default=session.settings.workers, metavar="N", help=told)


def describe_address(parser: ArgumentParser, session: Session) -> None:
    """Declare where whatever serves listens."""
    parser.add_argument("--host", default=session.settings.host, help=session.say("监听地址", "address to listen on"))
    told = session.say("端口", "port")
    parser.add_argument("--port", type=port, default=session.settings.port, help=f"{told} ({session.settings.port})")


def port(text: str) -> int:
    """Read a port. Raises `ValueError`, which argparse tells as wrong usage."""
    number = int(text)
    if not 0 <= number <= 65_535:
        raise ValueError(text)
    return number


def workers(text: str) -> int:
    """Read a number of workers. Raises `ValueError`, as `port`."""
    number = int(text)
    if not 1 <= number <= MOST_WORKERS:
        raise ValueError(text)
    return number


def run_serve(args: Namespace, session: Session) -> Exit:
    """Serve until stopped; a new store gets the shipped rulebook first."""
    session = listening(args, session)
    if args.workers > 1 and session.settings.store.endswith(":memory:"):
        raise SettingsRefused(
            session.say(
                "内存中的存储只能由一个进程服务",
                "a store in memory belongs to one process and cannot have several workers",
            ),
            hint=session.say(
                "去掉 --workers 与 XINHENG_WORKERS，或换用文件存储",
                "leave --workers and XINHENG_WORKERS out, or use a store in a file",
            ),
        )
    with session.store() as store:
        with_shipped_rulebook(store, session)
        if args.workers == 1:
            return serve(session, store)
        build_app(session.settings, store)  # what cannot be served is refused here, and keys are made once
    return serve_by_several(session, args.workers)


def serve_by_several(session: Session, count: int) -> Exit:
    """Serve by several processes until stopped, by Ctrl-C or a signal."""
    settings = session.settings
    set_up_logging(settings.log_format)
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.create_server((settings.host, settings.port), family=family, backlog=_BACKLOG) as at:
        stop_at_sigterm()
        try:
            with Workers(settings, count, work, at) as several:
                tell_address(session)
                return several.watch()
        except KeyboardInterrupt:
            tell_stopped(session)
            return Exit.DONE


def work(settings: Settings, at: socket.socket) -> int:
    """Be one of several workers that listen on one socket."""
    session = Session(settings, sys.stdout, sys.stdin)
    with session.store() as store:
        return serve(session, store, at)


def listening(args: Namespace, session: Session) -> Session:
    """Give the session with host and port, once it is clear that one can listen there."""
    with socket.socket(socket.AF_INET6 if ":" in args.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((args.host, args.port))
        except OSError as error:
            raise XinhengError(
                session.say(
                    f"无法在 {args.host}:{args.port} 监听（{error.strerror}）",
                    f"cannot listen on {args.host}:{args.port} ({error.strerror})",
                ),
                hint=session.say(
                    "换一个端口：make demo PORT=8001，或 xinheng serve --port 8001",
                    "choose another port: make demo PORT=8001, or xinheng serve --port 8001",
                ),
                detail_code="port.taken",
            ) from error
    return replace(session, settings=replace(session.settings, host=args.host, port=args.port))


def serve(session: Session, store: Store, at: socket.socket | None = None) -> Exit:
    """Serve until stopped, by Ctrl-C or a signal; on a socket that listens already, where one is given."""
    set_up_logging(session.settings.log_format)
    # Checks are answered on one thread: the log, the index and long requests on others are not to keep it waiting.
    sys.setswitchinterval(_SWITCH_S)
    app = build_app(session.settings, store)
    log: DecisionLog = app.state.decision_log
    log.open()
    edge: Edge = app.state.edge
    if session.settings.index == "memory":
        edge.following = Following(edge.service)
        edge.following.start()
    server = server_of(app, session.settings)
    if at is None:
        tell_address(session)
    if threading.current_thread() is threading.main_thread():
        # The server ends by raising the signal that stopped it once more: by itself, SIGTERM would end the process
        # there, with buffered decisions unwritten and the store not closed.
        stop_at_sigterm()
    try:
        server.run(None if at is None else [at])
    except KeyboardInterrupt:  # uvicorn shuts down first and then passes it on
        if at is None:
            tell_stopped(session)
    finally:
        if edge.following is not None:
            edge.following.stop()
        log.close()
    return Exit.DONE if server.started else Exit.NOT_DONE


def tell_address(session: Session) -> None:
    """Say where the service is."""
    at = f"http://{session.settings.host}:{session.settings.port}"
    session.print(session.say(f"\n信衡已启动：{at} （Ctrl-C 停止）", f"\nXinheng serves on {at} (Ctrl-C stops it)"))
    session.out.flush()


def tell_stopped(session: Session) -> None:
    """Say that it was stopped as it should."""
    session.print(session.say("\n已停止", "\nstopped"))


def stop_at_sigterm() -> None:
    """From now on take SIGTERM for Ctrl-C."""
    signal.signal(signal.SIGTERM, _interrupt)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
