"""The house keeps its shape: imports point one way, and what touches the world lives in its own room."""

import ast
import re
import statistics
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT: dict[str, set[str]] = {
    "graph_model": set(),
    "memoranda": {"graph_model"},
    "engine": {"graph_model", "memoranda"},
    "loaders": {"graph_model", "memoranda"},
    "api": {"graph_model", "memoranda", "engine", "loaders"},
}
SOURCES = sorted(path for package in MAY_IMPORT for path in (ROOT / package).rglob("*.py"))
HTTP = {"fastapi", "starlette", "uvicorn", "httpx", "http", "socket", "prometheus_client", "urllib"}
LONGEST_LINES, MEDIAN_LINES = 400, 150


def of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported(path: Path) -> set[str]:
    """Every module that a file imports, anywhere in it."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    names = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    assert not any(isinstance(node, ast.ImportFrom) and node.level for node in nodes), f"{of(path)}: relative import"
    return names | {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}


def tops(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imported(path)}


def test_no_scenario_file_is_too_long_to_be_read() -> None:
    files = sorted((ROOT / "tests" / "scenarios").rglob("*.yaml"))
    assert len(files) > 50
    assert [of(f) for f in files if len(f.read_text(encoding="utf-8").splitlines()) > LONGEST_LINES] == []


def test_every_package_has_files_to_look_at() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in SOURCES} == MAY_IMPORT.keys()


@pytest.mark.parametrize("path", SOURCES, ids=of)
def test_imports_point_one_way(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0]
    assert tops(path) & MAY_IMPORT.keys() <= MAY_IMPORT[package] | {package}
    assert not tops(path) & {"tests", "benchmarks", "conftest"}, "what is shipped never imports its tests"


@pytest.mark.parametrize("path", SOURCES, ids=of)
def test_drivers_http_environment_and_logging_live_where_they_should(path: Path) -> None:
    place, package = of(path), path.relative_to(ROOT).parts[0]
    if "apsw" in tops(path):
        assert place.startswith("graph_model/stores/sqlite")
    if "neo4j" in tops(path):
        assert place.startswith("graph_model/stores/neo4j")
    if package != "api":
        assert not tops(path) & (HTTP | {"logging", "argparse", "rich", "tqdm"})
        assert not reads(path) & {"os.environ", "os.getenv", "sys.argv", "sys.stdin", "sys.stdout"}
    if reads(path) & {"os.environ", "os.getenv"}:
        assert place == "api/cli/main.py", "the environment is read once, where the program starts"


def reads(path: Path) -> set[str]:
    """Every `name.attribute` that a file mentions."""
    return {
        f"{node.value.id}.{node.attr}"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }


CLOCKS = {
    "date.today",
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "time.time",
    "time.localtime",
    "time.gmtime",
}
CLOCK_ROOMS = {
    "api/clock.py": "the day of questions that state none",
    "api/app.py": "the day of questions that state none, over HTTP",
    "graph_model/stores/sqlite_write.py": "when a change was recorded, for people: no answer depends on it",
    "graph_model/stores/sqlite.py": "when a change was recorded, for people: no answer depends on it",
}


@pytest.mark.parametrize("path", SOURCES, ids=of)
def test_the_clock_is_a_parameter(path: Path) -> None:
    # P7: a rule that read the clock could not be replayed.
    if reads(path) & CLOCKS:
        assert of(path) in CLOCK_ROOMS


ALLOWED_AT_IMPORT = (
    ast.Import,
    ast.ImportFrom,
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Assign,
    ast.AnnAssign,
    ast.AugAssign,
    ast.TypeAlias if sys.version_info >= (3, 12) else ast.AnnAssign,
)
OPENS = {"open", "print", "input", "exec", "eval", "open_store", "read_rulebook", "connect", "getenv", "mkdir"}


@pytest.mark.parametrize("path", SOURCES, ids=of)
def test_nothing_happens_at_import(path: Path) -> None:
    for statement in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.Expr):
            harmless = isinstance(statement.value, ast.Constant)  # a docstring
            registers = isinstance(statement.value, ast.Call) and ast.unparse(statement.value.func) in REGISTRATIONS
            assert harmless or registers, f"{of(path)}:{statement.lineno}"
        elif isinstance(statement, ast.If):
            guard = ast.unparse(statement.test)
            assert guard in ("TYPE_CHECKING", "__name__ == '__main__'") or "sys.version_info" in guard, guard
        else:
            assert isinstance(statement, ALLOWED_AT_IMPORT), f"{of(path)}:{statement.lineno}"
            assert not called_at_import(statement) & OPENS, f"{of(path)}:{statement.lineno}"


REGISTRATIONS = {"_Constructor.add_constructor"}
"""Calls on a class of the same file that only complete its definition."""


def called_at_import(statement: ast.stmt) -> set[str]:
    """The functions that a statement calls when it runs, not those that its functions call later."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        return set()
    parts: Iterator[ast.AST] = ast.walk(statement)
    if isinstance(statement, ast.ClassDef):
        parts = (node for line in statement.body if not isinstance(line, ast.FunctionDef) for node in ast.walk(line))
    calls = (node.func for node in parts if isinstance(node, ast.Call))
    return {
        func.id if isinstance(func, ast.Name) else func.attr
        for func in calls
        if isinstance(func, ast.Name | ast.Attribute)
    }


