"""The columns of an extract, and what has changed since the last committed attempt.

Files of one table are read together. So an increment whose files would be misread beside those of
its base is refused before a row is read.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from extract_job.databases.mapping import Column
from extract_job.errors import FailureClass, JobError
from extract_job.result import ResultColumn

_INTEGERS = ("int8", "int16", "int32", "int64")
_DECIMAL = re.compile(r"decimal(?:128|256)\((\d+), (\d+)\)")


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs from the schema of the last committed attempt, as sentences.

    `refused` are those that no reader can bridge: the files of both attempts cannot be read together. `by_config` are those
    that the config has made, with `metadata_columns`: the source has not changed, and they are not among `all`.
    """

    all: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    by_config: tuple[str, ...] = ()


def result_columns(columns: Iterable[Column], schema: Any) -> tuple[ResultColumn, ...]:
    """Return the result's member `schema`; the Arrow types are those of the files."""
    return tuple(
        ResultColumn(column.name, column.declared, str(schema.field(column.name).type), column.nullable) for column in columns
    )


def changes_since(last: Mapping[str, Any], table: str, columns: Sequence[ResultColumn]) -> Changes:
    """Compare with the members of the last result; one without a schema, or of another table, has no changes."""
    before = _columns(last.get("schema")) if last.get("table") == table else None
    if before is None:
        return Changes()
    old, old_metadata = _apart(before)
    new, new_metadata = _apart(columns)
    sentences = [f"column {name!r} ({_declared(column)}) was added" for name, column in new.items() if name not in old]
    sentences += [f"column {name!r} ({_declared(column)}) was dropped" for name, column in old.items() if name not in new]
    refused = []
    for name in (name for name in new if name in old):
        for sentence, readable in _changed(old[name], new[name]):
            sentences.append(sentence)
            if not readable:
                refused.append(sentence)
    for sentence in _misread({**old, **old_metadata}, {**new, **new_metadata}):
        sentences.append(sentence)
        refused.append(sentence)
    order, order_before = [name for name in new if name in old], [name for name in old if name in new]
    if order != order_before:
        sentences.append(f"the columns have another order: {', '.join(order)} (before: {', '.join(order_before)})")
    return Changes(tuple(sentences), tuple(refused), tuple(_by_config(old_metadata, new_metadata)))


def _apart(columns: Iterable[ResultColumn]) -> tuple[dict[str, ResultColumn], dict[str, ResultColumn]]:
    """Return the columns of the source and those of `metadata_columns`, by their names."""
    columns = list(columns)
    return (
        {column.column: column for column in columns if column.holds is None},
        {column.column: column for column in columns if column.holds is not None},
    )


def _misread(old: Mapping[str, ResultColumn], new: Mapping[str, ResultColumn]) -> Iterator[str]:
    """Yield the metadata columns whose name had another type in the files of the last attempt, and the reverse."""
    for name, column in new.items():
        before = old.get(name)
        if before and (before.holds or column.holds) and not read_together(before.arrow, column.arrow):
            yield f"column {name!r} has another type in the files (metadata_columns): {before.arrow} to {column.arrow}"


def _by_config(old: Mapping[str, ResultColumn], new: Mapping[str, ResultColumn]) -> Iterator[str]:
    for name, column in new.items():
        if name not in old:
            yield f"column {name!r} ({column.holds}) was added"
        elif old[name].holds != column.holds:
            yield f"column {name!r} holds {column.holds} (before: {old[name].holds})"
    for name, column in old.items():
        if name not in new:
            yield f"column {name!r} ({column.holds}) was dropped"


def check(table: str, changes: Changes, rule: str, *, incremental: bool) -> None:
    """Raise `JobError` if the changes do not pass; `rule` is the value of `--on_schema_change`."""
    if rule == "fail" and changes.all:
        raise JobError(
            f"table {table!r}: the schema has changed: {'; '.join(changes.all)}. Nothing was read. To accept the change, set "
            "on_schema_change: warn, or begin a new base with --reingest",
            FailureClass.CONFIG,
        )
    if rule == "warn" and incremental and changes.refused:
        raise JobError(
            f"table {table!r}: {'; '.join(changes.refused)}. Readers would misread the new files beside the committed ones, or "
            "refuse them. Nothing was read. Begin a new base with --reingest, or set on_schema_change: allow",
            FailureClass.CONFIG,
        )


def read_together(before: str, now: str) -> bool:
    """Return whether readers merge files with these Arrow types without a wrong value.

    Tried with DuckDB 2.0 and pyarrow 26, in both orders of the files, with and without union_by_name
    (tests/test_schema_readers.py): wider integers, and decimals with more digits before the point,
    are read exactly or refused. All other pairs can be misread: DuckDB takes the types of the first
    file, and rounds decimals of another scale, doubles beside floats and times beside dates. Spark
    merges wider types since 4.0 (SPARK-40876); before, it refuses them.
    """
    if before == now:
        return True
    if before in _INTEGERS and now in _INTEGERS:
        return _INTEGERS.index(before) < _INTEGERS.index(now)
    old, new = _DECIMAL.fullmatch(before), _DECIMAL.fullmatch(now)
    return bool(old and new and old[2] == new[2] and int(old[1]) < int(new[1]) and int(new[1]) <= 38)


def _changed(old: ResultColumn, new: ResultColumn) -> Iterator[tuple[str, bool]]:
    """Yield what differs in one column, and whether readers can read both files together."""
    if old.arrow != new.arrow:
        types = f"{_declared(old)} to {_declared(new)}" if old.declared != new.declared else f"{_declared(new)} as before"
        sentence = f"column {new.column!r} has another type: {types}, in the files {old.arrow} to {new.arrow}"
        yield sentence, read_together(old.arrow, new.arrow)
    elif old.declared != new.declared:
        yield (
            f"column {new.column!r} has another type: {_declared(old)} to {_declared(new)}, in the files {new.arrow} as before",
            True,
        )
    if old.nullable != new.nullable:
        yield f"column {new.column!r} can {'now' if new.nullable else 'no longer'} be NULL", True


def _declared(column: ResultColumn) -> str:
    return column.declared or "no type declared"


def _columns(members: object) -> list[ResultColumn] | None:
    """Read the member `schema` of a result; None if it has another form."""
    if not isinstance(members, list):
        return None
    columns = []
    for member in members:
        if not isinstance(member, dict):
            return None
        values = [member.get(key) for key in ("column", "declared", "arrow")]
        if not all(isinstance(value, str) for value in values) or not isinstance(member.get("nullable"), bool):
            return None
        name, declared, arrow = map(str, values)
        holds = member.get("holds")
        columns.append(ResultColumn(name, declared, arrow, member["nullable"], holds if isinstance(holds, str) else None))
    return columns
