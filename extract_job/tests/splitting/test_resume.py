"""An attempt that died leaves whole chunks, and the next one reads only the rest: no row is lost, none comes twice."""

import json
import os
import random
import signal
import sqlite3
import warnings

import pytest

from extract_job import chunks
from extract_job.databases.sqlite.source import SqliteSource
from extract_job.engines.part import PartCopier
from extract_job.program import run
from extract_job.proof.figures import Figures
from extract_job.stopping import StopRequest
from extract_job.storage.local import LocalFolder

CHUNKS = 10
WRITES = (
    "DELETE FROM t WHERE n = :key",
    "UPDATE t SET note = 'new' WHERE n = :key",
    "INSERT OR IGNORE INTO t VALUES (:other, 'late')",
    "UPDATE OR IGNORE t SET n = :other WHERE n = :key",
)


def words(folder, attempt, **changed):
    pairs = {
        "extract_table": "t", "run_id": "run-1", "attempt": str(attempt), "db_engine": "sqlite", "db_name": "sales.db",
        "extract_s3_uri": f"{folder.as_uri()}/data/attempt={attempt}/",
        "result_uri": f"{folder.as_uri()}/results/attempt={attempt}.json",
        "chunk_rows": "30",
    } | changed  # fmt: skip
    return [word for key, value in pairs.items() for word in (f"--{key}", value)]


def result_of(folder, attempt):
    return json.loads((folder / "results" / f"attempt={attempt}.json").read_text())


def rows_of(folder, attempt):
    import pyarrow.parquet as pq

    data = folder / "data" / f"attempt={attempt}"
    return sorted(row for file in result_of(folder, attempt)["files"] for row in values(pq.read_table(data / file["name"])))


def values(table):
    return [tuple(row.values()) for row in table.to_pylist()]