def test_importing_everything_reads_nothing_and_says_nothing(tmp_path: Path) -> None:
    modules = [of(path).removesuffix(".py").replace("/", ".").removesuffix(".__init__") for path in SOURCES]
    code = f"import {', '.join(sorted(modules))}"
    env = {"PYTHONPATH": str(ROOT), "XINHENG_NONSENSE": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == []


def test_no_file_is_too_long_to_read() -> None:
    lengths = {of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES}
    assert {place: lines for place, lines in lengths.items() if lines > LONGEST_LINES} == {}
    assert statistics.median(lines for lines in lengths.values() if lines) <= MEDIAN_LINES


def test_no_file_is_named_for_nothing() -> None:
    empty_words = {"helper", "helpers", "util", "utils", "manager", "process", "data", "info", "misc", "common"}
    assert [of(path) for path in SOURCES if path.stem in empty_words] == []


def test_every_exception_from_ruff_has_its_reason() -> None:
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    start = lines.index("ignore = [")
    ignored = lines[start + 1 : lines.index("]", start)]
    start = lines.index("[tool.ruff.lint.per-file-ignores]")
    per_file = [line for line in lines[start + 1 : lines.index("", start)] if not line.startswith("#")]
    assert ignored
    assert per_file
    assert [line for line in ignored + per_file if not re.search(r"#\s*\S+.*\S", line)] == []
    for path in [*SOURCES, *(ROOT / "tests").glob("*.py")]:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            said = re.search(r"#\s*(?:noqa|type: ignore)(.*)", line)
            if said and "re.search" not in line:
                reason = re.sub(r"^(?::\s*[A-Z]+[0-9]+(?:,\s*[A-Z]+[0-9]+)*|\[[\w,-]+\])", "", said.group(1))
                assert len(reason.strip(" #-")) > 8, f"{of(path)}:{number} turns a rule off and does not say why"


def test_what_it_needs_is_pinned_to_the_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = project["dependencies"] + project["optional-dependencies"]["dev"]
    constraints = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(line.split("==") for line in constraints if line and not line.startswith("#"))
    pinned = {name.lower().replace("_", "-") for name in pins}
    names = {re.match(r"[\w.-]+", need).group().lower().replace("_", "-") for need in needed}  # type: ignore[union-attr]  # each has a name
    assert names <= pinned
    assert not any("://" in line or line.startswith("-") for line in constraints), "no hosts"


def test_the_packages_are_named_one_by_one() -> None:
    setup = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    there = {of(path.parent).replace("/", ".") for path in SOURCES}
    assert set(setup["packages"]) == there
