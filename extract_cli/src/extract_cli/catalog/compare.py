"""Compares a config with its database: tables and columns that only one of them has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from extract_cli.catalog.names import quoted_name
from extract_core.plan.source_planner import Planner
from extract_core.wording import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extract_cli.catalog.names import Place
    from extract_cli.catalog.tables import Database, Table
    from extract_core.config.model import SourceConfig
    from extract_core.errors import Finding
    from extract_core.registry.installed import Registry

_COLUMNS: Final = ("watermark.column", "partition_column", "columns", "exclude_columns", "text_columns", "rename", "where")
_MOST_TOLD: Final = 20
_POSTGRESQL: Final = frozenset({"int2", "int4", "int8", "numeric"})
_MYSQL: Final = frozenset({"tinyint", "smallint", "mediumint", "int", "bigint", "year", "decimal"})
_OF_MYSQL: Final[Mapping[str, frozenset[str]]] = {
    "IntegerType": _MYSQL,
    "LongType": _MYSQL,
    "DecimalType": _MYSQL | {"double"},
    "DateType": frozenset({"date"}),
    "TimestampType": frozenset({"datetime", "timestamp", "date"}),
    "StringType": frozenset({"char", "varchar", "tinytext", "text", "mediumtext", "longtext", "uuid"}),
}
_WHOLE: Final = frozenset({"tinyint", "smallint", "int", "bigint"})
_OF_SQLSERVER: Final[Mapping[str, frozenset[str]]] = {
    "IntegerType": _WHOLE | {"decimal", "numeric"},
    "LongType": _WHOLE | {"decimal", "numeric"},
    "DecimalType": _WHOLE | {"decimal", "numeric", "money", "smallmoney", "real", "float"},
    "DateType": frozenset({"date"}),
    "TimestampType": frozenset({"datetime2", "datetime", "smalldatetime", "datetimeoffset", "date"}),
    "StringType": frozenset({"char", "varchar", "nchar", "nvarchar"}),
}
MARKS: Final[Mapping[str, Mapping[str, frozenset[str]]]] = {
    "postgres": {
        "IntegerType": _POSTGRESQL | {"oid"},
        "LongType": _POSTGRESQL | {"oid"},
        "DecimalType": _POSTGRESQL | {"float4", "float8"},
        "DateType": frozenset({"date"}),
        "TimestampType": frozenset({"timestamp", "timestamptz", "date"}),
        "StringType": frozenset({"text", "varchar", "bpchar", "name"}),
    },
    "mysql": _OF_MYSQL,
    "mariadb": _OF_MYSQL,
    "sqlserver": _OF_SQLSERVER,
    "oracle": {
        "IntegerType": frozenset({"NUMBER"}),
        "LongType": frozenset({"NUMBER"}),
        "DecimalType": frozenset({"NUMBER", "FLOAT"}),
        "DateType": frozenset(),
        "TimestampType": frozenset({"DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "TIMESTAMP WITH LOCAL TIME ZONE"}),
        "StringType": frozenset({"CHAR", "NCHAR", "VARCHAR2", "NVARCHAR2"}),
    },
}
"""By database: the types that can hold marks of a type, as in the reference job. SQLite stores any value in any column."""


def compare(config: SourceConfig, registry: Registry, database: Database) -> tuple[list[Finding], list[str]]:
    """Complaints about the config, and notes of tables that it lacks. Tables with other findings are compared by name alone."""
    planner = Planner(config, None, registry)
    there = {table.place: table for table in database.tables}
    findings: list[Finding] = []
    named: dict[Place, str] = {}
    notes = []
    for name in config.tables:
        places = database.names.meant(name)
        if len(places) != 1:
            findings.append(config.text.finding(("extract", "tables", name), _not_one(name, places, database), of_key=True))
            continue
        table = there[places[0]]
        if table.place in named:
            notes.append(f"{config.text.file}: {named[table.place]} and {name} are the same table of the database")
        named[table.place] = name
        planned = planner.read(name)
        core = {} if isinstance(planned, list) else planned[0].core
        if refusal := _refused(table, core):
            findings.append(config.text.finding(("extract", "tables", name), refusal, of_key=True))
        columns = [column.name for column in table.columns]
        for key in _COLUMNS:
            findings += [
                config.text.finding(planner.tiers.origin(key, name, planner.job_type_of(name)), wrong)
                for wrong in _missing(database.engine, core.get(key), columns)
            ]
        if wrong := _wrong_marks(database.engine, table, core, columns):
            origin = planner.tiers.origin("watermark.type", name, planner.job_type_of(name))
            findings.append(config.text.finding(origin, wrong))
    new = [table.name for table in database.tables if table.place not in named and table.refusal is None]
    return findings, notes + _new(config.text.file, new)


def _not_one(name: str, places: Sequence[Place], database: Database) -> str:
    if places:
        return f"means {len(places)} tables of the database; write the one to be read: {' or '.join(map(quoted_name, places))}"
    hint = did_you_mean(name, [table.name for table in database.tables]) or "; leave it out, or let this user see it"
    return f"the database has no such table{hint}"


def _refused(table: Table, core: Mapping[str, object]) -> str | None:
    """Why a job of this user could not read the table."""
    if table.refusal is not None:
        return table.refusal
    if not table.columns:
        return "the table has no columns to read; leave it out"
    return table.hides_rows if core.get("row_security", "refuse") == "refuse" else None


def _missing(engine: str, value: object, columns: Sequence[str]) -> list[str]:
    """Say for each column that a key names and the table lacks what is wrong. The value is one name, or a collection of names."""
    fold = str if engine == "postgres" else str.lower
    known = set(map(fold, columns))
    if isinstance(value, str):
        wrong, verb = [value] if fold(value) not in known else [], "is"
    else:
        wrong, verb = [name for name in value if fold(name) not in known] if isinstance(value, Iterable) else [], "names"
    return [f"{verb} {name!r}, and the table has no such column{did_you_mean(name, columns)}" for name in wrong]


def _wrong_marks(engine: str, table: Table, core: Mapping[str, object], columns: Sequence[str]) -> str | None:
    """Why the type of the watermark does not fit its column: what the job would refuse."""
    name, kind, marks = core.get("watermark.column"), str(core.get("watermark.type")), MARKS.get(engine, {})
    if name not in columns or kind not in marks or core.get("extract_type", "FE") == "FE":
        return None
    column = table.column(str(name))
    if column.base in marks[kind]:
        return None
    fitting = sorted(other for other, types in marks.items() if column.base in types)
    remedy = f"write {' or '.join(fitting)}" if fitting else "use another column, or extract_type: FE"
    return f"is {kind!r}, but {column.name!r} is {column.type}, which cannot hold such marks; {remedy}"


def _new(file: str, names: list[str]) -> list[str]:
    if not names:
        return []
    listed = ", ".join(names[:_MOST_TOLD]) + (f" and {len(names) - _MOST_TOLD:,} more" if len(names) > _MOST_TOLD else "")
    return [f"{file}: {len(names):,} of the database's tables and views {'is' if len(names) == 1 else 'are'} not in it: {listed}"]
