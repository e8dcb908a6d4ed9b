"""A fault found in a definition."""

from enum import StrEnum
from typing import NamedTuple


class Severity(StrEnum):
    """ERROR: AWS refuses the definition, or the state always fails. WARNING: it runs, but probably not as intended."""

    ERROR = "ERROR"
    WARNING = "WARNING"


class Finding(NamedTuple):
    """One fault: a stable code, the place (RFC 6901 pointer; line and column from 1 if there is a text), and what to do."""

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

    @property
    def brief(self) -> str:
        """`/States/A/Next: message [CODE]`, as DefinitionError lists it; with the remedy if the message needs one."""
        remedy = f". {self.remedy}" if self.code == "NO_HANDLER" else ""
        return f"{self.pointer or '/'}: {self.message}{remedy} [{self.code}]"


def sentences(*texts: str | None) -> str:
    """Texts one after the other, each with a full stop unless it ends with a punctuation mark."""
    return " ".join(text if text.endswith((".", "?", "!", "…")) else f"{text}." for text in texts if text)
