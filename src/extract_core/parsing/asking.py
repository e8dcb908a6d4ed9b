"""Calls of AWS for `JobType.diagnose` and `JobType.stop`, which get a boto3 session.

A diagnosis may take seconds, not minutes, and must not fail. So its calls have short time limits, and a refused call returns
nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from extract_core.parsing.payload import objects, text

if TYPE_CHECKING:
    from extract_core.contract import Json

__all__ = ["answer", "client", "joined", "log_tail", "pascal", "stopped"]

_LINES: Final = 20
_CHARACTERS: Final = 2000  # of log lines: enough for a stack trace's last frames


class _Session(Protocol):
    def client(self, service_name: str, *, config: object) -> Any: ...  # Any: each service has other methods


def client(aws: object, service: str) -> Any:  # Any: as above
    """A client of this boto3 session that waits 3 seconds for a connection, 10 for an answer, and makes two attempts."""
    from botocore.config import Config

    config = Config(connect_timeout=3, read_timeout=10, retries={"total_max_attempts": 2, "mode": "standard"})
    return cast("_Session", aws).client(service, config=config)


def answer(aws: object, service: str, operation: str, **members: object) -> Mapping[str, Json]:
    """The answer of AWS, in the shape of Step Functions: PascalCase keys, epoch milliseconds.

    ``{}`` if AWS refuses, throttles or can't be reached. `operation` is a method of the client, ``get_job_run``.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        response = getattr(client(aws, service), operation)(**members)
    except (BotoCoreError, ClientError):
        return {}
    payload = pascal(response)
    return payload if isinstance(payload, Mapping) else {}


def pascal(value: object) -> Json:
    """A client's answer as Step Functions would give it: keys in PascalCase, times as epoch milliseconds, None left out."""
    if isinstance(value, Mapping):
        return {_pascal_key(str(key)): pascal(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, datetime):
        return int(value.timestamp() * 1000)
    if isinstance(value, str | bool | int | float):
        return value
    return [pascal(inner) for inner in value] if isinstance(value, Sequence) and not isinstance(value, bytes) else None


def _pascal_key(key: str) -> str:
    return key[:1].upper() + key[1:]


def log_tail(aws: object, group: str, stream: str) -> str | None:
    """The last lines of a CloudWatch log stream (at most 20, 2,000 characters); None if there are none."""
    events = answer(aws, "logs", "get_log_events", logGroupName=group, logStreamName=stream, limit=_LINES, startFromHead=False)
    lines = [line for event in objects(events, "Events") if (line := (text(event, "Message") or ""))]
    return "\n".join(lines)[-_CHARACTERS:].strip() or None


def joined(*parts: str | None) -> str | None:
    """The parts that are not empty, one per line; None if all are empty."""
    return "\n".join(part for part in parts if part) or None


def stopped(call: Callable[[], object], *, ended: Sequence[str]) -> None:
    """Make a call that stops a job. The error codes in `ended` mean that it has ended already; all others are raised.

    Raises botocore's ClientError or BotoCoreError: a job that could not be stopped goes on and costs money.
    """
    from botocore.exceptions import ClientError

    try:
        call()
    except ClientError as error:
        if str(error.response.get("Error", {}).get("Code")) not in ended:
            raise
