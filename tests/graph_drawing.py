"""The drawing of docs/graph-schema.md, made from one table of labels and one of relationship types.

`python -m tests.graph_drawing` writes docs/graph-schema.svg anew.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path

from graph_model.stores.neo4j_rows import LINK, RELATIONSHIPS

DRAWING = Path(__file__).parent.parent / "docs" / "graph-schema.svg"
WIDTH, HEIGHT = 1330, 800
BOX_WIDTH, BOX_HEIGHT = 150, 56
GROUPS = {
    "facts": ("事实 Facts", 20, 60, 630, 560, "#eaf2fb", "#2b6cb0"),
    "rulebook": ("规则 Rulebook（每次发布一套 one set for each published）", 670, 60, 640, 560, "#f3f0e6", "#8a6d1f"),
    "log": ("变更链 Change log", 20, 640, 1290, 140, "#eeeeee", "#555555"),
}
"""Each: title, x, y, width, height, colour of the ground, colour of the boxes."""


@dataclass(frozen=True, slots=True)
class Label:
    """One node label: its Chinese name, group and place; `also`: labels that such a node has beside it."""

    name: str
    zh: str
    group: str
    x: int
    y: int
    also: tuple[tuple[str, str], ...] = ()

    @property
    def height(self) -> int:
        return BOX_HEIGHT + 17 * len(self.also)


@dataclass(frozen=True, slots=True)
class Tie:
    """One relationship type between two labels; `at` moves the line aside, `along` the words on it."""

    name: str
    zh: str
    start: str
    end: str
    at: int = 0
    along: float = 0.5


LABELS = (
    Label("Subject", "主体", "facts", 50, 260, (("Organisation", "组织"), ("Person", "自然人"))),
    Label("Designation", "认定", "facts", 460, 260),
    Label("Exemption", "豁免", "facts", 50, 530),
    Label("Objection", "异议", "facts", 460, 530),
    Label("List", "名单", "rulebook", 710, 260),
    Label("ListTerms", "名单规定", "rulebook", 710, 510),
    Label("Memorandum", "备忘录、措施文件", "rulebook", 1120, 230),
    Label("Measure", "措施", "rulebook", 920, 385),
    Label("LegalBasis", "法律依据", "rulebook", 1120, 510),
    Label("Department", "部门", "rulebook", 920, 510),
    Label("Matter", "事项", "rulebook", 920, 150),
    Label("Rulebook", "规则手册", "rulebook", 1120, 100),
    Label("Store", "存储（写锁）", "log", 70, 695),
    Label("Change", "变更", "log", 400, 695),
    Label("Publication", "规则发布", "log", 660, 695),
)
_OF = {
    "legal_representative": "法定代表人",
    "principal": "主要负责人",
    "director": "董事",
    "supervisor": "监事",
    "senior_manager": "高级管理人员",
    "actual_controller": "实际控制人",
    "shareholder": "股东",
    "operator": "经营者",
    "branch_of": "分支机构",
}
TIES = (
    *(Tie(RELATIONSHIPS[kind], zh, "Subject", "Subject") for kind, zh in _OF.items()),
    Tie("DESIGNATES", "认定谁", "Designation", "Subject", at=-13),
    Tie(LINK, "直接责任人员", "Subject", "Designation", at=-13),
    Tie("ON_LIST", "列入", "Designation", "List"),
    Tie("EXEMPTS", "豁免谁", "Exemption", "Subject"),
    Tie("CONTESTS", "对认定的异议", "Objection", "Designation"),
    Tie("CONTESTS", "对关系的异议", "Objection", "Subject"),
    Tie("OF", "本版规定", "ListTerms", "List"),
    Tie("ATTACHES_TO", "适用于", "Measure", "List", at=-14, along=0.3),
    Tie("WITHHELD_BY", "因之停止", "Measure", "List", at=14, along=0.6),
    Tie("HAS_MEASURE", "载有", "Memorandum", "Measure", along=0.45),
    Tie("CONCERNS", "事项", "Measure", "Matter"),
    Tie("APPLIED_BY", "实施", "Measure", "Department"),
    Tie("RESTS_ON", "依据", "Measure", "LegalBasis", at=-14, along=0.3),
    Tie("WITHHELD_UNDER", "停止的依据", "Measure", "LegalBasis", at=14, along=0.72),
    Tie("COUNTERPART_OF", "对应上级", "Department", "Department"),
    Tie("PARENT_OF", "包含", "Matter", "Matter"),
    Tie("CONTAINS", "包含（各节点）", "Rulebook", "Memorandum"),
)
_BY_NAME = {label.name: label for label in LABELS}


def drawing() -> str:
    """Give the drawing as SVG."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        'font-family="Noto Sans CJK SC, Source Han Sans SC, Microsoft YaHei, PingFang SC, sans-serif">',
        "<title>信衡的图：节点与关系 Xinheng as a graph: labels and relationship types</title>",
        '<defs><marker id="end" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" orient="auto">'
        '<path d="M0 0 L10 5 L0 10 z" fill="#444"/></marker></defs>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        _words(20, 38, "信衡的图 Xinheng as a graph", 20, "start"),
    )
    straight = [tie for tie in TIES if tie.start != tie.end]
    parts = [*_grounds(), *(line for tie in straight for line in _line(tie)), *_loops(), *_boxes(), *_notes()]
    return "\n".join([*head, *parts, "</svg>"]) + "\n"


