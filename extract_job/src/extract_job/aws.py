"""AWS through boto3, which is imported only if an argument names something in AWS."""

from typing import TYPE_CHECKING, Any, cast

from extract_job.errors import JobError

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_TRIES = 10


def client(service: str) -> Any:
    """Return the client of a service, with the credentials and region of this process.

    Raises `JobError` if boto3 is missing.
    """
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError
    except ImportError as error:
        raise JobError("an argument names something in AWS: install boto3 with: pip install boto3") from error
    try:
        new_client = cast("Callable[..., Any]", boto3.client)
        return new_client(service, config=Config(retries={"mode": "standard", "total_max_attempts": MAX_TRIES}))
    except BotoCoreError as error:
        raise JobError(f"cannot use AWS: {error}") from error


def faults() -> tuple[type[Exception], ...]:
    """Return all exceptions of a client's calls; boto3 must be installed."""
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    return (Boto3Error, BotoCoreError, ClientError)
