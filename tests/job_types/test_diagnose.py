"""The real reason, asked of the service and of its logs; a refusal is not an answer, and never an error."""

from __future__ import annotations

import gzip
import io
import json

import extract_batch
import pytest
from botocore.response import StreamingBody

import extract_ecs
import extract_emr
import extract_glue
from extract_core import Outcome

BY_NAME = {
    job_type.name: job_type
    for plugin in (extract_batch, extract_ecs, extract_emr, extract_glue)
    for job_type in plugin.extract_job_types()
}  # fmt: skip
TASK = "arn:aws:ecs:eu-west-1:123456789012:task/extracts/abc"
DEFINITION = "arn:aws:ecs:eu-west-1:123456789012:task-definition/extract-job:3"
CLUSTER = "j-3KVT5M2Q9Z7UG"


def caught(payload, item=None):
    return Outcome.failed("States.TaskFailed", json.dumps(payload), item)


def logged(aws, group, stream, *lines):
    events = [{"timestamp": 1, "message": line, "ingestionTime": 1} for line in lines]
    aws.answers(
        "logs", "get_log_events", {"events": events}, logGroupName=group, logStreamName=stream, limit=20, startFromHead=False
    )


def stored(aws, uri, text):
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    packed = gzip.compress(text.encode())
    aws.answers("s3", "get_object", {"Body": StreamingBody(io.BytesIO(packed), len(packed))}, Bucket=bucket, Key=key)


def test_glue_tells_its_error_and_its_log(aws):
    run = {"Id": "jr_1", "JobName": "j", "JobRunState": "FAILED"}
    description = {"JobRun": {"ErrorMessage": "Command failed with exit code 1", "LogGroupName": "/aws-glue/jobs"}}
    aws.answers("glue", "get_job_run", description, JobName="j", RunId="jr_1")
    logged(aws, "/aws-glue/jobs/error", "jr_1", "Traceback (most recent call last):", "ValueError: no such column")
    assert BY_NAME["glue"].diagnose(caught(run), aws, None) == (
        "Command failed with exit code 1\n"
        "last lines of /aws-glue/jobs/error jr_1:\nTraceback (most recent call last):\nValueError: no such column"
    )


def test_glue_does_not_repeat_what_the_payload_says(aws):
    run = {"Id": "jr_1", "JobName": "j", "JobRunState": "FAILED", "ErrorMessage": "x", "LogGroupName": "/own"}
    aws.answers("glue", "get_job_run", {"JobRun": {"ErrorMessage": "x", "LogGroupName": "/own"}}, JobName="j", RunId="jr_1")
    aws.refuses("logs", "get_log_events", "ResourceNotFoundException")
    assert BY_NAME["glue"].diagnose(caught(run), aws, None) is None


def test_ecs_tells_containers_and_log(aws):
    task = {
        "TaskArn": TASK, "TaskDefinitionArn": DEFINITION, "StopCode": "EssentialContainerExited",
        "Containers": [{"Name": "main", "ExitCode": 1}],
        "Overrides": {"ContainerOverrides": [{"Name": "main", "Command": ["--a"]}]},
    }  # fmt: skip
    now = {
        "taskArn": TASK, "taskDefinitionArn": DEFINITION,
        "containers": [{"name": "main", "exitCode": 1, "reason": "Essential"}, {"name": "side", "exitCode": 0}],
        "overrides": {"containerOverrides": [{"name": "main", "command": ["--a"]}]},
    }  # fmt: skip
    options = {"awslogs-group": "/extracts", "awslogs-stream-prefix": "job", "awslogs-region": "eu-west-1"}
    definition = {
        "containerDefinitions": [
            {"name": "side", "logConfiguration": {"logDriver": "awslogs", "options": options}},
            {"name": "main", "logConfiguration": {"logDriver": "awslogs", "options": options}},
        ]
    }
    aws.answers("ecs", "describe_tasks", {"tasks": [now], "failures": []}, cluster="extracts", tasks=[TASK])
    aws.answers("ecs", "describe_task_definition", {"taskDefinition": definition}, taskDefinition=DEFINITION)
    logged(aws, "/extracts", "job/main/abc", "KeyError: 'id'")
    assert BY_NAME["ecs"].diagnose(caught(task), aws, None) == (
        "container 'main' ended with exit code 1: Essential\nlast lines of /extracts job/main/abc:\nKeyError: 'id'"
    )


