"""Describe how a process on this machine ended: for `JobType.local_answer`, which answers as the service would."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from extract_core.contract import LocalExit

__all__ = ["exit_code", "last_words", "reason", "signal_name", "was_stopped"]

STOPPING_SIGNALS: Final = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
"""Signals by which a person or an ending run stops a job."""

_OF_SHELLS: Final = STOPPING_SIGNALS | {signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT}
"""Signals that a shell reports as exit code 128 + N. Any other code over 128 is the job's own."""

_LONGEST: Final = 2000  # characters: enough for a sentence of a database, far below the 32,768 of a Cause


def last_words(output: str) -> str:
    """The last line that a job wrote. If it is indented, the lines from the last one that is not. Blank lines do not count."""
    lines = [line.rstrip() for line in output.splitlines() if line.strip()]
    if not lines:
        return ""
    first = len(lines) - 1
    while first > 0 and lines[first][0] in " \t":
        first -= 1
    return "\n".join(lines[first:])[-_LONGEST:].strip()


def exit_code(ended: LocalExit) -> int:
    """The exit code as a container or a shell reports it: 128 + N for a process that signal N killed."""
    return 128 - ended.code if ended.code < 0 else ended.code


def signal_name(ended: LocalExit) -> str | None:
    """The name of the signal that killed it (``-9``, or a shell's 137), or None."""
    number = exit_code(ended) - 128
    if ended.code > 0 and number not in _OF_SHELLS:
        return None
    try:
        return signal.Signals(number).name
    except ValueError:
        return None


def was_stopped(ended: LocalExit) -> bool:
    """Whether a person or an ending run stopped it (SIGTERM, SIGINT, SIGHUP)."""
    return ended.injected is None and exit_code(ended) - 128 in STOPPING_SIGNALS


def reason(ended: LocalExit) -> str:
    """Why it failed, in one text: the last output of the job and the exit code; or the signal, then the last output.

    A killed process does not say why it ended: its last line shows how far it got.
    """
    name = signal_name(ended)
    words = last_words(ended.output_tail)
    if name:
        return f"killed by {name}; " + (f"the last that it wrote: {words}" if words else "it wrote nothing")
    how = f"exit code {exit_code(ended)}"
    return f"{words} [{how}]" if words else f"the job wrote nothing; {how}"
