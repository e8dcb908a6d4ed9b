# ruff: noqa: S608 - the statements are those of the tests
"""The parts of a PostgreSQL table: by each type of key, with and without statistics, and without a key."""

from contextlib import ExitStack
from functools import cache

import pytest

from extract_job.arguments.parsing import parse_arguments
from extract_job.arguments.selection import Selection
from extract_job.databases.postgresql.connection import session
from extract_job.databases.postgresql.splitting import PostgresqlSplit
from extract_job.databases.postgresql.tables import find_table
from extract_job.errors import JobError
from extract_job.splitting.plan import Split, parts_of

pytestmark = pytest.mark.postgres

KEYS = {
    "int2": "(g % 300)::int2",
    "bigint": "CASE g % 3 WHEN 0 THEN 9223372036854775807 - g ELSE g - 9223372036854775807 END",
    "oid": "(4294967295 - g)::oid",
    "numeric": "CASE g % 7 WHEN 0 THEN 'NaN' ELSE (g * 1.001)::text END::numeric",
    "numeric(30,10)": "g / 7.0",
    "float4": "CASE g % 5 WHEN 0 THEN 'Infinity' WHEN 1 THEN 'NaN' WHEN 2 THEN '-0' ELSE (g / 3.0)::text END::float4",
    "float8": "1e300 / g",
    "date": "CASE g % 9 WHEN 0 THEN date 'infinity' WHEN 1 THEN date '0044-03-15 BC' ELSE date '2020-01-01' + g END",
    "timestamp": "timestamp '2020-01-01' + g * interval '1.000001 hour'",
    "timestamptz": "timestamptz '2020-01-01 00:00:00+02' + g * interval '77 minutes'",
    "text": "CASE g % 4 WHEN 0 THEN '''\\é' || g WHEN 1 THEN upper(md5(g::text)) ELSE md5(g::text) END",
    "varchar(9)": "left(md5(g::text), 1)",
    "char(4)": "left(md5(g::text), 2)",
    "uuid": "md5(g::text)::uuid",
    "inet": "('10.0.0.0'::inet + g)::text::inet",
    "time": "CASE g % 5 WHEN 0 THEN time '24:00:00' ELSE time '00:00' + g * interval '1 minute' END",
}
COUNTS = (1, 2, 7)


@pytest.fixture
def parts(shop, argv):
    """Return a function that counts the rows of each part of `public.<table>`."""
    opened = ExitStack()

    @cache
    def transaction():
        return opened.enter_context(session(parse_arguments(argv(db_engine="postgres", db_name="shop"))))

    def count(split, number, table="t"):
        source = find_table(transaction(), "shop", f"public.{table}", Selection())
        conditions = [part.sql for part in parts_of(PostgresqlSplit(transaction(), source), source.name, split, number)]
        counts = ", ".join(f"count(*) FILTER (WHERE {condition})" for condition in conditions)
        times = " + ".join(f"CASE WHEN {condition} THEN 1 ELSE 0 END" for condition in conditions)
        ((*rows, wrong),) = transaction().rows(f"SELECT {counts}, count(*) FILTER (WHERE {times} <> 1) FROM {source.sql}")
        assert wrong == 0, (split, number)
        return rows

    with opened:
        yield count


@pytest.mark.parametrize("statistics", [False, True])
def test_a_row_is_in_one_part(shop, parts, statistics):
    columns = ", ".join(f"k{number} {kind}" for number, kind in enumerate(KEYS))
    shop(f"CREATE TABLE t (n int, {columns})")
    shop(f"INSERT INTO t SELECT g, {', '.join(KEYS.values())} FROM generate_series(1, 500) g")
    shop("INSERT INTO t (n) SELECT g FROM generate_series(501, 520) g")
    if statistics:
        shop("ANALYZE t")
    for number in range(len(KEYS)):
        for count in COUNTS:
            parts(Split(f"k{number}"), count)


def test_bounds_only_steer(shop, parts):
    shop("CREATE TABLE t (n int, at timestamptz, day date);\n"
         "INSERT INTO t SELECT g, timestamptz '2024-01-01 UTC' + g * interval '1 hour', date '2024-01-01' + g "
         "FROM generate_series(-10, 89) g")  # fmt: skip
    assert parts(Split("n", ("0", "40")), 4) == [20, 10, 10, 60]
    assert parts(Split("n", ("1000", "2000")), 4) == [100, 0, 0, 0]
    assert parts(Split("at", ("2024-01-01 00:00:00+00", "2024-01-02 16:00:00+00")), 4) == [20, 10, 10, 60]
    assert parts(Split("day", ("2024-01-01", "2024-02-10")), 4) == [20, 10, 10, 60]
    with pytest.raises(JobError, match="'9' and --upper_bound '1' do not fit column 'n', where a value is a whole number"):
        parts(Split("n", ("9", "1")), 4)
    with pytest.raises(JobError, match="do not fit column 'day', where a value is a date like 2024-05-31"):
        parts(Split("day", ("1", "9")), 4)


def test_skewed_keys_are_cut_by_their_rows(shop, parts):
    shop("CREATE TABLE t (n int PRIMARY KEY);\nINSERT INTO t SELECT g * g * g FROM generate_series(1, 1000) g;\nANALYZE t")
    assert max(parts(Split(), 4)) < 300


def test_keys_of_several_columns_and_no_key(shop, parts):
    shop("CREATE TABLE t (tenant text, n int, note text, PRIMARY KEY (tenant, n));\n"
         "INSERT INTO t SELECT CASE WHEN g < 900 THEN 'a' ELSE 'b' END, g, repeat('x', 200) FROM generate_series(1, 1000) g;\n"
         "CREATE TABLE heap AS SELECT n, note FROM t;\nCREATE VIEW view AS SELECT * FROM heap;\n"
         "CREATE MATERIALIZED VIEW mat AS SELECT * FROM heap;\n"
         "CREATE TABLE root (n int, note text) PARTITION BY HASH (n);\n"
         "CREATE TABLE one PARTITION OF root FOR VALUES WITH (MODULUS 2, REMAINDER 0);\n"
         "CREATE TABLE two PARTITION OF root FOR VALUES WITH (MODULUS 2, REMAINDER 1);\nINSERT INTO root SELECT * FROM heap;\n"
         "CREATE TABLE empty (n int PRIMARY KEY);\nANALYZE")  # fmt: skip
    for table in ("t", "heap", "view", "mat", "root"):
        counts = parts(Split(), 5, table)
        assert len(counts) == 5, (table, counts)
        assert max(counts) < 400, (table, counts)
    for count in COUNTS:
        assert sum(parts(Split(), count, "empty")) == 0


def test_a_column_without_an_order_is_refused(shop, parts):
    shop("CREATE TABLE t (n int, doc json, word text)")
    with pytest.raises(JobError, match=r"cannot be split by column 'doc' \(json\); use a column of numbers"):
        parts(Split("doc"), 2)
    with pytest.raises(JobError, match=r"has no column 'wrod' \(--partition_column\); nearest: 'word'"):
        parts(Split("wrod"), 2)
    with pytest.raises(JobError, match="need a partition column of numbers, dates or timestamps, which 'word' is not"):
        parts(Split("word", ("a", "b")), 2)
