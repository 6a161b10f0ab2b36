"""A decision, and the gates of a measure, as trees that an officer can read; made from the answer alone.

The labels are in the reader's language; sentences, titles and names are the law's own and stay Chinese.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from api.cli.proof_words import (
    ACT_EN,
    EFFECT_ZH,
    GATE,
    GROUND_EN,
    NO_CANDIDATE,
    NO_END_DAY,
    NOTHING,
    REASON_EN,
    REMEDY,
    STATE,
    UNKNOWN_SUBJECT,
    VERDICT,
    Say,
)
from api.cli.tree import Branch
from engine.question import Batch, CandidateGates, Decision, Duty, Json, LeftOut, Unresolved, WhyNot, Withheld
from engine.sentences import sentence_of_all
from graph_model.errors import XinhengError

_Item = TypeVar("_Item", Duty, Withheld, Unresolved, LeftOut)
SHOWN_DEPARTMENTS = 3
"""Departments named in one line; the JSON names them all."""


def tree_of(answer: Decision | WhyNot | Batch | XinhengError, say: Say) -> Branch:
    """Give any answer as a tree."""
    if isinstance(answer, XinhengError):
        return Branch(f"{answer.code}: {answer}")
    if isinstance(answer, Batch):
        overall = f"{say('总结论', 'Overall:')} {_verdict(answer.overall, say)}"
        overall += say(" 不完整", " incomplete") if answer.incomplete else ""
        return Branch(overall, [tree_of(result, say) for result in answer.results])
    return gates_tree(answer, say) if isinstance(answer, WhyNot) else decision_tree(answer, say)


def decision_tree(decision: Decision, say: Say, unseen: tuple[str, ...] = ()) -> Branch:
    """Give a decision with the proof of each duty, and what the rulebook says that no list tells of."""
    asked = f"{decision.subject} · {say('事项', 'matter')} {decision.matter} · {decision.on}"
    asked += f" · {say('部门', 'department')} {decision.department}" if decision.department else ""
    asked += f" · {say('涉及', 'concerning')} {decision.concerning}" if decision.concerning else ""
    told = f"{say('结论：', 'Verdict: ')}{_verdict(decision.verdict, say)} — {asked}"
    return Branch(told, list(_parts(decision, say, unseen)))


def _parts(decision: Decision, say: Say, unseen: tuple[str, ...]) -> Iterator[Branch]:
    if decision.verdict == "unknown":
        yield Branch(say(*UNKNOWN_SUBJECT))
    elif not (decision.duties or decision.unresolved or decision.withheld or decision.left_out):
        yield Branch(say(*NOTHING))
    for duties in _grouped(decision.duties):
        yield _duty(duties, say)
    for held_back in _grouped(decision.withheld):
        yield _withheld(held_back, say)
    for open_ in _grouped(decision.unresolved):
        yield _unresolved(open_, say)
    for left in _grouped(decision.left_out):
        why = say("：只约束其他企业", ": binds other companies only")
        yield Branch(f"{say('不适用', 'Not applied')} {_item(left[0], say)}{why}{_departments(left, say)}")
    if decision.could_be:
        yield Branch(say("核实后最强可为：", "Once verified, at most: ") + _verdict(decision.could_be, say))
    if decision.lifting_set and decision.verdict_if_lifted:
        rests = say("约束所依的认定：", "What binds rests on: ") + _joined(decision.lifting_set, say)
        yield Branch(f"{rests}{say('；若均解除，则为 ', '; all lifted: ')}{_verdict(decision.verdict_if_lifted, say)}")
    if decision.narrower:
        told = say("下级事项另有应实施项，请分别核查：", "Duties of narrower matters are not told here; check each: ")
        yield Branch(told + _joined(decision.narrower, say))
    yield from map(Branch, unseen)
    yield Branch(f"{say('数据版本', 'Version')} {decision.version} · {say('规则', 'rulebook')} {decision.rulebook}")


def _verdict(verdict: str, say: Say) -> str:
    return f"{say(*VERDICT[verdict])} ({verdict})"


def _effect(effect: str, say: Say) -> str:
    return say(f"{EFFECT_ZH[effect]} {effect}", effect)


def _joined(named: Iterable[str], say: Say) -> str:
    return say("、", ", ").join(named)


def _grouped(items: Sequence[_Item]) -> list[list[_Item]]:
    """Put together what differs by department alone: without one, a check answers for all of the rulebook."""
    groups: dict[object, list[_Item]] = {}
    for item in items:
        same = (item.measure, item.designation, getattr(item, "role", ""), getattr(item, "reasons", ()))
        groups.setdefault(same, []).append(item)
    return list(groups.values())


def _departments(items: Sequence[_Item], say: Say) -> str:
    named = [item.department for item in items]
    if len(named) <= SHOWN_DEPARTMENTS:
        return f" · {_joined(named, say)}"
    rest = say(f" 等 {len(named)} 个部门", f" and more, {len(named)} departments")
    return f" · {_joined(named[:SHOWN_DEPARTMENTS], say)}{rest}"


def _item(item: _Item, say: Say) -> str:
    return f"{item.measure} · {say('认定', 'designation')} {item.designation}"


def _duty(duties: Sequence[Duty], say: Say) -> Branch:
    duty = duties[0]
    head = f"{say('应实施', 'Duty')} [{_effect(duty.effect, say)}] {duty.measure} · {duty.role}"
    mark = say(" 【有异议】", " [objection pending]") if duty.disputed else ""
    below = [Branch(sentence_of_all(duties)), *_proof(duty.proof, say), *(_remedy(way, say) for way in duty.remedies)]
    return Branch(f"{head}{_departments(duties, say)}{mark}", below)


def _withheld(items: Sequence[Withheld], say: Say) -> Branch:
    because = say("：因 ", ": because of ") + _joined(items[0].withheld_by, say)
    return Branch(
        f"{say('停止适用的激励', 'Incentive withheld')} {_item(items[0], say)}{because}{_departments(items, say)}"
    )


def _unresolved(items: Sequence[Unresolved], say: Say) -> Branch:
    item = items[0]
    head = f"{say('待核', 'To verify')} [{_effect(item.effect, say)}] {item.measure} · {item.role}"
    head += f" · {say('认定', 'designation')} {item.designation}{_departments(items, say)}"
    return Branch(head, [_reasons(item.reasons, say), Branch(item.ask)])


def _reasons(reasons: Sequence[str], say: Say) -> Branch:
    told = [say(reason, f"{reason} ({REASON_EN[reason]})" if reason in REASON_EN else reason) for reason in reasons]
    return Branch(say("原因：", "Reasons: ") + say("；", "; ").join(told))


def _proof(proof: Json, say: Say) -> Iterator[Branch]:
    yield _designation(proof["designation"], say)
    for step in proof["path"]:
        since, until = step["held_from"] or "…", step["held_until"] or say("今", "today")
        held = say(f"（{since} 至 {until}）", f" ({since} to {until})")
        reached = f"{step['holder']} —{step['relation']}→ {step['organisation'] or step['designation']}"
        yield Branch(f"{say('关联：', 'Relation: ')}{reached}{held}")
    memorandum = proof["memorandum"]
    ordered = (memorandum["title"], memorandum["item"], memorandum["measure_title"])
    yield Branch(f"{say('措施：', 'Measure: ')}{' · '.join(part for part in ordered if part)}")
    for basis in proof["basis"]:
        checked = basis["verified"]["on"] if basis["verified"] else None
        read = (
            say(f"（{checked} 核对）", f" (checked on {checked})") if checked else say("（未核对）", " (not checked)")
        )
        yield Branch(f"{say('依据：', 'Article: ')}《{basis['document']}》{basis['article']}{read}")
    if proof["condition"]:
        yield _condition(proof["condition"], say)
    since, until = proof["bounds"]["from"], proof["bounds"]["until"]
    start = since["day"]
    yield Branch(say(f"自 {start or '始'} 起", f"From {start or 'the beginning'}") + _gates(since, say))
    if until["day"]:
        end = say(f"至 {until['day']} 止，当日不计", f"Until {until['day']}, that day not included")
        yield Branch(end + _gates(until, say))
    else:
        yield Branch(say(*NO_END_DAY))


def _designation(listed: Json, say: Say) -> Branch:
    document = listed["document_no"] or say("文号未载", "no document number")
    start, end = listed["effective_from"] or "…", listed["until"]
    until = say("，", ", until ") + end if end else say("，", ", ") + say(*NO_END_DAY).lower()
    told = f"{listed['list_name']} · {listed['authority_name']} · {document}"
    name = f"{say('认定', 'Designation')} {listed['id']}{say('：', ': ')}"
    return Branch(f"{name}{told} · {say(f'{start} 起', f'from {start}')}{until}")


def _condition(condition: Json, say: Say) -> Branch:
    """Show a condition: in English by the words of the rulebook's own language, whose names are English."""
    zh = "，".join(f"{name}：{value}" for name, value in condition["values_zh"].items())
    en = ", ".join(f"{name}: {_value_en(value)}" for name, value in condition["values"].items())
    return Branch(say(f"条件：{condition['text_zh']}（{zh}）", f"Condition: {condition['text']} ({en})"))


