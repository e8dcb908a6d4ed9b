"""What EMR on EKS would have said of the end of a process on this machine."""

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
    """A JobRun. On AWS its StateDetails say little of the job; here the job's last words stand there."""
    if ended.injected == "throttle":
        return Outcome.failed(
            "EMRContainers.ThrottlingException",
            "Rate exceeded (Service: AmazonEMRContainers; Status Code: 429; Error Code: ThrottlingException; Request ID: local)",
        )
    if ended.injected == "timeout":
        return Outcome.failed("States.Timeout", "")  # a run has no time limit of its own: the state's ends it
    end = LocalEnd.of(ended)
    state = "COMPLETED" if end.succeeded else "CANCELLED" if end.stopped else "FAILED"
    run: dict[str, Json] = {
        "Id": f"local{uuid.uuid4().hex[:14]}",
        "Name": arguments["name"],
        "VirtualClusterId": arguments["virtual_cluster_id"],
        "State": state,
        "JobDriver": {"SparkSubmitJobDriver": arguments["spark_submit"]},
        "CreatedAt": end.began,
        "FinishedAt": end.ended,
    }
    if not end.succeeded:
        run["StateDetails"] = end.details
    if state == "FAILED":
        run["FailureReason"] = "USER_ERROR"
    answer: dict[str, Json] = {"JobRun": run}
    return Outcome.succeeded(answer) if state == "COMPLETED" else Outcome.failed("States.TaskFailed", json.dumps(answer))