def _words(x: float, y: float, text: str, size: int = 12, anchor: str = "middle", fill: str = "#222") -> str:
    return f'<text x="{x:g}" y="{y:g}" font-size="{size}" text-anchor="{anchor}" fill="{fill}">{escape(text)}</text>'


def _grounds() -> Iterator[str]:
    for title, x, y, width, height, ground, ink in GROUPS.values():
        yield f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="10" fill="{ground}"/>'
        yield _words(x + 14, y + 24, title, 14, "start", ink)


def _boxes() -> Iterator[str]:
    for label in LABELS:
        ink = GROUPS[label.group][6]
        yield (
            f'<rect x="{label.x}" y="{label.y}" width="{BOX_WIDTH}" height="{label.height}" rx="8" fill="#fff" '
            f'stroke="{ink}" stroke-width="2"/>'
        )
        yield _words(label.x + BOX_WIDTH / 2, label.y + 24, label.name, 15)
        yield _words(label.x + BOX_WIDTH / 2, label.y + 44, label.zh, 13)
        for place, (name, zh) in enumerate(label.also):
            yield _words(label.x + BOX_WIDTH / 2, label.y + 62 + 17 * place, f"{name} {zh}", 12, fill=ink)


def _line(tie: Tie) -> Iterator[str]:
    start, end = _BY_NAME[tie.start], _BY_NAME[tie.end]
    x1, y1 = start.x + BOX_WIDTH / 2, start.y + start.height / 2
    x2, y2 = end.x + BOX_WIDTH / 2, end.y + end.height / 2
    length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5
    aside = (-(y2 - y1) / length * tie.at, (x2 - x1) / length * tie.at)
    x1, y1, x2, y2 = x1 + aside[0], y1 + aside[1], x2 + aside[0], y2 + aside[1]
    ax, ay = _edge(start, x1, y1, x2, y2)
    bx, by = _edge(end, x2, y2, x1, y1)
    yield (
        f'<line x1="{ax:.1f}" y1="{ay:.1f}" x2="{bx:.1f}" y2="{by:.1f}" stroke="#444" stroke-width="1.3" '
        'marker-end="url(#end)"/>'
    )
    yield from _tag(ax + (bx - ax) * tie.along, ay + (by - ay) * tie.along, f"{tie.name} {tie.zh}", start.group)


def _edge(label: Label, x: float, y: float, towards_x: float, towards_y: float) -> tuple[float, float]:
    """Where a line from inside a box to a point outside crosses its edge."""
    dx, dy = towards_x - x, towards_y - y
    steps = []
    if dx:
        steps.append(((label.x + BOX_WIDTH if dx > 0 else label.x) - x) / dx)
    if dy:
        steps.append(((label.y + label.height if dy > 0 else label.y) - y) / dy)
    step = min(steps)
    return x + dx * step, y + dy * step


def _tag(x: float, y: float, text: str, group: str) -> Iterator[str]:
    width = sum(6.4 if letter.isascii() else 11 for letter in text) + 6
    ground = GROUPS[group][5]
    yield f'<rect x="{x - width / 2:.1f}" y="{y - 9:.1f}" width="{width:.1f}" height="17" fill="{ground}"/>'
    yield _words(round(x, 1), round(y + 4, 1), text, 11)


def _loops() -> Iterator[str]:
    """Types from a label to itself: an arc above the box, with all their names."""
    for label in LABELS:
        own = [tie for tie in TIES if tie.start == tie.end == label.name]
        if not own:
            continue
        left, right, top = label.x + 40, label.x + BOX_WIDTH - 40, label.y
        below = label.name == "Department"
        edge = top + BOX_HEIGHT if below else top
        reach = edge + (34 if below else -34)
        yield (
            f'<path d="M{left} {edge} C{left} {reach} {right} {reach} {right} {edge}" fill="none" stroke="#444" '
            'stroke-width="1.3" marker-end="url(#end)"/>'
        )
        for place, tie in enumerate(reversed(own)):
            y = reach + 12 if below else reach - 2 - 14 * place
            yield _words(label.x + BOX_WIDTH / 2, y, f"{tie.name} {tie.zh}", 11)


def _notes() -> Iterator[str]:
    store, publication = _BY_NAME["Store"], _BY_NAME["Publication"]
    y = store.y + BOX_HEIGHT / 2 + 4
    yield _words(store.x + BOX_WIDTH + 12, y, "version 最新版本号", 12, "start")
    yield _words(publication.x - 50, y, "⊃", 18)
    x = publication.x + BOX_WIDTH + 12
    yield _words(x, y - 10, "事实上的 recorded_from、recorded_until 就是变更的 version", 12, "start")
    yield _words(x, y + 8, "recorded_from and recorded_until on facts are versions of changes", 12, "start")


if __name__ == "__main__":
    DRAWING.write_text(drawing(), encoding="utf-8")
