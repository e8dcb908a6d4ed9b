"""The keys of a source config that the core knows, where each may stand, and how each value is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from extract_core.config.bounds import bound
from extract_core.config.values import (
    Reader,
    fail_when,
    integer,
    lag,
    names,
    one_of,
    scalar,
    script_arguments,
    secret_name,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

# Any: each key is read into a type of its own

EXTRACT_TYPES: Final = {"full": "FE", "partial": "PE", "incremental": "PE"}
WATERMARK_TYPES: Final = ("IntegerType", "LongType", "DecimalType", "DateType", "TimestampType", "StringType")
NUMERIC_WATERMARKS: Final = frozenset({"IntegerType", "LongType", "DecimalType"})

SHARED: Final[Mapping[str, Reader[Any]]] = {
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

SCRIPT_KEYS: Final[Mapping[str, Reader[Any]]] = {
    "lwm_value": scalar,
    "hwm_value": scalar,
    "repartition_dataframe": scalar,
    "extract_s3_partitions": scalar,
}
"""Keys that files of the first pipeline hold for its own scripts: handed to the job as ``--key value``, read by nobody here."""

TABLE: Final[Mapping[str, Reader[Any]]] = {
    **SHARED,
    "extract_type": one_of("FE", "PE", "full", "partial", "incremental", also=EXTRACT_TYPES),
    "hwm_col_name": text,
    "hwm_column_type": one_of(*WATERMARK_TYPES),
    "partition_column": text,
    "lower_bound": bound,
    "upper_bound": bound,
    "num_partitions": integer(1, 10_000),
    "fetchsize": integer(0, 2**31 - 1),
    "tags": names,
    **SCRIPT_KEYS,
}
"""Keys of a table that the core reads itself; all others are its job type's."""

DEFAULTS: Final = frozenset(TABLE) - {"job_type", "arguments", "tags"}
"""Keys of the core that may stand in `default_arguments`."""

DATABASE: Final[Mapping[str, Reader[Any]]] = {
    "db_engine": text,
    "db_secret": secret_name,
    "db_port": integer(1, 65_535),
    "db_name": text,
}

EXTRACT: Final = frozenset({*SHARED, *DATABASE, "default_arguments", "job_types", "tables"})
RUN_VALUES: Final[Mapping[str, Reader[Any]]] = {
    "fail_when": fail_when,
    "on_conflict": one_of("fail", "skip", "wait"),
    "on_invalid": one_of("record", "fail"),
}
RUN: Final = frozenset(RUN_VALUES)
ROOT: Final = frozenset({"source_name", "source_type", "source_owners", "extract", "run", "transform", "load"})
IGNORED: Final = ("transform", "load")

DESCRIPTIONS: Final[Mapping[str, str]] = {
    "job_type": "What runs the table's job: one of the installed job types.",
    "script_name": "The job's script, for job types that know one.",
    "arguments": "Handed to the job as they stand: --name: value.",
    "max_attempts": "Attempts in one run; above 1 only where the machine has the retry loop.",
    "retry_wait_seconds": "Seconds between attempts.",
    "result": "required: success needs the job's report at --result_uri. optional: a full extract succeeds without.",
    "lag": "Overlap of incremental reads: 30s, 15m, 2h, 1d, 1w; a number where the watermark is one.",
    "argument_encoding": "argv: --key value. json: all in one argument, which carries any value.",
    "lwm_value": "For scripts of older pipelines: handed on as --lwm_value.",
    "hwm_value": "For scripts of older pipelines: handed on as --hwm_value.",
    "repartition_dataframe": "For scripts of older pipelines: handed on as --repartition_dataframe.",
    "extract_s3_partitions": "For scripts of older pipelines: handed on as --extract_s3_partitions.",
    "extract_type": "FE or full: the whole table. PE, partial or incremental: rows above the committed watermark.",
    "hwm_col_name": "The watermark's column; needed for PE.",
    "hwm_column_type": "The watermark's type; needed for PE.",
    "partition_column": "The column by which the job may split the read.",
    "lower_bound": "The least value of partition_column: a number, a date or a time.",
    "upper_bound": "The greatest value of partition_column: a number, a date or a time.",
    "num_partitions": "How many parts the job may read at once.",
    "fetchsize": "Rows a round trip; 0: the driver's own.",
    "tags": "Names by which an event selects tables: tag:large.",
    "db_engine": "The kind of database: postgres, sqlite, …",
    "db_secret": "The name of the secret with host, port, username and password; never the secret.",
    "db_port": "The database's port.",
    "db_name": "The database.",
    "fail_when": "The run fails when any table failed, when all did, or above a percentage such as 10%.",
    "on_conflict": "Another run holds a table: fail (start nothing), skip that table, or wait.",
    "on_invalid": "A table that can't be planned: record it as failed and run the others, or fail.",
}
"""What editors show of a key."""

_OF_SECRETS: Final = (
    "; passwords and users don't belong into a config: db_secret names a secret that holds host, port, username and password; "
    "on a machine of your own PGHOST, PGUSER and PGPASSWORD are taken instead"
)
_HOST: Final = (
    "; where the database is stands in the secret that db_secret names (host, port, username, password); on a machine of your "
    "own PGHOST, PGUSER and PGPASSWORD are taken instead"
)
_NEVER: Final[Mapping[str, str]] = {
    **dict.fromkeys(("db_password", "db_passwd", "db_pass", "db_pwd", "password", "passwd", "pwd", "pgpassword"), _OF_SECRETS),
    **dict.fromkeys(("db_user", "db_username", "db_login", "user", "username", "db_url", "jdbc_url", "url"), _OF_SECRETS),
    **dict.fromkeys(("db_host", "db_hostname", "db_server", "db_endpoint", "host", "hostname", "pghost"), _HOST),
}
"""Keys that no config has, though people look for them, and where that stands instead."""

_PLACES: Final = (
    ("run", RUN),
    ("extract", EXTRACT),
    ("a table (extract.tables) or extract.default_arguments", DEFAULTS),
    ("a table (extract.tables)", frozenset(TABLE)),
    ("the top level", ROOT),
)


def belongs(key: str, *, not_in: str) -> str:
    """``; it belongs under run`` where the core knows the key at another place, else nothing."""
    if key.lower() in _NEVER:
        return _NEVER[key.lower()]
    for place, known in _PLACES:
        if key in known and place != not_in:
            return f"; it belongs under {place}" if place != "the top level" else "; it belongs at the top level of the file"
    return ""
