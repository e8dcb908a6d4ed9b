"""Processes of jobs that outlived the process that ran their execution: killed with -9, say, or by a lack of memory."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from extract_core.parsing.payload import member, whole

if TYPE_CHECKING:
    from extract_core.contract import Outcome

GRACE_SECONDS: Final = 5.0
_PROC: Final = Path("/proc")


def stop_orphan(outcome: Outcome) -> bool:
    """End the job that the answer to its start names, and what it has started: SIGTERM, and SIGKILL after 5 seconds.

    False, and nothing is done, where it has ended. Process ids come round again, so only a process that was started with the
    job's own arguments counts, which hold the place of its result. Raises PermissionError where it is somebody else's.
    """
    pid, command = whole(outcome.result, "ProcessId"), member(outcome.result, "Command")
    if pid is None or pid <= 1 or not isinstance(command, list | tuple) or len(command) < 2:
        return False
    arguments = [str(part) for part in command[1:]]
    if not _runs(pid, arguments):
        return False
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGTERM)  # a job has a process group of its own, of this number
    until = time.monotonic() + GRACE_SECONDS
    while _runs(pid, arguments):
        if time.monotonic() > until:
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
            return True
        time.sleep(0.02)
    return True


def _runs(pid: int, arguments: list[str]) -> bool:
    """Whether this process is alive and has these arguments behind its program's name (an interpreter may stand before it)."""
    if _PROC.joinpath("self", "cmdline").exists():
        try:
            words = _PROC.joinpath(str(pid), "cmdline").read_bytes().split(b"\0")[:-1]
        except OSError:
            return False
        return words[-len(arguments) :] == [os.fsencode(each) for each in arguments]
    listing = ["ps", "-ww", "-o", "command=", "-p", str(pid)]
    told = subprocess.run(listing, capture_output=True, text=True, check=False)  # noqa: S603 - a number, and nobody's text
    return told.stdout.strip().endswith(" ".join(arguments).strip())
