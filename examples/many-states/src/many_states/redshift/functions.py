"""The two Lambda functions of redshift: one starts a statement, the other polls its state."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core import Json

RUNNING: Final = frozenset({"SUBMITTED", "PICKED", "STARTED"})
"""States of a statement that goes on (botocore: redshift-data, StatusString)."""


def start(event: Mapping[str, Any], context: object) -> Mapping[str, Json]:  # noqa: ARG001 - Lambda's signature
    """The Lambda entry point of the start."""
    import boto3

    return started(event, boto3.client("redshift-data"))


def ask(event: Mapping[str, Any], context: object) -> Mapping[str, Json]:  # noqa: ARG001 - Lambda's signature
    """The Lambda entry point of the poll."""
    import boto3

    return query_state(event, boto3.client("redshift-data"))


def started(event: Mapping[str, Any], redshift: Any) -> Mapping[str, Json]:  # Any: a boto3 client
    """Start ``event["statement"]``. Returns its id, its start by the execution's clock, and the state of a running statement."""
    wanted = event["statement"]
    answer = redshift.execute_statement(
        WorkgroupName=wanted["workgroup"], Database=wanted["database"], Sql=wanted["sql"], StatementName=wanted["name"]
    )
    return {"id": answer["Id"], "began": event["entered"], "running": True, "state": "SUBMITTED"}


def query_state(event: Mapping[str, Any], redshift: Any) -> Mapping[str, Json]:  # Any: a boto3 client
    """The present state of the job. A statement over its time limit is cancelled, and its state is TIMED_OUT.

    Every answer has every member, because a ResultSelector must not name a missing one.
    """
    job = event["job"]
    answer = redshift.describe_statement(Id=job["id"])
    state = answer["Status"]
    seconds = (_moment(event["entered"]) - _moment(job["began"])).total_seconds()
    if state in RUNNING and seconds >= event["timeout_seconds"]:
        redshift.cancel_statement(Id=job["id"])
        state = "TIMED_OUT"
    return {**job, "running": state in RUNNING, "state": state, "error": answer.get("Error") or "", "seconds": seconds}


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
