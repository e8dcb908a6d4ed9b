"""The types of SQL Server in the self test."""

import datetime as dt
from decimal import Decimal

from extract_job.selftest.case import Case, MarkCase, moment

_MOST = "9999999999999999999999999999.9999999999"

CASES = (
    Case("bit", "bool", (("1", True), ("0", False))),
    Case("tinyint", "int16", (("255", 255),)),
    Case("smallint", "int16", (("-32768", -32768),)),
    Case("int", "int32", (("-2147483648", -(2**31)),)),
    Case("bigint", "int64", (("-9223372036854775808", -(2**63)),)),
    Case("decimal(38,10)", "decimal128(38, 10)", ((_MOST, Decimal(_MOST)), (f"-{_MOST}", Decimal(f"-{_MOST}")))),
    Case("money", "decimal128(19, 4)", (("-922337203685477.5808", Decimal("-922337203685477.5808")),)),
    Case("smallmoney", "decimal128(10, 4)", (("214748.3647", Decimal("214748.3647")),)),
    Case("real", "float", (("0.5", 0.5), ("3.40282347e38", 3.4028234663852886e38))),
    Case("float", "double", (("0.1", 0.1), ("1.7976931348623157e308", 1.7976931348623157e308))),
    Case("date", "date32[day]", (("'0001-01-01'", dt.date(1, 1, 1)), ("'9999-12-31'", dt.date(9999, 12, 31)))),
    Case("time(6)", "time64[us]", (("'23:59:59.999999'", dt.time(23, 59, 59, 999999)),)),
    Case("datetime2(7)", "timestamp[us]", (("'2024-03-31T02:30:00.1234560'", moment("2024-03-31 02:30:00.123456")),)),
    Case("datetime", "timestamp[us]", (("'1753-01-01T00:00:00.003'", moment("1753-01-01 00:00:00.003000")),)),
    Case("smalldatetime", "timestamp[us]", (("'2024-05-31T23:59:00'", moment("2024-05-31 23:59:00")),)),
    Case(
        "datetimeoffset(6)",
        "timestamp[us, tz=UTC]",
        (("'2024-05-31T23:59:59.500000+02:00'", moment("2024-05-31 21:59:59.500000+00:00")),),
    ),
    Case("char(5)", "string", (("'ab'", "ab   "),)),
    Case("nvarchar(max)", "string", (("N'größe ''\"\\ 😀'", "größe '\"\\ 😀"), ("N''", ""))),
    Case("ntext", "string", (("N'größe'", "größe"),)),
    Case("xml", "string", (("N'<a>1</a>'", "<a>1</a>"),)),
    Case("uniqueidentifier", "string", (("'58185E0D-3A91-44D8-BC46-7107217E0A6D'", "58185E0D-3A91-44D8-BC46-7107217E0A6D"),)),
    Case("varbinary(max)", "binary", (("0x00FF", b"\0\xff"), ("0x", b""))),
    Case("binary(4)", "binary", (("0x6162", b"ab\0\0"),)),
    Case("image", "binary", (("0x00FF", b"\0\xff"),)),
    Case("geometry", "string", (("geometry::STGeomFromText('POINT (1 2)', 0)", "POINT (1 2)"),)),
    Case("hierarchyid", "string", (("hierarchyid::Parse('/1/3/')", "/1/3/"),)),
)

MARKS = (
    MarkCase("bigint", "IntegerType", ("7", "2000")),
    MarkCase("decimal(20,4)", "DecimalType", ("0.5", "1234567890123456.7891")),
    MarkCase("float", "DecimalType", ("0.1", "0.2")),
    MarkCase("date", "DateType", ("'2024-05-31'", "'2024-06-02'")),
    MarkCase("datetime", "TimestampType", ("'2024-05-31T10:00:00.003'", "'2024-05-31T23:59:59.007'")),
    MarkCase("datetime2(7)", "TimestampType", ("'2024-05-31T10:00:00.000001'", "'2024-05-31T23:59:59.5'")),
    MarkCase("datetimeoffset(6)", "TimestampType", ("'2024-05-31T10:00:00+02:00'", "'2024-05-31T23:59:59.5+02:00'")),
    MarkCase("varchar(9)", "StringType", ("'B'", "'a'")),
)
