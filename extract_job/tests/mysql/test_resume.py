"""A resumed read of MariaDB: what the counts and the figures of the database notice."""

import json

import pytest

from extract_job.engines.part import PartCopier
from extract_job.errors import FailureClass, JobError

pytestmark = pytest.mark.mariadb


@pytest.fixture
def attempts(mysql, tmp_path, monkeypatch):
    """Return a function that runs an attempt, which fails once `most` chunks are whole."""
    copied = PartCopier.copied

    def attempt(number, most=1000, **changed):
        begun = []

        def fail(self, source, **options):
            begun.append(1)
            if len(begun) > most:
                raise JobError("the host is gone", FailureClass.INTERRUPTED)
            return copied(self, source, **options)

        monkeypatch.setattr(PartCopier, "copied", fail)
        done = mysql(attempt=str(number), chunk_rows="30", result_uri=f"{tmp_path.as_uri()}/results/attempt={number}.json",
                     extract_s3_uri=f"{tmp_path.as_uri()}/data/attempt={number}/", **changed)  # fmt: skip
        result = json.loads((tmp_path / "results" / f"attempt={number}.json").read_text())
        return done.code, result

    return attempt


@pytest.mark.parametrize("verify", ["count", "full"])
def test_changed_chunks_are_read_again(sql, attempts, tmp_path, verify):
    import pyarrow.parquet as pq

    sql("CREATE TABLE t (n int PRIMARY KEY, note varchar(9))", "INSERT INTO t SELECT seq, 'old' FROM seq_1_to_300",
        "ANALYZE TABLE t")  # fmt: skip
    assert attempts(1, most=6, verify=verify)[0] == 1
    sql("DELETE FROM t WHERE n = 100", "UPDATE t SET note = 'new' WHERE n = 1")
    code, result = attempts(2, verify=verify)
    assert (code, result["snapshot"], result["chunks"]["earlier"]) == (0, None, 4)
    rows = [row for file in result["files"] for row in pq.read_table(tmp_path / "data" / "attempt=2" / file["name"]).to_pylist()]
    assert sorted(row["n"] for row in rows) == [number for number in range(1, 301) if number != 100]
    assert {row["note"] for row in rows if row["n"] == 1} == {"new"}
