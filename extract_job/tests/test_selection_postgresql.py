"""`columns` and `where` on PostgreSQL: stored tables, views, split columns, and marks."""

import json

import pytest

from extract_job.proof.verify import verified
from extract_job.storage.opening import files_in

pytestmark = pytest.mark.postgres

TABLE = """
CREATE TABLE t (id int PRIMARY KEY, country text, amount numeric(10, 2), day date, paid boolean, at timestamptz, plain timestamp);
INSERT INTO t VALUES (1, 'DE', 10, '2026-01-01', true, '2026-01-01 10:00+02', '2026-01-01 10:00'),
  (2, 'AT', 9.99, '2026-01-02', false, '2026-01-02 00:00+00', '2026-01-02'), (3, NULL, 500, '2026-01-03', true, NULL, NULL),
  (4, 'O''Hara', 20, NULL, NULL, '2026-01-04 00:00+00', '2026-01-04');
CREATE VIEW v AS SELECT * FROM t
"""


@pytest.mark.parametrize("name", ["public.t", "public.v"])
@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"country": ["DE", None]}, [1, 3]),
        ({"country": {"!=": ["DE", None]}}, [2, 4]),
        ({"country": "O'Hara"}, [4]),
        ({"country": "x' OR '1' = '1"}, []),
        ({"country": "\\"}, []),
        ({"amount": {">=": "10", "<": "500"}}, [1, 4]),
        ({"day": {">": "2026-01-01"}}, [2, 3]),
        ({"paid": "true"}, [1, 3]),
        ({"at": {"<=": "2026-01-01T08:00:00Z"}}, [1]),
        ({"at": {"<": "2026-01-01T10:00:00+02:00"}}, []),
        ({"plain": {">": "2026-01-01 09:59:59.999999"}}, [1, 2, 4]),
    ],
)
def test_where_selects_rows(shop, pg, name, where, expected):
    shop(TABLE)
    done = pg(extract_table=name, where=json.dumps(where), columns="id", verify="full")
    assert done.code == 0, done.errors
    assert [row[0] for row in done.rows] == expected
    assert done.result["proof"]["files"]["rows"] == len(expected)


def test_a_row_that_the_old_where_left_out_is_not_taken_for_a_delivered_one(sql, chain):
    sql("CREATE TABLE t (id int, country text)", "INSERT INTO t VALUES (1, 'DE'), (2, 'AT')")
    runs = chain(
        db_engine="postgres", db_name="shop", extract_table="public.t", hwm_col_name="id", hwm_column_type="LongType",
        where='{"country":"DE"}', columns="country",
    )  # fmt: skip
    assert runs.rows() == [("DE",)]
    assert runs.rows() == []
    sql("INSERT INTO t VALUES (1, 'DE')")
    assert runs.rows() == [("DE",)]
    assert runs.rows(where='{"country":["DE","AT"]}') == [("AT",), ("DE",), ("DE",)]
    assert "where was" in runs.last.result["notes"][-1]


def test_parts_are_read_of_the_selected_rows_with_their_new_names(shop, pg):
    shop(TABLE)
    shop("INSERT INTO t SELECT i, 'FR', i, NULL, NULL, NULL, NULL FROM generate_series(10, 2000) i")
    done = pg(
        num_partitions="3", partition_column="id", where='{"country":{"!=":"AT"},"id":{"<":"1500"}}', rename='{"amount":"price"}',
        columns="country,amount", verify="full",
    )  # fmt: skip
    assert done.code == 0, done.errors
    assert len(done.result["files"]) > 1
    assert done.table.column_names == ["country", "price"]
    assert done.result["proof"]["files"]["rows"] == 1492


@pytest.mark.parametrize("parts", [{"num_partitions": "2"}, {"num_partitions": "2", "partition_column": "country"}])
def test_the_blocks_and_samples_of_selected_rows_are_those_of_the_table(shop, pg, parts):
    shop("CREATE TABLE t (n int, country text)")
    shop("INSERT INTO t SELECT i, i % 7 FROM generate_series(1, 5000) i")
    done = pg(where='{"n":{">":"2500"}}', **parts)
    assert sorted(row[0] for row in done.rows) == list(range(2501, 5001))


def test_a_numeric_without_digits_is_text_if_the_config_says_so(shop, pg):
    shop("CREATE TABLE t (n numeric, m numeric(38, 18), w numeric(100, 2))")
    shop("INSERT INTO t VALUES (123456789012345678901234567890.123456789012345678901, 1, 2), ('NaN', NULL, NULL)")
    assert pg().failure["class"] == "CONFIG"
    done = pg(decimal_overflow="text", verify="full")
    assert [column["arrow"] for column in done.result["schema"]] == ["string", "decimal128(38, 18)", "string"]
    assert [row[0] for row in done.rows] == ["123456789012345678901234567890.123456789012345678901", "NaN"]


