"""SQL conditions, with the values that the driver binds to their placeholders."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on rows; `&` and `|` combine two."""

    sql: str
    values: tuple[object, ...] = ()

    def __and__(self, other: "Condition") -> "Condition":
        """Both hold."""
        return Condition(f"({self.sql}) AND ({other.sql})", self.values + other.values)

    def __or__(self, other: "Condition") -> "Condition":
        """At least one holds."""
        return Condition(f"({self.sql}) OR ({other.sql})", self.values + other.values)


def any_of(conditions: Sequence[Condition]) -> Condition:
    """At least one holds. There may be hundreds: databases limit how deep parentheses may be."""
    return Condition(
        " OR ".join(f"({one.sql})" for one in conditions), tuple(value for one in conditions for value in one.values)
    )


ALL_ROWS = Condition("1 = 1")
