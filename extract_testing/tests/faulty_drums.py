"""Drums with one fault each: typical mistakes of authors."""

from __future__ import annotations

import dataclasses
import json
import uuid

from acme_drum import START, Drum
from pydantic import BaseModel, ConfigDict

from extract_core import Branch, FailureClass, JobState, JobStatus, LambdaFunction, LocalCommand, Outcome, Retry, Statement
from extract_core.parsing.payload import described, text


class BadName(Drum):
    name = "Drum-2"


class WrongContract(Drum):
    api_version = 2


class SettingsIsAnInstance(Drum):
    def settings(self):
        from acme_drum_models import DrumSettings

        return DrumSettings()


class TimeoutInMinutes(Drum):
    def timeout(self, settings):
        return 0.5


class BranchRaises(Drum):
    def branch(self, target):
        return super().branch(target.deployment["queue"])


class HandlerIsNowhere(Drum):
    def functions(self):
        return [LambdaFunction(name="start", handler="acme_drum_lambda:start")]


class EscalatesToADict(Drum):
    def escalate(self, settings, status, attempt):
        return {"vcpus": settings.vcpus * 2} if status.failure is FailureClass.OUT_OF_MEMORY else None


class LooseSettings(Drum):
    def settings(self):
        class Loose(BaseModel):
            vcpus: int = 1
            sticks: tuple[str, ...] = ()

        return Loose


class ArgumentsWithIntegerKeys(Drum):
    unread_arguments = ("sizes",)

    def arguments(self, table, settings):
        return {**super().arguments(table, settings), "sizes": {1: "small"}}


class ArgumentsWithNull(Drum):
    unread_arguments = ("share",)

    def arguments(self, table, settings):
        return {**super().arguments(table, settings), "share": None}


class RandomArguments(Drum):
    def arguments(self, table, settings):
        return {**super().arguments(table, settings), "job_name": f"drum-{uuid.uuid4()}"}


class SettingsDoNotComeBack(Drum):
    def settings(self):
        from pydantic import field_serializer

        class Half(BaseModel):
            model_config = ConfigDict(extra="forbid")
            vcpus: int = 1
            sticks: tuple[str, ...] = ()

            @field_serializer("vcpus")
            def shown(self, value: int) -> str:
                return f"{value} vCPU"

        return Half


class NameWithoutTitle(Drum):
    def branch(self, target):
        return Branch(start="Beat", states={"Beat": self.task(target)}, job_state="Beat")


class LongName(Drum):
    def branch(self, target):
        name = "Drum " + "x" * 80
        return Branch(start=name, states={name: self.task(target)}, job_state=name)


class InnerNameTwice(Drum):
    def branch(self, target):
        inner = {"StartAt": START, "States": {START: {"Type": "Pass", "End": True}}}
        prepare = {"Type": "Parallel", "Branches": [inner], "ResultPath": "$.prepared", "Next": START}
        return Branch(start="Drum Prepare", states={"Drum Prepare": prepare, START: self.task(target)}, job_state=START)


class ReplacesTheItem(Drum):
    def task(self, target):
        task = super().task(target)
        del task["ResultPath"]
        return task


class EndsByItself(Drum):
    def task(self, target):
        return {**super().task(target), "End": True}


class ResultElsewhere(Drum):
    def task(self, target):
        return {**super().task(target), "ResultPath": "$.drum"}


class LosesTheItemInAPass(Drum):
    def branch(self, target):
        tidy = {"Type": "Pass", "Parameters": {"job_result.$": "$.job_result", "job_type.$": "$.job_type"}}
        return Branch(start=START, states={START: {**self.task(target), "Next": "Drum Tidy"}, "Drum Tidy": tidy}, job_state=START)


class LoopsForEver(Drum):
    def branch(self, target):
        again = {"Variable": "$.job_result.Status", "StringEquals": "RUNNING", "Next": "Drum Wait"}
        states = {
            START: {**self.task(target), "Next": "Drum Ended?"},
            "Drum Ended?": {"Type": "Choice", "Choices": [again], "Default": "Handle Extract Job Run Status"},
            "Drum Wait": {"Type": "Wait", "Seconds": 30, "Next": START},
        }
        return Branch(start=START, states=states, job_state=START)


class WaitsForNothing(Drum):
    def task(self, target):
        task = super().task(target)
        return {**task, "Resource": task["Resource"].removesuffix(".sync")}


