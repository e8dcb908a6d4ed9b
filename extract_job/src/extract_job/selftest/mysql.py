"""The types of MySQL and MariaDB in the self test."""

import datetime as dt
from decimal import Decimal

from extract_job.selftest.case import Case, MarkCase, moment

_DIGITS = "12345678901234567890123456789012345.123456789012345678901234567891"

CASES = (
    Case("tinyint(1)", "int16", (("2", 2), ("-128", -128))),
    Case("tinyint unsigned", "int16", (("255", 255),)),
    Case("smallint unsigned", "int32", (("65535", 65535),)),
    Case("mediumint", "int32", (("-8388608", -8388608),)),
    Case("int unsigned", "int64", (("4294967295", 2**32 - 1),)),
    Case("bigint", "int64", (("-9223372036854775808", -(2**63)),)),
    Case("bigint unsigned", "decimal128(20, 0)", (("18446744073709551615", Decimal(2**64 - 1)),)),
    Case("bit(64)", "decimal128(20, 0)", (("b'1'", Decimal(1)), ("18446744073709551615", Decimal(2**64 - 1)))),
    Case("year", "int16", (("2155", 2155), ("0", 0))),
    Case("float", "float", (("3.4028234663852886e38", 3.4028234663852886e38), ("16777217.25", 16777218.0))),
    Case("double", "double", (("0.1", 0.1), ("1.7976931348623157e308", 1.7976931348623157e308))),
    Case("decimal(65,30)", "decimal256(65, 30)", ((_DIGITS, Decimal(_DIGITS)), (f"-{_DIGITS}", Decimal(f"-{_DIGITS}")))),
    Case("date", "date32[day]", (("'1000-01-01'", dt.date(1000, 1, 1)), ("'9999-12-31'", dt.date(9999, 12, 31)))),
    Case("datetime(6)", "timestamp[us]", (("'2024-03-31 02:30:00.123456'", moment("2024-03-31 02:30:00.123456")),)),
    Case(
        "timestamp(3) NULL",
        "timestamp[us, tz=UTC]",
        (("'2024-05-31 12:00:00.125'", moment("2024-05-31 12:00:00.125000+00:00")),),
    ),
    Case("time(2)", "string", (("'-838:59:58.25'", "-838:59:58.25"),)),
    Case("char(5)", "string", (("'ab'", "ab   "),)),
    Case("varchar(20) character set latin1", "string", (("'grüße'", "grüße"),)),
    Case("longtext character set utf8mb4", "string", (("'it''s \"\\ 😀'", "it's \"\\ 😀"), ("''", ""))),
    Case("binary(4)", "binary", (("'ab'", b"ab\0\0"),)),
    Case("longblob", "binary", (("x'c328'", b"\xc3("), ("x''", b""))),
    Case("json", "string", (("'{\"a\": 1}'", '{"a": 1}'),)),
    Case("enum('a','b,c')", "string", (("'b,c'", "b,c"),)),
    Case("set('x','y')", "string", (("'x,y'", "x,y"),)),
    Case("geometry", "string", (("ST_GeomFromText('POINT(1 2)')", "POINT(1 2)"),)),
)

MARKS = (
    MarkCase("bigint", "IntegerType", ("7", "2000")),
    MarkCase("decimal(20,4)", "DecimalType", ("0.5", "1234567890123456.7891")),
    MarkCase("date", "DateType", ("'2024-05-31'", "'2024-06-02'")),
    MarkCase("datetime(6)", "TimestampType", ("'2024-05-31 10:00:00.000001'", "'2024-05-31 23:59:59.5'")),
    MarkCase("timestamp(6)", "TimestampType", ("'2024-05-31 10:00:00'", "'2024-05-31 23:59:59.5'")),
    MarkCase("varchar(9)", "StringType", ("'B'", "'a'")),
)
