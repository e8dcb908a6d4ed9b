from pydantic import BaseModel, ConfigDict, Field


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ServerlessSettings(Strict):
    memory_gb: int = Field(default=16, ge=8, le=56, description="GB per executor.")
    timeout_minutes: int = Field(default=720, ge=1, le=10_000, description="Minutes of run time.")


class ServerlessDeployment(Strict):
    application_id: str = Field(pattern=r"^[0-9a-z]{1,64}$", description="The application.")
    script: str = Field(pattern=r"^s3://.+", description="The Spark script.")
    role_arn: str = Field(pattern=r"^arn:[^:]+:iam::\d{12}:role/.+$", description="The role of the job.")


class RecipeSettings(Strict):
    job: str | None = Field(default=None, description="The DataBrew job of the table, if not the deployment's.")


class RecipeDeployment(Strict):
    job: str = Field(min_length=1, max_length=240, description="The DataBrew job.")
    jobs: tuple[str, ...] = Field(default=(), description="Others that tables may choose.")
