"""The keys of a source config that the core knows, where each may stand, and how each value is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extract_core.config.values import (
    integer,
    lag,
    names,
    one_of,
    scalar,
    script_arguments,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from extract_core.contract import Json

    Reader = Callable[[Json], object]

EXTRACT_TYPES: Final = {"full": "FE", "partial": "PE", "incremental": "PE"}
WATERMARK_TYPES: Final = ("IntegerType", "LongType", "DecimalType", "DateType", "TimestampType", "StringType")
NUMERIC_WATERMARKS: Final = frozenset({"IntegerType", "LongType", "DecimalType"})

SHARED: Final[Mapping[str, Reader]] = {
    "job_type": text,
    "script_name": text,
    "arguments": script_arguments,
    "max_attempts": integer(1, 20),
    "retry_wait_seconds": integer(1, 86_400),
    "result": one_of("required", "optional"),
    "lag": lag,
    "argument_encoding": one_of("argv", "json"),
}
"""Keys of `extract` that are also keys of a table."""

SCRIPT_KEYS: Final[Mapping[str, Reader]] = {
    "lwm_value": scalar,
    "hwm_value": scalar,
    "repartition_dataframe": scalar,
    "extract_s3_partitions": scalar,
}
"""Keys that files of the first pipeline hold for its own scripts: handed to the job as ``--key value``, read by nobody here."""

TABLE: Final[Mapping[str, Reader]] = {
    **SHARED,
    "extract_type": one_of("FE", "PE", "full", "partial", "incremental", also=EXTRACT_TYPES),
    "hwm_col_name": text,
    "hwm_column_type": one_of(*WATERMARK_TYPES),
    "partition_column": text,
    "lower_bound": text,
    "upper_bound": text,
    "num_partitions": integer(1, 10_000),
    "fetchsize": integer(0, 2**31 - 1),
    "tags": names,
    **SCRIPT_KEYS,
}
"""Keys of a table that the core reads itself; all others are its job type's."""

DEFAULTS: Final = frozenset(TABLE) - {"job_type", "arguments", "tags"}
"""Keys of the core that may stand in `default_arguments`."""

DATABASE: Final[Mapping[str, Reader]] = {"db_engine": text, "db_secret": text, "db_port": integer(1, 65_535), "db_name": text}

EXTRACT: Final = frozenset({*SHARED, *DATABASE, "default_arguments", "job_types", "tables"})
RUN: Final = frozenset({"fail_when", "on_conflict", "on_invalid"})
ROOT: Final = frozenset({"source_name", "source_type", "source_owners", "extract", "run", "transform", "load"})
IGNORED: Final = ("transform", "load")

_PLACES: Final = (
    ("run", RUN),
    ("extract", EXTRACT),
    ("a table (extract.tables) or extract.default_arguments", DEFAULTS),
    ("a table (extract.tables)", frozenset(TABLE)),
    ("the top level", ROOT),
)


def belongs(key: str, *, not_in: str) -> str:
    """``; it belongs under run`` where the core knows the key at another place, else nothing."""
    for place, known in _PLACES:
        if key in known and place != not_in:
            return f"; it belongs under {place}" if place != "the top level" else "; it belongs at the top level of the file"
    return ""
