"""The promises of an object store, asked of every store that there is; and what only files or only S3 can get wrong."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from urllib.parse import quote

import boto3
import pytest
from moto import mock_aws

from extract_core.errors import ObjectError, ObjectNotFound
from extract_core.objects.files import FileObjects, file_uri
from extract_core.objects.routed import open_objects
from extract_core.objects.s3 import S3Objects

NOBODY = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


@pytest.fixture(scope="module")
def environ():
    """Credentials that are nobody's, and no profile of the person who runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_REGION"):
            patch.delenv(name, raising=False)
        for name, value in NOBODY.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="module")
def client(environ):
    """One client for all: making one takes longer than the rest of a test."""
    return boto3.client("s3")


@pytest.fixture
def bucket(client):
    """A bucket of moto's, in this process."""
    with mock_aws():
        client.create_bucket(Bucket="extract-data")
        yield "extract-data"


@pytest.fixture(scope="module")
def server(environ):
    """The stores with moto's server, found by AWS_ENDPOINT_URL; and a client of it."""
    from moto.server import ThreadedMotoServer

    running = ThreadedMotoServer(port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        objects, client = open_objects(), boto3.client("s3")
        with pytest.raises(ObjectError, match="NoSuchBucket"):
            objects.read("s3://extract-server/a")  # the client is made now, while the endpoint stands in the environment
    yield objects, client
    running.stop()


@pytest.fixture(params=["files", "routed files", "s3", "s3 by endpoint"])
def store(request, tmp_path):
    """A store and the prefix of its objects."""
    if "files" in request.param:
        return (FileObjects() if request.param == "files" else open_objects()), file_uri(tmp_path / "Ünder a folder#1?") + "/"
    prefix = f"Ünder a prefix#1?/{tmp_path.name}/"
    if request.param == "s3 by endpoint":
        objects, client = request.getfixturevalue("server")
        client.create_bucket(Bucket="extract-server")  # the server runs in this process, and mock_aws empties it
        return objects, f"s3://extract-server/{prefix}"
    return S3Objects(request.getfixturevalue("client")), f"s3://{request.getfixturevalue('bucket')}/{prefix}"


def named(prefix, name):
    """The URI of this name: a file's is percent-encoded, a key of S3 is not."""
    return prefix + (quote(name) if prefix.startswith("file:") else name)


def test_what_is_written_is_read(store):
    objects, prefix = store
    uri = prefix + "runs/r-1/plan.jsonl"
    assert not objects.exists(uri)
    assert objects.write(uri, b"one\n") is True
    assert objects.exists(uri)
    assert objects.read(uri) == b"one\n"
    assert objects.write(uri, b"") is True
    assert objects.read(uri) == b""


def test_if_absent_writes_once(store):
    objects, prefix = store
    assert objects.write(prefix + "a", b"first", if_absent=True) is True
    assert objects.write(prefix + "a", b"second", if_absent=True) is False
    assert objects.read(prefix + "a") == b"first"


def test_of_many_writers_if_absent_one_wins(store):
    objects, prefix = store
    won = []
    writers = [
        threading.Thread(target=lambda n=n: won.append((n, objects.write(prefix + "a", b"%d" % n, if_absent=True))))
        for n in range(8)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    [winner] = [number for number, wrote in won if wrote]
    assert objects.read(prefix + "a") == b"%d" % winner
    assert list(objects.list(prefix)) == [prefix + "a"]


def test_a_range_is_exact(store):
    objects, prefix = store
    objects.write(prefix + "a", b"0123456789")
    assert objects.read_range(prefix + "a", 3, 4) == b"3456"
    assert objects.read_range(prefix + "a", 3, 0) == b""
    for offset, has in ((8, 2), (12, 0)):
        with pytest.raises(ObjectError) as error:
            objects.read_range(prefix + "a", offset, 4)
        assert str(error.value) == f"{prefix + 'a'!r} has {has} of the 4 bytes that were requested from byte {offset} on"


def test_parts_make_one_object_or_none(store):
    objects, prefix = store
    objects.write_parts(prefix + "a", (b"%d\n" % number for number in range(3)))
    assert objects.read(prefix + "a") == b"0\n1\n2\n"

    def broken():
        yield b"half"
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        objects.write_parts(prefix + "a", broken())
    assert objects.read(prefix + "a") == b"0\n1\n2\n"
    assert list(objects.list(prefix)) == [prefix + "a"]


def test_an_object_is_read_again_only_when_it_has_changed(store):
    objects, prefix = store
    objects.write(prefix + "a", b"one")
    first = objects.read_changed(prefix + "a", None)
    assert first.data == b"one"
    assert objects.read_changed(prefix + "a", first.stamp) is None
    objects.write(prefix + "a", b"two")
    second = objects.read_changed(prefix + "a", first.stamp)
    assert (second.data, second.stamp != first.stamp) == (b"two", True)
    objects.delete(prefix + "a")
    with pytest.raises(ObjectNotFound):
        objects.read_changed(prefix + "a", second.stamp)


def test_a_large_object_of_parts(store):
    objects, prefix = store
    objects.write_parts(prefix + "a", (b"x" * 1_000_000 for _ in range(10)))
    assert objects.read_range(prefix + "a", 9_999_990, 10) == b"x" * 10


def test_a_list_is_by_prefix_and_in_order_of_bytes(store):
    objects, prefix = store
    for name in ("b/2", "b/10", "ba", "a", "b/é", "b/z", "c d"):
        objects.write(named(prefix, name), b"")
    assert list(objects.list(prefix + "b")) == [named(prefix, name) for name in ("b/10", "b/2", "b/z", "b/é", "ba")]
    assert list(objects.list(prefix + "b/")) == [named(prefix, name) for name in ("b/10", "b/2", "b/z", "b/é")]
    assert list(objects.list(prefix + "c")) == [named(prefix, "c d")]
    assert list(objects.list(prefix + "nothing/here")) == []


def test_what_is_deleted_is_gone(store):
    objects, prefix = store
    objects.write(prefix + "a", b"")
    objects.delete(prefix + "a")
    objects.delete(prefix + "a")
    assert not objects.exists(prefix + "a")
    with pytest.raises(ObjectNotFound) as error:
        objects.read(prefix + "a")
    assert str(error.value) == f"there is no object at {prefix + 'a'!r}"
    with pytest.raises(ObjectNotFound):
        objects.read_range(prefix + "a", 0, 1)


def test_a_name_below_an_object_is_not_found(store):
    objects, prefix = store
    objects.write(prefix + "a", b"")
    with pytest.raises(ObjectNotFound):
        objects.read(prefix + "a/b")


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        (
            "config/sales.yml",
            "'config/sales.yml' is not a URI; write it with its scheme (file://, s3://), a file as file:///folder/name",
        ),
        ("gs://bucket/key", "'gs://bucket/key': this version has no store for gs://; use one of: file://, s3://"),
        (
            "s3://Bucket/key",
            "'s3://Bucket/key' is not a place in S3; write s3://bucket/key, the bucket in lower-case letters, digits, . and -",
        ),
        ("s3://bucket/a/", "'s3://bucket/a/' names a folder, not an object; remove the trailing slash"),
        ("s3://bucket/\ud800", "'s3://bucket/\\ud800' contains half of a character, which keys can't"),
        (f"s3://bucket/{'k' * 1025}", f"'s3://bucket/{'k' * 1025}': the key has 1,025 bytes, and S3 takes 1,024"),
        (
            "file://host/a",
            "'file://host/a' is not a file URI with an absolute path; write file:///folder/name",
        ),
        ("file:///a?b", "'file:///a?b' contains '?' or '#'; in a URI, write %3F and %23 for them"),
        ("file:///a%00b", "'file:///a%00b' contains a NUL character, which file names can't"),
        ("file:///tmp/", "'file:///tmp/' names a folder, not an object; remove the trailing slash"),
    ],
)
def test_a_wrong_uri_is_told(uri, message):
    with pytest.raises(ObjectError) as error:
        open_objects().read(uri)
    assert str(error.value) == message


