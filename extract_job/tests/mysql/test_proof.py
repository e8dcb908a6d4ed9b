# ruff: noqa: S311 - the values are those of the tests
"""`verify: full` on MariaDB: the figures of the server and of the files are equal, and a changed value is seen."""

import random
import struct

import pyarrow as pa
import pytest
from shared_fixtures.mariadb_values import TYPES, value_of

from extract_job.databases.mysql.source import MysqlSource
from extract_job.proof.crc32_texts import double_text

pytestmark = [pytest.mark.mariadb, pytest.mark.xdist_group("mariadb")]


@pytest.mark.parametrize("seed", range(3))
def test_the_figures_of_server_and_files_are_equal(sql, mysql, seed):
    chance = random.Random(seed)
    declared = ", ".join(f"`c{number}` {kind}" for number, kind in enumerate(TYPES))
    sql(f"CREATE TABLE t (id int PRIMARY KEY, {declared})")
    for number in range(40):
        row = ", ".join("NULL" if chance.random() < 0.15 else value_of(kind, chance) for kind in TYPES)
        sql(f"INSERT INTO t VALUES ({number}, {row})")  # noqa: S608 - the values are those of the tests
    done = mysql(verify="full")
    assert done.code == 0, done.errors
    proof = done.result["proof"]
    assert (proof["verify"], proof["hash"], proof["source"]["rows"]) == ("full", "crc32-texts", 40)
    assert proof["source"] == proof["files"]
    assert set(proof["source"]["columns"]) == {"id", *(f"c{number}" for number in range(len(TYPES)))}


@pytest.mark.parametrize("rows", [0, 1])
def test_an_empty_table_and_one_of_nulls(sql, mysql, rows):
    sql("CREATE TABLE t (a int, b double, c varchar(9), d date, e decimal(5,2), f datetime)")
    if rows:
        sql("INSERT INTO t VALUES (NULL, NULL, NULL, NULL, NULL, NULL)")
    done = mysql(verify="full")
    assert done.code == 0, done.errors
    assert done.result["proof"]["source"]["rows"] == rows


def test_a_value_that_changes_on_its_way_is_seen(sql, mysql, monkeypatch):
    """The file has another value than the server: nothing is committed."""
    sql("CREATE TABLE t (id int PRIMARY KEY, v varchar(9))", "INSERT INTO t VALUES (1, 'a'), (2, 'b')")
    converted = MysqlSource._converted
    monkeypatch.setattr(
        MysqlSource, "_converted", lambda self, octets: converted(self, [octets[0], pa.array([b"a", b"a"], pa.binary())])
    )
    done = mysql(verify="full")
    assert (done.code, done.failure["class"]) == (1, "PROOF")
    assert "column 'v'" in done.failure["message"]


def test_doubles_have_the_text_of_the_server(sql, new_session):
    chance = random.Random(5)
    assert double_text(-0.0) == "-0"
    values = [0.0, 1e15, 1e14, 123456789012345.6, 1e-15, 1e-14, 1.5e-16, 5e-324, 1.7976931348623157e308, 0.1, 100.0, 1e16]
    drawn = (struct.unpack("<d", chance.randbytes(8))[0] for _ in range(3000))
    values += [value for value in drawn if value - value == 0] + [
        float(f"{chance.getrandbits(bits)}e{power}") for power in range(-36, 8) for bits in (3, 20, 40, 50, 52, 53, 56)
    ]
    sql("CREATE TABLE t (id int PRIMARY KEY, v double)")
    with new_session(autocommit=True).cursor() as cursor:
        cursor.executemany("INSERT INTO t VALUES (%s, %s)", [(number, repr(value)) for number, value in enumerate(values)])
        cursor.execute("SELECT CONVERT(v USING utf8mb4) FROM t ORDER BY id")
        assert [text for (text,) in cursor.fetchall()] == [double_text(value) for value in values]
