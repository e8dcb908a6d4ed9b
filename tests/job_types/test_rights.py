"""What the core's functions need to ask a service of a job, and to stop one: exact actions on named resources."""

from __future__ import annotations

import json
from dataclasses import replace

import boto3
import extract_batch
import pytest
from botocore.awsrequest import AWSResponse

import asl_generator
import extract_ecs
import extract_emr
import extract_glue
from extract_core import Outcome
from extract_core.registry.installed import Registry

JOB = "arn:aws:glue:eu-west-1:123456789012:job/"
GLUE_JOBS = [f"{JOB}extract-big", f"{JOB}extract-jdbc"]
TASKS = "arn:aws:ecs:eu-west-1:123456789012:task/extracts/*"
CLUSTER = ["arn:aws:elasticmapreduce:eu-west-1:123456789012:cluster/j-3KVT5M2Q9Z7UG"]
SERVERLESS = ["arn:aws:emr-serverless:eu-west-1:123456789012:/applications/00f1r5mqj3k2ab01/jobruns/*"]
EKS = ["arn:aws:emr-containers:eu-west-1:123456789012:/virtualclusters/0b0qvauoy3ch1nqod/jobruns/*"]
LOGS = "arn:aws:logs:eu-west-1:123456789012:log-group:"

RIGHTS = {
    "glue": (
        [(["glue:GetJobRun"], GLUE_JOBS), (["logs:GetLogEvents"], [f"{LOGS}/aws-glue/jobs*:log-stream:*"])],
        [(["glue:BatchStopJobRun", "glue:GetJobRun"], GLUE_JOBS)],
    ),
    "ecs": ([(["ecs:DescribeTasks"], [TASKS])], [(["ecs:StopTask"], [TASKS])]),
    "emr": (
        [(["elasticmapreduce:DescribeCluster", "elasticmapreduce:DescribeStep"], CLUSTER)],
        [(["elasticmapreduce:CancelSteps", "elasticmapreduce:DescribeStep"], CLUSTER)],
    ),
    "emr_serverless": (
        [
            (["emr-serverless:GetJobRun"], SERVERLESS),
            (["s3:GetObject"], ["arn:aws:s3:::logs/serverless/applications/00f1r5mqj3k2ab01/jobs/*"]),
        ],
        [(["emr-serverless:CancelJobRun"], SERVERLESS)],
    ),
    "emr_eks": (
        [
            (["emr-containers:DescribeJobRun"], EKS),
            (["s3:GetObject"], ["arn:aws:s3:::logs/eks/0b0qvauoy3ch1nqod/jobs/*"]),
            (["s3:ListBucket"], ["arn:aws:s3:::logs"]),
        ],
        [(["emr-containers:CancelJobRun"], EKS)],
    ),
    "batch": (
        [(["batch:DescribeJobs"], ["*"]), (["logs:GetLogEvents"], [f"{LOGS}/aws/batch/job:log-stream:*"])],
        [(["batch:TerminateJob"], ["arn:aws:batch:eu-west-1:123456789012:job/*"])],
    ),
}


PLACE = {"name": "x", "partition": "aws", "region": "eu-west-1", "account": "123456789012", "max_concurrency": 10}


def plain(statements):
    return [(list(statement.actions), list(statement.resources)) for statement in statements]


def test_each_job_type_names_what_it_asks(installed):
    target = installed.target()
    both_rights = plain(installed.job_type.diagnose_permissions(target)), plain(installed.job_type.stop_permissions(target))
    assert both_rights == RIGHTS[installed.job_type.name]


def test_where_tasks_and_steps_log_is_a_deployments_to_say():
    def rights(job_type, **deployment):
        built = asl_generator.build(Registry.of(job_type), deployments={job_type.name: deployment}, **PLACE)
        return plain(built.function_statements["x-job-run-status"])

    [ecs] = extract_ecs.extract_job_types()
    ecs_rights = rights(ecs, task_definition="t", subnets=["subnet-1"], log_group="/ecs/extract")
    assert ecs_rights[1:] == [
        (["ecs:DescribeTaskDefinition"], ["*"]),
        (["logs:GetLogEvents"], [f"{LOGS}/ecs/extract:log-stream:*"]),
    ]
    emr = next(job_type for job_type in extract_emr.extract_job_types() if job_type.name == "emr")
    emr_rights = rights(emr, cluster_id="j-1", log_uri="s3n://logs/emr")
    assert emr_rights[1:] == [(["s3:GetObject"], ["arn:aws:s3:::logs/emr/j-1/steps/*"])]


def test_a_condition_holds_tasks_to_the_cluster(installed):
    if installed.job_type.name != "ecs":
        pytest.skip("of ecs alone")
    cluster = {"ArnEquals": {"ecs:cluster": "arn:aws:ecs:eu-west-1:123456789012:cluster/extracts"}}
    target = installed.target()
    for statement in (*installed.job_type.diagnose_permissions(target), *installed.job_type.stop_permissions(target)):
        assert statement.condition == cluster