class PolledAndNeverStopped(Drum):
    def branch(self, target):
        start = {**self.task(target), "ResultPath": "$.started", "Next": "Drum Wait"}
        start["Resource"] = start["Resource"].removesuffix(".sync")
        states = {START: start, **self.poll(target)}
        return Branch(start=START, states=states, job_state=START)

    def poll(self, target):
        late = {"Variable": "$.drum.round", "NumericGreaterThan": 1000, "Next": "Handle Extract Job Run Status"}
        running = {"Variable": "$.job_result.Jobs[0].Status", "StringEquals": "RUNNING", "Next": "Drum Count"}
        return {
            "Drum Wait": {"Type": "Wait", "Seconds": 30, "Next": "Drum Ask"},
            "Drum Ask": {
                "Type": "Task",
                "Resource": f"arn:{target.partition}:states:::aws-sdk:batch:describeJobs",
                "Parameters": {"Jobs.$": "States.Array($.started.JobId)"},
                "Retry": [{"ErrorEquals": ["Batch.BatchException"], "MaxAttempts": 6}],
                "ResultPath": "$.job_result",
                "Next": "Drum Ended?",
            },
            "Drum Ended?": {"Type": "Choice", "Choices": [late, running], "Default": "Handle Extract Job Run Status"},
            "Drum Count": self.count(),
        }

    def count(self):
        return {
            "Type": "Pass",
            "Parameters": {"round.$": "States.MathAdd($.attempt, 1)"},
            "ResultPath": "$.drum",
            "Next": "Drum Wait",
        }


class ComparesWhatNothingRaises(PolledAndNeverStopped):
    def stop(self, outcome, aws):
        if job := text(described(outcome), "JobId"):
            aws.client("batch").terminate_job(jobId=job, reason="aborted")

    def stop_permissions(self, target):
        return [statement for statement in self.permissions(target) if "batch:TerminateJob" in statement.actions]

    def count(self):
        return {**super().count(), "Parameters": {"round.$": "$.timeout_seconds"}}


class WrongTarget(Drum):
    def task(self, target):
        return {**super().task(target), "Next": "Drum Tdy"}


class UnknownField(Drum):
    def task(self, target):
        return {**super().task(target), "TimeoutSecond": 60}


class UnreachedState(Drum):
    def branch(self, target):
        return Branch(
            start=START, states={START: self.task(target), "Drum Idle": {"Type": "Wait", "Seconds": 1}}, job_state=START
        )


class PartitionWrittenDown(Drum):
    def task(self, target):
        return {**super().task(target), "Resource": "arn:aws:states:::batch:submitJob.sync"}


class ReadsWhatIsNotBuilt(Drum):
    def parameters(self, target):
        return {**super().parameters(target), "ShareIdentifier.$": "$.arguments.share"}


class ReadsWhatSomeTablesLack(Drum):
    def parameters(self, target):
        return {**super().parameters(target), "ShareIdentifier.$": "$.arguments.share"}

    def arguments(self, table, settings):
        share = {"share": table.watermark.column} if table.watermark.column else {}
        return {**super().arguments(table, settings), **share}


class ReadsWhatNoItemHas(Drum):
    def parameters(self, target):
        return {**super().parameters(target), "ShareIdentifier.$": "$.tags"}


class NumberForText(Drum):
    def arguments(self, table, settings):
        built = super().arguments(table, settings)
        built["overrides"]["ResourceRequirements"][0]["Value"] = settings.vcpus
        return built


class CamelCase(Drum):
    def arguments(self, table, settings):
        built = super().arguments(table, settings)
        return {**built, "overrides": {"command": built["overrides"]["Command"]}}

    def local_command(self, arguments):
        return LocalCommand(argv=["extract_job", *arguments["overrides"]["command"]])


class MemberMissing(Drum):
    def parameters(self, target):
        parameters = super().parameters(target)
        del parameters["JobQueue"]
        return parameters


class PasswordInArguments(Drum):
    unread_arguments = ("db_password",)

    def arguments(self, table, settings):
        return {**super().arguments(table, settings), "db_password": "hunter2"}


class SecretOfTheDeployment(Drum):
    unread_arguments = ("header",)

    def arguments(self, table, settings):
        licence = table.deployment.licence.get_secret_value()
        return {**super().arguments(table, settings), "header": f"licensed to {licence}"}


class Secretive(Drum):
    unread_arguments = ("more",)
    secret: object = {"Name": "DB_PASSWORD", "Value": "hunter2hunter2"}

    def arguments(self, table, settings):
        return {**super().arguments(table, settings), "more": self.secret}


class UrlWithPassword(Drum):
    def parameters(self, target):
        return {**super().parameters(target), "Tags": {"source": "postgres://etl:hunter2@db/sales"}}


class OptionalInResultSelector(Drum):
    def task(self, target):
        return {
            **super().task(target),
            "ResultSelector": {"JobId.$": "$.JobId", "Status.$": "$.Status", "why.$": "$.StatusReason"},
        }


class CannotStop(Drum):
    def permissions(self, target):
        return [statement for statement in super().permissions(target) if "batch:TerminateJob" not in statement.actions]


