from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    size: Literal["SMALL", "MEDIUM", "LARGE"] = Field(default="SMALL", description="The size of the build's container.")
    timeout_minutes: int = Field(default=480, ge=5, le=2160, description="Minutes of run time.")


class Deployment(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    project: str = Field(min_length=2, description="The CodeBuild project.")
