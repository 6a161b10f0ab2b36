"""The hot endpoint and the ordinary routes give the same bytes; a batch is its checks one by one (J9); no pile-up."""

import asyncio
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from api import ready
from api.decision_segment import segments_in
from api.decision_verify import verified
from api.edge import AGE
from engine.index import Index
from engine.service import Service
from graph_model.store import ChangeSet
from loaders.rows import facts_from_rows
from tests.http_city import BARRED, CLEAR, RESIDENT, ROWS, SUBJECT_OF, City, city, organisation_code

PERSON = {"id_type": "resident_id", "id_number": RESIDENT}
SUBJECTS: tuple[Any, ...] = (
    *SUBJECT_OF.values(),
    CLEAR,
    PERSON,
    {**PERSON, "id_number": "1"},
    "",
    "a b",
    "甲",
    7,
    None,
)
ASKED: dict[str, tuple[Any, ...]] = {
    "matter": ("licence", "licence", "licence", "business", "flying", 3),
    "department": ("bureau", "other", "nobody", None, 1),
    "on": ("2026-11-22", "2020-01-01", "2026-02-30", "soon", None, 4),
    "concerning": (CLEAR, None, RESIDENT),
    "min_version": (1, 0, -1, 99, True, "1", None),
    "version": (1, 2, 99),
    "rulebook": ("sha256:none",),
    "colour": ("red",),
}


@pytest.fixture(scope="module")
def both() -> Iterator[tuple[City, City]]:
    """Two services over two stores with the same facts: one answers from memory by the hot endpoint, one does not."""
    with city() as hot, city() as plain:
        remember(hot)
        yield hot, plain
        assert hot.app.state.desk._forms._ready, "nothing was answered from memory"


def remember(town: City) -> Index:
    service: Service = town.app.state.edge.service
    service.index = Index(town.store)
    service.index.build()
    return service.index


def a_check(chance: random.Random) -> Any:
    if chance.random() < 0.03:
        return chance.choice(["x", 1, None, [], {}])
    found = {"subject": chance.choice(SUBJECTS), "matter": "licence"}
    for name, words in ASKED.items():
        if chance.random() < (0.5 if name in ("department", "on") else 0.08):
            found[name] = chance.choice(words)
    return found


def said(answer: httpx.Response) -> tuple[int, str, dict[str, str]]:
    """Everything but what each asking has of its own: ids, and the age of the memory."""
    body = answer.text
    for id_ in ids_in(answer):
        body = body.replace(id_, "ID")
    own = ("x-request-id", AGE.lower())
    return answer.status_code, body, {name: text for name, text in answer.headers.items() if name not in own}


def ids_in(answer: httpx.Response) -> list[str]:
    body = answer.json()
    members = body.get("decisions", [body]) if isinstance(body, dict) else []
    return [member["check_id"] for member in members if "check_id" in member]


def test_single_checks_good_and_bad_are_answered_in_the_same_bytes(both: tuple[City, City]) -> None:
    chance, (hot, plain) = random.Random(6), both
    requests: list[Any] = [("POST", "/v1/checks", {"json": a_check(chance)}) for _ in range(400)]
    headers = {"content-type": "application/json", "xinheng-purpose": "补贴".encode()}
    for content in (b"", b"{", b"\xff", b"[1]", b'{"subject":"a","subject":"b"}', b"{}" + b" " * 2_000_000, b"[" * 90):
        requests.append(("POST", "/v1/checks", {"content": content, "headers": headers}))
    good = json.dumps({"subject": CLEAR, "matter": "licence"}).encode()
    requests += [
        ("POST", "/v1/checks", {"content": good, "headers": h}) for h in (headers, {}, {"content-type": "a/b"})
    ]
    requests += [("GET", "/v1/checks", {}), ("POST", "/v1/checks/", {"json": {}})]
    answered = list(zip(hot.send_all(requests), plain.send_all(requests), strict=True))
    for ours, theirs in answered:
        assert said(ours) == said(theirs)
    assert {ours.status_code for ours, _ in answered} >= {200, 400, 404, 405, 409, 413, 415, 422}
    from_memory = [ours for ours, _ in answered if ours.status_code == 200]
    assert all(AGE in ours.headers for ours in from_memory)
    assert len(from_memory) > 100


def test_what_the_log_keeps_of_both_is_the_same(tmp_path: Path) -> None:
    requests: list[Any] = [
        ("POST", "/v1/checks", {"json": {"subject": s, "matter": "licence"}, "headers": {"xinheng-purpose": "x"}})
        for s in (*SUBJECT_OF.values(), PERSON)
    ]
    kept = []
    for is_hot in (True, False):
        with city(decision_log="strict", decision_log_folder=tmp_path / str(is_hot)) as town:
            if is_hot:
                remember(town)
            ids = [id_ for answer in town.send_all(requests) for id_ in ids_in(answer)]
            assert len(ids) == len(requests)
            found = town.send_all([("GET", f"/v1/checks/{id_}", {"params": {"replay": "true"}}) for id_ in ids])
            town.app.state.decision_log.close()
            own = {"check_id", "chain"}  # an id says where its record stands, and every file has its own chain
            kept.append([{n: v for n, v in answer.json().items() if n not in own} for answer in found])
    assert kept[0] == kept[1]
    assert all(record["digest"] and record["purpose"] == "x" for record in kept[0])


