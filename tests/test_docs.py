"""The docs forget nothing: every setting, error code, route, command and option; and every link leads somewhere."""

import argparse
import ast
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from api.app import build_app
from api.cli.main import COMMANDS, main
from api.cli.session import Session
from api.settings import PREFIX, Settings
from graph_model.errors import XinhengError
from graph_model.stores import open_store
from tests.readme_decision import BLOCK, given_now, without_version

ROOT = Path(__file__).parent.parent
PAGES = sorted(
    path
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    if not {".venv", "var", "build"} & set(path.relative_to(ROOT).parts)
)
PACKAGES = ("graph_model", "memoranda", "engine", "loaders", "api")


def text_of(place: str) -> str:
    return (ROOT / place).read_text(encoding="utf-8")


def test_every_setting_is_documented() -> None:
    page = text_of("docs/settings.md")
    assert [name for name in (PREFIX + item.name.upper() for item in fields(Settings)) if f"`{name}`" not in page] == []


def all_errors(kind: type[XinhengError] = XinhengError) -> set[type[XinhengError]]:
    return {kind}.union(*(all_errors(child) for child in kind.__subclasses__()))


def test_every_error_code_is_documented() -> None:
    page = text_of("docs/errors.md")
    codes = {error.code for error in all_errors() if error.__module__.split(".")[0] in PACKAGES} - {XinhengError.code}
    assert len(codes) > 15
    assert [code for code in sorted(codes) if f"`{code}`" not in page] == []


def detail_codes() -> set[str]:
    """Every literal `detail_code` in the sources."""
    found: set[str] = set()
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.keyword) and node.arg == "detail_code" and isinstance(node.value, ast.Constant):
                    found.add(str(node.value.value))
    return found - {"None"}


def test_every_detail_code_is_documented() -> None:
    pages = text_of("docs/errors.md") + text_of("docs/cli.md")
    assert len(detail_codes()) > 20
    assert [code for code in sorted(detail_codes()) if f"`{code}`" not in pages] == []


def test_every_route_is_documented() -> None:
    page = text_of("docs/http.md")
    with open_store("sqlite:///:memory:") as store:
        paths: dict[str, Any] = build_app(Settings(store="sqlite:///:memory:"), store).openapi()["paths"]
    routes = [f"{method.upper()} {path}" for path, item in paths.items() for method in item if method != "parameters"]
    assert len(routes) > 8
    assert [route for route in routes if f"`{route}`" not in page] == []


def test_every_command_and_option_is_documented() -> None:
    page = text_of("docs/cli.md")
    assert [command.words for command in COMMANDS if f"`xinheng {command.words}" not in page] == []
    options: set[str] = set()
    for command in COMMANDS:
        parser = argparse.ArgumentParser(add_help=False)
        command.describe(parser, Session.of({"XINHENG_LANG": "en"}))
        options |= {option for action in parser._actions for option in action.option_strings}
    assert len(options) > 20
    assert sorted(option for option in options if option not in page) == []


def test_the_help_of_every_command_runs(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"], {"XINHENG_LANG": "en"})
    told = capsys.readouterr().out
    assert all(command.words.split()[0] in told for command in COMMANDS)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        place, _, anchor = target.partition("#")
        linked = (page.parent / place).resolve() if place else page
        assert linked.exists(), f"{page.name} → {target}"
        assert linked.is_relative_to(ROOT), f"{page.name} → {target} leads out of the repository"
        if anchor:
            assert anchor in anchors(linked), f"{page.name} → {target}"


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as they are made on the usual sites."""
    headings = re.findall(r"^#+\s+(.*)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def test_every_page_can_be_found_from_the_readme() -> None:
    reached, ahead = set(), {ROOT / "README.md"}
    while ahead:
        page = ahead.pop()
        reached.add(page)
        for target in re.findall(r"\]\(([^)\s#]+)", page.read_text(encoding="utf-8")):
            linked = (page.parent / target).resolve()
            pages = linked.glob("*.md") if linked.is_dir() else [linked]
            ahead |= {found for found in pages if found.suffix == ".md" and found.exists()} - reached
    assert [str(page.relative_to(ROOT)) for page in PAGES if page not in reached] == []


def test_the_decision_in_the_readme_is_the_one_that_is_given() -> None:
    shown = BLOCK.search(text_of("README.md"))
    assert shown is not None
    renewed = "python -m tests.readme_decision"
    assert without_version(shown.group(2)) == without_version(given_now()), f"`{renewed}` writes it anew"


def test_the_example_in_the_scenarios_page_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    example = re.search(r"```yaml\n(.*?)```", text_of("docs/scenarios.md"), flags=re.DOTALL)
    assert example is not None
    file = tmp_path / "example.yaml"
    file.write_text(example.group(1), encoding="utf-8")
    assert main(["scenario", "run", str(file)], {}) == 0, capsys.readouterr().out


def test_nothing_points_at_the_place_where_it_was_made() -> None:
    # A clone must stand alone: no path of the builders' machine, and no package host.
    words = re.compile(r"/work/|\.\./shared|\.library|pypi\.org|files\.pythonhosted|index-url")
    kinds = {".py", ".md", ".yaml", ".toml", ".txt", ".sql", ".html", ".css", ""}
    places = [
        *ROOT.glob("*"),
        *(path for name in (*PACKAGES, "docs", "tests", "benchmarks", ".ci") for path in (ROOT / name).rglob("*")),
    ]
    guilty = [
        str(path.relative_to(ROOT))
        for path in places
        if path.is_file()
        and path.suffix in kinds
        and path != Path(__file__)
        and words.search(path.read_text("utf-8", "replace"))
    ]
    assert guilty == []
