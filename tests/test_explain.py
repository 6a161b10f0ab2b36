"""A duty can be read by a lawyer: its sentence says no more than its proof, and its remedies say how it ends."""

import json
from dataclasses import fields, replace
from datetime import date

import pytest

from api.wire import decision_json
from engine.judge import judge
from engine.question import VERDICT_ZH, Check, Decision, Duty, Json, as_json
from engine.sentences import sentence_of
from engine.standing import standing_of
from graph_model.neighbourhood import neighbourhood_of
from graph_model.nodes import Attributes, Designation, Facts, Move, Objection, Registration, Relation
from memoranda.reader import read_inline
from memoranda.rulebook import Rulebook

LAW: Json = {
    "departments": [
        {"id": "samr", "name": "市场监管总局"},
        {"id": "xm", "name": "厦门市市场监督管理局", "region": "350200", "counterpart_of": "samr"},
    ],
    "matters": [{"id": "office", "name": "法定代表人登记"}],
    "lists": [
        {
            "id": "serious",
            "name": "严重违法失信名单",
            "kind": "restriction",
            "authority": "samr",
            "ends_by": "removal",
            "facts": {"reason": "text"},
            "x-words": {"reason": "情由", "reason=false papers": "提供虚假材料"},
            "repair": {"after_months": 12, "from": "decided_on", "body": "samr", "conditions": "改正违法行为"},
            "objection": {"days": 30, "from": "decided_on", "body": "samr"},
            "exemption_grounds": ["court_stay"],
        },
        {"id": "bans", "name": "终身禁业决定", "kind": "record", "authority": "samr"},
    ],
    "legal_bases": [
        {
            "id": "reg 18",
            "document": "企业信息公示条例",
            "article": "第十八条",
            "kind": "administrative_regulation",
            "binds": ["self", "legal_representative"],
            "verified": {"on": date(2026, 1, 1), "by": "article text read", "source": "公报"},
        }
    ],
    "memoranda": [
        {
            "id": "by-law",
            "kind": "statutory",
            "title": "企业信息公示条例直接规定的措施",
            "lists": ["serious", "bans"],
            "measures": [
                {
                    "id": "no-office",
                    "title": "三年内不得担任其他企业法定代表人",
                    "item": "第十八条",
                    "effect": "bar",
                    "departments": ["samr"],
                    "matters": ["office"],
                    "lists": ["serious"],
                    "targets": [{"role": "legal_representative", "held": "at_decision", "bases": ["reg 18"]}],
                    "condition": 'fact.reason == "false papers" and role.held_from < d"2020-01-01"',
                    "term": {"months": 36, "from": "decided_on"},
                },
                {
                    "id": "for-life",
                    "title": "终身不得任职",
                    "effect": "bar",
                    "departments": ["samr"],
                    "matters": ["office"],
                    "lists": ["bans"],
                    "targets": [{"role": "self", "bases": ["reg 18"]}],
                },
                {
                    "id": "careful",
                    "title": "从严审查",
                    "effect": "weigh",
                    "departments": ["samr"],
                    "matters": ["office"],
                    "lists": ["serious"],
                    "targets": [{"role": "self", "bases": ["reg 18"]}],
                },
            ],
        }
    ],
}
D1 = Designation(
    id="D1",
    subject="ORG1",
    list="serious",
    authority="xm",
    document_no="厦市监〔2023〕1号",
    decided_on=date(2023, 5, 20),
    facts={"reason": "false papers"},
)
FACTS = Facts(
    registrations=(
        Registration("ORG1", Attributes(name="某某公司", kind="enterprise")),
        Registration("P1", Attributes(name="张三", kind="person")),
    ),
    relations=(
        Relation("legal_representative", "P1", "ORG1", held_from=date(2019, 1, 1), held_until=date(2023, 6, 1)),
    ),
    designations=(D1, Designation(id="D2", subject="P1", list="bans", authority="samr", decided_on=date(2024, 5, 1))),
)
DAY = date(2024, 6, 1)


@pytest.fixture(scope="module")
def book() -> Rulebook:
    return read_inline(LAW)


def decide(book: Rulebook, subject: str, facts: Facts = FACTS, on: date = DAY) -> Decision:
    around = neighbourhood_of(subject, facts)
    assert around is not None
    return judge(standing_of(around, book), Check(subject, "office", on, department="xm"), book, 1)


def duty(book: Rulebook, subject: str, measure: str, facts: Facts = FACTS, on: date = DAY) -> Duty:
    return next(d for d in decide(book, subject, facts, on).duties if d.measure == measure)


def test_the_proof_names_everything_the_duty_rests_on(book: Rulebook) -> None:
    found = duty(book, "P1", "no-office")
    proof = found.proof
    assert (found.from_, found.until) == (date(2023, 5, 20), date(2026, 5, 20))
    assert proof["designation"]["document_no"] == "厦市监〔2023〕1号"
    assert proof["designation"]["authority_name"] == "厦门市市场监督管理局"
    assert proof["path"][0] | {"share": None} == {
        "role": "legal_representative",
        "relation": "legal_representative",
        "holder": "P1",
        "organisation": "ORG1",
        "organisation_name": "某某公司",
        "designation": None,
        "held": "at_decision",
        "held_from": "2019-01-01",
        "held_until": "2023-06-01",
        "share": None,
        "judged_on": "2023-05-20",
        "document_no": None,
    }
    assert proof["basis"][0]["article"] == "第十八条"
    assert proof["basis"][0]["verified"]["source"] == "公报"
    assert proof["condition"]["values"] == {"fact.reason": "false papers", "role.held_from": "2019-01-01"}
    assert proof["condition"]["text_zh"] == "情由为提供虚假材料，且任职起日早于 2020-01-01"
    assert proof["condition"]["values_zh"] == {"情由": "提供虚假材料", "任职起日": "2019-01-01"}
    assert proof["bounds"] == {
        "from": {"day": "2023-05-20", "gates": ["in_effect", "within_term"]},
        "until": {"day": "2026-05-20", "gates": ["within_term"]},
    }


