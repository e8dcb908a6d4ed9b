"""The Step Functions clients of this process, by region, and whether an execution is alive."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from extract_core.clients import Clients
from extract_core.errors import TrackingUnavailable
from extract_core.plan.execution import ALIVE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef

_TRIES: Final = 8  # attempts per call: botocore waits up to 20 s between them, which is enough for a throttle of a minute


class StepFunctions:
    """Calls Step Functions by one of `clients`, or by `client`. botocore is imported at the first call.

    A call about an execution goes to the region of its ARN.
    """

    def __init__(self, client: SFNClient | None = None, *, make: Clients | None = None) -> None:
        self._client = client
        self._make = make or Clients()
        self._clients: dict[str | None, SFNClient] = {}
        self._lock = threading.Lock()

    def is_running(self, execution_id: str) -> bool:
        """Whether this execution (an ARN) is alive.

        Step Functions forgets executions 90 days after their end; these are not alive. An id that is not an ARN belongs to a
        run on another machine. Nothing can be asked about it, so it counts as alive until the bound of its run has passed.
        Raises TrackingUnavailable if Step Functions does not answer.
        """
        if not execution_id.startswith("arn:"):
            return True
        described = self.describe(execution_id)
        return described is not None and described["status"] in ALIVE

    def describe(self, execution_id: str) -> DescribeExecutionOutputTypeDef | None:
        """The description of the execution, or None if Step Functions does not know it. Raises TrackingUnavailable."""
        with self.asking(f"cannot ask Step Functions whether {execution_id!r} still runs"):
            client = self.client(execution_id)
            try:
                return client.describe_execution(executionArn=execution_id)
            except client.exceptions.ExecutionDoesNotExist:
                return None

    def client(self, arn: str) -> SFNClient:
        """The client for this ARN's region. Raises boto3's exceptions, and TrackingUnavailable if boto3 is not installed."""
        if self._client is not None:
            return self._client
        fields = arn.split(":")
        region = fields[3] if arn.startswith("arn:") and len(fields) > 3 and fields[3] else None
        with self._lock:
            if region not in self._clients:
                retries = {"mode": "standard", "total_max_attempts": _TRIES}
                try:
                    self._clients[region] = self._make.make("stepfunctions", region=region, retries=retries)
                except ImportError as error:
                    raise TrackingUnavailable(
                        f"{arn!r}: Step Functions needs boto3; install it with: pip install boto3"
                    ) from error
            return self._clients[region]

    @contextmanager
    def asking(self, failed: str) -> Iterator[None]:
        """Turn what boto3 raises inside into TrackingUnavailable, with this text and boto3's."""
        try:
            yield
        except TrackingUnavailable:
            raise
        except Exception as error:
            from botocore.exceptions import BotoCoreError, ClientError

            if isinstance(error, (BotoCoreError, ClientError)):
                raise TrackingUnavailable(f"{failed}: {error}") from error
            raise
