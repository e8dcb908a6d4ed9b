"""Settings and deployment to RunTask's members."""

from __future__ import annotations

import json
import re

import pytest
from pydantic import ValidationError

from extract_core import ArgumentsTooLong, Statement, TableRun, Target, Watermark
from extract_ecs import extract_job_types
from extract_ecs.deployment import EcsDeployment
from extract_ecs.overrides import FARGATE_MEMORY
from extract_ecs.settings import EcsSettings

(ECS,) = extract_job_types()
FARGATE = EcsDeployment(task_definition="extract-job", task_definitions=("big:7",), subnets=("subnet-1",))


def table(deployment=FARGATE, **job_arguments):
    return TableRun(
        source="sales", source_type="jdbc", table="public.accounts", job_type="ecs", run_id="r1",
        run_started_at="2026-01-02T03:04:05Z", attempt=1, extract_s3_uri="s3://d/", result_uri="s3://r",
        watermark=Watermark(), deployment=deployment, job_arguments=job_arguments,
    )  # fmt: skip


def target(deployment):
    return Target(
        partition="aws", region="eu-west-1", account="123456789012", machine_name="m", map_mode="INLINE", deployment=deployment,
        function_arn=str,
    )  # fmt: skip


def parameters(deployment):
    return ECS.branch(target(deployment)).states["ECS Start Extract Job Run"]["Parameters"]


def whole(text):
    return rf"\A{re.escape(text)}\Z"


def test_defaults():
    assert ECS.arguments(table(**{"--a": "1", "--b": "x y"}), EcsSettings()) == {
        "task_definition": "extract-job",
        "overrides": {"ContainerOverrides": [{"Name": "extract-job", "Command": ["--a", "1", "--b", "x y"]}]},
    }


def test_sizes_are_texts_as_run_task_wants_them():
    settings = EcsSettings.model_validate({"task_definition": "big:7", "container": "main", "cpu": "4096", "memory": "16384"})
    assert ECS.arguments(table(), settings) == {
        "task_definition": "big:7",
        "overrides": {"ContainerOverrides": [{"Name": "main", "Command": []}], "Cpu": "4096", "Memory": "16384"},
    }


def test_a_task_definition_outside_the_deployment_is_refused():
    text = (
        "the task definition 'other' is not in the deployment, which allows 'big:7', 'extract-job': name one of these as "
        "task_definition, or add it to task_definitions under [job_types.ecs] of extract.toml and build anew"
    )
    with pytest.raises(ValueError, match=whole(text)):
        ECS.arguments(table(), EcsSettings(task_definition="other"))


def test_overrides_up_to_the_limit_of_ecs():
    """A command that makes the overrides 8,192 characters long passes; one character more is refused with the figures."""
    base = len(json.dumps(ECS.arguments(table(**{"--q": ""}), EcsSettings())["overrides"]))
    assert ECS.arguments(table(**{"--q": "é" * (8192 - base)}), EcsSettings())
    text = (
        "the overrides of this table's ECS task have 8,193 characters, 8,192 is ECS's limit; the longest argument is '--q' with "
        f"{8193 - base:,}: shorten it"
    )
    with pytest.raises(ArgumentsTooLong, match=whole(text)):
        ECS.arguments(table(**{"--q": "é" * (8193 - base)}), EcsSettings())


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (
            {"cpu": 300},
            "cpu 300 is not a size of Fargate: write one of 256, 512, 1024, 2048, 4096, 8192, 16384 (1024 is one vCPU)",
        ),
        (
            {"cpu": 1024, "memory": 1024},
            "memory 1024 MiB does not go with cpu 1024 on Fargate: write 2048 to 8192 in steps of 1024",
        ),
        ({"cpu": 256, "memory": 1536}, "memory 1536 MiB does not go with cpu 256 on Fargate: write 512, 1024 or 2048"),
        (
            {"cpu": 16384, "memory": 36864},
            "memory 36864 MiB does not go with cpu 16384 on Fargate: write 32768 to 122880 in steps of 8192",
        ),
        ({"memory": 200_000}, "memory 200000 MiB is more than Fargate has: write at most 122880"),
    ],
)
def test_sizes_that_fargate_has_not(size, text):
    with pytest.raises(ValueError, match=whole(text)):
        ECS.arguments(table(), EcsSettings(**size))
    on_hosts = EcsDeployment(task_definition="extract-job", launch_type="EC2")
    assert ECS.arguments(table(on_hosts), EcsSettings(**size))