@pytest.mark.parametrize("seed", range(6))
def test_a_batch_is_its_checks_one_by_one(both: tuple[City, City], seed: int) -> None:
    chance, (hot, plain) = random.Random(seed), both
    checks = (
        [a_check(chance) for _ in range(40)] if seed % 2 else [c for c in map(a_check, [chance] * 40) if plainly(c)]
    )
    checks += chance.choices(checks, k=10)
    chance.shuffle(checks)
    batch: list[Any] = [("POST", "/v1/checks:batch", {"json": {"checks": checks}})]
    [ours], [theirs] = hot.send_all(batch), plain.send_all(batch)
    assert said(ours) == said(theirs)
    singles = hot.send_all([("POST", "/v1/checks", {"json": check}) for check in checks])
    for one, member in zip(singles, ours.json()["decisions"], strict=True):
        alone = one.json()
        assert alone.get("decision") == member.get("decision")
        assert alone.get("code") == member.get("code")


def plainly(check: Any) -> bool:
    return isinstance(check, dict) and check.keys() <= {"subject", "matter", "department", "on"}


def test_the_unusual_checks_of_a_batch_do_not_send_the_others_another_way(tmp_path: Path) -> None:
    plain = {"subject": CLEAR, "matter": "licence"}
    unusual: list[Any] = [{"version": 1}, {"concerning": CLEAR}, {"rulebook": "sha256:none"}, {"colour": "red"}]
    checks = [{**plain, **unusual[n // 2 % 4]} if n % 2 else {**plain, "subject": BARRED} for n in range(60)]
    answers, kept = [], []
    for is_hot in (True, False):
        folder = tmp_path / str(is_hot)
        with city(decision_log="strict", decision_log_folder=folder) as town:
            if is_hot:
                remember(town)
            answers.append(town.post("/v1/checks:batch", {"checks": checks}))
            town.app.state.decision_log.close()
            forms = town.app.state.desk._forms
            assert bool(forms._told) is is_hot
            [segment] = segments_in(folder).values()
            lines = segment.read_bytes().splitlines()[1:]
            kept.append([json.loads(line[65:]) for line in lines])
            assert [record["id"] for record in kept[-1]] == ids_in(answers[-1])
            assert verified([folder]).faults == ()
    assert said(answers[0]) == said(answers[1])
    assert [{**record, "id": ""} for record in kept[0]] == [{**record, "id": ""} for record in kept[1]]


def test_a_batch_that_demands_what_is_not_there_yet_is_refused_check_by_check(both: tuple[City, City]) -> None:
    check = {"subject": CLEAR, "matter": "licence"}
    batch: list[Any] = [("POST", "/v1/checks:batch", {"json": {"checks": [check, {**check, "min_version": 99}]}})]
    [ours], [theirs] = (town.send_all(batch) for town in both)
    assert said(ours) == said(theirs)
    assert ours.json()["decisions"][1]["code"] == "version.not-yet"


def test_after_a_change_the_next_answer_knows_it() -> None:
    with city() as town:
        index = remember(town)
        before = town.post("/v1/checks", {"subject": CLEAR, "matter": "licence"}).json()["decision"]
        [barred] = (dict(row) for row in ROWS["designations"] if row["subject"] == BARRED)
        row = {**barred, "id": "new", "subject": CLEAR, "document_no": "new"}
        book = town.app.state.edge.service.rulebook_in_force()[1]
        facts = facts_from_rows({"designations": [row]}, book.vocabulary, None)
        town.app.state.edge.service.apply(ChangeSet("test", "test", "new", facts))
        after = town.post("/v1/checks", {"subject": CLEAR, "matter": "licence"}).json()["decision"]
        assert (before["verdict"], after["verdict"]) == ("clear", "bar")
        assert after["version"] == index.version == before["version"] + 1


def test_more_than_it_can_take_is_refused_at_once_and_the_others_are_answered(tmp_path: Path) -> None:
    with city(decision_log="strict", decision_log_folder=tmp_path, flight_limit_requests=10) as town:
        remember(town)
        body = {"subject": CLEAR, "matter": "licence"}

        async def at_once() -> list[httpx.Response]:
            transport = httpx.ASGITransport(app=town.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                first = await asyncio.gather(*(client.post("/v1/checks", json=body) for _ in range(20)))
                return [*first, await client.post("/v1/checks", json=body)]

        *answers, later = asyncio.run(at_once())
        town.app.state.decision_log.close()
        refused = [answer for answer in answers if answer.status_code != 200]
        assert refused, "twice as many as may fly at once, and none was refused"
        assert len(answers) - len(refused) >= 10
        for answer in refused:
            assert (answer.status_code, answer.json()["code"]) == (503, "overloaded")
            assert answer.headers["retry-after"] == "1"
            assert answer.headers["x-request-id"]
        assert later.status_code == 200


BATCH = {"checks": [{"subject": subject, "matter": "licence"} for subject in SUBJECT_OF.values()] * 125}


def at_once(town: City, many: int) -> list[httpx.Response]:
    """Send so many batches of 1,000 checks at the same time."""

    async def sent() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app=town.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await asyncio.gather(*(client.post("/v1/checks:batch", json=BATCH) for _ in range(many)))

    return asyncio.run(sent())


@pytest.mark.parametrize(("limits", "many"), [({"heavy_limit_requests": 4}, 8), ({"heavy_wait_limit_s": 0.05}, 30)])
def test_more_batches_than_can_be_worked_on_in_time_are_refused_and_not_worked_on(
    tmp_path: Path, limits: dict[str, Any], many: int
) -> None:
    with city(decision_log="strict", decision_log_folder=tmp_path, **limits) as town:
        remember(town)
        answers = at_once(town, many)
        later = town.post("/v1/checks:batch", BATCH)
        town.app.state.decision_log.close()
    refused = [answer for answer in answers if answer.status_code != 200]
    assert 0 < len(refused) < many
    assert many - len(refused) >= limits.get("heavy_limit_requests", 1)
    for answer in refused:
        assert (answer.status_code, answer.json()["code"]) == (503, "overloaded")
        assert answer.headers["retry-after"] == "1"
    assert later.status_code == 200
    assert verified([tmp_path]).records == 1_000 * (many - len(refused) + 1)


def test_a_long_batch_lets_single_checks_pass() -> None:
    with city() as town:
        remember(town)
        many = {"checks": [{"subject": s, "matter": "licence"} for s in SUBJECT_OF.values() for _ in range(120)]}
        done: list[str] = []

        async def side_by_side() -> None:
            transport = httpx.ASGITransport(app=town.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:

                async def asking(name: str, path: str, body: Any) -> None:
                    assert (await client.post(path, json=body)).status_code == 200
                    done.append(name)

                one = {"subject": CLEAR, "matter": "licence"}
                batch = asyncio.create_task(asking("batch", "/v1/checks:batch", many))
                await asyncio.sleep(0)
                await asyncio.gather(batch, *(asking("single", "/v1/checks", one) for _ in range(5)))

        asyncio.run(side_by_side())
        assert done == ["single"] * 5 + ["batch"]


def test_what_is_answered_from_memory_counts_in_the_metrics() -> None:
    with city() as town:
        remember(town)
        for _ in range(3):
            town.post("/v1/checks", {"subject": BARRED, "matter": "licence"})
        town.post("/v1/checks:batch", {"checks": [{"subject": CLEAR, "matter": "licence"}] * 4 + [{}]})
        for _ in range(2):  # reading them changes nothing
            told = town.get("/metrics").text
            assert 'xinheng_checks_total{verdict="bar"} 3.0' in told
            assert 'xinheng_checks_total{verdict="clear"} 4.0' in told
            assert 'xinheng_refusals_total{code="request.malformed"} 1.0' in told
            assert 'xinheng_http_requests_total{method="POST",route="/v1/checks",status="200"} 3.0' in told
            assert 'xinheng_http_request_seconds_count{method="POST",route="/v1/checks:batch"} 1.0' in told


def test_a_fault_of_ours_is_answered_by_the_ordinary_route(capsys: pytest.CaptureFixture[str]) -> None:
    with city() as town:
        index = remember(town)
        index._packer = None  # type: ignore[assignment]  # whatever is near a designation cannot be unpacked now
        answer = town.post("/v1/checks", {"subject": BARRED, "matter": "licence"})
        assert (answer.status_code, answer.json()["code"]) == (500, "internal")
        assert answer.headers["x-request-id"]
        assert BARRED not in "".join(capsys.readouterr())


def test_unlisted_organisations_that_are_not_registered_are_unknown_and_never_clear(both: tuple[City, City]) -> None:
    hot, _ = both
    verdicts = {
        hot.post("/v1/checks", {"subject": organisation_code(n), "matter": "licence"}).json()["decision"]["verdict"]
        for n in range(7000, 7040)
    }
    assert verdicts == {"unknown"}


def test_what_is_kept_ready_is_bounded_and_nothing_is_answered_otherwise(
    both: tuple[City, City], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ready, "_MOST_BYTES", 4_000)
    hot, plain = both
    subjects = [*SUBJECT_OF.values()] * 2
    body = {"matter": "licence", "on": "2026-11-01"}
    requests: list[Any] = [("POST", "/v1/checks", {"json": {"subject": s, **body}}) for s in subjects]
    for ours, theirs in zip(hot.send_all(requests), plain.send_all(requests), strict=True):
        assert said(ours) == said(theirs)
    forms = hot.app.state.desk._forms
    assert 0 <= forms._bytes <= 4_000
    assert forms._bytes == sum(one.size for one in forms._told.values())
