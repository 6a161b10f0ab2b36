"""Examples in the OpenAPI document, from the demo city; a test replays every one of them."""

from typing import Any


CHECK_EXAMPLES: dict[str, dict[str, Any]] = {}
BATCH_EXAMPLES: dict[str, dict[str, Any]] = {}
WHY_NOT_EXAMPLES: dict[str, dict[str, Any]] = {}
CHANGE_EXAMPLES: dict[str, dict[str, Any]] = {}
CLEAR_ANSWER: dict[str, Any] = {}
