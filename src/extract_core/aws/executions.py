"""Asks Step Functions of executions: whether one is alive, which is all that a lease needs, and what it did."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, cast

from extract_core.errors import TrackingUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_stepfunctions.type_defs import (
        DescribeExecutionOutputTypeDef,
        GetExecutionHistoryInputTypeDef,
        GetExecutionHistoryOutputTypeDef,
    )

    from extract_core.contract import Json

ALIVE: Final = ("RUNNING", "PENDING_REDRIVE")
"""Of an execution that has not ended (API reference of DescribeExecution, `status`)."""

POLL_SECONDS: Final = 2.0
"""Between two questions about an execution that is followed."""

_TRIES: Final = 8  # of one call: botocore waits up to 20 s between them, so a throttle of a minute passes unseen


class StepFunctions:
    """Step Functions as this process may call it, or by `client`.

    boto3 is imported at the first question. An execution is asked for in the region of its ARN, wherever this process runs.
    """

    def __init__(self, client: SFNClient | None = None) -> None:
        self._client = client
        self._clients: dict[str | None, SFNClient] = {}
        self._lock = threading.Lock()

    def is_running(self, execution_id: str) -> bool:
        """Whether this execution (an ARN) is alive. One that Step Functions no longer knows is not: its 90 days are over.

        An id that is no ARN is of a run on some machine, which nobody can ask from here: it counts as alive, until the bound of
        its run has passed. Raises TrackingUnavailable where Step Functions does not answer.
        """
        if not execution_id.startswith("arn:"):
            return True
        described = self.describe(execution_id)
        return described is not None and described["status"] in ALIVE

    def describe(self, execution_id: str) -> DescribeExecutionOutputTypeDef | None:
        """The execution as it stands; None where Step Functions does not know it. Raises TrackingUnavailable."""
        with self.asking(f"can't ask Step Functions whether {execution_id!r} still runs"):
            client = self.client(execution_id)
            try:
                return client.describe_execution(executionArn=execution_id)
            except client.exceptions.ExecutionDoesNotExist:
                return None

    def history(self, execution_id: str) -> Iterator[Mapping[str, Json]]:
        """The events of this execution so far, with their data, then those of the children that its map runs started.

        None of an execution that Step Functions no longer knows. Raises TrackingUnavailable as `is_running` does.
        """
        from extract_core.aws.map_runs import finished_children, map_run_of

        map_runs = []
        for event in HistoryReader(self, execution_id).new():
            if (map_run := map_run_of(event)) is not None:
                map_runs.append(map_run)
            yield event
        for number, map_run in enumerate(map_runs):
            yield from finished_children(self, map_run, number)

    def look(self, execution_id: str) -> Iterator[Mapping[str, Json]]:
        """What a person who looks once wants to see: the events so far, the counts of its map runs, the tables that run now.

        Of a DISTRIBUTED Map as many children as a moment's reading allows. Raises TrackingUnavailable.
        """
        return self.watch(execution_id, follow=False)

    def watch(self, execution_id: str, *, follow: bool = True) -> Iterator[Mapping[str, Json]]:
        """The events of this execution so far, and with `follow` those to come, until it has ended.

        Events of the children of a map run come among them, with ids of their own, and what DescribeMapRun counts as events of
        the type ``MapRunCounted``. Raises TrackingUnavailable as `is_running` does.
        """
        from extract_core.aws.map_runs import LiveMapRun, map_run_of

        reader = HistoryReader(self, execution_id)
        map_runs: list[LiveMapRun] = []
        while True:
            running = self.is_running(execution_id) if follow else True  # asked before: what came until then is read
            for event in reader.new():
                if (map_run := map_run_of(event)) is not None:
                    map_runs.append(LiveMapRun(self, map_run, len(map_runs)))
                yield event
            for live in map_runs:
                yield from live.look(ended=not running)
            if not follow or not running:
                return
            time.sleep(POLL_SECONDS)

    def client(self, arn: str) -> SFNClient:
        """The client for this ARN's region. Raises what boto3 raises, and TrackingUnavailable where there is no boto3."""
        if self._client is not None:
            return self._client
        fields = arn.split(":")
        region = fields[3] if arn.startswith("arn:") and len(fields) > 3 and fields[3] else None
        with self._lock:  # a session makes its clients one at a time (boto3 guide, "Multithreading")
            if region not in self._clients:
                try:
                    import boto3
                    from botocore.config import Config
                except ImportError as error:
                    raise TrackingUnavailable(
                        f"{arn!r}: Step Functions needs boto3; install it with: pip install boto3"
                    ) from error
                config = Config(retries={"mode": "standard", "total_max_attempts": _TRIES})
                self._clients[region] = boto3.client("stepfunctions", region_name=region, config=config)
            return self._clients[region]

    @contextmanager
    def asking(self, failed: str) -> Iterator[None]:
        """What boto3 raises inside becomes TrackingUnavailable: this text, and boto3's."""
        try:
            yield
        except TrackingUnavailable:
            raise
        except Exception as error:
            from botocore.exceptions import BotoCoreError, ClientError

            if isinstance(error, (BotoCoreError, ClientError)):
                raise TrackingUnavailable(f"{failed}: {error}") from error
            raise


class HistoryReader:
    """Reads one execution's history from where it stopped last.

    The last page is asked for again until it has more: a token leads to the same place for 24 hours (API reference,
    GetExecutionHistory). After these the reading begins anew, and what was given is passed over.
    """

    def __init__(self, states: StepFunctions, execution_id: str) -> None:
        self._states = states
        self._execution_id = execution_id
        self._token: str | None = None
        self._seen = 0

    def new(self) -> Iterator[Mapping[str, Json]]:
        """The events since the last call, each once. Raises TrackingUnavailable."""
        while True:
            page = self._page()
            for event in page["events"]:
                if event["id"] > self._seen:
                    self._seen = event["id"]
                    yield cast("Mapping[str, Json]", event)
            following = page.get("nextToken")
            if following is None:
                return
            self._token = following

    def _page(self) -> GetExecutionHistoryOutputTypeDef:
        request: GetExecutionHistoryInputTypeDef = {
            "executionArn": self._execution_id,
            "maxResults": 1000,
            "includeExecutionData": True,
        }
        nothing: Any = {"events": []}  # no request was answered, so there is no metadata of one
        with self._states.asking(f"can't read the history of {self._execution_id!r} from Step Functions"):
            client = self._states.client(self._execution_id)
            try:
                if self._token is not None:
                    following: GetExecutionHistoryInputTypeDef = {**request, "nextToken": self._token}
                    with suppress(client.exceptions.InvalidToken):
                        return client.get_execution_history(**following)
                    self._token = None
                return client.get_execution_history(**request)
            except client.exceptions.ExecutionDoesNotExist:
                return cast("GetExecutionHistoryOutputTypeDef", nothing)
