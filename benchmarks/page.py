"""Writes docs/benchmarks.md and its plots anew from the figures: `python -m benchmarks.page`.

The page's words are its own, written by hand; only what stands between `<!-- figures: NAME -->` and `<!-- end -->` is
made from `docs/benchmarks/figures.json`. The plots need the extra `xinheng[bench]`; the page does not.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from benchmarks import figures
from benchmarks.wanted import CHANGES, CHECKS, FULL, MEMORY, ROWS, Row, figure

PAGE = figures.ROOT / "docs" / "benchmarks.md"
BLOCK = re.compile(r"(<!-- figures: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
NOTHING = "–"
Sizes = Mapping[str, Mapping[str, Any]]
Format = Callable[[float], str]


def written(page: str, found: figures.Figures) -> str:
    """Give the page with its blocks made anew; all else is kept as it is."""
    return BLOCK.sub(lambda block: f"{block[1]}{BLOCKS[block[2]](found)}\n{block[3]}", page)


def sizes_of(found: figures.Figures) -> Sizes:
    """Give the sizes that were measured, the smallest first."""
    return {size: found["sizes"][size] for size in sorted(found["sizes"], key=int)}


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Spell a table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def said(found: float | None, form: Format) -> str:
    """Spell a figure, or that there is none."""
    return NOTHING if found is None else form(found)


def digits(number: float) -> str:
    """Spell a number with three digits that count.

    >>> [digits(n) for n in (12345.6, 123.4, 12.34, 1.234, 0.0123)]
    ['12,346', '123', '12.3', '1.23', '0.0123']
    """
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def runs(found: figures.Figures) -> str:
    """Say where and when."""
    here = found["machine"]
    lines = [
        f"{here['processor']}, {here['cores']} cores, {here['memory_gb']} GB; {here['system']}, "
        f"Python {here['python']}, SQLite {here['sqlite']}.",
        "",
    ]
    stamps: dict[str, list[str]] = {}
    for size, each in sizes_of(found).items():
        stamps.setdefault(run_said(each["run"]), []).append(f"{int(size):,}")
    lines += [f"- {' and '.join(of)} organisations: {said_of}" for said_of, of in stamps.items()]
    if "groups" in found:
        lines.append(f"- groups in process: {run_said(found['groups']['run'])}")
    return "\n".join(lines)


def run_said(run: Mapping[str, Any]) -> str:
    """Say when, of what, and beside what."""
    changed = " with changes that were not committed" if run["changed"] else ""
    taken = f"other work took {run['others']:.1f} cores"
    beside = f"; **trial figures: {taken}**" if run["others"] > figures.BUSY else f"; {taken}"
    return f"{run['at']}, commit `{run['commit']}`{changed}{beside}"


def wanted(found: figures.Figures) -> str:
    """Put what is wanted beside what was found."""
    sizes = sizes_of(found)
    head = ["what", "against", "wanted", *(f"{int(size):,}" for size in sizes)]
    rows = []
    for row in ROWS:
        cells = [said(row.figure(each), judged_by(row)) for each in sizes.values()]
        rows.append([row.what, row.control, f"{'≥' if row.way == 'at least' else '≤'} {row.bound:g}×", *cells])
    judged = [row.is_reached(n) for each in sizes.values() for row in ROWS if (n := row.figure(each)) is not None]
    missing = sum(row.figure(each) is None for each in sizes.values() for row in ROWS)
    told = f"{sum(judged)} of {len(judged)} reached; {missing} not measured ({NOTHING})."
    return f"{table(head, rows)}\n\n{told}"


def judged_by(row: Row) -> Format:
    """Give what spells a ratio and whether it is as wanted."""
    return lambda found: f"{digits(found)}× {'✓' if row.is_reached(found) else '✗'}"


def in_unit(unit: str) -> Format:
    """Give what spells a figure with its unit."""
    return lambda found: digits(found) + unit


GROWTH: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("checks a second over HTTP, 5 % affected, 16 connections", (CHECKS, "5 % affected/16/strict", "rate"), ""),
    ("the same, 50 % affected", (CHECKS, "50 % affected/16/strict", "rate"), ""),
    ("checks a second in batches", (CHECKS, "batches", "rate"), ""),
    ("a dictionary look-up", (MEMORY, "dictionary_ns"), " ns"),
    ("the index alone, not affected", (MEMORY, "standing_ns"), " ns"),
    ("a check in memory, not affected", (MEMORY, "clear_ns"), " ns"),
    ("a check in memory, affected, kept", (MEMORY, "affected_again_ns"), " ns"),
    ("a check in memory, affected, first time", (MEMORY, "affected_ns"), " ns"),
    ("a change, acknowledged and visible", (CHANGES, "change_ms"), " ms"),
    ("everything re-evaluated", (FULL, "engine_s"), " s"),
    ("one SQL statement with the same triples", (FULL, "statement_s"), " s"),
    ("the index built", (MEMORY, "built_s"), " s"),
    ("resident memory with the index", (MEMORY, "resident_mb"), " MB"),
    ("the service ready after its start", (CHECKS, "service", "ready_s"), " s"),
    ("resident memory of the service", (CHECKS, "service", "resident_mb"), " MB"),
)


def growth(found: figures.Figures) -> str:
    """Say how everything grows with the city."""
    sizes = sizes_of(found)
    head = ["organisations", *(f"{int(size):,}" for size in sizes), grown([float(size) for size in sizes])]
    rows = []
    for what, place, unit in GROWTH:
        each = [figure(size, *place) for size in sizes.values()]
        rows.append([what, *(said(n, in_unit(unit)) for n in each), grown(each)])
    return table(head, rows)


def grown(each: Sequence[float | None]) -> str:
    """Give the growth from the first to the last, where both are there."""
    if len(each) < 2 or not each[0] or not each[-1]:
        return NOTHING
    return f"{digits(each[-1] / each[0])}×"


def http(found: figures.Figures) -> str:
    """Tell what was found over HTTP, size by size."""
    head = ["organisations", "asked", "connections", "decision log", "checks/s", "control, requests/s", "ratio",
            "p99, ms: ours / control", "CPU a check, µs: ours / control", "load's share of a core",
            "an answer, bytes"]  # fmt: skip
    rows = []
    for size, each in sizes_of(found).items():
        served = each.get(CHECKS, {})
        for key in (key for key in served if key.endswith(("/strict", "/none"))):
            asked, connections, kept = key.split("/")
            rows.append(
                [
                    f"{int(size):,}",
                    asked,
                    connections,
                    kept,
                    *beside(served[key], served[f"{asked}/{connections}/empty"]),
                ]
            )
        if "batches" in served:
            ours = served["batches"]
            control = {name: ours[name] / ours[f"{name}_ratio"] for name in ("rate", "p99_ms", "cpu_us")}
            rows.append([f"{int(size):,}", "batches of 1,000", "1", "strict", *beside(ours, control)])
    return table(head, rows)


def beside(ours: Mapping[str, float], control: Mapping[str, float]) -> list[str]:
    """Put one way beside its control."""
    return [
        digits(ours["rate"]),
        digits(control["rate"]),
        f"{ours['rate_ratio']:.2f}×",
        *(f"{digits(ours[name])} / {digits(control[name])}" for name in ("p99_ms", "cpu_us")),
        f"{ours['load_cpu']:.2f}",
        said(ours.get("bytes"), digits),
    ]


def together(found: figures.Figures) -> str:
    """Tell of single checks beside batches, and of two workers."""
    lines = []
    for size, each in sizes_of(found).items():
        served, of = each.get(CHECKS, {}), f"- {int(size):,} organisations"
        if mixed := served.get("beside batches"):
            told = {name: digits(number) for name, number in mixed.items()}
            lines.append(
                f"{of}, single checks on 4 connections: 99th percentile {told['alone_p99_ms']} ms; while batches "
                f"of 1,000 run on another, {told['beside_p99_ms']} ms ({told['ratio']}×), beside "
                f"{told['checks_in_batches']} checks a second in batches of {told['batch_p50_ms']} ms each."
            )
        for key in (key for key in served if key.startswith("two workers/")):
            two = {name: digits(number) for name, number in served[key].items()}
            lines.append(
                f"{of}, {key.partition('/')[2]} connections: two workers {two['rate']}, one {two['one_rate']} checks a "
                f"second ({two['ratio']}×); the load took {two['load_cpu']} and {two['one_load_cpu']} of a core."
            )
    return "\n".join(lines) or "Not measured."


def groups(found: figures.Figures) -> str:
    """Tell of the groups, each against its quickest."""
    by_group: dict[str, list[tuple[str, float]]] = {}
    for one in found.get("groups", {}).get("found", ()):
        name = one["name"].partition("[")[2].rstrip("]") or one["name"].removeprefix("test_").replace("_", " ")
        by_group.setdefault(one["group"] or one["name"].partition("[")[0].removeprefix("test_"), []).append(
            (name, one["median_s"])
        )
    rows = [
        [group if n == 0 else "", name, time_said(median), f"{digits(median / min(m for _, m in ways))}×"]
        for group, ways in by_group.items()
        for n, (name, median) in enumerate(sorted(ways, key=lambda way: way[1]))
    ]
    return table(["group", "way", "median", "to the quickest"], rows)


def time_said(seconds: float) -> str:
    """Spell a time.

    >>> [time_said(s) for s in (2.5, 0.0123, 0.0000045)]
    ['2.5 s', '12.3 ms', '4.5 µs']
    """
    for unit, size in (("s", 1), ("ms", 1e-3)):
        if seconds >= size:
            return f"{digits(seconds / size)} {unit}"
    return f"{digits(seconds / 1e-6)} µs"


BLOCKS: Mapping[str, Callable[[figures.Figures], str]] = {
    "runs": runs,
    "wanted": wanted,
    "growth": growth,
    "http": http,
    "together": together,
    "groups": groups,
}


def main() -> None:
    from benchmarks import plots  # only here, for the page is also made where nothing can be drawn

    found = figures.read()
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), found), encoding="utf-8")
    plots.draw(sizes_of(found))


if __name__ == "__main__":
    main()
