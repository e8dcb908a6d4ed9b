# ruff: noqa: DTZ001, PLR0917 - timestamps without a zone are meant; the values are those of the tests
"""SQL Server: the whole job on a driver that replays recorded shapes, and its SQL. Nothing here ran on a server."""

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pytest
from shared_fixtures.replayed_driver import MssqlError

TEXT = pa.large_string()
COLUMNS = [  # name, declared, base, precision, scale, bytes; Arrow type of the driver, value, type and value in the files
    ("id", "int", "int", 10, 0, 4, pa.int32(), 1, "int32", 1),
    ("tiny", "tinyint", "tinyint", 3, 0, 1, pa.int16(), 255, "int16", 255),
    ("flag", "bit", "bit", 1, 0, 1, pa.bool_(), True, "bool", True),
    ("big", "bigint", "bigint", 19, 0, 8, pa.int64(), -(2**63), "int64", -(2**63)),
    ("amount", "decimal", "decimal", 38, 10, 17, TEXT, "-9999999999999999999999999999.9999999999",
     "decimal128(38, 10)", Decimal("-9999999999999999999999999999.9999999999")),
    ("price", "money", "money", 19, 4, 8, TEXT, "922337203685477.5807", "decimal128(19, 4)", Decimal("922337203685477.5807")),
    ("ratio", "real", "real", 24, 0, 4, pa.float32(), 2.5, "float", 2.5),
    ("size", "float", "float", 53, 0, 8, pa.float64(), 0.1, "double", 0.1),
    ("day", "date", "date", 10, 0, 3, pa.date32(), dt.date(9999, 12, 31), "date32[day]", dt.date(9999, 12, 31)),
    ("at_time", "time", "time", 15, 6, 5, pa.time64("ns"), dt.time(23, 59, 59, 123456), "time64[us]",
     dt.time(23, 59, 59, 123456)),
    ("moment", "datetime2", "datetime2", 27, 7, 8, TEXT, "2024-05-31T23:59:59.1234560", "timestamp[us]",
     dt.datetime(2024, 5, 31, 23, 59, 59, 123456)),
    ("old", "datetime", "datetime", 23, 3, 8, TEXT, "1753-01-01T00:00:00", "timestamp[us]", dt.datetime(1753, 1, 1)),
    ("instant", "datetimeoffset", "datetimeoffset", 34, 7, 10, TEXT, "2024-05-31T21:59:59.5000000Z", "timestamp[us, tz=UTC]",
     dt.datetime(2024, 5, 31, 21, 59, 59, 500000, dt.UTC)),
    ("code", "char", "char", 0, 0, 5, TEXT, "ab   ", "string", "ab   "),
    ('Odd ]"name', "CustomerName", "nvarchar", 0, 0, 80, TEXT, "größe", "string", "größe"),
    ("guid", "uniqueidentifier", "uniqueidentifier", 0, 0, 16, TEXT, "58185E0D-3A91-44D8-BC46-7107217E0A6D", "string",
     "58185E0D-3A91-44D8-BC46-7107217E0A6D"),
    ("data", "varbinary", "varbinary", 0, 0, -1, pa.large_binary(), b"\0\xff", "binary", b"\0\xff"),
    ("version", "timestamp", "timestamp", 0, 0, 8, pa.large_binary(), b"\0\0\0\0\0\0\x07\xd1", "binary", b"\0\0\0\0\0\0\x07\xd1"),
    ("place", "geography", "geography", 0, 0, -1, TEXT, "POINT (1 2)", "string", "POINT (1 2)"),
]  # fmt: skip


def rows_of(columns, *values):
    """A batch with a row of the values of each column, and a row of NULLs."""
    return pa.table(
        [pa.array([value, *more, None], kind) for value, kind, *more in values], names=[column[0] for column in columns]
    )


def answers(columns, table, *, snapshot=1, more=()):
    return [
        *more,
        ("FROM sys.databases", [(snapshot,)]),
        ("FROM sys.objects", [("dbo", "t", 7), ("sales", "Orders", 8)]),
        (r"SCHEMA_NAME\(\)", [("dbo",)]),
        (r"TOP \(0\)", []),
        ("FROM sys.columns", [(*column[:3], *column[3:6], True) for column in columns]),
        ("FROM sys.indexes", [("id",)]),
        ("SERVERPROPERTY", [("16.0.4100.1", "2026-11-30T20:00:00.000000")]),
        (r"^SELECT COUNT_BIG\(\*\) FROM \"dbo\"", [(table.num_rows,)]),
        (r"^SELECT .* FROM \"dbo\".\"t\"", table),
    ]


