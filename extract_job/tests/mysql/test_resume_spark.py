"""Resumed reads of MariaDB on Spark: one statement reads what is missing, and proves the whole table."""

import json

import pytest
from shared_fixtures.attempts import result_of, rows_of

from extract_job.engines.chunked import Chunked
from extract_job.errors import FailureClass, JobError
from extract_job.storage.local import LocalFolder

pytestmark = [pytest.mark.spark, pytest.mark.xdist_group("spark"), pytest.mark.filterwarnings("ignore")]

MARIADB = {"db_engine": "mariadb", "db_name": "shop", "extract_table": "t"}


@pytest.fixture
def stored(sql, new_session):
    """A table of 300 rows; returns a function that returns its rows."""
    sql(
        "CREATE TABLE t (n int PRIMARY KEY, note varchar(9))",
        "INSERT INTO t SELECT seq, 'old' FROM seq_1_to_300",
        "ANALYZE TABLE t",
    )

    def rows():
        with new_session().cursor() as cursor:
            cursor.execute("SELECT * FROM t ORDER BY n")
            return list(cursor.fetchall())

    return rows


@pytest.mark.parametrize("verify", ["count", "full"])
def test_one_statement_reads_what_is_missing(sql, stored, spark_attempt, tmp_path, verify):
    spark_attempt(1, "arrow", most=6, **MARIADB, verify=verify)
    sql("DELETE FROM t WHERE n = 100", "UPDATE t SET note = 'new' WHERE n = 1", "UPDATE t SET n = 400 WHERE n = 299")
    assert spark_attempt(2, "spark", most=2, **MARIADB, verify=verify, fetchsize="7") == 1
    result = result_of(tmp_path, 2)
    assert (result["snapshot"], result["proof"]["verify"], result["chunks"]["earlier"]) == (None, "full", 4)
    assert rows_of(tmp_path, 2) == stored()


@pytest.mark.parametrize("write", ["UPDATE t SET n = 1000 WHERE n = 5", "UPDATE t SET n = -5 WHERE n = 299"])
def test_a_row_that_moves_after_the_check_is_read_once(sql, stored, spark_attempt, tmp_path, write):
    """From a chunk that was taken over to one that is not read yet, or the other way."""
    spark_attempt(1, "arrow", most=6, **MARIADB)
    adopt = Chunked.adopt

    def adopt_and_write(*args):
        adopt(*args)
        sql(write)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Chunked, "adopt", adopt_and_write)
        assert spark_attempt(2, "spark", **MARIADB) == 2
    assert result_of(tmp_path, 2)["chunks"]["earlier"] == 0
    assert rows_of(tmp_path, 2) == stored()
    assert len(list((tmp_path / "data" / "attempt=2").iterdir())) == 1


def test_if_nothing_is_missing_no_statement_reads(stored, spark_attempt, tmp_path):
    def fail(folder):
        raise JobError("the disk is gone", FailureClass.INTERRUPTED)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LocalFolder, "finish", fail)
        spark_attempt(1, "arrow", most=10, **MARIADB)
    assert spark_attempt(2, "spark", **MARIADB) == 0
    assert result_of(tmp_path, 2)["chunks"] == {"all": 10, "earlier": 10}
    assert rows_of(tmp_path, 2) == stored()


@pytest.mark.parametrize("engines", [("spark", "arrow"), ("spark", "spark"), ("arrow", "spark")], ids="-".join)
def test_parts_that_the_user_wants_are_chunks(stored, spark_attempt, tmp_path, engines):
    spark_attempt(1, engines[0], most=6, **MARIADB, num_partitions="2")
    listed = json.loads((tmp_path / "results" / "attempt=1.chunks.json").read_text())["chunks"]
    begun = spark_attempt(2, engines[1], **MARIADB, num_partitions="2")
    result = result_of(tmp_path, 2)
    assert (begun, result["chunks"]) == (10 - len(listed), {"all": 10, "earlier": len(listed)})
    assert len(listed) >= 4
    assert result["snapshot"] == ("per_partition" if engines[1] == "spark" else None)
    assert rows_of(tmp_path, 2) == stored()
