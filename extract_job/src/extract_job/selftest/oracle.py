"""The types of Oracle Database in the self test."""

from decimal import Decimal

from extract_job.selftest.case import Case, MarkCase, moment

_MOST = "99999999999999999999.999999999999999999"

CASES = (
    Case("NUMBER", "decimal128(38, 18)", ((_MOST, Decimal(_MOST)), ("-0.000000000000000001", Decimal("-1e-18")))),
    Case("NUMBER(38)", "decimal128(38, 0)", (("9" * 38, Decimal("9" * 38)),)),
    Case("NUMBER(10,2)", "decimal128(10, 2)", (("-0.05", Decimal("-0.05")),)),
    Case("NUMBER(5,-2)", "decimal128(7, 0)", (("9999900", Decimal(9999900)),)),
    Case("NUMBER(2,5)", "decimal128(5, 5)", (("0.00099", Decimal("0.00099")),)),
    Case("FLOAT", "decimal128(38, 18)", (("2.5", Decimal("2.5")),)),
    Case("BINARY_FLOAT", "float", (("0.5f", 0.5),)),
    Case("BINARY_DOUBLE", "double", (("0.1d", 0.1), ("1.7976931348623157e308d", 1.7976931348623157e308))),
    Case("BOOLEAN", "bool", (("TRUE", True), ("FALSE", False))),
    Case(
        "DATE",
        "timestamp[us]",
        (("TO_DATE('2024-05-31 23:59:59', 'YYYY-MM-DD HH24:MI:SS')", moment("2024-05-31 23:59:59")),),
    ),
    Case("TIMESTAMP(6)", "timestamp[us]", (("TIMESTAMP '2024-03-31 02:30:00.123456'", moment("2024-03-31 02:30:00.123456")),)),
    Case(
        "TIMESTAMP(9)",
        "timestamp[us]",
        (("TIMESTAMP '9999-12-31 23:59:59.123456000'", moment("9999-12-31 23:59:59.123456")),),
    ),
    *(
        Case(
            kind,
            "timestamp[us, tz=UTC]",
            (("TIMESTAMP '2024-05-31 23:59:59.500000 +02:00'", moment("2024-05-31 21:59:59.500000+00:00")),),
        )
        for kind in ("TIMESTAMP(6) WITH TIME ZONE", "TIMESTAMP(6) WITH LOCAL TIME ZONE")
    ),
    Case("VARCHAR2(40)", "string", (("'größe \"\\'", 'größe "\\'),)),
    Case("NVARCHAR2(40)", "string", (("N'größe'", "größe"),)),
    Case("CHAR(5)", "string", (("'ab'", "ab   "),)),
    Case("CLOB", "string", (("TO_CLOB('größe')", "größe"),)),
    Case("RAW(4)", "binary", (("HEXTORAW('00FF')", b"\0\xff"),)),
    Case("BLOB", "binary", (("TO_BLOB(HEXTORAW('00FF'))", b"\0\xff"),)),
    Case("INTERVAL DAY(2) TO SECOND(6)", "string", (("INTERVAL '1 02:03:04.5' DAY TO SECOND", "+01 02:03:04.500000"),)),
    Case("INTERVAL YEAR(2) TO MONTH", "string", (("INTERVAL '1-2' YEAR TO MONTH", "+01-02"),)),
    Case("JSON", "string", (("JSON('{\"a\":1}')", '{"a":1}'),)),
    Case("XMLTYPE", "string", (("XMLTYPE('<a>1</a>')", "<a>1</a>"),)),
)

_FIRST, _SECOND = "TIMESTAMP '2024-05-31 10:00:00.000001'", "TIMESTAMP '2024-05-31 23:59:59.5'"
MARKS = (
    MarkCase("NUMBER(18)", "IntegerType", ("7", "2000")),
    MarkCase("NUMBER", "DecimalType", ("0.5", "1234567890123456.7891")),
    MarkCase("DATE", "TimestampType", ("DATE '2024-05-31'", "DATE '2024-05-31' + 1/24")),
    MarkCase("TIMESTAMP(6)", "TimestampType", (_FIRST, _SECOND)),
    MarkCase("TIMESTAMP(6) WITH TIME ZONE", "TimestampType", (f"FROM_TZ({_FIRST}, '+02:00')", f"FROM_TZ({_SECOND}, '+02:00')")),
    MarkCase("VARCHAR2(9)", "StringType", ("'B'", "'a'")),
)
