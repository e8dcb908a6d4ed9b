"""The models of forges."""

from pydantic import BaseModel, ConfigDict


class ForgeSettings(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ForgeDeployment(BaseModel):
    model_config = ConfigDict(extra="forbid")

    role_arn: str
    other_role_arn: str = ""
    image: str = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/forge"
