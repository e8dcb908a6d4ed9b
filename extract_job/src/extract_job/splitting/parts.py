"""Conditions that put each row of a table into exactly one part, whatever the cuts and the values are.

A cut is a value of the key; cuts only say where a part ends and the next one begins. The first part has no lower end and the
last part no upper end. Rows whose key is NULL are in the first part.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from typing import TypeAlias

from extract_job.databases.conditions import ALL_ROWS, Condition

Value: TypeAlias = str | int | float
"""A value of a key: text that the database casts to the type of the column, or (SQLite) the value itself."""
Cut: TypeAlias = tuple[Value, ...]
"""A value per column of the key."""


@dataclass(frozen=True, slots=True)
class KeyColumn:
    """A column of a split key: `sql` is what is compared, and `literal` writes a value in SQL.

    The database must order all values but NULL: of `<` and `>=`, exactly one is true.
    """

    name: str
    sql: str
    literal: Callable[[Value], Condition]

    @property
    def is_null(self) -> Condition:
        """The condition that the column has no value."""
        return Condition(f"{self.sql} IS NULL")

    def compared(self, operator: str, value: Value) -> Condition:
        """Return the condition that the column is `<`, `<=`, `>` or `>=` a value."""
        literal = self.literal(value)
        return Condition(f"{self.sql} {operator} {literal.sql}", literal.values)


def ranges(key: Sequence[KeyColumn], cuts: Sequence[Cut]) -> tuple[Condition, ...]:
    """Return a condition per part: one more than there are cuts.

    `cuts` must ascend in the order of the database. Between equal cuts the part is empty. Several columns are compared like
    words: by the first column, then by the next.
    """
    if not cuts:
        return (ALL_ROWS,)
    unknown = reduce(Condition.__or__, (column.is_null for column in key))
    # Of one column, NULL is neither below nor above a cut. Of several, a row with one NULL may be both.
    known = (Condition(f"NOT ({unknown.sql})"),) if len(key) > 1 else ()
    parts = [_compared(key, "<", cuts[0]) | unknown]
    for begin, end in pairwise(cuts):
        parts.append(reduce(Condition.__and__, (_compared(key, ">=", begin), _compared(key, "<", end), *known)))
    parts.append(reduce(Condition.__and__, (_compared(key, ">=", cuts[-1]), *known)))
    return tuple(parts)


def buckets(expression: str, count: int) -> tuple[Condition, ...]:
    """Return a condition per part; the expression gives each row a whole number from 0 to `count` - 1, never NULL."""
    if count == 1:
        return (ALL_ROWS,)
    return tuple(Condition(f"{expression} = {number}") for number in range(count))


def _compared(key: Sequence[KeyColumn], operator: str, cut: Cut) -> Condition:
    """Return the condition that the key is `<` or `>=` a cut.

    Databases can use an index for `a <= 1 AND (a < 1 OR b < 2)`, which not all of them can for `(a, b) < (1, 2)`.
    """
    column, value = key[0], cut[0]
    if len(key) == 1:
        return column.compared(operator, value)
    strict = operator[0]
    return column.compared(f"{strict}=", value) & (column.compared(strict, value) | _compared(key[1:], operator, cut[1:]))
