"""A case of the self test: a type, values as SQL writes them, and what the files must hold."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Case:
    """`values` are pairs of an SQL expression and the value in the files, as Python has it. `arrow` is the type in the files."""

    declared: str
    arrow: str
    values: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class MarkCase:
    """A watermark of the self test: a type, its mark type, and two values as SQL writes them, the second above the first."""

    declared: str
    mark_type: str
    values: tuple[str, str]


def moment(text: str) -> datetime:
    """Return a timestamp without a zone, or an instant."""
    return datetime.fromisoformat(text)
