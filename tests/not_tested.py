"""A run that cannot test something says so in its last lines, and fails in CI."""

import os
from typing import NoReturn

import pytest

MARK = "not tested: "


def not_tested(what: str, *, remedy: str) -> NoReturn:
    """Leave a test out because this machine lacks something; in CI (`CI=true`), where nothing may lack, fail."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what}: {remedy}")
    pytest.skip(f"{MARK}{what} ({remedy})")
