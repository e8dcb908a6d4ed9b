"""SQL conditions, with the values that the driver binds to their placeholders."""

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


ALL_ROWS = Condition("1 = 1")
