# ruff: noqa: S311, C901, PLR0911 - the values are those of the tests
"""`verify: full` on MariaDB: the figures of the server and of the files are equal, and a changed value is seen."""

import random
import struct
from decimal import Decimal

import pytest

from extract_job.databases.mysql.source import MysqlSource
from extract_job.proof.crc32_texts import double_text

pytestmark = [pytest.mark.mariadb, pytest.mark.xdist_group("mariadb")]

TYPES = [
    "tinyint", "smallint unsigned zerofill", "mediumint", "int unsigned", "bigint", "bigint unsigned", "bit(9)", "year",
    "float", "double", "decimal(65,30)", "decimal(10,2) unsigned zerofill", "decimal(9,0)", "date", "datetime(6)", "datetime",
    "timestamp(3) null", "time(6)", "char(7)", "varchar(40) character set latin1", "longtext", "binary(3)", "longblob", "json",
    "enum('a','b')",
]  # fmt: skip


def value_of(declared, chance):
    """A random value in SQL."""
    base = declared.partition("(")[0].partition(" ")[0]
    match base:
        case "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "bit":
            bits = {"tinyint": 7, "smallint": 15, "mediumint": 23, "int": 31, "bigint": 63, "bit": 9}[base]
            return str(chance.getrandbits(bits) * (1 if "unsigned" in declared or base == "bit" else chance.choice([1, -1])))
        case "year":
            return str(chance.choice([0, chance.randint(1901, 2155)]))
        case "float":
            return repr(struct.unpack("<f", struct.pack("<f", chance.uniform(-1e9, 1e9)))[0])
        case "double":
            return chance.choice(["-0e0", "0", repr(chance.uniform(-1, 1) * 10.0 ** chance.randint(-300, 300))])
        case "decimal":
            scale = {"decimal(65,30)": 30, "decimal(9,0)": 0}.get(declared, 2)
            number = Decimal(chance.getrandbits(27)).scaleb(-scale)
            return str(number if "unsigned" in declared else chance.choice([number, -number]))
        case "date":
            return f"'{chance.randint(1, 9999):04}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}'"
        case "datetime":
            return f"'{chance.randint(1, 9999):04}-01-{chance.randint(1, 28):02} 23:59:58.{chance.getrandbits(9)}'"
        case "timestamp":
            return f"'{chance.randint(1971, 2037)}-01-{chance.randint(1, 28):02} 00:00:01.{chance.getrandbits(9)}'"
        case "time":
            return f"'{chance.randint(-800, 800)}:00:59.{chance.getrandbits(19)}'"
        case "enum":
            return chance.choice(["'a'", "'b'"])
        case "json":
            return f"'[{chance.getrandbits(9)}]'"
        case "binary" | "longblob":
            return f"x'{chance.randbytes(chance.choice([0, 1, 3] if base == 'binary' else [0, 2, 999, 1001])).hex()}'"
    letters = "ab ü'" if "latin1" in declared or base == "char" else "ab ü😀'\\\x1f"
    size = chance.choice([0, 1, 5] if base != "longtext" else [0, 5, 999, 1000, 1001, 3000])
    return "'" + "".join(chance.choice(letters) for _ in range(size)).replace("\\", "\\\\").replace("'", "''") + "'"


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
    monkeypatch.setattr(MysqlSource, "_converted", lambda self, rows: converted(self, [(row[0], b"a") for row in rows]))
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
