from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    timeout_minutes: int = Field(default=60, ge=1, le=2_880, description="Minutes of run time.")


class Deployment(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    endpoint: str = Field(pattern=r"^https://[a-z0-9.-]+$", description="Where the job service answers, without a slash at the end.")
    connection_arn: str = Field(pattern=r"^arn:[^:]+:events:.+:connection/.+$", description="The connection with its credentials.")
