"""The proof on a PostgreSQL server: its hash functions, all types, and other encodings."""

import random
import threading

import numpy as np
import pyarrow as pa
import pytest
from shared_fixtures import random_tables

from extract_job.parquet import ParquetTarget
from extract_job.proof.lookup3 import hash_of_bytes, hash_of_floats, hash_of_integers

pytestmark = pytest.mark.postgres

TABLE = """
CREATE TABLE t (
  i2 smallint, i4 int, i8 bigint, b bool, f4 real, f8 float8, n numeric(12, 2), wide numeric(60, 20), free numeric, d date,
  tm time, ts timestamp, tt timestamptz, x text, c char(4), by bytea, u uuid, j json, a int[], iv interval, o oid
);
INSERT INTO t VALUES
  (1, 2, 3, true, 1.5, 0.1, 12.30, 1e39, 1e-18, '2024-01-02', '10:11:12.5', '2024-01-02 03:04:05.123456',
   '2024-01-02 03:04:05+02', 'é😀', 'v', '\\x00ff', 'A0EEBC99-9c0b-4ef8-bb6d-6bb9bd380a11', '{"a":1}',
   '{1,NULL,3}', '1 day 02:00', 5),
  (-1, -2, -3, false, '-0', '-0', 0, -1e-20, 0, '0001-01-01', '00:00', '0001-01-01', '0001-01-01 00:00+00', '', '', '',
   NULL, '[]', '{}', '0', 0),
  (32767, 2147483647, 9223372036854775807, NULL, 'NaN', 'NaN', 9999999999.99, 0, -5, '9999-12-31', '23:59:59.999999',
   '9999-12-31 23:59:59.999999', '9999-12-31 23:59:59.999999+00', repeat('long ', 100), 'abcd', decode(repeat('ab', 300), 'hex'),
   NULL, 'null', NULL, NULL, 4294967295),
  (-32768, -2147483648, -9223372036854775808, true, 'Infinity', '-Infinity', -0.01, 5, 1.5, '1970-01-01', '12:00',
   '1969-12-31 23:59:59.999999', '1970-01-01 00:00+00', repeat('x', 96), repeat(' ', 4), decode(repeat('ab', 97), 'hex'),
   NULL, NULL, '{{1,2},{3,4}}', '-1 day', NULL);
INSERT INTO t (i2) VALUES (NULL);
"""


def test_the_hash_functions_are_those_of_the_server(shop, postgresql_port):
    from adbc_driver_postgresql import dbapi

    chance = random.Random(1)  # noqa: S311 - test data
    integers = [0, 1, -1, 2**63 - 1, -(2**63), 2**32, -(2**32), *(chance.randrange(-(2**63), 2**63) for _ in range(50))]
    floats = [0.0, -0.0, 1.5, float("nan"), float("inf"), -2.25, *(chance.uniform(-1e9, 1e9) for _ in range(50))]
    texts = ["".join(chance.choice("abcdé") for _ in range(size)) for size in range(97)]
    octets = [text.encode()[:96].decode(errors="ignore").encode() for text in texts]
    lengths = np.array([len(value) for value in octets])
    starts = np.cumsum(lengths) - lengths
    with dbapi.connect("postgresql:///shop") as connection, connection.cursor() as cursor:

        def of_postgresql(call, kind, values):
            rows = ", ".join(f"({number}, '{value}'::{kind})" for number, value in enumerate(values))
            cursor.execute(f"SELECT {call} FROM (VALUES {rows}) AS v (number, x) ORDER BY number")  # noqa: S608 - constants
            return [row[0] for row in cursor.fetchall()]

        for seed in (0, 7, 2**40 + 3):
            hashed = hash_of_integers(np.array(integers), seed).view(np.int64).tolist()
            assert hashed == of_postgresql(f"hashint8extended(x, {seed})", "int8", integers)
            hashed = hash_of_floats(np.array(floats), seed).view(np.int64).tolist()
            assert hashed == of_postgresql(f"hashfloat8extended(x, {seed})", "float8", floats)
            hashed = hash_of_bytes(b"".join(octets), starts, lengths, seed).view(np.int64).tolist()
            shown = [value.decode() for value in octets]
            assert hashed == of_postgresql(f'hashtextextended(x COLLATE "C", {seed})', "text", shown)
            assert hashed == of_postgresql(f"hash_record_extended(row(convert_to(x, 'UTF8')), {seed})", "text", shown)