@pytest.mark.parametrize("driver", ["awsfirelens", "awslogs"])
def test_ecs_without_a_log_that_can_be_found(aws, driver):
    task = {"TaskArn": TASK, "TaskDefinitionArn": DEFINITION, "Containers": [{"Name": "main", "ExitCode": 1}]}
    definition = {"containerDefinitions": [{"name": "main", "logConfiguration": {"logDriver": driver, "options": {}}}]}
    aws.answers("ecs", "describe_tasks", {"tasks": [], "failures": [{"reason": "MISSING"}]}, cluster="extracts", tasks=[TASK])
    aws.answers("ecs", "describe_task_definition", {"taskDefinition": definition}, taskDefinition=DEFINITION)
    assert BY_NAME["ecs"].diagnose(caught(task), aws, None) is None


def test_emr_tells_details_found_late_and_the_log_that_they_name(aws):
    step = {"Step": {"Id": "s-1", "Status": {"State": "FAILED"}}}
    late = {"Reason": "Unknown Error", "Message": "exit code 13", "LogFile": "s3://logs/s-1/stderr.gz"}
    aws.answers("emr", "describe_step", {"Step": {"Status": {"FailureDetails": late}}}, ClusterId=CLUSTER, StepId="s-1")
    stored(aws, "s3://logs/s-1/stderr.gz", "".join(f"line {n}\n" for n in range(50)))
    assert BY_NAME["emr"].diagnose(caught(step, {"arguments": {"cluster_id": CLUSTER}}), aws, None) == (
        "Unknown Error: exit code 13\nlast lines of s3://logs/s-1/stderr.gz:\n" + "\n".join(f"line {n}" for n in range(30, 50))
    )


def test_emr_finds_the_log_below_the_clusters_folder(aws):
    step = {"Step": {"Id": "s-1", "Status": {"State": "FAILED", "FailureDetails": {"Message": "known"}}}}
    aws.refuses("emr", "describe_step", "ThrottlingException")
    aws.answers("emr", "describe_cluster", {"Cluster": {"LogUri": "s3n://logs/emr/"}}, ClusterId=CLUSTER)
    stored(aws, f"s3://logs/emr/{CLUSTER}/steps/s-1/stderr.gz", "x" * 100_000 + "\nboom\n")
    diagnosis = BY_NAME["emr"].diagnose(caught(step, {"arguments": {"cluster_id": CLUSTER}}), aws, None)
    assert diagnosis is not None
    assert diagnosis.startswith(f"last lines of s3://logs/emr/{CLUSTER}/steps/s-1/stderr.gz:\nxxx")
    assert diagnosis.endswith("x\nboom")
    assert len(diagnosis) < 2200


def test_emr_serverless_tells_details_and_the_drivers_log(aws):
    run = {"JobRun": {"ApplicationId": "00f1", "JobRunId": "00g2", "State": "FAILED"}}
    monitoring = {"monitoringConfiguration": {"s3MonitoringConfiguration": {"logUri": "s3://logs/emr/"}}}
    described = {
        "applicationId": "00f1", "jobRunId": "00g2", "arn": "a" * 60, "createdBy": "arn:aws:iam::123456789012:role/x",
        "createdAt": 1, "updatedAt": 1, "executionRole": "arn:aws:iam::123456789012:role/x", "state": "FAILED",
        "stateDetails": "ExitCode: 1", "releaseLabel": "emr-7", "jobDriver": {"hive": {"query": "q"}},
        "configurationOverrides": monitoring,
    }  # fmt: skip
    aws.answers("emr-serverless", "get_job_run", {"jobRun": described}, applicationId="00f1", jobRunId="00g2")
    folder = "s3://logs/emr/applications/00f1/jobs/00g2/SPARK_DRIVER"
    stored(aws, f"{folder}/stderr.gz", "boom")
    stored(aws, f"{folder}/stdout.gz", "Traceback")
    assert BY_NAME["emr_serverless"].diagnose(caught(run), aws, None) == (
        f"ExitCode: 1\nlast lines of {folder}/stderr.gz:\nboom\nlast lines of {folder}/stdout.gz:\nTraceback"
    )


