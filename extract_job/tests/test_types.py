"""Declared types of SQLite: their Arrow types, their values, and the message about a misfit."""

import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal

import duckdb
import pytest

from extract_job.databases.mapping import Kind
from extract_job.databases.sqlite.columns import column_of
from extract_job.errors import JobError

D = Decimal
SECOND = datetime(2024, 5, 31, 23, 59, 59)  # noqa: DTZ001 - a timestamp without a zone is meant
MICRO = datetime(2024, 5, 31, 23, 59, 59, 120000)  # noqa: DTZ001
INSTANT = datetime(2024, 5, 31, 21, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("declared", "arrow", "values", "expected"),
    [
        ("INTEGER", "int64", [1, -(2**63), 2**63 - 1, None], [1, -(2**63), 2**63 - 1, None]),
        ("BIGINT", "int64", [2**40], [2**40]),
        ("unsigned big int", "int64", [7], [7]),
        ("TINYINT(1)", "int64", [1], [1]),
        ("BOOLEAN", "bool", [0, 1, None, "true", "FALSE"], [False, True, None, True, False]),
        ("bool", "bool", [1, None], [True, None]),
        ("REAL", "double", [1.5, 2, None, float("inf")], [1.5, 2.0, None, float("inf")]),
        ("DOUBLE PRECISION", "double", [0.1, 5e-324, 1.7976931348623157e308], [0.1, 5e-324, 1.7976931348623157e308]),
        ("FLOAT(24)", "double", [0.1], [0.1]),
        ("DECIMAL(10,2)", "decimal128(10, 2)", [19.99, 5, None, -0.01], [D("19.99"), D("5.00"), None, D("-0.01")]),
        ("DECIMAL(10, 2)", "decimal128(10, 2)", [0.1 + 0.2, 1.1 + 2.2], [D("0.30"), D("3.30")]),
        ("NUMERIC(18,8)", "decimal128(18, 8)", [1e-08, 1234567890.12345678], [D("0.00000001"), D("1234567890.12345670")]),
        ("DECIMAL(5)", "decimal128(5, 0)", [12345], [D(12345)]),
        ("NUMERIC", "decimal128(38, 18)", [1.25, 10**15], [D("1.25"), D(10**15)]),
        ("NUMBER(38,0)", "decimal128(38, 0)", [2**62, 1e20], [D(2**62), D(10**20)]),
        ("DECIMAL(60,3)", "decimal256(60, 3)", [1.5, 1e40], [D("1.500"), D(10**40)]),
        ("DATE", "date32[day]", ["2024-02-29", None, "0001-01-01"], [date(2024, 2, 29), None, date(1, 1, 1)]),
        ("TIMESTAMP", "timestamp[us]", ["2024-05-31 23:59:59", None, "2024-05-31T23:59:59.12"], [SECOND, None, MICRO]),
        ("DATETIME", "timestamp[us]", ["2024-05-31 23:59:59"], [SECOND]),
        ("TIMESTAMP WITHOUT TIME ZONE(6)", "timestamp[us]", ["2024-05-31 23:59:59"], [SECOND]),
        ("TIMESTAMPTZ", "timestamp[us, tz=UTC]", ["2024-05-31 23:59:59+02:00", "2024-05-31T21:59:59Z"], [INSTANT, INSTANT]),
        ('"TIMESTAMP(6) WITH TIME ZONE"', "timestamp[us, tz=UTC]", ["2024-05-31 23:59:59+02"], [INSTANT]),
        (
            "TIMESTAMP",
            "timestamp[us, tz=UTC]",
            [None, "2024-05-31T21:59:59Z", "2024-05-31 16:59:59-05:00"],
            [None, INSTANT, INSTANT],
        ),
        ("TEXT", "string", ["", None, "a\x00b", "ünï ✓"], ["", None, "a\x00b", "ünï ✓"]),
        ("VARCHAR(10)", "string", ["longer than ten"], ["longer than ten"]),
        ("JSON", "string", ['{"a": 1}', 5], ['{"a": 1}', "5"]),
        ("UUID", "string", ["6f1c"], ["6f1c"]),
        ("INTERVAL", "string", ["1 day"], ["1 day"]),
        ("", "string", ["x", 5, 1.5, None], ["x", "5", "1.5", None]),
        ("BLOB", "binary", [b"\x00\xff", b"", None], [b"\x00\xff", b"", None]),
        ("VARBINARY(16)", "binary", [b"x"], [b"x"]),
    ],
)
def test_declared_types(database, job, declared, arrow, values, expected):  # noqa: PLR0917 - a case has its parts
    database(f"CREATE TABLE t (c {declared})", "INSERT INTO t VALUES (?)", [(value,) for value in values])
    done = job()
    assert (done.code, done.errors[2:]) == (0, [])
    assert str(done.table.schema.field("c").type) == arrow
    assert done.table["c"].to_pylist() == expected
    if not arrow.startswith("decimal256"):  # DuckDB's decimals end at 38 digits
        assert by_duckdb(done, arrow) == [
            value.replace(tzinfo=None) if arrow == INSTANTS and value else value for value in expected
        ]


