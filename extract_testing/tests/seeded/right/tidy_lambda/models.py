from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    timeout_minutes: int = Field(default=120, ge=1, lt=10_080, description="Minutes after which the statement is cancelled.")


class Deployment(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    workgroup: str = Field(min_length=3, max_length=64, description="The serverless workgroup that holds the tables.")
    database: str = Field(min_length=1, description="The database.")
    role_arn: str = Field(pattern=r"^arn:[^:]+:iam::\d{12}:role/.+$", description="The role that UNLOAD writes with.")
