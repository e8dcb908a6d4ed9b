# ruff: noqa: DTZ001, PLR0917 - timestamps without a zone are meant; the values are those of the tests
"""Oracle Database: the whole job on a driver that replays recorded shapes. Nothing here ran on a server."""

import datetime as dt
import socket
from decimal import Decimal

import pyarrow as pa
import pytest
from shared_fixtures.replayed_driver import OracleError

from extract_job.databases.oracle.tables import base_of, decimal_digits

TEXT = pa.large_string()
COLUMNS = [  # name, DATA_TYPE, precision, scale, length; Arrow type of the driver, value, type and value in the files
    ("ID", "NUMBER", 9, 0, 0, TEXT, "1", "decimal128(9, 0)", Decimal(1)),
    ("ANY_NUMBER", "NUMBER", None, None, 0, TEXT, "-.000000000000000001", "decimal128(38, 18)", Decimal("-1e-18")),
    ("WHOLE", "NUMBER", None, 0, 0, TEXT, "9" * 38, "decimal128(38, 0)", Decimal("9" * 38)),
    ("HUNDREDS", "NUMBER", 5, -2, 0, TEXT, "9999900", "decimal128(7, 0)", Decimal(9999900)),
    ("TINY", "NUMBER", 2, 5, 0, TEXT, ".00099", "decimal128(5, 5)", Decimal("0.00099")),
    ("A_FLOAT", "FLOAT", 126, None, 0, TEXT, "2.5", "decimal128(38, 18)", Decimal("2.5")),
    ("REAL4", "BINARY_FLOAT", None, None, 0, pa.float32(), 2.5, "float", 2.5),
    ("REAL8", "BINARY_DOUBLE", None, None, 0, pa.float64(), float("inf"), "double", float("inf")),
    ("DAY", "DATE", None, None, 0, TEXT, "2024-05-31T23:59:59", "timestamp[us]", dt.datetime(2024, 5, 31, 23, 59, 59)),
    ("MOMENT", "TIMESTAMP(9)", None, 9, 0, TEXT, "2024-05-31T23:59:59.123456000", "timestamp[us]",
     dt.datetime(2024, 5, 31, 23, 59, 59, 123456)),
    ("INSTANT", "TIMESTAMP(6) WITH TIME ZONE", None, 6, 0, TEXT, "2024-05-31T21:59:59.500000000Z", "timestamp[us, tz=UTC]",
     dt.datetime(2024, 5, 31, 21, 59, 59, 500000, dt.UTC)),
    ("TEXT", "VARCHAR2", None, None, 20, TEXT, "größe", "string", "größe"),
    ('odd "name', "CLOB", None, None, 0, TEXT, "long", "string", "long"),
    ("BYTES", "RAW", None, None, 0, pa.large_binary(), b"\0\xff", "binary", b"\0\xff"),
    ("BLOB", "BLOB", None, None, 0, pa.large_binary(), b"", "binary", b""),
    ("LENGTH", "INTERVAL DAY(2) TO SECOND(6)", None, 6, 0, TEXT, "+01 02:03:04.000000", "string", "+01 02:03:04.000000"),
    ("FLAG", "BOOLEAN", None, None, 0, pa.bool_(), True, "bool", True),
]  # fmt: skip


def answers(columns, table, *, more=()):
    return [
        *more,
        ("CURRENT_SCHEMA", [("HR",)]),
        ("FROM ALL_TABLES", [("HR", "T"), ("HR", "t"), ("SALES", "ORDERS")]),
        ("FROM ALL_TAB_COLS", [(*column[:5], "Y") for column in columns]),
        ("FROM ALL_CONSTRAINTS", [("ID",)]),
        ("PRODUCT_COMPONENT_VERSION", [("23.0.0.0.0",)]),
        (r"SYS_EXTRACT_UTC\(SYSTIMESTAMP\), 'YYYY", [("2026-11-30T20:00:00.000000",)]),
        (r"^SELECT COUNT\(\*\) FROM \"HR\"", [(table.num_rows,)]),
        (r"^SELECT .* FROM \"HR\".\"T\"", table),
    ]


