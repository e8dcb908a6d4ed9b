"""Asks Step Functions whether an execution is alive: the only question that a lease needs answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extract_core.errors import TrackingUnavailable

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

_ALIVE = ("RUNNING", "PENDING_REDRIVE")  # API reference of DescribeExecution, `status`


class StepFunctions:
    """Step Functions as this process may call it, or by `client`. boto3 is imported at the first question."""

    def __init__(self, client: SFNClient | None = None) -> None:
        self._client = client

    def is_running(self, execution_id: str) -> bool:
        """Whether this execution (an ARN) is alive. One that Step Functions no longer knows is not: its 90 days are over.

        An id that is no ARN is of a run on some machine, which nobody can ask from here: it counts as alive, until the bound of
        its run has passed. Raises TrackingUnavailable where Step Functions does not answer.
        """
        if not execution_id.startswith("arn:"):
            return True
        import boto3
        from botocore.exceptions import BotoCoreError, ClientError

        if self._client is None:
            self._client = boto3.client("stepfunctions")
        try:
            return self._client.describe_execution(executionArn=execution_id)["status"] in _ALIVE
        except self._client.exceptions.ExecutionDoesNotExist:
            return False
        except (ClientError, BotoCoreError) as error:
            raise TrackingUnavailable(f"can't ask Step Functions whether {execution_id!r} still runs: {error}") from error
