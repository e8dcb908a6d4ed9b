"""A job that outlived its execution is ended: by the answer of its start, or by its description."""

from __future__ import annotations

import extract_batch
import pytest
from botocore.exceptions import ClientError

import extract_ecs
import extract_emr
import extract_glue
from extract_core import Outcome

BY_NAME = {
    job_type.name: job_type
    for plugin in (extract_batch, extract_ecs, extract_emr, extract_glue)
    for job_type in plugin.extract_job_types()
}  # fmt: skip
TASK = "arn:aws:ecs:eu-west-1:123456789012:task/extracts/" + "0" * 32
GLUE_ITEM = {"arguments": {"job_name": "extract-jdbc"}}
EMR_ITEM = {"arguments": {"cluster_id": "j-3KVT5M2Q9Z7UG"}}

STOPS = [
    ("glue", {"JobName": "extract-jdbc", "JobRunId": "jr_1"}, {}, "batch_stop_job_run", "glue",
     {"JobName": "extract-jdbc", "JobRunIds": ["jr_1"]}),
    ("glue", {"Id": "jr_1", "JobRunState": "RUNNING"}, GLUE_ITEM, "batch_stop_job_run", "glue",
     {"JobName": "extract-jdbc", "JobRunIds": ["jr_1"]}),
    ("ecs", {"Failures": [], "Tasks": [{"TaskArn": TASK}]}, {}, "stop_task", "ecs",
     {"cluster": "extracts", "task": TASK, "reason": "its extract run has ended"}),
    ("ecs", {"TaskArn": TASK}, {}, "stop_task", "ecs",
     {"cluster": "extracts", "task": TASK, "reason": "its extract run has ended"}),
    ("emr", {"StepId": "s-1"}, EMR_ITEM, "cancel_steps", "emr",
     {"ClusterId": "j-3KVT5M2Q9Z7UG", "StepIds": ["s-1"], "StepCancellationOption": "TERMINATE_PROCESS"}),
    ("emr", {"Step": {"Id": "s-1"}}, EMR_ITEM, "cancel_steps", "emr",
     {"ClusterId": "j-3KVT5M2Q9Z7UG", "StepIds": ["s-1"], "StepCancellationOption": "TERMINATE_PROCESS"}),
    ("emr_serverless", {"ApplicationId": "00f1", "JobRunId": "00g2"}, {}, "cancel_job_run", "emr-serverless",
     {"applicationId": "00f1", "jobRunId": "00g2"}),
    ("emr_serverless", {"JobRun": {"JobRunId": "00g2"}}, {"arguments": {"application_id": "00f1"}}, "cancel_job_run",
     "emr-serverless", {"applicationId": "00f1", "jobRunId": "00g2"}),
    ("emr_eks", {"Id": "000", "VirtualClusterId": "0b0q"}, {}, "cancel_job_run", "emr-containers",
     {"virtualClusterId": "0b0q", "id": "000"}),
    ("emr_eks", {"JobRun": {"Id": "000"}}, {"arguments": {"virtual_cluster_id": "0b0q"}}, "cancel_job_run", "emr-containers",
     {"virtualClusterId": "0b0q", "id": "000"}),
    ("batch", {"JobId": "a1", "JobName": "n"}, {}, "terminate_job", "batch",
     {"jobId": "a1", "reason": "its extract run has ended"}),
]  # fmt: skip
ANSWERS = {
    "batch_stop_job_run": {"SuccessfulSubmissions": [{"JobName": "extract-jdbc", "JobRunId": "jr_1"}], "Errors": []},
    "stop_task": {"task": {"taskArn": TASK}},
    "cancel_steps": {"CancelStepsInfoList": [{"StepId": "s-1", "Status": "SUBMITTED"}]},
    "terminate_job": {},
}


def answer_of(method, request):
    if method == "cancel_job_run":
        members = {"applicationId", "jobRunId", "virtualClusterId", "id"}
        return {name: value for name, value in request.items() if name in members}
    return ANSWERS[method]


@pytest.mark.parametrize("case", STOPS, ids=lambda case: case[0])
def test_the_job_is_stopped(aws, case):
    name, result, item, method, service, request_ = case
    aws.answers(service, method, answer_of(method, request_), **request_)
    BY_NAME[name].stop(Outcome.succeeded(result, item), aws, None)


