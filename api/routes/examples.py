"""Examples in the OpenAPI document, from the demo city; a test replays every one of them."""

from typing import Any

from api.demo import DAY, EXAMPLES, ORDINARY, RESPONSIBLE, UNCLEAR, Example

Named = dict[str, dict[str, Any]]


def _named(example: Example) -> dict[str, Any]:
    return {"summary": f"{example.verdict}: {example.title}", "value": example.body}


CHECK_EXAMPLES: Named = {example.verdict: _named(example) for example in EXAMPLES} | {
    "person": {
        "summary": "a person by identity document: hashed at the edge, never stored, logged or repeated",
        "value": {
            "subject": {"id_type": "resident_id", "id_number": "11010519491231002X"},
            "matter": "company-officer",
        },
    }
}
BATCH_EXAMPLES: Named = {
    "consortium": {
        "summary": "one barred member bars a consortium",
        "value": {"checks": [example.body for example in EXAMPLES if example.verdict in ("clear", "bar", "unknown")]},
    }
}
WHY_NOT_EXAMPLES: Named = {
    "unclear": {
        "summary": "personal responsibility is never presumed",
        "value": {"subject": UNCLEAR, "measure": "posts/revoked-company-officer", "on": str(DAY)},
    },
    "duty": {
        "summary": "no gate fails: it is a duty",
        "value": {"subject": RESPONSIBLE, "measure": "posts/revoked-company-officer", "on": str(DAY)},
    },
}
CHANGE_EXAMPLES: Named = {
    "designation": {
        "summary": "a new entry on the wage-arrears list",
        "value": {
            "actor": "厦门市人力资源和社会保障局",
            "reason": "列入决定",
            "key": "xm-hrss-2026-0117",
            "facts": {
                "designations": [
                    {
                        "id": "xm-hrss-2026-17",
                        "subject": ORDINARY,
                        "list": "wage-arrears",
                        "authority": "xm-hrss",
                        "document_no": "厦人社监列〔2026〕17号",
                        "decided_on": "2026-11-02",
                        "effective_from": "2026-11-02",
                        "severity": "serious",
                        "notice_served_on": "2026-10-12",
                    }
                ]
            },
        },
    }
}
_CLEAR = next(example for example in EXAMPLES if example.verdict == "clear")
CLEAR_ANSWER: dict[str, Any] = {
    "check_id": "6f1d9c1e-5f55-4b0f-9f7e-2d6b8a3c1a52",
    "decision": {
        "version": 2,
        "rulebook": "sha256:" + "0" * 64,
        **{name: _CLEAR.body[name] for name in ("on", "subject", "matter", "department")},
        "concerning": None,
        "verdict": "clear",
        "verdict_zh": "无",
        "could_be": None,
        "duties": [],
        "withheld": [],
        "unresolved": [],
        "left_out": [],
        "lifting_set": [],
        "verdict_if_lifted": None,
        "narrower": [],
    },
}
