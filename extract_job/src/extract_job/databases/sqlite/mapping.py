"""The declared types of SQLite: first by name, then by SQLite's rules of affinity.

SQLite stores any value in any column, so `arrow.py` checks each value.
"""

from extract_job.databases.mapping import Kind, Mapping, TypeLine

_AFFINITY = "https://www.sqlite.org/datatype3.html#determination_of_column_affinity"
_DATES = "https://www.sqlite.org/lang_datefunc.html#time_values"

UNDECIDED = ("DATETIME", "TIMESTAMP", "TIMESTAMP WITHOUT TIME ZONE")
"""The text of such a timestamp may have an offset: the first values of the table decide."""
_DOUBLE = "CASE typeof({}) WHEN 'integer' THEN CAST({} AS REAL) ELSE {} END"
"""A text that is not a number stays one, and is refused; a cast would make it 0."""
MAPPING = Mapping(
    (
        TypeLine(("BOOL", "BOOLEAN"), Kind.BOOLEAN, "{}", "https://www.sqlite.org/datatype3.html#boolean_datatype"),
        TypeLine(("DATE",), Kind.DATE, "{}", _DATES),
        TypeLine(UNDECIDED, Kind.TIMESTAMP, "{}", _DATES),
        TypeLine(("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ"), Kind.INSTANT, "{}", _DATES),
        TypeLine(("DECIMAL", "NUMERIC", "DEC", "NUMBER"), Kind.DECIMAL, "{}", _AFFINITY, double=_DOUBLE),
        TypeLine(("BINARY", "VARBINARY", "BYTEA"), Kind.BINARY, "{}", _AFFINITY),
        # By affinity these would be integers: their names contain INT.
        TypeLine(("INTERVAL", "POINT"), Kind.TEXT, "{}", _AFFINITY),
        TypeLine(("*INT*",), Kind.BIGINT, "{}", _AFFINITY),
        TypeLine(("*CHAR*", "*CLOB*", "*TEXT*"), Kind.TEXT, "{}", _AFFINITY),
        TypeLine(("*BLOB*",), Kind.BINARY, "{}", _AFFINITY),
        TypeLine(("*REAL*", "*FLOA*", "*DOUB*"), Kind.DOUBLE, "{}", _AFFINITY),
    ),
    TypeLine((), Kind.TEXT, "{}", _AFFINITY),
    text="{}",
)
