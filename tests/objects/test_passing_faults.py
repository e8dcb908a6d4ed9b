"""Passing faults of S3: a server on this machine cuts bodies, refuses for a moment or says nothing; the store tries again."""

from __future__ import annotations

import gc
import socket
import threading
from contextlib import contextmanager, suppress

import boto3
import pytest
from botocore.config import Config

from extract_core.errors import ObjectError, ObjectNotFound, ObjectUnavailable
from extract_core.objects.s3 import S3Objects

URI = "s3://extract-data/a"


def answer(status="200 OK", body=b"", length=None, more=""):
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body) if length is None else length}\r\nConnection: close\r\n{more}\r\n"
    return head.encode() + body


def refusal(status, code):
    return answer(status, f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode())


LISTED = b"<ListBucketResult><IsTruncated>%s</IsTruncated>%s<Contents><Key>%s</Key><Size>3</Size></Contents></ListBucketResult>"
PAGES = [
    answer(body=LISTED % (b"true", b"<NextContinuationToken>t</NextContinuationToken>", b"f/a")),
    answer(body=LISTED % (b"false", b"", b"f/b")),
]
WHOLE = answer(body=b"whole")
CUT = answer(body=b"who", length=5)
NOTHING = b""  # the connection is closed without an answer
SLOW = refusal("503 Slow Down", "SlowDown")
FAULTS = {
    "a cut body": CUT,
    "no answer": NOTHING,
    "half a head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "SlowDown": SLOW,
    "InternalError": refusal("500 Internal Server Error", "InternalError"),
    "RequestTimeout": refusal("400 Bad Request", "RequestTimeout"),
    "502": answer("502 Bad Gateway", b"<html>"),
    "429": answer("429 Too Many Requests", b""),
}


@contextmanager
def serving(*answers):
    """The store whose server gives these answers, one per connection; the last one is given again and again."""
    served, waits = [], []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        stopped = threading.Event()

        def serve():
            while not stopped.is_set():
                try:
                    connection, _ = listener.accept()
                except TimeoutError:
                    continue
                with connection, suppress(OSError):  # the client may be gone
                    connection.settimeout(5)
                    head = b""
                    while b"\r\n\r\n" not in head and (received := connection.recv(65536)):
                        head += received
                    served.append(head.split(b"\r\n", 1)[0].decode())
                    connection.sendall(answers[min(len(served), len(answers)) - 1])

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        config = Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=2, s3={"addressing_style": "path"})
        client = boto3.client(
            "s3", endpoint_url=f"http://127.0.0.1:{listener.getsockname()[1]}", region_name="us-east-1", config=config,
            aws_access_key_id="testing", aws_secret_access_key="testing",
        )  # fmt: skip
        yield S3Objects(client, sleep=waits.append), served, waits
        stopped.set()
        thread.join()


def open_to_servers():
    """The open sockets of clients, also those that a body still holds. A client asks for TCP; `create_server` does not."""
    sockets = [thing for thing in gc.get_objects() if isinstance(thing, socket.socket)]
    return {connection for connection in sockets if connection.fileno() >= 0 and connection.proto == socket.IPPROTO_TCP}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_one_moments_fault_is_tried_again(fault):
    with serving(fault, WHOLE) as (objects, served, waits):
        assert objects.read(URI) == b"whole"
    assert (len(served), len(waits)) == (2, 1)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_fault_that_stays_is_unavailable_and_not_a_missing_object(fault):
    before = open_to_servers()
    with serving(fault) as (objects, served, waits):
        with pytest.raises(ObjectUnavailable) as raised:
            objects.read(URI)
        assert str(raised.value).startswith(f"can't read '{URI}': ")
        assert open_to_servers() <= before
    assert (len(served), len(waits)) == (4, 3)
    assert all(0 <= wait <= 0.5 * 2**number for number, wait in enumerate(waits))


@pytest.mark.parametrize(
    ("refused", "kind"),
    [
        (refusal("404 Not Found", "NoSuchKey"), ObjectNotFound),
        (refusal("403 Forbidden", "AccessDenied"), ObjectError),
        (refusal("404 Not Found", "NoSuchBucket"), ObjectError),
    ],
)
def test_what_does_not_pass_is_asked_once(refused, kind):
    with serving(refused) as (objects, served, _):
        with pytest.raises(kind) as raised:
            objects.read(URI)
        assert not isinstance(raised.value, ObjectUnavailable)
    assert len(served) == 1


def test_each_page_of_a_list_is_tried_again():
    with serving(SLOW, PAGES[0], NOTHING, PAGES[1]) as (objects, served, _):
        assert [(sized.name, sized.bytes) for sized in objects.sizes("s3://extract-data/f/")] == [("a", 3), ("b", 3)]
    assert len(served) == 4


CALLS = {
    "read_changed": (lambda objects: objects.read_changed(URI, None).data, answer(body=b"whole", more='ETag: "e"\r\n'), b"whole"),
    "read_range": (lambda objects: objects.read_range(URI, 0, 5), answer("206 Partial Content", b"whole"), b"whole"),
    "write": (lambda objects: objects.write(URI, b"x"), answer(), True),
    "write once": (lambda objects: objects.write(URI, b"x", if_absent=True), answer(), True),
    "write_parts": (lambda objects: objects.write_parts(URI, [b"x", b"y"]), answer(), None),
    "exists": (lambda objects: objects.exists(URI), answer(), True),
    "delete": (lambda objects: objects.delete(URI), answer("204 No Content"), None),
}


@pytest.mark.parametrize("call", CALLS)
def test_every_call_is_tried_again(call):
    do, good, expected = CALLS[call]
    with serving(SLOW, NOTHING, good) as (objects, served, _):
        assert do(objects) == expected
    assert len(served) == 3


def test_a_large_object_is_refused_before_it_is_read():
    with serving(answer(body=b"whole", length=10**9)) as (objects, _, _):
        with pytest.raises(ObjectError) as raised:
            objects.read(URI, most=1000)
        assert str(raised.value) == f"'{URI}' has 1,000,000,000 bytes, and at most 1,000 are read"
