"""The figures of a set of rows: they can be added, compared, and written as JSON.

The database computes the figures of the source, `arrow.py` those of the files. Both are exact, and
both depend on the rows only, not on their order.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeAlias

Number: TypeAlias = int | float
Column: TypeAlias = Mapping[str, Number | None]
"""The figures of one column, by name: see `NAMES`. Decimals count in units of their last digit."""

NAMES = {
    "values": "values that are not NULL",
    "min": "least value",
    "max": "greatest value",
    "sum": "sum",
    "bytes": "sum of the lengths in bytes",
    "nan": "values that are NaN",
    "negative_zeros": "values that are -0.0",
    "hash": "sum of the hashes of the values",
}
"""What a column can have. `min` and `max` leave NaN out. Dates and times count in microseconds.

Texts have no `min` and `max`: a certificate is copied to many places, and values of a table do not
belong there."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of some rows; `columns` and `digest` are empty if only rows are counted.

    `digest` is a sum over all rows of a hash of the whole row (crc32: two sums). So it changes if a
    value moves to another row, which no figure of one column shows.
    """

    rows: int = 0
    columns: Mapping[str, Column] = field(default_factory=dict)
    digest: tuple[int, ...] = ()

    def __add__(self, other: "Figures") -> "Figures":
        """Return the figures of both sets of rows together."""
        if not self.rows and not self.columns:
            return other
        if not other.rows and not other.columns:
            return self
        columns = {name: _added(column, other.columns[name]) for name, column in self.columns.items()}
        digest = tuple(left + right for left, right in zip(self.digest, other.digest, strict=True))
        return Figures(self.rows + other.rows, columns, digest)

    @property
    def digest_text(self) -> str:
        """The digest as it is written in JSON and in messages."""
        return " ".join(map(str, self.digest))

    def to_json(self, schema: Any) -> dict[str, Any]:
        """Return the JSON members; all figures but counts are text, because JSON has no exact numbers."""
        members: dict[str, Any] = {"rows": self.rows}
        if self.digest:
            members["digest"] = self.digest_text
            members["columns"] = {
                name: {key: shown(schema.field(name).type, key, value) for key, value in column.items()}
                for name, column in self.columns.items()
            }
        return members


def _added(left: Column, right: Column) -> Column:
    return {key: _ADDED.get(key, _sum)(value, right[key]) for key, value in left.items()}


def _sum(left: Any, right: Any) -> Any:
    return right if left is None else left if right is None else left + right


_ADDED: Mapping[str, Callable[[Any, Any], Any]] = {
    "min": lambda left, right: right if left is None else left if right is None else min(left, right),
    "max": lambda left, right: right if left is None else left if right is None else max(left, right),
}


def shown(kind: Any, key: str, value: Number | None) -> int | str | None:
    """Return a figure of a column of Arrow type `kind` as it is written in JSON and in messages."""
    if value is None or key in ("values", "bytes", "nan", "negative_zeros"):
        return None if value is None else int(value)
    if isinstance(value, float):
        return repr(value + 0.0)  # -0.0 and 0.0 are equal; which one is the least depends on the order
    if str(kind).startswith("decimal"):
        return decimal_text(value, kind.scale)
    if key == "sum":
        return str(value)
    return _moment(str(kind), value)


def decimal_text(units: int, scale: int) -> str:
    """Return a number of units of 10 to the power of `-scale`, such as `-0.50`."""
    digits = str(abs(units)).rjust(scale + 1, "0")
    text = f"{digits[:-scale]}.{digits[-scale:]}" if scale else digits
    return f"-{text}" if units < 0 else text


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 86_400_000_000


def _moment(kind: str, value: int) -> str:
    """Return the text of a least or greatest value: dates and times as ISO 8601."""
    try:
        if kind.startswith("date"):
            return (date(1970, 1, 1) + timedelta(microseconds=value)).isoformat()
        if kind.startswith("timestamp"):
            moment = _EPOCH + timedelta(microseconds=value)
            return moment.replace(tzinfo=UTC if "tz=" in kind else None).isoformat(" ", "microseconds")
        if kind.startswith("time") and value < _DAY:
            return (_EPOCH + timedelta(microseconds=value)).time().isoformat("microseconds")
    except OverflowError:  # outside the years 1 to 9999
        pass
    return str(value)
