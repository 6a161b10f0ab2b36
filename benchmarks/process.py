"""What a process and its children use: processor time and resident memory, as Linux tells them."""

import os
import resource
from pathlib import Path
from time import monotonic

_TICKS, _PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")


def family(pid: int) -> list[int]:
    """Give a process and all that it started, directly or not."""
    children = [int(c) for c in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]
    return [pid, *(member for child in children for member in family(child))]


def cpu_seconds(pid: int) -> float:
    """Processor time of a process and its children so far."""
    used = 0
    for member in family(pid):
        fields = Path(f"/proc/{member}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        used += int(fields[11]) + int(fields[12])
    return used / _TICKS


class Others:
    """How many cores whatever else runs on the machine took since this was made, on average."""

    def __init__(self) -> None:
        self._began, self._busy, self._own = monotonic(), _busy_seconds(), _own_seconds()

    def cores(self) -> float:
        """Give them; of what this process started only what has ended counts as its own."""
        others = _busy_seconds() - self._busy - (_own_seconds() - self._own)
        return max(0.0, others / (monotonic() - self._began))


def _busy_seconds() -> float:
    words = Path("/proc/stat").read_text(encoding="ascii").split(maxsplit=9)[1:9]
    user, nice, system, _, _, hard, soft, stolen = map(int, words)
    return (user + nice + system + hard + soft + stolen) / _TICKS


def _own_seconds() -> float:
    own, children = os.times(), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.user + own.system + children.ru_utime + children.ru_stime


def resident_mb(pid: int) -> float:
    """Resident memory of a process and its children now; what they share is counted for each."""
    pages = (int(Path(f"/proc/{member}/statm").read_text(encoding="ascii").split()[1]) for member in family(pid))
    return sum(pages) * _PAGE / 1e6


def own_resident_mb() -> float:
    """Resident memory of this process now."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * _PAGE / 1e6
