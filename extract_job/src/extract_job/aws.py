"""AWS through boto3, which is imported only where an argument names something there."""

from typing import TYPE_CHECKING, Any, cast

from extract_job.errors import JobError

if TYPE_CHECKING:
    from collections.abc import Callable

TRIES = 10


def client(service: str) -> Any:
    """Give the client of a service, with the process's own credentials and region; raises `JobError` without boto3."""
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError
    except ImportError as error:
        raise JobError("an argument names a place in AWS: install boto3 with: pip install 'extract-sfn-job[aws]'") from error
    try:
        made = cast("Callable[..., Any]", boto3.client)
        return made(service, config=Config(retries={"mode": "standard", "total_max_attempts": TRIES}))
    except BotoCoreError as error:
        raise JobError(f"AWS can't be used here: {error}") from error


def faults() -> tuple[type[Exception], ...]:
    """All that a client's call may raise; only asked where boto3 is known to be here."""
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    return (Boto3Error, BotoCoreError, ClientError)
