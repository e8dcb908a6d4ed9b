"""What a table may set for its ECS task."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class EcsSettings(BaseModel):
    """One table's task. Digits in quotes read as numbers: ``cpu: "1024"``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    task_definition: str | None = Field(
        default=None, min_length=1, description="One of the deployment's. Default: its task_definition."
    )
    container: str | None = Field(default=None, min_length=1, description="The job's container. Default: the deployment's.")
    cpu: int | None = Field(
        default=None, ge=128, le=196_608, description="CPU units (1024: one vCPU). Default: the task definition's."
    )
    memory: int | None = Field(default=None, ge=128, description="MiB. Default: the task definition's.")
    timeout_minutes: int = Field(default=480, ge=1, lt=10_080, description="Minutes of run time after which the task is stopped.")
