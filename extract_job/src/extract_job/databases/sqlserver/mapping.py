"""The types of SQL Server.

What the driver would round or cut arrives as text: a datetime2(7) has seven digits, and the driver's Arrow batches have six
(https://github.com/microsoft/mssql-python/blob/main/tests/test_004_cursor_arrow.py). Styles of CONVERT: see `_CAST`.
"""

from extract_job.databases.mapping import Kind, Mapping, TypeLine

_DOCS = "https://learn.microsoft.com/en-us/sql/t-sql"
_CAST = f"{_DOCS}/functions/cast-and-convert-transact-sql"
_TYPES = f"{_DOCS}/data-types"
_TEXT = "CONVERT(nvarchar(max), {})"
_BYTES = "CONVERT(varbinary(max), {})"
_HEX = f"CONVERT(varchar(max), {_BYTES}, 1)"
_WHOLE = f"{_TYPES}/int-bigint-smallint-and-tinyint-transact-sql"
_MONEY = f"{_TYPES}/money-and-smallmoney-transact-sql"
_VARIANT = "it holds values of any type, and their text loses digits; read a view that casts it to one type"

MAPPING = Mapping(
    (
        TypeLine(("bit",), Kind.BOOLEAN, "{}", f"{_TYPES}/bit-transact-sql"),
        TypeLine(("tinyint", "smallint"), Kind.SMALLINT, "CONVERT(smallint, {})", _WHOLE),
        TypeLine(("int",), Kind.INTEGER, "{}", _WHOLE),
        TypeLine(("bigint",), Kind.BIGINT, "{}", _WHOLE),
        TypeLine(("decimal", "numeric"), Kind.DECIMAL, "CONVERT(varchar(41), {})", f"{_TYPES}/decimal-and-numeric-transact-sql"),
        # Style 2: four digits after the point, no commas.
        TypeLine(("money",), Kind.DECIMAL, "CONVERT(varchar(41), {}, 2)", _MONEY, digits=(19, 4)),
        TypeLine(("smallmoney",), Kind.DECIMAL, "CONVERT(varchar(41), {}, 2)", _MONEY, digits=(10, 4)),
        # Style 3: all 17 digits.
        TypeLine(("real",), Kind.REAL, "{}", f"{_TYPES}/float-and-real-transact-sql", text="CONVERT(nvarchar(max), {}, 3)"),
        TypeLine(("float",), Kind.DOUBLE, "{}", f"{_TYPES}/float-and-real-transact-sql", text="CONVERT(nvarchar(max), {}, 3)"),
        TypeLine(("date",), Kind.DATE, "{}", f"{_TYPES}/date-transact-sql", text="CONVERT(nvarchar(max), {}, 23)"),
        TypeLine(("time",), Kind.TIME, "{}", f"{_TYPES}/time-transact-sql", text="CONVERT(nvarchar(max), {}, 121)"),
        # Style 126: ISO 8601. Style 127 adds the Z of UTC.
        *(
            TypeLine(
                (name,),
                Kind.TIMESTAMP,
                "CONVERT(varchar(27), {}, 126)",
                f"{_TYPES}/{name}-transact-sql",
                text="CONVERT(nvarchar(max), {}, 126)",
            )
            for name in ("datetime2", "datetime", "smalldatetime")
        ),
        TypeLine(
            ("datetimeoffset",),
            Kind.INSTANT,
            "CONVERT(varchar(34), SWITCHOFFSET({}, '+00:00'), 127)",
            f"{_TYPES}/datetimeoffset-transact-sql",
            text="CONVERT(nvarchar(max), {}, 126)",
        ),
        TypeLine(
            ("char", "varchar", "nchar", "nvarchar", "sysname"), Kind.TEXT, _TEXT, f"{_TYPES}/nchar-and-nvarchar-transact-sql"
        ),
        TypeLine(("text", "ntext"), Kind.TEXT, _TEXT, f"{_TYPES}/ntext-text-and-image-transact-sql"),
        TypeLine(("xml",), Kind.TEXT, _TEXT, f"{_DOCS}/xml/xml-transact-sql"),
        TypeLine(("uniqueidentifier",), Kind.TEXT, _TEXT, f"{_TYPES}/uniqueidentifier-transact-sql"),
        # As text: 0x and hexadecimal digits (style 1).
        TypeLine(("binary", "varbinary"), Kind.BINARY, _BYTES, f"{_TYPES}/binary-and-varbinary-transact-sql", text=_HEX),
        TypeLine(("image",), Kind.BINARY, _BYTES, f"{_TYPES}/ntext-text-and-image-transact-sql", text=_HEX),
        TypeLine(("timestamp", "rowversion"), Kind.BINARY, _BYTES, f"{_TYPES}/rowversion-transact-sql", text=_HEX),
        TypeLine(
            ("geometry", "geography"),
            Kind.TEXT,
            "{}.STAsText()",
            f"{_DOCS}/spatial-geometry/stastext-geometry-data-type",
            text="{}.STAsText()",
        ),
        TypeLine(
            ("hierarchyid",), Kind.TEXT, "{}.ToString()", f"{_TYPES}/hierarchyid-data-type-method-reference", text="{}.ToString()"
        ),
        TypeLine(("sql_variant",), Kind.TEXT, _TEXT, f"{_TYPES}/sql-variant-transact-sql", refusal=_VARIANT),
    ),
    TypeLine((), Kind.TEXT, _TEXT, _CAST),
    text=_TEXT,
)