@pytest.fixture
def sqlserver(job):
    return lambda **changed: job(**{"db_engine": "sqlserver", "db_name": "shop"} | changed)


def test_every_type_reaches_the_files(server, sqlserver):
    table = rows_of(COLUMNS, *((column[7], column[6]) for column in COLUMNS))
    made = server("mssql_python", answers(COLUMNS, table))
    done = sqlserver()
    assert done.code == 0, done.errors
    assert done.rows == [tuple(column[9] for column in COLUMNS), (None,) * len(COLUMNS)]
    assert [str(kind) for kind in done.table.schema.types] == [column[8] for column in COLUMNS]
    declared = {member["column"]: member["declared"] for member in done.result["schema"]}
    assert (declared["amount"], declared["moment"], declared["data"], declared['Odd ]"name']) == (
        "decimal(38,10)", "datetime2(7)", "varbinary(max)", "CustomerName",
    )  # fmt: skip
    assert done.result["source"] == {
        "engine": "sqlserver", "version": "16.0.4100.1", "server_time": "2026-11-30T20:00:00.000000+00:00", "identity": None,
    }  # fmt: skip
    assert done.result["notes"] == []
    ((text, named),) = made.logins
    assert text == (
        "Server={tcp:127.0.0.1,1433};Database={shop};UID={reader};PWD={pa}}ss;word};Encrypt={no};TrustServerCertificate={no}"
    )
    assert named == {"timeout": 30}
    start = made.queries.index("SET TRANSACTION ISOLATION LEVEL SNAPSHOT")
    assert made.queries[start - 1] == "COMMIT"


def test_a_database_without_snapshots_gets_a_note(server, sqlserver):
    columns = COLUMNS[:1]
    made = server("mssql_python", answers(columns, rows_of(columns, (1, pa.int32())), snapshot=0))
    done = sqlserver()
    assert done.code == 0, done.errors
    (note,) = done.result["notes"]
    assert note.startswith("the database does not allow snapshots: rows that are written while the table is read may be left out")
    assert note.endswith("; run ALTER DATABASE … SET ALLOW_SNAPSHOT_ISOLATION ON, or stop the writers")
    assert "SET TRANSACTION ISOLATION LEVEL READ COMMITTED" in made.queries


@pytest.mark.parametrize(
    ("number", "value", "why"),
    [
        (10, "2024-05-31T23:59:59.1234567", "has more digits than microseconds, which are the finest that the files hold"),
        (12, "2024-05-31T23:59:59.1234567Z", "has more digits than microseconds, which are the finest that the files hold"),
        (4, "1E+38", "does not fit into decimal128(38, 10)"),
        (0, 2**40, "does not fit into int32"),
    ],
)
def test_a_value_that_does_not_fit_is_named_with_its_row(server, sqlserver, number, value, why):
    columns = [COLUMNS[0], ("v", *COLUMNS[number][1:])]
    kind = TEXT if isinstance(value, str) else pa.int64()
    table = pa.table({"id": pa.array([17], pa.int32()), "v": pa.array([value], kind)})
    server("mssql_python", answers(columns, table))
    done = sqlserver()
    assert done.code == 1
    assert f", id 17: {value!r} {why}; fix the value, or read the column as text with --text_columns v" in done.errors[-1]
    assert done.left == []


AT = ("at", "datetime2", "datetime2", 27, 6, 8)
OF_AT = [
    ("MAX.*<=", [("2026-01-02T10:00:00.000000",)]),
    ("MAX", [("2026-01-02T10:00:00.000000",)]),
    ("SYSUTCDATETIME.*CASE|CASE.*SYSUTCDATETIME", [("2026-11-30T20:00:00.000000",)]),
    (r"^SELECT CASE WHEN CONVERT", [(0,)]),
    (r"COUNT\(\*\) FROM \(SELECT TOP", [(2,)]),
    (r"COUNT_BIG.*OR", [(2,)]),
    (r"COUNT_BIG.*IS NULL", [(0,)]),
    (r"COUNT_BIG.*>=", [(2,)]),
]


