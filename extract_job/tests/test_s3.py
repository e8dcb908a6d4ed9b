"""Data and result in S3 (moto): each object is whole, or does not exist."""

import io
import json
import subprocess
import sys

import boto3
import pyarrow.parquet as pq
import pytest
from moto import mock_aws

from extract_job.engines.part import PartCopier
from extract_job.errors import FailureClass, JobError
from extract_job.proof.verify import verified
from extract_job.storage.opening import files_in
from extract_job.storage.places import S3Uri
from extract_job.verifying import main

ROWS = [(number, f"row {number}") for number in range(5000)]
IN_S3 = {"extract_s3_uri": "s3://lake/orders/attempt=1", "result_uri": "s3://lake/orders/attempt=1/result.json"}


@pytest.fixture
def lake(database, monkeypatch):
    """A bucket, and a source table in the current folder."""
    for name, value in (("AWS_ACCESS_KEY_ID", "testing"), ("AWS_SECRET_ACCESS_KEY", "testing"), ("AWS_REGION", "us-east-1")):
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    database("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)", "INSERT INTO t VALUES (?, ?)", ROWS)
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="lake")
        yield s3


def keys(s3):
    return [entry["Key"] for entry in s3.list_objects_v2(Bucket="lake").get("Contents", ())]


def body(s3, key):
    return s3.get_object(Bucket="lake", Key=key)["Body"].read()


def test_the_result_names_the_files_and_they_hold_all_rows(lake, job):
    done = job(**IN_S3, rows_per_file="2000")
    assert (done.code, done.errors[-1].split(" rows")[0]) == (0, "extract_job: t: 5000")
    result = json.loads(body(lake, "orders/attempt=1/result.json"))
    names = [file["name"] for file in result["files"]]
    assert sorted(keys(lake)) == sorted(["orders/attempt=1/result.json", *(f"orders/attempt=1/{name}" for name in names)])
    assert [file["rows"] for file in result["files"]] == [2000, 2000, 1000]
    raw = [body(lake, f"orders/attempt=1/{name}") for name in names]
    assert [file["bytes"] for file in result["files"]] == [len(file) for file in raw]
    read = [tuple(row.values()) for file in raw for row in pq.read_table(io.BytesIO(file)).to_pylist()]
    assert read == ROWS


def test_folders_by_values_are_keys_below_the_attempt(lake, job, database):
    database("CREATE TABLE g (id INTEGER, g TEXT); INSERT INTO g VALUES (1, 'a/b'), (2, NULL), (3, 'a/b')")
    done = job(**IN_S3, extract_table="g", hive_partitions='["g"]', verify="full")
    assert done.code == 0, done.errors
    result = json.loads(body(lake, "orders/attempt=1/result.json"))
    names = [file["name"] for file in result["files"]]
    assert sorted(name.partition("/")[0] for name in names) == ["g=__HIVE_DEFAULT_PARTITION__", "g=a%2Fb"]
    assert sorted(keys(lake)) == sorted(["orders/attempt=1/result.json", *(f"orders/attempt=1/{name}" for name in names)])
    assert (
        verified({}, body(lake, "orders/attempt=1/result.json"), files_in(S3Uri("lake", "orders/attempt=1/"))).differences == ()
    )


def test_two_processes_of_an_attempt_never_write_the_same_object(lake, job):
    first, second = (job(**IN_S3) for _ in range(2))
    assert (first.code, second.code) == (0, 0)
    files = [key for key in keys(lake) if key.endswith(".parquet")]
    assert len(files) == 2
    (file,) = json.loads(body(lake, "orders/attempt=1/result.json"))["files"]
    assert f"orders/attempt=1/{file['name']}" in files


def test_a_failed_job_removes_its_files_and_the_old_result(lake, job, database):
    lake.put_object(Bucket="lake", Key="orders/attempt=1/result.json", Body=b"{}")
    database("CREATE TABLE broken (id INTEGER)", "INSERT INTO broken VALUES (?)", [*((n,) for n in range(3000)), ("x",)])
    done = job(**IN_S3, extract_table="broken", rows_per_file="1000")
    assert (done.code, done.errors[-1]) == (
        1,
        (
            "extract_job: table 'broken', column 'id' (INTEGER), rowid 3001: 'x' is text, not an integer; "
            "fix the value, or read the column as text with --text_columns id"
        ),
    )
    assert keys(lake) == ["orders/attempt=1/result.json"]
    failed = json.loads(body(lake, "orders/attempt=1/result.json"))
    assert (failed["error"]["class"], failed["error"]["retryable"]) == ("USER_CODE", False)


