"""PostgreSQL on Spark: equal to the Arrow engine, in one snapshot, with the same words for what fails."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import psycopg
import pytest
from psycopg import sql as composed
from shared_fixtures import random_tables
from shared_fixtures.spark import RANDOM_TABLES

pytestmark = [pytest.mark.spark, pytest.mark.xdist_group("spark"), pytest.mark.filterwarnings("ignore")]

PG = {"db_engine": "postgres", "db_name": "shop", "extract_table": "public.t"}
BY_TIME = {"hwm_col_name": "at", "hwm_column_type": "TimestampType"}
SLOW = """
CREATE TABLE public.stored AS SELECT n AS id, repeat('x', 1000) AS v FROM generate_series(1, 3000) AS n;
CREATE VIEW public.t AS SELECT id, v || CASE WHEN id % 10 = 0 THEN pg_sleep(0.05)::text ELSE '' END AS v FROM public.stored
"""


def insert(rows, declared):
    query = composed.SQL("INSERT INTO t VALUES ({})").format(
        composed.SQL(", ").join(composed.SQL("%s::{}").format(composed.SQL(kind)) for _, kind in declared)
    )
    with psycopg.connect(dbname="shop", autocommit=True) as connection, connection.cursor() as cursor:
        cursor.executemany(query, rows)


@pytest.mark.parametrize("seed", range(RANDOM_TABLES))
def test_random_tables(new_session, sql, both, seed):
    declared, rows = random_tables.table(random_tables.POSTGRESQL, seed)
    sql("DROP TABLE IF EXISTS t", f"CREATE TABLE t ({', '.join(f'{name} {kind}' for name, kind in declared)})")
    insert(rows, declared)
    verify = ("full", "count", "off")[seed % 3]
    assert both(**PG, verify=verify).result["rows"] == len(rows)


def test_an_empty_table_has_one_file_with_its_schema(sql, both):
    sql("CREATE TABLE t (id int, at time, n numeric(50, 3))")
    assert len(both(**PG, verify="full").result["files"]) == 1


@pytest.mark.parametrize(
    ("declared", "value"),
    [
        ("date", "infinity"), ("date", "10000-01-01"), ("timestamp", "-infinity"), ("timestamp", "0044-03-15 BC"),
        ("timestamptz", "infinity"), ("time", "24:00:00"), ("numeric(5,2)[]", "[2:3]={1,2}"), ("numeric", "NaN"),
        ("numeric", "1e30"), ("numeric", "0.0000000000000000001"),
    ],
)  # fmt: skip
def test_a_value_that_does_not_fit_is_named_in_the_same_words(sql, both, declared, value):
    sql(f'CREATE TABLE t (id int, "my col" {declared})', "INSERT INTO t VALUES (1, NULL)", f"INSERT INTO t VALUES (2, '{value}')")  # noqa: S608 - ours
    assert both(**PG).failure["class"] == "USER_CODE"


@pytest.mark.parametrize("verify", ["full", "count", "off"])
@pytest.mark.parametrize(
    "selection",
    [
        {"rename": '{"my col":"price","id":"my col"}'},
        {"columns": "my col,at", "rename": '{"my col":"id"}'},
        {"exclude_columns": "at", "where": '{"id":{">":"700"},"my col":["7.00","9.00",null]}'},
        {"columns": "at", "where": '{"at":{"<":"2026-01-01T08:00:00+02:00"}}', "num_partitions": "3", "rename": '{"at":"then"}'},
        {"text_columns": "my col", "rename": '{"my col":"price"}', "num_partitions": "2"},
        {"where": '{"id":"-1"}', "rename": '{"at":"moment"}'},
        {"metadata_columns": '{"run":"run_id","n":"attempt"}', "rename": '{"at":"moment"}', "num_partitions": "2"},
        {"metadata_columns": '{"run":"run_id"}', "where": '{"id":"-1"}'},
        BY_TIME | {"extract_type": "PE", "rename": '{"at":"moment"}'},
    ],
    ids=str,
)
def test_selected_and_renamed_columns(sql, both, selection, verify):
    sql('CREATE TABLE t (id int PRIMARY KEY, "my col" numeric(9, 2), at timestamptz)')
    times = "timestamptz '2026-01-01Z' + n * interval '1 min'"
    sql(f"INSERT INTO t SELECT n, nullif(n % 11, 0), {times} FROM generate_series(1, 1000) AS n")  # noqa: S608 - ours
    done = both(**PG, verify=verify, **selection)
    assert done.code == 0, done.errors
    names = json.loads(selection.get("rename", "{}")).values()
    assert set(names) <= set(done.table.column_names)


def test_a_renamed_column_has_the_name_of_the_database_in_messages(sql, both):
    sql('CREATE TABLE t (id int, "my col" date)', "INSERT INTO t VALUES (1, 'infinity')")
    assert "column 'my col'" in both(**PG, rename='{"my col":"day"}').failure["message"]


@pytest.mark.parametrize("view", [False, True], ids=["by transactions", "by digests"])
def test_renamed_rows_are_recognised_by_either_engine(sql, on_spark, view):
    sql("CREATE TABLE stored (id int, at timestamp DEFAULT now())")
    sql("CREATE VIEW t AS SELECT * FROM stored" if view else "ALTER TABLE stored RENAME TO t")
    runs = on_spark(**PG, **BY_TIME, verify="full", rename='{"id":"number"}')
    for number, engine in enumerate(("spark", "arrow", "spark")):
        sql(f"INSERT INTO {'stored' if view else 't'} VALUES ({number}), ({number})")  # noqa: S608 - ours
        assert [row[0] for row in runs.rows(job_engine=engine)] == [number, number]
    assert runs.last.table.column_names == ["number", "at"]
    assert runs.last.result["proof"]["left_out"]["rows"] == 4


def test_files_have_at_most_so_many_rows(sql, both):
    sql("CREATE TABLE t AS SELECT n AS id FROM generate_series(1, 2500) AS n")
    assert [file["rows"] for file in both(**PG, rows_per_file="1000").result["files"]] == [1000, 1000, 500]


def test_each_row_is_delivered_once_by_either_engine(sql, on_spark):
    """A chain of attempts on both engines: each knows what the other has delivered."""
    sql("CREATE TABLE t (id int, at timestamptz DEFAULT now())", "INSERT INTO t SELECT generate_series(1, 3)")
    runs = on_spark(**PG, **BY_TIME, verify="full")
    assert [row[0] for row in runs.rows()] == [1, 2, 3]
    sql("INSERT INTO t SELECT generate_series(4, 5)")
    assert [row[0] for row in runs.rows(job_engine="arrow")] == [4, 5]
    sql("UPDATE t SET id = 10 WHERE id = 1", "INSERT INTO t VALUES (6, now() - interval '5 min')")
    assert [row[0] for row in runs.rows()] == [10, 6]
    assert runs.last.result["rows_delivered_before"] == 4


def test_rows_of_a_view_are_recognised_by_digests(sql, on_spark):
    sql("CREATE TABLE stored (id int, at timestamp DEFAULT now())", "CREATE VIEW t AS SELECT * FROM stored")
    runs = on_spark(**PG, **BY_TIME, verify="full")
    for number, engine in enumerate(("spark", "arrow", "spark", "spark")):
        sql(f"INSERT INTO stored VALUES ({number}), ({number})")  # noqa: S608 - ours
        assert [row[0] for row in runs.rows(job_engine=engine)] == [number, number]
    assert runs.last.result["overlap"]["by"] == "digests"


def test_rows_figures_and_marks_are_of_one_instant(sql, new_session, on_spark):
    """A writer moves an amount from row to row: in no snapshot is the sum another one."""
    sql("CREATE TABLE t (id int PRIMARY KEY, amount bigint, at timestamptz DEFAULT now())")
    sql("INSERT INTO t SELECT n, 100 FROM generate_series(1, 20000) AS n")
    session, ended = new_session(), threading.Event()

    def move():
        number = 0
        while not ended.is_set():
            number += 1
            first, second = number % 20000 + 1, 20000 - number % 20000
            session.execute("UPDATE t SET amount = amount - 1, at = now() WHERE id = %s", [first])
            session.execute("UPDATE t SET amount = amount + 1, at = now() WHERE id = %s", [second])
            session.commit()

    writer = threading.Thread(target=move)
    writer.start()
    try:
        runs = on_spark(**PG, **BY_TIME, verify="full", future="read")
        first = runs.run()
        second = runs.run()
    finally:
        ended.set()
        writer.join()
    assert (first.code, second.code) == (0, 0), (first.errors, second.errors)
    assert sum(row[1] for row in first.rows) == 2_000_000
    assert second.result["proof"]["left_out"]["rows"] == second.result["rows_delivered_before"] > 0


@pytest.mark.parametrize(
    ("script", "changed"),
    [
        ("CREATE TABLE t (id bigint PRIMARY KEY, k text, at timestamptz)", {}),
        ("CREATE TABLE t (id bigint, k text, at timestamptz)", {}),  # by blocks
        ("CREATE TABLE t (id bigint, k text, at timestamptz)", {"partition_column": "k"}),
        ("CREATE TABLE t (id bigint, k text, at timestamptz)", {"partition_column": "at"}),
        ("CREATE TABLE t (id bigint, k text, at timestamptz)",
         {"partition_column": "id", "lower_bound": "10", "upper_bound": "20"}),
        ("CREATE TABLE stored (id bigint, k text, at timestamptz); CREATE VIEW t AS SELECT * FROM stored", {}),  # by hash
    ],
)  # fmt: skip
def test_each_row_is_in_one_part(sql, both, script, changed):
    sql(*script.split("; "))
    name = "stored" if "VIEW" in script else "t"
    sql(f"INSERT INTO {name} SELECT n, chr(97 + n % 7), now() + n * interval '1 day' FROM generate_series(1, 3000) AS n")  # noqa: S608 - ours
    sql(f"INSERT INTO {name} VALUES (-5, NULL, NULL)")  # noqa: S608 - ours
    done = both(**PG, num_partitions="4", verify="full", **changed)
    assert (done.result["rows"], done.result["notes"]) == (3001, [])


def test_rows_that_move_over_a_bound_are_read_once(sql, new_session, spark, job):
    """All tasks read one snapshot: without it, a row that moves while they read is in two parts, or in none."""
    sql("CREATE TABLE t (id int PRIMARY KEY)", "INSERT INTO t SELECT generate_series(1, 30000)")
    session, ended = new_session(autocommit=True), threading.Event()

    def move():
        while not ended.is_set():
            session.execute("UPDATE t SET id = 60001 - id WHERE id % 10 < 2")

    writer = threading.Thread(target=move)
    writer.start()
    try:
        done = job(**PG, job_engine="spark", num_partitions="6", lower_bound="1", upper_bound="60000", partition_column="id")
    finally:
        ended.set()
        writer.join()
    assert done.code == 0, done.errors
    ids = [row[0] for row in done.rows]
    assert (len(ids), len({min(number, 60001 - number) for number in ids})) == (30000, 30000)


def test_a_killed_connection_is_an_interruption(sql, spark, job, new_session, monkeypatch):
    sql(*SLOW.split(";\n"))
    killer = new_session(autocommit=True)

    def kill():
        query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'SELECT \"c0\"%' AND state = 'active'"
        until = time.monotonic() + 60
        while time.monotonic() < until and not killer.execute(query).fetchall():
            time.sleep(0.1)

    thread = threading.Thread(target=kill)
    thread.start()
    done = job(**PG, job_engine="spark", fetchsize="1024")
    thread.join()
    assert (done.code, done.failure["class"], done.failure["retryable"]) == (1, "INTERRUPTED", True), done.errors
    assert "terminating connection due to administrator command" in done.failure["message"]
    assert done.left == []


def test_what_fails_in_a_query_has_the_words_of_the_database(sql, spark, job):
    sql("CREATE TABLE stored AS SELECT n AS id FROM generate_series(1, 10) AS n")
    sql("CREATE VIEW t AS SELECT 1 / (id - 5) AS v FROM stored")
    done = job(**PG, job_engine="spark")
    assert done.failure == {"class": "USER_CODE", "message": "database 'shop': division by zero", "retryable": False}


def test_sqlite_is_refused(spark, database, job):
    database("CREATE TABLE t (id int)")
    done = job(job_engine="spark")
    assert done.failure["class"] == "CONFIG"
    assert "and not sqlite" in done.failure["message"]


def test_no_password_is_in_any_message(sql, spark, job, monkeypatch):
    sql("CREATE TABLE t (id int)")
    monkeypatch.setenv("PGPASSWORD", "hunter22")
    done = job(**PG, job_engine="spark")
    assert done.failure["class"] == "PERMISSION"
    assert "hunter22" not in json.dumps(done.failure) + "".join(done.errors)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("day", ["2024-05-31", "infinity"])
def test_files_in_s3_are_those_of_the_result(sql, spark_environment, lake_of_processes, argv, day):
    """As a process, whose tasks upload their files. After a failure no file is left."""
    sql("CREATE TABLE t (id int PRIMARY KEY, d date)", "INSERT INTO t SELECT n, '2024-01-01' FROM generate_series(1, 3000) AS n")
    sql(f"INSERT INTO t VALUES (3001, '{day}')")  # noqa: S608 - ours
    s3 = lake_of_processes
    places = {"extract_s3_uri": f"s3://lake/{day}/", "result_uri": "s3://lake/result.json"}
    words = argv(**PG, **places, job_engine="spark", num_partitions="3", rows_per_file="600")
    environment = {**os.environ, **spark_environment}
    done = subprocess.run(
        [sys.executable, "-m", "extract_job", *words], capture_output=True, text=True, check=False, env=environment
    )
    result = json.loads(s3.get_object(Bucket="lake", Key="result.json")["Body"].read())
    sizes = {item["Key"]: item["Size"] for item in s3.list_objects_v2(Bucket="lake", Prefix=f"{day}/").get("Contents", [])}
    if day == "infinity":
        assert (done.returncode, sizes) == (1, {}), done.stderr
        assert "'infinity' is outside the years" in result["error"]["message"]
        return
    assert done.returncode == 0, done.stderr
    assert sizes == {f"{day}/{file['name']}": file["bytes"] for file in result["files"]}
    assert (result["rows"], len(sizes)) == (3001, 6)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_stopped_job_leaves_no_data(sql, spark_environment, argv, tmp_path, number):
    """As a process that starts Spark itself. After SIGKILL files may be left, which no result names."""
    sql(*SLOW.split(";\n"))
    log, folder = tmp_path / "log", tmp_path / "out" / "attempt=1"
    words = argv(**PG, job_engine="spark", fetchsize="50", rows_per_file="100")
    with log.open("wb") as output:
        job = subprocess.Popen(
            [sys.executable, "-m", "extract_job", *words],
            stderr=output, env={**os.environ, **spark_environment}, start_new_session=True,
        )  # fmt: skip
    try:
        while not list(folder.glob(".part-*.tmp")):
            assert job.poll() is None, log.read_text(encoding="utf-8")
            time.sleep(0.1)
        if number == signal.SIGKILL:
            os.killpg(job.pid, number)
            job.wait()
            assert not (folder / "result.json").exists()
            return
        job.send_signal(number)
        assert job.wait() == 128 + number, log.read_text(encoding="utf-8")
        assert json.loads((folder / "result.json").read_text(encoding="utf-8"))["error"]["class"] == "INTERRUPTED"
        assert [path.name for path in folder.iterdir()] == ["result.json"]
    finally:
        if job.poll() is None:
            os.killpg(job.pid, signal.SIGKILL)
            job.wait()
