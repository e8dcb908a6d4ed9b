"""Forges with one fault each, of the kinds that only some services make possible: rule, role, word, name."""

from __future__ import annotations

import dataclasses
import hashlib

from acme_forge import Forge

from extract_core import ArgumentsTooLong, FailureClass, JobState, Outcome, Retry


def without(statements, action):
    return [statement for statement in statements if action not in statement.actions]


class RuleOfAnotherJob(Forge):
    rule = "StepFunctionsGetEventsForSageMakerProcessingJobsRule"


class NoRule(Forge):
    def permissions(self, target):
        return without(super().permissions(target), "events:PutRule")


class HalfARule(Forge):
    def permissions(self, target):
        return [
            dataclasses.replace(statement, actions=[action for action in statement.actions if action != "events:PutTargets"])
            for statement in super().permissions(target)
        ]


class AllowedOnAnotherKindOfJob(Forge):
    def permissions(self, target):
        return [
            dataclasses.replace(statement, resources=[statement.resources[0].replace("training-job", "processing-job")])
            for statement in super().permissions(target)
        ]


class AllowedOnAnotherService(Forge):
    def permissions(self, target):
        return [
            dataclasses.replace(statement, resources=[f"arn:{target.partition}:s3:::forge"])
            if "sagemaker:StopTrainingJob" in statement.actions
            else statement
            for statement in super().permissions(target)
        ]


class PassesNoRole(Forge):
    def permissions(self, target):
        return without(super().permissions(target), "iam:PassRole")


class PassesAnotherRole(Forge):
    def permissions(self, target):
        return [
            dataclasses.replace(statement, resources=[f"arn:{target.partition}:iam::123456789012:role/mould"])
            if "iam:PassRole" in statement.actions
            else statement
            for statement in super().permissions(target)
        ]


class PassesToAnotherService(Forge):
    def permissions(self, target):
        to_glue = {"StringEquals": {"iam:PassedToService": ["glue.amazonaws.com"]}}
        return [
            dataclasses.replace(statement, condition=to_glue) if "iam:PassRole" in statement.actions else statement
            for statement in super().permissions(target)
        ]


class GreenWhenStopped(Forge):
    def green(self, word):
        return word in ("Completed", "Stopped")


class GreenUnlessFailed(Forge):
    def green(self, word):
        return word != "Failed"


class GreenByAnInventedWord(Forge):
    def green(self, word):
        return word == "SUCCEEDED"

    def local_answer(self, arguments, ended):
        answer = super().local_answer(arguments, ended)
        return answer if answer.error else Outcome.succeeded({**answer.result, "TrainingJobStatus": "SUCCEEDED"})


class DropsItsOwnArn(Forge):
    def task(self, target):
        return {**super().task(target), "ResultSelector": {"TrainingJobStatus.$": "$.TrainingJobStatus"}}


class StartsAgainWhatWasStopped(Forge):
    def status(self, outcome):
        stopped = "Stopped" in (outcome.cause or "")
        said = super().status(outcome)
        return (
            dataclasses.replace(said, state=JobState.FAILED, failure=FailureClass.INTERNAL, retryable=True) if stopped else said
        )


class TooManyOfThem(Forge):
    def task(self, target):
        task = super().task(target)
        task["Parameters"]["RetryStrategy"] = {"MaximumRetryAttempts": 500}
        return task


class RetriesAnErrorThatIsNone(Forge):
    def start_retries(self):
        return [Retry(errors=["SageMaker.AmazonSageMakerException", "SageMaker.ResourceLimitExceededError"])]


class RetriesInAnotherCase(Forge):
    def start_retries(self):
        return [Retry(errors=["Sagemaker.AmazonSagemakerException"])]


class ArgumentsNotMeasured(Forge):
    def task(self, target):
        task = super().task(target)
        task["Parameters"]["AlgorithmSpecification"]["ContainerArguments.$"] = "$.arguments.command"
        return task

    def arguments(self, table, settings):
        command = [part for pair in table.job_arguments.items() for part in pair]
        return {**super().arguments(table, settings), "command": command}


class LongNameBehindLongArguments(Forge):
    def arguments(self, table, settings):
        if any(len(value) > 256 for value in table.job_arguments.values()):
            raise ArgumentsTooLong("one argument has over 256 characters")
        return super().arguments(table, settings)

    def job_name(self, table):
        return f"{super().job_name(table)}-{'x' * (len(table.source) // 4)}"


class NameTooLong(Forge):
    def job_name(self, table):
        return f"{super().job_name(table)}-{'x' * (len(table.source) // 4)}"


class NameOfOddCharacters(Forge):
    def job_name(self, table):
        return super().job_name(table).replace("-", "_")


class NameOfTheTable(Forge):
    def job_name(self, table):
        return f"forge-{hashlib.sha256(table.table.encode()).hexdigest()[:16]}"


class NameOfTheRun(Forge):
    def job_name(self, table):
        return f"forge-{hashlib.sha256(f'{table.run_id}/{table.attempt}'.encode()).hexdigest()[:16]}"


class NameCutAtTheEnd(Forge):
    def job_name(self, table):
        name = f"{table.run_id}/{table.table}/{table.attempt}"
        return (
            "".join(sign if sign.isalnum() and sign.isascii() else "-" for sign in name)
            .strip("-")
            .replace("--", "-")[:60]
            .strip("-")
        )


class MisspeltSetting(Forge):
    def arguments(self, table, settings):
        return {**super().arguments(table, settings), "size": settings.siez}


class ParserRaises(Forge):
    def status(self, outcome):
        raise KeyError("x")
