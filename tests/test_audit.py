"""A thousand tamperings, each found and named; receipts that verify offline, and no forged one that does."""

import asyncio
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest

from api.cli.audit import _first_bad
from api.cli.main import main
from api.clock import now
from api.decision_log import DecisionLog
from api.decision_record import START, Asker, link
from api.decision_segment import segments_in
from api.decision_verify import verified
from api.decision_writer import Plan
from api.problems import ReceiptRefused
from api.receipts import Signer, pem_of, public_key, verify
from engine.question import Json
from graph_model.stores import open_store
from tests.http_city import BARRED, SETTINGS, SUBJECT_OF, City, city, fill

if TYPE_CHECKING:
    from tests.neo4j_place import Place

SEED = bytes(range(32))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of three processes' files, one of them rotated, with records of every verdict."""
    place = tmp_path_factory.mktemp("audit") / "log"
    with city() as town:
        told = [
            town.post("/v1/checks", {"subject": subject, "matter": "licence"}).json()["decision"]
            for subject in SUBJECT_OF.values()
        ]
    for segment_bytes in (20_000, 1 << 20, 1 << 20):
        log = DecisionLog(Plan("strict", place, segment_bytes=segment_bytes), now)
        for _ in range(4):
            asyncio.run(log.kept(log.noted(Asker("bureau", "grant"), told)))
        log.close()
    return place


