"""What EMR Serverless would have said of the end of a process on this machine."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING

from extract_core import Outcome
from extract_emr.local_job import LocalEnd

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core import Json, LocalExit


def local_answer(arguments: Mapping[str, Json], ended: LocalExit) -> Outcome:
    """A JobRun. On AWS its StateDetails hold the last exceptions of the driver's log; here the job's last words stand there."""
    if ended.injected == "throttle":
        return Outcome.failed(
            "EMRServerless.ThrottlingException",
            "Rate exceeded (Service: AWSEMRServerless; Status Code: 429; Error Code: ThrottlingException; Request ID: local)",
        )
    end = LocalEnd.of(ended)
    state = "SUCCESS" if end.succeeded else "CANCELLED" if end.stopped or ended.injected == "timeout" else "FAILED"
    details = "Job run timed out" if ended.injected == "timeout" else end.details
    run: dict[str, Json] = {
        "ApplicationId": arguments["application_id"],
        "JobRunId": f"local{uuid.uuid4().hex[:12]}",
        "Name": arguments["name"],
        "State": state,
        "StateDetails": details,
        "JobDriver": {"SparkSubmit": arguments["spark_submit"]},
        "ExecutionTimeoutMinutes": arguments["timeout"],
        "CreatedAt": end.began,
        "StartedAt": end.began,
        "EndedAt": end.ended,
        "UpdatedAt": end.ended,
        "TotalExecutionDurationSeconds": round((end.ended - end.began) / 1000),
    }
    return Outcome.succeeded(run) if state == "SUCCESS" else Outcome.failed("States.TaskFailed", json.dumps(run))
