"""MariaDB on Spark: equal to the Arrow engine, and proved in the snapshot of each statement."""

import json
import random
import threading

import pytest
from shared_fixtures import mariadb_values
from shared_fixtures.spark import RANDOM_TABLES

MARIADB = {"db_engine": "mariadb", "db_name": "shop", "extract_table": "t"}
BY_TIME = {"hwm_col_name": "at", "hwm_column_type": "TimestampType"}
pytestmark = [pytest.mark.spark, pytest.mark.xdist_group("spark"), pytest.mark.filterwarnings("ignore")]


@pytest.mark.parametrize("seed", range(RANDOM_TABLES))
def test_random_tables(sql, both, seed):
    chance = random.Random(seed)  # noqa: S311 - test data
    kinds = chance.choices(mariadb_values.TYPES, k=chance.randrange(1, 12))
    columns = ", ".join(f"c{number} {kind}" for number, kind in enumerate(kinds))
    sql("DROP TABLE IF EXISTS t", "SET sql_mode = ''", f"CREATE TABLE t (id int PRIMARY KEY, {columns})")
    rows = [
        f"({number}, {', '.join('NULL' if chance.random() < 0.2 else mariadb_values.value_of(kind, chance) for kind in kinds)})"
        for number in range(chance.choice((0, 1, 2, chance.randrange(3, 60))))
    ]
    if rows:
        sql(f"INSERT INTO t VALUES {', '.join(rows)}")  # noqa: S608 - ours
    assert both(**MARIADB, verify=("full", "count", "off")[seed % 3]).result["rows"] == len(rows)


@pytest.mark.parametrize("verify", ["full", "count", "off"])
@pytest.mark.parametrize(
    "selection",
    [
        {"rename": '{"my col":"price","id":"my col"}'},
        {"exclude_columns": "at", "where": '{"id":{">":"700"},"my col":["7.00","9.00",null]}'},
        {"columns": "at", "where": '{"at":{"<":"2026-01-01 08:00:00"}}', "rename": '{"at":"moment"}'},
        {"text_columns": "my col", "rename": '{"my col":"price"}'},
        {"where": '{"id":"-1"}', "rename": '{"at":"moment"}'},
        BY_TIME | {"extract_type": "PE", "rename": '{"at":"moment"}'},
    ],
    ids=str,
)
def test_selected_and_renamed_columns(sql, both, selection, verify):
    sql("CREATE TABLE t (id int PRIMARY KEY, `my col` decimal(9, 2), at datetime)")
    sql("INSERT INTO t SELECT seq, nullif(seq % 11, 0), '2026-01-01' + INTERVAL seq MINUTE FROM seq_1_to_1000")
    done = both(**MARIADB, verify=verify, **selection)
    assert done.code == 0, done.errors
    assert set(json.loads(selection.get("rename", "{}")).values()) <= set(done.table.column_names)


@pytest.mark.parametrize(("declared", "value"), [("date", "0000-00-00"), ("datetime", "2024-02-00 00:00:00")])
def test_a_value_that_does_not_fit_is_named_in_the_same_words(sql, both, declared, value):
    sql("SET sql_mode = ''", f"CREATE TABLE t (id int PRIMARY KEY, `my col` {declared})")
    sql("INSERT INTO t VALUES (1, NULL)", f"INSERT INTO t VALUES (7, '{value}')")  # noqa: S608 - ours
    assert "id 7" in both(**MARIADB).failure["message"]


def test_each_row_is_delivered_once_by_either_engine(sql, on_spark):
    sql("CREATE TABLE t (id int, f float, at datetime(6) DEFAULT utc_timestamp(6))")
    runs = on_spark(**MARIADB, **BY_TIME, verify="full")
    for number, engine in enumerate(("spark", "arrow", "spark", "spark")):
        sql(f"INSERT INTO t (id, f) VALUES ({number}, 1.1), ({number}, 1.1)")  # noqa: S608 - ours
        assert [row[0] for row in runs.rows(job_engine=engine)] == [number, number]
    assert runs.last.result["rows_delivered_before"] == 6


def test_what_was_read_is_proved_while_a_writer_commits(sql, new_session, on_spark):
    """The figures come with the rows: a count in another snapshot would differ."""
    sql("CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, v int, at datetime(6) DEFAULT utc_timestamp(6))")
    sql("INSERT INTO t (v) SELECT seq FROM seq_1_to_20000")
    session, ended = new_session(autocommit=True), threading.Event()

    def write():
        with session.cursor() as cursor:
            while not ended.is_set():
                cursor.execute("INSERT INTO t (v) VALUES (1), (2)")
                cursor.execute("UPDATE t SET v = v + 1 WHERE id % 1000 = 7")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        runs = on_spark(**MARIADB, **BY_TIME, verify="full")
        done = [runs.run() for _ in range(3)]
    finally:
        ended.set()
        writer.join()
    assert [one.code for one in done] == [0, 0, 0], [one.errors for one in done]
    ids = [row[0] for one in done for row in one.rows if row[0] % 1000 != 7]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("key", ["id", "k", None])
def test_parts_are_read_if_the_user_wants_them_and_the_result_says_so(sql, spark, job, key):
    sql("CREATE TABLE t (id int, k varchar(9), f double)")
    sql("INSERT INTO t SELECT seq, IF(seq % 5, CONCAT('k', seq % 7), NULL), seq / 3 FROM seq_1_to_2000")
    column = {} if key is None else {"partition_column": key}
    done = job(**MARIADB, job_engine="spark", num_partitions="3", verify="full", **column)
    assert done.code == 0, done.errors
    assert sorted(row[0] for row in done.rows) == list(range(1, 2001))
    assert (done.result["snapshot"], len(done.result["files"])) == ("per_partition", 3)
    assert "each in a separate snapshot" in done.result["notes"][0]
    assert job(**MARIADB, job_engine="spark", num_partitions="auto").result["snapshot"] is None


def test_a_killed_connection_is_an_interruption_and_is_not_tried_again(sql, new_session, spark, job):
    sql(
        "CREATE TABLE stored AS SELECT seq AS id FROM seq_1_to_3000",
        "CREATE VIEW t AS SELECT id, IF(id % 10 = 0, SLEEP(0.05), 0) AS v FROM stored",
    )
    killer, ended = new_session(autocommit=True), threading.Event()

    def kill():
        while not ended.wait(0.2):
            with killer.cursor() as cursor:
                cursor.execute(
                    "SELECT id FROM information_schema.processlist WHERE info LIKE '%SPARK_GEN%' AND id <> connection_id()"
                )
                for (number,) in cursor.fetchall():
                    cursor.execute(f"KILL {number}")
                    return

    thread = threading.Thread(target=kill)
    thread.start()
    done = job(**MARIADB, job_engine="spark")
    ended.set()
    thread.join()
    assert (done.code, done.failure["class"], done.failure["retryable"]) == (1, "INTERRUPTED", True), done.errors
    assert done.left == []
