from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    job_name: str | None = Field(default=None, description="The Glue job, if not the deployment's.")
    worker_type: Literal["G.1X", "G.2X", "G.4X", "G.8X"] = Field(default="G.1X", description="The size of a worker.")
    workers: int = Field(default=2, ge=2, le=100, description="How many workers.")
    timeout_minutes: int = Field(default=480, ge=1, le=9_000, description="Minutes of run time.")


class Deployment(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    job_name: str = Field(min_length=1, max_length=255, description="The Glue job.")
    job_names: tuple[str, ...] = Field(default=(), description="Other jobs that tables may choose.")
