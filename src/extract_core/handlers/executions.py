"""Asks Step Functions of executions: whether one is alive, which is all that a lease needs, and what it did."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, cast

from extract_core.errors import TrackingUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_stepfunctions.type_defs import GetExecutionHistoryInputTypeDef, GetExecutionHistoryOutputTypeDef

    from extract_core.contract import Json

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
        from botocore.exceptions import BotoCoreError, ClientError

        client = self._connected()
        try:
            return client.describe_execution(executionArn=execution_id)["status"] in _ALIVE
        except client.exceptions.ExecutionDoesNotExist:
            return False
        except (ClientError, BotoCoreError) as error:
            raise TrackingUnavailable(f"can't ask Step Functions whether {execution_id!r} still runs: {error}") from error

    def history(self, execution_id: str) -> Iterator[Mapping[str, Json]]:
        """The events of this execution so far, with their data; none of one that Step Functions no longer knows.

        Raises TrackingUnavailable as `is_running` does.
        """
        return self.watch(execution_id, follow=False)

    def watch(self, execution_id: str, *, follow: bool = True, seconds: float = 2.0) -> Iterator[Mapping[str, Json]]:
        """The events of this execution so far, and with `follow` those to come, asked for so often, until it has ended.

        The last page is asked for again until it has more: a token leads to the same place for 24 hours (API reference,
        GetExecutionHistory). Raises TrackingUnavailable as `is_running` does.
        """
        token: str | None = None
        seen = 0
        while True:
            running = follow and self.is_running(execution_id)  # asked before the reading: what came until then is read
            while True:
                page = self._page(execution_id, token)
                for event in page["events"]:
                    if event["id"] > seen:
                        seen = event["id"]
                        yield cast("Mapping[str, Json]", event)
                following = page.get("nextToken")
                if following is None:
                    break
                token = following
            if not running:
                return
            time.sleep(seconds)

    def _page(self, execution_id: str, token: str | None) -> GetExecutionHistoryOutputTypeDef:
        from botocore.exceptions import BotoCoreError, ClientError

        client = self._connected()
        request: GetExecutionHistoryInputTypeDef = {
            "executionArn": execution_id,
            "maxResults": 1000,
            "includeExecutionData": True,
        }
        if token is not None:
            request["nextToken"] = token
        try:
            return client.get_execution_history(**request)
        except client.exceptions.ExecutionDoesNotExist:
            return {"events": []}  # type: ignore[typeddict-item] # no request was answered, so there is no metadata of one
        except (ClientError, BotoCoreError) as error:
            raise TrackingUnavailable(f"can't read the history of {execution_id!r} from Step Functions: {error}") from error

    def _connected(self) -> SFNClient:
        import boto3

        if self._client is None:
            self._client = boto3.client("stepfunctions")
        return self._client
