"""The definition of a table in Athena (and so in the Glue catalog) over the files that hold its rows now.

Each live attempt has a folder, which becomes a partition. Sources: Athena user guide, "CREATE TABLE" (names of types; "EXTERNAL";
names are in lower case, with no special characters but underscores), "ALTER TABLE ADD PARTITION", "Data types in Amazon Athena".
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from extract_core.errors import ObjectError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extract_core.contract import LiveAttempt
    from extract_core.objects.store import ObjectStore

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


def definition(
    name: str, location: str, columns: Sequence[Mapping[str, Any]], live: Sequence[LiveAttempt]
) -> tuple[str, list[str]]:
    """The statements, and a sentence per column that is left out because Athena has no type for it.

    `name` is the table's, `location` its folder, `columns` are those of the newest attempt. Raises UsageError if the files are
    not in S3, or if no column is left.
    """
    if not location.startswith("s3://"):
        raise UsageError(f"Athena reads files in S3, and these are in {location!r}; for files on this machine: --for duckdb")
    lines, left_out = [], []
    for column in columns:
        kind = athena_type(str(column.get("arrow")))
        if kind is None:
            left_out.append(f"column {column['column']!r} is left out: Athena has no type for {column.get('arrow')}")
        else:
            lines.append(f"  {_quoted(str(column['column']).lower())} {kind}")
    if not lines:
        raise UsageError(f"the columns of {name!r} are not known; its job wrote no schema: write the definition yourself")
    table = _quoted(re.sub(r"[^a-z0-9_]", "_", name.lower()))
    create = (
        f"CREATE EXTERNAL TABLE {table} (\n" + ",\n".join(lines) + f"\n)\nPARTITIONED BY ({PARTITION} string)\n"
        f"STORED AS PARQUET\nLOCATION {_text(location)};"
    )
    partitions = "\n".join(
        f"  PARTITION ({PARTITION} = {_text(f'{attempt.run_id}-{attempt.attempt}')}) LOCATION {_text(attempt.folder)}"
        for attempt in live
    )
    return f"DROP TABLE IF EXISTS {table};\n\n{create}\n\nALTER TABLE {table} ADD\n{partitions};", left_out


def athena_type(arrow: str) -> str | None:
    """The type of Athena for an Arrow type as text. None: it has none."""
    if (decimal := _DECIMAL.fullmatch(arrow)) is not None:
        return f"decimal({decimal[1]},{decimal[2]})" if int(decimal[1]) <= _MOST_DIGITS else None
    return "timestamp" if arrow.startswith("timestamp[") else _TYPES.get(arrow)


def columns_of(objects: ObjectStore, result_uri: str | None) -> list[Mapping[str, Any]]:
    """The member `schema` of a result object; empty if there is none."""
    try:
        members = json.loads(objects.read(result_uri)) if result_uri else {}
    except (ObjectError, ValueError):
        return []
    schema = members.get("schema") if isinstance(members, dict) else None
    return [column for column in schema or [] if isinstance(column, dict) and "column" in column]


def strangers(objects: ObjectStore, attempt: LiveAttempt) -> list[str]:
    """Files in the folder of an attempt that are not data. A reader of the whole folder would read them."""
    names = {uri.rpartition("/")[2] for uri in attempt.files}
    return [
        file.name for file in objects.sizes(attempt.folder) if file.name not in names and not file.name.startswith((".", "_"))
    ]


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
