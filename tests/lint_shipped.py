"""The page of what lint finds in the shipped rulebook: `python -m tests.lint_shipped` writes it anew.

The reasons stand in the page itself, one under each code; they are kept, and only the findings under them are written
anew. A code without a reason gets a line that the test refuses.
"""

import re
from itertools import groupby

from memoranda.cleaning import read_until
from memoranda.lint import CODES, Finding, lint
from memoranda.reader import SHIPPED, read_rulebook
from memoranda.rulebook import Rulebook
from tests.lint_pages import PAGES

PAGE = PAGES / "shipped.md"
NO_REASON = "（还没有写明理由。）"
HEAD = """# 随附规则的提醒 · What lint finds in the shipped rulebook
随附规则没有错误。以下是每一处提醒，和留着它的理由。理由由人写在本页；
发现由 `python -m tests.lint_shipped` 重写，测试核对是否最新。
当日取条文最近一次核实之日（{on}），所以本页只随规则文件而变。

The shipped rulebook has no error. These are its warnings, with the reason why each is left: people write the reasons
into this page, the command writes the rest.
"""


def reasons_in(text: str) -> dict[str, str]:
    """Give the reason under each code of a page."""
    return {
        code: reason.strip()
        for code, reason in re.findall(r"^## \[`([a-z.-]+)`\].*?\n(.*?)(?=^\| )", text, flags=re.MULTILINE | re.DOTALL)
    }


def page_of(book: Rulebook, reasons: dict[str, str]) -> str:
    """Write the page."""
    on = read_until(book)
    parts = [HEAD.format(on=on)]
    for code, found in groupby(lint(book, on), key=lambda finding: finding.code):
        rows = "\n".join(sorted(row_of(finding) for finding in found))
        title = f"## [`{code}`]({code}.md) · {CODES[code][1]}"
        parts.append(f"{title}\n{reasons.get(code, NO_REASON)}\n\n| 条目 | 发现 |\n|---|---|\n{rows}\n")
    return "\n".join(parts)


def row_of(finding: Finding) -> str:
    """Write a finding without file and line, which change with every edit; a bar in it would end the cell."""
    cells = (finding.place.rpartition(": ")[2], finding.what)
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


if __name__ == "__main__":
    known = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    PAGE.write_text(page_of(read_rulebook(SHIPPED), reasons_in(known)), encoding="utf-8")
