"""The types of PostgreSQL in the self test."""

import datetime as dt
from decimal import Decimal

from extract_job.selftest.case import Case, MarkCase, moment

_DIGITS = "12345678901234567890.123456789012345678"

CASES = (
    Case("smallint", "int16", (("-32768", -32768), ("32767", 32767))),
    Case("integer", "int32", (("-2147483648", -(2**31)),)),
    Case("bigint", "int64", (("-9223372036854775808", -(2**63)), ("9223372036854775807", 2**63 - 1))),
    Case("boolean", "bool", (("true", True), ("false", False))),
    Case("real", "float", (("3.4028235e38", 3.4028234663852886e38), ("0.5", 0.5))),
    Case("double precision", "double", (("0.1", 0.1), ("5e-324", 5e-324))),
    Case("numeric", "decimal128(38, 18)", ((_DIGITS, Decimal(_DIGITS)), ("-1e-18", Decimal("-1e-18")))),
    Case("numeric(76,10)", "decimal256(76, 10)", (("1" * 66 + ".1", Decimal("1" * 66 + ".1")),)),
    Case("date", "date32[day]", (("'0001-01-01'", dt.date(1, 1, 1)), ("'9999-12-31'", dt.date(9999, 12, 31)))),
    Case("time", "time64[us]", (("'23:59:59.999999'", dt.time(23, 59, 59, 999999)),)),
    Case("timestamp", "timestamp[us]", (("'2024-03-31 02:30:00.123456'", moment("2024-03-31 02:30:00.123456")),)),
    Case(
        "timestamptz",
        "timestamp[us, tz=UTC]",
        (("'2024-05-31 23:59:59.5+02'", moment("2024-05-31 21:59:59.500000+00:00")),),
    ),
    Case("bytea", "binary", ((r"'\x00ff'", b"\0\xff"), (r"'\x'", b""))),
    Case("text", "string", (("'größe ''\"\\ 😀'", "größe '\"\\ 😀"), ("''", ""))),
    Case("char(5)", "string", (("'ab'", "ab   "),)),
    Case("uuid", "string", (("'6f1c8f4e-0000-4000-8000-000000000001'", "6f1c8f4e-0000-4000-8000-000000000001"),)),
    Case("jsonb", "string", (("'{\"a\": [1, null]}'", '{"a": [1, null]}'),)),
    Case("integer[]", "string", (("'{1,NULL,3}'", "[1,null,3]"),)),
    Case("inet", "string", (("'10.0.0.1'", "10.0.0.1"),)),
    Case("interval", "string", (("'1 day 02:03:04.5'", "P1DT2H3M4.5S"),)),
    Case("bit(3)", "string", (("B'101'", "101"),)),
    Case("int4range", "string", (("'[1,5)'", "[1,5)"),)),
)

MARKS = (
    MarkCase("bigint", "IntegerType", ("7", "2000")),
    MarkCase("numeric(20,4)", "DecimalType", ("0.5", "1234567890123456.7891")),
    MarkCase("date", "DateType", ("'2024-05-31'", "'2024-06-02'")),
    MarkCase("timestamp", "TimestampType", ("'2024-05-31 10:00:00.000001'", "'2024-05-31 23:59:59.5'")),
    MarkCase("timestamptz", "TimestampType", ("'2024-05-31 10:00:00+02'", "'2024-05-31 23:59:59.5+02'")),
    MarkCase("varchar(9)", "StringType", ("'B'", "'a'")),
)
