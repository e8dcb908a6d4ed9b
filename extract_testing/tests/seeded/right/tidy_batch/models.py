from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    memory: int = Field(default=2048, ge=512, le=65536, description="MiB of the container.")
    timeout_minutes: int = Field(default=60, ge=1, le=10_000, description="Minutes of run time.")


class Deployment(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    queue: str = Field(min_length=1, description="The job queue.")
    definition: str = Field(min_length=1, description="The job definition, without a revision.")