def test_full_holds_for_all_types(shop, pg):
    shop(TABLE)
    done = pg(verify="full", rows_per_file="2")
    assert done.code == 0, done.errors[-1]
    proof = done.result["proof"]
    assert (proof["hash"], proof["files"]) == ("lookup3", proof["source"])
    columns = proof["files"]["columns"]
    assert columns["f8"] | {"hash": ""} == {
        "values": 4, "min": "-inf", "max": "0.1", "nan": 1, "negative_zeros": 1, "hash": "",
    }  # fmt: skip
    assert columns["wide"]["sum"] == "1000000000000000000000000000000000000004.99999999999999999999"
    assert columns["tm"] == {"values": 4, "min": "00:00:00.000000", "max": "23:59:59.999999", "sum": "166272499999"}
    assert columns["x"]["bytes"] == 6 + 500 + 96


def test_full_holds_in_a_database_that_is_not_utf8(shop, pg):
    shop("DROP DATABASE IF EXISTS latin", "postgres")
    shop("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'", "postgres")
    shop("CREATE TABLE t (a text);\nINSERT INTO t VALUES (chr(233)), (repeat(chr(233), 80)), (NULL), ('')", "latin")
    done = pg(db_name="latin", verify="full")
    assert (done.code, done.result["proof"]["files"]["columns"]["a"]["bytes"]) == (0, 162)


def test_full_holds_for_an_increment_and_for_views_and_empty_tables(shop, pg):
    shop(
        """
CREATE TABLE t (id int, at timestamptz);
INSERT INTO t SELECT n, now() - n * interval '1 s' FROM generate_series(1, 500) AS n;
CREATE VIEW v AS SELECT at, count(*) AS count, now() AS read_at FROM t GROUP BY at;
CREATE TABLE nothing (a text, n numeric)"""
    )
    assert pg(verify="full", extract_type="PE", hwm_col_name="at", hwm_column_type="TimestampType").code == 0
    assert pg(verify="full", extract_table="v").code == 0
    assert pg(verify="full", extract_table="nothing").code == 0


@pytest.mark.parametrize("tables", [15, pytest.param(300, marks=pytest.mark.soak)])
def test_no_false_alarm_while_a_writer_is_at_work(shop, pg, tables):
    """Random tables of all types, and another session that inserts, updates and deletes in them all the time."""
    import psycopg

    with psycopg.connect("dbname=shop", autocommit=True) as connection, psycopg.connect("dbname=shop", autocommit=True) as other:
        for seed in range(tables):
            columns, rows = random_tables.table(random_tables.POSTGRESQL, seed)
            names = ", ".join(f"{name} {kind}" for name, kind in columns)
            marks = ", ".join(f"%s::{kind}" for _, kind in columns)
            connection.execute(f"DROP TABLE IF EXISTS t; CREATE TABLE t ({names})")
            connection.cursor().executemany(f"INSERT INTO t VALUES ({marks})", rows)  # noqa: S608 - names of this file
            stop = threading.Event()
            writer = threading.Thread(target=_write, args=(other, stop))
            writer.start()
            try:
                done = pg(verify="full", rows_per_file="20")
            finally:
                stop.set()
                writer.join()
            assert done.code == 0, (seed, done.errors[-1])


def _write(connection, stop):
    while not stop.is_set():
        connection.execute("INSERT INTO t (id) VALUES (1)")
        connection.execute("UPDATE t SET id = id + 1 WHERE id % 3 = 0")
        connection.execute("DELETE FROM t WHERE ctid IN (SELECT ctid FROM t ORDER BY random() LIMIT 1)")


def test_full_names_the_column_that_differs(shop, pg, monkeypatch):
    shop(TABLE)
    write = ParquetTarget.write

    def change(self, table):
        numbers = table["n"].to_pylist()
        position = next(number for number, value in enumerate(numbers) if value is not None)
        numbers[position] += 1
        write(self, table.set_column(6, "n", pa.array(numbers, table.schema.field("n").type)))

    monkeypatch.setattr(ParquetTarget, "write", change)
    assert "column 'n', sum: 10000000012.28 in the source, 10000000013.28 in the files" in pg(verify="full").errors[-1]


def test_rows_of_an_overlap_that_are_left_out_are_part_of_the_sum(shop, pg, tmp_path):
    shop("CREATE TABLE t (id int, at timestamptz);\nINSERT INTO t VALUES (1, '2024-05-31 10:00:00+00')")
    first = tmp_path / "first" / "result.json"
    marked = {"extract_type": "PE", "hwm_col_name": "at", "hwm_column_type": "TimestampType", "verify": "full"}
    assert pg(**marked, extract_s3_uri=first.parent.as_uri(), result_uri=first.as_uri()).code == 0
    shop("INSERT INTO t VALUES (2, '2024-05-31 09:59:00+00')")
    result = pg(**marked, low_watermark="2024-05-31 10:00:00+00", last_result=first.as_uri()).result
    proof = result["proof"]
    assert (result["rows"], result["rows_delivered_before"]) == (1, 1)
    assert [proof[part]["columns"]["id"]["sum"] for part in ("source", "files", "left_out")] == ["3", "2", "1"]
