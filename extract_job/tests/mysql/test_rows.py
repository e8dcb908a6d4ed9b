# ruff: noqa: S311, DTZ001, PLR0917 - the values are those of the tests
"""MariaDB: types, windows, snapshots, rights and faults, on a server of the tests."""

import datetime as dt
import random
import struct
import threading
from decimal import Decimal

import pytest

from extract_job.databases.mysql.source import MysqlSource

pytestmark = [pytest.mark.mariadb, pytest.mark.xdist_group("mariadb")]

BY_TIME = {"hwm_col_name": "at", "hwm_column_type": "TimestampType"}
TABLE = "CREATE TABLE t (id int PRIMARY KEY, v varchar(40), at datetime(6) NOT NULL DEFAULT utc_timestamp(6))"


def ids(runs, **changed):
    return [row[0] for row in runs.rows(**changed)]


LARGE = Decimal("12345678901234567890123456789012345.123456789012345678901234567891")
VALUES = [  # declared type, values in SQL, values in the files, Arrow type
    ("tinyint(1)", ["2", "-128"], [2, -128], "int16"),
    ("tinyint unsigned", ["255"], [255], "int16"),
    ("smallint", ["-32768"], [-32768], "int16"),
    ("smallint unsigned", ["65535"], [65535], "int32"),
    ("mediumint unsigned", ["16777215"], [16777215], "int32"),
    ("int", ["-2147483648"], [-2147483648], "int32"),
    ("int unsigned zerofill", ["4294967295"], [4294967295], "int64"),
    ("bigint", ["-9223372036854775808"], [-(2**63)], "int64"),
    ("bigint unsigned", ["18446744073709551615"], [Decimal(2**64 - 1)], "decimal128(20, 0)"),
    ("bit(64)", ["b'1'", "18446744073709551615"], [Decimal(1), Decimal(2**64 - 1)], "decimal128(20, 0)"),
    ("year", ["2155", "0"], [2155, 0], "int16"),
    ("float", ["3.4028234663852886e38", "16777217.25"], [3.4028234663852886e38, 16777218.0], "float"),
    ("double", ["0.1", "1.7976931348623157e308", "2.2250738585072014e-308", "123456789012345.67"],
     [0.1, 1.7976931348623157e308, 2.2250738585072014e-308, 123456789012345.67], "double"),
    ("decimal(65,30)", [str(LARGE), f"-{LARGE}"], [LARGE, LARGE.copy_negate()], "decimal256(65, 30)"),
    ("decimal(5,0)", ["-99999"], [Decimal(-99999)], "decimal128(5, 0)"),
    ("date", ["'0001-01-01'", "'9999-12-31'"], [dt.date(1, 1, 1), dt.date(9999, 12, 31)], "date32[day]"),
    ("datetime(6)", ["'2024-05-31 23:59:59.123456'"], [dt.datetime(2024, 5, 31, 23, 59, 59, 123456)], "timestamp[us]"),
    ("datetime", ["'9999-12-31 23:59:59'"], [dt.datetime(9999, 12, 31, 23, 59, 59)], "timestamp[us]"),
    ("timestamp(3) null", ["'2024-05-31 12:00:00.125'"], [dt.datetime(2024, 5, 31, 12, 0, 0, 125000, dt.UTC)],
     "timestamp[us, tz=UTC]"),
    ("time(2)", ["'-838:59:58.25'", "'24:00:00'"], ["-838:59:58.25", "24:00:00.00"], "string"),
    ("char(5)", ["'ab'", "''"], ["ab   ", "     "], "string"),
    ("varchar(20) character set latin1", ["'grüße'"], ["grüße"], "string"),
    ("longtext", ["'a\\tb\\n\\'\\\"\\\\ %s 😀'", "''"], ["a\tb\n'\"\\ %s 😀", ""], "string"),
    ("binary(4)", ["'ab'"], [b"ab\0\0"], "binary"),
    ("varbinary(9)", ["x'00ff27'", "x''"], [b"\0\xff'", b""], "binary"),
    ("longblob", ["x'c328'"], [b"\xc3("], "binary"),
    ("json", ["'{\"a\": 1}'"], ['{"a": 1}'], "string"),
    ("enum('a','b,c')", ["'b,c'", "2"], ["b,c", "b,c"], "string"),
    ("set('x','y')", ["'x,y'", "''"], ["x,y", ""], "string"),
    ("geometry", ["ST_GeomFromText('POINT(1 2)')"], ["POINT(1 2)"], "string"),
    ("inet6", ["'::1'"], ["::1"], "string"),
]  # fmt: skip


