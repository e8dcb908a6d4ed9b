"""The job types of this repo, each with a deployment, settings and the arguments of one table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
import extract_batch
import pytest
from botocore.stub import Stubber

import extract_ecs
import extract_emr
import extract_glue
from extract_core import JobType, Json, TableRun, Target, Watermark

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel

DEPLOYMENTS: Mapping[str, Mapping[str, Json]] = {
    "glue": {"job_name": "extract-jdbc", "job_names": ["extract-big"], "security_configuration": "encrypted"},
    "emr": {
        "cluster_id": "j-3KVT5M2Q9Z7UG",
        "scripts_uri": "s3://code/scripts/",
        "execution_role_arn": "arn:aws:iam::123456789012:role/emr-step",
    },
    "emr_eks": {
        "virtual_cluster_id": "0b0qvauoy3ch1nqod",
        "execution_role_arn": "arn:aws:iam::123456789012:role/emr-job",
        "release_label": "emr-7.9.0-latest",
        "scripts_uri": "s3://code/scripts/",
        "log_uri": "s3://logs/eks/",
    },
    "emr_serverless": {
        "application_id": "00f1r5mqj3k2ab01",
        "execution_role_arn": "arn:aws:iam::123456789012:role/emr-job",
        "scripts_uri": "s3://code/scripts/",
        "log_uri": "s3://logs/serverless/",
    },
    "batch": {"job_queue": "extracts", "job_definition": "extract-job"},
    "ecs": {
        "cluster": "extracts",
        "task_definition": "extract-job",
        "subnets": ["subnet-1", "subnet-2"],
        "security_groups": ["sg-1"],
        "task_roles": ["arn:aws:iam::123456789012:role/extract-task"],
    },
}
SETTINGS: Mapping[str, Mapping[str, Json]] = {
    "glue": {"worker_no": "4", "worker_type": "G.2X"},
    "emr": {"script_name": "jdbc_extract_job.py", "spark_submit_args": ["--conf", "spark.executor.memory=4g"]},
    "emr_eks": {"executor_memory": "6g", "spark_submit_args": ["--conf", "spark.executor.instances=2"]},
    "emr_serverless": {"executor_memory": "8g", "executor_cores": "2", "timeout_minutes": "90"},
    "batch": {"vcpus": "1", "memory": "2048"},
    "ecs": {"cpu": "1024", "memory": "2048"},
}
JOB_ARGUMENTS = {
    "--extract_table": "public.accounts",
    "--query": "select \"a b\", 'ü' from t where $x = 1; -- end",
    "--result_uri": "s3://runs/r/results/public.accounts/attempt=1.json",
}


@dataclass(frozen=True)
class Installed:
    job_type: JobType[BaseModel, BaseModel]

    @property
    def deployment(self) -> BaseModel:
        return self.job_type.deployment().model_validate(DEPLOYMENTS[self.job_type.name])

    @property
    def settings(self) -> BaseModel:
        return self.job_type.settings().model_validate(SETTINGS[self.job_type.name])

    def target(self, partition: str = "aws") -> Target[BaseModel]:
        return Target(
            partition=partition, region="eu-west-1", account="123456789012", machine_name="extract", map_mode="INLINE",
            deployment=self.deployment, function_arn=lambda name: f"arn:aws:lambda:eu-west-1:123456789012:function:{name}",
        )  # fmt: skip

    def table(self, job_arguments: Mapping[str, str] = JOB_ARGUMENTS) -> TableRun[BaseModel]:
        return TableRun(
            source="sales", source_type="jdbc", table="public.accounts", job_type=self.job_type.name, run_id="sales-1",
            run_started_at="2026-01-02T03:04:05Z", attempt=1, extract_s3_uri="s3://data/x/", result_uri="s3://runs/r.json",
            watermark=Watermark(), deployment=self.deployment, job_arguments=job_arguments,
        )  # fmt: skip

    def arguments(self, job_arguments: Mapping[str, str] = JOB_ARGUMENTS) -> Mapping[str, Json]:
        return self.job_type.arguments(self.table(job_arguments), self.settings)


PLUGINS = (extract_batch, extract_ecs, extract_emr, extract_glue)
ALL = [job_type for plugin in PLUGINS for job_type in plugin.extract_job_types()]


@pytest.fixture(scope="session")
def arguments_of():
    """The arguments of a job type for one table with these job arguments."""
    return lambda job_type, job_arguments: Installed(job_type).arguments(job_arguments)


@pytest.fixture(params=ALL, ids=lambda job_type: job_type.name)
def installed(request: pytest.FixtureRequest) -> Installed:
    return Installed(request.param)


class Session:
    """A boto3 session whose clients answer what was put in, in this order; each request is held to the service's model."""

    def __init__(self) -> None:
        self._session = boto3.Session(
            region_name="eu-west-1",
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )
        self._stubs: dict[str, tuple[object, Stubber]] = {}

    def client(self, service_name, *, config=None):
        if service_name not in self._stubs:
            client = self._session.client(service_name, config=config)
            self._stubs[service_name] = (client, Stubber(client))
            self._stubs[service_name][1].activate()
        return self._stubs[service_name][0]

    def answers(self, service, method, answer, **request):
        self.client(service)
        self._stubs[service][1].add_response(method, answer, request)
        return self

    def refuses(self, service, method, code):
        self.client(service)
        self._stubs[service][1].add_client_error(method, code, "no", 400)
        return self

    def everything_was_asked(self):
        for _, stub in self._stubs.values():
            stub.assert_no_pending_responses()


@pytest.fixture
def aws():
    """A boto3 session of recorded answers."""
    session = Session()
    yield session
    session.everything_was_asked()
