from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    priority: int = Field(default=5, ge=0, le=9, description="What the workers take first.")
    timeout_minutes: int = Field(default=240, ge=1, lt=10_080, description="Minutes until the answer must be there.")


class Deployment(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    queue: str = Field(pattern=r"^[A-Za-z0-9_-]{1,80}$", description="The name of the queue, in the machine's account.")