class RuleMisspelt(Drum):
    def permissions(self, target):
        return [
            dataclasses.replace(
                statement, resources=[resource.replace("GetEventsFor", "GetEventFor") for resource in statement.resources]
            )
            for statement in super().permissions(target)
        ]


class AllowsEverything(Drum):
    def permissions(self, target):
        return [*super().permissions(target), Statement(actions=["batch:*"], resources=["*"])]


class OnEverything(Drum):
    def permissions(self, target):
        return [*super().permissions(target), Statement(actions=["s3:GetObject"], resources=["*"])]


class PermissionsOfAwsAlone(Drum):
    def permissions(self, target):
        return [*super().permissions(target), Statement(actions=["s3:GetObject"], resources=["arn:aws:s3:::drums/*"])]


class RetriesTheJob(Drum):
    def start_retries(self):
        return [Retry(errors=["Batch.AWSBatchException", "States.TaskFailed"])]


class RetriesAll(Drum):
    def task(self, target):
        return {**super().task(target), "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 2}]}


class RetriesWithoutAnswer(Drum):
    def start_retries(self):
        return [Retry(errors=["Batch.SdkClientException"])]


class RetriesInTheWrongCase(Drum):
    def start_retries(self):
        return [Retry(errors=["batch.AWSBatchException"])]


class WaitsTooLong(Drum):
    def start_retries(self):
        return [Retry(errors=["Batch.AWSBatchException"], interval_seconds=600)]


class StatusRaises(Drum):
    def status(self, outcome):
        if outcome.error and outcome.cause is not None and outcome.cause.startswith("{"):
            json.loads(outcome.cause)
        return super().status(outcome)


class StatusWithoutClass(Drum):
    def status(self, outcome):
        status = super().status(outcome)
        return status if status.state is JobState.SUCCEEDED else dataclasses.replace(status, failure=None)


class RetriesTimeouts(Drum):
    def status(self, outcome):
        status = super().status(outcome)
        return dataclasses.replace(status, retryable=True) if status.state is JobState.TIMED_OUT else status


class GreenWithoutError(Drum):
    def status(self, outcome):
        return JobStatus(state=JobState.SUCCEEDED) if outcome.error is None else super().status(outcome)


class GreenForAnyService(Drum):
    def status(self, outcome):
        result = outcome.result if isinstance(outcome.result, dict) else {}
        if outcome.error is None and result.get("Status") == "SUCCEEDED":
            return JobStatus(state=JobState.SUCCEEDED)
        return super().status(outcome)


class GreenInACause(Drum):
    def status(self, outcome):
        if isinstance(outcome.cause_json, dict) and outcome.cause_json.get("Status") == "SUCCEEDED":
            return JobStatus(state=JobState.SUCCEEDED)
        return super().status(outcome)


class SwallowsTheReason(Drum):
    def status(self, outcome):
        status = super().status(outcome)
        return status if status.state is JobState.SUCCEEDED else dataclasses.replace(status, message="the drum failed")


class ForgetsAnArgument(Drum):
    def local_command(self, arguments):
        return LocalCommand(argv=["extract_job", *arguments["overrides"]["Command"][:-2]])


class JoinsItsArguments(Drum):
    def local_command(self, arguments):
        return LocalCommand(argv=["sh", "-c", "extract_job " + " ".join(arguments["overrides"]["Command"])])


class LimitIsAText(Drum):
    def local_command(self, arguments):
        return LocalCommand(argv=["extract_job", *arguments["overrides"]["Command"]], seconds="60")


class LocalFailureIsGreen(Drum):
    def local_answer(self, arguments, ended):
        return super().local_answer(arguments, dataclasses.replace(ended, injected=None))


class LocalSuccessIsRed(Drum):
    def local_answer(self, arguments, ended):
        if ended.code == 0 and not ended.injected:
            return Outcome.succeeded({"ExitCode": 0})
        return super().local_answer(arguments, ended)


class StatusIsNone(Drum):
    def status(self, outcome):
        return None if "row 41" in (outcome.cause or "") else super().status(outcome)


class LocalAnswerIsADict(Drum):
    def local_answer(self, arguments, ended):
        return {"Status": "SUCCEEDED", "JobQueue": "local"}


class LocalAnswerLeaves(Drum):
    def local_answer(self, arguments, ended):
        raise SystemExit(3)


class SaysLittle(Drum):
    def status(self, outcome):
        status = super().status(outcome)
        return dataclasses.replace(status, message="it failed") if outcome.cause_json is None and outcome.error else status


class StopsWithoutTheRight(Drum):
    def stop(self, outcome, aws):
        if job := text(described(outcome), "JobId"):
            aws.client("batch").terminate_job(jobId=job, reason="over")

    def stop_permissions(self, target):
        return [Statement(actions=["batch:CancelJob"], resources=[f"arn:{target.partition}:batch:eu-west-1:1:job/*"])]
