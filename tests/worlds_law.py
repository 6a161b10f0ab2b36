"""Small random rulebooks that are as awkward as the contract allows (CONTRACT §4), as plain mappings."""

from collections.abc import Sequence
from random import Random
from typing import Any

from memoranda.model import ROLES

DAYS = (
    *("2023-08-31", "2023-10-31", "2023-11-30", "2023-12-31", "2024-01-01", "2024-01-30", "2024-01-31", "2024-02-01"),
    *("2024-02-28", "2024-02-29", "2024-03-01", "2024-03-29", "2024-03-31", "2024-04-30", "2024-05-31", "2024-06-30"),
)
EARLY, LATE = "2020-01-01", "2030-01-01"
FACT_TYPES = {"n": "number", "b": "boolean", "t": "text", "d": "day"}
MATTERS = ("works", "works.road", "works.road.bridge", "loans")
AUTHORITIES = ("nat", "nat", "prov", "city", "city", "other")
RESTRICTIONS = ("bar", "limit", "weigh")
COMMON_ROLES = (
    "self",
    "self",
    "legal_representative",
    "head_office",
    "own_business",
    "directly_responsible",
    "shareholder",
)
DAY_FIELDS = ("decided_on", "effective_from", "event_on", "conduct_on")
Entry = dict[str, Any]


def span(chance: Random, *, bounded: float) -> Entry:
    """`from` and `until`, each there with probability `bounded`, never empty."""
    first, second = sorted(chance.sample(DAYS, 2))
    found: Entry = {}
    if chance.random() < bounded:
        found["from"] = first if chance.random() < 0.5 else EARLY
    if chance.random() < bounded:
        found["until"] = second if chance.random() < 0.5 else LATE
    return found


def departments(chance: Random) -> list[Entry]:
    chain: list[Entry] = [{"id": "nat", "name": "国家部门"}]
    for name, region, above in (
        ("prov", "350000", "nat"),
        ("city", "350200", "prov"),
        ("dist", "350203", "city"),
        ("other", "110000", "nat"),
    ):
        entry: Entry = {"id": name, "name": f"{name} 部门", "region": region}
        if chance.random() < 0.8:
            entry["counterpart_of"] = above
        chain.append(entry)
    if chance.random() < 0.5:
        chain.append({"id": "bank", "name": "银行", "public": False})
    return chain


def matters() -> list[Entry]:
    return [
        {"id": "works", "name": "工程"},
        {"id": "works.road", "name": "道路", "parent": "works"},
        {"id": "works.road.bridge", "name": "桥梁", "parent": "works.road"},
        {"id": "loans", "name": "贷款"},
    ]


def official_list(chance: Random, name: str, kind: str) -> Entry:
    found: Entry = {"id": name, "name": f"{name} 名单", "kind": kind, "facts": dict(FACT_TYPES)}
    found["authority"] = chance.choice(AUTHORITIES)
    form = chance.random()
    if form < 0.3:
        found["term_months"] = chance.choice((1, 3, 13, 24, 200_000))
    elif form < 0.5:
        found["term_months"] = {"by": "t", "x": chance.choice((None, 1, 13)), "y": 3}
        if chance.random() < 0.5:
            found["term_months"]["else"] = chance.choice((None, 4))
    if chance.random() < 0.15:
        found["until_required"] = True
    found["ends_by"] = chance.choice(("performance", "removal", "law"))
    if found["ends_by"] == "law":
        found["ends_article"] = "good"
    if chance.random() < 0.25:
        found["notice_required"] = True
    if chance.random() < 0.2:
        found["defective_if"] = condition(chance, ("fact", "designation", "list"), depth=1)
    if chance.random() < 0.4 and kind != "record":
        found["repair"] = {
            "after_months": chance.choice((0, 1)),
            "from": chance.choice(DAY_FIELDS),
            "body": "city",
            "conditions": "已履行",
        }
    if chance.random() < 0.4:
        found["objection"] = {"days": 30, "from": chance.choice(DAY_FIELDS), "body": "city"}
    if chance.random() < 0.4:
        found["exemption_grounds"] = ["court_stay", "security_provided"]
    return found


