"""A small city that shows each verdict under the shipped rulebook: loaded by `make demo`, offered on the page.

Everything in it is made up: the codes are valid by their check characters only, the persons' ids are plain counters.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from engine.question import Check, Verdict
from engine.service import Service
from graph_model.errors import InvalidQuestion
from graph_model.identifiers import organisation_check_character, uscc_check_character
from graph_model.nodes import Facts
from graph_model.store import ChangeSet, Receipt, Vocabulary
from loaders.rows import facts_from_rows
from memoranda.reader import SHIPPED, read_rulebook

DAY = date(2026, 11, 22)
"""The day of the examples: stated, so that they show the same whenever they are asked."""


def _organisation(number: int) -> str:
    body = f"MA2Y{number:04d}"
    first17 = f"91350200{body}{organisation_check_character(body)}"
    return first17 + uscc_check_character(first17)


REVOKED, UNCLEAR_REVOKED, ARREARS, ABNORMAL, TRUSTED, ORDINARY, NOBODY = map(_organisation, range(101, 108))
RESPONSIBLE, UNCLEAR, REMOVED, SHAREHOLDER = (f"p-{number:040x}" for number in range(1, 5))

ROWS: dict[str, list[dict[str, Any]]] = {
    "organisations": [
        {"code": code, "name": name, "kind": "enterprise", "region": "350200", "status": status}
        for code, name, status in (
            (REVOKED, "厦门鹭江贸易有限公司", "revoked"),
            (UNCLEAR_REVOKED, "厦门海沧物流有限公司", "revoked"),
            (ARREARS, "厦门同安建筑劳务有限公司", "active"),
            (ABNORMAL, "厦门集美餐饮管理有限公司", "active"),
            (TRUSTED, "厦门思明精密仪器有限公司", "active"),
            (ORDINARY, "厦门翔安茶业有限公司", "active"),
        )
    ],
    "persons": [
        {"person": RESPONSIBLE, "name": "陈建国"},
        {"person": UNCLEAR, "name": "林志明"},
        {"person": REMOVED, "name": "王海涛"},
        {"person": SHAREHOLDER, "name": "黄秀英"},
    ],
    "relations": [
        {"type": "legal_representative", "holder": RESPONSIBLE, "organisation": REVOKED, "held_from": "2019-06-01"},
        {"type": "directly_responsible", "holder": RESPONSIBLE, "designation": "demo-revoked", "responsible": True,
         "document_no": "厦市监罚〔2025〕31号"},
        {"type": "legal_representative", "holder": UNCLEAR, "organisation": UNCLEAR_REVOKED, "held_from": "2020-02-01"},
        {"type": "shareholder", "holder": SHAREHOLDER, "organisation": REVOKED, "held_from": "2019-06-01",
         "share": "0.4"},
    ],
    "designations": [
        {"id": "demo-revoked", "subject": REVOKED, "list": "licence-revoked", "authority": "xm-amr",
         "document_no": "厦市监罚〔2025〕31号", "decided_on": "2025-03-10", "event_on": "2025-03-10",
         "effective_from": "2025-03-10", "fact.kind": "revoked"},
        {"id": "demo-revoked-unclear", "subject": UNCLEAR_REVOKED, "list": "licence-revoked", "authority": "xm-amr",
         "document_no": "厦市监罚〔2025〕77号", "decided_on": "2025-08-18", "event_on": "2025-08-18",
         "effective_from": "2025-08-18", "fact.kind": "revoked"},
        {"id": "demo-arrears", "subject": ARREARS, "list": "wage-arrears", "authority": "xm-hrss",
         "document_no": "厦人社监列〔2026〕5号", "decided_on": "2026-04-02", "effective_from": "2026-04-02",
         "severity": "serious", "notice_served_on": "2026-03-12", "notice_document_no": "厦人社监告〔2026〕5号"},
        {"id": "demo-abnormal", "subject": ABNORMAL, "list": "abnormal-operation", "authority": "xm-amr",
         "document_no": "厦市监异〔2026〕208号", "decided_on": "2026-07-09", "effective_from": "2026-07-09"},
        {"id": "demo-removed", "subject": REMOVED, "list": "post-sanction", "authority": "xm-emergency",
         "document_no": "厦应急处〔2021〕3号", "decided_on": "2021-09-15", "effective_from": "2021-09-15",
         "fact.sanction": "removal", "fact.accident_grade": "serious"},
        {"id": "demo-trusted", "subject": TRUSTED, "list": "tax-a", "authority": "xm-tax",
         "document_no": "厦税信〔2026〕A0421号", "decided_on": "2026-04-20", "effective_from": "2026-04-20"},
    ],
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Example:
    """A check of the demo city and the verdict it shows."""

    title: str
    verdict: Verdict
    check: Check

    @property
    def query(self) -> str:
        """The address of the example on the page, behind its question mark."""
        return urlencode({name: value for name, value in self.body.items() if value})

    @property
    def body(self) -> dict[str, str | None]:
        """The example as a request body."""
        c = self.check
        asked = {"subject": c.subject, "matter": c.matter, "department": c.department, "on": str(c.on)}
        return {**asked, "concerning": c.concerning} if c.concerning else dict(asked)


def _example(title: str, verdict: Verdict, subject: str, matter: str, department: str) -> Example:
    return Example(title, verdict, Check(subject, matter, DAY, department))


EXAMPLES: tuple[Example, ...] = (
    _example("被吊销企业的责任法定代表人，拟任公司董事", "bar", RESPONSIBLE, "company-officer", "xm-amr"),
    _example("因重大事故撤职满五年，拟任主要负责人", "limit", REMOVED, "safety-principal", "xm-emergency"),
    _example("拖欠工资企业申请财政补贴", "weigh", ARREARS, "gov-subsidy", "xm-finance"),
    _example("被吊销企业的法定代表人，个人责任不明", "unresolved", UNCLEAR, "company-officer", "xm-amr"),
    _example("经营异常企业参加政府采购", "watch", ABNORMAL, "gov-procurement-supplier", "xm-finance"),
    _example("厦门的A级纳税人到山东即墨办事，优先办理", "favour", TRUSTED, "green-channel", "jm-gov-approval"),
    _example("被吊销企业的股东，不受牵连", "clear", SHAREHOLDER, "company-officer", "xm-amr"),
    _example("没有登记的主体", "unknown", NOBODY, "gov-subsidy", "xm-finance"),
)
"""One example of each verdict, strongest first."""


def demo_facts(vocabulary: Vocabulary) -> Facts:
    """Give the facts of the demo city, the same every time."""
    return facts_from_rows(ROWS, vocabulary, None)


def load_demo(service: Service) -> Receipt:
    """Publish the shipped rulebook and write the demo city; a second time changes nothing."""
    book = read_rulebook(SHIPPED)
    service.publish(book, actor="demo", reason="随附规则 the shipped rulebook", key=f"demo-{book.digest}")
    return service.apply(ChangeSet("demo", "示例城市 the demo city", "demo-city", demo_facts(book.vocabulary)))


def examples(service: Service) -> Sequence[Example]:
    """Give the examples that this store shows as promised: all of them in the demo city, none elsewhere."""
    version = service.store.latest_version()
    if not all(service.store.is_registered(e.check.subject, version) for e in EXAMPLES if e.verdict != "unknown"):
        return ()
    return [example for example in EXAMPLES if _shows(example, service)]


def _shows(example: Example, service: Service) -> bool:
    try:
        return service.check(example.check).verdict == example.verdict
    except InvalidQuestion:
        return False
