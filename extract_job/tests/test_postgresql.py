"""The job on a PostgreSQL server: types, marks, the snapshot, and errors."""

from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest

pytestmark = pytest.mark.postgres

TYPES = """
CREATE TYPE mood AS ENUM ('ok', 'bad');
CREATE DOMAIN cents AS numeric(10, 2);
CREATE TYPE point3 AS (x int, y int);
CREATE TABLE t (
  i2 smallint, i4 int, i8 bigint, b bool, f4 real, f8 float8, n numeric, n2 cents, d date, tm time, tz timetz, ts timestamp,
  tt timestamptz, x text, v varchar(5), c char(4), by bytea, u uuid, j json, jb jsonb, a int[], m mood, iv interval, ip inet,
  r int4range, o oid, p point3
);
INSERT INTO t VALUES (
  1, 2, 3, true, 1.5, 0.1, 12.3456789, 1.20, '2024-01-02', '10:11:12.5', '10:11:12+02', '2024-01-02 03:04:05.123456',
  '2024-01-02 03:04:05+02', 'é😀', 'v', 'c', '\\x00ff', 'A0EEBC99-9c0b-4ef8-bb6d-6bb9bd380a11', '{"a":1}',
  '{"b": [1, 2]}', '{1,NULL,3}', 'ok', '1 day 02:00', '10.0.0.1/8', '[1,5)', 5, '(1,2)'
);
INSERT INTO t (i2) VALUES (NULL);
"""


def test_all_types_are_read_exactly(shop, pg):
    shop(TYPES)
    done = pg()
    assert (done.code, done.result["rows"]) == (0, 2)
    assert done.rows[0] == (
        1, 2, 3, True, 1.5, 0.1, Decimal("12.345678900000000000"), Decimal("1.20"), date(2024, 1, 2),
        time(10, 11, 12, 500000), "10:11:12+02", datetime(2024, 1, 2, 3, 4, 5, 123456),  # noqa: DTZ001 - it has no zone
        datetime(2024, 1, 2, 1, 4, 5, tzinfo=UTC), "é😀", "v", "c   ", b"\x00\xff",
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", '{"a":1}', '{"b": [1, 2]}', "[1,null,3]", "ok", "P1DT2H", "10.0.0.1/8",
        "[1,5)", 5, '{"x":1,"y":2}',
    )  # fmt: skip
    assert done.rows[1] == (None,) * 27


def test_many_rows_in_files_of_a_size(shop, pg):
    shop("CREATE TABLE t AS SELECT i AS id, repeat('x', 100) || i AS name FROM generate_series(1, 250000) i")
    done = pg(rows_per_file="100000")
    assert [file["rows"] for file in done.result["files"]] == [100000, 100000, 50000]
    assert sorted(done.table["id"].to_pylist()) == list(range(1, 250001))


def test_an_empty_table_gives_one_file_with_its_schema(shop, pg):
    shop("CREATE TABLE t (id int, at timestamptz)")
    done = pg()
    assert (done.code, done.result["rows"], str(done.table.schema)) == (0, 0, "id: int32\nat: timestamp[us, tz=UTC]")


MARKED = {"extract_type": "PE", "hwm_col_name": "at", "hwm_column_type": "TimestampType"}


def test_marks_move_from_run_to_run(shop, pg):
    shop(
        "CREATE TABLE t (id int, at timestamptz);\nINSERT INTO t VALUES (1, '2024-05-01 10:00:00.5+02'), (2, NULL), "
        "(3, '2024-05-01 09:00:00+00')"
    )
    first = pg(**MARKED)
    assert sorted(row[0] for row in first.rows) == [1, 2, 3]
    assert first.result["high_watermark"] == "2024-05-01 09:00:00+00"
    shop("INSERT INTO t VALUES (4, '2024-05-01 11:00:00.000001+02'), (5, '2024-05-01 08:59:59+00')")
    second = pg(**MARKED, low_watermark=first.result["high_watermark"], lag="0")
    assert sorted(row[0] for row in second.rows) == [3, 4]
    result = second.result
    assert (result["low_watermark"], result["high_watermark"], result["rows_without_watermark"]) == (
        "2024-05-01 09:00:00+00",
        "2024-05-01 09:00:00.000001+00",
        1,
    )
    third = pg(**MARKED, low_watermark=result["high_watermark"], lag="2s")  # nothing is known of an earlier attempt
    assert sorted(row[0] for row in third.rows) == [3, 4, 5]
    assert third.result["high_watermark"] == result["high_watermark"]
    filled = pg(**MARKED, low_watermark="2024-05-01 08:00:00+00", high_watermark="2024-05-01 08:59:59+00")
    assert sorted(row[0] for row in filled.rows) == [1, 5]
    from_the_first = pg(**MARKED, high_watermark="2024-05-01 08:59:59+00")
    assert sorted(row[0] for row in from_the_first.rows) == [1, 5]
    assert from_the_first.result["rows_without_watermark"] == 1