def killed_at(event, argv, log):
    """Run the job in a process that kills itself at its n-th step; return whether it was killed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Arrow's threads know that a process may fork
        child = os.fork()
    if child:
        return os.WIFSIGNALED(os.waitpid(child, 0)[1])
    steps = iter(range(event, -1, -1))

    def stepping(function):
        def step(*args, **kwargs):
            if next(steps) == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*args, **kwargs)

        return step

    copied = PartCopier.copied

    def logged(self, source, **options):
        with log.open("a") as file:
            file.write("chunk\n")
        return copied(self, source, **options)

    PartCopier.copied = logged
    SqliteSource.read = stepping(SqliteSource.read)
    LocalFolder.take, LocalFolder.adopt = stepping(LocalFolder.take), stepping(LocalFolder.adopt)
    LocalFolder.finish = stepping(LocalFolder.finish)
    chunks.ChunkList.put = stepping(chunks.ChunkList.put)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    os._exit(run(argv, StopRequest()))


def kill(folder, kills, dice, **changed):
    """Kill attempts at random until one lives; return its number and how many chunks were begun in all."""
    log = folder / "chunks.log"
    for attempt in range(1, 1000):
        argv = words(folder, attempt, **changed)
        event = dice.randrange(4 * CHUNKS) if attempt <= kills else 10_000
        if not killed_at(event, argv, log):
            return attempt, len(log.read_text().splitlines())
    raise AssertionError("no attempt lived")


def table(rows=300):
    connection = sqlite3.connect("sales.db")
    connection.execute("CREATE TABLE t (n INTEGER PRIMARY KEY, note TEXT)")
    connection.executemany("INSERT INTO t VALUES (?, ?)", [(number, f"note {number}") for number in range(rows)])
    connection.commit()
    return connection


@pytest.mark.parametrize("seed", [*range(3), *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(3, 60))])
def test_kills_at_random_points(tmp_path, monkeypatch, seed):
    monkeypatch.chdir(tmp_path)
    connection, dice = table(), random.Random(seed)  # noqa: S311
    attempt, begun = kill(tmp_path, 4, dice, verify=dice.choice(["count", "full"]))
    assert rows_of(tmp_path, attempt) == connection.execute("SELECT * FROM t ORDER BY n").fetchall()
    assert begun <= CHUNKS + attempt - 1  # a kill costs one chunk
    assert result_of(tmp_path, attempt)["chunks"]["all"] == CHUNKS
    assert not list((tmp_path / "results").glob(f"attempt={attempt}.chunks.json"))


@pytest.mark.parametrize("seed", [*range(2), *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(2, 30))])
def test_a_writer_between_kills_is_seen_whole(tmp_path, monkeypatch, seed):
    monkeypatch.chdir(tmp_path)
    connection, dice = table(), random.Random(seed)  # noqa: S311
    for attempt in range(1, 6):
        if not killed_at(dice.randrange(4 * CHUNKS), words(tmp_path, attempt, verify="full"), tmp_path / "log"):
            break
        for _ in range(dice.randrange(4)):
            key, other = dice.randrange(300), dice.randrange(300, 1000)
            statement = dice.choice(WRITES)
            connection.execute(statement, {"key": key, "other": other})
        connection.commit()
    else:
        attempt += 1
        assert not killed_at(10_000, words(tmp_path, attempt, verify="full"), tmp_path / "log")
    assert rows_of(tmp_path, attempt) == connection.execute("SELECT * FROM t ORDER BY n").fetchall()


@pytest.mark.parametrize("change", ["UPDATE t SET note = 'newer' WHERE n = 0", "UPDATE t SET n = 1 - n WHERE n = 0"])
@pytest.mark.parametrize("verify", ["count", "off"])
def test_a_chunk_with_other_values_is_read_again(tmp_path, monkeypatch, change, verify):
    monkeypatch.chdir(tmp_path)
    connection = table()
    if "1 - n" in change:  # a row goes and another one comes: the number of rows in the chunk stays
        connection.execute("DELETE FROM t WHERE n = 1")
        connection.commit()
    assert killed_at(25, words(tmp_path, 1, verify=verify), tmp_path / "log")
    connection.execute(change)
    connection.commit()
    assert run(words(tmp_path, 2, verify=verify), StopRequest()) == 0
    result = result_of(tmp_path, 2)
    assert rows_of(tmp_path, 2) == connection.execute("SELECT * FROM t ORDER BY n").fetchall()
    assert result["snapshot"] is None
    earlier = result["chunks"]["earlier"]
    if verify == "off":
        assert earlier == 0
        return
    assert 0 < earlier < CHUNKS
    assert result["proof"]["verify"] == "full"
    note = (
        f"an earlier attempt had read {earlier} of {CHUNKS} chunks; this one read the others. The chunks have not changed since"
    )
    assert result["notes"] == [note]


@pytest.mark.parametrize(
    "changed", [{"verify": "full"}, {"text_columns": "n"}, {"chunk_rows": "0"}, {"extract_type": "PE"}], ids=str
)
def test_other_arguments_begin_anew(tmp_path, monkeypatch, changed):
    monkeypatch.chdir(tmp_path)
    table()
    assert killed_at(25, words(tmp_path, 1), tmp_path / "log")
    if "extract_type" in changed:
        changed |= {"hwm_col_name": "n", "hwm_column_type": "LongType"}
    assert run(words(tmp_path, 2, **changed), StopRequest()) == 0
    assert len(rows_of(tmp_path, 2)) == 300
    assert (result_of(tmp_path, 2)["chunks"] or {"earlier": 0})["earlier"] == 0


def test_lost_files_of_a_chunk_are_read_again(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    table()
    assert killed_at(25, words(tmp_path, 1), tmp_path / "log")
    listed = json.loads((tmp_path / "results" / "attempt=1.chunks.json").read_text())
    lost, cut, *_ = [tmp_path / "data" / "attempt=1" / chunk["files"][0]["name"] for chunk in listed["chunks"].values()]
    lost.unlink()
    cut.write_bytes(b"cut")
    assert run(words(tmp_path, 2), StopRequest()) == 0
    assert len(rows_of(tmp_path, 2)) == 300
    assert result_of(tmp_path, 2)["chunks"]["earlier"] == len(listed["chunks"]) - 2


def test_another_run_resumes_by_its_argument(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    table()
    assert killed_at(25, words(tmp_path, 1), tmp_path / "log")
    earlier = f"{tmp_path.as_uri()}/results/attempt=3.json"  # attempts 3 and 2 never began
    folder = tmp_path / "rerun"
    assert run(words(folder, 1, db_name=str(tmp_path / "sales.db"), resume_from=earlier), StopRequest()) == 0
    assert result_of(folder, 1)["chunks"]["earlier"] == 0  # another db_name may be another database
    assert run(words(folder, 2, resume_from=earlier), StopRequest()) == 0
    assert result_of(folder, 2)["chunks"]["earlier"] > 0
    assert len(rows_of(folder, 2)) == 300


def test_a_proof_that_fails_keeps_no_chunk(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    table()
    monkeypatch.setattr(SqliteSource, "figures", lambda self: Figures(299))
    assert run(words(tmp_path, 1), StopRequest()) == 1
    assert list((tmp_path / "data" / "attempt=1").iterdir()) == []
    assert [path.name for path in (tmp_path / "results").iterdir()] == ["attempt=1.json"]


@pytest.mark.postgres
@pytest.mark.parametrize("readers", ["1", "3"])
def test_postgresql_knows_which_chunks_have_changed(sql, new_session, tmp_path, monkeypatch, readers):
    sql(
        "CREATE TABLE t (n int PRIMARY KEY, note text)",
        "INSERT INTO t SELECT g, 'note' FROM generate_series(1, 300) g",
        "ANALYZE t",
    )
    there = {"db_engine": "postgres", "db_name": "shop", "extract_table": "public.t", "num_partitions": readers}
    copied, begun = PartCopier.copied, []

    def fail(self, source, **options):
        begun.append(1)
        if len(begun) == 6:
            raise OSError("the disk is gone")
        return copied(self, source, **options)

    with monkeypatch.context() as patch:
        patch.setattr(PartCopier, "copied", fail)
        with pytest.raises(OSError, match="the disk is gone"):
            run(words(tmp_path, 1, **there), StopRequest())
    listed = json.loads((tmp_path / "results" / "attempt=1.chunks.json").read_text())["chunks"]
    # One row moves from a whole chunk to one that is not read yet, another the other way, and a third is only updated.
    sql("UPDATE t SET n = 1000 WHERE n = 5", "UPDATE t SET n = 5 WHERE n = 299", "UPDATE t SET note = 'new' WHERE n = 40")
    begun[:] = []
    monkeypatch.setattr(PartCopier, "copied", lambda *args, **options: begun.append(1) or copied(*args, **options))
    assert run(words(tmp_path, 2, **there), StopRequest()) == 0
    result = result_of(tmp_path, 2)
    assert rows_of(tmp_path, 2) == sorted(new_session().execute("SELECT * FROM t").fetchall())
    assert result["chunks"]["earlier"] == CHUNKS - len(begun)
    assert 0 < result["chunks"]["earlier"] < len(listed)
