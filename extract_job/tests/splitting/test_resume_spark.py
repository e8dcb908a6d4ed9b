"""A read that was begun on one engine and goes on on the other one: no row is lost or comes twice, and whole chunks stay."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from shared_fixtures import killable_job
from shared_fixtures.attempts import places, result_of, rows_of

pytestmark = [pytest.mark.spark, pytest.mark.xdist_group("spark"), pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(900)]

CHUNKS = 10
TABLE = (
    "CREATE TABLE t (n int PRIMARY KEY, note text)",
    "INSERT INTO t SELECT g, 'old' FROM generate_series(1, 300) g",
    "ANALYZE t",
)
WRITES = (
    "DELETE FROM t WHERE n = {key}",
    "UPDATE t SET note = 'new' WHERE n = {key}",
    "INSERT INTO t VALUES ({other}, 'late') ON CONFLICT DO NOTHING",
    "UPDATE t SET n = {other} WHERE n = {key} AND NOT EXISTS (SELECT FROM t WHERE n = {other})",
)


@pytest.mark.parametrize("how", ["arrow spark 1", "spark arrow 1", "spark spark 1", "arrow spark 3", "spark arrow 3"])
def test_the_next_attempt_reads_only_what_is_missing(sql, new_session, spark_attempt, tmp_path, how):
    sql(*TABLE)
    *engines, parts = how.split()
    options = {"db_engine": "postgres", "db_name": "shop", "extract_table": "public.t", "num_partitions": parts}
    options |= {"rename": '{"note":"remark"}'} if parts == "3" else {"verify": "full"}
    spark_attempt(1, engines[0], most=6, **options)
    listed = json.loads((tmp_path / "results" / "attempt=1.chunks.json").read_text())["chunks"]
    names = {file["name"] for chunk in listed.values() for file in chunk["files"]}
    assert {path.name for path in (tmp_path / "data" / "attempt=1").iterdir()} == names  # no other file stays
    begun = spark_attempt(2, engines[1], **options)
    result = result_of(tmp_path, 2)
    assert (begun, result["chunks"]) == (CHUNKS - len(listed), {"all": CHUNKS, "earlier": len(listed)})
    assert len(listed) >= (6 if parts == "1" else 1)
    assert rows_of(tmp_path, 2) == sorted(new_session().execute("SELECT * FROM t").fetchall())
    assert not (tmp_path / "results" / "attempt=2.chunks.json").exists()


@pytest.mark.parametrize("how", ["arrow spark", "spark arrow"])
def test_chunks_with_other_values_are_read_again(sql, new_session, spark_attempt, tmp_path, how):
    sql(*TABLE)
    engines = how.split()
    options = {"db_engine": "postgres", "db_name": "shop", "extract_table": "public.t"}
    spark_attempt(1, engines[0], most=6, **options)
    sql("UPDATE t SET n = 1000 WHERE n = 5", "UPDATE t SET n = 5 WHERE n = 299", "UPDATE t SET note = 'new' WHERE n = 40")
    spark_attempt(2, engines[1], **options)
    assert 0 < result_of(tmp_path, 2)["chunks"]["earlier"] < 6
    assert rows_of(tmp_path, 2) == sorted(new_session().execute("SELECT * FROM t").fetchall())


def test_chunks_in_s3(sql, new_session, spark_environment, lake_of_processes, argv):
    """The last chunk cannot be read: it fails on Spark, then on Arrow, and is read by Spark when its value fits."""
    sql("CREATE TABLE t (n int PRIMARY KEY, d date)", "INSERT INTO t SELECT n, '2024-01-01' FROM generate_series(1, 299) AS n")
    sql("INSERT INTO t VALUES (300, 'infinity')", "ANALYZE t")
    s3 = lake_of_processes

    def run(attempt, engine):
        places = {"extract_s3_uri": f"s3://lake/data/{attempt}/", "result_uri": f"s3://lake/results/attempt={attempt}.json"}
        options = {"db_engine": "postgres", "db_name": "shop", "extract_table": "public.t", "attempt": str(attempt)}
        words = argv(**options, **places, job_engine=engine, chunk_rows="100")
        command, environment = [sys.executable, "-m", "extract_job", *words], {**os.environ, **spark_environment}
        done = subprocess.run(command, env=environment, capture_output=True, check=False)
        listed = s3.list_objects_v2(Bucket="lake", Prefix=f"data/{attempt}/").get("Contents", [])
        result = json.loads(s3.get_object(Bucket="lake", Key=f"results/attempt={attempt}.json")["Body"].read())
        return done.returncode, {item["Key"].rpartition("/")[2] for item in listed}, result

    code, names, _ = run(1, "spark")
    assert (code, len(names)) == (1, 2)
    code, names, _ = run(2, "arrow")
    assert (code, len(names)) == (1, 2)
    sql("UPDATE t SET d = '2024-01-02' WHERE n = 300")
    code, names, result = run(3, "spark")
    assert (code, result["rows"], result["chunks"]) == (0, 300, {"all": 3, "earlier": 2})
    assert {file["name"] for file in result["files"]} == names


@pytest.fixture
def kills(spark, spark_environment, argv, tmp_path, monkeypatch):
    """Return a function that runs attempts on random engines until one lives: it returns its number, and the parts begun."""
    gateway = spark.sparkContext._gateway.gateway_parameters
    joined = {"PYSPARK_GATEWAY_PORT": str(gateway.port), "PYSPARK_GATEWAY_SECRET": gateway.auth_token}
    log = tmp_path / "parts.log"

    def run(most, dice, between=lambda: None, **changed):
        for attempt in range(1, 100):
            engine = dice.choice(["arrow", "spark"])
            step = dice.randrange(5 * CHUNKS) if attempt <= most else 100_000
            words = argv(**{"chunk_rows": "30", "job_engine": engine} | places(tmp_path, attempt) | changed)
            done = subprocess.run(
                [sys.executable, killable_job.__file__, str(log), str(step), f"{dice.random() / 2:.3f}", *words],
                env={**os.environ, **spark_environment, **(joined if engine == "spark" else {})}, capture_output=True, text=True,
                check=False,
            )  # fmt: skip
            if done.returncode != -9:
                assert done.returncode == 0, done.stderr
                return attempt, len(Path(log).read_text(encoding="utf-8").splitlines())
            between()
        raise AssertionError("no attempt lived")

    return run


@pytest.mark.parametrize("seed", [*range(2), *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(2, 50))])
def test_kills_at_random_points(sql, new_session, kills, tmp_path, seed):
    """Each kill costs one chunk at most."""
    sql(*TABLE)
    dice = random.Random(seed)  # noqa: S311
    options = {"db_engine": "postgres", "db_name": "shop", "extract_table": "public.t", "verify": dice.choice(["count", "full"])}
    attempt, begun = kills(4, dice, **options)
    assert rows_of(tmp_path, attempt) == new_session().execute("SELECT * FROM t ORDER BY n").fetchall()
    assert begun <= CHUNKS + attempt - 1


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(1, 20))])
def test_a_writer_between_kills_is_seen_whole(sql, new_session, kills, tmp_path, seed):
    sql(*TABLE)
    dice = random.Random(seed)  # noqa: S311

    def write():
        for _ in range(dice.randrange(4)):
            sql(dice.choice(WRITES).format(key=dice.randrange(300), other=dice.randrange(300, 1000)))

    attempt, _ = kills(4, dice, write, db_engine="postgres", db_name="shop", extract_table="public.t", num_partitions="2")
    assert rows_of(tmp_path, attempt) == new_session().execute("SELECT * FROM t ORDER BY n").fetchall()
