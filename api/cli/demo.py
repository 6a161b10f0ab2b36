"""`xinheng demo`: a small city, each verdict with its proof, then the service (CONTRACT §1)."""

from argparse import ArgumentParser, Namespace
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from api.cli.exits import Exit
from api.cli.proof import decision_tree
from api.cli.serving import describe_address, listening, serve
from api.cli.session import Session
from api.cli.tree import lines
from api.demo import examples, load_demo
from engine.service import Service
from graph_model.store import Store
from loaders.load import load
from loaders.report import LoadOrder
from loaders.synth import LOAD_ORDER, synthesise
from memoranda.reader import SHIPPED

ORGANISATIONS = 500
"""Size of the synthetic city around the made-up examples: enough to look around in, seconds to load."""


def describe_demo(parser: ArgumentParser, session: Session) -> None:
    """Declare the arguments of `demo`."""
    describe_address(parser, session)
    told = session.say("只载入与核查，不启动服务", "load and check only, do not serve")
    parser.add_argument("--no-serve", action="store_true", help=told)


def run_demo(args: Namespace, session: Session) -> Exit:
    """Make the city where it is not there yet, show each verdict, and serve."""
    if not args.no_serve:
        session = listening(args, session)
    with session.store() as store:
        service = Service(store)
        if store.latest_version() == 0:
            session.print(session.say("正在建立示例城市 …", "making the city …"))
            load_demo(service)
            _surround(store, service, session)
        elif service.rulebook_in_force()[1].digest != (shipped := session.book(SHIPPED)).digest:
            session.print(session.say("随附的规则已更新，发布新版 …", "the shipped rulebook is newer: publishing it …"))
            service.publish(shipped, actor="demo", reason="随附规则更新 shipped rulebook", key=f"demo {shipped.digest}")
        for example in examples(service):
            session.print(f"\n■ {example.title}")
            session.print("\n".join(lines(decision_tree(service.check(example.check), session.say))))
        watched = replace(session, settings=replace(session.settings, log_format="text"))  # a person is looking on
        return Exit.DONE if args.no_serve else serve(watched, store)


def _surround(store: Store, service: Service, session: Session) -> None:
    """Load a synthetic city through the same door as any file."""
    _, book = service.rulebook_in_force()
    with TemporaryDirectory() as folder:
        synthesise(Path(folder), ORGANISATIONS, book)
        for kind, name in LOAD_ORDER:
            order = LoadOrder(kind, Path(folder) / f"{name}.csv", "demo", "示例城市 the demo city")
            load(store, order, book.vocabulary, session.keyer())