def test_the_generator_gives_them_to_the_functions_that_ask():
    [glue], [batch] = extract_glue.extract_job_types(), extract_batch.extract_job_types()
    deployments = {"glue": {"job_name": "j"}, "batch": {"job_queue": "q", "job_definition": "d"}}
    built = asl_generator.build(Registry.of(glue, batch), deployments=deployments, **PLACE)
    actions = {
        name: [action for statement in statements for action in statement.actions]
        for name, statements in built.function_statements.items()
    }
    diagnose = ["batch:DescribeJobs", "logs:GetLogEvents", "glue:GetJobRun", "logs:GetLogEvents"]
    both = [*diagnose, "batch:TerminateJob", "glue:BatchStopJobRun", "glue:GetJobRun"]
    assert actions == {"x-job-run-status": diagnose, "x-run-summary": both, "x-reconcile": both}


class Recorder:
    """A boto3 session whose clients answer what is given here (S3 refuses), and keep which actions of IAM they asked for."""

    def __init__(self, answers):
        self.answers = answers
        self.actions = set()

    def client(self, service_name, *, config=None):
        session = boto3.Session(region_name="eu-west-1", aws_access_key_id="testing", aws_secret_access_key="testing")
        client = session.client(service_name, config=config)
        client.meta.events.register("before-call", self._answered)
        return client

    def _answered(self, model, **_kwargs):
        prefix = {"emr": "elasticmapreduce"}.get(model.service_model.service_name, model.service_model.service_name)
        self.actions.add("s3:ListBucket" if model.name == "ListObjectsV2" else f"{prefix}:{model.name}")
        if model.name == "GetObject":
            return AWSResponse("https://x", 403, {}, None), {"Error": {"Code": "AccessDenied"}, "ResponseMetadata": {}}
        answer = self.answers.get(model.name, {})
        return AWSResponse("https://x", 200, {}, None), {**answer, "ResponseMetadata": {}}


TASK = "arn:aws:ecs:eu-west-1:123456789012:task/extracts/0123"
KNOWN = {
    "glue": ({"JobName": "extract-jdbc", "Id": "jr_1"}, {"BatchStopJobRun": {"Errors": [{"JobRunId": "jr_1"}]},
             "GetJobRun": {"JobRun": {"JobRunState": "STOPPED"}}}),
    "ecs": ({"TaskArn": TASK, "TaskDefinitionArn": "t"}, {}),
    "emr": ({"Step": {"Id": "s-1"}}, {"DescribeCluster": {"Cluster": {"LogUri": "s3://logs/emr/"}},
            "CancelSteps": {"CancelStepsInfoList": [{"Status": "FAILED"}]},
            "DescribeStep": {"Step": {"Status": {"State": "CANCELLED"}}}}),
    "emr_serverless": ({"ApplicationId": "00f1", "JobRunId": "1"}, {"GetJobRun": {"jobRun": {"configurationOverrides":
                       {"monitoringConfiguration": {"s3MonitoringConfiguration": {"logUri": "s3://logs/"}}}}}}),
    "emr_eks": ({"Id": "1", "VirtualClusterId": "0b0q"}, {"DescribeJobRun": {"jobRun": {"configurationOverrides":
                {"monitoringConfiguration": {"s3MonitoringConfiguration": {"logUri": "s3://logs/"}}}}},
                "ListObjectsV2": {"Contents": [{"Key": "a-driver/stderr.gz"}]}}),
    "batch": ({"JobId": "a1"}, {"DescribeJobs": {"jobs": [{"container": {"logStreamName": "s"}}]}}),
}  # fmt: skip
"""What is known of a job, and what its service answers, so that everything is asked that may be."""


def test_nothing_is_asked_beyond_these_rights(installed):
    """Each call that `diagnose` and `stop` make is an action of their statements; ecs and emr with a place of logs."""
    name = installed.job_type.name
    result, answers = KNOWN[name]
    more = {"ecs": {"log_group": "/ecs"}, "emr": {"log_uri": "s3://logs/emr/"}}.get(name, {})
    target = replace(installed.target(), deployment=installed.deployment.model_copy(update=more))
    item = {"arguments": {"cluster_id": "j-3KVT5M2Q9Z7UG"}}
    asking, stopping = Recorder(answers), Recorder(answers)
    installed.job_type.diagnose(Outcome.failed("States.TaskFailed", json.dumps(result), item), asking, installed.deployment)
    installed.job_type.stop(Outcome.succeeded(result, item), stopping, installed.deployment)
    allowed = [
        {action for statement in statements for action in statement.actions}
        for statements in (installed.job_type.diagnose_permissions(target), installed.job_type.stop_permissions(target))
    ]
    assert asking.actions, "nothing was asked"
    assert (asking.actions - allowed[0], stopping.actions - allowed[1]) == (set(), set())
    assert stopping.actions == allowed[1]
