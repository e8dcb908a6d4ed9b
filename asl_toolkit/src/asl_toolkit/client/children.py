"""Children of Map Runs as DescribeExecution shows them, read from their history."""

from asl_toolkit.client.map_run_book import MapRunRecord
from asl_toolkit.client.operation import Response
from asl_toolkit.runtime.map_run_events import ChildExecution

_BY_MAP_RUN = "Execution can only be redriven using Map Run redrive"  # as in exported results of children


def describe_child(record: MapRunRecord, child: ChildExecution) -> Response:
    """A child as DescribeExecution shows it, plus `itemCount` for ListExecutions."""
    last = child.events[-1]
    if child.status == "RUNNING":
        return _of_start(record, child) | {
            "redriveStatus": "NOT_REDRIVABLE",
            "redriveStatusReason": "Execution is RUNNING and cannot be redriven",
        }
    succeeded = child.status == "SUCCEEDED"
    reason = f"Execution is {child.status} and cannot be redriven" if succeeded else _BY_MAP_RUN
    answer = _of_start(record, child) | {
        "stopDate": last["timestamp"],
        "redriveStatus": "NOT_REDRIVABLE" if succeeded else "REDRIVABLE_BY_MAP_RUN",
        "redriveStatusReason": reason,
    }
    if succeeded:
        return answer | {"output": last["executionSucceededEventDetails"]["output"], "outputDetails": {"included": True}}
    answer |= last.get("executionFailedEventDetails") or last.get("executionAbortedEventDetails") or {}
    return answer


def _of_start(record: MapRunRecord, child: ChildExecution) -> Response:
    first = child.events[0]
    return {
        "executionArn": child.arn,
        "stateMachineArn": record.start.machine_arn,
        "name": child.name,
        "status": child.status,
        "startDate": first["timestamp"],
        "input": first["executionStartedEventDetails"]["input"],
        "inputDetails": {"included": True},
        "mapRunArn": child.map_run_arn,
        "redriveCount": 0,
    }
