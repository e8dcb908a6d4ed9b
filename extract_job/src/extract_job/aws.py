"""AWS through boto3, which is imported only if an argument names something in AWS."""

from typing import TYPE_CHECKING, Any, cast

from extract_job.errors import FailureClass, JobError

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_TRIES = 10


def client(service: str, region: str | None = None) -> Any:
    """Return the client of a service, with the credentials of this process, and its region if `region` is None.

    Raises `JobError` (CONFIG) if boto3 or a region is missing.
    """
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError
    except ImportError as error:
        message = "an argument names something in AWS: install boto3 with: pip install boto3"
        raise JobError(message, FailureClass.CONFIG) from error
    try:
        new_client = cast("Callable[..., Any]", boto3.client)
        return new_client(
            service, region_name=region, config=Config(retries={"mode": "standard", "total_max_attempts": MAX_TRIES})
        )
    except BotoCoreError as error:
        raise JobError(f"cannot use AWS: {error}", FailureClass.CONFIG) from error


def faults() -> tuple[type[Exception], ...]:
    """Return all exceptions of a client's calls; boto3 must be installed."""
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    return (Boto3Error, BotoCoreError, ClientError)


def refused(attempted: str, error: Exception) -> JobError:
    """Return the error for a call that failed; `attempted` is like "cannot write to 's3://…'".

    The codes are those of S3 and of all services of AWS
    (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html). A failed upload does not
    have its own code, so the cause of the exception is looked at as well.
    """
    response = getattr(error, "response", None) or getattr(error.__cause__ or error.__context__, "response", None) or {}
    code, status = response.get("Error", {}).get("Code", ""), response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    message = f"{attempted}: {error}"
    if code in _THROTTLED or status == TOO_MANY_REQUESTS:
        return JobError(message, FailureClass.THROTTLED, retryable=True)
    if code in _DENIED:
        return JobError(message, FailureClass.PERMISSION)
    if status >= SERVER_FAULT or (not response and isinstance(error, _passing())):
        return JobError(message, FailureClass.INTERRUPTED, retryable=True)
    return JobError(message, FailureClass.CONFIG if response else FailureClass.PERMISSION)


def _passing() -> tuple[type[Exception], ...]:
    """Return the exceptions of a connection that broke; without credentials there is none."""
    from botocore.exceptions import ConnectionError as NoConnection
    from botocore.exceptions import HTTPClientError, IncompleteReadError

    return (NoConnection, HTTPClientError, IncompleteReadError)


TOO_MANY_REQUESTS = 429
SERVER_FAULT = 500
_THROTTLED = frozenset({"SlowDown", "Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException"})
_DENIED = frozenset(
    {
        "403",
        "AccessDenied",
        "AccessDeniedException",
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
        "ExpiredToken",
        "AllAccessDisabled",
    }
)
