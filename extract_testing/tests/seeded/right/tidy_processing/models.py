from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    instance: Literal["ml.m5.large", "ml.m5.xlarge", "ml.m5.2xlarge", "ml.m5.4xlarge"] = Field(
        default="ml.m5.large", description="The instance."
    )
    disk_gb: int = Field(default=30, ge=1, le=16_384, description="GB of disk.")
    timeout_minutes: int = Field(default=240, ge=1, le=7_200, description="Minutes of run time.")


class Deployment(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    image: str = Field(min_length=1, max_length=255, description="The image.")
    role_arn: str = Field(pattern=r"^arn:[^:]+:iam::\d{12}:role/.+$", description="The role of the job.")
