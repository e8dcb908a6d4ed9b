"""What a table may set for its EMR step, and what is fixed when the machine is built."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from extract_emr.fields import Folder, Role, Script, ScriptName, ScriptsUri
from extract_emr.memory import Memory

ClusterId = Annotated[str, Field(pattern=r"^j-[A-Z0-9]+$", description="A cluster's id: j-3KVT5M2Q9Z7UG")]


class EmrSettings(BaseModel):
    """One table's step. Digits in quotes read as numbers: ``timeout_minutes: "60"``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cluster_id: ClusterId | None = Field(default=None, description="One of the deployment's. Default: its cluster_id.")
    script: Script = None
    script_name: ScriptName = "extract_job.py"
    deploy_mode: Literal["cluster", "client"] = Field(default="cluster", description="Where Spark's driver runs.")
    spark_submit_args: tuple[str, ...] = Field(default=(), description="Options of spark-submit, before the script.")
    executor_memory: Memory | None = Field(default=None, description="Of an executor: 4g. Default: the cluster's.")
    executor_cores: int | None = Field(default=None, ge=1, description="Tasks at once in an executor. Default: the cluster's.")
    driver_memory: Memory | None = Field(default=None, description="Of the driver: 2g. Default: the cluster's.")
    timeout_minutes: int = Field(
        default=480, ge=1, lt=10_080, description="Minutes of run time after which the step is cancelled."
    )
    queue_minutes: int = Field(default=60, ge=0, description="Minutes that a step may wait behind others on its cluster.")

    def sizes(self) -> list[str]:
        """The options of spark-submit for these sizes."""
        options = {
            "--executor-memory": self.executor_memory,
            "--executor-cores": self.executor_cores,
            "--driver-memory": self.driver_memory,
        }
        return [part for flag, value in options.items() if value is not None for part in (flag, str(value))]


class EmrDeployment(BaseModel):
    """``[job_types.emr]`` of extract.toml."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"examples": [{"cluster_id": "j-3KVT5M2Q9Z7UG", "scripts_uri": "s3://extract-scripts/"}]},
    )

    cluster_id: ClusterId = Field(description="The cluster of every table that names no other.")
    cluster_ids: tuple[ClusterId, ...] = Field(default=(), description="Further clusters that a config may name.")
    scripts_uri: ScriptsUri = None
    log_uri: Folder | None = Field(
        default=None, description="Where its clusters keep their logs, in S3: what a failed step wrote is read."
    )
    execution_role_arn: Role | None = Field(default=None, description="The runtime role of every step.")