@pytest.mark.parametrize("facts", [FACTS, replace(FACTS, designations=(replace(D1, facts={}),))])
def test_a_decision_is_told_in_all_its_members_in_their_order(book: Rulebook, facts: Facts) -> None:
    """It is written member by member; what is generic is what it must not differ from."""
    for subject in ("P1", "ORG1"):
        decision = decide(book, subject, facts)
        told = decision_json(decision)
        names = [field.name for field in fields(Decision)]
        names.insert(names.index("verdict") + 1, "verdict_zh")
        assert [*told] == names
        assert told.pop("verdict_zh") == VERDICT_ZH[decision.verdict]
        assert told == as_json(decision)
        for found, one in zip(decision.duties, told["duties"], strict=True):
            assert [*one] == [field.name.rstrip("_") for field in fields(Duty)]
            assert [*one.values()] == [as_json(getattr(found, field.name)) for field in fields(Duty)]


def test_the_sentence_tells_the_whole_duty(book: Rulebook) -> None:
    assert duty(book, "P1", "no-office").sentence_zh == (
        "某某公司（ORG1）由厦门市市场监督管理局以厦市监〔2023〕1号于2023年5月20日列入严重违法失信名单；"
        "张*（P1）是该主体的法定代表人（2019年1月1日至2023年6月1日），以决定作出时（2023年5月20日）为准；"
        "依照《企业信息公示条例》第十八条，厦门市市场监督管理局应当依法不予准许：三年内不得担任其他企业法定代表人"
        "（企业信息公示条例直接规定的措施第十八条）；自2023年5月20日起（认定生效、期限起算），至2026年5月20日止，当日不计（措施期限届满）；"
        "自2024年5月20日起可向厦门市市场监督管理局申请信用修复（改正违法行为）；可在2023年6月19日前向厦门市市场监督管理局提出异议；"
        "可依法院裁定中止申请豁免。"
    )


def test_the_sentence_is_made_from_the_proof_and_the_remedies_alone(book: Rulebook) -> None:
    for found in (*decide(book, "P1").duties, *decide(book, "ORG1").duties):
        written = json.loads(json.dumps(as_json(found)))
        again = sentence_of(written["proof"], written["remedies"], disputed=written["disputed"])
        assert again == found.sentence_zh


@pytest.mark.parametrize(
    ("subject", "measure", "end"),
    [
        ("P1", "no-office", {"kind": "expiry", "on": "2026-05-20"}),
        ("ORG1", "careful", {"kind": "act", "ends_by": "removal", "act_zh": "由认定机关决定移出"}),
        (
            "P1",
            "for-life",
            {
                "kind": "no_end",
                "articles": [{"basis": "reg 18", "document": "企业信息公示条例", "article": "第十八条"}],
            },
        ),
    ],
)
def test_every_restriction_says_how_it_ends(book: Rulebook, subject: str, measure: str, end: Json) -> None:
    assert duty(book, subject, measure).remedies[0] == end


def test_the_end_of_a_suspended_duty_is_the_last_day_it_ever_returns(book: Rulebook) -> None:
    moves = (Move("D1", "suspended", date(2024, 7, 1)), Move("D1", "in_effect", date(2024, 8, 1)))
    found = duty(book, "P1", "no-office", replace(FACTS, moves=moves))
    assert found.until == date(2024, 7, 1)
    assert found.proof["bounds"]["until"]["gates"] == ["in_effect"]
    assert found.remedies[0] == {"kind": "expiry", "on": "2026-05-20"}


def test_repair_is_not_offered_where_it_ends_nothing(book: Rulebook) -> None:
    assert [way["kind"] for way in duty(book, "P1", "for-life").remedies] == ["no_end"]


def test_a_disputed_duty_says_so(book: Rulebook) -> None:
    objection = Objection("O1", filed_on=date(2024, 5, 1), closed_on=date(2024, 7, 1), designation="D1")
    facts = replace(FACTS, objections=(objection,))
    assert duty(book, "P1", "no-office", facts).disputed
    assert "异议" in duty(book, "P1", "no-office", facts).sentence_zh
    assert not duty(book, "P1", "no-office", facts, on=date(2024, 7, 1)).disputed


def test_a_missing_fact_becomes_a_question_to_the_authority(book: Rulebook) -> None:
    facts = replace(FACTS, designations=(replace(D1, facts={}),))
    decision = decide(book, "P1", facts)
    assert decision.verdict == "unresolved"
    assert decision.unresolved[0].reasons == ("fact_missing: fact.reason",)
    assert decision.unresolved[0].ask == (
        "请向厦门市市场监督管理局核实列入严重违法失信名单的决定（厦市监〔2023〕1号）：缺少事实：“情由”。核实前不得作为限制依据。"
    )
