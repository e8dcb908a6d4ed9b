"""A PolledJob: the kit answers its questions, finds misspelt words and paths, and knows what its base class does."""

from __future__ import annotations

from typing import ClassVar

import pytest
from pydantic import BaseModel, ConfigDict

from extract_core import FailureClass, PolledJob
from extract_testing import CHECKS, ContractBroken, Subject

BY_NAME = {check.name: check for check in CHECKS}


class Nothing(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Command(PolledJob):
    name, title, api_version = "command", "Command", 1
    settings_model = deployment_model = "builtins:object"
    resource = "aws-sdk:ssm:sendCommand"
    describe_resource = "aws-sdk:ssm:getCommandInvocation"
    stop_resource = "aws-sdk:ssm:cancelCommand"
    started_id = "Command.CommandId"
    rights: ClassVar = {"*": ("ssm:GetCommandInvocation", "ssm:CancelCommand")}
    id_member, state_member, succeeded = "CommandId", "Status", "Success"
    failures: ClassVar = {"Failed": None, "TimedOut": FailureClass.TIMEOUT, "Cancelled": FailureClass.STOPPED}
    not_ends = frozenset({"Pending", "InProgress", "Delayed", "Cancelling"})
    started_members = ended_members = ()

    def settings(self):
        return Nothing

    def deployment(self):
        return Nothing

    def request(self, deployment):
        return {"DocumentName": "job", "Parameters": {"commands.$": "$.arguments.commands"}}

    def describe_request(self, deployment):
        return {**super().describe_request(deployment), "InstanceId": "i-0123456789abcdef0"}

    def stop_request(self, deployment):
        return super().describe_request(deployment)

    def arguments(self, table, settings):
        return {"commands": [part for pair in table.job_arguments.items() for part in pair]}

    def local_argv(self, arguments):
        return arguments["commands"]


class Web(Command):
    """The same behind an HTTP endpoint: no model of the service exists."""

    resource = describe_resource = stop_resource = "http:invoke"
    wrappers, started_id = ("ResponseBody",), "ResponseBody.CommandId"

    def request(self, deployment):
        return {"Method": "POST", "ApiEndpoint": "https://farm.example/run", "RequestBody.$": "$.arguments"}

    def describe_request(self, deployment):
        return {
            "Method": "GET",
            "ApiEndpoint": "https://farm.example/run",
            "QueryParameters": {"id.$": "$.started.ResponseBody.CommandId"},
        }

    def stop_request(self, deployment):
        return {**self.describe_request(deployment), "Method": "DELETE"}


ANSWERS = {
    "Command Ask": [{"ResponseBody": {"CommandId": "c", "Status": state}} for state in ("InProgress", "Success")],
    "Command Stop": [{"StatusCode": 200}],
}


def broken(check, base, faults, **more):
    try:
        BY_NAME[check](Subject(type("Changed", (base,), faults)(), {}, **more))
    except ContractBroken as error:
        return str(error)
    return ""


def test_the_right_one_keeps_what_is_checked_of_polling():
    subject = Subject(Command(), {})
    for name in (
        "branch_waits_for_the_job",
        "loops_end",
        "polling_follows_the_job",
        "branch_keeps_the_item",
        "retries_start_no_job_twice",
        "diagnose_and_stop_are_allowed",
        "diagnose_and_stop_make_valid_calls",
        "words_are_the_services",
        "only_success_words_succeed",
        "answers_have_the_services_shape",
    ):
        BY_NAME[name](subject)


@pytest.mark.parametrize(
    ("check", "faults", "words"),
    [
        ("words_are_the_services", {"not_ends": frozenset({"Pending", "InProgres"})}, "did you mean 'InProgress'?"),
        ("words_are_the_services", {"failures": {"Failed": None}}, "the service also has 'Cancelled', 'TimedOut'"),
        ("states_read_what_answers_have", {"started_id": "CommandId"}, "the answer has no 'CommandId'; it has Command"),
        ("polling_follows_the_job", {"succeeded": "Sucess"}, "Status 'Success': the job has ended, and the loop goes on"),
        ("diagnose_and_stop_are_allowed", {"rights": {"*": ("ssm:GetCommandInvocation",)}}, "it calls ssm:CancelCommand, but no"),
        (
            "diagnose_and_stop_make_valid_calls",
            {"stop_request": lambda *_: {"Id.$": "$.started.Command.CommandId"}},
            "refuses the call",
        ),
        (
            "permissions_cover_the_branch",
            {"resource": "sagemaker:createProcessingJob.sync"},
            "no statement allows sagemaker:CreateProcessingJob, sagemaker:DescribeProcessingJob, sagemaker:StopProcessingJob; ",
        ),
        ("answers_have_the_services_shape", {"state_member": "State"}, "in the class attributes (id_member, state_member, "),
        ("retries_start_no_job_twice", {"throttled": "SSM.SsmException"}, "class, throttled: 'SSM.SsmException' never matches"),
        (
            "local_command_carries_the_arguments",
            {"unread_arguments": ("job_arguments",), "local_argv": lambda *_: "--table x"},
            "must return a list or an object of arguments, not '--table x'",
        ),
        (
            "diagnose_and_stop_make_valid_calls",
            {"stop": lambda _, outcome, aws: outcome.item["begun"] if "started" in outcome.item else None},
            "or an end; it raised KeyError: 'begun'",
        ),
    ],
)
def test_a_fault_is_found_by_the_models(check, faults, words):
    assert words in broken(check, Command, faults)


class Limited(BaseModel):
    minutes: int = 5


TASK = "arn:aws:datasync:eu-west-1:123456789012:task/task-0123456789abcdef0"
DATASYNC: dict[str, object] = {
    "resource": "aws-sdk:datasync:startTaskExecution",
    "describe_resource": "aws-sdk:datasync:describeTaskExecution",
    "stop_resource": "aws-sdk:datasync:cancelTaskExecution",
    "started_id": "",
    "id_member": "TaskExecutionArn",
    "request": lambda *_: {"TaskArn": TASK},
    "describe_request": PolledJob.describe_request,
    "settings": lambda _: Limited,
    "arguments": lambda _, table, settings: {"minutes": settings.minutes},
}


def test_an_id_of_another_form_is_no_fault_of_settings_or_arguments():
    assert (
        broken("requests_match_the_api", Command, DATASYNC).count("write local_id(): it makes an id of the service's form") == 1
    )
    assert "refuses it" not in broken("settings_are_read", Command, DATASYNC)
    local_id = {"local_id": lambda _, end: f"{TASK}/execution/exec-{end.number[:17]}"}
    assert broken("requests_match_the_api", Command, DATASYNC | local_id) == ""


@pytest.mark.parametrize(
    ("faults", "words"),
    [
        ({}, ""),
        (
            {"succeeded": "Sucess"},
            "the job is stopped: the last answer has 'Success' at ResponseBody.Status, which is not an end",
        ),
        ({"state_member": "State"}, "the job is stopped: the last answer has None at ResponseBody.State, which is not an end"),
        (
            {"done_member": "Status", "done": ("Success",), "state_member": "Result"},
            "status() is UNKNOWN: Command answered without",
        ),
    ],
)
def test_without_a_model_real_answers_show_it(faults, words):
    breaches = broken("polling_follows_the_job", Web, faults, task_results=ANSWERS)
    assert words in breaches
    assert bool(words) == bool(breaches)


@pytest.mark.parametrize(("required", "reported"), [("", True), ("1.1", True), ("1.2", False)])
def test_a_stop_that_takes_the_deployment_asks_for_the_contract_that_passes_it(required, reported):
    def stop(self, outcome, aws, deployment):
        """Nothing is done."""

    said = broken("identity", Command, {"requires_contract": required, "stop": stop})
    assert ('write requires_contract = "1.2", or leave the parameter out' in said) == reported


def test_a_stop_of_contract_1_1_needs_no_version():
    def stop(self, outcome, aws):
        """Nothing is done."""

    assert broken("identity", Command, {"requires_contract": "", "stop": stop}) == ""
