"""Errors of PostgreSQL, of AWS and of the file system: their failure class, and whether they pass."""

import errno

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError

from extract_job.aws import client, refused
from extract_job.databases.postgresql.failures import failure_of
from extract_job.errors import JobError
from extract_job.storage.faults import file_fault
from extract_job.storage.local import LocalFolder


@pytest.mark.parametrize(
    ("text", "failure", "retryable"),
    [
        ("FATAL: sorry, too many clients already", "CAPACITY", True),
        ("FATAL: remaining connection slots are reserved for roles with the SUPERUSER attribute", "CAPACITY", True),
        ('FATAL: too many connections for role "x"', "CAPACITY", True),
        ("FATAL: the database system is starting up", "INTERRUPTED", True),
        ("FATAL: the database system is not yet accepting connections", "INTERRUPTED", True),
        ('connection to server at "h", port 1 failed: Connection refused', "INTERRUPTED", True),
        ("server closed the connection unexpectedly", "INTERRUPTED", True),
        ('could not translate host name "nowhere" to address', "CONFIG", False),
        ('FATAL: password authentication failed for user "x"', "PERMISSION", False),
        ('FATAL: database "x" does not exist', "CONFIG", False),
        ("ERROR: canceling statement due to lock timeout SQLSTATE: 55P03", "CAPACITY", True),
        ("ERROR: canceling statement due to conflict with recovery SQLSTATE: 40001", "INTERRUPTED", True),
        ("canceling statement due to user request", "INTERRUPTED", True),
        ("ERROR: deadlock detected SQLSTATE: 40P01", "INTERRUPTED", True),
        ("FATAL: terminating connection due to administrator command SQLSTATE: 57P01", "INTERRUPTED", True),
        ("ERROR: permission denied for table t SQLSTATE: 42501", "PERMISSION", False),
        ('ERROR: relation "t" does not exist SQLSTATE: 42P01', "CONFIG", False),
        ('ERROR: column "c" does not exist SQLSTATE: 42703', "CONFIG", False),
        ("ERROR: integer out of range SQLSTATE: 22003", "USER_CODE", False),
    ],
)
def test_errors_of_postgresql(text, failure, retryable):
    error = failure_of("shop", OSError(text))
    assert (error.failure, error.retryable) == (failure, retryable)
    assert str(error).startswith("database 'shop': ")
    assert "SQLSTATE" not in str(error)


@pytest.mark.parametrize(
    ("code", "status", "failure", "retryable"),
    [
        ("SlowDown", 503, "THROTTLED", True),
        ("ThrottlingException", 400, "THROTTLED", True),
        ("AccessDenied", 403, "PERMISSION", False),
        ("InternalError", 500, "INTERRUPTED", True),
        ("NoSuchBucket", 404, "CONFIG", False),
    ],
)
def test_answers_of_aws(code, status, failure, retryable):
    answer = {"Error": {"Code": code, "Message": "m"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    error = refused("cannot write", ClientError(answer, "PutObject"))
    assert (error.failure, error.retryable) == (failure, retryable)


def test_no_answer_of_aws():
    error = refused("cannot write", EndpointConnectionError(endpoint_url="https://s3"))
    assert (error.failure, error.retryable) == ("INTERRUPTED", True)
    error = refused("cannot write", NoCredentialsError())
    assert (error.failure, error.retryable) == ("PERMISSION", False)


@pytest.mark.parametrize(
    ("number", "failure", "retryable"),
    [
        (errno.ENOSPC, "CAPACITY", True),
        (errno.EMFILE, "CAPACITY", True),
        (errno.EACCES, "PERMISSION", False),
        (errno.EROFS, "PERMISSION", False),
        (errno.EIO, "INTERRUPTED", True),
        (errno.ENOTDIR, "CONFIG", False),
        (errno.ENAMETOOLONG, "CONFIG", False),
        (errno.EPROTO, "USER_CODE", False),
    ],
)
def test_errors_of_files(number, failure, retryable):
    error = file_fault("cannot write to '/data'", OSError(number, "x"))
    assert (error.failure, error.retryable) == (failure, retryable)
    assert str(error).startswith("cannot write to '/data': ")


def test_a_folder_that_is_a_file_is_a_fault_of_the_config(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(JobError, match=r"^cannot write to '.*': Not a directory$") as caught:
        LocalFolder(tmp_path / "file" / "t").workspace()
    assert caught.value.failure == "CONFIG"


def test_a_region_that_is_missing_is_a_fault_of_the_config(monkeypatch):
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    with pytest.raises(JobError, match=r"^cannot use AWS: You must specify a region") as caught:
        client("secretsmanager")
    assert caught.value.failure == "CONFIG"
