"""What a table may set for its EMR Serverless job run, and what is fixed when the machine is built.

Limits are those of StartJobRun (EMR Serverless API reference; botocore's emr-serverless model).
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from extract_emr.memory import Memory
from extract_emr.script import store_uri
from extract_emr.spark_options import SparkOption

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
    script: str | None = Field(default=None, min_length=1, description="URI of the script. Default: scripts_uri + script_name.")
    script_name: str = Field(default="extract_job.py", min_length=1, description="The config's script_name, below scripts_uri.")
    spark_submit_args: tuple[SparkOption, ...] = Field(default=(), description="Options of spark-submit, each a word.")
    executor_memory: Memory | None = Field(default=None, description="Of an executor. Default: the application's, else 14g.")
    executor_cores: Cores | None = Field(default=None, description="vCPUs of an executor. Default: the application's, else 4.")
    driver_memory: Memory | None = Field(default=None, description="Of the driver. Default: the application's, else 14g.")
    driver_cores: Cores | None = Field(default=None, description="vCPUs of the driver. Default: the application's, else 4.")
    timeout_minutes: int = Field(default=480, ge=1, le=10_080, description="Minutes of run time after which it is cancelled.")
    queue_minutes: int = Field(default=60, ge=0, description="Minutes that a run may wait for capacity before it starts.")


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

    application_id: ApplicationId = Field(description="The application of every table that names no other.")
    application_ids: tuple[ApplicationId, ...] = Field(default=(), description="Further applications that a config may name.")
    execution_role_arn: str = Field(pattern=r"^arn:[^:]+:iam::\d{12}:role/.+$", description="The runtime role of every job run.")
    scripts_uri: str | None = Field(
        default=None, min_length=1, description="Where script_name is looked for: s3://bucket/scripts/"
    )
    log_uri: str | None = Field(default=None, min_length=1, description="Where drivers and executors write their logs, in S3.")

    @model_validator(mode="after")
    def _in_a_store(self) -> Self:
        store_uri("scripts_uri", self.scripts_uri)
        store_uri("log_uri", self.log_uri)
        return self

    def allowed(self) -> tuple[str, ...]:
        """Every application that the state machine may run jobs on, sorted."""
        return tuple(sorted({self.application_id, *self.application_ids}))
