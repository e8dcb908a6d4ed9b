from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    cpu: int = Field(default=1024, ge=1024, le=2048, multiple_of=1024, description="CPU units.")
    memory: int = Field(default=4096, ge=4096, le=8192, multiple_of=1024, description="MiB.")
    timeout_minutes: int = Field(default=120, ge=1, le=1_440, description="Minutes after which the task is stopped.")


class Deployment(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    cluster: str = Field(pattern=r"^[A-Za-z0-9_-]+$", description="The cluster's name.")
    family: str = Field(pattern=r"^[A-Za-z0-9_-]+$", description="The task definition, without a revision.")
    container: str = Field(default="job", description="The container that runs the job.")
    subnets: tuple[str, ...] = Field(min_length=1, max_length=16, description="Subnets.")
    security_group: str = Field(pattern=r"^sg-[0-9a-f]+$", description="The security group.")
    role_arns: tuple[str, ...] = Field(min_length=1, description="Task role and execution role.")