@pytest.mark.parametrize(("declared", "written", "expected", "kind"), VALUES, ids=[row[0] for row in VALUES])
def test_values_of_each_type(sql, mysql, declared, written, expected, kind):
    sql(f"CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, v {declared})")
    for value in (*written, "NULL"):
        sql(f"INSERT INTO t (v) VALUES ({value})")  # noqa: S608 - the values are those of the tests
    done = mysql()
    assert done.code == 0, done.errors
    assert [row[1] for row in sorted(done.rows)] == [*expected, None]
    assert str(done.table.schema.field("v").type) == kind
    assert done.result["schema"][1]["arrow"] == kind


@pytest.mark.parametrize(
    ("declared", "value", "text"), [("bigint unsigned", "7", "7"), ("double", "0.5", "0.5"), ("bit(3)", "5", "5")]
)
def test_a_column_may_be_read_as_text(sql, mysql, declared, value, text):
    sql(f"CREATE TABLE t (v {declared})", f"INSERT INTO t VALUES ({value})")  # noqa: S608 - the values are those of the tests
    done = mysql(text_columns="V")
    assert (done.rows, str(done.table.schema.field("v").type)) == ([(text,)], "string")


def test_doubles_and_floats_come_back_as_they_are(sql, mysql, new_session):
    chance = random.Random(7)
    doubles = [struct.unpack("<d", chance.randbytes(8))[0] for _ in range(3000)]
    doubles = [value for value in doubles if value - value == 0]
    singles = [struct.unpack("<f", struct.pack("<f", chance.uniform(-1e6, 1e6)))[0] for _ in doubles]
    sql("CREATE TABLE t (id int PRIMARY KEY, d double, f float)")
    session = new_session(autocommit=True)
    with session.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO t VALUES (%s, %s, %s)",
            [(number, *map(repr, pair)) for number, pair in enumerate(zip(doubles, singles, strict=True))],
        )
    done = mysql()
    assert done.code == 0, done.errors
    assert sorted(done.rows) == [(number, *pair) for number, pair in enumerate(zip(doubles, singles, strict=True))]


@pytest.mark.parametrize(
    ("declared", "value", "words"),
    [
        ("date", "'0000-00-00'", "'0000-00-00' is not a day of the calendar"),
        ("datetime", "'2024-02-00 00:00:00'", "'2024-02-00 00:00:00' is not a day of the calendar"),
        ("varchar(20)", "x'41'", None),
    ],
)
def test_a_value_that_does_not_fit_is_named_with_its_row(sql, mysql, declared, value, words):
    sql(f"CREATE TABLE t (id int PRIMARY KEY, `my col` {declared})")
    sql("SET SESSION sql_mode = ''", "INSERT INTO t VALUES (1, NULL)", f"INSERT INTO t VALUES (2, {value})")  # noqa: S608 - the values are those of the tests
    done = mysql()
    if words is None:
        assert done.code == 0, done.errors
        return
    assert done.code == 1
    assert f"table 't', column 'my col' ({declared}), id 2: {words}" in done.failure["message"]
    assert "--text_columns my col" in done.failure["message"]
    assert mysql(text_columns="my col").rows[1][1] == value.strip("'")


def test_a_late_commit_is_delivered_once(sql, new_session, runs):
    sql(TABLE)
    late = new_session()
    late.cursor().execute("INSERT INTO t (id, v) VALUES (1, 'late')")
    sql("INSERT INTO t (id, v) VALUES (2, 'early')")
    assert ids(runs) == [2]
    late.commit()
    assert ids(runs) == [1]
    assert ids(runs) == []
    assert runs.last.result["rows_delivered_before"] == 2


def test_each_version_of_a_row_is_delivered_once(sql, runs):
    sql(TABLE, "INSERT INTO t (id, v) VALUES (1, 'a'), (2, 'b'), (3, 'b')")
    assert ids(runs) == [1, 2, 3]
    sql("UPDATE t SET v = 'c' WHERE id = 1", "INSERT INTO t (id, v, at) SELECT 4, 'd', at FROM t WHERE id = 2")
    assert [row[:2] for row in runs.rows()] == [(1, "c"), (4, "d")]
    assert ids(runs) == []


