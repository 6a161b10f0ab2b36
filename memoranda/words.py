"""The words in which people read the law: Chinese for every word of the files."""

from collections.abc import Mapping

from memoranda.cleaning import Reason, StandingInLaw
from memoranda.model import BasisKind, Effect, Evidence, Held, Role

STANDING_ZH: Mapping[StandingInLaw, str] = {
    "enforceable": "可执行",
    "weigh-only": "仅供审慎考量",
    "information-only": "仅供关注",
    "unverified": "依据待核实",
    "no-basis": "无依据",
    "not-a-public-body": "非公共机构",
}
REASON_ZH: Mapping[Reason, str] = {
    "withdrawn": "已撤下",
    "not-yet": "文件尚未施行",
    "ended": "文件已停止施行",
    "no-department": "文件的地域内没有实施部门",
    "inadmissible-kind": "所引文件位阶不足以支持限制",
    "other-role": "所引条文不约束该身份",
    "article-not-in-force": "所引条文该日不在施行",
    "other-territory": "所引地方性法规不及于实施部门",
}
EFFECT_ZH: Mapping[Effect, str] = {
    "bar": "禁止",
    "limit": "限制",
    "weigh": "审慎考量",
    "watch": "关注",
    "favour": "激励",
}
DOCUMENT_ZH: Mapping[BasisKind, str] = {
    "law": "法律",
    "administrative_regulation": "行政法规",
    "judicial_interpretation": "司法解释",
    "local_regulation": "地方性法规",
    "party_state_policy": "党中央、国务院政策文件",
    "departmental_rule": "部门规章",
    "normative_document": "规范性文件",
    "memorandum": "备忘录",
}
MEMORANDUM_ZH = {"memorandum": "合作备忘录", "statutory": "法定措施", "local": "地方措施"}
LIST_ZH = {"restriction": "严重失信名单", "incentive": "守信激励名单", "watch": "重点关注名单", "record": "决定记录"}
ROLE_ZH: Mapping[Role, str] = {
    "self": "被列入者本身",
    "legal_representative": "法定代表人",
    "principal": "主要负责人",
    "director": "董事",
    "supervisor": "监事",
    "senior_manager": "高级管理人员",
    "actual_controller": "实际控制人",
    "shareholder": "股东",
    "operator": "经营者",
    "branch_of": "分支机构",
    "directly_responsible": "决定所载的直接责任人员",
    "head_office": "所属法人",
    "own_business": "所经营的个体工商户",
}
HELD_ZH: Mapping[Held, str] = {
    "now": "现任",
    "at_conduct": "违法行为时在任的",
    "at_event": "触发事项时在任的",
    "at_decision": "决定作出时在任的",
}
DAY_ZH = {
    "decided_on": "决定作出之日",
    "conduct_on": "违法行为之日",
    "event_on": "触发事项之日",
    "effective_from": "生效之日",
}
ENDS_ZH = {"performance": "履行义务后由认定机关删除", "removal": "由认定机关决定移出", "law": "法律未设届满日"}
GROUND_ZH = {
    "minor_first_offence": "轻微首违",
    "commitment_accepted": "信用承诺获准",
    "court_stay": "法院裁定中止",
    "court_permission": "法院准许",
    "security_provided": "提供担保",
    "authority_decision": "认定机关决定",
}
EVIDENCE_ZH: Mapping[Evidence, str] = {
    "law_text": "已读原文",
    "page_excerpt": "见于摘录",
    "seed": "见于地方文件",
    "recalled": "凭记忆，待核",
}
FACT_ZH = {"text": "文本", "number": "数值", "boolean": "是否", "day": "日期"}
SECTION_ZH = {
    "measures": "措施",
    "lists": "名单",
    "memoranda": "文件",
    "bases": "依据",
    "base_list": "基础清单",
    "matters": "事项",
    "departments": "部门",
}