def legal_bases(chance: Random) -> list[Entry]:
    """One that always holds, and others that fail in one way or another."""
    found = [basis(chance, "good", "law", list(ROLES), EARLY)]
    kinds = (
        ["law", "administrative_regulation", "judicial_interpretation", "party_state_policy"] * 2
        + ["departmental_rule", "normative_document", "memorandum"]
        + ["local_regulation"] * 3
    )
    for number in range(6):
        binds = list(ROLES) if chance.random() < 0.6 else sorted(chance.sample(ROLES, 5), key=ROLES.index)
        one = basis(chance, f"basis {number}", chance.choice(kinds), binds, None)
        if chance.random() < 0.2:
            del one["verified"]
        found.append(one)
    return found


def basis(chance: Random, name: str, kind: str, binds: Sequence[str], start: str | None) -> Entry:
    found: Entry = {"id": name, "document": f"{name} 法", "article": "第一条", "kind": kind, "binds": list(binds)}
    found["verified"] = {"on": "2024-01-01", "by": "article text read", "source": "here"}
    found |= {"from": start} if start else span(chance, bounded=0.4)
    if kind == "local_regulation":
        found["territory"] = chance.choice(("350000", "350200", "350203", "110000"))
    return found


def memorandum(chance: Random, name: str, lists: dict[str, str], bases: list[str]) -> Entry:
    covered = sorted(chance.sample(sorted(lists), chance.randint(3, len(lists))))
    found: Entry = {"id": name, "kind": chance.choice(("memorandum", "statutory")), "title": name, "lists": covered}
    found |= span(chance, bounded=0.15)
    if chance.random() < 0.15:
        found |= {"kind": "local", "region": chance.choice(("350000", "350200"))}
    found["measures"] = [
        measure(chance, f"{name}/{number}", covered, lists, bases) for number in range(chance.randint(3, 5))
    ]
    return found


def measure(chance: Random, name: str, covered: list[str], lists: dict[str, str], bases: list[str]) -> Entry:
    kinds = {lists[one] for one in covered}
    effects = ["watch"] if kinds != {"incentive"} else []
    if kinds & {"restriction", "record"}:
        effects += ["bar", "bar", "limit", "weigh"]
    if "incentive" in kinds:
        effects += ["favour", "favour"]
    effect = chance.choice(effects)
    takes = {"favour": {"incentive"}, "watch": {"restriction", "record", "watch"}}.get(
        effect, {"restriction", "record"}
    )
    fitting = [one for one in covered if lists[one] in takes]
    found: Entry = {"id": name, "title": name, "effect": effect}
    if effect == "limit":
        found["limits_to"] = "只可以做一点"
    if fitting != covered or chance.random() < 0.2:
        found["lists"] = fitting if chance.random() < 0.7 else fitting[:1]
    found["departments"] = sorted(chance.sample(("nat", "prov", "city", "dist", "other"), chance.randint(1, 2)))
    found["matters"] = "any" if chance.random() < 0.3 else sorted(chance.sample(MATTERS, chance.randint(1, 2)))
    found |= span(chance, bounded=0.15)
    if chance.random() < 0.08:
        found["withdrawn"] = {"reason": "无依据"} | ({"on": chance.choice(DAYS)} if chance.random() < 0.7 else {})
    found["targets"] = targets(chance, bases)
    if chance.random() < 0.4:
        found["condition"] = condition(chance, ("fact", "designation", "subject", "role", "list"), depth=2)
    if chance.random() < 0.35:
        anchor = chance.choice(("effective_from", "event_on", "decided_on", "conduct_on", "fact.d"))
        found["term"] = {"months": chance.choice((1, 2, 13, 24, 24, 200_000)), "from": anchor}
    if chance.random() < 0.25:
        found["elsewhere_only"] = True
    if effect == "favour" and chance.random() < 0.75:
        others = sorted(one for one in lists if lists[one] != "incentive")
        named: Any = "restriction" if chance.random() < 0.5 else sorted(chance.sample(others, 2))
        found["withheld_by"] = {"lists": named, "bases": some_bases(chance, bases)}
    return found


