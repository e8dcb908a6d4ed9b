"""The models of gongs."""

from pydantic import BaseModel, ConfigDict


class GongSettings(BaseModel):
    model_config = ConfigDict(extra="forbid")

    timeout_minutes: int = 60
    queue_minutes: int = 0


class GongDeployment(BaseModel):
    model_config = ConfigDict(extra="forbid")

    queue: str
