"""What the state machine's role needs for batch:submitJob.sync (Step Functions guide, "IAM policies for AWS Batch")."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extract_core import Statement

if TYPE_CHECKING:
    from collections.abc import Iterable

    from extract_batch.settings import BatchDeployment
    from extract_core import Target


def statements(target: Target[BatchDeployment]) -> Iterable[Statement]:
    """Submit on the deployment's queues and job definitions, terminate jobs, describe them, and the managed event rule."""
    place = f"{target.region}:{target.account}"
    where = f"arn:{target.partition}:batch:{place}:"
    definitions = [
        f"{where}job-definition/{name}{revision}"
        for name in target.deployment.definitions()
        for revision in (("",) if ":" in name else ("", ":*"))
    ]
    queues = [f"{where}job-queue/{name}" for name in target.deployment.queues()]
    yield Statement(actions=("batch:SubmitJob",), resources=(*definitions, *queues))
    yield Statement(actions=("batch:TerminateJob",), resources=(f"{where}job/*",))
    yield Statement(actions=("batch:DescribeJobs",), resources=("*",))
    yield Statement(
        actions=("events:DescribeRule", "events:PutRule", "events:PutTargets"),
        resources=(f"arn:{target.partition}:events:{place}:rule/StepFunctionsGetEventsForBatchJobsRule",),
    )
