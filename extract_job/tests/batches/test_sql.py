# ruff: noqa: S608 - the values are those of the tests
"""The SQL for SQL Server and Oracle, parsed in their dialects by sqlglot, with any name of a column or a table."""

import logging
from importlib import import_module

import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from extract_job.databases.mapping import Column
from extract_job.databases.names import quoted
from extract_job.databases.oracle.watermark import OracleWatermark
from extract_job.databases.sqlserver.watermark import SqlServerWatermark
from extract_job.databases.tables import SourceTable
from extract_job.errors import JobError
from extract_job.marks import MarkType, Watermark

DIALECTS = {"sqlserver": "tsql", "oracle": "oracle"}
UNPARSED = ("XMLSERIALIZE", "JSON_SERIALIZE", "FROM_VECTOR")
"""Functions of Oracle whose clauses sqlglot 30.30 does not know."""
LINES = [
    (engine, line, sql)
    for engine in DIALECTS
    for mapping in [import_module(f"extract_job.databases.{engine}.mapping").MAPPING]
    for line in [*mapping.lines, mapping.others]
    for sql in sorted({line.value, line.text or mapping.text})
    if not sql.startswith(UNPARSED)
]
NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=20)
TABLES = NAMES.filter(lambda name: not name.startswith("#"))  # sqlglot reads the sign of a temporary table apart, also in quotes
WATERMARKS = {"sqlserver": SqlServerWatermark, "oracle": OracleWatermark}
MARKS = {
    MarkType.INTEGER: ["-9223372036854775808", "0", "+7"],
    MarkType.DECIMAL: ["-0.5", "12345678901234567890.0123456789", ".5"],
    MarkType.DATE: ["2024-05-31"],
    MarkType.TIMESTAMP: ["2024-05-31", "2024-05-31 10:00:00", "2024-05-31T10:00:00.123456", "2024-05-31T10:00:00.1234567"],
    MarkType.STRING: ["", "it's", "a'; DROP TABLE t --", "ö\\"],
}
CASES = [
    (engine, kind, base, mark)
    for engine, watermark in WATERMARKS.items()
    for kind, bases in watermark.types.items()
    for base in sorted(bases)
    for mark in MARKS[kind]
]


@pytest.fixture(autouse=True)
def quiet():
    logging.getLogger("sqlglot").setLevel(logging.ERROR)


def parsed(sql, engine):
    return sqlglot.parse_one(sql, dialect=DIALECTS[engine])


@pytest.mark.parametrize(("engine", "line", "sql"), LINES)
def test_each_expression_is_parsed_with_one_column(engine, line, sql):
    expression = sql.replace("{}", quoted('a "b'))
    select = parsed(f'SELECT {expression} AS "x" FROM "s"."t"', engine)
    assert {name.name for name in select.find_all(exp.Identifier) if " " in name.name} == {'a "b'}, line
    assert select.selects[0].alias == "x"


@settings(max_examples=40)
@given(column=NAMES, table=TABLES, engine=st.sampled_from(sorted(DIALECTS)))
def test_any_name_stays_one_name(column, table, engine):
    mapping = import_module(f"extract_job.databases.{engine}.mapping").MAPPING
    read = mapping.column("t", column, "x", "NUMBER" if engine == "oracle" else "datetime2", digits=(5, 2))
    select = parsed(f"SELECT {read.expression} FROM {quoted(table)}", engine)
    assert [node.name for node in select.find_all(exp.Column)] == [column]
    assert (select.selects[0].alias, select.find(exp.Table).name) == (column, table)


@pytest.mark.parametrize(("engine", "kind", "base", "mark"), CASES)
def test_the_conditions_of_all_marks_are_parsed(engine, kind, base, mark):
    table = SourceTable("t", '"s"."t"', '"s"."t"', (Column("at", base, base=base, kind=None),), None)
    watermark = WATERMARKS[engine](None, table, Watermark("at", kind, None, None, None))
    condition = watermark.compared(">=", mark).sql
    where = parsed(f'SELECT 1 FROM "t" WHERE {condition}', engine).find(exp.GTE)
    assert {column.name for column in where.find_all(exp.Column)} == {"at"}
    texts = [literal.name for literal in where.find_all(exp.Literal, exp.National) if not literal.find_ancestor(exp.National)]
    if kind is MarkType.STRING:
        assert mark in texts or (mark == "" and "" in texts)
    parsed(f"SELECT {watermark.text_of('MAX(x)')}{watermark.nowhere}", engine)
    if kind in (MarkType.DATE, MarkType.TIMESTAMP):
        parsed(f"SELECT {watermark.text_of(watermark.now())}{watermark.nowhere}", engine)


@pytest.mark.parametrize("engine", WATERMARKS)
def test_a_mark_with_an_offset_is_refused_by_a_column_without(engine):
    base = {"sqlserver": "datetime2", "oracle": "DATE"}[engine]
    table = SourceTable("t", '"t"', '"t"', (Column("at", base, base=base, kind=None),), None)
    watermark = WATERMARKS[engine](None, table, Watermark("at", MarkType.TIMESTAMP, None, None, None))
    with pytest.raises(JobError, match="set a mark without an offset"):
        watermark.compared(">=", "2024-05-31 10:00:00+02:00")


@pytest.mark.parametrize(
    ("engine", "base", "sql"),
    [
        ("sqlserver", "datetimeoffset", "CONVERT(datetimeoffset(7), N'2024-05-31 08:00:00 +00:00')"),
        ("oracle", "TIMESTAMP WITH TIME ZONE",
         "FROM_TZ(TO_TIMESTAMP('2024-05-31 08:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.FF6'), 'UTC')"),
    ],
)  # fmt: skip
def test_an_instant_is_compared_in_utc(engine, base, sql):
    table = SourceTable("t", '"t"', '"t"', (Column("at", base, base=base, kind=None),), None)
    watermark = WATERMARKS[engine](None, table, Watermark("at", MarkType.TIMESTAMP, None, None, None))
    assert watermark.compared("<=", "2024-05-31 10:00:00+02:00").sql == f'"at" <= {sql}'