def targets(chance: Random, bases: list[str]) -> list[Entry]:
    roles = set(chance.sample(ROLES, 1)) | set(chance.sample(COMMON_ROLES, chance.randint(1, 3)))
    found = []
    for role in sorted(roles):
        target: Entry = {"role": role, "bases": some_bases(chance, bases)}
        if role not in ("self", "directly_responsible") and chance.random() < 0.5:
            target["held"] = chance.choice(("now", "at_conduct", "at_event", "at_decision"))
        found.append(target)
    chance.shuffle(found)
    return found


def some_bases(chance: Random, bases: list[str]) -> list[str]:
    if chance.random() < 0.65:
        return ["good"]
    return sorted(chance.sample(bases[1:], chance.randint(1, 2)))


def condition(chance: Random, roots: tuple[str, ...], depth: int) -> str:
    """A condition of the grammar over some roots."""
    shape = chance.random()
    if depth == 0 or shape < 0.3:
        return atom(chance, roots)
    if shape < 0.45:
        return f"not ({condition(chance, roots, depth - 1)})"
    joint = "and" if shape < 0.7 else "or"
    return f"({condition(chance, roots, depth - 1)} {joint} {condition(chance, roots, depth - 1)})"


def atom(chance: Random, roots: tuple[str, ...]) -> str:
    day = f'd"{chance.choice(DAYS)}"'
    sign = chance.choice(("<", "<=", ">", ">=", "==", "!="))
    number = chance.choice(("0", "1", "2", "1.5"))
    choices = {
        "fact": (
            f"fact.n {sign} {number}",
            f"fact.n * 2 - 1 {sign} {number}",
            f"6 / fact.n {sign} {number} + 1",
            "fact.n in [0, 1, -2]",
            "fact.n + 0.2 == 0.3",
            "-fact.n < 0 - 1",
            "fact.n * fact.n == 2.25",
            f"1 / 0 {sign} fact.n",
            "fact.b",
            "fact.b == false",
            "(fact.n > 1) == fact.b",
            "fact.t in [\"x\", 'y']",
            'fact.t =~ "x+"',
            'fact.t != "x"',
            f"fact.d {sign} {day}",
            "1/0 > 1",
            "true",
        ),
        "designation": (
            'designation.severity == "serious"',
            'designation.origin != "national"',
            "designation.decided_on <= designation.event_on",
            f"designation.conduct_on {sign} {day}",
            f"designation.effective_from {sign} {day}",
            f"designation.until {sign} {day}",
            'designation.document_no =~ "文"',
            'designation.authority == "city"',
            'designation.id in ["D1", "D2"]',
        ),
        "subject": (
            'subject.kind == "person"',
            'subject.kind != "government"',
            'subject.status == "active"',
            'subject.region in ["350200", "350203"]',
            'subject.industry == "steel"',
            "subject.foreign_invested",
            f"subject.registered_on {sign} {day}",
            'subject.id != "O2"',
        ),
        "role": (
            'role.type == "self"',
            'role.type in ["legal_representative", "head_office"]',
            "role.responsible",
            "not role.responsible",
            "role.responsible == true",
            f"role.held_from {sign} {day}",
            "role.held_from < designation.event_on",
            f"role.held_until {sign} {day}",
            "role.share >= 0.5",
        ),
        "list": ('list.kind == "record"', 'list.id != "red"'),
    }
    return chance.choice(choices[chance.choice(roots)])


def rulebook(chance: Random) -> Entry:
    """A whole rulebook as a mapping with the keys of CONTRACT §4; ready to be written as JSON."""
    lists = {"red": "restriction", "black": "restriction", "gold": "incentive", "ban": "record", "eye": "watch"}
    bases = legal_bases(chance)
    ids = [one["id"] for one in bases]
    return {
        "departments": departments(chance),
        "matters": matters(),
        "lists": [official_list(chance, name, kind) for name, kind in lists.items()],
        "legal_bases": bases,
        "memoranda": [memorandum(chance, name, lists, ids) for name in ("memo-a", "memo-b")],
    }
