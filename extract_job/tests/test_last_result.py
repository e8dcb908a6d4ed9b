"""The result of the last committed attempt is read, or is a problem that a note can name."""

import json

import boto3
import pytest
from moto import mock_aws

from extract_job.errors import FailureClass, JobError
from extract_job.last_result import NOTHING, read_last_result
from extract_job.memory import encoded
from extract_job.result import Overlap
from extract_job.storage.places import S3Uri

GOOD = {"version": 2, "run_id": "r", "attempt": 1, "table": "t", "high_watermark": "7"}
OVERLAP = {
    "begin": "1",
    "lag": "6",
    "column": "id",
    "by": "digests",
    "remembers": None,
    "rows": 0,
    "tables": [],
    "columns": ["id"],
}
GOOD["overlap"] = OVERLAP


def test_a_good_result_is_read(tmp_path):
    path = tmp_path / "result.json"
    path.write_text(json.dumps(GOOD))
    last = read_last_result(path, "t")
    assert (last.members, last.problem) == (GOOD, None)
    assert last.overlap == Overlap("1", "6", "id", "digests", None, 0, columns=("id",))


def test_without_the_argument_nothing_is_known():
    assert read_last_result(None, "t") is NOTHING


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (None, "does not exist"),
        ("", "is damaged (Expecting value: line 1 column 1 (char 0))"),
        ('{"version": 2, "ru', "is damaged (Unterminated string starting at: line 1 column 16 (char 15))"),
        ("[" * 100_000, "is damaged (maximum recursion depth exceeded while decoding a JSON array from a unicode string)"),
        ("[]", "is not the result of a successful attempt"),
        ('{"version": 2, "error": {}}', "is not the result of a successful attempt"),
        (
            json.dumps({key: value for key, value in GOOD.items() if key != "version"}),
            "was written by an older version of the job",
        ),
        (json.dumps(GOOD | {"overlap": None}), "does not say which rows it delivered near its mark"),
        (
            json.dumps(GOOD | {"overlap": OVERLAP | {"remembers": "../x"}}),
            "has an overlap that this version of the job cannot read (ValueError(\"remembers is '../x'\"))",
        ),
        (
            json.dumps(GOOD | {"overlap": {"begin": "1"}}),
            "has an overlap that this version of the job cannot read (KeyError('lag'))",
        ),
        (json.dumps(GOOD | {"table": "u"}), "is of table 'u', not of 't'"),
    ],
)
def test_anything_else_is_a_problem_and_no_error(tmp_path, text, problem):
    path = tmp_path / "result.json"
    if text is not None:
        path.write_text(text)
    assert read_last_result(path, "t").problem == f"the last result {str(path)!r} {problem}"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda data: None, "does not exist"),
        (lambda data: data[:-1], "is damaged (its checksum does not match)"),
        (lambda data: data[:-1] + b"y", "is damaged (its checksum does not match)"),
        (lambda data: b"", "is damaged (Expecting value: line 1 column 1 (char 0))"),
        (lambda data: b"{}\n", "is damaged (unknown version or content)"),
    ],
)
def test_the_object_beside_the_result_is_checked(tmp_path, change, problem):
    place = tmp_path / "result.json"
    place.write_text(json.dumps(GOOD | {"overlap": OVERLAP | {"remembers": "result.delivered-1.bin", "rows": 1}}))
    beside = tmp_path / "result.delivered-1.bin"
    beside.write_bytes(encoded("digests", b"x" * 16))
    assert read_last_result(place, "t").records == b"x" * 16
    data = change(beside.read_bytes())
    beside.unlink() if data is None else beside.write_bytes(data)
    last = read_last_result(place, "t")
    assert last.problem == f"the object {str(beside)!r}, which lists the rows delivered before, {problem}"
    assert last.overlap is None


def test_a_result_in_s3(monkeypatch):
    for name, value in (("AWS_ACCESS_KEY_ID", "testing"), ("AWS_SECRET_ACCESS_KEY", "testing"), ("AWS_REGION", "us-east-1")):
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="lake")
        assert read_last_result(S3Uri("lake", "r.json"), "t").problem == "the last result 's3://lake/r.json' does not exist"
        s3.put_object(Bucket="lake", Key="r.json", Body=json.dumps(GOOD).encode())
        assert read_last_result(S3Uri("lake", "r.json"), "t").members == GOOD
        with pytest.raises(JobError) as refused:
            read_last_result(S3Uri("sea", "r.json"), "t")
    assert (refused.value.failure, refused.value.retryable) == (FailureClass.CONFIG, False)