def test_every_size_of_fargate_is_taken():
    for cpu, sizes in FARGATE_MEMORY.items():
        for memory in sizes:
            assert ECS.arguments(table(), EcsSettings(cpu=cpu, memory=memory))


def test_fargate():
    deployment = EcsDeployment(
        cluster="c",
        task_definition="t",
        subnets=("s-1",),
        security_groups=("sg-1",),
        assign_public_ip=True,
        platform_version="1.4.0",
    )
    assert parameters(deployment) == {
        "Cluster": "c",
        "Count": 1,
        "LaunchType": "FARGATE",
        "PlatformVersion": "1.4.0",
        "NetworkConfiguration": {
            "AwsvpcConfiguration": {"Subnets": ["s-1"], "AssignPublicIp": "ENABLED", "SecurityGroups": ["sg-1"]}
        },
        "TaskDefinition.$": "$.arguments.task_definition",
        "Overrides.$": "$.arguments.overrides",
    }


def test_spot_by_capacity_providers():
    deployment = EcsDeployment.model_validate(
        {
            "task_definition": "t",
            "subnets": ["s-1"],
            "capacity_providers": ["FARGATE_SPOT", {"provider": "FARGATE", "weight": 0, "base": 1}],
        }
    )
    made = parameters(deployment)
    assert "LaunchType" not in made
    assert made["CapacityProviderStrategy"] == [
        {"CapacityProvider": "FARGATE_SPOT", "Weight": 1, "Base": 0}, {"CapacityProvider": "FARGATE", "Weight": 0, "Base": 1},
    ]  # fmt: skip


def test_hosts_without_a_network_of_their_own():
    made = parameters(EcsDeployment(task_definition="t", launch_type="EC2"))
    assert made["LaunchType"] == "EC2"
    assert "NetworkConfiguration" not in made


@pytest.mark.parametrize(
    ("deployment", "text"),
    [
        ({"task_definition": "t"}, "subnets is needed on Fargate: name the subnets that tasks run in"),
        (
            {"task_definition": "t", "subnets": ["s"], "launch_type": "FARGATE", "capacity_providers": ["FARGATE_SPOT"]},
            "launch_type and capacity_providers exclude one another: leave one of them out",
        ),
        (
            {"task_definition": "t", "launch_type": "EC2", "security_groups": ["sg"]},
            "security_groups and assign_public_ip go with subnets: name the subnets that tasks run in",
        ),
        ({"subnets": ["s"]}, "task_definition\n  Field required"),
    ],
)
def test_deployments_that_do_not_fit_together(deployment, text):
    with pytest.raises(ValidationError, match=re.escape(text)):
        EcsDeployment.model_validate(deployment)


def test_permissions():
    deployment = EcsDeployment(
        cluster="c",
        task_definition="t",
        task_definitions=("u:3",),
        subnets=("s",),
        task_roles=("arn:aws:iam::123456789012:role/r",),
    )
    where = "arn:aws:ecs:eu-west-1:123456789012"
    in_cluster = {"ArnEquals": {"ecs:cluster": f"{where}:cluster/c"}}
    assert list(ECS.permissions(target(deployment))) == [
        Statement(
            actions=("ecs:RunTask",),
            resources=(f"{where}:task-definition/t", f"{where}:task-definition/t:*", f"{where}:task-definition/u:3"),
            condition=in_cluster,
        ),
        Statement(actions=("ecs:DescribeTasks", "ecs:StopTask"), resources=(f"{where}:task/c/*",), condition=in_cluster),
        Statement(
            actions=("iam:PassRole",),
            resources=("arn:aws:iam::123456789012:role/r",),
            condition={"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
        ),
        Statement(
            actions=("events:DescribeRule", "events:PutRule", "events:PutTargets"),
            resources=("arn:aws:events:eu-west-1:123456789012:rule/StepFunctionsGetEventsForECSTaskRule",),
        ),
    ]
