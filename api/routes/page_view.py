"""What the page shows of a decision: the words of the rulebook in place of ids, one card per measure."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

from engine.question import VERDICT_ZH, Decision, Duty, Json, LeftOut, Unresolved, Withheld
from engine.sentences import BEGINS_ZH, ENDS_ZH, sentence_of_all
from graph_model.identifiers import is_uscc, region_covers, region_of_uscc
from memoranda.rulebook import Rulebook
from memoranda.words import ROLE_ZH

VERDICT_SAYS: Mapping[str, str] = {
    "bar": "法律禁止准许。请不予办理，并告知当事人依据与救济途径。",
    "limit": "只能在法律所定的限度内准许，限度见下列措施。",
    "weigh": "可以准许，但必须审慎考量并书面说明理由。",
    "unresolved": "尚不能判定。请先向认定机关核实，核实之前不得据此限制。",
    "watch": "可以准许，应列为重点关注。",
    "favour": "可以准许，并依条文给予激励。",
    "clear": "该事项未发现须实施的措施。",
    "unknown": "没有登记这个主体。这不等于没有记录，请核对标识。",
}
IDENTITY_ZH: Mapping[str, str] = {
    "resident_id": "居民身份证",
    "passport": "护照",
    "hk_macao_permit": "港澳居民来往内地通行证",
    "taiwan_permit": "台湾居民来往大陆通行证",
    "foreign_permanent_resident": "外国人永久居留身份证",
    "military_id": "军人证件",
}


def matter_choices(book: Rulebook) -> tuple[tuple[str, str], ...]:
    """Give (id, name) of every matter, a child below its parent and set in."""
    children: dict[str | None, list[str]] = {}
    for matter in sorted(book.matters.values(), key=lambda m: m.id):
        children.setdefault(matter.parent, []).append(matter.id)
    choices: list[tuple[str, str]] = []

    def walk(parent: str | None, depth: int) -> None:
        for matter in children.get(parent, ()):
            choices.append((matter, "　" * depth + book.matters[matter].name))
            walk(matter, depth + 1)

    walk(None, 0)
    return tuple(choices)


def decision_view(decision: Decision, book: Rulebook, shown_subject: str, name: str | None) -> Json:
    """Give what the template shows.

    Args:
        decision: the answer.
        book: the rulebook that it used.
        shown_subject: the subject's id, empty where it must not be repeated.
        name: the subject's name, a person's masked.

    """
    department = book.departments[decision.department].name if decision.department else None
    return {
        "verdict": decision.verdict,
        "verdict_zh": VERDICT_ZH[decision.verdict],
        "could_be": VERDICT_ZH[decision.could_be] if decision.could_be else None,
        "if_lifted": VERDICT_ZH[decision.verdict_if_lifted] if decision.verdict_if_lifted else None,
        "if_lifted_word": decision.verdict_if_lifted,
        "lifting_set": decision.lifting_set,
        "subject": short(shown_subject) if name else shown_subject,
        "name": name,
        "matter": book.matters[decision.matter].name,
        "department": department,
        "concerning": decision.concerning,
        "on": decision.on.isoformat(),
        "version": decision.version,
        "rulebook": decision.rulebook,
        "duties": [_duty_card(alike, book) for alike in _together(decision.duties, _same_duty, decision.subject, book)],
        "unresolved": [
            {
                **_head(alike, book),
                "effect_zh": VERDICT_ZH[alike[0].effect],
                "role": ROLE_ZH[alike[0].role],
                "ask": alike[0].ask,
            }
            for alike in _together(decision.unresolved, _same_question, decision.subject, book)
        ],
        "withheld": [
            {**_head(alike, book), "by": "、".join(alike[0].withheld_by)}
            for alike in _together(decision.withheld, lambda i: (i.measure, i.withheld_by), decision.subject, book)
        ],
        "left_out": [
            _head(alike, book) for alike in _together(decision.left_out, lambda i: i.measure, decision.subject, book)
        ],
        "cannot_see": book.cannot_see(decision.matter),
        "narrower": [(matter, book.matters[matter].name) for matter in decision.narrower],
    }


def short(subject: str) -> str:
    """Shorten a keyed id, which nobody reads to the end."""
    return f"{subject[:8]}…{subject[-4:]}" if len(subject) > 30 else subject


Item = TypeVar("Item", Duty, Unresolved, Withheld, LeftOut)


def _together(
    items: Iterable[Item], same: Callable[[Item], Hashable], subject: str, book: Rulebook
) -> list[list[Item]]:
    """Take items that differ in their department only as one; the department nearest to the subject comes first."""
    home = region_of_uscc(subject) if is_uscc(subject) else None

    def far(item: Item) -> tuple[bool, bool, str]:
        region = book.departments[item.department].region
        return not (region is not None and region_covers(region, home)), region is not None, item.department

    found: dict[Hashable, list[Item]] = {}
    for item in items:
        found.setdefault(same(item), []).append(item)
    return [sorted(alike, key=far) for alike in found.values()]


def _same_duty(duty: Duty) -> Hashable:
    articles = tuple(basis["id"] for basis in duty.proof["basis"])
    return duty.measure, duty.designation, duty.role, duty.from_, duty.until, articles


def _same_question(item: Unresolved) -> Hashable:
    return item.measure, item.designation, item.role, item.reasons


def _head(alike: Sequence[Duty | Unresolved | Withheld | LeftOut], book: Rulebook) -> Json:
    first, *others = (book.departments[item.department].name for item in alike)
    return {"title": book.measures[alike[0].measure].title, "department": first, "others": others}


def _duty_card(alike: Sequence[Duty], book: Rulebook) -> Json:
    duty = alike[0]
    return {
        **_head(alike, book),
        "measure": duty.measure,
        "effect": duty.effect,
        "effect_zh": VERDICT_ZH[duty.effect],
        "role": ROLE_ZH[duty.role],
        "disputed": duty.disputed,
        "sentence": sentence_of_all(alike),
        "remedies": [remedy_zh(remedy) for remedy in duty.remedies],
        "proof": duty.proof,
        "gates": _gates(duty.proof),
    }


def remedy_zh(remedy: Json) -> tuple[str, str]:
    """Say one way out in Chinese: its name, and its days, body and conditions."""
    kind = remedy["kind"]
    if kind == "expiry":
        return "届满", f"不再变化，则于 {remedy['on']} 自行终止"
    if kind == "act":
        return "终止", str(remedy["act_zh"])
    if kind == "no_end":
        return "期限", "法律未设届满日：" + "、".join(f"《{a['document']}》{a['article']}" for a in remedy["articles"])
    if kind == "repair":
        since = f"自 {remedy['from']} 起" if remedy["from"] else ""
        return "信用修复", f"{since}可向{remedy['body_name']}申请；条件：{remedy['conditions']}"
    if kind == "objection":
        until = f"，最迟 {remedy['until']}" if remedy["until"] else ""
        return "异议", f"可向{remedy['body_name']}提出{until}"
    return "豁免", f"可依{remedy['grounds_zh']}申请"


def _gates(proof: Json) -> list[tuple[str, str]]:
    ends = ((proof["bounds"]["from"], "起", BEGINS_ZH), (proof["bounds"]["until"], "止", ENDS_ZH))
    return [
        (f"{bound['day']} {word}", "、".join(why.get(gate, gate) for gate in bound["gates"]))
        for bound, word, why in ends
        if bound["day"]
    ]
