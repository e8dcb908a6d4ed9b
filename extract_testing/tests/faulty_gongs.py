"""Gongs with one fault each: typical mistakes of authors of a SyncJob."""

from __future__ import annotations

from typing import ClassVar

from acme_big_gong import Gong
from botocore.exceptions import ClientError

from extract_core import Branch, FailureClass, Retry
from extract_core.parsing.asking import answer, client
from extract_core.registry.routing import HANDLE_STATUS


class TextForATuple(Gong):
    reason_members = "StatusReason"


class MethodMisspelt(Gong):
    def local_results(self, arguments, end):
        return {**super().local_result(arguments, end), "ExitCode": end.code}


class BraceOfNoField(Gong):
    rights: ClassVar = {**Gong.rights, "job-queue/{quue}": ("batch:SubmitJob",)}


class FailureMisspelt(Gong):
    failures: ClassVar = {"FAILED": None, "FAILD": FailureClass.USER_CODE}


class NotEndOfAnotherService(Gong):
    not_ends = frozenset({"PENDING", "IN_PROGRESS"})


class EndLeftOut(Gong):
    failures: ClassVar = {}
    local_ends: ClassVar = dict.fromkeys(("oom", "interrupt", "fail", "failed", "timeout", "stopped"), ("FAILED", "it cracked"))


class TwoMeanings(Gong):
    not_ends = frozenset({"FAILED"})


class IdMisspelt(Gong):
    id_member = "JobID"
    known_by = ("JobArn", "JobID")


class StateMisspelt(Gong):
    state_member = "JobStaus"


class ReasonMisspelt(Gong):
    reason_members = ("StatusReasons",)


class StartOfAnotherService(Gong):
    started_members = ("StartedOn",)


class KeyIsAMapping(Gong):
    def key(self, job, arguments):
        return {"job": job.get("JobId")}


class KeyIsANumber(Gong):
    def key(self, job, arguments):
        return (len(job), 7)


class KeyNamesNothing(Gong):
    def key(self, job, arguments):
        return (job.get("JobID"),)


class DescribesWithAMisspeltMember(Gong):
    def describe(self, aws, key):
        return answer(aws, "batch", "describe_jobs", job=[key[0]])


class DescribesByNoOperation(Gong):
    def describe(self, aws, key):
        return answer(aws, "batch", "describe_job", jobs=[key[0]])


class StopsWithATypo(Gong):
    def stop_job(self, aws, key):
        client(aws, "batch").terminate_job(jobId=key[0], why="over")


class StopsAtAnotherService(Gong):
    def stop_job(self, aws, key):
        client(aws, "batchh").terminate_job(jobId=key[0], reason="over")


class SwallowsTheRefusal(Gong):
    def stop_job(self, aws, key):
        try:
            client(aws, "batch").terminate_job(jobId=key[0], reason="over")
        except ClientError:
            return


class ReadsNotAll(Gong):
    def arguments(self, table, settings):
        return {**super().arguments(table, settings), "queue": "night"}


class ForgetsTheJobsArguments(Gong):
    def request(self, deployment):
        return {**super().request(deployment), "ContainerOverrides": {"Command": ["extract"]}}

    def arguments(self, table, settings):
        return {"job_name": super().arguments(table, settings)["job_name"]}

    def local_argv(self, arguments):
        return None


class ReplacesALetter(Gong):
    def arguments(self, table, settings):
        made = super().arguments(table, settings)
        return {**made, "command": [part.replace("$", "S") for part in made["command"]]}

    def local_argv(self, arguments):
        return None


class TimeoutTooShort(Gong):
    def timeout(self, settings):
        return settings.timeout_minutes


class RetriesAnErrorOfAnotherService(Gong):
    def start_retries(self):
        return [Retry(errors=["Glue.ConcurrentRunsExceededException"])]


class RetriesWithoutPrefix(Gong):
    def start_retries(self):
        return [Retry(errors=["AWSBatchException"])]


class PollsAndNeverStops(Gong):
    def branch(self, target):
        ask = f"arn:{target.partition}:states:::aws-sdk:batch:describeJobs"
        whole = super().branch(target)
        start = {**whole.states[whole.start], "ResultPath": "$.started", "Next": "Gong Wait"}
        start["Resource"] = start["Resource"].removesuffix(".sync")
        late = {"Variable": "$.gong.rounds", "NumericGreaterThan": 1000, "Next": HANDLE_STATUS}
        running = {"Variable": "$.job_result.Jobs[0].Status", "StringEquals": "RUNNING", "Next": "Gong Count"}
        states = {
            whole.start: start,
            "Gong Wait": {"Type": "Wait", "Seconds": 30, "Next": "Gong Ask"},
            "Gong Ask": {
                "Type": "Task",
                "Resource": ask,
                "Parameters": {"Jobs.$": "States.Array($.started.JobId)"},
                "Retry": [{"ErrorEquals": ["Batch.BatchException"], "MaxAttempts": 6}],
                "ResultPath": "$.job_result",
                "Next": "Gong Ended?",
            },
            "Gong Ended?": {"Type": "Choice", "Choices": [late, running], "Default": HANDLE_STATUS},
            "Gong Count": {
                "Type": "Pass",
                "Parameters": {"rounds.$": "States.MathAdd($.attempt, 1)"},
                "ResultPath": "$.gong",
                "Next": "Gong Wait",
            },
        }
        return Branch(start=whole.start, states=states, job_state=whole.start)

    stop_job = Gong.__mro__[1].stop_job


class TitleOfAnother(Gong):
    title = "Batch"
