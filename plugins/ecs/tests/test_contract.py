"""ecs keeps the plugin contract, with a launch type and with capacity providers."""

from __future__ import annotations

from typing import ClassVar

from extract_ecs.job_type import Ecs
from extract_testing import JobTypeContract


class TestFargate(JobTypeContract):
    job_type: ClassVar = Ecs()
    deployment: ClassVar = {
        "cluster": "extracts",
        "task_definition": "extract-job",
        "subnets": ["subnet-1", "subnet-2"],
        "security_groups": ["sg-1"],
        "task_roles": ["arn:aws:iam::123456789012:role/extract-task"],
        "log_group": "/ecs/extract-job",
    }
    settings_examples: ClassVar = [{}, {"cpu": "1024", "memory": "2048"}]


class TestSpot(JobTypeContract):
    job_type: ClassVar = Ecs()
    deployment: ClassVar = {
        "task_definition": "extract-job:4",
        "task_definitions": ["extract-big"],
        "capacity_providers": ["FARGATE_SPOT", {"provider": "FARGATE", "base": 1}],
        "subnets": ["subnet-1"],
        "log_group": "/ecs/extract-job",
    }
    settings_examples: ClassVar = [{"task_definition": "extract-big", "timeout_minutes": 30}]
