"""Arguments that are too long for a command line: the job reads them from an object."""

import json
import sys

import boto3
import pytest
from moto import mock_aws

TABLE = "CREATE TABLE t (id INTEGER); INSERT INTO t VALUES (1);"
QUERY = "select 'ü \u2028 $x'\n" * 20_000
"""Longer than the longest argument of a process: 128 KiB on Linux (execve(2), MAX_ARG_STRLEN)."""


@pytest.fixture
def values(argv):
    """All arguments as in the object: names without dashes."""
    words = argv()
    return dict(zip((word[2:] for word in words[::2]), words[1::2], strict=True)) | {"query": QUERY, "empty": ""}


@pytest.fixture
def bucket(monkeypatch):
    for name, value in (("AWS_ACCESS_KEY_ID", "testing"), ("AWS_SECRET_ACCESS_KEY", "testing"), ("AWS_REGION", "us-east-1")):
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="runs")
        yield s3


def test_a_real_process_reads_them_from_a_file(database, process, values, tmp_path):
    database(TABLE)
    place = tmp_path / "attempt=1.arguments.json"
    place.write_text(json.dumps(values), encoding="utf-8")
    done = process("--extract_arguments", place.as_uri(), **dict.fromkeys(key for key in values))
    assert (done.code, done.rows) == (0, [(1,)])
    assert done.errors[0] == "extract_job: note: ignored unknown arguments: --empty, --query"


def test_the_object_may_be_in_s3(database, job, values, bucket):
    database(TABLE)
    bucket.put_object(Bucket="runs", Key="r/results/t/attempt=1.arguments.json", Body=json.dumps(values).encode())
    done = job("--extract_arguments", "s3://runs/r/results/t/attempt=1.arguments.json", **dict.fromkeys(values))
    assert (done.code, done.rows) == (0, [(1,)])


def test_an_error_of_s3_may_be_temporary_so_the_exit_code_is_1(database, job, values, bucket):
    database(TABLE)
    done = job("--extract_arguments", "s3://runs/gone.json", **dict.fromkeys(values))
    assert (done.code, done.errors) == (
        1,
        [
            (
                "extract_job: cannot read --extract_arguments 's3://runs/gone.json': An error occurred (NoSuchKey) when "
                "calling the GetObject operation: The specified key does not exist."
            )
        ],
    )


def test_without_boto3_the_job_says_how_to_install_it(database, job, values, monkeypatch):
    database(TABLE)
    monkeypatch.setitem(sys.modules, "boto3", None)
    done = job("--extract_arguments", "s3://runs/a.json", **dict.fromkeys(values))
    assert (done.code, done.errors) == (
        1, ["extract_job: an argument names something in AWS: install boto3 with: pip install boto3"],
    )  # fmt: skip


def test_an_object_that_is_not_json(database, job, values, tmp_path):
    database(TABLE)
    place = tmp_path / "a.json"
    place.write_text("nothing", encoding="utf-8")
    done = job("--extract_arguments", place.as_uri(), **dict.fromkeys(values))
    assert (done.code, done.errors) == (
        2,
        [f"extract_job: --extract_arguments {place.as_uri()!r} is not a JSON object: Expecting value: line 1 column 1 (char 0)"],
    )


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("s3://runs/", "--extract_arguments 's3://runs/' names a folder; name an object, like 's3://runs/result.json'"),
        (
            "https://x/a.json",
            (
                "--extract_arguments 'https://x/a.json' is not a file:// or s3:// URI; use one like 'file:///data/orders/' or "
                "'s3://bucket/orders/'"
            ),
        ),
    ],
)
def test_a_uri_that_is_not_the_place_of_an_object(database, job, values, uri, message):
    database(TABLE)
    done = job("--extract_arguments", uri, **dict.fromkeys(values))
    assert (done.code, done.errors) == (2, [f"extract_job: {message}"])
