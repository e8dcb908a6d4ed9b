"""Names and types of tables in Athena and in the Glue catalog, over the folders of live attempts.

Sources: Athena user guide, "Data types in Amazon Athena", and "CREATE TABLE" (names are in lower case, with letters, digits and
underscores).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core.contract import LiveAttempt

_TYPES: Final[Mapping[str, str]] = {
    "bool": "boolean",
    "int8": "tinyint",
    "int16": "smallint",
    "int32": "int",
    "int64": "bigint",
    "float": "float",
    "double": "double",
    "string": "string",
    "large_string": "string",
    "binary": "binary",
    "large_binary": "binary",
    "date32[day]": "date",
}
"""Arrow types as text, and the types of Athena that read them from Parquet."""
_DECIMAL: Final = re.compile(r"decimal(?:128|256)\((\d+), (\d+)\)")
_MOST_DIGITS: Final = 38
PARTITION: Final = "extract_attempt"
"""The column that partitions a table by live attempt."""


def athena_name(table: str) -> str:
    """The name of a table: ``public."Order Lines"`` → ``public__order_lines_``. Different tables may have the same name."""
    return re.sub(r"[^a-z0-9_]", "_", table.lower())


def partition_of(attempt: LiveAttempt) -> str:
    """The value of `PARTITION` of an attempt."""
    return f"{attempt.run_id}-{attempt.attempt}"


def athena_type(arrow: str) -> str | None:
    """The type of Athena for an Arrow type as text. None: it has none."""
    if (decimal := _DECIMAL.fullmatch(arrow)) is not None:
        return f"decimal({decimal[1]},{decimal[2]})" if int(decimal[1]) <= _MOST_DIGITS else None
    return "timestamp" if arrow.startswith("timestamp[") else _TYPES.get(arrow)
