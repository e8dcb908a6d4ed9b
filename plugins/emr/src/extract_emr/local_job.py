"""A job run of EMR Serverless or EMR on EKS on this machine: what would have run, and how its end is said."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from extract_core import LocalCommand
from extract_core.parsing.payload import member
from extract_core.parsing.process_end import exit_code, reason, was_stopped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core import Json, LocalExit

_DETAILS = 256  # characters of StateDetails (botocore)


def local_command(arguments: Mapping[str, Json]) -> LocalCommand:
    """The reference extract job with the entry point's arguments: Spark gives a script the same argv."""
    passed = member(arguments, "spark_submit", "EntryPointArguments")
    if not isinstance(passed, list | tuple):
        raise TypeError(f"$.arguments.spark_submit holds no list of EntryPointArguments: {arguments.get('spark_submit')!r}")
    return LocalCommand(argv=[sys.executable, "-m", "extract_job", *(str(part) for part in passed)])


@dataclass(frozen=True, slots=True)
class LocalEnd:
    """How a process ended: `succeeded`, `stopped`, or neither, with the service's words for why."""

    succeeded: bool
    stopped: bool
    details: str
    began: int  # epoch milliseconds
    ended: int

    @classmethod
    def of(cls, ended: LocalExit) -> LocalEnd:
        """The end of a process, or of one that a person wished to see."""
        now = time.time_ns() // 1_000_000
        began = now - round(ended.seconds * 1000)
        if ended.injected is None and exit_code(ended) == 0:
            return cls(succeeded=True, stopped=False, details="", began=began, ended=now)
        stopped = was_stopped(ended)
        details = "Job run was cancelled" if stopped else _details(ended)
        details = details[:_DETAILS] if details.startswith("killed by ") else details[-_DETAILS:]
        return cls(succeeded=False, stopped=stopped, details=details, began=began, ended=now)


def _details(ended: LocalExit) -> str:
    if ended.injected == "oom":
        return "Job failed. ExitCode: 137. Last few exceptions: java.lang.OutOfMemoryError: Java heap space"
    if ended.injected == "interrupt":
        return "Job failed. Last few exceptions: ExecutorLostFailure: Container released on a *lost* node"
    return reason(ended) if ended.injected is None else "Exception: failure injected on this machine"
