"""Forges with a fault each, of the kinds that a service of its own invites: rule, role, word, name."""

from __future__ import annotations

import dataclasses
import hashlib

from acme_forge import Forge

from extract_core import Outcome


def without(statements, action):
    return [each for each in statements if action not in each.actions]


class RuleOfAnotherJob(Forge):
    rule = "StepFunctionsGetEventsForSageMakerProcessingJobsRule"


class NoRule(Forge):
    def permissions(self, target):
        return without(super().permissions(target), "events:PutRule")


class HalfARule(Forge):
    def permissions(self, target):
        return [
            dataclasses.replace(each, actions=[action for action in each.actions if action != "events:PutTargets"])
            for each in super().permissions(target)
        ]


class PassesNoRole(Forge):
    def permissions(self, target):
        return without(super().permissions(target), "iam:PassRole")


class PassesAnotherRole(Forge):
    def permissions(self, target):
        return [
            dataclasses.replace(each, resources=[f"arn:{target.partition}:iam::123456789012:role/mould"])
            if "iam:PassRole" in each.actions
            else each
            for each in super().permissions(target)
        ]


class PassesToAnotherService(Forge):
    def permissions(self, target):
        to_glue = {"StringEquals": {"iam:PassedToService": ["glue.amazonaws.com"]}}
        return [
            dataclasses.replace(each, condition=to_glue) if "iam:PassRole" in each.actions else each
            for each in super().permissions(target)
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


class NameTooLong(Forge):
    def job_name(self, table):
        return f"{super().job_name(table)}-{'x' * (len(table.source_name) // 4)}"


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
