"""Makes the example importable without an installation, and builds and runs the machine of its job types."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import boto3
import pytest
from botocore.stub import Stubber

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from many_states import extract_job_types

from asl_generator import build
from asl_toolkit import Services, VirtualClock, load
from extract_core.registry.installed import Registry

ROLE = "arn:aws:iam::210987654321:role/extract-build"
DEPLOYMENTS = {
    "codebuild": {"project": "extract", "role_arn": ROLE},
    "redshift": {
        "workgroup": "lake", "database": "dev", "unload_role_arn": "arn:aws:iam::123456789012:role/unload",
    },
    "worker": {"queue": "extract-jobs", "heartbeat_seconds": 120},
}  # fmt: skip


@pytest.fixture(scope="session")
def job_types():
    return {job_type.name: job_type for job_type in extract_job_types()}


@pytest.fixture(scope="session")
def deployments():
    return DEPLOYMENTS


@pytest.fixture(scope="session")
def machine(job_types):
    return build(
        Registry.of(*job_types.values()),
        name="extract",
        partition="aws",
        region="eu-west-1",
        account="123456789012",
        max_concurrency=10,
        deployments=DEPLOYMENTS,
    )


@pytest.fixture
def start(machine):
    """Starts the machine for one item; returns the execution, and a dict that gets what the status handler was given."""

    def begin(item, services=None, functions=None, clock=None):
        recorded = {}
        known = {
            "extract-config-manager": lambda event, context: {
                "max_concurrency": 1,
                "map_error": None,
                "items": {"bucket": "runs", "key": "r/items.jsonl"},
                "results": {"bucket": "runs", "key": "r/map"},
            },
            "extract-job-run-status": lambda event, context: recorded.update(event) or {"status": "RECORDED"},
            "extract-run-summary": lambda event, context: {"succeeded": True, "error": "", "cause": ""},
            **(functions or {}),
        }
        handlers = {
            ("s3", "getObject"): lambda request: json.dumps({"table": "t", "timeout_seconds": 600, **item}),
            ("s3", "putObject"): dict,
            ("sqs", "sendMessage"): dict,
            ("codebuild", "startBuild"): dict,
            **(services or {}),
        }
        functions_of_all = {"extract-redshift-start": dict, "extract-redshift-ask": dict, **known}
        made = Services(handlers, functions=functions_of_all)
        execution = load(machine.definition).start({"source": "sales"}, services=made, clock=clock or VirtualClock())
        return execution, made, recorded

    return begin


@pytest.fixture
def stubbed():
    """A boto3 client that answers what was put in, each request held to the service's model."""
    stubs = []

    def make(service):
        client = boto3.client(
            service,
            region_name="eu-west-1",
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )
        stub = Stubber(client)
        stub.activate()
        stubs.append(stub)
        return client, stub

    yield make
    for stub in stubs:
        stub.assert_no_pending_responses()


class OneClient:
    """A session that gives this client."""

    def __init__(self, client) -> None:
        self._client = client

    def client(self, service_name, *, config=None):
        return self._client


@pytest.fixture
def session_of():
    return OneClient
