"""What the checker says: a finding, its severity, and the list that collects findings."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from asl_toolkit.check.codes import CODES
from asl_toolkit.templates import escape


class Severity(StrEnum):
    """ERROR: AWS refuses the definition or the state can only fail. WARNING: it runs, and will hurt one day."""

    ERROR = "ERROR"
    WARNING = "WARNING"


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: a stable code, where it stands (RFC 6901 pointer; line and column from 1 when text was given), what to do."""

    code: str
    severity: Severity
    pointer: str
    message: str
    remedy: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        """`12:5 ERROR MISSING_TARGET /States/A/Next: message. Remedy.`."""
        place = f"{self.line}:{self.column} " if self.line is not None else ""
        return f"{place}{self.severity} {self.code} {self.pointer or '/'}: {sentences(self.message, self.remedy)}"


def sentences(*texts: str | None) -> str:
    """Texts one after the other, each with its full stop unless it ends in a mark of its own."""
    return " ".join(text if text.endswith((".", "?", "!", "…")) else f"{text}." for text in texts if text)


def join(pointer: str, *names: str | int) -> str:
    """A JSON pointer, some steps further down."""
    return pointer + "".join(f"/{escape(str(name))}" for name in names)


@dataclass(slots=True)
class Report:
    """The findings so far; each is noted once."""

    findings: list[Finding] = field(default_factory=list)
    _seen: set[tuple[str, str, str]] = field(default_factory=set)

    def add(self, code: str, pointer: str, message: str, *, remedy: str | None = None, severity: str | None = None) -> None:
        """Note a fault. `remedy` and `severity` default to what the code's entry in the table says."""
        if (code, pointer, message) in self._seen:
            return
        self._seen.add((code, pointer, message))
        entry = CODES[code]
        self.findings.append(Finding(code, Severity(severity or entry.severity), pointer, message, remedy or entry.remedy))

    def at(self, pointers: Iterable[str]) -> bool:
        """Whether one of these places has an ERROR already."""
        wanted = set(pointers)
        return any(finding.severity is Severity.ERROR and finding.pointer in wanted for finding in self.findings)
