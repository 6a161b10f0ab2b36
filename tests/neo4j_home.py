"""The files of one server: its configuration, its first password, what it said. Standard library alone."""

import re
import socket
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from secrets import token_bytes

from tests.neo4j_java import Line

_ROUNDS = 1024


def write_configuration(
    home: Path, line: Line, port: int, pagecache: str, *, quick: bool, more: Mapping[str, str] | None = None
) -> None:
    """Write `conf/neo4j.conf`: loopback only, signed in only, nothing told to anybody, little on the disk."""
    settings = {
        "server.default_listen_address": "127.0.0.1",
        "server.bolt.listen_address": f"127.0.0.1:{port}",
        "server.bolt.advertised_address": f"127.0.0.1:{port}",
        "server.http.enabled": "false",
        "server.https.enabled": "false",
        "dbms.security.auth_enabled": "true",
        "dbms.usage_report.enabled": "false",
        "client.allow_telemetry": "false",
        "server.memory.pagecache.size": pagecache,
        "server.directories.import": "import",
        # Half a gigabyte would be set aside for an empty database.
        "db.tx_log.preallocate": "false",
        "db.tx_log.rotation.size": "16m",
    }
    if quick:
        # Tests fill and empty the database all the time: plans would be made anew for statistics that mean nothing.
        settings["dbms.cypher.min_replan_interval"] = "1h"
    # Without the quiet periods a stop takes 1 s instead of 11. An unknown name would stop the start.
    if line.newer:
        settings["server.fleet_discovery.enabled"] = "false"
        settings["internal.dbms.bolt.netty_server_shutdown_quiet_period_duration"] = "0s"
    else:
        settings["internal.dbms.bolt.netty_server_shutdown_quiet_period"] = "0"
    for folder in ("conf", "import", "logs"):
        (home / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
    lines = (f"{name}={value}\n" for name, value in {**settings, **(more or {})}.items())
    (home / "conf" / "neo4j.conf").write_text("".join(lines), encoding="utf-8")


def write_first_password(home: Path, password: str) -> None:
    """Write what `neo4j-admin dbms set-initial-password` writes. It counts only before the first start."""
    if (home / "data" / "databases" / "system").exists():
        return
    salt = token_bytes(32)
    digest = sha256(salt + password.encode()).digest()
    for _ in range(_ROUNDS - 1):
        digest = sha256(digest).digest()
    file = home / "data" / "dbms" / "auth.ini"
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_secret(file, f"neo4j:SHA-256,{digest.hex()},{salt.hex()},{_ROUNDS}:")


def write_secret(file: Path, text: str) -> None:
    """Write a file that nobody else can read."""
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    file.write_text(text, encoding="utf-8")


def free_port() -> int:
    """Give a port that is free now; another program may take it before the server does."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    """Whether something listens there."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def port_was_taken(said: str) -> bool:
    return re.search(r"Address already in use|BindException", said) is not None
