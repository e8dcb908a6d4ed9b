from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    timeout_minutes: int = Field(default=180, ge=1, le=20_000, description="Minutes for the child.")


class Deployment(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    machine: str = Field(pattern=r"^[A-Za-z0-9_-]{1,80}$", description="The name of the state machine that runs a job.")