@pytest.mark.parametrize(
    ("declared", "kind", "values", "high"),
    [
        ("bigint", "LongType", "1), (9007199254740993", "9007199254740993"),
        ("numeric(20,4)", "DecimalType", "1.5), (123456789012345.6789", "123456789012345.6789"),
        ("float8", "DecimalType", "0.1), (0.2", "0.2"),
        ("date", "DateType", "'2024-01-31'), ('2023-12-31'", "2024-01-31"),
        ("timestamp", "TimestampType", "'2024-01-31 10:00'), ('2024-01-31 10:00:00.25'", "2024-01-31 10:00:00.25"),
        ("text", "StringType", "'a''b'), ('a'", "a'b"),
    ],
)
def test_marks_of_each_type_are_reported_unchanged(shop, pg, declared, kind, values, high):  # noqa: PLR0917 - a case has its parts
    shop(f"CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY, at {declared});\nINSERT INTO t (at) VALUES ({values})")
    marked = MARKED | {"hwm_column_type": kind}
    first = pg(**marked)
    assert (first.code, first.result["high_watermark"], first.result["rows"]) == (0, high, 2)
    last = first.result_path.rename(first.result_path.with_name("last.json"))
    again = pg(**marked, low_watermark=high, last_result=last.as_uri())
    assert (again.code, again.result["high_watermark"], again.result["rows"]) == (0, high, 0)


FIX = "fix the value, or read the column as text with --text_columns"
AT = "table 'public.t': watermark column 'at' "
REFUSED = {
    "no table": (
        {"extract_table": "public.s"},
        "database 'shop' has no table 'public.s' that this user can see; nearest: 'public.t'",
    ),
    "no database": (
        {"db_name": "nope"},
        "database 'nope': Failed to connect: connection to server at \"127.0.0.1\", port ",
    ),
    "no column": (
        MARKED | {"hwm_col_name": "att"},
        "table 'public.t' has no column 'att' (the watermark, --hwm_col_name); nearest: 'at'",
    ),
    "marks of another type": (
        MARKED | {"hwm_col_name": "name"},
        (
            "table 'public.t': watermark column 'name' is text, which cannot hold marks of TimestampType; set "
            "--hwm_column_type StringType, or use another column"
        ),
    ),
    "infinite mark": (
        MARKED | {"future": "read"},
        (
            f"{AT}(timestamp without time zone) holds 'infinity', which is not a valid mark of TimestampType (expected a "
            "timestamp like 2024-05-31 23:59:59.123456); fix the value, set the --hwm_column_type that fits the column, or run a "
            "full extract"
        ),
    ),
    "mark with an offset": (
        MARKED | {"low_watermark": "2024-01-01 00:00:00+02"},
        (
            f"{AT}is timestamp without time zone, which cannot be compared with the mark '2024-01-01 00:00:00+02' because of its "
            "offset; set a mark without an offset"
        ),
    ),
    "text column": (
        {"text_columns": "nam"},
        "table 'public.t' has no column 'nam' (--text_columns); nearest: 'name'",
    ),
    "infinite time": (
        {},
        (
            "table 'public.t', column 'at' (timestamp without time zone), ctid (0,1): 'infinity' is outside the "
            f"years 1 to 9999; {FIX} at"
        ),
    ),
    "no number": (
        {"text_columns": "at"},
        f"table 'public.t', column 'total' (numeric(10,2)), ctid (0,1): 'NaN' does not fit into decimal(10,2); {FIX} total",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_refused_extract_says_why_and_leaves_no_files(shop, pg, case):
    changed, message = REFUSED[case]
    shop("CREATE TABLE t (name text, at timestamp, total numeric(10, 2));\nINSERT INTO t VALUES ('x', 'infinity', 'NaN')")
    done = pg(**changed)
    assert (done.code, done.left) == (1, [])
    assert done.errors[-1].startswith(f"extract_job: {message}")


def test_a_misfit_in_a_view_is_reported_without_a_row(shop, pg):
    shop("CREATE VIEW t AS SELECT date 'infinity' AS at")
    assert pg().errors[-1] == (
        f"extract_job: table 'public.t', column 'at' (date): 'infinity' is outside the years 1 to 9999; {FIX} at"
    )


def test_a_wrong_password_is_not_shown(shop, pg, monkeypatch):
    monkeypatch.setenv("PGPASSWORD", "hush")
    (line,) = pg().errors
    assert "password authentication failed for user" in line
    assert "hush" not in line


def test_rows_that_arrive_during_the_read_belong_to_the_next_run(shop, pg, monkeypatch):
    from extract_job.databases.postgresql import source

    shop("CREATE TABLE t (id int);\nINSERT INTO t VALUES (1), (2)")
    read = source.PostgresqlSource.read

    def late(self, most):
        shop("INSERT INTO t SELECT max(id) + 1 FROM t")
        return read(self, most)

    monkeypatch.setattr(source.PostgresqlSource, "read", late)
    done = pg(extract_type="PE", hwm_col_name="id", hwm_column_type="IntegerType")
    assert [row[0] for row in done.rows] == [1, 2]
    assert done.result["high_watermark"] == "2"


def test_a_missing_permission_is_reported_with_the_grant_to_give(shop, pg, monkeypatch):
    shop("DROP ROLE IF EXISTS reader;\nCREATE ROLE reader LOGIN PASSWORD 'x';\nCREATE TABLE t (id int)")
    monkeypatch.setenv("PGUSER", "reader")
    monkeypatch.setenv("PGPASSWORD", "x")
    done = pg()
    assert done.errors[-1] == (
        'extract_job: table \'public.t\': user \'reader\' has no SELECT right; GRANT SELECT ON "public"."t" TO "reader"'
    )


def test_the_database_is_never_written(shop, pg):
    shop("CREATE SEQUENCE s;\nCREATE VIEW t AS SELECT nextval('s') AS id")
    done = pg()
    assert done.code == 1
    assert done.errors[-1] == "extract_job: database 'shop': ERROR: cannot execute nextval() in a read-only transaction"
