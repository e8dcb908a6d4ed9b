"""Job processes that outlived the process of their execution, which was killed (kill -9, out of memory)."""

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
    """Stop the job of this start and its child processes: SIGTERM, and SIGKILL after 5 seconds.

    Returns False, and does nothing, if the job has ended. Process ids are reused, so the process must have the job's own
    arguments, which include the place of its result, or write to the job's own log, as a forked job does. Raises
    PermissionError for a process of another user.
    """
    pid, command = whole(outcome.result, "ProcessId"), member(outcome.result, "Command")
    if pid is None or pid <= 1 or not isinstance(command, list | tuple) or len(command) < 2:
        return False
    arguments = [str(part) for part in command[1:]]
    log = str(member(outcome.result, "Log"))
    if not _runs(pid, arguments, log):
        return False
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGTERM)  # a job is the leader of its process group
    until = time.monotonic() + GRACE_SECONDS
    while _runs(pid, arguments, log):
        if time.monotonic() > until:
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
            return True
        time.sleep(0.02)
    return True


def _runs(pid: int, arguments: list[str], log: str) -> bool:
    """Whether this process is alive and has these arguments (after an interpreter, maybe), or writes to the log."""
    if _PROC.joinpath("self", "cmdline").exists():
        process = _PROC / str(pid)
        try:
            if str(process.joinpath("fd/1").readlink()) == log:
                return True
            words = process.joinpath("cmdline").read_bytes().split(b"\0")[:-1]
        except OSError:
            return False
        return words[-len(arguments) :] == [os.fsencode(argument) for argument in arguments]
    listing = ["ps", "-ww", "-o", "command=", "-p", str(pid)]
    done = subprocess.run(listing, capture_output=True, text=True, check=False)  # noqa: S603 - the only variable is a number
    return done.stdout.strip().endswith(" ".join(arguments).strip())
