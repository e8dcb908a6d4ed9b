"""Error codes of AWS: the class of failure of each, and how each SDK writes them into a text.

=============== ===================================================================================
SDK             its form
=============== ===================================================================================
Java 1          ``Slow Down (Service: Amazon S3; Status Code: 503; Error Code: SlowDown; Request …)``
Java 2          ``Reduce … (Service: S3, Status Code: 503, Request ID: …)``: no code, only a status
Python          ``An error occurred (SlowDown) when calling the PutObject operation: …``
C++ (Arrow)     ``AWS Error SLOW_DOWN during PutObject operation: …``, ``(HTTP status 503)``
Go, Hadoop      ``AccessDenied: Access Denied``, ``….AWSServiceThrottledException: …``
HTTP            ``<Code>SlowDown</Code>``
=============== ===================================================================================

Words of a script do not count as a code: ``KeyError: 'ThrottlingException'`` has none of these forms.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from extract_core.contract import FailureClass

if TYPE_CHECKING:
    from collections.abc import Iterator

_CODES: Final = {
    FailureClass.THROTTLED: (
        "Throttling", "Throttled", "TooManyRequests", "RequestLimitExceeded", "RequestThrottled", "SlowDown",
        "ConcurrentRunsExceeded", "ProvisionedThroughputExceeded", "AWSServiceThrottled", "BandwidthLimitExceeded",
    ),
    FailureClass.CAPACITY: (
                "MaxSpotInstanceCountExceeded", "SpotMaxPriceTooLow",
    ),
    FailureClass.PERMISSION: (
        "AccessDenied", "UnauthorizedOperation", "UnrecognizedClient", "InvalidClientTokenId", "ExpiredToken", "InvalidSignature",
        "Blocked", "InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "AllAccessDisabled", "AccountProblem",
        "OptInRequired", "InvalidObjectState", "KMSAccessDenied",
    ),
    FailureClass.CONFIG: (
        "EntityNotFound", "ResourceNotFound", "ClusterNotFound", "InvalidInput", "InvalidParameter", "InvalidParameterValue",
        "InvalidRequest", "Validation", "PlatformUnknown", "PlatformTaskDefinitionIncompatibility", "UnsupportedFeature",
        "Client", "Conflict", "TagPolicyViolation",
    ),
    FailureClass.INTERNAL: (
        "InternalService", "InternalServer", "InternalFailure", "Internal", "Server", "ServiceUnavailable", "ServiceFailure",
        "Unavailable",
    ),
}  # fmt: skip
_BY_CODE: Final = {code: failure for failure, codes in _CODES.items() for code in codes}
"""Codes are written without ``Exception`` and ``Error``."""
_BY_ENDING: Final = (
    (re.compile(r"(?:Limit|Quota)Exceeded\Z|\AInsufficient\w*(?:Capacity|Addresses\w*)\Z|Capacity\Z"), FailureClass.CAPACITY),
    (re.compile(r"\.(?:NotFound|Malformed|Duplicate)\Z"), FailureClass.CONFIG),
)
"""Endings of EC2's codes for limits and wrong values (EC2 API reference, "Error codes")."""

_OF_THE_CALLER: Final = frozenset({FailureClass.CONFIG})
"""A wrong request in a script is a fault of the script, and not of the configuration of the job."""

_FORMS: Final = re.compile(
    r"""
      \bAn\ error\ occurred\ \((?P<python>[\w.]+)\)\ when\ calling
    | \bError\ ?Code:\ (?P<java>[\w.]+(?:\ [A-Z]\w+)*)
    | <Code>(?P<xml>\w+)</Code>
    | \bAWS\ Error\ (?P<cpp>[A-Z_]+)\b
    | (?<![\w'"])(?P<name>(?:\w+\.)*[A-Z]\w+(?:Exception|LimitExceeded)):\s
    | (?:\A|[\n:;,.(>]\s*|\b(?:by|to|with|error)\ )
        (?P<word>AccessDenied|SlowDown|ServiceUnavailable|InvalidAccessKeyId|ExpiredToken):\s
    """,
    re.VERBOSE,
)
_STATUSES: Final = re.compile(
    r"\b(?:Status ?Code|status code|HTTP status):? (?P<text>[1-5]\d\d)\b|\((?P<python>[1-5]\d\d)\) when calling"
)
_BY_STATUS: Final = {
    "403": FailureClass.PERMISSION,
    "429": FailureClass.THROTTLED,
    "503": FailureClass.INTERNAL,
    "500": FailureClass.INTERNAL,
    "502": FailureClass.INTERNAL,
    "504": FailureClass.INTERNAL,
}
_FROM_S3: Final = re.compile(
    r"\bService: (?:Amazon )?S3\b|\b(?:\w*Object|\w*MultipartUpload|UploadPart\w*|ListObjectsV2|ListParts) operation\b"
)


def stem(code: str) -> str:
    """A code without its package and its ending: ``Glue.ThrottlingException`` becomes ``Throttling``."""
    return re.sub(r"(?:Exception|Error)\Z", "", code.rpartition(".")[2])


def class_of(code: str) -> FailureClass | None:
    """What an error code means, with or without its package and ending; None if it is not known."""
    short = stem(code)
    if short in _BY_CODE:
        return _BY_CODE[short]
    return next((failure for ending, failure in _BY_ENDING if ending.search(code if "." in code else short)), None)


def classes_in(text: str) -> Iterator[FailureClass]:
    """The class of each error of AWS in this text. S3 reports a throttle with status 503 (S3 error responses, "SlowDown")."""
    for form in _FORMS.finditer(text):
        code = form["cpp"] or ""
        code = code.title().replace("_", "") if code else next(filter(None, form.groups()), "")
        failure = class_of(code)
        if failure and failure not in _OF_THE_CALLER:
            yield failure
    for status in _STATUSES.finditer(text):
        number = status["text"] or status["python"]
        if number == "503" and _FROM_S3.search(text):
            yield FailureClass.THROTTLED
        elif number in _BY_STATUS:
            yield _BY_STATUS[number]
