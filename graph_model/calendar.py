"""Days, months and half-open intervals (SEMANTICS §1). Nothing here reads a clock (P7)."""

from calendar import monthrange
from datetime import MAXYEAR, date
from typing import NamedTuple

_IN_EVERY_MONTH = 28


def add_months(day: date, months: int) -> date | None:
    """Give the same day of the month `months` later, or that month's last day where there is no such day.

    Gives nothing where the result lies beyond the calendar (year 9999): such a term never ends.

    >>> add_months(date(2024, 1, 31), 1)
    datetime.date(2024, 2, 29)
    >>> add_months(date(2023, 5, 20), 36)
    datetime.date(2026, 5, 20)
    """
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > MAXYEAR:
        return None
    if day.day <= _IN_EVERY_MONTH:
        return date(year, month0 + 1, day.day)
    return date(year, month0 + 1, min(day.day, monthrange(year, month0 + 1)[1]))


class Interval(NamedTuple):
    """Days on which something holds: `start` counts, `end` does not.

    No `start`: as far back as we know; no `end`: until changed.

    >>> Interval(date(2024, 1, 1), date(2024, 2, 1)).covers(date(2024, 2, 1))
    False
    """

    start: date | None = None
    end: date | None = None

    def covers(self, day: date) -> bool:
        """Whether `day` lies in the interval."""
        return (self.start is None or self.start <= day) and (self.end is None or day < self.end)
