"""Draws the figures as SVG: the same figures give the same bytes, with text as text.

Needs the extra `xinheng[bench]`.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks import figures
from benchmarks.wanted import CHANGES, CHECKS, FULL, MEMORY, ROWS, figure

Sizes = Mapping[str, Mapping[str, Any]]
Line = tuple[str, str, tuple[str, ...]]
FOLDER = figures.FILE.parent
STYLE: Any = {
    "svg.hashsalt": "xinheng",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "legend.frameon": False,
}
OURS, SECOND, THIRD, CONTROL = "#0b6e8a", "#c2571a", "#6a4c93", "#8a8f94"
REACHED, MISSED = "#2e7d4f", "#b3423a"
PANELS: tuple[tuple[str, bool, tuple[Line, ...]], ...] = (
    (
        "Checks a second over HTTP, 16 connections",
        False,
        (
            ("5 % affected", OURS, (CHECKS, "5 % affected/16/strict", "rate")),
            ("50 % affected", SECOND, (CHECKS, "50 % affected/16/strict", "rate")),
            ("empty FastAPI route", CONTROL, (CHECKS, "5 % affected/16/empty", "rate")),
        ),
    ),
    (
        "One check in memory, µs",
        True,
        (
            ("not affected", OURS, (MEMORY, "clear_ns")),
            ("affected, kept", SECOND, (MEMORY, "affected_again_ns")),
            ("affected, first time", THIRD, (MEMORY, "affected_ns")),
            ("dictionary look-up", CONTROL, (MEMORY, "dictionary_ns")),
        ),
    ),
    (
        "One change, acknowledged and visible, ms",
        False,
        (("change", OURS, (CHANGES, "change_ms")), ("bare durable commit", CONTROL, (CHANGES, "bare_ms"))),
    ),
    (
        "Everything re-evaluated, s",
        True,
        (("engine", OURS, (FULL, "engine_s")), ("one SQL statement", CONTROL, (FULL, "statement_s"))),
    ),
)


def draw(sizes: Sizes) -> None:
    """Draw both plots."""
    with mpl.rc_context(STYLE):
        save(growth(sizes), "growth.svg")
        save(reached(sizes), "wanted.svg")


def save(drawn: Figure, name: str) -> None:
    """Write a plot without anything that tells when, or by which version, it was made."""
    drawn.savefig(Path(FOLDER, name), metadata={"Date": None, "Creator": None})


def growth(sizes: Sizes) -> Figure:
    """Draw what grows with the city, and what does not."""
    drawn = Figure(figsize=(8, 6), layout="constrained")
    for axes, (title, spread, lines) in zip(drawn.subplots(2, 2).flat, PANELS, strict=True):
        panel(axes, sizes, title, lines, spread=spread)
    return drawn


def panel(axes: Axes, sizes: Sizes, title: str, lines: Sequence[Line], *, spread: bool) -> None:
    """Draw one panel; `spread`: each step up is ten times as much."""
    axes.set_title(title, loc="left")
    axes.set_xscale("log")
    axes.set_xlabel("organisations")
    for name, colour, place in lines:
        scale = 1e-3 if place[-1].endswith("_ns") else 1
        points = [(int(size), n * scale) for size, each in sizes.items() if (n := figure(each, *place)) is not None]
        if points:
            axes.plot(*zip(*points, strict=True), "o-", color=colour, label=name, markersize=4)
    if spread:
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter("{x:,g}")
    else:
        axes.set_ylim(bottom=0)
    axes.set_xticks([int(size) for size in sizes], [f"{int(size):,}" for size in sizes])
    axes.minorticks_off()
    axes.grid(visible=True, axis="y", color="#e3e5e8", linewidth=0.6)
    if axes.lines:
        axes.legend(fontsize=8)


def reached(sizes: Sizes) -> Figure:
    """Draw how many times better or worse than wanted each figure of the largest city is."""
    size, found = next(((size, each) for size, each in reversed([*sizes.items()])), ("0", {}))
    rows = [(row, n) for row in reversed(ROWS) if (n := row.figure(found)) is not None]
    drawn = Figure(figsize=(8, 1 + 0.24 * len(rows)), layout="constrained")
    axes = drawn.subplots()
    axes.set_title(f"Times better than wanted, {int(size):,} organisations (1: just reached)", loc="left")
    axes.set_xscale("log")
    for place, (row, n) in enumerate(rows):
        axes.plot([1, row.times_better(n)], [place, place], color=REACHED if row.is_reached(n) else MISSED, linewidth=5)
    axes.set_yticks(range(len(rows)), [row.short for row, _ in rows])
    axes.axvline(1, color="#333333", linewidth=0.8)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.minorticks_off()
    axes.grid(visible=True, axis="x", color="#e3e5e8", linewidth=0.6)
    return drawn
