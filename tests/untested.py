"""Prints, as the last lines of `make test`, what the run before could not test on this machine. A program, no test."""

import sys
from pathlib import Path

RECORD = Path(__file__).parent.parent / "var" / "not-tested.txt"
"""Written by tests/conftest.py at the end of every run; gone where everything was tested."""

if __name__ == "__main__" and RECORD.exists():
    for line in RECORD.read_text(encoding="utf-8").splitlines():
        sys.stdout.write(f"未测试 NOT TESTED: {line}\n")
