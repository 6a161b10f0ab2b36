"""The codes of lint: how bad each is, and what it says in one line. Each has a page: `docs/lint/CODE.md`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from memoranda.rulebook import Rulebook

Level = Literal["error", "warning"]

CODES: Mapping[str, tuple[Level, str]] = {
    # what an article must be, to carry a restriction
    "basis.none": ("error", "没有引用任何条文，不及任何人（P1）"),
    "restriction.inadmissible": ("error", "限制只引用位阶不足的依据（R7）"),
    "restriction.role-not-bound": ("error", "已核实的依据都不约束该身份（G6）"),
    "restriction.unverified": ("warning", "限制没有已核实的依据，不限制任何人（P1）"),
    "role.wider": ("warning", "身份宽于条文：关注、激励或未核实的限制，所引条文都不及该身份（G6）"),
    "matter.wider": ("warning", "事项宽于条文：条文写明的 matters 不及措施的事项"),
    "bar.interpretation-alone": ("warning", "禁止许可，只凭司法解释"),
    "basis.never-in-force": ("error", "措施有效期间，没有一条依据有效（G6）"),
    "basis.lapsed": ("warning", "当日：依据已全部失效，措施仍在（G6）"),
    "basis.not-yet": ("warning", "当日：依据尚未施行，措施已在（G6）"),
    "basis.lapses": ("warning", "依据将全部失效，措施却继续（G6）"),
    "basis.covers-nobody": ("warning", "只有地方性法规，且不覆盖任何受约束的部门（R6）"),
    "withholding.unverified": ("warning", "没有已核实且约束 self 的依据，激励不会停止（R10）"),
    "withholding.not-in-force": ("warning", "当日：停止激励的依据都不在施行，激励不会停止（R10）"),
    # what the words of a measure and its departments allow
    "wording.too-weak": ("error", "参考、审慎、可以，却是 bar 或 limit（R9）"),
    "wording.pointer": ("warning", "“依法依规予以……”只是指引，却是 bar 或 limit（R9）"),
    "department.not-public": ("error", "限制命令非公共机构（R9）"),
    "favour.not-public": ("warning", "激励命令非公共机构（R9）"),
    # measures that nobody can be reached by, or that reach too far
    "department.nobody": ("error", "没有部门受其约束（G7）"),
    "measure.never-in-force": ("error", "措施与备忘录的期间没有交集（G3）"),
    "measure.no-matters": ("error", "没有任何事项（J2）"),
    "condition.never-true": ("error", "条件对任何身份、任何名单都不成立（G8）"),
    "term.longer-than-list": ("warning", "措施的期限长于名单的期限，多出的无效（R5）"),
    "measure.retroactive": ("warning", "当日：仍可能及于施行前的行为，条件未排除"),
    "measure.twin": ("warning", "两项措施只有名称不同"),
    "memorandum.older-than-law": ("warning", "备忘录早于所引法律的最近一次修改或新订"),
    # how a listing ends
    "list.no-exit": ("error", "限制基于决定记录，二者都没有终点（P4）"),
    "list.end-unfounded": ("warning", "由法律规定不设终点，而所引条文未核实，或当日不在施行（P4）"),
    "list.watch-endless": ("warning", "关注名单没有终点，也没有修复途径"),
    "list.term-open": ("warning", "有些取值没有期限，也没有别的终点（P4）"),
    "list.no-remedy": ("warning", "有限制，却既无修复也无异议途径（P4）"),
    "list.stay-leaves-relatives": ("warning", "法院中止（court_stay）只豁免本人，有关人员仍受约束（F5）"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend: `place` names the entry (`file:line` first, where it came from a file), `remedy` what to do.

    Codes never change meaning.
    """

    code: str
    level: Level
    place: str
    what: str
    remedy: str


def found(code: str, place: str, what: str, remedy: str) -> Finding:
    """Make a finding; its level is its code's."""
    return Finding(code, CODES[code][0], place, what, remedy)


def place_of(book: Rulebook, section: Literal["lists", "measures", "memoranda"], id_: str) -> str:
    """Name an entry, with file and line where it came from one."""
    kind = {"measures": "措施 measure", "lists": "名单 list", "memoranda": "备忘录 memorandum"}[section]
    where = book.places.get((section, id_))
    return f"{where}: {kind} `{id_}`" if where else f"{kind} `{id_}`"