def test_a_missing_bucket_is_named(lake, job):
    done = job(extract_s3_uri="s3://sea/x/", result_uri="s3://lake/r.json")
    assert (done.code, done.errors[-1].partition(": Failed")[0]) == (1, "extract_job: cannot write to 's3://sea/x/'")
    assert "NoSuchBucket" in done.errors[-1]
    assert keys(lake) == ["r.json"]
    assert json.loads(body(lake, "r.json"))["error"]["class"] == "CONFIG"


def test_without_boto3_the_job_says_how_to_install_it(tmp_path, database, argv):
    database("CREATE TABLE t (id INTEGER)")
    code = "import sys; sys.modules['boto3'] = None; from extract_job.program import main; sys.exit(main(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", code, *argv(**IN_S3)], capture_output=True, text=True, cwd=tmp_path, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (
        1,
        "extract_job: an argument names something in AWS: install boto3 with: pip install boto3\n",
    )


def test_the_next_attempt_reads_what_the_last_one_remembers_in_s3(lake, job, database):
    database("CREATE TABLE m (id INTEGER)", "INSERT INTO m VALUES (?)", [(1,), (2,)])
    marked = {"extract_table": "m", "extract_type": "PE", "hwm_col_name": "id", "hwm_column_type": "LongType"}
    assert job(**IN_S3, **marked).code == 0
    first = json.loads(body(lake, "orders/attempt=1/result.json"))
    assert f"orders/attempt=1/{first['overlap']['remembers']}" in keys(lake)
    database("INSERT INTO m VALUES (0), (3)")
    places = {"extract_s3_uri": "s3://lake/orders/attempt=2", "result_uri": "s3://lake/orders/attempt=2/result.json"}
    assert job(**places, **marked, low_watermark="2", last_result=IN_S3["result_uri"]).code == 0
    second = json.loads(body(lake, "orders/attempt=2/result.json"))
    assert (second["rows"], second["rows_delivered_before"], second["notes"]) == (2, 2, [])


def test_a_last_result_that_may_not_be_read_is_a_missing_permission(lake, job, monkeypatch):
    from extract_job.storage import s3

    def denied(self):
        raise JobError("cannot read the result: AccessDenied", FailureClass.PERMISSION)

    monkeypatch.setattr(s3.S3Result, "read", denied)
    marked = {"extract_type": "PE", "hwm_col_name": "id", "hwm_column_type": "LongType", "low_watermark": "2"}
    done = job(**IN_S3, **marked, last_result="s3://lake/orders/attempt=0/result.json")
    failure = json.loads(body(lake, "orders/attempt=1/result.json"))["error"]
    assert (done.code, failure["class"]) == (1, "PERMISSION")
    assert failure["message"].endswith(
        "(the last result 's3://lake/orders/attempt=0/result.json' may also be missing: without s3:ListBucket, S3 cannot say so)"
    )


def test_committed_objects_are_verified(lake, job):
    job(**IN_S3, rows_per_file="2000", verify="full")
    result = json.loads(body(lake, "orders/attempt=1/result.json"))
    request = {key: result[key] for key in ("run_id", "attempt", "table", "rows", "files")}
    request |= {"folder": IN_S3["extract_s3_uri"], "result_uri": IN_S3["result_uri"]}

    def differences():
        out = io.StringIO()
        main([json.dumps(request)], out)
        return json.loads(out.getvalue())["differences"]

    assert differences() == []
    name = result["files"][1]["name"]
    lake.delete_object(Bucket="lake", Key=f"orders/attempt=1/{name}")
    assert differences() == [f"file {name!r} does not exist"]


def test_an_attempt_takes_chunks_over_within_s3(lake, job, monkeypatch):
    def places(number):
        return {"extract_s3_uri": f"s3://lake/orders/attempt={number}", "result_uri": f"s3://lake/runs/attempt={number}.json"}

    copied, begun = PartCopier.copied, []

    def fail_at_the_fifth(self, source, **options):
        begun.append(1)
        if len(begun) == 5:
            raise JobError("the lease of this machine is over", FailureClass.INTERRUPTED)
        return copied(self, source, **options)

    monkeypatch.setattr(PartCopier, "copied", fail_at_the_fifth)
    assert job(**places(1), chunk_rows="500", attempt="1").code == 1
    assert len([key for key in keys(lake) if key.startswith("orders/attempt=1/")]) == 4
    assert job(**places(2), chunk_rows="500", attempt="2").code == 0
    result = json.loads(body(lake, "runs/attempt=2.json"))
    assert result["chunks"] == {"all": 10, "earlier": 4}
    raw = [body(lake, f"orders/attempt=2/{file['name']}") for file in result["files"]]
    assert [file["bytes"] for file in result["files"]] == [len(file) for file in raw]
    assert sorted(tuple(row.values()) for file in raw for row in pq.read_table(io.BytesIO(file)).to_pylist()) == ROWS
    assert "runs/attempt=2.chunks.json" not in keys(lake)
