"""Calls of S3: one client with time limits, errors in words that say what to do, and passing faults tried again.

botocore tries a request again, but not a body that breaks off while it is read. Here the whole call is tried again: the request
and its body. Facts are from the S3 API reference ("Error responses") and botocore's `exceptions` module.
"""

from __future__ import annotations

import random
import threading
import time
from typing import TYPE_CHECKING, Any, Final, TypeVar

from extract_core.errors import ObjectError, ObjectNotFound, ObjectUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_s3 import S3Client

    from extract_core.clients import Clients

T = TypeVar("T")

CONNECTIONS: Final = 16
"""Requests at once that share the client."""
_CONNECT_SECONDS: Final = 5
_READ_SECONDS: Final = 20  # without a byte
_OF_BOTOCORE: Final = 3
_TRIES: Final = 4
_FIRST_WAIT: Final = 0.5  # seconds, doubled each time, with full jitter

_PASSING: Final = frozenset(
    {
        "InternalError",
        "RequestLimitExceeded",
        "RequestTimeout",
        "ServiceUnavailable",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_CUT_OFF: Final = ("HTTPClientError", "IncompleteReadError")  # no answer, half an answer, or a connection that broke

_REMEDIES: Final = {
    "AccessDenied": "the role may not do this, or there is no such object and it may not list the bucket: "
    "give it s3:GetObject, s3:PutObject and s3:DeleteObject on the objects, s3:ListBucket on the bucket",
    "NoSuchBucket": "there is no such bucket: deploy the pipeline, or correct the places in extract.toml",
    "ExpiredToken": "the credentials have expired: sign in again",
    "InvalidAccessKeyId": "the credentials are not known to AWS: sign in again",
    "SignatureDoesNotMatch": "the secret key does not fit the access key: sign in again",
    "PermanentRedirect": "the bucket is in another region: set AWS_REGION to it",
}
_UNREACHABLE: Final = {
    "NoCredentialsError": "; sign in, or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    "NoRegionError": "; set AWS_REGION",
    "EndpointConnectionError": "; check the network and AWS_ENDPOINT_URL",
}


class S3Calls:
    """Makes calls by `client`, or by one of `clients` that is made at the first call."""

    def __init__(self, client: S3Client | None, clients: Clients, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._clients = clients
        self._lock = threading.Lock()
        self._sleep = sleep

    def ask(self, doing: str, uri: str, call: Callable[[S3Client], T]) -> T:
        """What the call returns. It may be called several times. `doing` is a verb: ``read``.

        Raises ObjectNotFound, ObjectUnavailable or ObjectError.
        """
        client = self._connected(uri)
        for number in range(_TRIES):
            try:
                return self._once(doing, uri, client, call)
            except ObjectUnavailable:
                if number == _TRIES - 1:
                    raise
                self._sleep(random.uniform(0, _FIRST_WAIT * 2**number))  # noqa: S311 - no secret
        raise AssertionError("the last try returns or raises")

    @staticmethod
    def _once(doing: str, uri: str, client: S3Client, call: Callable[[S3Client], T]) -> T:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return call(client)
        except ClientError as error:
            raise _refused(doing, uri, error) from error
        except BotoCoreError as error:
            kinds = {kind.__name__ for kind in type(error).__mro__}
            raised = ObjectUnavailable if kinds & set(_CUT_OFF) else ObjectError
            raise raised(f"can't {doing} {uri!r}: {error}{_UNREACHABLE.get(type(error).__name__, '')}") from error

    def _connected(self, uri: str) -> S3Client:
        with self._lock:
            if self._client is None:
                try:
                    from botocore.exceptions import BotoCoreError
                except ImportError as error:
                    raise ObjectError(f"{uri!r}: S3 needs boto3; install it with: pip install boto3") from error
                try:
                    self._client = self._clients.make(
                        "s3",
                        retries={"mode": "standard", "total_max_attempts": _OF_BOTOCORE},
                        connect_timeout=_CONNECT_SECONDS,
                        read_timeout=_READ_SECONDS,
                        max_pool_connections=CONNECTIONS,
                    )
                except (BotoCoreError, ValueError) as error:
                    raise ObjectError(f"{uri!r}: S3 can't be used: {error}") from error
            return self._client


def status(error: Any) -> int:  # Any: a ClientError, which is imported with boto3 only
    """The HTTP status of the answer."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _refused(doing: str, uri: str, error: Any) -> ObjectError:  # Any: as above
    code = str(error.response.get("Error", {}).get("Code", ""))
    if code in ("NoSuchKey", "404", "NotFound") and doing == "read":
        return ObjectNotFound(f"there is no object at {uri!r}")
    message = str(error.response.get("Error", {}).get("Message") or error)
    if code in _PASSING or status(error) >= 500 or status(error) == 429:
        return ObjectUnavailable(f"can't {doing} {uri!r}: {code}: {message}; S3 refuses this for now: try again")
    remedy = _REMEDIES.get("AccessDenied" if code == "403" else code)
    return ObjectError(f"can't {doing} {uri!r}: {code}: {message}" + (f"; {remedy}" if remedy else ""))
