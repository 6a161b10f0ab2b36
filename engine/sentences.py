"""One Chinese sentence per duty, from its proof alone: who, listed where, reached how, ordered by what, until when."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from engine.question import Duty, Json
from memoranda.words import ROLE_ZH

EFFECT_ZH = {
    "bar": "应当依法不予准许",
    "limit": "应当依法限制",
    "weigh": "应当审慎考量并说明理由",
    "watch": "应当列为重点关注",
    "favour": "应当给予激励",
}
HELD_ZH = {"at_conduct": "违法行为发生时", "at_event": "触发事项发生时", "at_decision": "决定作出时"}
BEGINS_ZH = {
    "in_effect": "认定生效",
    "memorandum_in_force": "文件施行",
    "basis_holds": "法条施行",
    "role_reached": "任职开始",
    "condition_true": "条件具备",
    "within_term": "期限起算",
    "not_exempt": "豁免期满",
}
"""Why a duty begins on its first day, by the gate that was not true the day before. G2 and G4 never change."""
ENDS_ZH = {
    "in_effect": "认定到期、中止或移出",
    "memorandum_in_force": "文件停止施行",
    "basis_holds": "法条停止施行",
    "role_reached": "任职终止",
    "condition_true": "条件不再具备",
    "within_term": "措施期限届满",
    "not_exempt": "豁免起效",
}
"""Why a duty no longer holds on its end day, by the gate that is not true on it."""


def person_masked(name: str) -> str:
    """Show a person's family name only.

    >>> person_masked("张三丰")
    '张**'
    """
    return name[:1] + "*" * (len(name) - 1)


def sentence_of(proof: Json, remedies: Sequence[Json], *, disputed: bool) -> str:
    """Write the sentence that a lawyer can read: nothing in it that the proof does not hold."""
    designation, until = proof["designation"], proof["bounds"]["until"]["day"]
    parts = [_listed(designation)]
    if proof["path"]:
        parts.append(_reached(proof))
    parts.append(f"依照{_articles(proof['basis'])}，{proof['department']['name']}{_ordered(proof['memorandum'])}")
    if days := _days(proof["bounds"]):
        parts.append(days)
    for remedy in remedies:
        if remedy["kind"] != "expiry" or remedy["on"] != until:
            parts.append(_way_out(remedy, designation))
    if disputed:
        parts.append("现有异议正在办理")
    return "；".join(parts) + "。"


def sentence_of_all(duties: Sequence[Duty]) -> str:
    """Write one sentence for duties that differ in department only: it names the first, and how many there are."""
    duty = duties[0]
    if len(duties) == 1:
        return duty.sentence_zh
    named = {**duty.proof["department"], "name": f"{duty.proof['department']['name']}等{len(duties)}个部门"}
    return sentence_of({**duty.proof, "department": named}, duty.remedies, disputed=duty.disputed)


def _who(id_: str, name: str | None) -> str:
    return f"{name}（{id_}）" if name else id_


def _listed(designation: Json) -> str:
    document = f"以{designation['document_no']}" if designation["document_no"] else ""
    day = designation["decided_on"] or designation["effective_from"]
    who, name = _who(designation["subject"], designation["subject_name"]), designation["list_name"]
    if _is_order(designation):
        return f"{designation['authority_name']}{document}于{_day(day)}对{who}发出{name}"
    if designation["list_kind"] == "record":  # a record is of decisions: nobody is "listed" on it
        decision = f"“{name}”" if name.endswith("决定") else f"“{name}”决定"
        return f"{designation['authority_name']}{document}于{_day(day)}对{who}作出{decision}"
    return f"{who}由{designation['authority_name']}{document}于{_day(day)}列入{name}"


def _is_order(designation: Json) -> bool:
    """Whether it is an order (限制消费令): a court issues and lifts it, nobody is "listed" or "repaired"."""
    return str(designation["list_name"]).endswith("令")


def _reached(proof: Json) -> str:
    step, who = proof["path"][0], _who(proof["subject"]["id"], proof["subject"]["name"])
    relation = ROLE_ZH[step["relation"]]
    if step["role"] == "directly_responsible":
        return f"{who}为{relation}"
    if step["role"] in ("head_office", "own_business"):
        return f"该主体是{who}的{relation}{_since(step)}"
    when = f"，以{HELD_ZH[step['held']]}（{_day(step['judged_on'])}）为准" if step["held"] in HELD_ZH else ""
    return f"{who}是该主体的{relation}{_since(step)}{when}"


def _since(step: Json) -> str:
    if not step["held_from"] and not step["held_until"]:
        return ""
    start = _day(step["held_from"]) if step["held_from"] else "起始不详"
    end = _day(step["held_until"]) if step["held_until"] else "今"
    return f"（{start}至{end}）"


def _articles(bases: Sequence[Json]) -> str:
    return "、".join([f"《{basis['document']}》{basis['article']}" for basis in bases])


def _ordered(memorandum: Json) -> str:
    source = f"（{memorandum['title']}{memorandum['item'] or ''}）"
    limits = f"，仅限于：{memorandum['limits_to']}" if memorandum["limits_to"] else ""
    may = memorandum["effect"] == "favour" and (memorandum["wording"] or "").startswith(
        "可"
    )  # an article that says "may"
    ordered = "可以给予激励" if may else EFFECT_ZH[memorandum["effect"]]
    return f"{ordered}：{memorandum['measure_title']}{source}{limits}"


def _days(bounds: Json) -> str:
    begins = _bound("自", bounds["from"], "起", BEGINS_ZH)
    ends = _bound("至", bounds["until"], "止，当日不计", ENDS_ZH)
    return f"{begins}，{ends}" if begins and ends else begins or ends


def _bound(before: str, bound: Json, after: str, why: Mapping[str, str]) -> str:
    if not bound["day"]:
        return ""
    gates = "、".join([why[gate] for gate in bound["gates"]])
    return f"{before}{_day(bound['day'])}{after}（{gates}）"


def _way_out(remedy: Json, designation: Json) -> str:
    kind = remedy["kind"]
    if kind == "act":
        return f"未定届满日，{remedy['act_zh']}"
    if kind == "no_end":
        named = "、".join(f"《{a['document']}》{a['article']}" for a in remedy["articles"])
        return f"依{named}，法律未设届满日"
    if kind == "repair":
        since = f"自{_day(remedy['from'])}起" if remedy["from"] else ""
        asked = "解除" if _is_order(designation) else "信用修复"
        return f"{since}可向{remedy['body_name']}申请{asked}（{remedy['conditions']}）"
    if kind == "objection":
        until = f"在{_day(remedy['until'])}前" if remedy["until"] else ""
        return f"可{until}向{remedy['body_name']}提出异议"
    if kind == "exemption":
        return f"可依{remedy['grounds_zh']}申请豁免"
    return f"其后仍会恢复，至{_day(remedy['on'])}方自行终止"


# The days of some ten years.
@lru_cache(maxsize=4096)
def _day(day: str) -> str:
    year, month, number = day.split("-")
    return f"{int(year)}年{int(month)}月{int(number)}日"
