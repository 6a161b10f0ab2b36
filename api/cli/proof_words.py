"""The labels of a printed proof, each in Chinese and in English: `say(*GATE["in_effect"])`.

What is law stays Chinese in both: titles of measures, names of lists and departments, articles, and whole sentences.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from engine.question import VERDICT_ZH

Say: TypeAlias = Callable[[str, str], str]
"""Chooses the words of the reader's language: Chinese, English (`Session.say`)."""
Pairs: TypeAlias = Mapping[str, tuple[str, str]]

_VERDICT_EN = {
    "bar": "prohibited",
    "limit": "limited",
    "weigh": "to be weighed",
    "unresolved": "to be verified",
    "watch": "watched",
    "favour": "favoured",
    "clear": "nothing applies",
    "unknown": "no such subject",
}
VERDICT: Pairs = {verdict: (zh, _VERDICT_EN[verdict]) for verdict, zh in VERDICT_ZH.items()}
EFFECT_ZH = {"bar": "禁止", "limit": "限制", "weigh": "审慎", "watch": "关注", "favour": "激励"}
GATE: Pairs = {
    "in_effect": ("G1 认定生效", "G1 designation in effect"),
    "duly_listed": ("G2 程序合法", "G2 duly listed"),
    "memorandum_in_force": ("G3 文件施行", "G3 memorandum in force"),
    "list_covered": ("G4 名单适用", "G4 list covered"),
    "role_reached": ("G5 身份可及", "G5 role reached"),
    "basis_holds": ("G6 依据成立", "G6 legal basis holds"),
    "department_bound": ("G7 部门受约束", "G7 department bound"),
    "condition_true": ("G8 条件成立", "G8 condition true"),
    "within_term": ("G9 期限之内", "G9 within the term"),
    "not_exempt": ("G10 未获豁免", "G10 not exempted"),
    "matter_covered": ("事项适用", "matter covered"),
    "not_elsewhere": ("非仅限其他企业", "not for other companies only"),
    "not_withheld": ("激励未被停止", "incentive not withheld"),
}
STATE: Pairs = {"true": ("成立", "holds"), "false": ("不成立", "fails"), "unknown": ("不明", "unknown")}
REMEDY: Pairs = {
    "expiry": ("届满", "Ends by itself"),
    "act": ("终止", "Ends by an act"),
    "no_end": ("无届满日", "Without an end day"),
    "repair": ("信用修复", "Credit repair"),
    "objection": ("异议", "Objection"),
    "exemption": ("豁免", "Exemption"),
}
ACT_EN = {
    "performance": "deleted by the authority once the obligation is performed",
    "removal": "removed by a decision of the authority",
}
GROUND_EN = {
    "minor_first_offence": "minor first offence",
    "commitment_accepted": "credit commitment accepted",
    "court_stay": "stayed by a court",
    "court_permission": "permitted by a court",
    "security_provided": "security provided",
    "authority_decision": "decided by the authority",
}
REASON_EN = {
    "until_missing": "when does the designation end",
    "notice_missing": "was the notice before the decision served",
    "listing_defective": "is this a case that must not be listed",
    "authority_not_competent": "was the authority competent",
    "conduct_day_missing": "on which day was the conduct",
    "event_day_missing": "on which day was the event",
    "decision_day_missing": "on which day was it decided",
    "role_start_missing": "since when has the person held the post",
    "term_anchor_missing": "from which day does the term run",
    "condition_error": "the facts cannot be reckoned with; check their values",
}
"""What is to be found out, beside each reason's code; `fact_missing` names the facts itself."""
UNKNOWN_SUBJECT = (
    "此版本中没有登记该主体；“查无此主体”不等于“无措施”",
    "This version has no such subject; “no such subject” does not mean “no measure”",
)
NOTHING = (
    "该主体自身及一步之内的关联，均无应实施项，也无待核项",
    "No duty and nothing to verify, neither for the subject itself nor within one step of it",
)
NO_END_DAY = ("未定届满日", "No end day is set")
NO_CANDIDATE = (
    "没有可能的认定：该主体自身及其一步之内的关联均无认定 (no_candidate)",
    "no designation could carry it, neither of the subject itself nor within one step of it (no_candidate)",
)
