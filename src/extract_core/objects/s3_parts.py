"""A large object in S3, part by part: it is never in memory or on disk as a whole, and it is there only when it is complete.

Facts from the S3 user guide, "Multipart upload": parts have 5 MiB to 5 GiB, the last one may be smaller, there are at most
10,000, and an upload that is neither completed nor aborted is kept, and paid for, until a lifecycle rule removes it.
"""

from __future__ import annotations

from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeVar

from extract_core.errors import ObjectError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from mypy_boto3_s3 import S3Client

    from extract_core.objects.s3_calls import S3Calls

T = TypeVar("T")

PART: Final = 8 * 1024 * 1024
"""Bytes of a part: what is in memory. With 10,000 parts, an object may have 80 GB."""


def write_parts(calls: S3Calls, uri: str, place: Mapping[str, str], parts: Iterable[bytes]) -> None:
    """Write all of it at the `place` (Bucket and Key), or nothing. Each request is retried separately.

    Exceptions of `parts` are raised unchanged. Raises ObjectError and ObjectUnavailable.
    """
    pieces = _pieces(parts)
    begun = list(islice(pieces, 2))
    members: Any = place
    if len(begun) < 2:
        calls.ask("write", uri, lambda s3: s3.put_object(**members, Body=b"".join(begun)))
        return
    upload = _Upload(calls, uri, members)
    try:
        while begun:
            upload.send(begun.pop(0))
        for piece in pieces:
            upload.send(piece)
        upload.complete()
    except BaseException:
        upload.abort()
        raise


class _Upload:
    """A multipart upload that has begun."""

    def __init__(self, calls: S3Calls, uri: str, place: Any) -> None:  # Any: members of requests
        self._calls, self._uri, self._place = calls, uri, place
        self._upload: Any = {**place, "UploadId": self._ask(lambda s3: s3.create_multipart_upload(**self._place))["UploadId"]}
        self._sent: list[Any] = []

    def send(self, piece: bytes) -> None:
        number = len(self._sent) + 1
        answer = self._ask(lambda s3: s3.upload_part(**self._upload, PartNumber=number, Body=piece))
        self._sent.append({"PartNumber": number, "ETag": answer["ETag"]})

    def complete(self) -> None:
        def call(s3: S3Client) -> None:
            try:
                s3.complete_multipart_upload(**self._upload, MultipartUpload={"Parts": self._sent})
            except s3.exceptions.ClientError as error:
                # NoSuchUpload: the answer to a first try was lost, and the object is there
                if error.response["Error"]["Code"] != "NoSuchUpload" or not self._is_there(s3):
                    raise

        self._ask(call)

    def _is_there(self, s3: S3Client) -> bool:
        """Whether the object was made of so many parts: its ETag ends with their number."""
        return s3.head_object(**self._place)["ETag"].strip('"').endswith(f"-{len(self._sent)}")

    def abort(self) -> None:
        with suppress(ObjectError):  # a lifecycle rule removes what is left
            self._ask(lambda s3: s3.abort_multipart_upload(**self._upload))

    def _ask(self, call: Callable[[S3Client], T]) -> T:
        return self._calls.ask("write", self._uri, call)


def _pieces(parts: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of at least PART; the last one may be smaller."""
    piece = bytearray()
    for part in parts:
        piece += part
        if len(piece) >= PART:
            yield bytes(piece)
            piece.clear()
    if piece:
        yield bytes(piece)
