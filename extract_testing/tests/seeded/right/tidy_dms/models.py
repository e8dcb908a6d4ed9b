from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

ARN = r"^arn:[^:]+:dms:[^:]+:\d{12}:task:[A-Z0-9]+$"


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    task_arn: str | None = Field(default=None, pattern=ARN, description="The replication task of the table, if not the deployment's.")
    kind: Literal["start-replication", "reload-target"] = Field(default="reload-target", description="How the task begins.")
    timeout_minutes: int = Field(default=240, ge=1, le=10_000, description="Minutes after which the task is stopped.")


class Deployment(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    task_arn: str = Field(pattern=ARN, description="The replication task.")
    task_arns: tuple[str, ...] = Field(default=(), description="Those that tables may choose.")
