"""The types of SQLite in the self test."""

import datetime as dt
from decimal import Decimal

from extract_job.selftest.case import Case, MarkCase, moment

CASES = (
    Case("INTEGER", "int64", (("-9223372036854775808", -(2**63)), ("9223372036854775807", 2**63 - 1))),
    Case("BOOLEAN", "bool", (("1", True), ("0", False))),
    Case("REAL", "double", (("0.1", 0.1), ("5e-324", 5e-324))),
    Case("DECIMAL(10,2)", "decimal128(10, 2)", (("19.99", Decimal("19.99")), ("5", Decimal("5.00")))),
    Case("NUMERIC", "decimal128(38, 18)", (("1.25", Decimal("1.25")),)),
    Case("DATE", "date32[day]", (("'0001-01-01'", dt.date(1, 1, 1)),)),
    Case("TIMESTAMP", "timestamp[us]", (("'2024-03-31 02:30:00.123456'", moment("2024-03-31 02:30:00.123456")),)),
    Case("TIMESTAMPTZ", "timestamp[us, tz=UTC]", (("'2024-05-31T21:59:59Z'", moment("2024-05-31 21:59:59+00:00")),)),
    Case("TEXT", "string", (("'größe ''\"\\ 😀'", "größe '\"\\ 😀"), ("''", ""))),
    Case("BLOB", "binary", (("x'00ff'", b"\0\xff"), ("x''", b""))),
)

MARKS = (
    MarkCase("INTEGER", "IntegerType", ("7", "2000")),
    MarkCase("DECIMAL(20,4)", "DecimalType", ("0.5", "1234.5")),
    MarkCase("DATE", "DateType", ("'2024-05-31'", "'2024-06-02'")),
    MarkCase("TIMESTAMP", "TimestampType", ("'2024-05-31 10:00:00.000001'", "'2024-05-31 23:59:59.500000'")),
    MarkCase("TEXT", "StringType", ("'B'", "'a'")),
)
