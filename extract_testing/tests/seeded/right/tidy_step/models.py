from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    memory_gb: int = Field(default=4, ge=1, le=64, description="GB per executor.")
    hours: int = Field(default=12, ge=1, le=240, description="Hours after which the step is cancelled.")


class Deployment(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    cluster_id: str = Field(pattern=r"^j-[A-Z0-9]+$", description="The cluster.")
    script: str = Field(pattern=r"^s3://.+", description="The Spark script.")
