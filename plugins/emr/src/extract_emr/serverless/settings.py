"""What a table may set for its EMR Serverless job run, and what is fixed when the machine is built.

Limits are those of StartJobRun (EMR Serverless API reference; botocore's emr-serverless model).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from extract_core.sync_job.managed import IS_MANAGED, Managed, Name
from extract_emr.fields import LogUri, Role, Script, ScriptName, ScriptsUri
from extract_emr.memory import Memory
from extract_emr.spark_options import SparkOption

File = Annotated[str, Field(pattern=r"^s3://[^/,\s]+/[^,\s]+$", description="s3://bucket/key")]
ApplicationId = Annotated[str, Field(pattern=r"^[0-9a-z]{1,64}$", description="An application's id: 00f1r5mqj3k2ab01")]


def _digits(value: object) -> object:
    return int(value) if isinstance(value, str) and value.isdecimal() else value


Cores = Annotated[Literal[1, 2, 4, 8, 16], BeforeValidator(_digits)]


class ServerlessSettings(BaseModel):
    """One table's job run. Digits in quotes read as numbers: ``timeout_minutes: "60"``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    application_id: ApplicationId | None = Field(
        default=None, description="One of the deployment's. Default: its application_id."
    )
    script: Script = None
    script_name: ScriptName = "extract_job.py"
    spark_submit_args: tuple[SparkOption, ...] = Field(default=(), description="Options of spark-submit, each a word.")
    executor_memory: Memory | None = Field(default=None, description="Of an executor. Default: the application's, else 14g.")
    executor_cores: Cores | None = Field(default=None, description="vCPUs of an executor. Default: the application's, else 4.")
    driver_memory: Memory | None = Field(default=None, description="Of the driver. Default: the application's, else 14g.")
    driver_cores: Cores | None = Field(default=None, description="vCPUs of the driver. Default: the application's, else 4.")
    timeout_minutes: int = Field(default=480, ge=1, le=10_080, description="Minutes of run time after which it is cancelled.")
    queue_minutes: int = Field(default=60, ge=0, description="Minutes that a run may wait for capacity before it starts.")


_OF_THE_STACK = {"application_id": "${EMRServerlessApplication}", "execution_role_arn": "${EMRServerlessRole.Arn}"}
"""What AWS chooses for the resources that the stack makes (`extract_core.JobType.infrastructure`)."""


class ManagedServerless(Managed):
    """``managed`` of an EMR Serverless deployment: the stack makes the application and its runtime role."""

    release_label: str = Field(default="emr-7.9.0", pattern=r"^emr-[0-9A-Za-z_.-]{1,60}$", description="Of the application.")
    max_vcpus: int = Field(default=200, ge=4, description="vCPUs of all its job runs at once; 8 GB of memory for each.")
    python_archive: File | None = Field(
        default=None, description="A packed Python environment (.tar.gz) with the reference job, for driver and executors."
    )
    jars: tuple[File, ...] = Field(default=(), description="JDBC drivers, in S3.")
    idle_minutes: int = Field(default=15, ge=1, le=10_080, description="Minutes without a job after which it stops.")
    subnets: tuple[Name, ...] = Field(default=(), max_length=16, description="It runs in these subnets of a VPC.")
    security_groups: tuple[Name, ...] = Field(default=(), max_length=5, description="Needed with subnets.")


class ServerlessDeployment(BaseModel):
    """``[job_types.emr_serverless]`` of extract.toml."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "application_id": "00fexample12345",
                    "execution_role_arn": "arn:aws:iam::123456789012:role/extract-job",
                    "scripts_uri": "s3://extract-scripts/",
                }
            ]
        },
    )

    application_id: ApplicationId | Literal["${EMRServerlessApplication}"] = Field(
        description="The application of every table that names no other."
    )
    application_ids: tuple[ApplicationId, ...] = Field(default=(), description="Further applications that a config may name.")
    execution_role_arn: Role | Literal["${EMRServerlessRole.Arn}"] = Field(description="The runtime role of every job run.")
    scripts_uri: ScriptsUri = None
    log_uri: LogUri = None
    managed: Annotated[ManagedServerless | None, IS_MANAGED] = Field(
        default=None, description="true, or a section: the stack makes the application and its role."
    )

    @model_validator(mode="before")
    @classmethod
    def _of_the_stack(cls, data: Any) -> Any:
        """The application and the role that the stack makes."""
        return {**_OF_THE_STACK, **data} if isinstance(data, Mapping) and data.get("managed") else data
