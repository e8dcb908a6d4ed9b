"""``[job_types.ecs]`` of extract.toml: where tasks run. Fixed when the machine is built.

Limits are those of RunTask (ECS API reference): a launch type or capacity providers, never both; at most 16 subnets and 5
security groups.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from extract_core.sync_job.managed import IS_MANAGED, Managed, Name
from extract_ecs.overrides import check_fargate_size

_FARGATE = ("FARGATE", "FARGATE_SPOT")


class CapacityProvider(BaseModel):
    """One part of a capacity provider strategy. In extract.toml a name alone will do: ``["FARGATE_SPOT"]``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    provider: str = Field(min_length=1, description="FARGATE, FARGATE_SPOT or the name of a provider of the cluster.")
    weight: int = Field(default=1, ge=0, le=1000, description="Its share of the tasks.")
    base: int = Field(default=0, ge=0, le=100_000, description="Tasks that it gets before the shares count.")


def _named(value: object) -> object:
    return {"provider": value} if isinstance(value, str) else value


class ManagedEcs(Managed):
    """``managed`` of an ECS deployment: the stack makes the cluster, the task definition, its roles and its log group."""

    image: Name = Field(description="The image of the job, with its tag or digest: …dkr.ecr.eu-central-1.amazonaws.com/job:1")
    cpu: int = Field(default=1024, ge=256, description="CPU units of a task; a table may set its own.")
    memory: int = Field(default=4096, ge=512, description="MiB of a task; a table may set its own.")
    disk_gib: int = Field(default=30, ge=21, le=200, description="GiB of disk of a task.")


class EcsDeployment(BaseModel):
    """Cluster, network and the task definitions that a config may name."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [{"task_definition": "extract-job", "subnets": ["subnet-0a1b2c3d"], "log_group": "/ecs/extract-job"}]
        },
    )

    cluster: str = Field(default="default", min_length=1, description="Name or ARN of the cluster.")
    task_definition: str = Field(
        min_length=1, description="The family, family:revision or ARN for every table that names no other."
    )
    task_definitions: tuple[Annotated[str, Field(min_length=1)], ...] = Field(
        default=(), description="Further ones that a config may name."
    )
    container: str = Field(default="extract-job", min_length=1, description="The container that runs the job.")
    launch_type: Literal["FARGATE", "EC2", "EXTERNAL"] | None = Field(default=None, description="Default: FARGATE.")
    capacity_providers: tuple[Annotated[CapacityProvider, BeforeValidator(_named)], ...] = Field(
        default=(), max_length=20, description="Instead of a launch type. Spot is one: FARGATE_SPOT."
    )
    subnets: tuple[str, ...] = Field(default=(), max_length=16, description="Needed on Fargate.")
    security_groups: tuple[str, ...] = Field(default=(), max_length=5, description="Default: the VPC's own.")
    assign_public_ip: bool = Field(default=False, description="A public address; without one an image needs NAT or endpoints.")
    platform_version: str | None = Field(default=None, min_length=1, description="Of Fargate. Default: LATEST.")
    task_roles: tuple[str, ...] = Field(
        default=(), description="ARNs of the task and execution roles that the task definitions name."
    )
    log_group: str | None = Field(
        default=None,
        pattern=r"^[-._/#A-Za-z0-9]{1,512}$",
        description="The log group of its tasks: what a failed one wrote is read.",
    )

    managed: Annotated[ManagedEcs | None, IS_MANAGED] = Field(
        default=None, description="A section with image: the stack makes cluster, task definition, roles and log group."
    )

    @model_validator(mode="before")
    @classmethod
    def _of_the_stack(cls, data: Any) -> Any:
        """The roles and the log group that the stack makes."""
        if not isinstance(data, Mapping) or not data.get("managed"):
            return data
        family = data.get("task_definition")
        made = {"task_roles": ("${ECSExecutionRole.Arn}", "${ECSTaskRole.Arn}"), "log_group": f"/ecs/{family}"}
        return {**made, **data}

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.managed and (self.cluster == "default" or ":" in self.cluster + self.task_definition):
            raise ValueError("managed makes the cluster and the task definition: name both, without ARN and revision")
        if self.launch_type and self.capacity_providers:
            raise ValueError("launch_type and capacity_providers exclude one another: leave one of them out")
        if self.on_fargate() and not self.subnets:
            raise ValueError("subnets is needed on Fargate: name the subnets that tasks run in")
        if self.managed and self.on_fargate():
            check_fargate_size(self.managed.cpu, self.managed.memory)
        if not self.subnets and (self.security_groups or self.assign_public_ip):
            raise ValueError("security_groups and assign_public_ip go with subnets: name the subnets that tasks run in")
        return self

    def on_fargate(self) -> bool:
        """Whether tasks run on Fargate (by launch type, or by any capacity provider)."""
        if self.capacity_providers:
            return any(part.provider in _FARGATE for part in self.capacity_providers)
        return self.launch_type in (None, "FARGATE")