def _value_en(value: object) -> str:
    if value is None:
        return "missing"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _gates(bound: Json, say: Say) -> str:
    gates = _joined((say(*GATE[gate]) for gate in bound["gates"]), say)
    return say(f"（{gates}）", f" ({gates})") if gates else ""


def _remedy(way: Json, say: Say) -> Branch:
    told = [
        _told(key, value, way, say)
        for key, value in way.items()
        if key not in ("kind", "grounds", "ends_by", "articles", "body") and value
    ]
    told += [f"《{article['document']}》{article['article']}" for article in way.get("articles", ())]
    return Branch(f"{say(*REMEDY[way['kind']])}{say('：', ': ')}{' · '.join(told)}")


def _told(key: str, value: object, way: Json, say: Say) -> str:
    if key == "act_zh":
        return say(str(value), ACT_EN.get(way["ends_by"], str(value)))
    if key == "grounds_zh":
        return say(str(value), ", ".join(GROUND_EN.get(ground, ground) for ground in way["grounds"]))
    return say(str(value), f"{key} {value}" if key in ("from", "until") else str(value))


def gates_tree(answer: WhyNot, say: Say) -> Branch:
    """Give the gates of each candidate, the closest first."""
    if answer.failing == ("no_candidate",):
        told = say(*NO_CANDIDATE)
    elif not answer.failing:
        told = say("正是应实施项 (duty)", "it is a duty (duty)")
    else:
        failing = (f"{say(*GATE[name.rstrip('?')])} ({name})" for name in answer.failing)
        told = say("不成立的关口：", "gates that do not hold: ") + _joined(failing, say)
    head = f"{answer.measure} — {answer.subject} · {answer.on}{say('：', ': ')}{told}"
    return Branch(head, [_candidate(candidate, say) for candidate in answer.candidates])


def _candidate(candidate: CandidateGates, say: Say) -> Branch:
    named = f"{say('认定', 'Designation')} {candidate.designation} · {candidate.role} · {candidate.department}"
    gates = [Branch(f"{say(*STATE[state])}  {say(*GATE[gate])} ({gate})") for gate, state in candidate.gates.items()]
    return Branch(named, [*gates, _reasons(candidate.reasons, say)] if candidate.reasons else gates)