def test_rows_of_the_future_wait_and_rows_without_a_mark_are_counted(sql, runs):
    sql(TABLE.replace("NOT NULL", "NULL"), "INSERT INTO t VALUES (1, 'a', utc_timestamp(6))")
    sql("INSERT INTO t VALUES (2, 'b', '2999-01-01')", "INSERT INTO t VALUES (3, 'c', NULL)")
    assert ids(runs) == [1, 3]
    assert ids(runs) == []
    assert (runs.last.result["rows_in_the_future"], runs.last.result["rows_without_watermark"]) == (1, 1)


MARKS = [
    ("int unsigned", "LongType", ["1", "4294967295"], "4294967295"),
    ("bigint unsigned", "DecimalType", ["1", "18446744073709551615"], "18446744073709551615"),
    ("decimal(20,3)", "DecimalType", ["-1.5", "10.250"], "10.250"),
    ("double", "DecimalType", ["0.1", "2.5"], "2.5"),
    ("date", "DateType", ["'2024-02-29'", "'2024-03-01'"], "2024-03-01"),
    ("datetime", "TimestampType", ["'2024-02-29 10:00:00'", "'2024-03-01 00:00:00'"], "2024-03-01 00:00:00"),
    (
        "timestamp(1) null",
        "TimestampType",
        ["'2024-02-29 10:00:00'", "'2024-03-01 00:00:00.5'"],
        "2024-03-01 00:00:00.5+00:00",
    ),
    ("varchar(9) collate utf8mb4_general_ci", "StringType", ["'B'", "'a'"], "a"),
    ("char(4) collate latin1_swedish_ci", "StringType", ["'B'", "'a'"], "a   "),
]


@pytest.mark.parametrize(("declared", "kind", "values", "high"), MARKS, ids=[row[0] for row in MARKS])
def test_marks_of_each_type(sql, runs, declared, kind, values, high):
    character_set = "character set latin1 " if "latin1" in declared else ""
    sql(f"CREATE TABLE t (id int PRIMARY KEY, at {declared.replace('collate', character_set + 'collate')})")
    sql("SET time_zone = '+00:00'", f"INSERT INTO t VALUES (1, {values[0]})")  # noqa: S608 - the values are those of the tests
    assert ids(runs, hwm_column_type=kind) == [1]
    sql(f"INSERT INTO t VALUES (2, {values[1]})")  # noqa: S608 - the values are those of the tests
    assert ids(runs, hwm_column_type=kind) == [2]
    assert runs.last.result["high_watermark"] == high
    assert ids(runs, hwm_column_type=kind) == []


def test_the_settings_of_a_server_change_nothing(sql, mysql, runs):
    sql(TABLE, "INSERT INTO t (id, v) VALUES (1, 'a'), (2, 'b')")
    odd = {"sql_mode": "'PIPES_AS_CONCAT,NO_UNSIGNED_SUBTRACTION'", "time_zone": "'+05:00'", "sql_select_limit": "1"}
    normal = {"sql_mode": "DEFAULT", "time_zone": "'SYSTEM'", "sql_select_limit": "DEFAULT"}
    try:
        for name, value in odd.items():
            sql(f"SET GLOBAL {name} = {value}")
        assert [row[0] for row in mysql().rows] == [1, 2]
        assert ids(runs) == [1, 2]
    finally:
        for name, value in normal.items():
            sql(f"SET GLOBAL {name} = {value}")


def test_all_rows_are_of_one_moment(sql, new_session, mysql):
    """A writer moves money between accounts while the table is read; the sum of a snapshot never changes."""
    sql("CREATE TABLE t (id int PRIMARY KEY, v int)", "INSERT INTO t SELECT seq, 100 FROM seq_1_to_3000")
    stop = threading.Event()
    writer = new_session()

    def move():
        with writer.cursor() as cursor:
            step = 0
            while not stop.is_set():
                step += 1
                cursor.execute("UPDATE t SET v = v + IF(id = 1, 1, -1) WHERE id IN (1, %s)", (step % 2999 + 2,))
                writer.commit()

    thread = threading.Thread(target=move)
    thread.start()
    try:
        for _ in range(3):
            done = mysql()
            assert done.code == 0, done.errors
            assert len(done.rows) == 3000
            assert sum(row[1] for row in done.rows) == 300_000
    finally:
        stop.set()
        thread.join()


