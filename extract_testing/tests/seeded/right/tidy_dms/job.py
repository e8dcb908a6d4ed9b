from extract_core import Branch, FailureClass, JobState, JobStatus, JobType, Retry, Statement
from extract_core.parsing import verdicts as v
from extract_core.parsing.asking import answer, client, stopped
from extract_core.parsing.payload import described, instant, member, objects, text

START, PAUSE, ASK, ENDED, CANCEL = "DMS Start Extract Job Run", "DMS Wait", "DMS Ask", "DMS Ended?", "DMS Cancel"
DONE = "Stop Reason FULL_LOAD_ONLY_FINISHED"


class Dms(JobType):
    name = "dms"
    title = "DMS"
    api_version = 1
    unread_arguments = ("job_arguments",)

    def settings(self):
        from tidy_dms.models import Settings

        return Settings

    def deployment(self):
        from tidy_dms.models import Deployment

        return Deployment

    def branch(self, target):
        sdk = f"arn:{target.partition}:states:::aws-sdk:databasemigration"
        arn = {"ReplicationTaskArn": "{% $states.input.arguments.task_arn %}"}
        busy = [{"ErrorEquals": ["DatabaseMigration.DatabaseMigrationException"], "IntervalSeconds": 10, "MaxAttempts": 5}]
        states = {
            START: {
                "Type": "Task",
                "Resource": f"{sdk}:startReplicationTask",
                "Arguments": {**arn, "StartReplicationTaskType": "{% $states.input.arguments.kind %}"},
                "Assign": {"began": "{% $millis() %}"},
                "Output": "{% $merge([$states.input, {'job_result': $states.result.ReplicationTask}]) %}",
                "Next": PAUSE,
            },
            PAUSE: {"Type": "Wait", "Seconds": 120, "Next": ASK},
            ASK: {
                "Type": "Task",
                "Resource": f"{sdk}:describeReplicationTasks",
                "Arguments": {
                    "Filters": [{"Name": "replication-task-arn", "Values": ["{% $states.input.arguments.task_arn %}"]}],
                    "WithoutSettings": True,
                },
                "Retry": busy,
                "Output": "{% $merge([$states.input, {'job_result': $states.result.ReplicationTasks[0]}]) %}",
                "Next": ENDED,
            },
            ENDED: {
                "Type": "Choice",
                "Choices": [
                    {"Condition": "{% $states.input.job_result.Status in ['stopped', 'failed'] %}", "Next": "Handle Extract Job Run Status"},
                    {"Condition": "{% $millis() - $began > $states.input.timeout_seconds * 1000 %}", "Next": CANCEL},
                ],
                "Default": PAUSE,
            },
            CANCEL: {"Type": "Task", "Resource": f"{sdk}:stopReplicationTask", "Arguments": arn, "Output": "{% $states.input %}"},
        }
        return Branch(start=START, states=states, job_state=START, query_language="JSONata")

    def arguments(self, table, settings):
        if table.watermark.mode != "full":
            raise ValueError("dms loads whole tables only: leave extract_type out, or take another job type")
        return {"task_arn": settings.task_arn or table.deployment.task_arn, "kind": settings.kind}

    def status(self, outcome):
        task = described(outcome, "ReplicationTask")
        state, arn = text(task, "Status"), text(task, "ReplicationTaskArn")
        said = text(task, "LastFailureMessage") or text(task, "StopReason")
        statistics = member(task, "ReplicationTaskStats")
        times = {"started_at": instant(statistics, "StartDate"), "ended_at": instant(statistics, "StopDate")}
        if outcome.error is not None:
            verdict = v.by_error(outcome.error, outcome.cause)
            message = f"{outcome.error}: {(outcome.cause or '').strip() or 'no cause was given'}"
        elif state == "stopped" and said == DONE and arn:
            return JobStatus(state=JobState.SUCCEEDED, job_run_id=arn, **times)
        else:
            verdict = {
                "stopped": v.STOPPED,
                "failed": v.failed(v.by_words(said) or FailureClass.USER_CODE),
                "starting": v.TIMED_OUT,
                "running": v.TIMED_OUT,
            }.get(state if arn else None, v.UNKNOWN)
            message = f"the replication task is {state}: {said or 'DMS gave no reason'}"
        return JobStatus(
            state=verdict.state, failure=verdict.failure, retryable=verdict.retryable, message=message, job_run_id=arn, **times
        )

    def permissions(self, target):
        on_tasks = ["dms:StartReplicationTask", "dms:StopReplicationTask"]
        return [
            Statement(actions=on_tasks, resources=[target.deployment.task_arn, *target.deployment.task_arns]),
            Statement(actions=["dms:DescribeReplicationTasks"], resources=["*"]),
        ]

    def start_retries(self):
        return [Retry(errors=["DatabaseMigration.DatabaseMigrationException", "DatabaseMigration.InvalidResourceStateException"])]

    def timeout(self, settings):
        return settings.timeout_minutes * 60

    def diagnose(self, outcome, aws):
        arn = text(outcome.item, "arguments", "task_arn")
        if not arn:
            return None
        filters = [{"Name": "replication-task-arn", "Values": [arn]}]
        tasks = objects(answer(aws, "dms", "describe_replication_tasks", Filters=filters), "ReplicationTasks")
        return text(tasks[0], "LastFailureMessage") if tasks else None

    def diagnose_permissions(self, target):
        return [Statement(actions=["dms:DescribeReplicationTasks"], resources=["*"])]

    def stop(self, outcome, aws):
        arn = text(outcome.item, "arguments", "task_arn")
        if arn:
            dms = client(aws, "dms")
            stopped(lambda: dms.stop_replication_task(ReplicationTaskArn=arn), ended=("InvalidResourceStateFault",))

    def stop_permissions(self, target):
        return [Statement(actions=["dms:StopReplicationTask"], resources=[target.deployment.task_arn, *target.deployment.task_arns])]
