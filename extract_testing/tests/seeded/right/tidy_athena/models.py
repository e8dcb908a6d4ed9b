from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    compression: Literal["SNAPPY", "GZIP", "ZSTD"] = Field(default="SNAPPY", description="The compression of the files.")
    timeout_minutes: int = Field(default=60, ge=1, le=1_440, description="Minutes after which the query is cancelled.")


class Deployment(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    workgroup: str = Field(pattern=r"^[A-Za-z0-9._-]{1,128}$", description="The workgroup.")
    database: str = Field(min_length=1, max_length=255, description="The database of the catalog.")
    results: str = Field(pattern=r"^s3://[a-z0-9.-]+/.*$", description="Where Athena writes the lists of files.")