def table_of(columns):
    arrays = [pa.array([column[6], None], column[5]) for column in columns]
    return pa.table(arrays, names=[column[0] for column in columns])


@pytest.fixture
def oracle(job):
    return lambda **changed: job(**{"db_engine": "oracle", "db_name": "shop", "extract_table": "hr.T"} | changed)


def test_every_type_reaches_the_files(server, oracle):
    made = server("oracledb", answers(COLUMNS, table_of(COLUMNS)))
    done = oracle()
    assert done.code == 0, done.errors
    assert done.rows == [tuple(column[8] for column in COLUMNS), (None,) * len(COLUMNS)]
    assert [str(kind) for kind in done.table.schema.types] == [column[7] for column in COLUMNS]
    declared = {member["column"]: member["declared"] for member in done.result["schema"]}
    assert (declared["HUNDREDS"], declared["WHOLE"], declared["TEXT"]) == ("NUMBER(5,-2)", "NUMBER(*,0)", "VARCHAR2(20)")
    assert done.result["source"]["engine"] == "oracle"
    assert made.queries[1] == "SET TRANSACTION READ ONLY"
    ((login,),) = made.logins
    assert login == {
        "host": "127.0.0.1", "port": 1521, "service_name": "shop", "user": "reader", "password": "pa}ss;word", "protocol": "tcp",
        "tcp_connect_timeout": 30,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("number", "value", "why"),
    [
        (1, "1E+99", "does not fit into decimal128(38, 18)"),
        (1, ".0000000000000000001", "does not fit into decimal128(38, 18)"),
        (8, "-0044-03-15T00:00:00", "is outside the years 1 to 9999"),
        (9, "2024-05-31T23:59:59.123456789", "has more digits than microseconds, which are the finest that the files hold"),
    ],
)
def test_a_value_that_does_not_fit_is_named_with_its_row(server, oracle, number, value, why):
    columns = [COLUMNS[0], ("V", *COLUMNS[number][1:])]
    table = pa.table({"ID": pa.array(["17"], TEXT), "V": pa.array([value], TEXT)})
    server("oracledb", answers(columns, table))
    done = oracle()
    assert done.code == 1
    assert f", ID 17: {value!r} {why}; fix the value, or read the column as text with --text_columns V" in done.errors[-1]


def test_an_increment_leaves_out_what_was_delivered(server, chain):
    columns = [COLUMNS[0], ("AT", "TIMESTAMP(6)", None, 6, 0)]
    runs = chain(db_engine="oracle", db_name="shop", extract_table="hr.T", hwm_col_name="at", hwm_column_type="TimestampType")
    newest = [("2026-01-02T10:00:00.000000000",)]
    more = [
        ("SYSTIMESTAMP AS TIMESTAMP", [("2026-11-30T20:00:00.000000000",)]),
        ("MAX", newest),
        ("^SELECT CASE WHEN TO_TIMESTAMP", [(0,)]),
        ("ROWNUM <=", [(2,)]),
        ("COUNT.*IS NULL$", [(0,)]),
    ]
    names = ["ID", "AT", "EXTRACT_OLD", "EXTRACT_KEEP"]

    def batch(ids, old, keep):
        flags = [pa.array(flag, pa.float64()) for flag in (old, keep)]  # a NUMBER without a precision is a double
        return pa.table([pa.array(ids, TEXT), pa.array(["2026-01-02T10:00:00.000000000"] * len(ids), TEXT), *flags], names=names)

    first = batch(["1", "2"], [0, 0], [1, 1])
    server("oracledb", answers(columns, first, more=[(r"COUNT\(\*\).*OR", [(2,)]), *more]))
    assert [row[0] for row in runs.rows()] == [1, 2]
    assert runs.last.result["high_watermark"] == "2026-01-02T10:00:00.000000"
    made = server("oracledb", answers(columns, batch(["2", "3"], [1, 1], [1, 1]), more=more))
    assert [row[0] for row in runs.rows()] == [3]
    (read,) = [query for query in made.queries if "extract_old" in query]
    mark = "TO_TIMESTAMP('2026-01-02 08:50:00.000000', 'YYYY-MM-DD HH24:MI:SS.FF6')"
    assert f'WHERE ("AT" >= {mark}) AND' in read


