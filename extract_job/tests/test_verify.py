"""`python -m extract_job verify`: files that were committed, held against their result."""

import io
import json
import subprocess
import sys

import pyarrow.parquet as pq
import pytest

from extract_job.result import checksum
from extract_job.verifying import main

TABLE = """
CREATE TABLE t (id INTEGER PRIMARY KEY, amount DECIMAL(10,2), name TEXT);
INSERT INTO t VALUES (1, 19.99, 'é'), (2, 0.10, ''), (3, NULL, NULL), (4, 5, 'a'), (5, -7.25, 'b')
"""


@pytest.fixture
def verify(database, job):
    """Return a function that changes what was committed, and what `verify` says then."""
    database(TABLE)

    def go(change=lambda _: None, proof="full", **committed):
        done = job(verify=proof, rows_per_file="3")
        request = {key: done.result[key] for key in ("run_id", "attempt", "table", "rows", "bytes", "files", "high_watermark")}
        request |= {"folder": done.folder.as_uri(), "result_uri": done.result_path.as_uri()} | committed
        change(done)
        out = io.StringIO()
        code = main([json.dumps(request) + "\n"], out)
        answer = json.loads(out.getvalue())
        assert code == (1 if answer["differences"] else 0)
        return answer

    return go


def rewritten(name, change):
    """Return what writes a file again with another table in it, at the same size if it is cut or filled."""

    def write(done):
        path = done.folder / name
        pq.write_table(change(pq.read_table(path)), path, compression="zstd")

    return write


def result_with(change):
    def write(done):
        members = done.result
        change(members)
        members["checksum"] = checksum(members)
        done.result_path.write_text(json.dumps(members))

    return write


@pytest.mark.parametrize("proof", ["full", "count", "off"])
def test_files_that_are_as_they_were_are_equal(verify, proof):
    assert verify(proof=proof) == {
        "table": "t", "attempt": 1, "verify": None if proof == "off" else proof, "files": 2, "rows": 5, "differences": [],
    }  # fmt: skip


def test_a_lost_file_and_a_cut_one_are_named(verify):
    assert verify(lambda done: (done.folder / "part-00001.parquet").unlink())["differences"] == [
        "file 'part-00001.parquet' does not exist"
    ]
    cut = verify(lambda done: (done.folder / "part-00000.parquet").write_bytes(b"PAR1"))["differences"]
    assert len(cut) == 1
    assert cut[0].startswith("file 'part-00000.parquet' has 4 bytes instead of ")


def test_a_changed_value_is_named_with_its_column_if_the_size_is_the_same(verify):
    def change(done):
        other = pq.read_table(done.folder / "part-00000.parquet")
        other = other.set_column(0, "id", [[1, 2, 9]])
        pq.write_table(other, done.folder / "part-00000.parquet", compression="zstd", use_dictionary=["name"])
        size = (done.folder / "part-00000.parquet").stat().st_size
        members = done.result
        members["bytes"] += size - members["files"][0]["bytes"]
        members["files"][0]["bytes"] = size
        members["checksum"] = checksum(members)
        done.result_path.write_text(json.dumps(members))

    differences = verify(change, files=None, bytes=None)["differences"]
    assert differences[0].startswith("file 'part-00000.parquet' has 3 rows with the digest ")
    assert differences[1:-1] == ["column 'id', greatest value: 5 certified, 9 in the files",
                                 "column 'id', sum: 15 certified, 21 in the files"]  # fmt: skip
    assert differences[-1].startswith("digest of the rows: ")


def test_a_result_that_is_not_the_committed_one_is_named(verify):
    differences = verify(result_with(lambda result: result.update(attempt=2, rows=6)))["differences"]
    assert differences == [
        "attempt is 1 as committed, 2 in the result object",
        "rows is 5 as committed, 6 in the result object",
        "rows is 6 in the result object, and 5 by its files",
    ]


def test_a_certificate_that_contradicts_itself_is_named(verify):
    differences = verify(result_with(lambda result: result["proof"]["source"].update(rows=6)), proof="count")["differences"]
    assert differences == ["the certificate contradicts itself: its figures of the source and of the files differ"]


def test_a_result_that_was_changed_without_its_checksum_is_named(verify):
    def change(done):
        done.result_path.write_text(done.result_path.read_text().replace('"rows_in_the_future": 0', '"rows_in_the_future": 1'))

    assert verify(change)["differences"] == ["the result object was changed after it was written: its checksum differs"]


def test_objects_that_are_no_results(verify):
    assert verify(lambda done: done.result_path.unlink())["differences"] == ["the result object does not exist"]
    assert verify(lambda done: done.result_path.write_text("{}"))["differences"] == ["the result object has no list of files"]
    assert verify(lambda done: done.result_path.write_text('{"error": {}}'))["differences"] == [
        "the result object is not the result of a successful attempt"
    ]
    outside = result_with(lambda result: result["files"][0].update(name="../result.json"))
    assert verify(outside)["differences"] == ["the result object names a file outside its folder"]


def test_a_line_that_is_not_valid_is_refused():
    done = subprocess.run(
        [sys.executable, "-m", "extract_job", "verify"], input="{}\n", capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (2, "extract_job: not a valid request: 'folder'\n")
