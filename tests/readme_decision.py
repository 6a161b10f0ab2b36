"""The decision printed in the README, as the program gives it now: `python -m tests.readme_decision` writes it anew."""

import io
import re
import sys
from contextlib import redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory

from api.cli.main import main

README = Path(__file__).parent.parent / "README.md"
BLOCK = re.compile(r"```text\n\$ xinheng (.*?)\n(.*?)```", flags=re.DOTALL)


def given_now() -> str:
    """Give what the README's command prints on the demo city."""
    shown = BLOCK.search(README.read_text(encoding="utf-8"))
    assert shown is not None, "the README prints a decision"
    with TemporaryDirectory() as folder:
        store = f"sqlite:///{folder}/city.db"
        with redirect_stdout(io.StringIO()):
            assert main(["demo", "--no-serve", "--store", store], {"XINHENG_LANG": "en"}) == 0
        with redirect_stdout(io.StringIO()) as printed:
            assert main([*shown.group(1).split(), "--store", store], {"XINHENG_LANG": "zh"}) == 3
    return printed.getvalue()


def without_version(block: str) -> list[str]:
    """Give the lines of a decision but the last, which names version and rulebook: these go on."""
    *lines, last = block.splitlines()
    assert last.startswith("└─ 数据版本"), last
    return lines


if __name__ == "__main__":
    text = README.read_text(encoding="utf-8")
    now = given_now()
    README.write_text(BLOCK.sub(lambda block: f"```text\n$ xinheng {block.group(1)}\n{now}```", text), encoding="utf-8")
    sys.stdout.write(now)
