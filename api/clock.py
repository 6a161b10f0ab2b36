"""The one place that reads the clock for questions: the day in Asia/Shanghai (P7: all else takes it as given)."""

from datetime import UTC, date, datetime, timedelta, timezone

SHANGHAI = timezone(timedelta(hours=8))
"""Asia/Shanghai, which has had no summer time since 1991; needs no time-zone files on the machine."""


def today_in_shanghai() -> date:
    """Give the day it is in Asia/Shanghai."""
    return datetime.now(SHANGHAI).date()


def now() -> datetime:
    """Give the moment it is, with its zone."""
    return datetime.now(UTC)
