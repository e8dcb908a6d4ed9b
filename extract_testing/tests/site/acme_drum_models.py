"""The models of drums, in a separate module: importing the job type does not import pydantic."""

from pydantic import BaseModel, ConfigDict, SecretStr


class DrumSettings(BaseModel):
    model_config = ConfigDict(extra="forbid")

    vcpus: int = 1
    sticks: tuple[str, ...] = ()


class DrumDeployment(BaseModel):
    model_config = ConfigDict(extra="forbid")

    queue: str
    definition: str = "drum"
    licence: SecretStr = SecretStr("")