def test_a_host_without_an_address_is_a_passing_failure(server, oracle):
    made = server("oracledb", [])
    made.refusal = socket.gaierror(-2, "Name or service not known")
    done = oracle()
    assert (done.failure["class"], done.failure["retryable"]) == ("INTERRUPTED", True)
    assert done.failure["message"] == "database 'shop': [Errno -2] Name or service not known"


def test_a_type_that_is_an_object_is_refused(server, oracle):
    columns = [COLUMNS[0], ("SHAPE", "SDO_GEOMETRY", None, None, 0)]
    server("oracledb", answers(columns, table_of(COLUMNS[:1])))
    assert (
        oracle()
        .errors[-1]
        .startswith("extract_job: table 'hr.T', column 'SHAPE': SDO_GEOMETRY cannot be read: it is an object; read a view")
    )


def test_a_name_that_means_two_spellings_prefers_the_exact_one(server, oracle):
    columns = COLUMNS[:1]
    of_lower = pa.table([pa.array(["7", None], TEXT)], names=["ID"])
    server(
        "oracledb",
        answers(
            columns,
            table_of(columns),
            more=[(r"^SELECT TO_.* FROM \"HR\".\"t\"", of_lower), (r"COUNT.*FROM \"HR\".\"t\"", [(2,)])],
        ),
    )
    assert [oracle(extract_table=name).rows[0] for name in ("t", "T", "hr.t", "HR.T")] == [
        (Decimal(number),) for number in (7, 1, 1, 1)
    ]
    assert "no table 'TT' that this user may read; nearest: " in oracle(extract_table="TT").errors[-1]


@pytest.mark.parametrize(
    ("code", "message", "failure", "retryable", "remedy"),
    [
        (1017, "ORA-01017: invalid credential or not authorized; logon denied", "PERMISSION", False, ""),
        (942, 'ORA-00942: table or view "HR"."T" does not exist', "CONFIG", False, "; correct the name of the table, or grant"),
        (1555, "ORA-01555: snapshot too old", "INTERRUPTED", True, "; the database no longer has the rows as they were"),
        (12514, "ORA-12514: Cannot connect. Service shop is not registered", "CONFIG", False, ""),
        (18, "ORA-00018: maximum number of sessions exceeded", "CAPACITY", True, ""),
        (0, "DPY-4011: the database or network closed the connection", "INTERRUPTED", True, ""),
        (0, "DPY-6005: cannot connect: certificate verify failed", "INTERRUPTED", True, "; name the file of the server's CA"),
        (600, "ORA-00600: internal error pa}ss;word", "USER_CODE", False, "internal error …"),
    ],
)
def test_errors_have_a_class_a_remedy_and_no_password(server, oracle, code, message, failure, retryable, remedy):
    server("oracledb", [("CURRENT_SCHEMA", OracleError(code, message)), ("FROM ALL_TABLES", [])])
    done = oracle()
    assert (done.failure["class"], done.failure["retryable"]) == (failure, retryable)
    assert remedy in done.failure["message"]
    assert not {"pa}ss", "Help:"} & set(done.failure["message"].split())


@pytest.mark.parametrize(
    ("precision", "scale", "digits"),
    [(None, None, (38, 18)), (None, 0, (38, 0)), (5, -2, (7, 0)), (2, 5, (5, 5)), (10, 2, (10, 2))],
)
def test_the_digits_of_a_number(precision, scale, digits):
    assert decimal_digits(precision, scale) == digits


def test_types_without_their_digits():
    kinds = ("TIMESTAMP(6) WITH LOCAL TIME ZONE", "INTERVAL YEAR(2) TO MONTH", "VARCHAR2")
    assert list(map(base_of, kinds)) == ["TIMESTAMP WITH LOCAL TIME ZONE", "INTERVAL YEAR TO MONTH", "VARCHAR2"]
