"""What a config could say of a table, from its catalog entry alone: key, watermark, parts. A proposal, with its reasons."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from extract_cli.catalog.tables import Column, Table

LARGE: Final = 1_000_000
"""Rows from which on a table has a job, or several readers, for itself; smaller ones share a job."""

_CHANGED: Final = re.compile(
    r"(last_?)?(updated?|modified|modification|changed?|edited|touched)(_?(at|on|time|ts|timestamp|date|datetime|utc))?|(last_?)?mtime"
    r"|(row|record|sys|system|dw|etl)_?(updated?|modified|changed)(_?(at|on|time|ts|timestamp))?|last_?(update|change|modification)"
    r"|(updated?|modified|modification|change|update)_?(at|date|time|ts|timestamp|datetime)"
)
_ADDED: Final = re.compile(
    r"(created?|inserted?|added|loaded|ingested|occurred|event|logged|received|recorded)(_?(at|on|time|ts|timestamp|date|datetime|utc))?"
    r"|(creation|insert|event)_?(date|time|ts|timestamp)"
)
_ANY_TIME: Final = re.compile(r"\w+_(at|on|time|ts|timestamp|date|datetime|utc)|time|ts|timestamp|date")
_TYPES: Final = {
    **dict.fromkeys(("timestamp", "timestamp with time zone", "timestamptz", "timestamp with local time zone"), "timestamp"),
    **dict.fromkeys(("datetime", "datetime2", "smalldatetime", "datetimeoffset", "date with time"), "timestamp"),
    "date": "date",
    **dict.fromkeys(("smallint", "integer", "int", "int2", "int4", "tinyint", "mediumint"), "integer"),
    **dict.fromkeys(("bigint", "int8"), "long"),
}
_TIMES: Final = frozenset({"timestamp", "date"})


@dataclass(frozen=True, slots=True)
class Proposal:
    """The keys of a table in a config, and notes for the person who decides."""

    keys: Mapping[str, str | bool | Mapping[str, str]]
    notes: tuple[str, ...]


def propose(table: Table, *, splits: bool = False) -> Proposal:
    """The proposal for one table. Without a column that says when a row changed, it is read whole.

    `splits`: several connections of the job can read one table of this database.
    """
    keys: dict[str, str | bool | dict[str, str]] = {}
    notes = [_size(table), *table.notes]
    unfit = [column for column in times(table.columns) if column.is_empty or column.ahead is not None]
    changed = _best(table, _CHANGED)
    if changed is not None:
        watermark = {"column": changed.name, "type": _TYPES[changed.type]}
        if changed.type == "date":
            watermark["lag"] = "1d"
            notes.append(f"{changed.name} is a date: the last day is read again, because its rows may change later")
        keys |= {"extract_type": "PE", "watermark": watermark}
        if changed.nullable:
            notes.append(f"rows whose {changed.name} is NULL are read by the first run only")
        if not changed.indexed:
            notes.append(f"no index begins with {changed.name}: each run scans the table")
    else:
        notes += [_why_not(column) for column in unfit if _CHANGED.fullmatch(_snake(column.name))]
        added = _best(table, _ADDED) or _best(table, _ANY_TIME)
        if added is not None:
            column = json.dumps(added.name, ensure_ascii=False) if re.search(r"\W", added.name) else added.name
            hint = f"{{extract_type: PE, watermark: {{column: {column}, type: {_TYPES[added.type]}}}}}"
            notes.append(f"if its rows never change: {hint}")
    if is_large(table):
        keys |= {"num_partitions": "auto"} if splits else {"share": False}
    return Proposal(keys, tuple(notes))


def is_large(table: Table) -> bool:
    """Whether it has too many rows to share a job with others. A table without statistics may have."""
    return table.rows is None or table.rows >= LARGE


def times(columns: Iterable[Column]) -> list[Column]:
    """The columns that could be a watermark: of a time or date, and named like one. What readers look into."""
    wanted = (_CHANGED, _ADDED, _ANY_TIME)
    return [
        column
        for column in columns
        if _TYPES.get(column.type) in _TIMES and any(names.fullmatch(_snake(column.name)) for names in wanted)
    ]


def _size(table: Table) -> str:
    number = "many" if table.rows is None else f"{table.rows:,}"
    rows = f"{number} row{'' if table.rows == 1 else 's'}{', and no statistics' if table.rows is None else ''}"
    key = f"key: {', '.join(table.key)}{'' if table.is_primary else ' (unique and never NULL)'}"
    return f"{rows}; {key if table.key else 'no primary key'}"


def _why_not(column: Column) -> str:
    if column.is_empty:
        return f"{column.name} is NULL in every row, so each run reads the whole table"
    return f"{column.name} reaches {column.ahead}, in the future: as a watermark it would hide all later rows"


def _best(table: Table, names: re.Pattern[str]) -> Column | None:
    """The column of a time whose name fits: never NULL and indexed ones first, then in the table's order."""
    candidates = [
        column
        for column in times(table.columns)
        if names.fullmatch(_snake(column.name)) and not column.is_empty and column.ahead is None
    ]
    return min(candidates, key=lambda column: (_TYPES[column.type] == "date", column.nullable, not column.indexed), default=None)


def _snake(name: str) -> str:
    """``LastUpdatedAt`` and ``Last Updated At`` as ``last_updated_at``."""
    return re.sub(r"[\W_]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)).strip("_").lower()
