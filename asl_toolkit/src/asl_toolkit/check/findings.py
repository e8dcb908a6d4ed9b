"""The list that collects findings."""

from typing import Final, TypeAlias

from asl_toolkit.check.codes import CODES
from asl_toolkit.finding import Finding, Severity
from asl_toolkit.pointers import below

Pointer: TypeAlias = tuple[str | int, ...]  # the steps of a JSON pointer; most are never printed
ROOT: Final[Pointer] = ()


class Report:
    """Collects findings without repetition."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self._seen: set[tuple[str, Pointer, str]] = set()

    def add(self, code: str, pointer: Pointer, message: str, *, remedy: str | None = None) -> None:
        """Add a finding. `remedy` defaults to the remedy of the code."""
        if (code, pointer, message) in self._seen:
            return
        self._seen.add((code, pointer, message))
        entry = CODES[code]
        self.findings.append(Finding(code, Severity(entry.severity), below("", *pointer), message, remedy or entry.remedy))