@pytest.mark.parametrize(
    ("column", "where", "words"),
    [
        ("u uuid", {"like": "ab%"}, "(uuid) with like 'ab%': like compares texts only"),
        ("u inet", {"like": "10.%"}, "(inet) with like '10.%': like compares texts only"),
        ("u int", {"like": "1%"}, "(integer) with like '1%': like compares texts only"),
        ("u float8", "NaN", "(double precision) with 'NaN': write a number"),
        ("u numeric", ["NaN"], "(numeric) with 'NaN': write a number"),
        ("u float8", "1e400", "(double precision) with a value that does not fit it; change the value in where"),
        ("u uuid", "abc", "(uuid) with a value that does not fit it; change the value in where"),
        ("u mood", "sad", "(public.mood) with a value that does not fit it; change the value in where"),
        ("u json", "{}", "(json) with a value that does not fit it; change the value in where"),
    ],
)
def test_a_value_that_is_not_one_of_the_type_is_refused_before_a_row_is_read(shop, pg, column, where, words):
    shop("CREATE TYPE mood AS ENUM ('happy')")
    shop(f"CREATE TABLE t ({column}, c varchar(5))")
    done = pg(where=json.dumps({"c": {"like": "a%"}, "u": where}))
    assert done.failure["class"] == "CONFIG"
    assert f"table 'public.t': --where compares column 'u' {words}" in done.failure["message"]


def test_a_numeric_without_digits_is_a_double_if_the_config_says_so(shop, pg):
    shop("CREATE TABLE t (n numeric, m numeric(38, 18), w numeric(100, 2))")
    shop("""INSERT INTO t VALUES (123456789012345678901234567890.123456789012345678901, 1, 2), ('NaN', NULL, NULL),
      (-0.1, 0, 1e90), (9007199254740993, 0, 0)""")
    done = pg(decimal_overflow="double", verify="full")
    assert done.code == 0, done.errors
    assert [column["arrow"] for column in done.result["schema"]] == ["double", "decimal128(38, 18)", "double"]
    assert [str(row[0]) for row in done.rows] == ["1.2345678901234568e+29", "nan", "-0.1", "9007199254740992.0"]
    assert done.rows[2][2] == 1e90
    assert done.result["proof"]["files"]["columns"]["n"]["nan"] == 1
    assert "(decimal_overflow: double): 'n', 'w'" in done.result["notes"][0]


@pytest.mark.parametrize(
    ("value", "shown"),
    [("1e400", "10000000000000000000…"), ("-1e400", "-10000000000000000000…"), ("1e-400", "0.000000000000000000…")],
)
def test_a_decimal_that_no_double_can_hold_is_reported_with_the_key_that_keeps_it(shop, pg, value, shown):
    shop(f"CREATE TABLE t AS SELECT {value}::numeric AS n")
    message = f'"{shown}" is out of range for type double precision; if the table has decimal_overflow: double, set'
    assert message in pg(decimal_overflow="double").failure["message"]
    assert pg(decimal_overflow="text").code == 0


METADATA = {"run": "run_id", "try": "attempt", "at": "extracted_at", "von": "source", "tab": "table", "clock": "server_time"}


def test_parts_get_metadata_columns_and_the_proof_leaves_them_out(shop, pg):
    shop("CREATE TABLE t (id int PRIMARY KEY)")
    shop("INSERT INTO t SELECT generate_series(1, 2000)")
    done = pg(metadata_columns=json.dumps(METADATA), verify="full", num_partitions="3", rename='{"id":"number"}')
    assert done.code == 0, done.errors
    assert sorted(row[0] for row in done.rows) == list(range(1, 2001))
    assert {row[1:5:3] for row in done.rows} == {("run-1", "sales")}
    assert len({row[6] for row in done.rows}) == 1
    assert set(done.result["proof"]["files"]["columns"]) == {"number"}
    assert verified({}, done.result_path.read_bytes(), files_in(done.folder)).differences == ()


def test_parts_write_into_the_folders_of_their_values(shop, pg):
    shop("CREATE TABLE t (id int PRIMARY KEY, country text, at timestamptz)")
    shop("""INSERT INTO t SELECT i, CASE i % 3 WHEN 0 THEN 'DE' WHEN 1 THEN 'a/b' END, '2026-01-01 23:00-02'
      FROM generate_series(1, 900) i""")
    done = pg(hive_partitions='["country",{"day":"at"}]', verify="full", num_partitions="3", metadata_columns='{"run":"run_id"}')
    assert done.code == 0, done.errors
    folders = {file["name"].rpartition("/")[0] for file in done.result["files"]}
    null = "__HIVE_DEFAULT_PARTITION__"
    assert folders == {f"country={name}/day=2026-01-02" for name in ("DE", "a%2Fb", null)}
    assert len(done.result["files"]) == 9
    assert done.result["rows"] == 900
    assert verified({}, done.result_path.read_bytes(), files_in(done.folder)).differences == ()
