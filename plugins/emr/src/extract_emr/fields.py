"""Fields that the three job types have in common: where a table's script is, where logs go, the role that jobs run as."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import AfterValidator, Field


def _in_a_store(value: str) -> str:
    if "://" not in value:
        raise ValueError(f"{value!r} is not a URI: write s3://bucket/folder/")
    return value


Folder: TypeAlias = Annotated[str, Field(min_length=1), AfterValidator(_in_a_store)]
"""The URI of a folder."""

Role: TypeAlias = Annotated[str, Field(pattern=r"^arn:[^:]+:iam::\d{12}:role/.+$")]
"""The ARN of a role."""

Script: TypeAlias = Annotated[
    Annotated[str, Field(min_length=1)] | None, Field(description="URI of the script. Default: scripts_uri + script_name.")
]
ScriptName: TypeAlias = Annotated[str, Field(min_length=1, description="The config's script_name, below scripts_uri.")]
ScriptsUri: TypeAlias = Annotated[Folder | None, Field(description="Where script_name is looked for: s3://bucket/scripts/")]
LogUri: TypeAlias = Annotated[Folder | None, Field(description="Where drivers and executors write their logs, in S3.")]
