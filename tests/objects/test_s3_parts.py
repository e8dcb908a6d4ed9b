"""A large object in S3 is uploaded part by part: it is there as a whole or not at all, and no more than a part is in memory."""

from __future__ import annotations

import tracemalloc

import boto3
import moto.core.models
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from moto import mock_aws

from extract_core.errors import ObjectError, ObjectUnavailable
from extract_core.objects import s3_parts
from extract_core.objects.s3 import S3Objects

URI = "s3://extract-runs/plan.jsonl"
LINE = b"x" * 1023 + b"\n"


@pytest.fixture
def s3(monkeypatch):
    """A client of moto with parts of 64 KB, and the requests that it has sent."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setattr(s3_parts, "PART", 64 * 1024)
    monkeypatch.setattr("moto.s3.models.S3_UPLOAD_PART_MIN_SIZE", 1)
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="extract-runs")
        client.sent = []
        client.meta.events.register_first(
            "before-send.s3", lambda event_name, **_: client.sent.append(event_name.rpartition(".")[2])
        )
        yield client


def uploads(s3):
    return s3.list_multipart_uploads(Bucket="extract-runs").get("Uploads", [])


@pytest.mark.parametrize("lines", [0, 64, 65, 200])
def test_the_object_has_all_bytes(s3, lines):
    S3Objects(s3).write_parts(URI, (LINE for _ in range(lines)))
    assert S3Objects(s3).read(URI) == LINE * lines
    assert ("CreateMultipartUpload" in s3.sent) == (lines > 64)
    assert s3.sent.count("UploadPart") == (0 if lines <= 64 else -(-lines // 64))
    assert uploads(s3) == []


@pytest.mark.parametrize("written", [1, 300])
def test_what_the_parts_raise_leaves_nothing(s3, written):
    S3Objects(s3).write(URI, b"before")

    def broken():
        yield from (LINE for _ in range(written))
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        S3Objects(s3).write_parts(URI, broken())
    assert S3Objects(s3).read(URI) == b"before"
    assert uploads(s3) == []


@pytest.mark.parametrize("operation", ["CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"])
@pytest.mark.parametrize("fault", ["never arrived", "answer lost"])
def test_a_request_that_fails_is_sent_again(s3, operation, fault):
    """The client does not try again by itself here."""
    met = []

    def meet(request, event_name, **_):
        if event_name.endswith(operation) and not met:
            met.append(operation)
            if fault == "answer lost":
                moto.core.models.botocore_stubber(event_name, request)
            raise ReadTimeoutError(endpoint_url=request.url)

    s3.meta.events.unregister("needs-retry.s3")
    s3.meta.events.register_first("before-send.s3", meet)
    S3Objects(s3, sleep=lambda _: None).write_parts(URI, (LINE for _ in range(200)))
    assert S3Objects(s3).read(URI) == LINE * 200
    assert met == [operation]


class Client:
    """Keeps nothing. `etag` is that of the object there; the upload is forgotten if `known` is False."""

    exceptions = boto3.client("s3", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x").exceptions

    def __init__(self, etag='"e"', *, known=True):
        self.etag, self.known, self.parts, self.aborted = etag, known, 0, False

    def create_multipart_upload(self, **_):
        return {"UploadId": "u"}

    def upload_part(self, **_):
        self.parts += 1
        return {"ETag": "e"}

    def complete_multipart_upload(self, **request):
        assert len(request["MultipartUpload"]["Parts"]) == self.parts
        if not self.known:
            error = {"Error": {"Code": "NoSuchUpload", "Message": "no such upload"}, "ResponseMetadata": {"HTTPStatusCode": 404}}
            raise ClientError(error, "CompleteMultipartUpload")

    def head_object(self, **_):
        return {"ETag": self.etag}

    def abort_multipart_upload(self, **_):
        self.aborted = True


def test_an_upload_that_s3_no_longer_knows_is_done_if_its_object_is_there(monkeypatch):
    """The answer to the first request was lost. moto knows an upload for ever, so it cannot show this."""
    monkeypatch.setattr(s3_parts, "PART", 1024)
    S3Objects(Client('"d41d-3"', known=False)).write_parts(URI, (LINE for _ in range(3)))
    other = Client('"d41d-2"', known=False)
    with pytest.raises(ObjectError) as raised:
        S3Objects(other).write_parts(URI, (LINE for _ in range(3)))
    assert not isinstance(raised.value, ObjectUnavailable)
    assert str(raised.value) == f"can't write {URI!r}: NoSuchUpload: no such upload"
    assert other.aborted


def test_memory_is_that_of_a_few_parts(monkeypatch):
    """64 parts of 1 MB."""
    monkeypatch.setattr(s3_parts, "PART", 1024 * 1024)
    client = Client()
    tracemalloc.start()
    S3Objects(client).write_parts(URI, (bytes(1024 * 1024) for _ in range(64)))
    assert tracemalloc.get_traced_memory()[1] < 8 * 1024 * 1024
    tracemalloc.stop()
    assert client.parts == 64
