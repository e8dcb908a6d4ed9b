# ruff: noqa: S608 - the statements are those of the tests
"""The parts of a MySQL or MariaDB table: by each type of key, and without a key."""

import pytest

from extract_job.arguments.parsing import parse_arguments
from extract_job.arguments.selection import Selection
from extract_job.databases.mysql.connection import session
from extract_job.databases.mysql.splitting import MysqlSplit
from extract_job.databases.mysql.tables import find_table
from extract_job.errors import JobError
from extract_job.splitting.plan import Split, parts_of

pytestmark = pytest.mark.mariadb

KEYS = {
    "tinyint": "seq % 127",
    "bigint unsigned": "IF(seq % 3 = 0, 18446744073709551615 - seq, seq)",
    "bigint": "IF(seq % 3 = 0, 9223372036854775807 - seq, CAST(seq AS SIGNED) - 9223372036854775807)",
    "year": "1901 + seq % 200",
    "decimal(38,10)": "seq / 7",
    "float": "seq / 3",
    "double": "1e300 / seq",
    "date": "IF(seq % 9 = 0, '0000-00-00', DATE'2020-01-01' + INTERVAL seq DAY)",
    "datetime(6)": "TIMESTAMP'2020-01-01 00:00:00.000001' + INTERVAL seq * 77 MINUTE",
    "timestamp(3) NULL": "TIMESTAMP'2020-01-01 00:00:00.001' + INTERVAL seq * 77 MINUTE",
    "varchar(40)": "CASE seq % 4 WHEN 0 THEN CONCAT('''\\\\é', seq) WHEN 1 THEN UPPER(MD5(seq)) ELSE MD5(seq) END",
    "varchar(40) character set latin1": "CONCAT('é', MD5(seq))",
    "varchar(40) collate utf8mb4_bin": "CONCAT(LEFT(MD5(seq), 1), REPEAT(' ', seq % 3))",
    "char(4)": "LEFT(MD5(seq), 2)",
    "uuid": "CONCAT(LEFT(MD5(seq), 8), '-0000-4000-8000-', RIGHT(MD5(seq), 12))",
}


@pytest.fixture
def parts(sql, argv):
    """Return a function that counts the rows of each part of a table."""

    def count(split, number, table="t"):
        arguments = parse_arguments(argv(db_engine="mariadb", db_name="shop", extract_table=table))
        with session(arguments) as opened:
            source, _ = find_table(opened, table, Selection())
            conditions = parts_of(MysqlSplit(opened, source), table, split, number)
            numbers = [opened.rows(f"SELECT n FROM {source.sql} WHERE {condition.sql}") for condition in conditions]
            rows = sorted(opened.rows(f"SELECT n FROM {source.sql}"))
        assert sorted(row for part in numbers for row in part) == rows
        return [len(part) for part in numbers]

    return count


def test_a_row_is_in_one_part(sql, parts):
    columns = ", ".join(f"k{number} {kind}" for number, kind in enumerate(KEYS))
    sql("SET sql_mode = ''", f"CREATE TABLE t (n int, {columns})",
        f"INSERT INTO t SELECT seq, {', '.join(KEYS.values())} FROM seq_1_to_500",
        "INSERT INTO t (n) SELECT seq FROM seq_501_to_520")  # fmt: skip
    for number in range(len(KEYS)):
        for count in (1, 2, 3, 7, 40):
            parts(Split(f"k{number}"), count)


def test_bounds_only_steer(sql, parts):
    sql("CREATE TABLE t (n int PRIMARY KEY, at datetime)",
        "INSERT INTO t SELECT CAST(seq AS SIGNED) - 11, TIMESTAMP'2024-01-01 00:00:00' + INTERVAL CAST(seq AS SIGNED) - 11 HOUR "
        "FROM seq_1_to_100")  # fmt: skip
    assert parts(Split("n", ("0", "40")), 4) == [20, 10, 10, 60]
    assert parts(Split("AT", ("2024-01-01 00:00:00", "2024-01-02 16:00:00")), 4) == [20, 10, 10, 60]
    with pytest.raises(JobError, match="do not fit column 'n', where a value is a whole number"):
        parts(Split("n", ("a", "b")), 4)


def test_keys_of_several_columns_and_no_key(sql, parts):
    sql("CREATE TABLE t (tenant varchar(9), n int, note varchar(300), PRIMARY KEY (tenant, n))",
        "INSERT INTO t SELECT IF(seq < 900, 'a', 'b'), seq, REPEAT('x', 200) FROM seq_1_to_1000",
        "CREATE TABLE heap AS SELECT n, note FROM t", "CREATE VIEW v AS SELECT * FROM heap",
        "CREATE TABLE empty (n int PRIMARY KEY)",
        "ANALYZE TABLE t", "ANALYZE TABLE heap")  # fmt: skip
    for table in ("t", "heap", "v"):
        counts = parts(Split(), 5, table)
        assert len(counts) == 5, (table, counts)
        assert max(counts) < 400, (table, counts)
    assert sum(parts(Split(), 7, "empty")) == 0
