"""Every type of PostgreSQL at its edges: values, what the file must hold, and the values that the job refuses.

Written from the documentation (https://www.postgresql.org/docs/15/ + `page`), not from what the job does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

D = Decimal
NAN = float("nan")
INF = float("inf")


@dataclass(frozen=True, kw_only=True)
class Type:
    """A declared type. `values` maps a literal to the value in the file. None: the text that COPY writes.

    `refused` maps a literal to the end of the message. `shown` is the type as messages name it, if it differs.
    """

    page: str
    declared: str
    arrow: str = "string"
    values: Mapping[str, object]
    refused: Mapping[str, str] = field(default_factory=dict)
    shown: str = ""
    setup: str = ""
    is_json: bool = False


def texts(*literals: str) -> dict[str, object]:
    """Values that are the text that COPY writes."""
    return dict.fromkeys(literals)


YEARS = "is outside the years 1 to 9999"
INDEX = "has an array whose first index is not 1, which JSON cannot hold"


def clock(*parts: int) -> datetime:
    return datetime(*parts)  # type: ignore[arg-type] # noqa: DTZ001 - it has no zone


NUMBERS = (
    Type(page="datatype-numeric.html", declared="smallint", arrow="int16", values={"-32768": -32768, "32767": 32767}),
    Type(
        page="datatype-numeric.html", declared="integer", arrow="int32", values={"-2147483648": -(2**31), "2147483647": 2**31 - 1}
    ),
    Type(
        page="datatype-numeric.html",
        declared="bigint",
        arrow="int64",
        values={"-9223372036854775808": -(2**63), "9223372036854775807": 2**63 - 1},
    ),
    Type(
        page="datatype-numeric.html",
        declared="numeric(10,2)",
        arrow="decimal128(10, 2)",
        values={"99999999.99": D("99999999.99"), "-99999999.99": D("-99999999.99"), "0.005": D("0.01"), "-0": D(0)},
        refused={"NaN": "does not fit into decimal(10,2)"},
    ),
    Type(
        page="datatype-numeric.html",
        declared="numeric",
        arrow="decimal128(38, 18)",
        values={
            "1.20": D("1.20"),
            "99999999999999999999.999999999999999999": D("99999999999999999999.999999999999999999"),
            "-0.000000000000000001": D("-0.000000000000000001"),
        },
        refused=dict.fromkeys(
            ("NaN", "Infinity", "-Infinity", "100000000000000000000", "1e-19", "1e131071", "1e-16383"),
            "does not fit into decimal(38,18)",
        ),
    ),
    Type(page="datatype-numeric.html", declared="numeric(5,-2)", arrow="decimal128(7, 0)", values={"9999949": D(9999900)}),
    Type(page="datatype-numeric.html", declared="numeric(3,5)", arrow="decimal128(5, 5)", values={"0.00999": D("0.00999")}),
    Type(
        page="datatype-numeric.html",
        declared="numeric(76,3)",
        arrow="decimal256(76, 3)",
        values={"9" * 73 + ".999": D("9" * 73 + ".999")},
    ),
    Type(
        page="datatype-numeric.html",
        declared="real",
        arrow="float",
        values={
            "1.17549435e-38": 1.1754943508222875e-38,
            "3.40282347e38": 3.4028234663852886e38,
            "NaN": NAN,
            "-Infinity": -INF,
            "-0": -0.0,
        },
    ),
    Type(
        page="datatype-numeric.html",
        declared="double precision",
        arrow="double",
        values={
            "0.1": 0.1,
            "5e-324": 5e-324,
            "1.7976931348623157e308": 1.7976931348623157e308,
            "NaN": NAN,
            "Infinity": INF,
            "-0": -0.0,
        },
    ),
    Type(page="datatype-money.html", declared="money", values=texts("-92233720368547758.08", "92233720368547758.07", "12345.67")),
    Type(page="datatype-boolean.html", declared="boolean", arrow="bool", values={"true": True, "off": False}),
    Type(page="datatype-oid.html", declared="oid", arrow="int64", values={"0": 0, "4294967295": 2**32 - 1}),
)
TEXTS = (
    Type(page="datatype-character.html", declared="text", values={"": "", " é😀\n\t\\N ": " é😀\n\t\\N "}),
    Type(page="datatype-character.html", declared="varchar(5)", values={"ab   ": "ab   "}, shown="character varying(5)"),
    Type(page="datatype-character.html", declared="char(6)", values={"ab": "ab    ", "": "      "}, shown="character(6)"),
    Type(page="datatype-character.html", declared="bpchar", values={"fix  ": "fix  "}),
    Type(page="datatype-character.html", declared='"char"', values=texts("", "a")),
    Type(page="datatype-character.html", declared="name", values={"x" * 63: "x" * 63}),
    Type(page="datatype-binary.html", declared="bytea", arrow="binary", values={"": b"", r"\x00ff5c": b"\x00\xff\\"}),
    Type(
        page="datatype-enum.html",
        declared="mood",
        setup="CREATE TYPE mood AS ENUM ('ok', 'not ok', '')",
        values=texts("not ok", ""),
    ),
    Type(page="datatype-bit.html", declared="bit(3)", values={"101": "101"}),
    Type(page="datatype-bit.html", declared="bit varying", values={"": "", "0001": "0001"}),
    Type(page="datatype-textsearch.html", declared="tsvector", values=texts("'a':1A 'it''s':2,16383 b")),
    Type(page="datatype-textsearch.html", declared="tsquery", values=texts("'fat' & ( 'rat' | !'cat':AB* )")),
    Type(
        page="datatype-uuid.html",
        declared="uuid",
        values={"{A0EEBC99-9C0B4EF8-BB6D6BB9-BD380A11}": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
    ),
    Type(
        page="datatype-xml.html",
        declared="xml",
        values={'<?xml version="1.0" encoding="latin1"?><a>é</a>': "<a>é</a>", "no element": "no element"},
    ),
    Type(page="datatype-json.html", declared="json", values=texts('{"b":1, "a":[1.0],  "b":2}', "1e400", '"\\u0000"')),
    Type(
        page="datatype-json.html",
        declared="jsonb",
        values=texts('{"b":1, "a":[1.10], "b":2}', "12345678901234567890.10", "1e300"),
    ),
    Type(page="datatype-json.html", declared="jsonpath", values=texts("$.a[*] ? (@ > 1)")),
)
TIMES = (
    Type(
        page="datatype-datetime.html",
        declared="date",
        arrow="date32[day]",
        values={"0001-01-01": date(1, 1, 1), "9999-12-31": date(9999, 12, 31), "2024-02-29": date(2024, 2, 29)},
        refused=dict.fromkeys(("infinity", "-infinity", "0001-12-31 BC", "4713-01-01 BC", "10000-01-01", "5874897-12-31"), YEARS),
    ),
    Type(
        page="datatype-datetime.html",
        declared="time",
        arrow="time64[us]",
        shown="time without time zone",
        values={"00:00:00": time(0), "23:59:59.999999": time(23, 59, 59, 999999)},
        refused=dict.fromkeys(("24:00:00", "23:59:60"), "is the end of a day, which Parquet's time cannot hold"),
    ),
    Type(page="datatype-datetime.html", declared="timetz", values=texts("24:00:00+15:59", "00:00:00-15:59", "04:05:06.789+02")),
    Type(
        page="datatype-datetime.html",
        declared="timestamp",
        arrow="timestamp[us]",
        shown="timestamp without time zone",
        values={"0001-01-01 00:00:00": clock(1, 1, 1), "9999-12-31 23:59:59.999999": clock(9999, 12, 31, 23, 59, 59, 999999)},
        refused=dict.fromkeys(
            ("infinity", "-infinity", "0001-12-31 23:59:59.999999 BC", "4713-01-01 00:00:00 BC", "10000-01-01 00:00:00",
             "294276-12-31 23:59:59.999999"), YEARS),
    ),
    Type(
        page="datatype-datetime.html",
        declared="timestamptz",
        arrow="timestamp[us, tz=UTC]",
        shown="timestamp with time zone",
        values={
            "0001-01-01 00:00:00+00": datetime(1, 1, 1, tzinfo=UTC),
            "2024-10-27 02:30:00 Europe/Berlin": datetime(2024, 10, 27, 1, 30, tzinfo=UTC),
            "9999-12-31 23:59:59.999999+00": datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        },
        refused=dict.fromkeys(("infinity", "-infinity", "0001-01-01 00:00:00+01", "9999-12-31 23:59:59-01"), YEARS),
    ),
    Type(
        page="datatype-datetime.html",
        declared="interval",
        values={
            "1 year 2 months -3 days 04:05:06.789": "P1Y2M-3DT4H5M6.789S",
            "-1 day +02:03": "P-1DT2H3M",
            "0": "PT0S",
            "178000000 years": "P178000000Y",
        },
    ),
)  # fmt: skip
PLACES = (
    Type(page="datatype-geometric.html", declared="point", values=texts("(NaN,-1e300)")),
    Type(page="datatype-geometric.html", declared="line", values=texts("{1,-1,0}")),
    Type(page="datatype-geometric.html", declared="lseg", values=texts("[(1,2),(3,4)]")),
    Type(page="datatype-geometric.html", declared="box", values=texts("(1,2),(3,4)")),
    Type(page="datatype-geometric.html", declared="path", values=texts("[(1,2),(3,4)]", "((1,2),(3,4))")),
    Type(page="datatype-geometric.html", declared="polygon", values=texts("((1,2),(3,4))")),
    Type(page="datatype-geometric.html", declared="circle", values=texts("<(1,2),0.1>")),
    Type(
        page="datatype-net-types.html", declared="inet", values={"10.0.0.1": "10.0.0.1", "10.0.0.1/8": "10.0.0.1/8", "::1": "::1"}
    ),
    Type(
        page="datatype-net-types.html",
        declared="cidr",
        values={"10/8": "10.0.0.0/8", "::1/128": "::1/128", "10.0.0.1": "10.0.0.1/32"},
    ),
    Type(page="datatype-net-types.html", declared="macaddr", values={"08002b:010203": "08:00:2b:01:02:03"}),
    Type(page="datatype-net-types.html", declared="macaddr8", values={"08002b:0102030405": "08:00:2b:01:02:03:04:05"}),
)
SYSTEM = (
    Type(page="datatype-oid.html", declared="xid", values={"4294967295": "4294967295"}),
    Type(page="datatype-oid.html", declared="xid8", values={"18446744073709551615": "18446744073709551615"}),
    Type(page="datatype-oid.html", declared="cid", values={"4294967295": "4294967295"}),
    Type(page="datatype-oid.html", declared="tid", values={"(4294967295,65535)": "(4294967295,65535)"}),
    Type(
        page="datatype-oid.html", declared="regclass", values={"pg_class": "pg_class", "public.anchor": "public.anchor", "0": "-"}
    ),
    Type(page="datatype-oid.html", declared="regtype", values={"int4": "integer"}),
    Type(page="datatype-oid.html", declared="regproc", values={"now": "now"}),
    Type(page="datatype-oid.html", declared="regprocedure", values={"abs(int4)": "abs(integer)"}),
    Type(page="datatype-oid.html", declared="regoper", values={"||/": "||/"}),
    Type(page="datatype-oid.html", declared="regoperator", values={"+(int4,int4)": "+(integer,integer)"}),
    Type(page="datatype-oid.html", declared="regnamespace", values={"public": "public"}),
    Type(page="datatype-oid.html", declared="regrole", values={"pg_monitor": "pg_monitor"}),
    Type(page="datatype-oid.html", declared="regcollation", values={'"C"': '"C"'}),
    Type(page="datatype-oid.html", declared="regconfig", values={"english": "english"}),
    Type(page="datatype-oid.html", declared="regdictionary", values={"simple": "simple"}),
    Type(page="datatype-pg-lsn.html", declared="pg_lsn", values={"16/B374D848": "16/B374D848"}),
    Type(page="functions-info.html", declared="pg_snapshot", values=texts("10:20:10,14,15")),
    Type(page="functions-info.html", declared="txid_snapshot", values=texts("10:20:10,14,15")),
    Type(page="plpgsql-cursors.html", declared="refcursor", values=texts("c1")),
    Type(page="ddl-priv.html", declared="aclitem", values={"admin=r/admin": "admin=r/admin"}),
    Type(page="catalog-pg-index.html", declared="int2vector", values={"1 -2": [1, -2]}, is_json=True),
    Type(page="catalog-pg-proc.html", declared="oidvector", values={"1 23": ["1", "23"]}, is_json=True),
)
RANGES = (
    Type(page="rangetypes.html", declared="int4range", values={"[1,4]": "[1,5)", "empty": "empty", "(,)": "(,)"}),
    Type(page="rangetypes.html", declared="int8range", values={"[1,4]": "[1,5)"}),
    Type(page="rangetypes.html", declared="numrange", values={"(1.10,2]": "(1.10,2]"}),
    Type(page="rangetypes.html", declared="daterange", values={"[2024-01-01,infinity]": "[2024-01-01,infinity]"}),
    Type(page="rangetypes.html", declared="tsrange", values={"[2024-01-01 10:00,)": '["2024-01-01 10:00:00",)'}),
    Type(page="rangetypes.html", declared="tstzrange", values={"[2024-01-01 10:00+02,)": '["2024-01-01 08:00:00+00",)'}),
    Type(page="rangetypes.html", declared="int4multirange", values={"{[1,3),[7,8)}": "{[1,3),[7,8)}", "{}": "{}"}),
    Type(
        page="rangetypes.html",
        declared="textrange",
        setup="CREATE TYPE textrange AS RANGE (subtype = text)",
        values={'["a b",c)': '["a b",c)'},
    ),
)
STRUCTURES = (
    Type(
        page="arrays.html",
        declared="integer[]",
        is_json=True,
        values={"{}": [], "{1,NULL,3}": [1, None, 3], "{{1,2},{3,4}}": [[1, 2], [3, 4]], "[1:2]={5,6}": [5, 6]},
        refused=dict.fromkeys(("[2:3]={1,2}", "[0:0]={1}", "[-1:0]={1,2}", "[1:1][0:1]={{1,2}}", "[10:11]={1,2}"), INDEX),
    ),
    Type(
        page="arrays.html",
        declared="text[]",
        is_json=True,
        values={'{"a,\\"b",NULL,"NULL","[2:3]={1}"}': ['a,"b', None, "NULL", "[2:3]={1}"]},
    ),
    Type(page="arrays.html", declared="char(6)[]", is_json=True, shown="character(6)[]", values={"{ab}": ["ab    "]}),
    Type(page="arrays.html", declared="bytea[]", is_json=True, values={'{"\\\\x00ff"}': ["\\x00ff"]}),
    Type(
        page="arrays.html",
        declared="double precision[]",
        is_json=True,
        values={"{-0,0.1,5e-324,NaN,Infinity}": [-0.0, 0.1, 5e-324, "NaN", "Infinity"]},
    ),
    Type(
        page="arrays.html",
        declared="numeric[]",
        is_json=True,
        values={"{1.20,12345678901234567890.5,NaN}": [D("1.20"), D("12345678901234567890.5"), "NaN"]},
    ),
    Type(
        page="arrays.html", declared="time[]", is_json=True, shown="time without time zone[]", values={"{24:00:00}": ["24:00:00"]}
    ),
    Type(
        page="arrays.html",
        declared="timestamptz[]",
        is_json=True,
        shown="timestamp with time zone[]",
        values={
            "{2024-01-01 10:00+02,infinity,0044-03-15 BC}": [
                "2024-01-01T08:00:00+00:00",
                "infinity",
                "0044-03-15T00:00:00+00:00 BC",
            ]
        },
    ),
    Type(page="arrays.html", declared="inet[]", is_json=True, values={"{10.0.0.1}": ["10.0.0.1"]}),
    Type(page="arrays.html", declared="json[]", is_json=True, values={'{"{\\"b\\": 1, \\"a\\": 2}"}': [{"b": 1, "a": 2}]}),
    Type(
        page="rowtypes.html",
        declared="item",
        shown="public.item",
        setup="CREATE TYPE item AS (name text, at int, tags int[])",
        is_json=True,
        values={
            '("a ""b""",1,"{1,2}")': {"name": 'a "b"', "at": 1, "tags": [1, 2]},
            "(,,)": {"name": None, "at": None, "tags": None},
        },
        refused={'(a,1,"[2:3]={1,2}")': INDEX},
    ),
    Type(
        page="rowtypes.html",
        declared="pack[]",
        shown="public.pack[]",
        setup="CREATE TYPE inner_pack AS (tags int[]); CREATE TYPE pack AS (one inner_pack)",
        is_json=True,
        values={'{"(\\"(\\"\\"{1,2}\\"\\")\\")"}': [{"one": {"tags": [1, 2]}}]},
        refused={'{"(\\"(\\"\\"[0:1]={1,2}\\"\\")\\")"}': INDEX},
    ),
    Type(
        page="domains.html",
        declared="tags",
        shown="public.tags",
        setup="CREATE DOMAIN tags AS int[]",
        is_json=True,
        values={"{1}": [1]},
        refused={"[2:2]={1}": INDEX},
    ),
    Type(
        page="domains.html",
        declared="tag_list[]",
        shown="public.tag_list[]",
        setup="CREATE DOMAIN tag_list AS int[]",
        is_json=True,
        values={'{"{1}"}': [[1]]},
        refused={'{"[2:2]={1}"}': INDEX},
    ),
    Type(
        page="domains.html",
        declared="cents",
        arrow="decimal128(6, 2)",
        setup="CREATE DOMAIN money_ AS numeric(6,2); CREATE DOMAIN cents AS money_",
        values={"1234.5": D("1234.50")},
    ),
    Type(page="domains.html", declared="code", setup="CREATE DOMAIN code AS char(4)", values={"ab": "ab  "}),
    Type(
        page="domains.html",
        declared="late",
        shown="public.late",
        arrow="time64[us]",
        setup="CREATE DOMAIN late AS time",
        values={"12:00": time(12)},
        refused={"24:00:00": "is the end of a day, which Parquet's time cannot hold"},
    ),
)
EXTENSIONS = (
    Type(page="hstore.html", declared="hstore", setup="CREATE EXTENSION hstore", values=texts('"a"=>NULL, "b c"=>"1"')),
    Type(page="citext.html", declared="citext", setup="CREATE EXTENSION citext", values=texts("MiXed ")),
    Type(page="ltree.html", declared="ltree", setup="CREATE EXTENSION ltree", values=texts("Top.Science")),
)
TYPES = {kind.declared: kind for kind in (*NUMBERS, *TEXTS, *TIMES, *PLACES, *SYSTEM, *RANGES, *STRUCTURES, *EXTENSIONS)}
INTERNAL = {
    "gtsvector", "int8multirange", "nummultirange", "datemultirange", "tsmultirange", "tstzmultirange", "pg_node_tree",
    "pg_ndistinct", "pg_dependencies", "pg_mcv_list", "pg_brin_bloom_summary", "pg_brin_minmax_multi_summary",
}  # fmt: skip
"""Types without their own value in a table: of indexes and statistics, and multiranges that are like the tested one."""
