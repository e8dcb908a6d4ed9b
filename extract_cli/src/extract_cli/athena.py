"""The definition of a table in Athena (and so in the Glue catalog) over the files that hold its rows now.

Each live attempt has a folder, which becomes a partition. Sources: Athena user guide, "CREATE TABLE" (names of types; "EXTERNAL";
names are in lower case, with no special characters but underscores), "ALTER TABLE ADD PARTITION".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from extract_core.athena import PARTITION, athena_name, athena_type, partition_of
from extract_core.errors import ObjectError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extract_core.contract import LiveAttempt
    from extract_core.objects.store import ObjectStore


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
    table = _quoted(athena_name(name))
    create = (
        f"CREATE EXTERNAL TABLE {table} (\n" + ",\n".join(lines) + f"\n)\nPARTITIONED BY ({PARTITION} string)\n"
        f"STORED AS PARQUET\nLOCATION {_text(location)};"
    )
    partitions = "\n".join(
        f"  PARTITION ({PARTITION} = {_text(partition_of(attempt))}) LOCATION {_text(attempt.folder)}" for attempt in live
    )
    return f"DROP TABLE IF EXISTS {table};\n\n{create}\n\nALTER TABLE {table} ADD\n{partitions};", left_out


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
    names = {uri.removeprefix(attempt.folder) for uri in attempt.files}
    return [
        file.name
        for file in objects.sizes(attempt.folder)
        if file.name not in names and not file.name.rpartition("/")[2].startswith((".", "_"))
    ]


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