INSTANTS = "timestamp[us, tz=UTC]"


def by_duckdb(done, arrow):
    """The column as DuckDB reads it, without Arrow; instants without their zone, which is UTC."""
    column = "make_timestamp(epoch_us(c))" if arrow == INSTANTS else "c"
    files = [str(done.folder / file["name"]) for file in done.result["files"]]
    with duckdb.connect() as connection:
        rows = connection.execute(f"SELECT {column} FROM read_parquet(?)", [files]).fetchall()  # noqa: S608 - ours
    return [value for (value,) in rows]


REMEDY = "fix the value, or read the column as text with --text_columns c"


@pytest.mark.parametrize(
    ("declared", "value", "message"),
    [
        ("INTEGER", "abc", "'abc' is text, not an integer"),
        ("INTEGER", 1.5, "1.5 is a real, not an integer"),
        ("INTEGER", b"x", "b'x' is a blob, not an integer"),
        ("BOOLEAN", 2, "2 is not 0, 1, 'true' or 'false'"),
        ("BOOLEAN", "yes", "'yes' is not 0, 1, 'true' or 'false'"),
        ("BOOLEAN", 0.5, "0.5 is not 0, 1, 'true' or 'false'"),
        ("BOOLEAN", b"1", "b'1' is not 0, 1, 'true' or 'false'"),
        ("REAL", "abc", "'abc' is text, not a real"),
        ("DECIMAL(10,2)", 1.234, "1.234 has more than 2 digits after the point"),
        ("DECIMAL(5,2)", 1000, "1000 has more than 3 digits before the point"),
        ("DECIMAL(5,2)", 1e300, "1e+300 has more than 3 digits before the point"),
        ("DECIMAL", 1e30, "1e+30 has more than 20 digits before the point"),
        (
            "NUMERIC",
            "1000000000000000000000000000001",
            "1e+30 has more than 20 digits before the point",
        ),  # SQLite makes it a real
        ("DECIMAL(60,3)", 1e70, "1e+70 has more than 57 digits before the point"),
        ("DECIMAL(10,2)", "1,5", "'1,5' is not a decimal number"),
        ("DECIMAL(10,2)", "NaN", "'NaN' is not a decimal number"),
        ("DECIMAL(10,2)", float("inf"), "inf is not a decimal number"),
        ("DECIMAL(10,2)", b"1", "b'1' is not a decimal number"),
        ("DATE", "2024-02-30", "'2024-02-30' is not a date like 2024-05-31"),
        ("DATE", "0000-01-01", "'0000-01-01' is outside the years 1 to 9999"),
        ("TIMESTAMP", "0000-12-31 23:59:59", "'0000-12-31 23:59:59' is outside the years 1 to 9999"),
        ("TIMESTAMPTZ", "0001-01-01 00:00:00+01:00", "'0001-01-01 00:00:00+01:00' is outside the years 1 to 9999"),
        ("TIMESTAMPTZ", "9999-12-31 23:59:59-01:00", "'9999-12-31 23:59:59-01:00' is outside the years 1 to 9999"),
        ("DATE", "31.05.2024", "'31.05.2024' is not a date like 2024-05-31"),
        ("DATE", "2024-05-31 00:00:00", "'2024-05-31 00:00:00' is not a date like 2024-05-31"),
        ("DATE", 1717113600, "1717113600 is an integer, not text"),
        (
            "TIMESTAMP",
            "yesterday",
            (
                "'yesterday' is not a timestamp like 2024-05-31 23:59:59.123456 "
                "(without an offset: the first values of the column have none)"
            ),
        ),
        (
            "TIMESTAMPTZ",
            "2024-05-31 10:00:00",
            (
                "'2024-05-31 10:00:00' is not a timestamp like 2024-05-31 23:59:59.123456+02:00 "
                "(with an offset or Z: the column holds instants)"
            ),
        ),
        ("TEXT", b"x", "b'x' is a blob, not text"),
        ("BLOB", "x", "'x' is text, not a blob"),
        ("BLOB", "x" * 200, f"'{'x' * 76}… is text, not a blob"),
    ],
)
def test_a_value_that_does_not_fit_is_reported_with_its_row(database, job, declared, value, message):
    good = {"TEXT": "x", "BLOB": b"x"}.get(declared)
    database(f"CREATE TABLE t (id INTEGER PRIMARY KEY, c {declared})", "INSERT INTO t VALUES (?, ?)", [(3, good), (17, value)])
    done = job()
    assert (done.code, done.left) == (1, [])
    assert done.errors[1:] == [f"extract_job: table 't', column 'c' ({declared}), rowid 17: {message}; {REMEDY}"]