def test_emr_on_eks_finds_the_drivers_folder(aws):
    monitoring = {"MonitoringConfiguration": {"S3MonitoringConfiguration": {"LogUri": "s3://logs/eks"}}}
    run = {"Id": "000", "VirtualClusterId": "0b0q", "State": "FAILED", "ConfigurationOverrides": monitoring}
    described = {"failureReason": "USER_ERROR", "stateDetails": "see the log"}
    aws.answers("emr-containers", "describe_job_run", {"jobRun": described}, virtualClusterId="0b0q", id="000")
    prefix = "eks/0b0q/jobs/000/containers/"
    keys = [f"{prefix}pod-1/stderr.gz", f"{prefix}spark-77/spark-000-driver/stderr.gz", f"{prefix}spark-77/exec-1/stderr.gz"]
    aws.answers("s3", "list_objects_v2", {"Contents": [{"Key": key} for key in keys]}, Bucket="logs", Prefix=prefix)
    stored(aws, f"s3://logs/{keys[1]}", "boom")
    assert BY_NAME["emr_eks"].diagnose(caught(run), aws, None) == (
        f"USER_ERROR: see the log\nlast lines of s3://logs/{keys[1]}:\nboom"
    )


def test_batch_tells_its_reason_and_its_log(aws):
    described = {
        "jobName": "n", "jobId": "a1", "jobQueue": "q", "status": "FAILED", "startedAt": 1, "jobDefinition": "d",
        "statusReason": "Essential container in task exited", "container": {"logStreamName": "extract-job/default/1"},
    }  # fmt: skip
    aws.answers("batch", "describe_jobs", {"jobs": [described]}, jobs=["a1"])
    logged(aws, "/aws/batch/job", "extract-job/default/1", "boom")
    assert BY_NAME["batch"].diagnose(caught({"JobId": "a1", "Status": "FAILED"}), aws, None) == (
        "Essential container in task exited\nlast lines of extract-job/default/1:\nboom"
    )


JOBS = {
    "glue": {"Id": "jr_1", "JobName": "j", "JobRunState": "FAILED"},
    "ecs": {"TaskArn": TASK, "StopCode": "EssentialContainerExited"},
    "emr": {"Step": {"Id": "s-1", "Status": {"State": "FAILED"}}},
    "emr_serverless": {"ApplicationId": "00f1", "JobRunId": "00g2", "State": "FAILED"},
    "emr_eks": {"Id": "000", "VirtualClusterId": "0b0q", "State": "FAILED"},
    "batch": {"JobId": "a1", "Status": "FAILED"},
}
FIRST_CALLS = {
    "glue": [("glue", "get_job_run"), ("logs", "get_log_events")],
    "ecs": [("ecs", "describe_tasks")],
    "emr": [("emr", "describe_step"), ("emr", "describe_cluster")],
    "emr_serverless": [("emr-serverless", "get_job_run")],
    "emr_eks": [("emr-containers", "describe_job_run")],
    "batch": [("batch", "describe_jobs")],
}


@pytest.mark.parametrize("name", sorted(BY_NAME))
@pytest.mark.parametrize("code", ["AccessDeniedException", "ThrottlingException", "InternalServerError", "SomethingElse"])
def test_a_refusal_is_no_answer(aws, name, code):
    for service, method in FIRST_CALLS[name]:
        aws.refuses(service, method, code)
    assert BY_NAME[name].diagnose(caught(JOBS[name], {"arguments": {"cluster_id": CLUSTER}}), aws, None) is None


@pytest.mark.parametrize("name", sorted(BY_NAME))
@pytest.mark.parametrize("cause", [None, "", "Rate exceeded", "[1]", '{"Id": 1', '{"TaskArn": ["x"], "Step": 3, "JobId": null}'])
def test_where_no_job_is_named_nothing_is_asked(aws, name, cause):
    assert BY_NAME[name].diagnose(Outcome.failed("States.TaskFailed", cause), aws, None) is None


@pytest.mark.parametrize(
    "packed", [b"", b"not gzip", gzip.compress(b"boom", mtime=0)[:-4], gzip.compress(b"\xff\xfe boom", mtime=0)]
)
def test_a_log_that_is_not_what_it_should_be(aws, packed):
    step = {"Step": {"Id": "s-1", "Status": {"State": "FAILED", "FailureDetails": {"LogFile": "s3://l/k", "Message": "m"}}}}
    aws.refuses("emr", "describe_step", "ThrottlingException")
    aws.answers("s3", "get_object", {"Body": StreamingBody(io.BytesIO(packed), len(packed))}, Bucket="l", Key="k")
    diagnosis = BY_NAME["emr"].diagnose(caught(step, {"arguments": {"cluster_id": CLUSTER}}), aws, None)
    assert diagnosis is None or diagnosis.endswith("boom")
