"""A record of the decision log is cut from the text of its decision: at the right places, whatever stands in it."""

import json

import pytest

from api.decision_record import Asker, as_kept, decision_of, digest_of, form, unnamed
from engine.question import Json
from tests.http_city import NOW, SUBJECT_OF, city

ASKER = Asker("bureau", "补贴审批")
MEMBERS = ("version", "rulebook", "on", "subject", "matter", "department", "concerning", "verdict")
HARD = ("某人", '","verdict_zh":"', '\\","could_be":{', "\\", "91350200MA2Y01039R")


@pytest.fixture(scope="module")
def told() -> dict[str, Json]:
    """One decision of each verdict, as it is told."""
    with city() as town:
        return {
            verdict: town.post("/v1/checks", {"subject": subject, "matter": "licence"}).json()["decision"]
            for verdict, subject in SUBJECT_OF.items()
        }


@pytest.mark.parametrize("subject", HARD)
@pytest.mark.parametrize("verdict", SUBJECT_OF)
def test_a_record_holds_the_decision_and_who_asked_and_nothing_else(
    told: dict[str, Json], verdict: str, subject: str
) -> None:
    decision = told[verdict] | {"subject": subject, "concerning": f"{subject} 13912345678"}
    kept = as_kept(decision)
    record = json.loads(unnamed(NOW, ASKER, decision))
    asked = {"at": NOW.isoformat(timespec="milliseconds"), "caller": ASKER.caller, "purpose": ASKER.purpose}
    given = any(kept[name] for name in kept if name not in (*MEMBERS, "verdict_zh"))
    assert [*record] == [*asked, *MEMBERS, "digest", *(["given"] if given else [])]
    assert record | asked | {name: kept[name] for name in MEMBERS} == record
    assert record["digest"] == digest_of(kept)
    assert decision_of(record, form()) == kept