@pytest.mark.parametrize("case", STOPS, ids=lambda case: case[0])
def test_a_refusal_is_told_since_the_job_goes_on(aws, case):
    name, result, item, method, service, _ = case
    aws.refuses(service, method, "AccessDeniedException")
    with pytest.raises(ClientError, match="AccessDeniedException"):
        BY_NAME[name].stop(Outcome.succeeded(result, item), aws, None)


@pytest.mark.parametrize("name", sorted(BY_NAME))
@pytest.mark.parametrize("result", [None, {}, [], "x", {"Id": ["odd"]}, {"Tasks": [None]}])
def test_without_a_job_nothing_is_called(aws, name, result):
    BY_NAME[name].stop(Outcome.succeeded(result, {"arguments": None}), aws, None)
    BY_NAME[name].stop(Outcome.failed("States.Timeout", ""), aws, None)


GONE = [
    ("glue", {"JobName": "j", "JobRunId": "jr_1"}, "glue", "batch_stop_job_run", "EntityNotFoundException"),
    ("ecs", {"TaskArn": TASK}, "ecs", "stop_task", "InvalidParameterException"),
    ("emr_serverless", {"ApplicationId": "0", "JobRunId": "1"}, "emr-serverless", "cancel_job_run", "ConflictException"),
    ("emr_eks", {"Id": "0", "VirtualClusterId": "1"}, "emr-containers", "cancel_job_run", "ValidationException"),
]


@pytest.mark.parametrize("case", GONE, ids=lambda case: case[0])
def test_a_job_that_is_gone_is_fine(aws, case):
    name, result, service, method, code = case
    aws.refuses(service, method, code)
    BY_NAME[name].stop(Outcome.succeeded(result), aws, None)


REFUSED = {
    "SuccessfulSubmissions": [],
    "Errors": [
        {"JobName": "j", "JobRunId": "jr_1", "ErrorDetail": {"ErrorCode": "InvalidInputException", "ErrorMessage": "odd"}}
    ],
}


def test_a_glue_run_that_has_ended_meanwhile_is_fine(aws):
    aws.answers("glue", "batch_stop_job_run", REFUSED, JobName="j", JobRunIds=["jr_1"])
    aws.answers("glue", "get_job_run", {"JobRun": {"JobRunState": "SUCCEEDED"}}, JobName="j", RunId="jr_1")
    BY_NAME["glue"].stop(Outcome.succeeded({"JobName": "j", "JobRunId": "jr_1"}), aws, None)


def test_a_glue_run_that_goes_on_is_told(aws):
    aws.answers("glue", "batch_stop_job_run", REFUSED, JobName="j", JobRunIds=["jr_1"])
    aws.answers("glue", "get_job_run", {"JobRun": {"JobRunState": "RUNNING"}}, JobName="j", RunId="jr_1")
    with pytest.raises(RuntimeError, match=r"^the Glue job run jr_1 of 'j' could not be stopped: InvalidInputException: odd$"):
        BY_NAME["glue"].stop(Outcome.succeeded({"JobName": "j", "JobRunId": "jr_1"}), aws, None)


FAILED = {"CancelStepsInfoList": [{"StepId": "s-1", "Status": "FAILED", "Reason": "odd"}]}


@pytest.mark.parametrize("state", ["COMPLETED", "RUNNING"])
def test_an_emr_step_that_is_not_cancelled(aws, state):
    aws.answers(
        "emr", "cancel_steps", FAILED,
        ClusterId="j-3KVT5M2Q9Z7UG", StepIds=["s-1"], StepCancellationOption="TERMINATE_PROCESS",
    )  # fmt: skip
    aws.answers("emr", "describe_step", {"Step": {"Status": {"State": state}}}, ClusterId="j-3KVT5M2Q9Z7UG", StepId="s-1")
    outcome = Outcome.succeeded({"StepId": "s-1"}, EMR_ITEM)
    if state == "COMPLETED":
        BY_NAME["emr"].stop(outcome, aws, None)
        return
    with pytest.raises(RuntimeError, match=r"^the EMR step s-1 of j-3KVT5M2Q9Z7UG could not be cancelled: odd$"):
        BY_NAME["emr"].stop(outcome, aws, None)
