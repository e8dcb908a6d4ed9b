"""The types of MySQL and MariaDB.

The server sends each value as text, so the text must hold the whole value. Types without a counterpart in Parquet become text.
"""

from extract_job.databases.mapping import Kind, Mapping, TypeLine

_DOCS = "https://dev.mysql.com/doc/refman/8.4/en"
_INTEGERS, _BIT, _BLOBS = f"{_DOCS}/integer-types.html", f"{_DOCS}/bit-type.html", f"{_DOCS}/binary-varbinary.html"
_DIGITS = (20, 0)
"""Digits of 2**64 - 1, the greatest BIGINT UNSIGNED and BIT(64)."""
SHAPES = (
    "geometry", "point", "linestring", "polygon",
    "multipoint", "multilinestring", "multipolygon", "geometrycollection", "geomcollection",
)  # fmt: skip

MAPPING = Mapping(
    (
        # A TINYINT(1) stays a number: 2 is not a boolean.
        TypeLine(("tinyint", "smallint"), Kind.SMALLINT, "{}", _INTEGERS),
        TypeLine(("year",), Kind.SMALLINT, "{}", f"{_DOCS}/year.html"),
        TypeLine(("smallint unsigned", "mediumint", "int"), Kind.INTEGER, "{}", _INTEGERS),
        TypeLine(("int unsigned", "bigint"), Kind.BIGINT, "{}", _INTEGERS),
        TypeLine(("bigint unsigned",), Kind.DECIMAL, "{}", _INTEGERS, digits=_DIGITS),
        TypeLine(("bit",), Kind.DECIMAL, "CAST({} + 0 AS UNSIGNED)", _BIT, text="CONVERT({} + 0 USING utf8mb4)", digits=_DIGITS),
        # A FLOAT shows six digits only.
        TypeLine(("float",), Kind.REAL, "CAST({} AS DOUBLE)", f"{_DOCS}/problems-with-float.html"),
        TypeLine(("double",), Kind.DOUBLE, "{}", f"{_DOCS}/floating-point-types.html"),
        TypeLine(("decimal",), Kind.DECIMAL, "{}", f"{_DOCS}/fixed-point-types.html"),
        TypeLine(("date",), Kind.DATE, "{}", f"{_DOCS}/datetime.html"),
        # DATETIME has no zone, TIMESTAMP is an instant.
        TypeLine(("datetime",), Kind.TIMESTAMP, "{}", f"{_DOCS}/datetime.html"),
        TypeLine(("timestamp",), Kind.INSTANT, "{}", f"{_DOCS}/datetime.html"),
        TypeLine(("binary", "varbinary"), Kind.BINARY, "{}", _BLOBS),
        TypeLine(("tinyblob", "blob", "mediumblob", "longblob"), Kind.BINARY, "{}", f"{_DOCS}/blob.html"),
        TypeLine(SHAPES, Kind.TEXT, "ST_AsText({})", f"{_DOCS}/spatial-type-overview.html", text="ST_AsText({})"),
    ),
    TypeLine((), Kind.TEXT, "CONVERT({} USING utf8mb4)", f"{_DOCS}/charset-convert.html"),
    text="CONVERT({} USING utf8mb4)",
)
