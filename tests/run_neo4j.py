"""A Neo4j server to try things on, until Ctrl-C: `make neo4j`. Its data stay in `var/neo4j` for tomorrow."""

import argparse
import fcntl
import os
import signal
import sys
from pathlib import Path
from secrets import token_urlsafe
from typing import NoReturn

from tests.neo4j_home import answers, write_secret
from tests.neo4j_java import ServerMissing, line
from tests.neo4j_server import Server

ROOT = Path(__file__).parent.parent
USUAL_PORT = 7687


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--version", help="one version, e.g. 5.26.30; else the newest that a Java here can run")
    parser.add_argument("--data", type=Path, default=ROOT / "var" / "neo4j", help="folder of its data, by version")
    parser.add_argument("--heap", default="2g")
    parser.add_argument("--pagecache", default="1g")
    options = parser.parse_args()
    _say("正在准备 Neo4j（首次须由 Maven 取得，约一分钟）… making Neo4j ready (the first time Maven fetches it) …")
    try:
        chosen = line(os.environ, options.version)
    except ServerMissing as missing:
        _say(f"xinheng: 缺少 missing: {missing.needs}; {missing.remedy}")
        return 1
    home = (options.data / chosen.version).absolute()
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            _say(f"xinheng: 已在运行 it runs already, on {home}")
            return 1
        server = Server(home, chosen, _password(home), options.heap, options.pagecache, quick=False)
        if not answers(USUAL_PORT):
            server.port = USUAL_PORT
        server.start()
        _tell(server)
        return _wait(server)


def _password(home: Path) -> str:
    """The password of the first start, which the data there know."""
    file = home / "password"
    if not file.exists():
        write_secret(file, token_urlsafe(24))
    return file.read_text(encoding="utf-8")


def _tell(server: Server) -> None:
    _say(f"""
Neo4j {server.line.version} 已启动，仅限本机 is running, for this machine alone
  地址 address   {server.uri}
  用户 user      {server.access.user}
  密码 password  {server.password}
  数据 data      {server.home}

信衡用它作存储 as a store of Xinheng:
  export XINHENG_STORE={server.uri} XINHENG_NEO4J_PASSWORD={server.password}
  .venv/bin/xinheng store migrate
  .venv/bin/xinheng demo

Ctrl-C 停止（数据保留） stops it; the data stay""")


def _wait(server: Server) -> int:
    """Wait for Ctrl-C, a signal, or the server's own end."""

    def stop(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    try:
        code = server.wait()
    except KeyboardInterrupt:
        _say("正在停止 stopping …")
        server.stop()
        return 0
    _say(f"xinheng: Neo4j 自行退出 ended by itself, exit code {code}; see {server.console}")
    return 1


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
