"""Who may ask: a key is shown once and kept as a hash; without one nothing is told, and the log names who asked."""

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import pytest

from api.callers import Callers, add
from graph_model.errors import SettingsRefused
from tests.http_city import CLEAR, city

ASKED = {"subject": CLEAR, "matter": "licence"}


def sent(key: str) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {key}"}


def test_a_key_is_kept_as_its_hash_alone_and_its_file_is_for_its_owner(tmp_path: Path) -> None:
    file = tmp_path / "callers"
    key = add(file, "housing")
    assert file.read_text() == f"housing sha256:{sha256(key.encode()).hexdigest()}\n"
    assert file.stat().st_mode & 0o777 == 0o600
    assert add(file, "market") != key
    for name in ("housing", "Housing", "", "a b", "-x", "x" * 65):
        with pytest.raises(SettingsRefused):
            add(file, name)


@pytest.mark.parametrize("text", ["housing", "housing sha256:12", "a sha256:{0}\na sha256:{0}", "a sha256:{0} x", "名"])
def test_a_file_that_is_none_is_refused_with_its_line(tmp_path: Path, text: str) -> None:
    file = tmp_path / "callers"
    file.write_text(text.format("0" * 64), encoding="utf-8")
    with pytest.raises(SettingsRefused, match="callers"):
        Callers.read(file)
    with pytest.raises(SettingsRefused):
        Callers.read(tmp_path / "none")


def test_without_a_key_nothing_is_told_and_with_one_the_log_names_who_asked(tmp_path: Path) -> None:
    file = tmp_path / "callers"
    key = add(file, "housing")
    with city(callers_file=file, decision_log="strict", decision_log_folder=tmp_path / "log") as town:
        paths = ("/", "/openapi.json", "/metrics", f"/v1/subjects/{CLEAR}", "/v1/changes", "/nothing")
        basic = b64encode(f"anyone:{key}".encode()).decode()
        for path in paths:
            refused = town.get(path)
            assert (refused.status_code, refused.json()["code"]) == (401, "caller.unknown")
            assert refused.headers["www-authenticate"].startswith("Bearer")
            for headers in (sent(key), {"Authorization": f"Basic {basic}"}):
                assert town.send("GET", path, headers=headers).status_code == (404 if path == "/nothing" else 200)
        for wrong in (sent("x"), sent(""), {"Authorization": key}, {"Authorization": "Basic é".encode()}):
            answer = town.send("POST", "/v1/checks", json=ASKED, headers=wrong)
            assert answer.status_code == 401
            assert key not in answer.text
        assert [town.get(f"/v1/health/{path}").status_code for path in ("live", "ready")] == [200, 200]
        answer = town.send("POST", "/v1/checks", json=ASKED, headers=sent(key))
        assert answer.status_code == 200
        given = town.send("GET", f"/v1/checks/{answer.json()['check_id']}", headers=sent(key))
        town.app.state.decision_log.close()
        assert given.json()["caller"] == "housing"


def test_a_key_is_written_nowhere_but_where_it_is_shown(tmp_path: Path) -> None:
    file = tmp_path / "callers"
    key = add(file, "housing")
    with city(callers_file=file, decision_log="strict", decision_log_folder=tmp_path / "log") as town:
        town.send("POST", "/v1/checks", json=ASKED, headers=sent(key))
        town.app.state.decision_log.close()
    assert [path for path in tmp_path.rglob("*") if path.is_file() and key.encode() in path.read_bytes()] == []
