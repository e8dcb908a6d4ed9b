"""Settings and deployment of the job type codebuild."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class CodeBuildSettings(BaseModel):
    """One table's build."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    timeout_minutes: int = Field(default=60, ge=5, le=2160, description="Minutes after which CodeBuild ends the build.")


class CodeBuildDeployment(BaseModel):
    """``[job_types.codebuild]`` of extract.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    project: str = Field(min_length=2, max_length=255, description="The project, in the other account.")
    role_arn: str = Field(
        pattern=r"^arn:[^:]+:iam::\d{12}:role/.+$", description="The other account's role that the state machine takes on."
    )
