"""The keys that choose columns and rows of a table: `where`, `rename` and `metadata_columns`, as the job gets them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from extract_core.config.json_schema import SCALAR, TEXT
from extract_core.config.values import BadValue, Reader, kind, mapping, one_of, scalar, shown, text
from extract_core.wording import did_you_mean

if TYPE_CHECKING:
    from extract_core.config.json_schema import Schema
    from extract_core.config.spots import Path
    from extract_core.contract import Json

OPERATORS: Final = ("=", "!=", "<", "<=", ">", ">=", "like")
_EQUAL: Final = ("=", "!=")
_EXAMPLE: Final = 'a value, a list of values, null, or comparisons such as {">=": 10}'

_ONE: Final[Schema] = {"anyOf": [SCALAR, {"type": "null"}]}
_SOME: Final[Schema] = {"anyOf": [SCALAR, {"type": "null"}, {"type": "array", "minItems": 1, "items": _ONE}]}
_WHERE: Final[Schema] = {
    "type": ["object", "null"],
    "additionalProperties": {
        "anyOf": [
            *_SOME["anyOf"],  # type: ignore[misc] # a list, as it is written above
            {
                "type": "object",
                "minProperties": 1,
                "additionalProperties": False,
                "properties": {operator: _SOME if operator in _EQUAL else SCALAR for operator in OPERATORS},
            },
        ]
    },
}


def _where(value: Json) -> dict[str, Json]:
    """The comparisons per column; all values as text, so that no digit is lost."""
    if isinstance(value, str):
        raise BadValue(
            f"is text ({shown(value)}), but SQL is not accepted here; write a mapping of column to {_EXAMPLE}: "
            '{country: [DE, AT], amount: {">=": 10}}'
        )
    columns: dict[str, Json] = {}
    problems: list[tuple[Path, str]] = []
    for column, wanted in mapping(value).items():
        try:
            columns[column] = _comparisons(wanted) if isinstance(wanted, dict) else _operand("=", wanted)
        except BadValue as error:
            problems += [((column, *path), message) for path, message in error.problems]
    if problems:
        raise BadValue.of(problems)
    return columns


def _comparisons(value: dict[str, Json]) -> dict[str, Json]:
    if not value:
        raise BadValue(f"has no comparison; write {_EXAMPLE}")
    problems: list[tuple[Path, str]] = []
    comparisons: dict[str, Json] = {}
    for operator, wanted in value.items():
        if operator not in OPERATORS:
            hint = did_you_mean(operator, OPERATORS) or f"; known are: {', '.join(OPERATORS)}"
            problems.append(((operator,), f"is not a comparison{hint}"))
            continue
        try:
            comparisons[operator] = _operand(operator, wanted)
        except BadValue as error:
            problems += [((operator, *path), message) for path, message in error.problems]
    if problems:
        raise BadValue.of(problems)
    return comparisons


def _operand(operator: str, value: Json) -> Json:
    if isinstance(value, list):
        if operator not in _EQUAL:
            raise BadValue(f"is a list, but {operator} compares with one value")
        if not value:
            raise BadValue("is an empty list, which no row matches; write at least one value, or leave the column out")
        return [_scalar(part) for part in value]
    if value is None and operator not in _EQUAL:
        raise BadValue(f"is nothing, and no row is {operator} null; write a value")
    return _scalar(value)


def _scalar(value: Json) -> Json:
    if value is None:
        return None
    if isinstance(value, dict | list):
        raise BadValue(f"is {kind(value)} ({shown(value)}); write {_EXAMPLE}")
    return scalar(value)


def _rename(value: Json) -> dict[str, Json]:
    """New names by the old ones, all different."""
    names: dict[str, Json] = {}
    problems: list[tuple[Path, str]] = []
    for old, new in mapping(value).items():
        try:
            names[old] = text(new)
        except BadValue as error:
            problems += [((old, *path), message) for path, message in error.problems]
            continue
        other = next((one for one, known in names.items() if known == names[old] and one != old), None)
        if other is not None:
            problems.append(((old,), f"is {shown(names[old])}, as is {other!r}; write another name for one of them"))
    if problems:
        raise BadValue.of(problems)
    return names


METADATA: Final = ("run_id", "attempt", "extracted_at", "source", "table", "server_time")


def _metadata(value: Json) -> dict[str, Json]:
    """What each added column holds, by its name; names differ in more than their case."""
    if isinstance(value, list | str):
        raise BadValue(
            f"is {kind(value)} ({shown(value)}); write a mapping of the column's name in the files to one of: "
            f"{', '.join(METADATA)}, such as {{loaded_at: extracted_at}}"
        )
    columns: dict[str, Json] = {}
    problems: list[tuple[Path, str]] = []
    for name, holds in mapping(value).items():
        try:
            columns[name] = _HOLDS(holds)
        except BadValue as error:
            problems += [((name, *path), message) for path, message in error.problems]
        other = next((one for one in columns if one != name and one.casefold() == name.casefold()), None)
        if other is not None:
            problems.append(((name,), f"is the name of two columns ({other!r} too), because readers ignore case; change one"))
        elif not name.strip():
            problems.append(((name,), "is empty; write the column's name in the files"))
    if problems:
        raise BadValue.of(problems)
    return columns


_LEVEL: Final = "write a list of columns, or {day: updated_at} for a folder per day of a column"


def _hive(value: Json) -> list[Json]:
    """The levels of folders: a column, or a mapping of the folder's name to the column whose days it holds."""
    levels: list[Json] = []
    problems: list[tuple[Path, str]] = []
    parts = [] if value is None else value if isinstance(value, list) else [value]
    for index, part in enumerate(parts):
        inside: Path = (index,) if isinstance(value, list) else ()
        if isinstance(part, list) or part is None or part == {}:
            problems.append((inside, f"is {kind(part)} ({shown(part)}); {_LEVEL}"))
            continue
        try:
            levels.append({key: text(column) for key, column in part.items()} if isinstance(part, dict) else text(part))
        except BadValue as error:
            problems += [((*inside, *path), message) for path, message in error.problems]
    keys = [key.casefold() for level in levels for key in (level if isinstance(level, dict) else [str(level)])]
    twice = next((key for key in keys if keys.count(key) > 1), None)
    if twice is not None:
        problems.append(((), f"names the folder {twice!r} twice; {_LEVEL}"))
    if problems:
        raise BadValue.of(problems)
    return levels


_DAYS: Final[Schema] = {"type": "object", "minProperties": 1, "additionalProperties": TEXT}
_LEVELS: Final[Schema] = {"anyOf": [TEXT, _DAYS]}
hive_partitions: Final = Reader(_hive, {"anyOf": [TEXT, _DAYS, {"type": "array", "items": _LEVELS}, {"type": "null"}]})
_HOLDS: Final = one_of(*METADATA)
metadata: Final = Reader(_metadata, {"type": ["object", "null"], "additionalProperties": _HOLDS.schema})
where: Final = Reader(_where, _WHERE)
rename: Final = Reader(_rename, {"type": ["object", "null"], "additionalProperties": TEXT})


def as_argument(value: object) -> str:
    """The value of a key as the job's argument: lists and mappings as JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) if isinstance(value, list | dict) else str(value)
