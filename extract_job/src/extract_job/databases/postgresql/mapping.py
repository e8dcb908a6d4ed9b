"""The types of PostgreSQL.

Types without a counterpart in Parquet become the text that COPY writes for them; arrays and composite types become JSON. The
driver decodes the binary forms of the others (https://arrow.apache.org/adbc/current/driver/postgresql.html#supported-types).
"""

from extract_job.databases.mapping import Kind, Mapping, TypeLine

_DOCS = "https://www.postgresql.org/docs/current"
ODD_INDEX = "!"
"""Stands for an array that JSON cannot hold: to_json forgets the first index."""
_FLAT, _NESTED = r"array_dims({}) ~ '\[(?!1:)'", r"{}::text ~ '[0-9]\]=\{'"
"""The conditions that an array does not begin at index 1. For arrays inside, their text shows it: `[2:3]={…}`."""
_JSON = f"CASE WHEN {{0}} THEN '{ODD_INDEX}' ELSE to_json({{1}})::text END"
VECTOR, ARRAY, NESTED = "vectors", "arrays", "composite types, and arrays of them"

MAPPING = Mapping(
    (
        TypeLine(("int2",), Kind.SMALLINT, "{}::int2", f"{_DOCS}/datatype-numeric.html"),
        TypeLine(("int4",), Kind.INTEGER, "{}::int4", f"{_DOCS}/datatype-numeric.html"),
        TypeLine(("int8",), Kind.BIGINT, "{}::int8", f"{_DOCS}/datatype-numeric.html"),
        TypeLine(("oid",), Kind.BIGINT, "{}::int8", f"{_DOCS}/datatype-oid.html"),
        # The text of a boolean is t, as COPY writes it; its cast is true.
        TypeLine(("bool",), Kind.BOOLEAN, "{}::bool", f"{_DOCS}/datatype-boolean.html", text="textin(boolout({}))"),
        TypeLine(("float4",), Kind.REAL, "{}::float4", f"{_DOCS}/datatype-numeric.html#DATATYPE-FLOAT"),
        TypeLine(("float8",), Kind.DOUBLE, "{}::float8", f"{_DOCS}/datatype-numeric.html#DATATYPE-FLOAT"),
        TypeLine(
            ("numeric",),
            Kind.DECIMAL,
            "{}::text",
            f"{_DOCS}/datatype-numeric.html#DATATYPE-NUMERIC-DECIMAL",
            double="{}::float8",
        ),
        TypeLine(("date",), Kind.DATE, "{}::date", f"{_DOCS}/datatype-datetime.html"),
        TypeLine(("time",), Kind.TIME, "{}::time", f"{_DOCS}/datatype-datetime.html"),
        TypeLine(("timestamp",), Kind.TIMESTAMP, "{}::timestamp", f"{_DOCS}/datatype-datetime.html"),
        TypeLine(("timestamptz",), Kind.INSTANT, "{}::timestamptz", f"{_DOCS}/datatype-datetime.html"),
        TypeLine(("bytea",), Kind.BINARY, "{}::bytea", f"{_DOCS}/datatype-binary.html"),
        TypeLine(("text", "varchar", "name"), Kind.TEXT, "{}::text", f"{_DOCS}/datatype-character.html"),
        # Casts of these give another text than COPY: char(n) without its blanks, a host with /32, XML of another encoding.
        *(
            TypeLine((name,), Kind.TEXT, f"textin({out}({{}}))", f"{_DOCS}/{page}", text=f"textin({out}({{}}))")
            for name, out, page in (
                ("bpchar", "bpcharout", "datatype-character.html"),
                ("inet", "inet_out", "functions-net.html"),
                ("cidr", "cidr_out", "functions-net.html"),
                ("xml", "xml_out", "datatype-xml.html"),
            )
        ),
        # int2vector and oidvector always begin at index 0, and show no index.
        TypeLine((VECTOR,), Kind.TEXT, "to_json({})::text", f"{_DOCS}/functions-json.html"),
        *(
            TypeLine((name,), Kind.TEXT, _JSON.format(odd, "{}"), f"{_DOCS}/functions-json.html", misfit=odd)
            for name, odd in ((ARRAY, _FLAT), (NESTED, _NESTED))
        ),
    ),
    TypeLine((), Kind.TEXT, "{}::text", f"{_DOCS}/datatype.html"),
    text="{}::text",
)
