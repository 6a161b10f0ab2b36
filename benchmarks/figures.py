"""The figures of a run, in one file beside the page that is made from them: what was found, where, when, of what.

Sizes measured earlier on the same machine stay, each with its own day and commit; on another machine all begins anew.
"""

import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import apsw

ROOT = Path(__file__).parent.parent
FILE = ROOT / "docs" / "benchmarks" / "figures.json"
MEASURED = ("api", "benchmarks", "engine", "graph_model", "loaders", "memoranda")
BUSY = 0.15
"""Cores taken by something else, on average, beyond which a page says that figures are a trial's."""
Figures = dict[str, Any]


def read(file: Path = FILE) -> Figures:
    """Read the figures as they are."""
    found: Figures = json.loads(file.read_text(encoding="utf-8"))
    return found


def kept(file: Path = FILE) -> Figures:
    """Read the figures that more can be put to; those of another machine are left behind."""
    found: Figures = read(file) if file.exists() else {}
    here = machine()
    return found if found.get("machine") == here else {"machine": here, "sizes": {}}


def keep(figures: Figures, file: Path = FILE) -> None:
    """Write the figures, to four digits: more would tell nothing."""
    file.parent.mkdir(exist_ok=True)
    text = json.dumps(shortened(figures), indent=1, sort_keys=True, ensure_ascii=False)
    file.write_text(f"{text}\n", encoding="utf-8")


def shortened(value: Any) -> Any:
    """Cut numbers to four digits, however deep.

    >>> shortened({"a": [1234.567, 0.0123456, 12]})
    {'a': [1235.0, 0.01235, 12]}
    """
    if isinstance(value, dict):
        return {str(key): shortened(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shortened(inner) for inner in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value


def machine() -> dict[str, Any]:
    """Say on what it is measured."""
    said = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    names = [line.partition(":")[2].strip() for line in said.splitlines() if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": names[0] if names else platform.machine(),
        "cores": os.cpu_count(),
        "memory_gb": round(memory / 2**30),
        "system": platform.system(),
        "python": platform.python_version(),
        "sqlite": apsw.sqlite_lib_version(),
    }


def stamp() -> dict[str, Any]:
    """Say when a run began, and of which commit."""
    changed = _git("status", "--porcelain", "--", *MEASURED)
    return {
        "at": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": _git("rev-parse", "--short=12", "HEAD") or "unknown",
        "changed": bool(changed),
    }


def _git(*words: str) -> str:
    try:
        done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return done.stdout.strip()
