"""What EMR says of a step beyond the payload, and how a step is cancelled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extract_core.parsing.asking import answer, client, told
from extract_core.parsing.payload import described, member, objects, text
from extract_emr.logs import folder, log_tail

if TYPE_CHECKING:
    from extract_core import Outcome


def diagnose(outcome: Outcome, aws: object) -> str | None:
    """FailureDetails where the payload had none (EMR finds them late: apache/airflow#32151), and the end of the step's stderr."""
    cluster, step_id = _step(outcome)
    if not cluster or not step_id:
        return None
    details = member(described(outcome, "Step"), "Status", "FailureDetails")
    asked = answer(aws, "emr", "describe_step", ClusterId=cluster, StepId=step_id)
    now = member(asked, "Step", "Status", "FailureDetails")
    reason = None
    if not text(details, "Message"):
        reason = ": ".join(dict.fromkeys(filter(None, (text(now, "Reason"), text(now, "Message")))))
    log = text(now, "LogFile") or text(details, "LogFile") or _stderr(aws, cluster, step_id)
    return told(reason, log_tail(aws, log))


def _stderr(aws: object, cluster: str, step_id: str) -> str | None:
    """Where a cluster that keeps its logs puts a step's stderr (EMR guide, "View log files")."""
    found = folder(text(answer(aws, "emr", "describe_cluster", ClusterId=cluster), "Cluster", "LogUri"))
    return f"s3://{found[0]}/{found[1]}{cluster}/steps/{step_id}/stderr.gz" if found else None


def stop(outcome: Outcome, aws: object) -> None:
    """Cancel the step, if the outcome names one: a running one too, by ending its process.

    Raises botocore's ClientError, or RuntimeError, when EMR refuses; a step that has ended is fine.
    """
    cluster, step_id = _step(outcome)
    if not cluster or not step_id:
        return
    answered = client(aws, "emr").cancel_steps(ClusterId=cluster, StepIds=[step_id], StepCancellationOption="TERMINATE_PROCESS")
    for info in objects(answered, "CancelStepsInfoList"):
        if text(info, "Status") == "FAILED" and not _has_ended(aws, cluster, step_id):
            said = text(info, "Reason") or "no reason was given"
            raise RuntimeError(f"the EMR step {step_id} of {cluster} could not be cancelled: {said}")


def _has_ended(aws: object, cluster: str, step_id: str) -> bool:
    state = text(answer(aws, "emr", "describe_step", ClusterId=cluster, StepId=step_id), "Step", "Status", "State")
    return state in ("COMPLETED", "CANCELLED", "FAILED", "INTERRUPTED", "CANCEL_PENDING")


def _step(outcome: Outcome) -> tuple[str | None, str | None]:
    """Cluster and step id: addStep's answer calls it StepId, a Step calls it Id; the cluster stands in the item."""
    step = described(outcome, "Step")
    return text(outcome.item, "arguments", "cluster_id"), text(step, "StepId") or text(step, "Id")
