"""What a table may set for its EMR on EKS job run, and what is fixed when the machine is built.

Limits are those of StartJobRun (EMR on EKS API reference; botocore's emr-containers model).
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from extract_emr.fields import LogUri, Role, Script, ScriptName, ScriptsUri
from extract_emr.memory import Memory
from extract_emr.spark_options import SparkOption

VirtualClusterId = Annotated[str, Field(pattern=r"^[0-9a-z]{1,64}$", description="A virtual cluster's id: 0b0qvauoy3ch1nqod")]


class EksSettings(BaseModel):
    """One table's job run. Digits in quotes read as numbers: ``timeout_minutes: "60"``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    virtual_cluster_id: VirtualClusterId | None = Field(
        default=None, description="One of the deployment's. Default: its virtual_cluster_id."
    )
    script: Script = None
    script_name: ScriptName = "extract_job.py"
    spark_submit_args: tuple[SparkOption, ...] = Field(default=(), description="Options of spark-submit, each a word.")
    executor_memory: Memory = Field(default="4g", description="Of an executor.")
    executor_cores: int = Field(default=2, ge=1, description="Cores of an executor.")
    driver_memory: Memory = Field(default="2g", description="Of the driver.")
    timeout_minutes: int = Field(default=480, ge=1, lt=10_080, description="Minutes of run time after which it is cancelled.")
    queue_minutes: int = Field(default=60, ge=0, description="Minutes that its pods may wait for a node.")


class EksDeployment(BaseModel):
    """``[job_types.emr_eks]`` of extract.toml."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "virtual_cluster_id": "a1b2c3d4e5f6g7h8i9j0k1l2m",
                    "release_label": "emr-7.9.0-latest",
                    "execution_role_arn": "arn:aws:iam::123456789012:role/extract-job",
                    "scripts_uri": "s3://extract-scripts/",
                }
            ]
        },
    )

    virtual_cluster_id: VirtualClusterId = Field(description="The virtual cluster of every table that names no other.")
    virtual_cluster_ids: tuple[VirtualClusterId, ...] = Field(default=(), description="Further ones that a config may name.")
    execution_role_arn: Role = Field(description="The runtime role of every job run.")
    release_label: str = Field(pattern=r"^[\.\-_/A-Za-z0-9]{1,64}$", description="The EMR release: emr-7.9.0-latest.")
    scripts_uri: ScriptsUri = None
    log_uri: LogUri = None
