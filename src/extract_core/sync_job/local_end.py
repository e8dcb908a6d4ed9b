"""How a job ended on one machine, in the words of its service."""

from __future__ import annotations

from extract_core.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class LocalEnd:
    """How a process ended, in the service's words.

    `kind` is ``succeeded``, ``failed``, ``stopped`` (by a person or an ending run), or what was injected: ``oom``,
    ``interrupt``, ``timeout``, ``fail``. `code` is the exit code as a container reports it.
    """

    kind: str
    state: str
    reason: str | None
    code: int
    began: int  # epoch milliseconds
    ended: int
    number: str  # 32 hexadecimal digits for an id
