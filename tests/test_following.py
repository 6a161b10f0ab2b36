"""A service that answers from memory: ready when it is whole, right when others write, honest about its age."""

import json
from datetime import date
from time import monotonic, sleep

import httpx

from api.edge import Edge
from api.following import Following
from engine.index import Index
from engine.question import Check
from engine.service import Service
from graph_model.nodes import Facts
from graph_model.store import ChangeSet
from tests.change_histories import begun
from tests.conftest import Opening
from tests.http_city import BARRED, FAVOURED, LIMITED, UNSETTLED, WATCHED, WEIGHED, city
from tests.store_acts import registration
from tests.worlds import SUBJECTS

DAY = date(2024, 1, 1)


def newcomer(name: str) -> ChangeSet:
    return ChangeSet("other", "test", name, Facts(registrations=(registration(name),)))


def soon(is_so: object, seconds: float = 20.0) -> bool:
    """Whether it comes true in time; how long it takes is the machine's affair."""
    end = monotonic() + seconds
    while not (came := is_so()) and monotonic() < end:  # type: ignore[operator]  # a question without arguments
        sleep(0.005)
    return bool(came)


def test_an_index_over_every_store_follows_what_was_written(opening: Opening) -> None:
    with opening() as store:
        service = begun(Service(store), 11, 4).service
        following = Following(service)
        following.start()
        try:
            assert following.wait(60)
            assert service.index is not None
            matter = next(iter(service.rulebook_in_force()[1].matters))
            written = store.commit(newcomer("LATER")).version
            assert soon(lambda: service.index is not None and service.index.version == written)
            assert service.check(Check("LATER", matter, DAY)).verdict == "clear"
            without = Service(store)
            for subject in (*SUBJECTS, "NOBODY"):
                check = Check(subject, matter, DAY)
                assert service.check(check) == without.check(check)
        finally:
            following.stop()


def test_it_is_ready_only_when_all_is_in_memory() -> None:
    with city() as over:
        edge: Edge = over.app.state.edge
        edge.following = Following(edge.service)
        assert over.get("/v1/health/live").status_code == 200
        answer = over.get("/v1/health/ready")
        assert (answer.status_code, answer.json()["detail_code"]) == (503, "index.building")
        edge.following.start()
        try:
            assert edge.following.wait(60)
            assert over.get("/v1/health/ready").json()["ready"] is True
        finally:
            edge.following.stop()


def test_over_http_memory_says_the_same_bytes_and_how_old_they_are() -> None:
    with city() as over:
        edge: Edge = over.app.state.edge
        asked = (BARRED, LIMITED, WEIGHED, UNSETTLED, WATCHED, FAVOURED, "no such body", "NOBODY")
        bodies = [{"subject": subject, "matter": "licence", "on": "2026-06-01"} for subject in asked]
        before = [over.post("/v1/checks", body) for body in bodies]
        batch_before = over.post("/v1/checks:batch", {"checks": bodies})
        assert all("Xinheng-Data-Age" not in answer.headers for answer in before)
        index = Index(over.store)
        index.build()
        edge.service.index = index
        after = [over.post("/v1/checks", body) for body in bodies]
        batch_after = over.post("/v1/checks:batch", {"checks": bodies})
        assert [decided(a) for a in after] == [decided(b) for b in before]
        assert len({a.json()["decision"]["verdict"] for a in after if a.status_code == 200}) > 4
        told = [[member.get("decision") for member in a.json()["decisions"]] for a in (batch_before, batch_after)]
        assert told[0] == told[1]
        assert all(float(a.headers["Xinheng-Data-Age"]) >= 0 for a in after if a.status_code == 200)

        over.store.close()  # away, as a server that was stopped
        assert decided(over.post("/v1/checks", bodies[0])) == decided(before[0])
        fresher = over.post("/v1/checks", {**bodies[0], "min_version": index.version + 1})
        assert (fresher.status_code, fresher.json()["code"]) == (503, "store.unavailable")


def decided(answer: httpx.Response) -> str:
    """What was answered, without what names the event of asking."""
    told = answer.json()
    return json.dumps(told["decision"] if "decision" in told else [told["code"], told["detail"]])
