"""The keys of a source config that the core knows, where each may stand, and how each value is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from extract_core.config.bounds import bound
from extract_core.config.json_schema import mapping_schema, or_reference
from extract_core.config.older_keys import OLDER
from extract_core.config.other_names import database_type
from extract_core.config.selection import hive_partitions, metadata, rename, where
from extract_core.config.values import (
    BadValue,
    Reader,
    fail_when,
    flag,
    integer,
    kind,
    lag,
    mapping,
    names,
    one_of,
    partitions,
    pool,
    scalar,
    script_arguments,
    secret_name,
    shown,
    text,
)
from extract_core.wording import did_you_mean

if TYPE_CHECKING:
    from extract_core.config.spots import Path
    from extract_core.contract import Json

# Any: each key is read into a separate type

EXTRACT_TYPES: Final = {"full": "FE", "partial": "PE", "incremental": "PE"}
WATERMARK_TYPES: Final = ("IntegerType", "LongType", "DecimalType", "DateType", "TimestampType", "StringType")
SHORT_TYPES: Final = {name.removesuffix("Type").lower(): name for name in WATERMARK_TYPES}
"""``timestamp``: ``TimestampType``, as jobs and the tracking store have it."""
NUMERIC_WATERMARKS: Final = frozenset({"IntegerType", "LongType", "DecimalType"})

SHARED: Final[Mapping[str, Reader[Any]]] = {
    "job_type": text,
    "script_name": text,
    "arguments": script_arguments,
    "max_attempts": integer(1, 20),
    "retry_wait_seconds": integer(1, 86_400),
    "result": one_of("required", "optional"),
    "lag": lag,
    "future": one_of("exclude", "read"),
    "on_mark_behind": one_of("fail", "continue"),
    "on_missing_base": one_of("fail", "reingest"),
    "on_schema_change": one_of("warn", "fail", "allow"),
    "verify": one_of("off", "count", "full"),
    "row_security": one_of("refuse", "allow"),
    "argument_encoding": one_of("argv", "json"),
    "pool": pool,
    "share": flag,
    "metadata_columns": metadata,
}
"""Keys of `extract` that are also keys of a table."""

SCRIPT_KEYS: Final[Mapping[str, Reader[Any]]] = {
    "lwm_value": scalar,
    "hwm_value": scalar,
    "repartition_dataframe": scalar,
    "extract_s3_partitions": scalar,
}
"""Keys for scripts of the first pipeline: passed to the job as ``--key value``, and not used otherwise."""

WATERMARK: Final[Mapping[str, tuple[str, Reader[Any]]]] = {
    "column": ("watermark.column", text),
    "type": (
        "watermark.type",
        one_of(*SHORT_TYPES, also={**SHORT_TYPES, **{name.lower(): name for name in WATERMARK_TYPES}}, meant=database_type),
    ),
    "lag": ("lag", lag),
}
"""The keys inside of `watermark`: what each is called once it is read, and how it is read."""


def _watermark(value: Json) -> dict[str, object]:
    """The keys inside of `watermark` by the names that they have once they are read."""
    if value is not None and not isinstance(value, dict):
        raise BadValue(f"is {kind(value)} ({shown(value)}); write {{column: updated_at, type: timestamp}}")
    values: dict[str, object] = {}
    problems: list[tuple[Path, str]] = []
    for key, inner in mapping(value).items():
        if key not in WATERMARK:
            hint = did_you_mean(key, WATERMARK) or f"; known are: {', '.join(sorted(WATERMARK))}"
            problems.append(((key,), f"no such key here{hint}"))
            continue
        name, read = WATERMARK[key]
        try:
            values[name] = read(inner)
        except BadValue as error:
            problems += [((key, *path), message) for path, message in error.problems]
    if problems:
        raise BadValue.of(problems)
    return values


TABLE: Final[Mapping[str, Reader[Any]]] = {
    **SHARED,
    "extract_type": one_of("FE", "PE", "full", "partial", "incremental", also=EXTRACT_TYPES),
    "watermark": Reader(_watermark, mapping_schema({key: or_reference(reader.schema) for key, (_, reader) in WATERMARK.items()})),
    "hwm_col_name": text,
    "hwm_column_type": WATERMARK["type"][1],
    "partition_column": text,
    "lower_bound": bound,
    "upper_bound": bound,
    "num_partitions": partitions,
    "chunk_rows": integer(0, 10**12),
    "fetchsize": integer(0, 2**31 - 1),
    "columns": names,
    "exclude_columns": names,
    "text_columns": names,
    "rename": rename,
    "hive_partitions": hive_partitions,
    "where": where,
    "target_file_mb": integer(1, 65_536),
    "decimal_overflow": one_of("fail", "text", "double"),
    "tags": names,
    **SCRIPT_KEYS,
}
"""Keys of a table that the core reads; all other keys belong to its job type."""

_OF_ONE_TABLE: Final = frozenset({"job_type", "arguments", "tags", "columns", "exclude_columns", "text_columns", "rename"})
DEFAULTS: Final = frozenset(TABLE) - _OF_ONE_TABLE
"""Keys of the core that `default_arguments` may hold."""

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

_OF_SECRETS: Final = (
    "; a config holds no users and passwords: db_secret is the name of a secret with host, port, username and password; "
    "on your own machine, set PGHOST, PGUSER and PGPASSWORD instead"
)
_HOST: Final = (
    "; the secret that db_secret names holds the place of the database (host, port, username, password); on your "
    "own machine, set PGHOST, PGUSER and PGPASSWORD instead"
)
_NEVER: Final[Mapping[str, str]] = {
    **dict.fromkeys(("db_password", "db_passwd", "db_pass", "db_pwd", "password", "passwd", "pwd", "pgpassword"), _OF_SECRETS),
    **dict.fromkeys(("db_user", "db_username", "db_login", "user", "username", "db_url", "jdbc_url", "url"), _OF_SECRETS),
    **dict.fromkeys(("db_host", "db_hostname", "db_server", "db_endpoint", "host", "hostname", "pghost"), _HOST),
}
"""Keys that people expect but no config has, each with what to do instead."""

_PLACES: Final = (
    ("run", RUN),
    ("extract", EXTRACT),
    ("a table (extract.tables) or extract.default_arguments", DEFAULTS),
    ("a table (extract.tables)", frozenset(TABLE)),
    ("the top level", ROOT),
)


def read_key(key: str, value: Json, into: dict[str, object]) -> None:
    """Read a key of the core into `into`, by the name that it has inside (``watermark.column``). Raises BadValue."""
    read = TABLE[key](value)
    if key == "watermark":
        into.update(read)
    else:
        into[OLDER.get(key, key)] = read


def place_of(name: str, section: object) -> tuple[str, ...] | None:
    """Where a section sets what is called `name` inside: the path below the section, or None."""
    if not isinstance(section, Mapping):
        return None
    inner = section.get("watermark")
    for key, (inside, _) in WATERMARK.items():
        if inside == name and isinstance(inner, dict) and key in inner:
            return ("watermark", key)
    spellings = [name, *(older for older, inside in OLDER.items() if inside == name)]
    return next(((key,) for key in spellings if key in section), None)


def twice(section: Mapping[str, Json]) -> list[tuple[str, str]]:
    """The keys of a section that say the same as a key of its `watermark`, each with a message."""
    inner = section.get("watermark")
    if not isinstance(inner, dict):
        return []
    names = {inside: key for key, (inside, _) in WATERMARK.items() if key in inner}
    return [
        (key, f"says the same as watermark.{names[OLDER.get(key, key)]}; keep one of them")
        for key in section
        if OLDER.get(key, key) in names
    ]


def belongs(key: str, *, not_in: str) -> str:
    """``; it belongs under run`` if the core knows the key at another place, or nothing."""
    if key.lower() in _NEVER:
        return _NEVER[key.lower()]
    for place, known in _PLACES:
        if key in known and place != not_in:
            return f"; it belongs under {place}" if place != "the top level" else "; it belongs at the top level of the file"
    return ""