def test_a_table_without_snapshots_is_told(sql, mysql):
    sql("CREATE TABLE t (id int) ENGINE=MyISAM", "INSERT INTO t VALUES (1)")
    done = mysql()
    assert done.rows == [(1,)]
    assert "the storage engine MyISAM has no snapshots" in " ".join(done.result["notes"])


@pytest.mark.parametrize("name", ["my.table", "a`b", 'a"b', "a%sb", "überall", "select"])
def test_odd_names(sql, mysql, name):
    quoted = "`" + name.replace("`", "``") + "`"
    sql(
        f"CREATE TABLE {quoted} (id int, {quoted} int)",
        f"INSERT INTO {quoted} VALUES (1, 2)",  # noqa: S608 - the values are those of the tests
        f"CREATE VIEW v AS SELECT * FROM {quoted}",  # noqa: S608 - the values are those of the tests
    )
    assert mysql(extract_table=name).rows == [(1, 2)]
    assert mysql(extract_table="v").table.column_names == ["id", name]
    assert mysql(extract_table="shop.v").rows == [(1, 2)]


def test_faults_of_names_and_rights(sql, mysql, monkeypatch):
    sql("CREATE TABLE orders (id int, secret int)")
    sql("DROP USER IF EXISTS limited", "CREATE USER limited IDENTIFIED BY 'limited'")
    missing = mysql(extract_table="order").failure
    assert missing["class"] == "CONFIG"
    assert missing["message"] == "database 'shop' has no table 'order' that this user can see; nearest: 'orders'"
    assert mysql(extract_table="orders", extract_type="PE", **BY_TIME).failure["class"] == "CONFIG"
    assert mysql(db_name="nowhere").failure == {
        "class": "CONFIG", "message": "database 'nowhere': Unknown database 'nowhere' (error 1049)", "retryable": False,
    }  # fmt: skip
    sql("GRANT SELECT (id) ON shop.orders TO limited")
    monkeypatch.setenv("MYSQL_USER", "limited")
    monkeypatch.setenv("MYSQL_PWD", "limited")
    hidden = mysql(extract_table="orders").failure
    assert hidden["class"] == "PERMISSION"
    assert hidden["message"].endswith("; grant this user SELECT on the table (error 1142)") or "1143" in hidden["message"]
    monkeypatch.setenv("MYSQL_PWD", "this is wrong")
    refused = mysql(extract_table="orders").failure
    assert (refused["class"], refused["retryable"]) == ("PERMISSION", False)
    monkeypatch.setenv("MYSQL_TCP_PORT", "9")
    away = mysql(extract_table="orders").failure
    assert (away["class"], away["retryable"]) == ("INTERRUPTED", True)


def test_a_killed_session_is_an_interruption(sql, new_session, mysql, monkeypatch):
    """The connection ends while rows arrive: nothing is a success, and the attempt may be repeated."""
    sql("CREATE TABLE t (id int PRIMARY KEY, v longtext)", "INSERT INTO t SELECT seq, repeat('x', 20000) FROM seq_1_to_3000")
    read = MysqlSource.read

    def cut(self, most):
        rows = read(self, 10)
        if not getattr(self, "was_cut", False):
            self.was_cut = True
            with new_session(autocommit=True).cursor() as cursor:
                cursor.execute("SELECT id FROM information_schema.processlist WHERE info LIKE 'SELECT \"id\"%'")
                for (number,) in cursor.fetchall():
                    cursor.execute(f"KILL {number}")
        return rows

    monkeypatch.setattr(MysqlSource, "read", cut)
    done = mysql()
    assert done.code == 1
    assert (done.failure["class"], done.failure["retryable"]) == ("INTERRUPTED", True), done.failure
    assert done.left == []


def test_the_result_names_the_server(sql, mysql):
    sql("CREATE TABLE t (id int)")
    source = mysql().result["source"]
    assert (source["engine"], "MariaDB" in source["version"], source["server_time"].endswith("+00:00")) == ("mariadb", True, True)
