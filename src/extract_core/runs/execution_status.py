"""The statuses of an execution (API reference of DescribeExecution, `status`), and which of them mean that it is alive."""

from __future__ import annotations

from typing import Final

ALIVE: Final = ("RUNNING", "PENDING_REDRIVE")
"""Of an execution that runs, or will run again."""
ENDED: Final = ("SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")