def test_an_increment_leaves_out_what_was_delivered(server, chain):
    columns = [COLUMNS[0], AT]
    runs = chain(db_engine="sqlserver", db_name="shop", hwm_col_name="at", hwm_column_type="TimestampType")
    names = ["id", "at", "extract_old", "extract_keep"]
    marks = ["2026-01-01T10:00:00.000000", "2026-01-02T10:00:00.000000"]
    flags = [pa.array(values, pa.int32()) for values in ([0, 0], [0, 1])]
    of_first = pa.table([pa.array([1, 2], pa.int32()), pa.array(marks, TEXT), *flags], names=names)
    first = server("mssql_python", answers(columns, of_first, more=OF_AT))
    assert [row[0] for row in runs.rows()] == [1, 2]
    assert runs.last.result["high_watermark"] == "2026-01-02T10:00:00.000000"
    of_second = pa.table([pa.array([2, 3], pa.int32()), pa.array(["2026-01-02T10:00:00.000000"] * 2, TEXT),
                          pa.array([1, 1], pa.int32()), pa.array([1, 1], pa.int32())], names=names)  # fmt: skip
    second = server("mssql_python", answers(columns, of_second, more=OF_AT))
    assert [row[0] for row in runs.rows()] == [3]
    assert runs.last.result["rows_delivered_before"] == 1
    (read,) = [query for query in second.queries if "extract_old" in query]
    mark = "CONVERT(datetime2(7), N'2026-01-02T08:50:00.000000')"
    assert read.startswith('SELECT "id" AS "id", CONVERT(varchar(27), "at", 126) AS "at", CASE WHEN "at" <= ')
    assert f'WHERE ("at" >= {mark}) AND ("at" <= CONVERT(datetime2(7), N\'2026-01-02T10:00:00.000000\'))' in read
    assert len(first.queries) > 10


def test_a_variant_is_refused_unless_it_is_read_as_text(server, sqlserver):
    columns = [COLUMNS[0], ("v", "sql_variant", "sql_variant", 0, 0, 8016)]
    table = pa.table({"id": pa.array([1], pa.int32()), "v": pa.array(["x"], TEXT)})
    server("mssql_python", answers(columns, table))
    assert sqlserver().errors[-1] == (
        "extract_job: table 't', column 'v': sql_variant cannot be read: it holds values of any type, and their text loses "
        "digits; read a view that casts it to one type, or read it as text with --text_columns v"
    )
    assert sqlserver(text_columns="V").code == 0


@pytest.mark.parametrize(
    ("error", "failure", "retryable", "message"),
    [
        (MssqlError("Timeout expired", "[Microsoft][SQL Server]Lock request time out period exceeded."), "CAPACITY", True,
         "Lock request time out period exceeded (error 1222)"),
        (MssqlError("Serialization failure", "[Microsoft][SQL Server]Transaction (Process ID 52) was deadlocked on lock "
         "resources with another process and has been chosen as the deadlock victim. Rerun the transaction."), "INTERRUPTED",
         True,
         "chosen as the deadlock victim. Rerun the transaction (error 1205)"),
        (MssqlError("Syntax error or access violation", "[Microsoft][SQL Server]The SELECT permission was denied on the object "
         "'t', database 'shop', schema 'dbo'."), "PERMISSION", False,
         "schema 'dbo' (error 229); grant this user SELECT on the table"),
        (MssqlError("Communication link failure", "[Microsoft]TCP Provider: Error code 0x68"), "INTERRUPTED", True, "0x68"),
        (MssqlError("Client unable to establish connection", "[Microsoft]SSL Provider: certificate verify failed"), "CONFIG",
         False,
         "; name the file of the server's CA in EXTRACT_DB_CA"),
        (MssqlError("General error", "[Microsoft]pa}ss;word and pa%7Dss%3Bword"), "USER_CODE", False, "database 'shop': … and …"),
    ],
)  # fmt: skip
def test_errors_have_a_class_and_no_password(server, sqlserver, error, failure, retryable, message):
    server("mssql_python", [("FROM sys.databases", error)])
    done = sqlserver()
    assert (done.failure["class"], done.failure["retryable"]) == (failure, retryable)
    assert message in done.failure["message"]
    assert "pa}ss" not in done.failure["message"]


def test_a_part_of_the_driver_that_is_missing_is_named_like_the_driver(server, sqlserver):
    made = server("mssql_python", [])
    made.refusal = ImportError("The 'msodbcsql18' ODBC provider is selected but its package is not installed")
    done = sqlserver()
    assert done.failure["class"] == "CONFIG"
    assert "pip install" in done.failure["message"]