def test_half_written_files_are_no_objects(tmp_path):
    (tmp_path / ".0123456789abcdef.partial").write_bytes(b"half")
    assert list(FileObjects().list(file_uri(tmp_path) + "/")) == []


def test_a_failed_write_leaves_nothing(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    uri = file_uri(tmp_path / "a")
    with pytest.raises(ObjectError) as error:
        FileObjects().write(uri, b"data")
    assert str(error.value) == f"can't write {uri!r}: No space left on device"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_the_way_is_told(tmp_path):
    (tmp_path / "a").mkdir()
    uri = file_uri(tmp_path / "a")
    with pytest.raises(ObjectError) as error:
        FileObjects().write(uri, b"")
    assert str(error.value) == f"can't write {uri!r}: Is a directory"
    with pytest.raises(ObjectError) as error:
        FileObjects().read(uri)
    assert str(error.value) == f"can't read {uri!r}: Is a directory"


def test_a_file_where_a_folder_is_needed_is_told(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    uri = file_uri(tmp_path / "file" / "x")
    with pytest.raises(ObjectError) as error:
        FileObjects().write(uri, b"")
    assert str(error.value) == f"can't write {uri!r}: File exists"


def test_a_long_name_is_an_object_as_well(tmp_path):
    uri = file_uri(tmp_path / ("n" * 250))
    assert FileObjects().write(uri, b"x") is True
    assert FileObjects().read(uri) == b"x"


def test_a_missing_bucket_is_told(bucket, client):
    for call, doing in ((lambda store, uri: store.read(uri), "read"), (lambda store, uri: store.write(uri, b""), "write")):
        with pytest.raises(ObjectError) as error:
            call(S3Objects(client), "s3://no-such-bucket/a")
        assert str(error.value) == (
            f"can't {doing} 's3://no-such-bucket/a': NoSuchBucket: The specified bucket does not exist; "
            "there is no such bucket: deploy the pipeline, or correct the places in extract.toml"
        )
        assert not isinstance(error.value, ObjectNotFound)


def test_folders_of_the_console_are_no_objects(bucket, client):
    client.put_object(Bucket=bucket, Key="config/")
    client.put_object(Bucket=bucket, Key="config/sales.yml")
    assert list(S3Objects(client).list(f"s3://{bucket}/config/")) == [f"s3://{bucket}/config/sales.yml"]


def test_without_credentials_the_remedy_is_told(environ, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(ObjectError) as error:
        S3Objects().read("s3://extract-data/a")
    assert str(error.value) == (
        "can't read 's3://extract-data/a': Unable to locate credentials; sign in, or set AWS_PROFILE or AWS_ACCESS_KEY_ID and "
        "AWS_SECRET_ACCESS_KEY"
    )


def test_a_server_that_is_not_there_is_told(environ, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    client = boto3.client("s3", config=boto3.session.Config(retries={"total_max_attempts": 1}))
    with pytest.raises(ObjectError) as error:
        S3Objects(client).read("s3://extract-data/a")
    assert str(error.value) == (
        "can't read 's3://extract-data/a': Could not connect to the endpoint URL: \"http://127.0.0.1:9/extract-data/a\"; "
        "check the network and AWS_ENDPOINT_URL"
    )


def test_without_boto3_the_extra_is_named():
    code = (
        "import sys; sys.modules['botocore'] = None\n"
        "from extract_core.objects.routed import open_objects\n"
        "open_objects().read('s3://bucket/key')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1] == (
        "extract_core.errors.ObjectError: 's3://bucket/key': S3 needs boto3; install it with: pip install boto3"
    )


def test_opening_the_stores_imports_no_boto3():
    code = "import sys; from extract_core.objects.routed import open_objects; open_objects(); assert 'boto3' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_page_in_s3_is_shown_by_a_browser_and_not_downloaded(client, bucket):
    store = S3Objects(client)
    for name in ("report.html", "plan.jsonl"):
        store.write(f"s3://{bucket}/runs/one/{name}", b"x")
    types = [client.head_object(Bucket=bucket, Key=f"runs/one/{name}")["ContentType"] for name in ("report.html", "plan.jsonl")]
    assert types == ["text/html; charset=utf-8", "binary/octet-stream"]
