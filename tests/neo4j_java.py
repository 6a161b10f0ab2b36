"""The jars of a real Neo4j Community server, by Maven, and the Java that can run them; kept between runs."""

import fcntl
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from api.settings import PREFIX, Settings

NEWEST, LTS = "2026.08.1", "5.26.30"
_NAMED = {"newest": NEWEST, "lts": LTS}
VERSION_VARIABLE = "NEO4J_VERSION"
"""The environment variable that asks for a version, `lts` or `newest`; else the newest that the Java found can run."""
_POM = """<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>xinheng</groupId><artifactId>neo4j-for-tests</artifactId><version>1</version><dependencies>
<dependency><groupId>org.neo4j</groupId><artifactId>neo4j</artifactId><version>{version}</version></dependency>
<dependency><groupId>org.neo4j.app</groupId><artifactId>neo4j-server</artifactId><version>{version}</version></dependency>
</dependencies></project>
"""
_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"


class ServerMissing(Exception):
    """This machine cannot run a server: `needs` says what it lacks, `remedy` how to get it."""

    def __init__(self, needs: str, remedy: str) -> None:
        super().__init__(f"Neo4j: NOT TESTED, needs {needs} ({remedy})")
        self.needs = needs
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Java:
    """One Java: its home folder, and its major version, e.g. 17."""

    home: Path
    major: int

    @property
    def program(self) -> str:
        return str(self.home / "bin" / "java")


@dataclass(frozen=True, slots=True)
class Line:
    """A server that can be run here: its version, its jars, and the Java that runs it."""

    version: str
    jars: Path
    java: Java

    @property
    def newer(self) -> bool:
        """Whether it is of the calendar line (2025 on), whose class and setting names differ from the 5 line's."""
        return is_calendar(self.version)


def is_calendar(version: str) -> bool:
    return int(version.partition(".")[0]) >= 2025


def line(env: Mapping[str, str], version: str | None = None) -> Line:
    """Find or fetch a server for this machine; 40 to 60 s where Maven must fetch everything, else at once.

    Raises:
        ServerMissing: no Java, or none new enough, or the jars cannot be fetched.

    """
    javas = sorted(_javas(env), key=lambda java: java.major)
    version = version or env.get(VERSION_VARIABLE) or (NEWEST if javas and javas[-1].major >= 21 else LTS)
    version = _NAMED.get(version, version)
    least = 21 if is_calendar(version) else 17
    fit = [java for java in javas if java.major >= least]
    if not fit:
        raise ServerMissing(f"Java ≥ {least}", f"apt-get install openjdk-{least}-jre-headless, or set JAVA_HOME")
    # The 5 line is made for Java 17, the calendar line for the newest.
    java = fit[-1] if is_calendar(version) else fit[0]
    return Line(version, _jars(env, version), java)


def cache_folder(env: Mapping[str, str]) -> Path:
    """Where jars are kept, as `XINHENG_CACHE_FOLDER` says (docs/settings.md); in `var` where nothing is to be kept."""
    names = (PREFIX + "CACHE_FOLDER", "XDG_CACHE_HOME", "HOME")
    chosen = Settings.from_env({name: env[name] for name in names if name in env}).cache_folder
    return (chosen or Path(__file__).parent.parent / "var").absolute() / "neo4j"


def _javas(env: Mapping[str, str]) -> Iterator[Java]:
    """Every Java of this machine: `JAVA_HOME`'s, the one on the path, and those installed beside it."""
    homes = [Path(env["JAVA_HOME"])] if env.get("JAVA_HOME") else []
    if (program := shutil.which("java", path=env.get("PATH"))) is not None:
        homes.append(Path(program).resolve().parents[1])
    beside = {home.resolve().parent for home in homes} | {Path("/usr/lib/jvm")}
    homes += [home for folder in sorted(beside) if folder.is_dir() for home in sorted(folder.iterdir())]
    for home in dict.fromkeys(home.resolve() for home in homes if os.access(home / "bin" / "java", os.X_OK)):
        if (major := _major(home)) is not None:
            yield Java(home, major)


def _major(home: Path) -> int | None:
    try:
        told = (home / "release").read_text(encoding="utf-8")
    except OSError:
        run = subprocess.run([home / "bin" / "java", "-XshowSettings:properties", "-version"], capture_output=True)
        told = run.stderr.decode(errors="replace").replace("java.version = ", "JAVA_VERSION=")
    found = re.search(r'JAVA_VERSION="?(\d+)', told)
    return int(found.group(1)) if found else None


def _jars(env: Mapping[str, str], version: str) -> Path:
    """Give the folder with a version's jars, complete; fetched once, whoever comes first."""
    folder = cache_folder(env)
    jars = folder / f"jars-{version}"
    if jars.is_dir():
        return jars
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(folder / f"jars-{version}.lock"):
        if not jars.is_dir():
            _fetch(env, version, jars)
    return jars


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _fetch(env: Mapping[str, str], version: str, jars: Path) -> None:
    maven = shutil.which("mvn", path=env.get("PATH"))
    if maven is None:
        raise ServerMissing("Maven", "apt-get install maven: it fetches the server's jars, once")
    unfinished = Path(mkdtemp(prefix=f"{jars.name}.", dir=jars.parent))
    try:
        (unfinished / "pom.xml").write_text(_POM.format(version=version), encoding="utf-8")
        options = ["-DincludeScope=runtime", f"-DoutputDirectory={unfinished / 'lib'}"]
        run = subprocess.run(
            [maven, "-B", "-q", "-f", unfinished / "pom.xml", _COPY, *options], capture_output=True, text=True
        )
        if run.returncode != 0:
            told = next((text for text in run.stdout.splitlines() if "ERROR" in text), run.stderr[-300:])
            raise ServerMissing(f"the jars of Neo4j {version} by Maven", told.strip())
        (unfinished / "lib").rename(jars)
    finally:
        shutil.rmtree(unfinished)
