"""A decision, and the gates of a measure, as trees that an officer can read; made from the answer alone."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from api.cli.tree import Branch
from engine.question import VERDICT_ZH, Batch, Decision, Duty, Json, LeftOut, Unresolved, WhyNot, Withheld
from engine.sentences import sentence_of_all
from graph_model.errors import XinhengError

_Item = TypeVar("_Item", Duty, Withheld, Unresolved, LeftOut)
SHOWN_DEPARTMENTS = 3
"""Departments named in one line; the JSON names them all."""
EFFECT_ZH = {"bar": "禁止", "limit": "限制", "weigh": "审慎", "watch": "关注", "favour": "激励"}
GATE_ZH = {
    "in_effect": "G1 认定生效",
    "duly_listed": "G2 程序合法",
    "memorandum_in_force": "G3 文件施行",
    "list_covered": "G4 名单适用",
    "role_reached": "G5 身份可及",
    "basis_holds": "G6 依据成立",
    "department_bound": "G7 部门受约束",
    "condition_true": "G8 条件成立",
    "within_term": "G9 期限之内",
    "not_exempt": "G10 未获豁免",
    "matter_covered": "事项适用",
    "not_elsewhere": "非仅限其他企业",
    "not_withheld": "激励未被停止",
}
STATE_ZH = {"true": "成立", "false": "不成立", "unknown": "不明"}
REMEDY_ZH = {
    "expiry": "届满",
    "act": "终止",
    "no_end": "无届满日",
    "repair": "信用修复",
    "objection": "异议",
    "exemption": "豁免",
}


def tree_of(answer: Decision | WhyNot | Batch | XinhengError) -> Branch:
    """Give any answer as a tree."""
    if isinstance(answer, XinhengError):
        return Branch(f"{answer.code}: {answer}")
    if isinstance(answer, Batch):
        overall = f"总结论 {VERDICT_ZH[answer.overall]} ({answer.overall}){' 不完整' if answer.incomplete else ''}"
        return Branch(overall, [tree_of(result) for result in answer.results])
    return gates_tree(answer) if isinstance(answer, WhyNot) else decision_tree(answer)


def decision_tree(decision: Decision, unseen: tuple[str, ...] = ()) -> Branch:
    """Give a decision with the proof of each duty, and what the rulebook says that no list tells of."""
    asked = f"{decision.subject} · 事项 {decision.matter} · {decision.on}"
    asked += f" · 部门 {decision.department}" if decision.department else ""
    asked += f" · 涉及 {decision.concerning}" if decision.concerning else ""
    return Branch(
        f"结论：{VERDICT_ZH[decision.verdict]} ({decision.verdict}) — {asked}", list(_parts(decision, unseen))
    )


def _parts(decision: Decision, unseen: tuple[str, ...]) -> Iterator[Branch]:
    if decision.verdict == "unknown":
        yield Branch("此版本中没有登记该主体；“查无此主体”不等于“无措施”")
    elif not (decision.duties or decision.unresolved or decision.withheld or decision.left_out):
        yield Branch("该主体自身及一步之内的关联，均无应实施项，也无待核项")
    for duties in _grouped(decision.duties):
        yield _duty(duties)
    for held_back in _grouped(decision.withheld):
        item, by = held_back[0], "、".join(held_back[0].withheld_by)
        yield Branch(f"停止适用的激励 {item.measure} · 认定 {item.designation}：因 {by}{_departments(held_back)}")
    for open_ in _grouped(decision.unresolved):
        yield _unresolved(open_)
    for left in _grouped(decision.left_out):
        head = f"不适用 {left[0].measure} · 认定 {left[0].designation}：只约束其他企业"
        yield Branch(f"{head}{_departments(left)}")
    if decision.could_be:
        yield Branch(f"核实后最强可为：{VERDICT_ZH[decision.could_be]} ({decision.could_be})")
    if decision.lifting_set and decision.verdict_if_lifted:
        gone = f"{VERDICT_ZH[decision.verdict_if_lifted]} ({decision.verdict_if_lifted})"
        yield Branch(f"约束所依的认定：{'、'.join(decision.lifting_set)}；若均解除，则为 {gone}")
    if decision.narrower:
        yield Branch(f"下级事项另有应实施项，请分别核查：{'、'.join(decision.narrower)}")
    yield from map(Branch, unseen)
    yield Branch(f"数据版本 {decision.version} · 规则 {decision.rulebook}")


def _effect(effect: str) -> str:
    return f"{EFFECT_ZH[effect]} {effect}"


def _grouped(items: Sequence[_Item]) -> list[list[_Item]]:
    """Put together what differs by department alone: without one, a check answers for all of the rulebook."""
    groups: dict[object, list[_Item]] = {}
    for item in items:
        same = (item.measure, item.designation, getattr(item, "role", ""), getattr(item, "reasons", ()))
        groups.setdefault(same, []).append(item)
    return list(groups.values())


def _departments(items: Sequence[_Item]) -> str:
    named = [item.department for item in items]
    if len(named) <= SHOWN_DEPARTMENTS:
        return f" · {'、'.join(named)}"
    return f" · {'、'.join(named[:SHOWN_DEPARTMENTS])} 等 {len(named)} 个部门"


def _duty(duties: Sequence[Duty]) -> Branch:
    duty, mark = duties[0], " 【有异议】" if duties[0].disputed else ""
    head = f"应实施 [{_effect(duty.effect)}] {duty.measure} · {duty.role}{_departments(duties)}{mark}"
    return Branch(
        head, [Branch(sentence_of_all(duties)), *_proof(duty.proof), *(_remedy(way) for way in duty.remedies)]
    )


def _unresolved(items: Sequence[Unresolved]) -> Branch:
    item = items[0]
    head = f"待核 [{_effect(item.effect)}] {item.measure} · {item.role} · 认定 {item.designation}{_departments(items)}"
    return Branch(head, [Branch(f"原因：{'；'.join(item.reasons)}"), Branch(item.ask)])


def _proof(proof: Json) -> Iterator[Branch]:
    listed = proof["designation"]
    document = listed["document_no"] or "文号未载"
    days = f"{listed['effective_from'] or '…'} 起，{listed['until'] or '未定届满日'}"
    yield Branch(f"认定 {listed['id']}：{listed['list_name']} · {listed['authority_name']} · {document} · {days}")
    for step in proof["path"]:
        held = f"{step['held_from'] or '…'} 至 {step['held_until'] or '今'}"
        yield Branch(
            f"关联：{step['holder']} —{step['relation']}→ {step['organisation'] or step['designation']}（{held}）"
        )
    memorandum = proof["memorandum"]
    ordered = (memorandum["title"], memorandum["item"], memorandum["measure_title"])
    yield Branch(f"措施：{' · '.join(part for part in ordered if part)}")
    for basis in proof["basis"]:
        read = f"{basis['verified']['on']} 核对" if basis["verified"] else "未核对"
        yield Branch(f"依据：《{basis['document']}》{basis['article']}（{read}）")
    condition = proof["condition"]
    if condition:
        seen = "，".join(f"{name}：{value}" for name, value in condition["values_zh"].items())
        yield Branch(f"条件：{condition['text_zh']}（{seen}）")
    bounds = proof["bounds"]
    since, until = bounds["from"], bounds["until"]
    yield Branch(f"自 {since['day'] or '始'} 起{_gates(since)}")
    yield Branch(f"至 {until['day']} 止，当日不计{_gates(until)}" if until["day"] else "未定届满日")


def _gates(bound: Json) -> str:
    gates = "、".join(GATE_ZH[gate] for gate in bound["gates"])
    return f"（{gates}）" if gates else ""


def _remedy(way: Json) -> Branch:
    told = [
        str(value)
        for key, value in way.items()
        if key not in ("kind", "grounds", "ends_by", "articles", "body") and value
    ]
    told += [f"《{article['document']}》{article['article']}" for article in way.get("articles", ())]
    return Branch(f"{REMEDY_ZH[way['kind']]}：{' · '.join(told)}")


def gates_tree(answer: WhyNot) -> Branch:
    """Give the gates of each candidate, the closest first."""
    if answer.failing == ("no_candidate",):
        told = "没有可能的认定：该主体自身及其一步之内的关联均无认定 (no_candidate)"
    elif not answer.failing:
        told = "正是应实施项 (duty)"
    else:
        told = "不成立的关口：" + "、".join(_failing(name) for name in answer.failing)
    head = f"{answer.measure} — {answer.subject} · {answer.on}：{told}"
    return Branch(
        head,
        [
            Branch(
                f"认定 {candidate.designation} · {candidate.role} · {candidate.department}",
                [Branch(f"{STATE_ZH[state]}  {GATE_ZH[gate]} ({gate})") for gate, state in candidate.gates.items()]
                + ([Branch(f"原因：{'；'.join(candidate.reasons)}")] if candidate.reasons else []),
            )
            for candidate in answer.candidates
        ],
    )


def _failing(name: str) -> str:
    gate = name.rstrip("?")
    return f"{GATE_ZH[gate]} ({name})"
