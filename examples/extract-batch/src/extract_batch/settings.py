"""What a table may set for its Batch job, and what is fixed when the machine is built."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from extract_core.sync_job.managed import IS_MANAGED, Managed, Name


def _of_batch(value: float) -> float:
    if value not in (0.25, 0.5) and (value < 1 or value != int(value)):
        raise ValueError(f"{value:g} is not a number of vCPUs: take 0.25 or 0.5 (Fargate), or a whole number")
    return value


Vcpus = Annotated[float, AfterValidator(_of_batch)]
"""A quarter or a half on Fargate, else whole ones (Batch API reference, ResourceRequirement)."""


class BatchSettings(BaseModel):
    """One table's job. Digits in quotes read as numbers: ``memory: "4096"``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    job_queue: str | None = Field(default=None, min_length=1, description="One of the deployment's. Default: its job_queue.")
    job_definition: str | None = Field(default=None, min_length=1, description="One of the deployment's. Default: its own.")
    vcpus: Vcpus | None = Field(default=None, description="vCPUs. Default: the job definition's.")
    memory: int | None = Field(default=None, ge=4, description="MiB. Default: the job definition's.")
    timeout_minutes: int = Field(default=480, ge=1, lt=20_160, description="Minutes of run time after which Batch ends it.")
    queue_minutes: int = Field(default=60, ge=0, description="Minutes that a job may wait in its queue.")


class ManagedBatch(Managed):
    """``managed`` of a Batch deployment: the stack makes environment, queue and job definition on Fargate."""

    image: Name = Field(description="The image of the job in ECR of this account and region, with its tag or digest.")
    subnets: tuple[Name, ...] = Field(min_length=1, description="Where jobs run.")
    security_groups: tuple[Name, ...] = Field(min_length=1, description="Of the jobs.")
    max_vcpus: int = Field(default=64, ge=1, description="vCPUs of all jobs at once.")

    @property
    def repository(self) -> str:
        """The name of the image's repository."""
        return self.image.partition("/")[2].partition("@")[0].partition(":")[0]


class BatchDeployment(BaseModel):
    """``[job_types.batch]`` of extract.toml: queues and job definitions, by name (a definition with or without ``:revision``)."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"examples": [{"job_queue": "extracts", "job_definition": "extract-job"}]},
    )

    job_queue: str = Field(min_length=1, description="The queue of every table that names no other.")
    job_queues: tuple[str, ...] = Field(default=(), description="Further queues that a config may name.")
    job_definition: str = Field(min_length=1, description="The job definition of every table that names no other.")
    job_definitions: tuple[str, ...] = Field(default=(), description="Further job definitions that a config may name.")
    managed: Annotated[ManagedBatch | None, IS_MANAGED] = Field(
        default=None, description="A section with image, subnets and security_groups: the stack makes queue and job definition."
    )
