"""How an EMR step is cancelled."""

from __future__ import annotations

from extract_core.parsing.asking import answer, client
from extract_core.parsing.payload import objects, text


def cancel_step(aws: object, cluster: str, step_id: str) -> None:
    """Cancel the step; if it runs, EMR ends its process.

    Raises botocore's ClientError, or RuntimeError, if EMR refuses; a step that has ended is fine.
    """
    answered = client(aws, "emr").cancel_steps(ClusterId=cluster, StepIds=[step_id], StepCancellationOption="TERMINATE_PROCESS")
    for info in objects(answered, "CancelStepsInfoList"):
        if text(info, "Status") == "FAILED" and not _has_ended(aws, cluster, step_id):
            reason = text(info, "Reason") or "no reason was given"
            raise RuntimeError(f"the EMR step {step_id} of {cluster} could not be cancelled: {reason}")


def _has_ended(aws: object, cluster: str, step_id: str) -> bool:
    state = text(answer(aws, "emr", "describe_step", ClusterId=cluster, StepId=step_id), "Step", "Status", "State")
    return state in ("COMPLETED", "CANCELLED", "FAILED", "INTERRUPTED", "CANCEL_PENDING")
