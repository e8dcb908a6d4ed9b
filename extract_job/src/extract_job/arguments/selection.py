"""The arguments that choose columns and rows: JSON texts, because names may hold any character.

The config writes `columns: [id, name]` and `where: {country: [DE, AT], amount: {">=": 10}}`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from extract_job.errors import ArgumentError

Values: TypeAlias = "str | tuple[str | None, ...] | None"
"""What a column is compared with: a text, NULL, or several of them."""

OVERFLOWS = ("fail", "text", "double")
METADATA = ("run_id", "attempt", "extracted_at", "source", "table", "server_time")
"""What a metadata column can hold: see `metadata.metadata_columns`."""
OPERATORS = ("=", "!=", "<", "<=", ">", ">=", "like")


@dataclass(frozen=True, slots=True)
class Partition:
    """One level of folders: `key=value/`, by the values of a column of the files, or by their days in UTC."""

    key: str
    column: str
    by_day: bool = False


@dataclass(frozen=True, slots=True)
class Selection:
    """What the files hold of a table. The names are those of the database.

    `columns`: these, in this order; empty: all. `where` has comparisons for each column, and all of them must
    hold. `rename` gives columns another name in the files.
    """

    columns: tuple[str, ...] = ()
    exclude_columns: tuple[str, ...] = ()
    text_columns: tuple[str, ...] = ()
    rename: Mapping[str, str] = field(default_factory=dict)
    where: Mapping[str, tuple[tuple[str, Values], ...]] = field(default_factory=dict)
    decimal_overflow: str = "fail"
    """Decimals without declared digits, or with more than a file can hold, are read as `text` or as the nearest `double`."""
    metadata_columns: Mapping[str, str] = field(default_factory=dict)
    """The names of columns that the job adds, with what each holds: one of `METADATA`."""
    hive_partitions: tuple[Partition, ...] = ()
    where_text: str | None = None
    """`where` as the argument has it; the result object repeats it."""


def selection_of(values: Mapping[str, str]) -> Selection:
    """Read the arguments; raise `ArgumentError`."""
    where, overflow = _mapping("where", values), values.get("decimal_overflow", OVERFLOWS[0])
    if overflow not in OVERFLOWS:
        raise ArgumentError(f"--decimal_overflow {overflow!r} is not one of {', '.join(OVERFLOWS)}")
    return Selection(
        columns=_names("columns", values),
        exclude_columns=_names("exclude_columns", values),
        text_columns=_names("text_columns", values),
        rename={name: _text("rename", new) for name, new in _mapping("rename", values).items()},
        where={name: _comparisons(name, value) for name, value in where.items()},
        decimal_overflow=overflow,
        metadata_columns=_metadata(_mapping("metadata_columns", values)),
        hive_partitions=_partitions(values),
        where_text=values.get("where"),
    )


def _names(key: str, values: Mapping[str, str]) -> tuple[str, ...]:
    """A JSON list of names, or names with commas between them, as older configs have them under `arguments`."""
    text = values.get(key, "").strip()
    if not text.startswith("["):
        return tuple(name.strip() for name in text.split(",") if name.strip())
    names = _json(key, text)
    if not isinstance(names, list):
        raise ArgumentError(f"--{key} {text!r} is not a JSON list of names")
    return tuple(_text(key, name) for name in names)


def _partitions(values: Mapping[str, str]) -> tuple[Partition, ...]:
    """A JSON list of columns, or of `{"name of the folder": "column"}` for the days of a column."""
    if not values.get("hive_partitions"):
        return ()
    members = _json("hive_partitions", values["hive_partitions"])
    partitions: list[Partition] = []
    for member in members if isinstance(members, list) else [members]:
        if isinstance(member, dict):
            partitions += [Partition(key, _text("hive_partitions", column), by_day=True) for key, column in member.items()]
        else:
            partitions.append(Partition(_text("hive_partitions", member), _text("hive_partitions", member)))
    keys = [partition.key.casefold() for partition in partitions]
    if len(set(keys)) < len(keys) or "" in keys:
        raise ArgumentError(f"--hive_partitions {values['hive_partitions']!r}: two folders have one name, or an empty one")
    return tuple(partitions)


def _metadata(members: Mapping[str, object]) -> dict[str, str]:
    columns: dict[str, str] = {}
    for name, holds in members.items():
        if not isinstance(holds, str) or holds not in METADATA:
            known = ", ".join(METADATA)
            raise ArgumentError(f"--metadata_columns: column {name!r}: {json.dumps(holds)} is not one of {known}")
        if not name or name.casefold() in map(str.casefold, columns):
            raise ArgumentError(f"--metadata_columns: two columns are called {name!r}, or it is empty; change one name")
        columns[name] = holds
    return columns


def _mapping(key: str, values: Mapping[str, str]) -> dict[str, object]:
    if not values.get(key):
        return {}
    members = _json(key, values[key])
    if not isinstance(members, dict):
        raise ArgumentError(f"--{key} {values[key]!r} is not a JSON object")
    return members


def _json(key: str, text: str) -> object:
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ArgumentError(f"--{key} {text!r} is not JSON: {error}") from error
    return value


def _text(key: str, value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ArgumentError(f"--{key}: {json.dumps(value)} is not a text with at least one character")
    return value


def _comparisons(name: str, value: object) -> tuple[tuple[str, Values], ...]:
    comparisons = value if isinstance(value, dict) else {"=": value}
    if not comparisons:
        raise ArgumentError(f'--where: column {name!r} has no comparison; write a value, or {{">=": value}}')
    unknown = [operator for operator in comparisons if operator not in OPERATORS]
    if unknown:
        raise ArgumentError(f"--where: column {name!r}: {unknown[0]!r} is not one of {', '.join(OPERATORS)}")
    return tuple((operator, _operand(name, operator, operand)) for operator, operand in comparisons.items())


def _operand(name: str, operator: str, value: object) -> Values:
    if isinstance(value, list):
        if operator not in ("=", "!=") or not value:
            problem = "the list is empty" if not value else f"{operator} takes one value, not a list"
            raise ArgumentError(f"--where: column {name!r}: {problem}")
        return tuple(_scalar(name, part) for part in value)
    operand = _scalar(name, value)
    if operand is None and operator not in ("=", "!="):
        raise ArgumentError(f"--where: column {name!r}: nothing is {operator} null; use = or !=")
    return operand


def _scalar(name: str, value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise ArgumentError(f"--where: column {name!r}: {json.dumps(value)} must be a text or null")
    return value
