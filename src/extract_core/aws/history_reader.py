"""Reads the history of one execution, page by page, each event once."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_stepfunctions.type_defs import GetExecutionHistoryInputTypeDef, GetExecutionHistoryOutputTypeDef

    from extract_core.aws.client import StepFunctions
    from extract_core.contract import Json


class HistoryReader:
    """Reads one execution's history from the point where it stopped.

    It reads the last page again until the page has more events: a token leads to the same place for 24 hours (API reference,
    GetExecutionHistory). After these 24 hours it reads from the beginning and skips the events that it has returned before.
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
        nothing: Any = {"events": []}  # no request was answered, so there is no metadata
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
