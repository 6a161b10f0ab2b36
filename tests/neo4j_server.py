"""A real Neo4j Community server on this machine: for the tests, and for a person (`tests.run_neo4j`).

It listens on a free loopback port, asks for a password, keeps its data in one folder (`home`), is stopped by its own
process id and dies with the thread that started it. `with Server.started() as server: server.uri, server.access`.
"""

import ctypes
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_urlsafe
from tempfile import TemporaryDirectory
from time import monotonic, sleep

from neo4j import GraphDatabase
from neo4j.exceptions import DriverError, Neo4jError

from graph_model.stores.access import Access
from tests import neo4j_home
from tests.neo4j_java import Line, line

DATABASE = "neo4j"
"""The only one that the Community edition has."""
START_LIMIT_S, STOP_LIMIT_S = 180.0, 60.0
_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


@dataclass(slots=True)
class Server:
    """One server on one home folder; it can be stopped or killed and started again there, on the same port.

    heap, pagecache  memory, as Java and Neo4j write it
    quick            starts and stops in half the time, for tests; else as a server that is to work
    more             further settings of its own, for the next start
    """

    home: Path
    line: Line
    password: str
    heap: str = "1g"
    pagecache: str = "128m"
    quick: bool = True
    port: int = 0
    more: dict[str, str] = field(default_factory=dict)
    _process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    @classmethod
    @contextmanager
    def started(cls, version: str | None = None, heap: str = "1g", pagecache: str = "128m") -> Iterator["Server"]:
        """A new, empty server in a temporary folder, gone behind the block.

        Raises:
            ServerMissing: this machine cannot run one (`tests.neo4j_java`).

        """
        chosen = line(os.environ, version)
        with TemporaryDirectory(prefix="xinheng-neo4j-", ignore_cleanup_errors=True) as folder:
            server = cls(Path(folder), chosen, token_urlsafe(24), heap, pagecache)
            server.start()
            try:
                yield server
            finally:
                if server.running:
                    server.stop()

    @property
    def address(self) -> str:
        """Where it listens, for any of the driver's schemes."""
        return f"127.0.0.1:{self.port}"

    @property
    def uri(self) -> str:
        return f"neo4j://{self.address}/{DATABASE}"

    @property
    def access(self) -> Access:
        return Access(user="neo4j", password=self.password)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it and wait until it answers a query; on a free port the first time, on the same one later."""
        assert not self.running, "it runs already"
        neo4j_home.write_first_password(self.home, self.password)
        for _ in range(1 if self.port else 5):
            port = self.port or neo4j_home.free_port()
            neo4j_home.write_configuration(self.home, self.line, port, self.pagecache, quick=self.quick, more=self.more)
            self._launch()
            if self._answers(port):
                self.port = port
                return
            if not neo4j_home.port_was_taken(said := self.console.read_text(encoding="utf-8", errors="replace")):
                break
        raise AssertionError(f"Neo4j {self.line.version} did not start:\n{said[-3_000:]}")

    @property
    def console(self) -> Path:
        """What it has said since it was started."""
        return self.home / "console.log"

    def wait(self) -> int:
        """Wait until it ends; gives its exit code."""
        assert self._process is not None
        return self._process.wait()

    def stop(self) -> None:
        """Stop it as one should, and see that it stopped cleanly."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        try:
            code = self._process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.kill9()
            raise
        said = self.console.read_text(encoding="utf-8", errors="replace")
        assert code in (0, 128 + signal.SIGTERM), f"exit code {code}:\n{said[-3_000:]}"
        assert "Stopped." in said, said[-3_000:]
        self._keep_classes()

    def kill9(self) -> None:
        """Let it die at once, as in a power cut of the machine but for what the kernel had not written."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def admin(self, *arguments: str) -> str:
        """Run one of the admin tools on this home (`database import full …`); gives what it said.

        The server must not run for most of them. Raises `AssertionError` where the tool fails.
        """
        if not (self.home / "conf" / "neo4j.conf").exists():
            port = self.port or neo4j_home.free_port()
            neo4j_home.write_configuration(self.home, self.line, port, self.pagecache, quick=self.quick)
        env = {**os.environ, "NEO4J_HOME": str(self.home), "NEO4J_CONF": str(self.home / "conf")}
        told = self.home / "admin.log"
        with told.open("wb") as file:
            run = subprocess.run(
                [self.line.java.program, "-Xmx1g", *self._flags(), "org.neo4j.cli.AdminTool", *arguments],
                env=env,
                cwd=self.home,  # some leave a report where they are run
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        said = told.read_text(encoding="utf-8", errors="replace")
        assert run.returncode == 0, f"{' '.join(arguments)}: exit code {run.returncode}\n{said[-3_000:]}"
        return said

    def _launch(self) -> None:
        main = "Neo4jCommunity" if self.line.newer else "CommunityEntryPoint"
        command = [self.line.java.program, "-Xms256m", f"-Xmx{self.heap}", "-XX:+ExitOnOutOfMemoryError"]
        if self.quick:
            command += ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", *self._class_archive()]
        command += [*self._flags(), f"org.neo4j.server.{main}"]
        command += [f"--home-dir={self.home}", f"--config-dir={self.home / 'conf'}", "--console-mode"]
        with self.console.open("wb") as file:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for whoever started it, who then stops it
                preexec_fn=_die_with_parent,  # noqa: PLW1509 (one call of libc, found before the fork)
            )

    def _flags(self) -> list[str]:
        opened = ("java.nio", "java.io", "sun.nio.ch", "java.util.concurrent")
        flags = [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in opened]
        if self.line.java.major >= 22:
            flags.append("--enable-native-access=ALL-UNNAMED")
        if self.line.java.major >= 24:
            flags.append("--sun-misc-unsafe-memory-access=allow")
        return [*flags, "-Dfile.encoding=UTF-8", "-cp", f"{self.line.jars}/*"]

    def _class_archive(self) -> list[str]:
        """Read the classes from an archive, which halves the start; where there is none, write it at the stop."""
        if self._archive.exists():
            return [f"-XX:SharedArchiveFile={self._archive}"]
        return [f"-XX:ArchiveClassesAtExit={self.home / 'classes.jsa'}"]

    @property
    def _archive(self) -> Path:
        # Another build of the same Java cannot read it, and would say nothing.
        build = int((self.line.java.home / "lib" / "modules").stat().st_mtime)
        return self.line.jars.with_name(f"classes-{self.line.version}-{self.line.java.home.name}-{build}.jsa")

    def _keep_classes(self) -> None:
        written = self.home / "classes.jsa"
        if written.exists():
            unfinished = self._archive.with_name(f"{self._archive.name}.{os.getpid()}")
            unfinished.write_bytes(written.read_bytes())
            unfinished.replace(self._archive)
            written.unlink()

    def _answers(self, port: int) -> bool:
        """Wait until it answers a query with the password, which is more than an open port; false where it died."""
        end = monotonic() + START_LIMIT_S
        while self.running:
            if neo4j_home.answers(port) and self._asked(port):
                return True
            if monotonic() > end:
                self.kill9()
            sleep(0.1)
        return False

    def _asked(self, port: int) -> bool:
        where, who = f"bolt://127.0.0.1:{port}", ("neo4j", self.password)
        try:
            with GraphDatabase.driver(where, auth=who, max_transaction_retry_time=0) as driver:
                return bool(driver.execute_query("RETURN 1", database_=DATABASE).records)
        except (Neo4jError, DriverError):
            return False


def _die_with_parent() -> None:
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
