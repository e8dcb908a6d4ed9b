"""The flat ``--key value`` arguments that every job gets, whatever runs it: made from a table's keys, its run and its window."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core.contract import Watermark

ENCODED: Final = "--extract_arguments"
"""The only argument under ``argument_encoding: json``."""

_OF_THE_RUN: Final = ("source_name", "source_type", "extract_table", "run_id", "attempt", "extract_s3_uri", "result_uri")
_OF_THE_DATABASE: Final = ("db_engine", "db_name", "db_secret", "db_port")
_OF_THE_WINDOW: Final = ("extract_type", "hwm_col_name", "hwm_column_type", "low_watermark", "high_watermark", "lag")
_OF_THE_TABLE: Final = ("fetchsize", "num_partitions", "partition_column", "lower_bound", "upper_bound")
_OF_OLD_SCRIPTS: Final = ("lwm_value", "hwm_value", "repartition_dataframe", "extract_s3_partitions")

RESERVED: Final = frozenset(
    {f"--{key}" for key in (*_OF_THE_RUN, *_OF_THE_DATABASE, *_OF_THE_WINDOW, *_OF_THE_TABLE, *_OF_OLD_SCRIPTS)} | {ENCODED}
)
"""Arguments that the core makes: a config can't give them under `arguments`."""


def flat_arguments(
    *,
    run: Mapping[str, str],
    database: Mapping[str, str],
    table: Mapping[str, object],
    watermark: Watermark,
    own: Mapping[str, str],
) -> dict[str, str]:
    """The arguments, in a fixed order; those that have no value are left out.

    `run` holds the keys of the run, `database` the db_ keys, `table` the table's keys as read, `own` what the config says
    under `arguments`: it comes last, as it stands.
    """
    window = {
        "extract_type": table.get("extract_type", "FE"),
        "hwm_col_name": table.get("hwm_col_name"),
        "hwm_column_type": table.get("hwm_column_type"),
        "low_watermark": watermark.low if watermark.mode != "full" else None,
        "high_watermark": watermark.high if watermark.mode == "backfill" else None,
        "lag": table.get("lag") if watermark.mode == "incremental" else None,
    }
    flat = {f"--{key}": run[key] for key in _OF_THE_RUN}
    flat |= {f"--{key}": database[key] for key in _OF_THE_DATABASE if key in database}
    flat |= {f"--{key}": str(value) for key, value in window.items() if value is not None}
    flat |= {f"--{key}": str(table[key]) for key in (*_OF_THE_TABLE, *_OF_OLD_SCRIPTS) if key in table}
    if table.get("fetchsize") == 0:  # Spark's word for the driver's own; other drivers refuse it
        del flat["--fetchsize"]
    return flat | dict(own)


def unfit(arguments: Mapping[str, str]) -> tuple[str, str] | None:
    """The first argument, if any, that a command line can't carry: its value is empty, begins with ``-`` or holds NUL."""
    for key, value in arguments.items():
        if not value or value[0] == "-" or "\0" in value:
            return key, value
    return None


def encoded(arguments: Mapping[str, str]) -> dict[str, str]:
    """All of them in one argument: base64url of a JSON object of key (without ``--``) to value. It carries any text."""
    values = {key.removeprefix("--"): value for key, value in arguments.items()}
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    return {ENCODED: base64.urlsafe_b64encode(text.encode("utf-8", "surrogatepass")).decode("ascii")}
