"""Run ids. A run id is the name of its execution: at most 80 characters, used once."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from typing import Final

from extract_core.errors import UsageError

MAX_LENGTH: Final = 80
_VALID: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*\Z")


def new_run_id(source: str, now: datetime | None = None) -> str:
    """``sales-20260301T060000-3f9a``: the source, the second in UTC, and two random bytes against a tie."""
    stamp = (now or datetime.now(UTC)).strftime("%Y%m%dT%H%M%S")
    return f"{source[: MAX_LENGTH - 21]}-{stamp}-{os.urandom(2).hex()}"


def check_run_id(run_id: str) -> str:
    """The same id, or UsageError: Step Functions takes 1 to 80 characters as a name, and only these reach its logs."""
    if len(run_id) > MAX_LENGTH or not _VALID.match(run_id):
        raise UsageError(f"run id {run_id!r} is not a valid execution name: 1 to {MAX_LENGTH} letters, digits, '_', '-' and '.'")
    if run_id == "latest":
        raise UsageError("run id 'latest' stands for the newest run in other commands; choose another")
    return run_id