def test_mixed_offsets_in_a_plain_timestamp_are_refused(database, job):
    rows = [(1, "2024-05-31 10:00:00"), (2, "2024-05-31T10:00:00Z")]
    database("CREATE TABLE t (id INTEGER PRIMARY KEY, c TIMESTAMP)", "INSERT INTO t VALUES (?, ?)", rows)
    assert job().errors[1] == (
        "extract_job: table 't', column 'c' (TIMESTAMP), rowid 2: '2024-05-31T10:00:00Z' is not a timestamp like "
        f"2024-05-31 23:59:59.123456 (without an offset: the first values of the column have none); {REMEDY}"
    )


def test_without_a_rowid_the_message_names_no_row(database, job):
    database("CREATE TABLE t (id TEXT PRIMARY KEY, c INTEGER) WITHOUT ROWID", "INSERT INTO t VALUES (?, ?)", [("a", "x")])
    assert job().errors[1] == f"extract_job: table 't', column 'c' (INTEGER): 'x' is text, not an integer; {REMEDY}"


def test_text_columns_are_read_as_text(database, job):
    rows = [(1, "abc"), (2, 5), (3, 1.5), (4, None)]
    database("CREATE TABLE t (id INTEGER PRIMARY KEY, c DECIMAL(9,2))", "INSERT INTO t VALUES (?, ?)", rows)
    assert job(text_columns="C").rows == [(1, "abc"), (2, "5"), (3, "1.5"), (4, None)]


def test_text_that_is_not_utf8_is_reported_with_its_row(database, job):
    path = database("CREATE TABLE t (id INTEGER PRIMARY KEY, c TEXT)", "INSERT INTO t VALUES (?, ?)", [(1, "fine")])
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO t VALUES (9, CAST(x'4dfc6c6c' AS TEXT))")
        connection.commit()
    done = job()
    assert (done.code, done.left) == (1, [])
    assert done.errors[1:] == [
        (
            "extract_job: table 't', column 'c' (TEXT), rowid 9: b'M\\xfcll' is stored as text and is not UTF-8; "
            "fix the value in the database"
        )
    ]


@pytest.mark.parametrize("declared", ["DECIMAL(77,2)", "DECIMAL(5,6)", "DECIMAL(0,0)", "NUMERIC(5,-1)"])
def test_a_decimal_that_parquet_cannot_hold_is_refused(declared):
    with pytest.raises(JobError) as caught:
        column_of("t", "c", declared)
    assert str(caught.value) == (
        f"table 't', column 'c': {declared} does not fit into Parquet, whose decimals have 1 to 76 digits, up to all of them "
        "after the point; read it as text with --text_columns c"
    )


@pytest.mark.parametrize(
    ("declared", "kind"),
    [
        ("POINT", Kind.TEXT),
        ("CHARINT", Kind.BIGINT),
        ("weird (stuff", Kind.TEXT),
        ("NVARCHAR(100)", Kind.TEXT),
        ("DEC", Kind.DECIMAL),
    ],
)
def test_names_have_precedence_over_affinity(declared, kind):
    assert column_of("t", "c", declared).kind is kind
