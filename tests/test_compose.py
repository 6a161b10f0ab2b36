"""The container set-up is what the docs say: valid, without defaults for secrets, with no right that it does not need.

No container engine is needed for this, and none is used: `docs/neo4j.md` says what was run and what was not.
"""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from compose_spec import PyCompose
from ruamel.yaml import YAML

from api.cli.main import COMMANDS
from api.settings import PREFIX, Settings
from tests.neo4j_java import LTS

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
GIVEN = {"XINHENG_NEO4J_PASSWORD": "a password", "XINHENG_ID_KEY": "0123456789abcdef" * 4}
OURS = ("migrate", "xinheng")
ALL = ("neo4j", *OURS)


def validated(text: str) -> PyCompose:
    """What Compose makes of a file: with the environment put in (`$$` is one dollar sign) and what is merged, merged.

    Raises `ValueError` where the specification forbids it.
    """
    put_in = re.sub(r"(?<!\$)\$\{(\w+)[^}]*\}", lambda found: GIVEN[found.group(1)], text)
    return PyCompose.from_json(json.dumps(YAML(typ="safe").load(put_in.replace("$$", "$"))))


@pytest.fixture(scope="module")
def compose() -> PyCompose:
    return validated(TEXT)


@pytest.fixture(scope="module")
def services(compose: PyCompose) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = compose.to_dict()["services"]
    assert set(found) == set(ALL)
    return found


def test_it_is_valid_by_the_compose_specification(compose: PyCompose) -> None:
    compose.validate()


@pytest.mark.parametrize(
    "mistake",
    [
        ("cap_drop:", "cap_dorp:"),
        ("condition: service_healthy", "condition: healthy"),
        ("start_period: 90s", "start_period: soon"),
    ],
    ids=lambda mistake: mistake[1],
)
def test_the_validator_sees_mistakes(mistake: tuple[str, str]) -> None:
    assert mistake[0] in TEXT
    with pytest.raises(ValueError, match=r"."):
        validated(TEXT.replace(*mistake))


@pytest.mark.parametrize("name", OURS)
def test_every_variable_of_ours_is_a_setting_that_can_be_read(services: dict[str, Any], name: str) -> None:
    env = {variable: str(value) for variable, value in services[name]["environment"].items()}
    assert all(variable.startswith(PREFIX) for variable in env)
    read = Settings.from_env(env)
    assert read.store == "bolt://neo4j:7687/neo4j"
    assert (read.access.user, read.access.password) == ("neo4j", GIVEN["XINHENG_NEO4J_PASSWORD"])
    assert read.id_key == GIVEN["XINHENG_ID_KEY"].encode()
    assert services[name]["command"][0] in {command.words.split()[0] for command in COMMANDS}


def test_no_secret_has_a_default() -> None:
    names = re.findall(r"(?<!\$)\$\{(\w+)(.*?)\}", TEXT)
    assert {name for name, _ in names} == set(GIVEN)
    assert all(rest.startswith(":?") for _, rest in names), "Compose refuses to start where it is not given, or empty"
    said = {line.split(":", 1)[0].strip() for line in TEXT.splitlines() if re.search(r"PASSWORD|_KEY|AUTH", line)}
    assert {"NEO4J_AUTH", *GIVEN} <= said
    for line in TEXT.splitlines():
        if re.match(r"\s*(NEO4J_AUTH|XINHENG_NEO4J_PASSWORD|XINHENG_ID_KEY):", line):
            assert "${" in line


@pytest.mark.parametrize("name", ALL)
def test_each_service_has_the_least_rights(services: dict[str, Any], name: str) -> None:
    service = services[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", service["user"]), "never root"
    assert service.get("read_only", False) is (name in OURS)
    assert not {"privileged", "cap_add", "network_mode", "pid", "ipc", "devices"} & {k for k, v in service.items() if v}
    assert service["mem_limit"]
    assert service["pids_limit"]
    assert all(
        str(volume).split(":")[0] in ("neo4j-data", "neo4j-logs", "xinheng-data") for volume in service["volumes"]
    )


def test_nothing_is_published_beyond_this_machine() -> None:
    ports = re.findall(r'^\s+- "(\S+:\d+:\d+)"$', TEXT, flags=re.MULTILINE)
    assert sorted(ports) == ["127.0.0.1:7474:7474", "127.0.0.1:7687:7687", "127.0.0.1:8000:8000"]
    assert TEXT.count("ports:") == 2


def test_each_waits_for_what_it_needs(services: dict[str, Any]) -> None:
    assert services["migrate"]["depends_on"]["neo4j"]["condition"] == "service_healthy"
    assert services["xinheng"]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    assert "cypher-shell -u neo4j" in str(services["neo4j"]["healthcheck"]["test"])
    assert "/v1/health/ready" in str(services["xinheng"]["healthcheck"]["test"])


def test_the_image_is_of_the_line_that_is_tested(services: dict[str, Any]) -> None:
    assert services["neo4j"]["image"] == f"neo4j:{LTS}-community"


def test_the_image_of_ours_holds_every_package_and_nothing_else() -> None:
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]
    tops = {package.partition(".")[0] for package in packages}
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    copied = {
        name for line in re.findall(r"^COPY (?!--)(.*) \S+$", dockerfile, flags=re.MULTILINE) for name in line.split()
    }
    let_in = re.findall(r"^!(.*)$", (ROOT / ".dockerignore").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert copied == set(let_in) == tops | {"pyproject.toml", "constraints.txt", "README.md", "LICENSE"}
    user = re.search(r"^USER (\S+)$", dockerfile, flags=re.MULTILINE)
    assert user is not None
    assert f'user: "{user.group(1)}"' in TEXT
