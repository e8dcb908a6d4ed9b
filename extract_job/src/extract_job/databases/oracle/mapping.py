"""The types of Oracle Database.

Numbers, dates and times arrive as text: the driver's Arrow batches have doubles for numbers without a precision, no zones, and
nanoseconds that end in the year 2262 (https://python-oracledb.readthedocs.io/en/latest/user_guide/dataframes.html). An empty text
is NULL in Oracle.
"""

from extract_job.databases.mapping import Kind, Mapping, TypeLine

_DOCS = "https://docs.oracle.com/en/database/oracle/oracle-database/23/sqlrf"
_TYPES, _FORMATS = f"{_DOCS}/Data-Types.html", f"{_DOCS}/Format-Models.html"
NUMBER_TEXT = "TO_CHAR({}, 'TM9', 'NLS_NUMERIC_CHARACTERS=''.,''')"
"""All digits without an exponent, if the text has at most 64 characters; otherwise an exponent, which the job refuses."""
_DOUBLE = "TO_BINARY_DOUBLE({})"
"""https://docs.oracle.com/en/database/oracle/oracle-database/23/sqlrf/TO_BINARY_DOUBLE.html"""
_SECOND = 'SYYYY-MM-DD"T"HH24:MI:SS'
DATE_TEXT = f"LTRIM(TO_CHAR({{}}, '{_SECOND}'))"
"""SYYYY writes a minus before years BC and a blank before others."""
MOMENT_TEXT = f"LTRIM(TO_CHAR({{}}, '{_SECOND}.FF9'))"
INSTANT_TEXT = f"LTRIM(TO_CHAR(SYS_EXTRACT_UTC({{}}), '{_SECOND}.FF9')) || CASE WHEN {{}} IS NOT NULL THEN 'Z' END"
_OBJECT = "it is an object; read a view that turns it into text or numbers"

MAPPING = Mapping(
    (
        TypeLine(("NUMBER",), Kind.DECIMAL, NUMBER_TEXT, _TYPES, text=NUMBER_TEXT, double=_DOUBLE),
        # A FLOAT is a decimal number, whose precision is counted in bits.
        TypeLine(("FLOAT",), Kind.DECIMAL, NUMBER_TEXT, _TYPES, text=NUMBER_TEXT, double=_DOUBLE),
        TypeLine(("BINARY_FLOAT",), Kind.REAL, "{}", _TYPES),
        TypeLine(("BINARY_DOUBLE",), Kind.DOUBLE, "{}", _TYPES),
        TypeLine(("BOOLEAN",), Kind.BOOLEAN, "{}", _TYPES),
        # A DATE has a time of day.
        TypeLine(("DATE",), Kind.TIMESTAMP, DATE_TEXT, _FORMATS, text=DATE_TEXT),
        TypeLine(("TIMESTAMP",), Kind.TIMESTAMP, MOMENT_TEXT, _FORMATS, text=MOMENT_TEXT),
        TypeLine(
            ("TIMESTAMP WITH TIME ZONE", "TIMESTAMP WITH LOCAL TIME ZONE"),
            Kind.INSTANT,
            INSTANT_TEXT,
            f"{_DOCS}/SYS_EXTRACT_UTC.html",
            text=INSTANT_TEXT,
        ),
        TypeLine(("CHAR", "NCHAR", "VARCHAR2", "NVARCHAR2", "CLOB", "NCLOB", "LONG"), Kind.TEXT, "{}", _TYPES, text="{}"),
        TypeLine(("RAW", "BLOB"), Kind.BINARY, "{}", _TYPES, text="RAWTOHEX({})"),
        TypeLine(("LONG RAW",), Kind.BINARY, "{}", _TYPES),
        TypeLine(("ROWID", "UROWID"), Kind.TEXT, "ROWIDTOCHAR({})", f"{_DOCS}/ROWIDTOCHAR.html", text="ROWIDTOCHAR({})"),
        TypeLine(("INTERVAL YEAR TO MONTH", "INTERVAL DAY TO SECOND"), Kind.TEXT, "TO_CHAR({})", _FORMATS),
        TypeLine(
            ("XMLTYPE",),
            Kind.TEXT,
            "XMLSERIALIZE(CONTENT {} AS CLOB)",
            f"{_DOCS}/XMLSERIALIZE.html",
            text="XMLSERIALIZE(CONTENT {} AS CLOB)",
        ),
        TypeLine(
            ("JSON",),
            Kind.TEXT,
            "JSON_SERIALIZE({} RETURNING CLOB)",
            f"{_DOCS}/JSON_SERIALIZE.html",
            text="JSON_SERIALIZE({} RETURNING CLOB)",
        ),
        TypeLine(
            ("VECTOR",),
            Kind.TEXT,
            "FROM_VECTOR({} RETURNING CLOB)",
            f"{_DOCS}/from_vector.html",
            text="FROM_VECTOR({} RETURNING CLOB)",
        ),
    ),
    TypeLine((), Kind.TEXT, "TO_CHAR({})", _TYPES, refusal=_OBJECT),
    text="TO_CHAR({})",
)
