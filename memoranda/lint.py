"""What is wrong with a rulebook that can be read: law that over-reaches, or cannot bite.

Errors must be mended before a book is published; warnings are to be known. Each code has a page in `docs/lint/`: why,
and an example of the fault and of how it should be. A measure that is withdrawn is not looked at.

Some findings are about a day (当日 in `CODES`); all of them are warnings, so whether a book may be published never
depends on the day (P7).
"""

from datetime import date

from memoranda.lint_codes import CODES, Finding, Level
from memoranda.lint_lists import of_list
from memoranda.lint_measures import of_measure, of_memorandum, twins
from memoranda.rulebook import Rulebook

__all__ = ["CODES", "Finding", "Level", "lint"]


def lint(book: Rulebook, on: date | None = None) -> tuple[Finding, ...]:
    """Look through a whole book; errors first, then by code and place.

    Args:
        book: What to look through.
        on: The day for the findings that are about one; without it there are none of these.

    """
    found = [finding for measure in book.measures.values() for finding in of_measure(book, measure, on)]
    found += twins(book)
    found += [finding for memorandum in book.memoranda.values() for finding in of_memorandum(book, memorandum, on)]
    found += [finding for official in book.lists.values() for finding in of_list(book, official, on)]
    return tuple(sorted(found, key=lambda finding: (finding.level, finding.code, finding.place, finding.what)))
