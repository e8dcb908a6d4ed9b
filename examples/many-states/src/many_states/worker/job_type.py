"""The job type worker: one message per table with a task token, by sqs:sendMessage.waitForTaskToken.

The worker takes the message, calls SendTaskHeartbeat now and then, and ends with SendTaskSuccess and ``{"worker": …,
"exit_code": 0}``, or with SendTaskFailure: error ``Worker.Failed``, cause the reason.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar

from extract_core import Branch, JobType, Statement
from extract_core.registry.routing import start_state

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from extract_core import JobStatus, Json, Outcome, TableRun, Target
    from many_states.worker.models import WorkerDeployment, WorkerSettings


class Worker(JobType["WorkerSettings", "WorkerDeployment"]):
    """Your own worker behind a queue."""

    name: ClassVar[str] = "worker"
    title: ClassVar[str] = "Worker"
    api_version: ClassVar[int] = 1
    requires_contract: ClassVar[str] = "1.2"

    def settings(self) -> type[WorkerSettings]:
        """One table's settings."""
        from many_states.worker.models import WorkerSettings

        return WorkerSettings

    def deployment(self) -> type[WorkerDeployment]:
        """``[job_types.worker]``."""
        from many_states.worker.models import WorkerDeployment

        return WorkerDeployment

    def branch(self, target: Target[WorkerDeployment]) -> Branch:
        """One Task that waits for its token. If a worker is silent for too long, the Task ends with States.HeartbeatTimeout."""
        state = start_state(self.title)
        task: dict[str, Json] = {
            "Type": "Task",
            "Comment": "Puts the table's job into the workers' queue and waits for the answer",
            "Resource": f"arn:{target.partition}:states:::sqs:sendMessage.waitForTaskToken",
            "Parameters": {
                "QueueUrl": target.deployment.queue_url(target),
                "MessageBody": {"run.$": "$.arguments.job", "task_token.$": "$$.Task.Token"},
            },
            "HeartbeatSeconds": target.deployment.heartbeat_seconds,
            "ResultPath": "$.job_result",
        }
        return Branch(start=state, states={state: task}, job_state=state)

    def arguments(self, table: TableRun[WorkerDeployment], settings: WorkerSettings) -> Mapping[str, Json]:
        """The worker's command line, with the name by which `stop` cancels the job."""
        return {
            "job": {
                "id": f"{table.run_id}/{table.table}/{table.attempt}",
                "priority": settings.priority,
                "arguments": [part for pair in table.job_arguments.items() for part in pair],
            },
        }

    def status(self, outcome: Outcome) -> JobStatus:
        """The meaning of the worker's answer, or of the error. SUCCEEDED only for exit code 0 from a worker."""
        from many_states.worker.status import status

        return status(outcome)

    def permissions(self, target: Target[WorkerDeployment]) -> Iterable[Statement]:
        """SendMessage to the queue. The workers' own role needs states:SendTaskSuccess, -Failure and -Heartbeat."""
        queue = f"arn:{target.partition}:sqs:{target.region}:{target.account}:{target.deployment.queue}"
        yield Statement(actions=("sqs:SendMessage",), resources=(queue,))

    def timeout(self, settings: WorkerSettings) -> int:
        """``timeout_minutes * 60`` seconds, including the time in the queue."""
        return settings.timeout_minutes * 60

    def stop_permissions(self, target: Target[WorkerDeployment]) -> Iterable[Statement]:
        """GetQueueUrl and SendMessage, on the queue."""
        queue = f"arn:{target.partition}:sqs:{target.region}:{target.account}:{target.deployment.queue}"
        yield Statement(actions=("sqs:GetQueueUrl", "sqs:SendMessage"), resources=(queue,))

    def stop(self, outcome: Outcome, aws: object, deployment: WorkerDeployment) -> None:
        """A message that cancels the job, because an aborted execution does not tell the worker. Its token is no longer valid."""
        from extract_core.parsing.asking import client
        from extract_core.parsing.payload import text

        job = text(outcome.item, "arguments", "job", "id")
        if job:
            sqs = client(aws, "sqs")
            url = sqs.get_queue_url(QueueName=deployment.queue)["QueueUrl"]
            sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"call_off": job}))
