"""What roles need: the machine's for batch:submitJob.sync, and the core's functions' to ask Batch of a job and to terminate one.

See the Step Functions guide, "IAM policies for AWS Batch". DescribeJobs knows no resources (service authorization reference).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from extract_batch.aws import LOG_GROUP
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
    yield from stop_statements(target)
    yield Statement(actions=("batch:DescribeJobs",), resources=("*",))
    yield Statement(
        actions=("events:DescribeRule", "events:PutRule", "events:PutTargets"),
        resources=(f"arn:{target.partition}:events:{place}:rule/StepFunctionsGetEventsForBatchJobsRule",),
    )


def diagnose_statements(target: Target[BatchDeployment]) -> Iterable[Statement]:
    """Describe jobs, and read Batch's own log group: a job definition that names another one needs a statement of one's own."""
    yield Statement(actions=("batch:DescribeJobs",), resources=("*",))
    logs = f"arn:{target.partition}:logs:{target.region}:{target.account}:log-group:{LOG_GROUP}:log-stream:*"
    yield Statement(actions=("logs:GetLogEvents",), resources=(logs,))


def stop_statements(target: Target[BatchDeployment]) -> Iterable[Statement]:
    """A job's ARN holds its id alone, so all jobs of the account are meant."""
    yield Statement(
        actions=("batch:TerminateJob",), resources=(f"arn:{target.partition}:batch:{target.region}:{target.account}:job/*",)
    )
