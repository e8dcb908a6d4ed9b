from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    timeout_minutes: int = Field(default=60, ge=1, le=2_880, description="Minutes of run time.")


class Deployment(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    instance: str = Field(pattern=r"^i-[0-9a-f]{17}$", description="The instance that runs the jobs.")