def lines_of(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def changed(lines: list[bytes], chance: Random) -> None:
    at = chance.randrange(len(lines))
    place = chance.randrange(len(lines[at]))
    other = chance.choice([byte for byte in range(256) if byte != lines[at][place]])
    lines[at] = lines[at][:place] + bytes([other]) + lines[at][place + 1 :]


def changed_and_chained(lines: list[bytes], chance: Random) -> None:
    # Whoever knows how chains are made, but stops short of the end.
    at = chance.randrange(1, len(lines) - 1)
    body = lines[at][65:-1].replace(b'"caller":"bureau"', b'"caller":"others"')
    lines[at] = link(lines[at - 1][:64].decode(), body).encode() + b" " + body + b"\n"


def removed(lines: list[bytes], chance: Random) -> None:
    del lines[chance.randrange(len(lines))]


def inserted(lines: list[bytes], chance: Random) -> None:
    lines.insert(chance.randrange(len(lines) + 1), chance.choice(lines))


def reordered(lines: list[bytes], chance: Random) -> None:
    one, other = chance.sample(range(len(lines)), 2)
    lines[one], lines[other] = lines[other], lines[one]


def truncated_in_the_middle(lines: list[bytes], chance: Random) -> None:
    at = chance.randrange(len(lines))
    lines[at] = lines[at][: chance.randrange(len(lines[at]))]


def cut_off(lines: list[bytes], chance: Random) -> None:
    whole = b"".join(lines)
    lines[:] = [whole[: chance.randrange(len(whole))]]


def emptied(lines: list[bytes], _: Random) -> None:
    lines.clear()


TAMPERINGS: tuple[Callable[[list[bytes], Random], None], ...] = (
    changed,
    changed_and_chained,
    removed,
    inserted,
    reordered,
    truncated_in_the_middle,
    cut_off,
    emptied,
)


def first_difference(now: list[bytes], before: list[bytes]) -> int | None:
    return next((at for at, (one, other) in enumerate(zip(now, before, strict=False)) if one != other), None)


def test_the_log_is_whole_before_anybody_tampers(folder: Path) -> None:
    found = verified([folder])
    assert found.records == 3 * 4 * len(SUBJECT_OF)
    assert (found.faults, found.torn) == ((), ())
    assert len(found.heads) > 4
    assert verified([folder], found.heads) == found


def test_a_thousand_random_tamperings_are_all_found_and_named(folder: Path, tmp_path: Path) -> None:
    anchors = verified([folder]).heads
    place = tmp_path / "log"
    shutil.copytree(folder, place)
    paths = list(segments_in(place).values())
    missed = []
    for seed in range(1_000):
        chance = Random(seed)
        path, tamper = chance.choice(paths), TAMPERINGS[seed % len(TAMPERINGS)]
        before = path.read_bytes()
        lines = lines_of(path)
        tamper(lines, chance)
        path.write_bytes(b"".join(lines))
        if path.read_bytes() != before:
            first = first_difference(lines_of(path), before.splitlines(keepends=True))
            found = verified([place], anchors)
            fault = next((fault for fault in found.faults if fault.segment == path.name), None)
            # The first line that is another than it was, or the one behind it where lines are only gone.
            if fault is None or (first is not None and fault.line not in (first + 1, first + 2)):
                missed.append((seed, tamper.__name__, first, fault))
        else:
            assert tamper in (reordered, inserted), "the same line twice in the same place"
        path.write_bytes(before)
    assert missed == []


def test_also_without_anchors_all_is_found_that_a_later_file_has_seen(folder: Path, tmp_path: Path) -> None:
    place = tmp_path / "log"
    shutil.copytree(folder, place)
    *seen, newest = segments_in(place).values()
    for path in seen:
        before = path.read_bytes()
        path.write_bytes(b"".join(lines_of(path)[:-1]))
        assert any(fault.segment == path.name for fault in verified([place]).faults), "its end was taken away"
        path.unlink()
        assert any(fault.line is None for fault in verified([place]).faults), "it is gone"
        path.write_bytes(before)
    newest.unlink()
    assert verified([place]).faults == (), "what nobody has seen can only be told by heads that are kept elsewhere"
    assert verified([place], verified([folder]).heads).faults != ()


def test_a_file_written_anew_with_good_chains_is_found_by_what_others_have_seen(folder: Path, tmp_path: Path) -> None:
    place = tmp_path / "log"
    shutil.copytree(folder, place)
    path = next(iter(segments_in(place).values()))
    chain, lines = START, []
    for line in lines_of(path):
        body = line[65:-1].replace(b'"caller":"bureau"', b'"caller":"others"')
        chain = link(chain, body)
        lines.append(chain.encode() + b" " + body + b"\n")
    path.write_bytes(b"".join(lines))
    assert [fault.segment for fault in verified([place]).faults] == [path.name]


def test_archived_files_are_verified_together_with_the_rest(folder: Path, tmp_path: Path) -> None:
    here, away = tmp_path / "log", tmp_path / "archive"
    shutil.copytree(folder, here)
    away.mkdir()
    for path in list(segments_in(here).values())[:2]:
        path.rename(away / path.name)
    assert verified([here]).faults != ()
    assert verified([away, here]).faults == ()


# --- receipts ----------------------------------------------------------------------------------------------------


@pytest.fixture
def town(tmp_path: Path) -> Iterator[City]:
    with city(decision_log_folder=tmp_path / "log", receipt_key=SEED) as opened:
        yield opened
        opened.app.state.decision_log.close()


def answer_and_receipt(town: City) -> tuple[Json, Json]:
    answer = town.post("/v1/checks", {"subject": BARRED, "matter": "licence"}).json()
    return answer, town.get(f"/v1/checks/{answer['check_id']}/receipt").json()


def test_a_receipt_verifies_and_no_change_of_it_does(town: City) -> None:
    answer, receipt = answer_and_receipt(town)
    key = public_key(pem_of(Signer(SEED).public).encode())
    assert verify(receipt, key, answer)["verdict"] == "bar"
    assert "given" not in receipt["check"]
    for name in (*receipt, *receipt["check"]):
        forged = json.loads(json.dumps(receipt))
        holder = forged if name in receipt else forged["check"]
        holder[name] = "other"
        with pytest.raises(ReceiptRefused):
            verify(forged, key, answer)
        del holder[name]
        with pytest.raises(ReceiptRefused):
            verify(forged, key, answer)


def test_a_receipt_of_another_answer_or_key_is_refused(town: City) -> None:
    answer, receipt = answer_and_receipt(town)
    other, _ = answer_and_receipt(town)
    key = Signer(SEED).public
    wrong = [other, {**answer, "decision": {**answer["decision"], "verdict": "clear"}}, {}, [], "x", {"decision": {}}]
    for told in wrong:
        with pytest.raises(ReceiptRefused) as refused:
            verify(receipt, key, told)
        assert refused.value.detail_code == "receipt.other-answer"
    with pytest.raises(ReceiptRefused) as refused:
        verify(receipt, Signer(bytes(32)).public, answer)
    assert refused.value.detail_code == "receipt.other-key"
    for nothing in ({}, [], None, "x", {"receipt": 1}, {"receipt": 2, "check": {}}):
        with pytest.raises(ReceiptRefused):
            verify(nothing, key)


# --- the command -------------------------------------------------------------------------------------------------


@pytest.fixture
def served(tmp_path: Path) -> tuple[Path, dict[str, str], Json, Json]:
    """A store on disk, its log, an answer and its receipt."""
    url = f"sqlite:///{tmp_path / 'city.db'}"
    chosen = SETTINGS.__class__(store=url, id_key=SETTINGS.id_key)
    with open_store(url) as store:
        fill(store, chosen)
        town = City(store, chosen)
        told = answer_and_receipt(town)
        town.app.state.decision_log.close()
    return tmp_path, {"XINHENG_STORE": url, "XINHENG_LANG": "en"}, *told


def test_the_command_verifies_receipts_offline(
    served: tuple[Path, dict[str, str], Json, Json], capsys: pytest.CaptureFixture[str]
) -> None:
    place, env, answer, receipt = served
    assert main(["audit", "key"], env) == 0
    (place / "key.pem").write_text(capsys.readouterr().out)
    (place / "receipt.json").write_text(json.dumps(receipt))
    (place / "answer.json").write_text(json.dumps(answer, ensure_ascii=False))
    asked = ["audit", "receipt", str(place / "receipt.json"), "--key", str(place / "key.pem")]
    offline = {"XINHENG_STORE": "sqlite:///nowhere/none.db"}
    assert main([*asked, "--answer", str(place / "answer.json")], offline) == 0
    assert "bar" in capsys.readouterr().out
    (place / "receipt.json").write_text(json.dumps({**receipt, "chain": START}))
    assert main(asked, offline) == 1
    assert "receipt.refused [receipt.forged]" in capsys.readouterr().err
    assert (place / "city-decisions.key").stat().st_mode & 0o077 == 0


def test_the_command_verifies_both_logs_and_names_the_first_bad_record(
    served: tuple[Path, dict[str, str], Json, Json], capsys: pytest.CaptureFixture[str]
) -> None:
    place, env, *_ = served
    assert main(["audit", "verify", "--json"], env) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["records"], told["faults"], told["version"], told["first_bad_version"]) == (1, [], 2, None)
    (place / "heads.json").write_text(json.dumps(told))
    (path,) = segments_in(place / "city-decisions").values()
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b'"verdict":"bar"', b'"verdict":"clear"'))
    assert main(["audit", "verify"], env) == 1
    assert f"{path.name} line 2" in capsys.readouterr().out
    path.write_bytes(whole.splitlines(keepends=True)[0])
    assert main(["audit", "verify"], env) == 0
    assert main(["audit", "verify", "--heads", str(place / "heads.json")], env) == 1
    path.write_bytes(whole)
    assert main(["audit", "verify", "--heads", str(place / "heads.json"), str(place / "city-decisions")], env) == 0
    assert main(["audit", "verify", str(place / "none")], env) == 1
    assert "log.unavailable" in capsys.readouterr().err
    (place / "heads.json").write_text("{}")
    assert main(["audit", "verify", "--heads", str(place / "heads.json")], env) == 1
    assert "heads.malformed" in capsys.readouterr().err
    tampered_with(place / "city.db")
    assert main(["audit", "verify"], env) == 1
    assert "version 2 was tampered with" in capsys.readouterr().out


def tampered_with(path: Path) -> None:
    import apsw

    connection = apsw.Connection(str(path))
    connection.execute("UPDATE designation SET document_no = 'other' WHERE id = 'D1'")
    assert connection.changes() == 1
    connection.close()


def test_a_graph_store_is_verified_by_what_it_keeps(neo4j_place: "Place") -> None:
    with neo4j_place.opened() as store:
        fill(store, SETTINGS)
        assert _first_bad(store) is None
        neo4j_place.read(
            "MATCH (d:Designation {id: 'D1'}) SET d.records = [one IN d.records | replace(one, 'D1', 'D0')]"
        )
        assert _first_bad(store) == 2


def test_what_is_verified_is_counted(folder: Path) -> None:
    read: list[int] = []
    found = verified([folder], told=read.append)
    assert len(read) == found.records + len(found.heads)
    assert sum(read) == sum(path.stat().st_size for path in segments_in(folder).values())
