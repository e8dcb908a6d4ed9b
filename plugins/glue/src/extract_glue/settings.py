"""What a table may set for its Glue job run, and what is fixed when the machine is built.

Limits are those of StartJobRun (Glue API reference; botocore's glue model).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from extract_core.sync_job.managed import IS_MANAGED, Managed, Name

JobName = Annotated[str, Field(min_length=1, max_length=255)]

WorkerType = Literal[
    "Standard", "G.025X", "G.1X", "G.2X", "G.4X", "G.8X", "G.12X", "G.16X", "R.1X", "R.2X", "R.4X", "R.8X", "Z.2X"
]  # fmt: skip


class GlueSettings(BaseModel):
    """One table's job run. Digits in quotes read as numbers: ``worker_no: "2"``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    job_name: JobName | None = Field(default=None, description="The Glue job; one of the deployment's. Default: its job_name.")
    worker_type: WorkerType = Field(default="G.1X", description="The size of a worker.")
    worker_no: int = Field(default=2, ge=1, description="How many workers.")
    timeout_minutes: int = Field(
        default=480, ge=1, lt=10_080, description="Minutes of run time after which Glue stops it (< 7 days)."
    )
    queue_minutes: int = Field(default=60, ge=0, description="Minutes that a run may wait before it starts (queueing, FLEX).")
    execution_class: Literal["STANDARD", "FLEX"] = Field(
        default="STANDARD", description="FLEX is cheaper and may wait and be interrupted."
    )


class ManagedGlue(Managed):
    """``managed`` of a Glue deployment: the stack makes the job `job_name` and its role."""

    glue_version: str = Field(default="5.0", pattern=r"^\d\.\d$", description="Of the job.")
    python_modules: tuple[Name, ...] = Field(
        default=("pyarrow>=18", "adbc-driver-postgresql>=1.7", "PyMySQL>=1.2"),
        description="What pip installs beside the job's wheel when a run starts (--additional-python-modules).",
    )
    max_concurrent_runs: int = Field(default=1000, ge=1, le=1000, description="Runs of the job at once.")
    connections: tuple[Name, ...] = Field(default=(), description="Existing Glue connections of the job.")
    subnet: str | None = Field(default=None, pattern=r"^subnet-[0-9a-z]+$", description="Makes a connection into this subnet.")
    security_groups: tuple[Name, ...] = Field(default=(), max_length=50, description="Of the connection that is made.")
    availability_zone: str | None = Field(default=None, min_length=1, description="Of the subnet.")


class GlueDeployment(BaseModel):
    """``[job_types.glue]`` of extract.toml."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"examples": [{"job_name": "extract-jdbc", "job_names": ["extract-jdbc-large"]}]},
    )

    job_name: JobName = Field(description="The Glue job of every table that names no other.")
    job_names: tuple[JobName, ...] = Field(default=(), description="Further jobs that a config may name.")
    job_run_queuing: bool = Field(
        default=False, description="Let Glue queue runs over its concurrency limits instead of refusing them."
    )
    security_configuration: str | None = Field(
        default=None, min_length=1, max_length=255, description="The security configuration of every run."
    )
    managed: Annotated[ManagedGlue | None, IS_MANAGED] = Field(
        default=None, description="true, or a section: the stack makes the job job_name. Default: it exists."
    )
